"""Recurrence rules (RFC 5545 3.3.10): from plain words to a rule, from a rule to dates, and back to plain words.

A rule is expanded on the wall clock of the meeting's zone, so that a weekly 19:30 stays 19:30 when the clock changes
(RFC 5545 3.3.5): a time that the March Sunday skips moves on by the gap, one that the October Sunday has twice is the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .models.choices import Repeat

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_DATES = 1000  # of one rule in one window; more is a mistake
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def rule_for(repeat: str, first: datetime, until: date | None = None) -> str:
    """The RRULE of a choice in plain words; ``first`` is local. Empty for what happens once.

    ``until`` is the last day, local, included; in the rule it is UTC, as a DTSTART with a zone demands (3.3.10).
    The fifth weekday of a month means its last: a month without a fifth would fall out.
    """
    nth = (first.day - 1) // 7 + 1
    rules = {
        Repeat.ONCE: "",
        Repeat.WEEKLY: "FREQ=WEEKLY",
        Repeat.FORTNIGHTLY: "FREQ=WEEKLY;INTERVAL=2",
        Repeat.MONTHLY_BY_WEEKDAY: f"FREQ=MONTHLY;BYDAY={-1 if nth == 5 else nth}{DAYS[first.weekday()]}",
        Repeat.MONTHLY_BY_DATE: f"FREQ=MONTHLY;BYMONTHDAY={first.day}",
    }
    rule = rules[Repeat(repeat)]
    if rule and until:
        last = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=first.tzinfo).astimezone(UTC)
        rule += f";UNTIL={last:%Y%m%dT%H%M%SZ}"
    return rule


def parts_of(rule: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)


def clean(rule: str, first: datetime) -> str:
    """``rule`` as it is stored. Raises ValidationError, with a sentence, for what is no rule or repeats within a day."""
    rule = rule.strip().upper().removeprefix("RRULE:")
    if not rule:
        return ""
    wrong = ValidationError(_("Deze herhaling begrijpen we niet. Schrijf een RRULE, bijvoorbeeld: FREQ=WEEKLY;BYDAY=TU."))
    if len(rule) > 300 or not re.fullmatch(r"[A-Z0-9=;,+\-:]+", rule):
        raise wrong
    if parts_of(rule).get("FREQ") not in FREQUENCIES or any(name in parts_of(rule) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
        raise ValidationError(_("Een bijeenkomst kan hooguit elke dag zijn, één keer. Gebruik FREQ=DAILY, WEEKLY, MONTHLY of YEARLY."))
    try:
        next(_expansion(rule, first.replace(tzinfo=None), first.tzinfo), None)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as unreadable:
        raise wrong from unreadable
    return rule


def _expansion(rule: str, first: datetime, zone) -> Iterator[datetime]:
    """The wall-clock times of a rule, from its naive first one. UNTIL is brought to the wall clock too."""
    parts = parts_of(rule)
    until = parts.get("UNTIL")
    if until and until.endswith("Z"):
        moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
        parts["UNTIL"] = f"{moment:%Y%m%dT%H%M%S}"
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    expanded = rrulestr(text, dtstart=first)
    assert isinstance(expanded, rrule)
    return iter(expanded)


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall-clock time: the first of two in October, moved on by the gap in March (RFC 5545 3.3.5)."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def recurrence_set(rule: str, starts_at: datetime, zone: ZoneInfo, *, after: datetime, before: datetime) -> list[datetime]:
    """The instants of a rule in [after, before): at most 1,000, DTSTART included (RFC 5545 3.8.5.3).

    Bounded in what it looks at too: a rule that matches nothing for ever ends at ``before``.
    """
    if not rule:
        return [starts_at] if after <= starts_at < before else []
    first = starts_at.astimezone(zone).replace(tzinfo=None)
    last = before.astimezone(zone).replace(tzinfo=None)
    found = {starts_at} if after <= starts_at < before else set()
    # dateutil runs a rule that never matches up to the year 9999: end it where we stop looking.
    parts = parts_of(rule)
    if "UNTIL" not in parts and "COUNT" not in parts:
        rule = f"{rule};UNTIL={last:%Y%m%dT%H%M%S}"
    for wall in _expansion(rule, first, zone):
        if wall >= last or len(found) >= MOST_DATES:
            break
        if (instant := to_instant(wall, zone)) >= after:
            found.add(instant)
    return sorted(found)


def describe(rule: str, first: datetime) -> str:
    """A rule in plain words: "Elke eerste donderdag van de maand." ``first`` is local. Empty for what happens once."""
    if not rule:
        return ""
    parts = parts_of(rule)
    interval = int(parts.get("INTERVAL", "1"))
    known = set(parts) <= {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"}
    day, by_day = str(WEEKDAYS[first.weekday()]), parts.get("BYDAY", "")
    words = ""
    if known and parts["FREQ"] == "WEEKLY":
        days = [str(WEEKDAYS[DAYS.index(d)]) for d in by_day.split(",") if d in DAYS] or [day]
        listed = days[0] if len(days) == 1 else _("%(days)s en %(last)s") % {"days": ", ".join(days[:-1]), "last": days[-1]}
        if interval == 1:
            words = _("Elke %(day)s") % {"day": listed}
        elif interval == 2:
            words = _("Om de week op %(day)s") % {"day": listed}
        else:
            words = _("Elke %(n)d weken op %(day)s") % {"n": interval, "day": listed}
    elif known and parts["FREQ"] == "DAILY" and interval == 1 and not by_day:
        words = _("Elke dag")
    elif known and parts["FREQ"] == "MONTHLY" and interval == 1:
        if match := re.fullmatch(r"([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)", by_day):
            nth = {
                1: pgettext("de hoeveelste van de maand", "eerste"),
                2: pgettext("de hoeveelste van de maand", "tweede"),
                3: pgettext("de hoeveelste van de maand", "derde"),
                4: pgettext("de hoeveelste van de maand", "vierde"),
                -1: pgettext("de hoeveelste van de maand", "laatste"),
            }.get(int(match[1]))
            if nth:
                words = _("Elke %(nth)s %(day)s van de maand") % {"nth": nth, "day": WEEKDAYS[DAYS.index(match[2])]}
        elif not by_day:
            words = _("Elke maand op de %(day)se") % {"day": parts.get("BYMONTHDAY", first.day)}
    if not words:
        words = _("Op meer data")
    if until := parts.get("UNTIL"):
        last = datetime.strptime(until[:8], "%Y%m%d")
        words = _("%(words)s, tot en met %(day)s") % {"words": words, "day": date_format(last, "j F Y")}
    return words + "."


def next_dates(rule: str, starts_at: datetime, zone: ZoneInfo, number: int = 5) -> list[datetime]:
    """The first dates of a rule, to show before it is saved."""
    return recurrence_set(rule, starts_at, zone, after=starts_at, before=starts_at + timedelta(days=366 * 3))[:number]
