"""The time zone of the site: what an editor chose in its settings is "now" and "today" on every page.

A meeting keeps the zone that it was made in. Editors type their times in the same zone: Wagtail reads it from the profile of
each user, who may choose another there.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import Error
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.users.models import UserProfile

from home.models import SiteSettings

STALE = 10.0  # seconds that another process may keep the zone from before a change

_read: tuple[float, str] | None = None


def zone_of_site() -> ZoneInfo:
    """The chosen zone, from memory; the one of the environment when nothing was chosen or the database is away."""
    global _read
    if _read is None or clock.monotonic() - _read[0] > STALE:
        if _read:  # one asks; whoever comes meanwhile goes on with what is known
            _read = clock.monotonic(), _read[1]
        try:
            chosen = SiteSettings.objects.filter(site__is_default_site=True).values_list("time_zone", flat=True).first()
        except Error:
            chosen = _read and _read[1]  # asked again no sooner than otherwise: each question waits as long as the pool does
        _read = clock.monotonic(), chosen or settings.TIME_ZONE
    return ZoneInfo(_read[1])


def time_of_site(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that makes the zone of the site the current one, except where only the parts of the site are asked after."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in ("/healthz", "/readyz"):
            return get_response(request)
        with timezone.override(zone_of_site()):
            return get_response(request)

    return middleware


@receiver(pre_save, sender=SiteSettings)
def move_editors_along(instance: SiteSettings, raw: bool = False, **kwargs: Any) -> None:
    """Let every editor who typed in the zone of the site type in the new one; who chose another keeps it."""
    before = SiteSettings.objects.filter(pk=instance.pk).values_list("time_zone", flat=True).first() or settings.TIME_ZONE
    if not raw and before != instance.time_zone:
        UserProfile.objects.filter(current_time_zone=before).update(current_time_zone=instance.time_zone)


@receiver(post_save, sender=SiteSettings)
def read_again(**kwargs: Any) -> None:
    forget()


@receiver(pre_save, sender=UserProfile)
def start_in_zone_of_site(instance: UserProfile, **kwargs: Any) -> None:
    if not instance.current_time_zone:
        instance.current_time_zone = zone_of_site().key


def forget() -> None:
    global _read
    _read = None
