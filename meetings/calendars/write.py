"""Meetings as iCalendar (RFC 5545), one series or one date.

A series is one VEVENT with its RRULE, an EXDATE for what fell out, RDATEs for what came extra, and a VEVENT with RECURRENCE-ID
for each date that differs. Times carry TZID with a VTIMEZONE of two rules: Outlook reads a TZID without one an hour off, and
a table of every change garbles in Google. No attendee, no address of a person, no secret.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDatetime, vRecur

from meetings import recurrence
from meetings.models import Meeting, Occurrence, Segment

PRODID = "-//Aanschuiven//aanschuiven//NL"


def calendar(name: str) -> Calendar:
    found = Calendar()
    found.add("prodid", PRODID)
    found.add("version", "2.0")
    found.add("name", name)
    found.add("x-wr-calname", name)
    found.add_component(amsterdam())
    return found


def amsterdam() -> Timezone:
    """Europe/Amsterdam by the rules since 1996 (RFC 5545 3.6.5): its DTSTARTs are local, without TZID."""
    zone = Timezone()
    zone.add("tzid", "Europe/Amsterdam")
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
    """One date by itself: a plain VEVENT, whose UID is its own so that it stands beside the series."""
    uid = occurrence.segment.uid if occurrence.segment else f"{occurrence.pk}@aanschuiven"
    is_single = occurrence.segment is not None and not occurrence.segment.rule
    found = calendar(occurrence.title)
    found.add_component(_event(occurrence, uid if is_single else f"{occurrence.date_key}-{uid}", base_url))
    return found.to_ical()


def series(meeting: Meeting, occurrences: list[Occurrence], base_url: str) -> bytes:
    """A meeting with all its dates, a VEVENT a segment and one a date that differs."""
    found = calendar(meeting.title)
    segments = list(meeting.segments.all())
    for segment in segments:
        own = [o for o in occurrences if o.segment_id == segment.pk and o.starts_at is not None]
        for event in _segment(segment, own, base_url):
            found.add_component(event)
    return found.to_ical()


def _segment(segment: Segment, occurrences: list[Occurrence], base_url: str) -> list[Event]:
    if segment.starts_at is None or not occurrences:
        return []
    zone = segment.meeting.zone
    if not segment.rule and len(occurrences) == 1:
        return [_event(occurrences[0], segment.uid, base_url)]
    by_key = {o.date_key: o for o in occurrences}
    times = {o.date_key: _rule_time(o) for o in occurrences}
    earliest, latest = min(times.values()), max(times.values())
    given = recurrence.recurrence_set(segment.rule, segment.starts_at, zone, after=segment.starts_at, before=latest + segment.duration)
    given_keys = {f"{instant.astimezone(zone):%Y-%m-%d}": instant for instant in given}
    first = min(occurrences, key=lambda o: times[o.date_key])
    master = _event(first, segment.uid, base_url, starts_at=segment.starts_at, ends_at=segment.starts_at + segment.duration)
    master["SEQUENCE"] = max(o.sequence for o in occurrences)
    if segment.rule:
        master.add("rrule", vRecur.from_ical(segment.rule))
    missing = [instant for key, instant in given_keys.items() if key not in by_key and instant >= earliest]
    for gone in missing:
        master.add("exdate", gone.astimezone(zone))
    events = [master]
    for occurrence in occurrences:
        instant = given_keys.get(occurrence.date_key) or times[occurrence.date_key]
        if occurrence.date_key not in given_keys:
            master.add("rdate", instant.astimezone(zone))
        differs = (occurrence.starts_at, occurrence.ends_at) != (instant, instant + segment.duration)
        if differs or occurrence.is_cancelled:
            override = _event(occurrence, segment.uid, base_url)
            override.add("recurrence-id", instant.astimezone(zone))
            events.append(override)
    return events


def _rule_time(occurrence: Occurrence) -> datetime:
    """The time that identifies a date in its series (RECURRENCE-ID, RFC 5545 3.8.4.4)."""
    found = occurrence.recurrence_at or occurrence.starts_at
    assert found is not None  # a table without a date is in no series
    return found


def _event(occurrence: Occurrence, uid: str, base_url: str, **times: datetime) -> Event:
    zone = occurrence.meeting.zone
    starts_at, ends_at = times.get("starts_at", occurrence.starts_at), times.get("ends_at", occurrence.ends_at)
    assert starts_at is not None
    assert ends_at is not None  # the caller leaves out a table without a date
    page = base_url + f"/agenda/{occurrence.slug}/" + ("" if times else f"{occurrence.date_key}/")
    changed = occurrence.changed_at.astimezone(UTC).replace(microsecond=0)
    event = Event()
    add: Any = event.add
    add("uid", uid)
    add("dtstamp", changed)
    add("last-modified", changed)
    add("sequence", occurrence.sequence)
    add("dtstart", starts_at.astimezone(zone))
    add("dtend", ends_at.astimezone(zone))
    is_cancelled = occurrence.is_cancelled and not times
    add("summary", f"{_('Gaat niet door')}: {occurrence.title}" if is_cancelled else occurrence.title)
    add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    text = _plain(occurrence.meeting.text)
    add("description", f"{text}\n\n{page}".strip())
    add("url", page)
    if where := _where(occurrence):
        add("location", where)
    if occurrence.place and occurrence.place.latitude is not None:
        add("geo", (occurrence.place.latitude, occurrence.place.longitude))
    add("categories", [str(occurrence.get_kind_display())])
    return event


def _plain(text: str) -> str:
    """Text without control characters, which RFC 5545 3.1 forbids."""
    return "".join(c for c in text if c >= " " or c == "\n")


def _where(occurrence: Occurrence) -> str:
    place = occurrence.place
    parts = [occurrence.place_name, place.street if place else "", place.postcode if place else "", occurrence.neighbourhood_name]
    return ", ".join(part for part in parts if part)
