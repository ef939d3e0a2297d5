"""Recurrence rules (RFC 5545 3.3.10): from plain words to a rule, from a rule to dates, and back to plain words.

A rule is expanded on the wall clock of the meeting's zone, so that a weekly 19:30 stays 19:30 when the clock changes
(RFC 5545 3.3.5): a time that the March Sunday skips moves on by the gap, one that the October Sunday has twice is the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import vRecur

from .models.choices import Repeat

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_DATES = 1000  # of one rule in one window; more is a mistake
LONGEST_GAP = timedelta(days=366 * 9)  # 29 February can stay away for eight years
PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"}
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
    """``rule`` as it is stored: checked, upper case, its UNTIL in UTC (3.3.10). ``first`` is local, the first time.

    Raises ValidationError, with a sentence, for what is empty or no rule, repeats within a day, never comes, or does not give ``first``:
    a DTSTART beside its own rule is undefined (3.8.5.3), and calendars read it differently.
    """
    rule = rule.strip().upper().removeprefix("RRULE:").rstrip("; ")
    if not rule:
        raise ValidationError(_("Schrijf hier de regel, of kies hierboven hoe vaak het is."))
    wrong = ValidationError(_("Deze herhaling begrijpen we niet. Schrijf een RRULE, bijvoorbeeld: FREQ=WEEKLY;BYDAY=TU."))
    pairs = [part.split("=") for part in rule.split(";")]
    if len(rule) > 300 or any(len(pair) != 2 or not pair[1] for pair in pairs):
        raise wrong
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts.get("FREQ") in ("HOURLY", "MINUTELY", "SECONDLY") or {"BYHOUR", "BYMINUTE", "BYSECOND"} & set(parts):
        raise ValidationError(_("Een bijeenkomst kan hooguit elke dag zijn, één keer. Gebruik FREQ=DAILY, WEEKLY, MONTHLY of YEARLY."))
    if len(parts) < len(pairs) or not set(parts) <= PARTS or parts.get("FREQ") not in FREQUENCIES or {"COUNT", "UNTIL"} <= set(parts):
        raise wrong
    # dateutil turns for ever on INTERVAL=0
    if any(not re.fullmatch(r"[1-9]\d{0,2}", parts.get(name, "1")) for name in ("INTERVAL", "COUNT")):
        raise wrong
    if parts["FREQ"] in ("DAILY", "WEEKLY") and re.search(r"\d", parts.get("BYDAY", "")):
        raise wrong
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], first, wrong)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    wall = first.replace(tzinfo=None)
    try:
        vRecur.from_ical(rule)
        endless = ";".join(part for part in rule.split(";") if not part.startswith("COUNT="))  # so that the search has an end
        given = next(_expansion(endless, wall, first.tzinfo, before=wall + LONGEST_GAP), None)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as unreadable:
        raise wrong from unreadable
    if given is None:
        raise ValidationError(_("Deze herhaling komt nooit voor. Kijk de regel en de eerste datum na."))
    if given != wall:
        raise ValidationError(
            _("De eerste keer past niet bij de regel. Volgens de regel is de eerste keer %(day)s. Verander een van de twee.")
            % {"day": date_format(given, "l j F Y")}
        )
    return "" if parts.get("COUNT") == "1" else rule  # Office 365 refuses COUNT=1


def _until(text: str, first: datetime, wrong: ValidationError) -> str:
    """UNTIL as UTC. A day alone counts whole, on the local clock."""
    try:
        if re.fullmatch(r"\d{8}", text):
            moment = datetime.strptime(f"{text}T235959", "%Y%m%dT%H%M%S").replace(tzinfo=first.tzinfo)
        elif text.endswith("Z"):
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        else:
            moment = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=first.tzinfo)
        return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    except (ValueError, OverflowError) as unreadable:
        raise wrong from unreadable


def _expansion(rule: str, first: datetime, zone: tzinfo | None, *, before: datetime) -> Iterator[datetime]:
    """The wall-clock times of a rule before ``before``, from its naive first one. UNTIL is brought to the wall clock too."""
    parts = parts_of(rule)
    if "COUNT" not in parts:
        # dateutil runs a rule that never matches up to the year 9999: it ends where we stop looking.
        last = before
        if until := parts.get("UNTIL"):
            moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
            last = min(before, moment.replace(tzinfo=None))
        parts["UNTIL"] = f"{last:%Y%m%dT%H%M%S}"
    expanded = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    return takewhile(lambda wall: wall < before, iter(expanded))


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall-clock time: the first of two in October, moved on by the gap in March (RFC 5545 3.3.5)."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def end_of(starts_at: datetime, duration: timedelta, zone: ZoneInfo) -> datetime:
    """When what begins at ``starts_at`` ends: so much later on the clock on the wall.

    "Tot 16:00" is 16:00, also where the clock changes in between and there is an hour more or less.
    """
    end = to_instant(starts_at.astimezone(zone).replace(tzinfo=None) + duration, zone)
    return end if end > starts_at else starts_at + duration  # in the hour that comes twice in October


def recurrence_set(rule: str, starts_at: datetime, zone: ZoneInfo, *, after: datetime, before: datetime) -> list[datetime]:
    """The instants of a rule in [after, before), DTSTART included (RFC 5545 3.8.5.3): at most 1,000."""
    found = {starts_at} if after <= starts_at < before else set()
    if not rule:
        return sorted(found)
    first = starts_at.astimezone(zone).replace(tzinfo=None)
    for wall in _expansion(rule, first, zone, before=before.astimezone(zone).replace(tzinfo=None)):
        if len(found) >= MOST_DATES:
            break
        if after <= (instant := to_instant(wall, zone)) < before:
            found.add(instant)
    return sorted(found)


def ended(rule: str, before: datetime) -> str:
    """``rule`` with its last time before ``before`` (aware): how "from here on" closes what came earlier."""
    if not rule:
        return ""
    parts = [part for part in rule.split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    return ";".join([*parts, f"UNTIL={before.astimezone(UTC) - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"])


def resumed(rule: str, starts_at: datetime, zone: ZoneInfo, *, after: datetime) -> tuple[datetime, str] | None:
    """A rule from its first time at or after ``after``: that time, and the rule with the same last time. None when it is over."""
    coming = recurrence_set(rule, starts_at, zone, after=after, before=max(after, starts_at) + LONGEST_GAP)
    if not coming:
        return None
    if "COUNT" in parts_of(rule):
        rule = ended(rule, coming[-1] + timedelta(seconds=1))
    return coming[0], rule


def last_day(rule: str, zone: ZoneInfo) -> date | None:
    """The last day that a rule may give, local; None when it goes on or counts."""
    until = parts_of(rule).get("UNTIL")
    return datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone).date() if until else None


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
        if match := re.fullmatch(r"([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)", by_day) if "BYMONTHDAY" not in parts else None:
            nth = {
                1: pgettext("de hoeveelste van de maand", "eerste"),
                2: pgettext("de hoeveelste van de maand", "tweede"),
                3: pgettext("de hoeveelste van de maand", "derde"),
                4: pgettext("de hoeveelste van de maand", "vierde"),
                -1: pgettext("de hoeveelste van de maand", "laatste"),
            }.get(int(match[1]))
            if nth:
                words = _("Elke %(nth)s %(day)s van de maand") % {"nth": nth, "day": WEEKDAYS[DAYS.index(match[2])]}
        elif not by_day and parts.get("BYMONTHDAY") == "-1":
            words = _("Elke laatste dag van de maand")
        elif not by_day and (on := parts.get("BYMONTHDAY", str(first.day))).isdecimal():
            words = _("Elke maand op de %(day)se") % {"day": on}
    if not words:
        words = _("Op meer data")
    if until := parts.get("UNTIL"):
        last = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(first.tzinfo)
        words = _("%(words)s, tot en met %(day)s") % {"words": words, "day": date_format(last, "j F Y")}
    return words + "."
