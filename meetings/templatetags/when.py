"""When and where, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import segno
from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meetings.models import Occurrence

register = template.Library()


@register.filter
def how_long(occurrence: Occurrence) -> str:
    """How far away a date is: "vandaag", "morgen", "over 3 dagen", "over 2 weken"; empty once it has begun."""
    return _how_long(occurrence, timezone.now())


def _how_long(occurrence: Occurrence, now: datetime) -> str:
    if occurrence.starts_at is None or occurrence.starts_at <= now:
        return ""
    zone = ZoneInfo(occurrence.time_zone)
    days = (occurrence.starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return _("vandaag")
    if days == 1:
        return _("morgen")
    if days < 14:
        return ngettext("over %(n)d dag", "over %(n)d dagen", days) % {"n": days}
    weeks = days // 7
    return ngettext("over %(n)d week", "over %(n)d weken", weeks) % {"n": weeks}


@register.filter
def lasts_days(occurrence: Occurrence) -> bool:
    """Whether the hour of its end needs a day beside it: not for an evening that goes on after midnight."""
    return bool(occurrence.starts_at and occurrence.ends_at and occurrence.ends_at - occurrence.starts_at > timedelta(hours=16))


@register.filter
def spoken(occurrence: Occurrence) -> str:
    """ "donderdag 3 december om 19:30", for in a sentence."""
    if occurrence.starts_at is None:
        return _("op een datum die nog komt")
    return _spoken(occurrence.starts_at, occurrence)


@register.filter
def moved_from(occurrence: Occurrence) -> str:
    """When a date that moved was to be, as ``spoken``; empty for one that did not."""
    was = occurrence.recurrence_at
    return _spoken(was, occurrence) if was and occurrence.starts_at and was != occurrence.starts_at else ""


def _spoken(moment: datetime, occurrence: Occurrence) -> str:
    local = moment.astimezone(ZoneInfo(occurrence.time_zone))
    return _("%(day)s om %(time)s") % {"day": date_format(local, "l j F"), "time": local.strftime("%H:%M")}


@register.filter
def look_again(occurrence: Occurrence) -> str:
    """When someone who waits should look again: "donderdag om 12:00", the day itself, or the day before for a morning."""
    if occurrence.starts_at is None:
        return ""
    local = occurrence.starts_at.astimezone(ZoneInfo(occurrence.time_zone))
    if local.hour >= 13:
        return _("%(day)s om 12:00") % {"day": date_format(local, "l j F")}
    return _("de avond ervoor om 20:00")


@register.simple_tag
def place_url(occurrence: Occurrence) -> str:
    """The page of a place, from the row alone: pages live at /wijken/<wijk>/<plek>/."""
    return reverse("wagtail_serve", args=[f"wijken/{occurrence.neighbourhood_slug}/{occurrence.place_slug}/"])


@register.simple_tag
def qr_code(address: str) -> SafeString:
    """``address`` as a QR code, an SVG without style (ISO/IEC 18004, error correction M)."""
    label = _("QR-code van het adres hiernaast")
    # Safe: segno writes numbers, and the label is ours.
    code = segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return mark_safe(code.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S308


@register.simple_tag
def neighbourhood_url(occurrence: Occurrence) -> str:
    return reverse("wagtail_serve", args=[f"wijken/{occurrence.neighbourhood_slug}/"])


@register.filter
def day_word(occurrence: Occurrence) -> str:
    """The day in one or two words: "vandaag", "morgen", "donderdag", and further off "3 december"."""
    if occurrence.starts_at is None:
        return ""
    zone = ZoneInfo(occurrence.time_zone)
    local, today = occurrence.starts_at.astimezone(zone), timezone.now().astimezone(zone).date()
    days = (local.date() - today).days
    if days in (0, 1):
        return _("vandaag") if days == 0 else _("morgen")
    return date_format(local, "l") if 1 < days < 7 else date_format(local, "j F")
