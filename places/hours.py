"""When a place is open: weekly hours with exceptions, on the wall clock of the place.

Hours are shifts of (weekday, from, until); a shift whose end is not after its start runs past midnight. An exception (a day
or a range) replaces the shifts that *begin* on those days. Everything is reckoned as instants, so the night of a clock change
is as long as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

LOOK_AHEAD = (14, 120)  # days in which the next opening is sought: most have one soon, a summer may take long
LONGEST = timedelta(hours=16)  # longer is a slip of who fills it in, unless it is the whole day
TELL_AHEAD = timedelta(weeks=8)  # how long beforehand other hours are told


@dataclass(frozen=True)
class Shift:
    """One opening: ``weekday`` 0 is Monday. ``until`` at or before ``since`` means the next day; equal is a whole day."""

    weekday: int
    since: time
    until: time


@dataclass(frozen=True)
class OtherHours:
    """Other hours from ``first`` to ``last`` (both included); ``since`` None: closed."""

    first: date
    last: date
    since: time | None = None
    until: time | None = None
    note: str = ""


@dataclass(frozen=True)
class Status:
    """Whether a place is open now, and until or from when; ``changes_at`` None: not in the next four months.

    ``note`` is of the day whose hours count: of today, or of yesterday while a night goes on.
    """

    is_open: bool
    changes_at: datetime | None
    note: str = ""


def shifts_on(day: date, shifts: Iterable[Shift], exceptions: Iterable[OtherHours]) -> tuple[list[tuple[time, time]], str]:
    """(since, until) of what begins on ``day``, and the note of the exception that decided it."""
    special = [e for e in exceptions if e.first <= day <= e.last]
    if special:
        note = next((e.note for e in special if e.note), "")
        return [(e.since, e.until) for e in special if e.since is not None and e.until is not None], note
    return [(s.since, s.until) for s in shifts if s.weekday == day.weekday()], ""


def intervals(
    day: date, days: int, shifts: Sequence[Shift], exceptions: Sequence[OtherHours], zone: tzinfo
) -> list[tuple[datetime, datetime]]:
    """Open intervals that begin on ``days`` days from ``day``, adjoining and overlapping ones joined."""
    found = []
    for offset in range(days):
        today = day + timedelta(days=offset)
        for since, until in shifts_on(today, shifts, exceptions)[0]:
            end = today if until > since else today + timedelta(days=1)
            # By instants: compared as wall clocks, the night of a clock change would come out an hour wrong.
            found.append((datetime.combine(today, since, zone).timestamp(), datetime.combine(end, until, zone).timestamp()))
    joined: list[list[float]] = []
    for begin, finish in sorted(found):
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], finish)
        else:
            joined.append([begin, finish])
    return [(datetime.fromtimestamp(begin, zone), datetime.fromtimestamp(finish, zone)) for begin, finish in joined]


def status(shifts: Sequence[Shift], exceptions: Sequence[OtherHours], zone: tzinfo, now: datetime) -> Status | None:
    """Open or not at ``now``; None for a place that says nothing of its hours."""
    if not shifts and not exceptions:
        return None
    today = now.astimezone(zone).date()
    yesterday = today - timedelta(days=1)

    def goes_on(opening: tuple[datetime, datetime]) -> bool:
        return opening[0].timestamp() <= now.timestamp() < opening[1].timestamp()

    began_on = next((day for day in (today, yesterday) if any(map(goes_on, intervals(day, 1, shifts, exceptions, zone)))), today)
    note = shifts_on(began_on, shifts, exceptions)[1]
    for days in LOOK_AHEAD:
        for begin, finish in intervals(yesterday, days + 1, shifts, exceptions, zone):
            if goes_on((begin, finish)):
                return Status(True, finish, note)
            if begin.timestamp() > now.timestamp():
                return Status(False, begin, note)
    return Status(False, None, note)


@dataclass(frozen=True)
class Line:
    """Days and their hours, as a board at the door says them."""

    days: str
    hours: str
    is_today: bool
    note: str = ""


def length(since: time, until: time) -> timedelta:
    """How long a shift lasts on an ordinary day."""
    minutes = (until.hour - since.hour) * 60 + until.minute - since.minute
    return timedelta(minutes=minutes % (24 * 60))


def check_length(since: time | None, until: time | None) -> None:
    """Raise ValidationError, in words for who filled it in, when a shift ends so late that its times must have been swapped."""
    if since is None or until is None or since == until or length(since, until) <= LONGEST:
        return
    said = _("Van %(since)s tot %(until)s is meer dan 16 uur. Kijk de tijden na. Is het echt zo lang, maak er dan twee regels van.")
    values = {"since": since.strftime("%H:%M"), "until": until.strftime("%H:%M")}
    raise ValidationError({"until": said % values})


def span(since: time, until: time) -> str:
    """ "10:00 – 13:00", which stays together at the end of a line."""
    return _("de hele dag") if since == until else f"{since:%H:%M}\u00a0–\u00a0{until:%H:%M}"


def _spans(times: Iterable[tuple[time, time]]) -> str:
    return _listed([span(since, until) for since, until in sorted(times)]) or _("gesloten")


def _listed(words: Sequence[str]) -> str:
    """ "a, b en c"; empty without words."""
    return _("%(days)s en %(last)s") % {"days": ", ".join(words[:-1]), "last": words[-1]} if len(words) > 1 else "".join(words)


def day_names(days: Iterable[int]) -> str:
    """Weekdays in words: "dinsdag en donderdag", "maandag tot en met vrijdag", "zondag en maandag", "elke dag"."""
    wanted = set(days)
    if len(wanted) == 7:
        return _("elke dag")
    words: list[str] = []
    for first in sorted(day for day in wanted if (day - 1) % 7 not in wanted):
        run = [first]
        while (run[-1] + 1) % 7 in wanted:
            run.append((run[-1] + 1) % 7)
        names = [str(WEEKDAYS[day]) for day in run]
        words += names if len(run) < 3 else [_("%(first)s tot en met %(last)s") % {"first": names[0], "last": names[-1]}]
    return _listed(words)


def week(shifts: Iterable[Shift], exceptions: Iterable[OtherHours], today: date) -> list[Line]:
    """An ordinary week, days with the same hours together and closed days last; empty without shifts.

    Today is marked, unless it has other hours: then ``coming_exceptions`` marks it.
    """
    shifts = list(shifts)
    if not shifts:
        return []
    groups: dict[tuple[tuple[time, time], ...], list[int]] = {}
    for day in range(7):
        groups.setdefault(tuple(sorted({(s.since, s.until) for s in shifts if s.weekday == day})), []).append(day)
    is_ordinary = not any(e.first <= today <= e.last for e in exceptions)
    return [
        Line(day_names(days), _spans(times), is_ordinary and today.weekday() in days)
        for times, days in sorted(groups.items(), key=lambda group: (not group[0], group[1]))
    ]


def coming_exceptions(exceptions: Iterable[OtherHours], today: date) -> list[Line]:
    """Other hours of the next eight weeks, in order; several openings of the same days on one line."""
    groups: dict[tuple[date, date], list[OtherHours]] = {}
    for one in exceptions:
        if one.last >= today and one.first <= today + TELL_AHEAD:
            groups.setdefault((one.first, one.last), []).append(one)
    return [
        Line(
            dates(first, last),
            _spans((one.since, one.until) for one in found if one.since is not None and one.until is not None),
            first <= today <= last,
            next((one.note for one in found if one.note), ""),
        )
        for (first, last), found in sorted(groups.items())
    ]


def dates(first: date, last: date) -> str:
    """ "vrijdag 25 december", "vrijdag 25 en zaterdag 26 december", "donderdag 24 december tot en met zaterdag 2 januari"."""
    end = date_format(last, "l j F")
    if first == last:
        return end
    begin = date_format(first, "l j" if (first.year, first.month) == (last.year, last.month) else "l j F")
    if last - first == timedelta(days=1):
        return _("%(days)s en %(last)s") % {"days": begin, "last": end}
    return _("%(first)s tot en met %(last)s") % {"first": begin, "last": end}


def is_near(state: Status, now: datetime) -> bool:
    """Whether it changes within a day, so that an hour alone says which hour is meant."""
    return state.changes_at is not None and state.changes_at.timestamp() - now.timestamp() < timedelta(days=1).total_seconds()


def in_words(state: Status, now: datetime, zone: tzinfo) -> str:
    """ "Nu open tot 17:00", "Gesloten, morgen open vanaf 10:00", "Gesloten, open vanaf woensdag 2 december", "Gesloten"."""
    if state.changes_at is None:
        return _("Gesloten")
    at = state.changes_at.strftime("%H:%M")
    days = (state.changes_at.date() - now.astimezone(zone).date()).days
    if state.is_open:
        return _("Nu open tot %(time)s") % {"time": at} if is_near(state, now) else _("Nu open")
    if days == 0:
        return _("Vandaag open vanaf %(time)s") % {"time": at}
    if days == 1:
        return _("Gesloten, morgen open vanaf %(time)s") % {"time": at}
    if days < 7:
        return _("Gesloten, %(day)s open vanaf %(time)s") % {"day": WEEKDAYS[state.changes_at.weekday()], "time": at}
    return _("Gesloten, open vanaf %(day)s") % {"day": date_format(state.changes_at, "l j F")}
