"""The agenda: the one filter that page, feeds, JSON and search read a query string through (design section 5).

Lists read the denormalised rows of Occurrence through an index that ends in (starts_at, id): no join, no sort, no count, no
offset. A page goes on from a cursor, and one row more than a page tells that there is more.
"""

from __future__ import annotations

import base64
import heapq
import re
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from modelsearch.backends import get_search_backend

from places.models import Neighbourhood, Place

from .models import Initiative, Kind, Meeting, Occurrence
from .models.occurrence import LONGEST

PAGE = 20
LOOK_EVERY = timedelta(seconds=10)
MOST_FOUND = 500  # meetings that one search may bring into a list
MOST_Q = 80
MOST_NEIGHBOURHOODS = 30
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


class BadFilter(ValueError):
    """A value in the query string that means nothing; ``str()`` is a sentence for the visitor."""


def searchable(text: str) -> str:
    """What is looked for in ``text``: letters, digits, spaces, hyphens and apostrophes. Raises BadFilter when nothing is left."""
    if len(text) > MOST_Q:
        raise BadFilter(_("Zoek met een paar woorden: %(n)d letters is genoeg.") % {"n": MOST_Q})
    kept = "".join(c if c in " -'" or unicodedata.category(c)[0] in "LN" else " " for c in unicodedata.normalize("NFC", text))
    kept = " ".join(kept.split())
    if not any(unicodedata.category(c)[0] in "LN" for c in kept):
        raise BadFilter(_("Typ een woord om te zoeken, bijvoorbeeld: koffie."))
    return kept


def meeting_ids(q: str) -> list[int]:
    """Meetings with every word of ``q`` in them, each perhaps only begun; 500 at most. Listed or not is for the rows to say."""
    return [meeting.pk for meeting in get_search_backend("default").autocomplete(q, Meeting.objects.all())[:MOST_FOUND]]


_looked: tuple[datetime, datetime] | None = None  # (when, what was found)


def first_begin_of_what_is_on(now: datetime) -> datetime:
    """The earliest begin of everything listed that is still on, ``now`` when nothing is; at most ten seconds old.

    Some last for days. Were every list to look back that far, it would pass by all that was over since: at a million dates five times
    what the list itself takes. So one looks for all, and the lists begin there.
    """
    global _looked
    if _looked is None or not _looked[0] <= now < _looked[0] + LOOK_EVERY:
        on = Occurrence.objects.filter(listed=True, starts_at__gt=now - LONGEST, starts_at__lte=now, ends_at__gt=now)
        first = on.order_by("starts_at", "id").values_list("starts_at", flat=True).first()
        _looked = now, first or now
    return _looked[1]


@dataclass(frozen=True)
class Page:
    items: list[Occurrence]
    next_cursor: str | None  # for ``na``; None on the last page


@dataclass(frozen=True)
class Filter:
    """A choice from the agenda; empty fields choose everything."""

    neighbourhoods: tuple[Neighbourhood, ...] = ()
    place: Place | None = None
    kind: str = ""
    initiative: Initiative | None = None
    since: date | None = None
    until: date | None = None
    when: str = ""
    q: str = ""
    after: tuple[datetime, int] | None = None
    zone: tzinfo = field(default_factory=timezone.get_current_timezone)

    @classmethod
    def from_query(cls, query: QueryDict) -> Filter:
        """Read the names of the URL contract; others are ignored. Raises BadFilter."""
        when = _one(query, "wanneer")
        since, until = _day(query, "van"), _day(query, "tot")
        if when and when not in ("vandaag", "weekend", "week"):
            raise BadFilter(_("Kies bij wanneer: vandaag, weekend of week."))
        if when and (since or until):
            raise BadFilter(_("Kies een dag, of vandaag, weekend of week. Niet allebei."))
        if since and until and until < since:
            raise BadFilter(_("De laatste dag komt vóór de eerste. Draai ze om."))
        kind = _one(query, "soort")
        if kind and kind not in (Kind.ACTIVITY, Kind.SESSION):
            raise BadFilter(_("Deze soort kennen we niet. Kies activiteit of ontmoeting."))
        asked = _one(query, "q")
        return cls(
            neighbourhoods=_neighbourhoods(query),
            place=_place(_one(query, "plek")),
            kind=kind,
            initiative=_initiative(_one(query, "voor")),
            since=since,
            until=until,
            when=when,
            q=searchable(asked) if asked else "",
            after=cursor_from(_one(query, "na")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether something else than neighbourhoods was chosen."""
        return bool(self.place or self.kind or self.initiative or self.since or self.until or self.when or self.q)

    def days(self, now: datetime) -> tuple[date, date | None]:
        """First and last day, local, of this choice at ``now``.

        ``week`` is the seven days from today; ``weekend`` the coming Saturday and Sunday, on a Sunday what is left of it.
        """
        today = now.astimezone(self.zone).date()
        if self.when == "vandaag":
            return today, today
        if self.when == "week":
            return today, today + timedelta(days=6)
        if self.when == "weekend":
            sunday = today + timedelta(days=6 - today.weekday())
            return max(today, sunday - timedelta(days=1)), sunday
        return self.since or today, self.until

    def queryset(self, now: datetime) -> QuerySet[Occurrence]:
        """Everything of this choice after its cursor but for its neighbourhoods, in order."""
        first, last = self.days(now)
        begin = datetime.combine(first, time.min, self.zone)
        if self.since is None and begin <= now:
            begin = min(begin, first_begin_of_what_is_on(now))
        if self.after:
            begin = max(begin, self.after[0])
        rows = Occurrence.objects.filter(listed=True, starts_at__gte=begin)
        if self.after:
            # As one comparison of a pair, or with two lower bounds, SQLite would start at the first of them and read its way on.
            rows = rows.filter(Q(starts_at__gt=self.after[0]) | Q(id__gt=self.after[1]))
        if last:
            rows = rows.filter(starts_at__lt=datetime.combine(last + timedelta(days=1), time.min, self.zone))
        if self.since is None:
            rows = rows.filter(ends_at__gt=now)
        if self.place:
            rows = rows.filter(place=self.place)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.initiative:
            rows = rows.filter(initiative=self.initiative)
        if self.q:
            rows = rows.filter(meeting__in=meeting_ids(self.q))
        return rows.order_by("starts_at", "id")

    def page(self, *, now: datetime, size: int = PAGE) -> Page:
        """The next ``size`` dates. One query, or one for each of several neighbourhoods, merged."""
        rows = self.queryset(now)
        if len(self.neighbourhoods) > 1:
            streams = [rows.filter(neighbourhood=one)[: size + 1] for one in self.neighbourhoods]
            found = list(islice(heapq.merge(*streams, key=lambda o: (o.starts_at, o.pk)), size + 1))
        else:
            found = list((rows.filter(neighbourhood=self.neighbourhoods[0]) if self.neighbourhoods else rows)[: size + 1])
        more = len(found) > size
        return Page(found[:size], cursor_of(found[size - 1]) if more else None)

    def without_places(self) -> Filter:
        return replace(self, neighbourhoods=(), place=None, after=None)


def cursor_of(occurrence: Occurrence) -> str:
    """Where a page ended: microseconds since 1970 and the id, opaque."""
    assert occurrence.starts_at is not None
    micros = (occurrence.starts_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(struct.pack(">qq", micros, occurrence.pk)).decode().rstrip("=")


def cursor_from(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    try:
        micros, pk = struct.unpack(">qq", base64.b64decode((text + "==").encode("ascii"), altchars=b"-_", validate=True))
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros), pk
    except (ValueError, OverflowError, struct.error) as unreadable:
        raise BadFilter(_("Deze plek in de lijst kennen we niet. Begin weer vooraan in de agenda.")) from unreadable


def _one(query: QueryDict, name: str) -> str:
    """The value of a name, which may be repeated. Raises BadFilter for two, and for what no value of ours can be."""
    values = {text.strip() for text in query.getlist(name)} - {""}
    value = values.pop() if values else ""
    if values or len(value) > 200 or "\x00" in value or "\ufffd" in value:  # the last is what bytes that are no UTF-8 became
        raise BadFilter(_("Dit adres klopt niet helemaal. Begin weer vooraan in de agenda."))
    return value


def _day(query: QueryDict, name: str) -> date | None:
    text = _one(query, name)
    if not text:
        return None
    try:
        if not ISO_DAY.fullmatch(text):  # fromisoformat also reads weeks, 2026-W49-4
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise BadFilter(_("Deze datum kennen we niet. Schrijf hem zo: 2026-12-03.")) from wrong
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadFilter(_("Deze datum ligt te ver weg."))
    return day


def _neighbourhoods(query: QueryDict) -> tuple[Neighbourhood, ...]:
    slugs = [slug for slug in dict.fromkeys(query.getlist("wijk")) if slug]
    if len(slugs) > MOST_NEIGHBOURHOODS:
        raise BadFilter(_("Kies hooguit %(n)d wijken tegelijk.") % {"n": MOST_NEIGHBOURHOODS})
    if any(len(slug) > 80 or "\x00" in slug for slug in slugs):
        raise BadFilter(_("Deze wijk kennen we niet. Kies er een uit de lijst."))
    rows = {row.slug: row for row in Neighbourhood.objects.filter(slug__in=slugs)} if slugs else {}
    found = [rows.get(slug) or Neighbourhood.by_slug(slug) for slug in slugs]
    if None in found:
        raise BadFilter(_("Deze wijk kennen we niet. Kies er een uit de lijst."))
    return tuple({row.pk: row for row in found}.values())


def _place(slug: str) -> Place | None:
    found = Place.by_slug(slug[:81]) if slug else None
    if slug and found is None:
        raise BadFilter(_("Deze plek kennen we niet. Kies er een uit de lijst."))
    return found


def _initiative(slug: str) -> Initiative | None:
    """An unlisted name gets the same answer as an unknown one."""
    found = Initiative.objects.filter(slug=slug, is_listed=True).first() if slug else None
    if slug and found is None:
        raise BadFilter(_("Dit initiatief kennen we niet."))
    return found


def coming(
    *,
    neighbourhood: Neighbourhood | None = None,
    place: Place | None = None,
    initiative: Initiative | None = None,
    kind: str = "",
    now: datetime,
    limit: int,
) -> list[Occurrence]:
    """The next dates of a neighbourhood, place or initiative, for a part of a page."""
    choice = Filter(neighbourhoods=(neighbourhood,) if neighbourhood else (), place=place, initiative=initiative, kind=kind)
    return choice.page(now=now, size=limit).items


def search_meetings(q: str, *, limit: int, now: datetime) -> list[Occurrence]:
    """The next date of each listed meeting that matches, soonest first; ``q`` went through ``searchable``."""
    seen: set[int] = set()
    found: list[Occurrence] = []
    for occurrence in Filter(q=q).page(now=now, size=limit * 8).items:
        if occurrence.meeting_id not in seen:
            seen.add(occurrence.meeting_id)
            found.append(occurrence)
    return found[:limit]


def nearby(
    neighbourhoods: Iterable[Neighbourhood], choice: Filter, *, now: datetime, limit: int = 3
) -> list[tuple[Neighbourhood, Occurrence]]:
    """The nearest other neighbourhoods where this choice does find something, each with its first date.

    One query: the first few hundred dates of the choice anywhere, sorted here by distance.
    """
    chosen = [one for one in neighbourhoods if one.latitude is not None and one.longitude is not None]
    first: dict[int, Occurrence] = {}
    for occurrence in choice.without_places().queryset(now).exclude(neighbourhood=None)[:300]:
        if occurrence.neighbourhood_id is not None:
            first.setdefault(occurrence.neighbourhood_id, occurrence)
    rows = Neighbourhood.objects.in_bulk([pk for pk in first if pk not in {one.pk for one in chosen}])

    def distance(row: Any) -> float:
        if row.latitude is None or not chosen:
            return float("inf")
        return min((row.latitude - one.latitude) ** 2 + (0.62 * (row.longitude - one.longitude)) ** 2 for one in chosen)

    return [(row, first[row.pk]) for row in sorted(rows.values(), key=distance)[:limit]]
