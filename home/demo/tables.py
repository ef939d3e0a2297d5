"""The demo's tables: initiatives, meetings with their dates, and the people who pulled up a chair.

Made through the same doors as anyone's: ``meetings.dates`` writes the dates, ``meetings.seats`` every chair, so that whoever is
too late waits, and a table that keeps a balance keeps it here too; and ``meetings.retention`` forgets who came long ago.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import chain, cycle, islice, zip_longest
from pathlib import Path

from django.db.models import QuerySet
from django.utils.text import slugify

from home.models import SiteSettings
from meetings import dates, retention, seats
from meetings.models import Initiative, Keyring, Meeting, Occurrence
from meetings.models.choices import Balance, Kind, Names, NameVisibility, Perspective, Visibility
from places.models import Contact, Neighbourhood, Place, PlacePage

from .days import plan

NAMES = (
    "Ans", "Ali", "Ria", "Said", "Lotte", "Kofi", "Zeynep", "Henk", "Mei", "Paulo", "Gerda", "Yusuf", "Farida", "Dirk", "Precious", "Ton",
    "Krystyna", "Jamal", "Nel", "Ibrahim", "Ludmila", "Ricardo", "Truus", "Samira", "Corrie", "Naima", "Ineke", "Wilma", "Aïsha", "Rinus",
)  # fmt: skip
PARTIES = (1, 1, 2, 1, 1, 3)
FAMILIES = (1, 3, 2, 5)  # at dates that were: fewer rows to make, and nobody sees who came together
SHOWN = (NameVisibility.TABLE, NameVisibility.EVERYONE, NameVisibility.TABLE, NameVisibility.HOST)


def lay(now: datetime) -> Meeting:
    """Make every meeting of meetings.toml and seat its people. Returns the one that stands on no list."""
    told = tomllib.loads(Path(__file__).with_name("meetings.toml").read_text(encoding="utf-8"))
    initiatives = {spec["name"]: found(spec) for spec in told["initiative"]}
    by_slug = {initiative.slug: initiative for initiative in initiatives.values()}
    unlisted = None
    names = cycle(NAMES)
    for spec in told["meeting"]:
        meeting = meet(spec, {**by_slug, **initiatives}.get(spec.get("initiative", "")), now)
        close(meeting, now)
        remember(meeting, spec, names, now)
        invite(meeting, spec, names, now)
        disturb(meeting, spec, now)
        if spec.get("unlisted"):
            unlisted = meeting
    if unlisted is None:
        raise LookupError("meetings.toml has no unlisted meeting: the demo shows one")
    retention.erase_past(SiteSettings.longest_retention(), now=now)
    return unlisted


def found(spec: dict) -> Initiative:
    """An initiative; an unlisted one has an address nobody can guess."""
    unlisted = spec.get("unlisted", False)
    slug = Meeting.secret_slug() if unlisted else spec["slug"]
    return Initiative.objects.create(name=spec["name"], slug=slug, text=spec["text"], is_listed=not unlisted)


def meet(spec: dict, initiative: Initiative | None, now: datetime) -> Meeting:
    """A meeting with its dates."""
    place = Place.objects.get(slug=spec["place"]) if "place" in spec else None
    meeting = Meeting(
        slug=Meeting.secret_slug() if spec.get("unlisted") else spec.get("slug", slugify(spec["title"])),
        title=spec["title"],
        text=spec["text"],
        kind=Kind(spec.get("kind", Kind.ACTIVITY)),
        visibility=Visibility.LINK if spec.get("unlisted") else Visibility.EVERYONE,
        initiative=initiative,
        place=place,
        place_text=spec.get("place_text", ""),
        neighbourhood=place.neighbourhood if place else Neighbourhood.objects.get(slug=spec["neighbourhood"]),
        contact=Contact.objects.get(page__place=place, first_name=spec["contact"]) if "contact" in spec else None,
        capacity=spec.get("chairs"),
        balance=Balance(spec.get("balance", Balance.NONE)),
        resident_seats=spec.get("resident_seats", 0),
        extra_chair=spec.get("extra_chair", True),
        names=Names(spec.get("names", Names.SELF)),
        total_only=spec.get("total_only", False),
        languages=spec.get("languages", ""),
        audience=spec.get("audience", ""),
        access=spec.get("access", ""),
        costs=spec.get("costs", ""),
    )
    if spec["when"]["repeat"] == "ooit":
        return dates.create(meeting, starts_at=None, duration=timedelta(hours=2), host_name=spec["host"], now=now)
    planned = plan(spec["when"], now.astimezone(meeting.zone).date(), meeting.zone)
    return dates.create(meeting, starts_at=planned.starts_at, duration=planned.duration, rule=planned.rule, host_name=spec["host"], now=now)


def close(meeting: Meeting, now: datetime) -> None:
    """Call off each date on a day that its place is closed, with the reason that the place itself gives."""
    page = PlacePage.objects.filter(place=meeting.place_id).first() if meeting.place_id else None
    for closed in (one for one in page.exceptions() if one.since is None) if page else ():
        begin = datetime.combine(closed.first, time(), meeting.zone)
        end = datetime.combine(closed.last + timedelta(days=1), time(), meeting.zone)
        for occurrence in meeting.occurrences.filter(starts_at__gte=begin, starts_at__lt=end):
            dates.cancel_date(occurrence, closed.note, now=beforehand(occurrence, now))


def going_ahead(meeting: Meeting) -> QuerySet[Occurrence]:
    return meeting.occurrences.filter(status=Occurrence.Status.CONFIRMED).order_by("starts_at")


def invite(meeting: Meeting, spec: dict, names: Iterator[str], now: datetime) -> None:
    """Seat the people of the first coming dates."""
    coming = [occurrence for occurrence in going_ahead(meeting) if not occurrence.has_passed(now)]
    guests = [(guest["perspective"], 1, asked(guest)) for guest in spec.get("guests", [])]
    for occurrence, counts in zip(coming, spec["coming"], strict=False):
        people = guests if guests and occurrence == coming[0] else strangers(counts, names)
        seat(occurrence, people, now)


def remember(meeting: Meeting, spec: dict, names: Iterator[str], now: datetime) -> None:
    """Seat who came to the dates that were: about as many as come now, now one fewer, now two."""
    for fewer, occurrence in zip(cycle(range(3)), going_ahead(meeting).filter(ends_at__lte=now).reverse(), strict=False):
        residents, practice, policy = spec["coming"][0]
        room = spec.get("chairs", residents + practice + policy) - practice - policy
        seat(occurrence, strangers([max(1, min(residents, room) - fewer), practice, policy], names, FAMILIES), now)


def asked(guest: dict) -> dict:
    return {
        "name": guest["name"],
        "name_visibility": NameVisibility(guest["shown"]),
        "message": guest.get("message", ""),
        "walks_along": guest.get("walks_along", False),
    }


def strangers(counts: list[int], names: Iterator[str], sizes: tuple[int, ...] = PARTIES) -> Iterator[tuple[str, int, dict]]:
    """Parties by perspective, residents first and then practice and policy in turn; every fifth keeps their name to themselves."""
    residents, practice, policy = counts
    formal = chain.from_iterable(zip_longest([Perspective.PRACTICE] * practice, [Perspective.POLICY] * policy))
    parties = chain(
        ((Perspective.RESIDENT, party) for party in in_parties(residents, sizes)),
        ((perspective, 1) for perspective in formal if perspective),
    )
    for nth, (perspective, party) in enumerate(parties):
        yield perspective, party, {"name": "" if nth % 5 == 4 else next(names), "name_visibility": SHOWN[nth % len(SHOWN)]}


def in_parties(people: int, sizes: tuple[int, ...]) -> Iterator[int]:
    for party in cycle(sizes):
        if people <= 0:
            return
        yield min(party, people)
        people -= party


def seat(occurrence: Occurrence, people, now: datetime) -> None:
    """Each pulled up a chair before it began, whatever the hour at which the demo is loaded."""
    then = beforehand(occurrence, now)
    for perspective, party, wishes in people:
        seats.take(occurrence.pk, Keyring.objects.create(), Perspective(perspective), party=party, now=then, **wishes)


def beforehand(occurrence: Occurrence, now: datetime) -> datetime:
    """Now, or an hour before it began."""
    return now if occurrence.starts_at is None else min(now, occurrence.starts_at - timedelta(hours=1))


def disturb(meeting: Meeting, spec: dict, now: datetime) -> None:
    """Call off or move the date that the spec names, counted from the first that has not begun."""
    later = going_ahead(meeting).filter(starts_at__gt=now)
    if cancelled := spec.get("cancelled"):
        dates.cancel_date(nth(later, cancelled["date"]), cancelled["reason"], now=now)
    if moved := spec.get("moved"):
        occurrence, days = nth(later, moved["date"]), timedelta(days=moved["days"])
        # Local time plus a day: 18:30 stays 18:30 across a clock change.
        starts_at, ends_at = (moment.astimezone(meeting.zone) + days for moment in (occurrence.starts_at, occurrence.ends_at) if moment)
        dates.move_date(occurrence, starts_at, ends_at, now=now)


def nth(occurrences, index: int) -> Occurrence:
    return next(islice(occurrences, index, None))
