"""Rows for tests, as few fields as a story needs. Everything not named has a value that works.

``meeting`` and ``occurrence`` write rows directly: a test of the dates or of the seats goes through ``meetings.dates`` and
``meetings.seats`` instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from meetings.models import HostDetails, Keyring, Kind, Meeting, Occurrence, Segment
from places.models import Neighbourhood, Place

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday morning in Rotterdam, winter time
EVENING = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)  # Thursday 3 December, 19:30 in Rotterdam
_number = count(1)


def keyring(**fields: Any) -> Keyring:
    return Keyring.objects.create(**fields)


def neighbourhood(**fields: Any) -> Neighbourhood:
    n = next(_number)
    return Neighbourhood.objects.create(**{"name": f"Wijk {n}", "slug": f"wijk-{n}"} | fields)


def place(**fields: Any) -> Place:
    n = next(_number)
    fields.setdefault("neighbourhood", None)
    fields["neighbourhood"] = fields["neighbourhood"] or neighbourhood()
    return Place.objects.create(
        **{"name": f"Huis {n}", "slug": f"huis-{n}", "street": "Schiedamseweg 1", "latitude": 51.91, "longitude": 4.44} | fields
    )


def meeting(*, host_name: str = "Fatima", **fields: Any) -> Meeting:
    """A meeting at a place, with who receives people; without dates."""
    n = next(_number)
    if "place" not in fields and "place_text" not in fields:
        fields["place"] = place()
    if fields.get("place") and "neighbourhood" not in fields:
        fields["neighbourhood"] = fields["place"].neighbourhood
    made = Meeting.objects.create(**{"slug": f"bijeenkomst-{n}", "title": f"Bijeenkomst {n}", "kind": Kind.SESSION} | fields)
    HostDetails.objects.create(meeting=made, first_name=host_name)
    return made


def occurrence(
    *, meeting: Meeting | None = None, starts_at: datetime | None = EVENING, duration: timedelta = timedelta(hours=2), **fields: Any
) -> Occurrence:
    """One date of a meeting, with everything repeated on it that a list needs."""
    made = meeting or _meeting(**{name: fields.pop(name) for name in ("kind", "title", "visibility") if name in fields})
    segment = made.segments.first() or Segment.objects.create(meeting=made, starts_at=starts_at, duration=duration)
    local = starts_at.astimezone(made.zone) if starts_at else None
    repeated = {
        "date_key": f"{local:%Y-%m-%d}" if local else "ooit",
        "recurrence_at": starts_at,
        "starts_at": starts_at,
        "ends_at": starts_at and starts_at + duration,
        "listed": made.is_listed,
        "kind": made.kind,
        "slug": made.slug,
        "title": made.title,
        "time_zone": made.time_zone,
        "initiative": made.initiative,
        "initiative_name": made.initiative.name if made.initiative else "",
        "neighbourhood": made.neighbourhood,
        "neighbourhood_name": made.neighbourhood.name if made.neighbourhood else "",
        "neighbourhood_slug": made.neighbourhood.slug if made.neighbourhood else "",
        "place": made.place,
        "place_name": made.place.name if made.place else made.place_text,
        "place_slug": made.place.slug if made.place else "",
        "capacity": made.capacity,
        "balance": made.balance,
        "resident_seats": made.resident_seats,
        "formal_start": made.formal_start,
        "extra_chair": made.extra_chair,
        "names": made.names,
        "total_only": made.total_only,
    }
    return Occurrence.objects.create(meeting=made, segment=segment, **repeated | fields)


_meeting = meeting  # the name inside ``occurrence`` is its argument
