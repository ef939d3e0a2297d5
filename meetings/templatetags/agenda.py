"""What is coming, in templates of any app."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from meetings import agenda
from meetings.models import Occurrence
from places.models import Neighbourhood, Place

register = template.Library()


@register.simple_tag
def coming_meetings(
    neighbourhood: Neighbourhood | None = None, place: Place | None = None, kind: str = "", limit: int = 4
) -> list[Occurrence]:
    return agenda.coming(neighbourhood=neighbourhood or None, place=place or None, kind=kind or "", now=timezone.now(), limit=limit)


@register.simple_tag
def row_time(occurrence: Occurrence, day: bool = True) -> tuple[str, str]:
    """The two lines before a row: ("Nu", "tot 17:00"), ("Nu", "tot do 3 dec"), ("Morgen", "10:00"), ("do 3 dec", "19:30").

    Without ``day`` the hours.
    """
    return _row_time(occurrence, day, timezone.now())


@register.simple_tag
def is_on_now(occurrence: Occurrence) -> bool:
    """Whether it has begun: its chairs can no longer be taken."""
    return occurrence.has_begun(timezone.now())


def _row_time(occurrence: Occurrence, day: bool, now: datetime) -> tuple[str, str]:
    if occurrence.starts_at is None or occurrence.ends_at is None:
        return (_("Nog geen datum"), "")
    zone = ZoneInfo(occurrence.time_zone)
    begin, end = occurrence.starts_at.astimezone(zone), occurrence.ends_at.astimezone(zone)
    if not day:
        return (f"{begin:%H:%M} – {end:%H:%M}", "")
    if begin <= now < end and not occurrence.is_cancelled:
        return (_("Nu"), _("tot %(time)s") % {"time": f"{end:%H:%M}" if end - now < timedelta(days=1) else _short_day(end)})
    days = (begin.date() - now.astimezone(zone).date()).days
    if 0 <= days <= 1:
        return (_("Morgen") if days == 1 else _("Vandaag"), f"{begin:%H:%M}")
    return (_short_day(begin), f"{begin:%H:%M}")


def _short_day(moment: datetime) -> str:
    """ "do 3 dec": Dutch writes days and months small, English does not."""
    text = date_format(moment, "D j M")
    return text.lower() if get_language() == "nl" else text


@register.filter
def day_heading(day: datetime) -> tuple[str, str]:
    """("Vandaag", "woensdag 25 november"), ("Zaterdag", "28 november"), ("3 december", "donderdag"), ("3 januari", "zondag 2027").

    From a week away the date itself is the heading: seven headings "Volgende week" would tell no day from another.
    """
    today = timezone.now().astimezone(day.tzinfo).date()
    days = (day.date() - today).days
    if days in (0, 1):
        return (_("Vandaag") if days == 0 else _("Morgen"), date_format(day, "l j F"))
    if 1 < days < 7:
        return (date_format(day, "l").capitalize(), date_format(day, "j F"))
    return (date_format(day, "j F"), date_format(day, "l") if day.year == today.year else date_format(day, "l Y"))
