"""When the demo's meetings are: from the plain words of meetings.toml to a first date and a rule (RFC 5545 3.3.10).

Everything counts from the day of loading, so that the agenda is as full in August as in December. A series begins eight weeks
earlier, so that it has dates behind it as well: some of which names are still known, and some of which only the counts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from meetings.models.choices import Repeat
from meetings.recurrence import rule_for

WEEKDAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
ON_DAYS = {"dagelijks": "FREQ=DAILY", "werkdagen": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "weekend": "FREQ=WEEKLY;BYDAY=SA,SU"}
FIRST_DAY = {"dagelijks": None, "werkdagen": "ma", "weekend": "za"}
BEFORE = timedelta(weeks=8)


@dataclass(frozen=True)
class Plan:
    """The first date ever (aware, in ``zone``), how long it takes, and the rule; an empty rule happens once."""

    starts_at: datetime
    duration: timedelta
    rule: str


def plan(when: dict, today: date, zone: ZoneInfo) -> Plan:
    """Read one ``when`` of meetings.toml. Raises KeyError or ValueError for words it does not know."""
    begins, ends = (time_of(part) for part in when["time"].split("-"))
    duration = timedelta(hours=ends.hour - begins.hour, minutes=ends.minute - begins.minute)
    if duration <= timedelta(0):
        duration += timedelta(days=1)  # past midnight
    first_on = first_day(when, today)
    starts_at = datetime.combine(first_on, begins, zone)
    repeat = when["repeat"]
    return Plan(starts_at, duration, ON_DAYS[repeat] if repeat in ON_DAYS else rule_for(Repeat(repeat), starts_at))


def time_of(text: str) -> time:
    hour, minute = text.strip().split(":")
    return time(int(hour), int(minute))


def first_day(when: dict, today: date) -> date:
    repeat, weekday = when["repeat"], when.get("day")
    coming = on_weekday(weekday, today + timedelta(days=when.get("ahead", 0)))
    match repeat:
        case "niet":
            return coming
        case "dagelijks" | "werkdagen" | "weekend":
            return on_weekday(FIRST_DAY[repeat], today - BEFORE - timedelta(days=6))
        case "wekelijks":
            return coming - BEFORE
        case "tweewekelijks":
            return coming - BEFORE + timedelta(weeks=when.get("phase", 0))
        case "maandelijks-datum":
            return same_date_months_earlier(today, when["day_of_month"])
        case "maandelijks-dag":
            return same_weekday_a_month_earlier(same_weekday_a_month_earlier(coming))
    raise ValueError(f"repeat {repeat!r} is none of the words in meetings.toml")


def on_weekday(weekday: str | None, day: date) -> date:
    """The first day from ``day`` on with this weekday; any day will do for None."""
    return day if weekday is None else day + timedelta(days=(WEEKDAYS.index(weekday) - day.weekday()) % 7)


def same_date_months_earlier(today: date, day_of_month: int) -> date:
    """The last time but one before ``today`` that it was the nth of the month: the next is still to come, or is today."""
    last = today.replace(day=day_of_month)
    if last >= today:
        last = (last.replace(day=1) - timedelta(days=1)).replace(day=day_of_month)
    return (last.replace(day=1) - timedelta(days=1)).replace(day=day_of_month)


def same_weekday_a_month_earlier(day: date) -> date:
    """The same nth weekday of the month before. A fifth one does not come every month: then the week after counts."""
    if day.day > 28:
        day += timedelta(weeks=1)
    nth = (day.day - 1) // 7
    first_of_month = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    return on_weekday(WEEKDAYS[day.weekday()], first_of_month) + timedelta(weeks=nth)
