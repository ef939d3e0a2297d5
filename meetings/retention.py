"""Forgetting: what is personal goes some days after the date (design section 4, Privacy)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from . import seats
from .keys import UNUSED
from .models import HostDetails, Key, Keyring, Meeting, Occurrence, SignUp

CLOSING = timedelta(days=1)  # whoever receives can still look at the list on the day after


def erase_past(retention_days: int, *, now: datetime) -> int:
    """Erase names, addresses and messages of dates that ended more than ``retention_days`` ago; the counts stay.

    At a table without a date the chair itself falls free, thirteen months after it was taken or its owner was last seen. What
    stands on no list keeps no counts either, from the day after its date. Ended keys go, and keyrings that hold nothing and were
    not used for thirteen months. Safe to run twice. The number of sign-ups that were erased.
    """
    before = now - timedelta(days=retention_days)
    erased = _erase_personal(before) + _give_back_undated(now)
    _drop_counts_of_unlisted(now - CLOSING)
    _drop_hosts(before)
    _drop_keys(before, now)
    return erased


def _erase_personal(before: datetime) -> int:
    """One date at a time, under its lock: whoever erases their keyring at the same moment waits, and not in a circle."""
    personal = ~Q(name="") | ~Q(email="") | ~Q(message="") | Q(keyring__isnull=False)
    to_do = SignUp.objects.filter(personal, occurrence__ends_at__lt=before)
    erased = 0
    for occurrence_id in to_do.order_by("occurrence_id").values_list("occurrence_id", flat=True).distinct():
        with suppress(seats.OccurrenceGone), transaction.atomic():
            occurrence = seats.lock(occurrence_id)
            if occurrence.ends_at is not None and occurrence.ends_at < before:  # nobody moved it meanwhile
                # Of this date alone, without a join: an UPDATE with one asks the table anew for each of its rows.
                erased += occurrence.sign_ups.filter(personal).update(name="", email="", message="", form_hash="", keyring=None)
    return erased


def _give_back_undated(now: datetime) -> int:
    since = now - UNUSED
    old = SignUp.objects.filter(occurrence__ends_at=None, created_at__lt=since).exclude(keyring__in=_in_use(since)).exclude(keyring=None)
    given_back = 0
    for sign_up in list(old.select_related("keyring")):
        if sign_up.keyring is None:
            continue
        with suppress(seats.OccurrenceGone):
            given_back += seats.leave(sign_up.occurrence_id, sign_up.keyring, now=now) != seats.Left.NOTHING
    return given_back


def _in_use(since: datetime) -> QuerySet[Keyring]:
    """The keyrings that somebody opened, or got a key for, since then."""
    keys = Key.objects.filter(Q(last_used_on__gte=since.date()) | Q(created_at__gte=since), revoked_at=None)
    return Keyring.objects.filter(pk__in=keys.exclude(keyring=None).values("keyring"))


def _drop_counts_of_unlisted(before: datetime) -> None:
    """Rows and counters together, so that they go on agreeing (``seats``)."""
    with transaction.atomic():
        counted = Q(seats_taken__gt=0) | Q(waiting__gt=0)
        held = Occurrence.objects.select_for_update(of=("self",))  # PostgreSQL locks no row that an outer join may leave empty
        ids = [
            occurrence.pk for occurrence in held.filter(counted, meeting__in=Meeting.objects.unlisted(), ends_at__lt=before).order_by("pk")
        ]
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
    empty.exclude(pk__in=_in_use(now - UNUSED)).delete()
