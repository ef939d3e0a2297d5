"""Forgetting: what is personal goes some days after the date (design section 4, Privacy)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from .keys import UNUSED
from .models import HostDetails, Key, Keyring, Kind, Occurrence, SignUp, Visibility

CLOSING = timedelta(days=1)  # whoever receives can still look at the list on the day after
UNLISTED = Q(meeting__visibility=Visibility.LINK) | Q(meeting__kind=Kind.KITCHEN_TABLE) | Q(meeting__initiative__is_listed=False)


def erase_past(retention_days: int, *, now: datetime) -> int:
    """Erase names, addresses and messages of dates that ended more than ``retention_days`` ago; the counts stay.

    What stands on no list keeps no counts either, from the day after its date. Ended keys go, and keyrings that hold nothing
    and were not used for thirteen months. Safe to run twice. The number of sign-ups that were erased.
    """
    before = now - timedelta(days=retention_days)
    personal = ~Q(name="") | ~Q(email="") | ~Q(message="") | Q(keyring__isnull=False)
    erased = SignUp.objects.filter(personal, occurrence__ends_at__lt=before).update(
        name="", email="", message="", form_token="", keyring=None
    )
    _drop_counts_of_unlisted(now - CLOSING)
    _drop_hosts(before)
    _drop_keys(before, now)
    return erased


def _drop_counts_of_unlisted(before: datetime) -> None:
    """Rows and counters together, so that they go on agreeing (``seats``)."""
    with transaction.atomic():
        counted = Q(seats_taken__gt=0) | Q(waiting__gt=0)
        held = Occurrence.objects.select_for_update(of=("self",))  # PostgreSQL locks no row that an outer join may leave empty
        ids = [occurrence.pk for occurrence in held.filter(UNLISTED, counted, ends_at__lt=before)]
        SignUp.objects.filter(occurrence__in=ids).delete()
        Occurrence.objects.filter(pk__in=ids).update(
            seats_resident=0, seats_practice=0, seats_policy=0, waiting=0, version=F("version") + 1
        )


def _drop_hosts(before: datetime) -> None:
    """Who received people at a meeting whose last date is long past."""
    goes_on = Occurrence.objects.filter(Q(ends_at__gte=before) | Q(starts_at=None)).values("meeting")
    HostDetails.objects.filter(meeting__created_at__lt=before).exclude(meeting__in=goes_on).exclude(first_name="", email="").update(
        first_name="", email=""
    )


def _drop_keys(before: datetime, now: datetime) -> None:
    """Keys that ended, addresses of keyrings without a chair, and keyrings that nobody uses any more."""
    Key.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before)).delete()
    empty = Keyring.objects.filter(sign_ups=None, hosted=None, created_at__lt=before)
    empty.exclude(email="").update(email="")
    since = now - UNUSED
    in_use = Key.objects.filter(Q(last_used_on__gte=since.date()) | Q(created_at__gte=since), revoked_at=None).exclude(keyring=None)
    empty.exclude(pk__in=in_use.values("keyring")).delete()
