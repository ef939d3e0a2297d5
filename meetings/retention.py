"""Forgetting: what is personal goes some days after the date (design section 4, Privacy)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from .keys import UNUSED
from .models import HostDetails, Keyring, SignUp


def erase_past(retention_days: int, *, now: datetime) -> int:
    """Erase names, addresses and messages of dates that ended more than ``retention_days`` ago; the counts stay.

    Also keyrings that hold nothing any more and whose keys all ended.
    """
    before = now - timedelta(days=retention_days)
    personal = ~Q(name="") | ~Q(email="") | ~Q(message="") | Q(keyring__isnull=False)
    erased = SignUp.objects.filter(personal, occurrence__ends_at__lt=before).update(
        name="", email="", message="", form_token="", keyring=None
    )
    gone = Keyring.objects.filter(sign_ups=None, hosted=None, created_at__lt=before)
    gone.exclude(keys__last_used_on__gte=(now - UNUSED).date()).delete()
    HostDetails.objects.exclude(meeting__occurrences__ends_at__gte=before).exclude(meeting__occurrences__starts_at=None).exclude(
        first_name="", email=""
    ).update(first_name="", email="")
    return erased
