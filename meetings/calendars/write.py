"""Meetings as iCalendar (RFC 5545), one series or one date.

A series is one VEVENT with its RRULE, an EXDATE for what fell out, and a VEVENT with RECURRENCE-ID for each date that differs.
A date that the rule does not give (extra, or kept because people are on it) is a VEVENT of its own, with the UID that it also has
in a file by itself: as an RDATE it may come before DTSTART, and where the rule has a moved date at that very moment (RFC 5545
3.8.4.4 knows the two by one RECURRENCE-ID) it would be lost. Times carry TZID with a VTIMEZONE of two rules: Outlook reads a TZID without one an hour off, and
a table of every change garbles in Google. No attendee, no address of a person, no secret.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDatetime, vRecur

from meetings import recurrence
from meetings.models import Meeting, Occurrence, Segment

PRODID = "-//Aanschuiven//aanschuiven//NL"
AMSTERDAM = "Europe/Amsterdam"
FIRST_DAY = date(1996, 1, 1)  # how far back a VTIMEZONE tells of its zone
WINDOW = timedelta(days=366)  # a rule gives one date a day at most: fewer than ``recurrence.MOST_DATES``
SHOWN_CANCELLED = timedelta(days=7)  # after its date


def calendar(name: str, zone: str) -> Calendar:
    found = Calendar()
    found.add("prodid", PRODID)
    found.add("version", "2.0")
    name = _plain(name)
    found.add("name", name)
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", zone)
    found.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT6H")
    found.add_component(amsterdam() if zone == AMSTERDAM else Timezone.from_tzid(zone, first_date=FIRST_DAY))
    return found


def amsterdam() -> Timezone:
    """Europe/Amsterdam by the rules since 1996 (RFC 5545 3.6.5): its DTSTARTs are local, without TZID."""
    zone = Timezone()
    zone.add("tzid", AMSTERDAM)
    for kind, month, start, before, after, name in (
        (TimezoneDaylight, 3, "19960331T020000", 60, 120, "CEST"),
        (TimezoneStandard, 10, "19961027T030000", 120, 60, "CET"),
    ):
        part = kind()
        part.add("dtstart", vDatetime.from_ical(start))
        part.add("tzoffsetfrom", timedelta(minutes=before))
        part.add("tzoffsetto", timedelta(minutes=after))
        part.add("tzname", name)
        part.add("rrule", vRecur.from_ical(f"FREQ=YEARLY;BYMONTH={month};BYDAY=-1SU"))
        zone.add_component(part)
    return zone


def one_date(occurrence: Occurrence, base_url: str) -> bytes:
    """One date by itself: a plain VEVENT. One of a series has a UID of its own, so that it stands beside the series."""
    found = calendar(occurrence.title, occurrence.meeting.time_zone)
    segment = occurrence.segment
    if segment is not None and not segment.rule and occurrence.rule_key in _given(segment, until=occurrence):
        found.add_component(_once(occurrence, segment, base_url))
    else:
        found.add_component(_event(occurrence, _own_uid(occurrence, list(occurrence.meeting.segments.all())), base_url))
    return found.to_ical()


def series(meeting: Meeting, occurrences: list[Occurrence], base_url: str, *, now: datetime) -> bytes:
    """A meeting with all its dates: a VEVENT a segment, and one for each date that differs from its rule.

    ``occurrences`` are all of the meeting, also those long past: a date left out would come back by the rule. A cancelled one
    shows until a week after its date, then falls out (EXDATE).
    """
    found = calendar(meeting.title, meeting.time_zone)
    segments = list(meeting.segments.all())
    for segment in segments:
        own = [o for o in occurrences if o.segment_id == segment.pk and o.starts_at is not None]
        given = _given(segment, until=max(own, key=_rule_time)) if own else {}
        for event in _segment(segment, [o for o in own if o.rule_key in given], given, base_url, now):
            found.add_component(event)
        for occurrence in own:
            if occurrence.rule_key not in given and not _is_gone(occurrence, now):
                found.add_component(_event(occurrence, _own_uid(occurrence, segments), base_url))
    return found.to_ical()


def changed_at(occurrences: list[Occurrence], meeting: Meeting, *, now: datetime | None = None) -> datetime:
    """The last change that a calendar shows: of the dates, or of what they say about their meeting.

    With ``now`` also the last moment at which a cancelled date fell out of the series.
    """
    fell_out = [gone_at for o in occurrences if now and (gone_at := _gone_at(o)) and gone_at < now]
    return max([meeting.changed_at, *(o.changed_at for o in occurrences), *fell_out])


def _gone_at(occurrence: Occurrence) -> datetime | None:
    """When a cancelled date falls out of its series."""
    return occurrence.ends_at + SHOWN_CANCELLED if occurrence.is_cancelled and occurrence.ends_at else None


def _is_gone(occurrence: Occurrence, now: datetime) -> bool:
    gone_at = _gone_at(occurrence)
    return gone_at is not None and gone_at < now


def _given(segment: Segment, *, until: Occurrence) -> dict[str, datetime]:
    """The dates that a segment's rule gives up to the day of ``until``, by key; in windows, which hold no more than so many."""
    starts_at, zone, found = segment.starts_at, segment.meeting.zone, dict[str, datetime]()
    if starts_at is None:
        return found
    after, end = starts_at, max(_rule_time(until), starts_at) + timedelta(days=1)
    while after < end:
        before = min(after + WINDOW, end)
        given = recurrence.recurrence_set(segment.rule, starts_at, zone, after=after, before=before)
        found |= {f"{instant.astimezone(zone):%Y-%m-%d}": instant for instant in given}
        after = before
    return found


def _segment(segment: Segment, occurrences: list[Occurrence], given: dict[str, datetime], base_url: str, now: datetime) -> list[Event]:
    """The VEVENTs of a rule: ``given`` is what it gives, by key, and ``occurrences`` are those that there are."""
    if not occurrences:
        return []
    if not segment.rule:
        return [_once(o, segment, base_url) for o in occurrences if not _is_gone(o, now)]
    changed = changed_at(occurrences, segment.meeting, now=now)
    sequence = _sequence(segment, changed)
    zone = segment.meeting.zone
    by_key = {o.rule_key: o for o in occurrences}
    master = _master(segment, occurrences, base_url, sequence, changed)
    events = [master]
    for key, instant in given.items():
        occurrence = by_key.get(key)
        if occurrence is None or _is_gone(occurrence, now):
            master.add("exdate", instant.astimezone(zone))
        elif (occurrence.starts_at, occurrence.ends_at) != (instant, instant + segment.duration) or occurrence.is_cancelled:
            # Also where the clock changes in between: some clients keep the hours that it lasts, some the hour that it ends.
            override = _event(occurrence, segment.uid, base_url, sequence=sequence)
            override.add("recurrence-id", instant.astimezone(zone))
            events.append(override)
    return events


def _once(occurrence: Occurrence, segment: Segment, base_url: str) -> Event:
    """What happens once, without a rule: it has the UID of its segment, also when it moved."""
    changed = changed_at([occurrence], segment.meeting)
    return _event(occurrence, segment.uid, base_url, sequence=_sequence(segment, changed))


def _master(segment: Segment, occurrences: list[Occurrence], base_url: str, sequence: int, changed: datetime) -> Event:
    """The VEVENT with the rule: it says what the meeting says, at the segment's first time, whatever became of that date."""
    newest = max(occurrences, key=_rule_time)
    master = _event(newest, segment.uid, base_url, sequence=sequence, series_of=segment, changed=changed)
    master.add("rrule", vRecur.from_ical(segment.rule))
    return master


def _sequence(segment: Segment, changed: datetime) -> int:
    """SEQUENCE of every VEVENT with the segment's UID (RFC 5545 3.8.7.4): seconds from the first writing to the last change.

    It never falls, also not when a date is taken away, and all of a series share it: a client drops an exception whose
    number is lower than its master's.
    """
    return int((changed - segment.meeting.created_at).total_seconds())


def _own_uid(occurrence: Occurrence, segments: list[Segment]) -> str:
    """The UID of a date that stands outside a series: its key and the UID of the meeting's oldest rule, which both never change.

    Not the UID of its own rule: "from here on" gives a date another one.
    """
    return f"{occurrence.date_key}-{min(segments, key=lambda segment: segment.pk).uid}"


def _rule_time(occurrence: Occurrence) -> datetime:
    """The time that identifies a date in its series (RECURRENCE-ID, RFC 5545 3.8.4.4)."""
    found = occurrence.recurrence_at or occurrence.starts_at
    assert found is not None  # a table without a date is in no series
    return found


def _event(
    occurrence: Occurrence,
    uid: str,
    base_url: str,
    *,
    sequence: int | None = None,
    series_of: Segment | None = None,
    changed: datetime | None = None,
) -> Event:
    meeting, zone = occurrence.meeting, occurrence.meeting.zone
    starts_at = series_of.starts_at if series_of else occurrence.starts_at
    assert starts_at is not None  # the caller leaves out a table without a date
    ends_at = recurrence.end_of(starts_at, series_of.duration, zone) if series_of else occurrence.ends_at
    assert ends_at is not None
    page = f"{base_url}/agenda/{occurrence.slug}/" + ("" if series_of else f"{occurrence.date_key}/")
    changed = (changed or max(occurrence.changed_at, meeting.changed_at)).astimezone(UTC).replace(microsecond=0)
    is_cancelled = occurrence.is_cancelled and series_of is None
    event = Event()
    add: Any = event.add
    add("uid", uid)
    add("dtstamp", changed)
    add("last-modified", changed)
    add("sequence", occurrence.sequence if sequence is None else sequence)
    add("dtstart", starts_at.astimezone(zone))
    if series_of and ends_at - starts_at != series_of.duration:
        add("duration", series_of.duration)  # the clock changes on the first date: its end would tell the others an hour more or less
    else:
        add("dtend", ends_at.astimezone(zone))
    title = _plain(occurrence.title)
    add("summary", _("Gaat niet door: %(title)s") % {"title": title} if is_cancelled else title)
    add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    reason = occurrence.reason if is_cancelled else ""
    add("description", "\n\n".join(part for part in (_plain(reason), _plain(meeting.text), page) if part))
    add("url", page)
    if where := _where(occurrence):
        add("location", where)
    if occurrence.place and occurrence.place.latitude is not None and occurrence.place.longitude is not None:
        add("geo", (occurrence.place.latitude, occurrence.place.longitude))
    add("categories", [str(occurrence.get_kind_display())])
    return event


def _plain(text: str) -> str:
    """Text without control characters, which RFC 5545 3.1 forbids."""
    return "".join(c for c in text.replace("\r\n", "\n") if (c >= " " and c != "\x7f") or c == "\n").strip()


def _where(occurrence: Occurrence) -> str:
    place = occurrence.place
    address = f"{place.postcode} {occurrence.neighbourhood_name}".strip() if place else occurrence.neighbourhood_name
    parts = [occurrence.place_name, place.street if place else "", address]
    return ", ".join(part for part in parts if part)
