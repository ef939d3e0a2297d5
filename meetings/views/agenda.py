"""The agenda, by day."""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from meetings.agenda import BadFilter, Filter, nearby
from meetings.models import Occurrence
from places.models import Neighbourhood, Place
from places.read_only import read_only

NAMES = ("wijk", "plek", "soort", "voor", "van", "tot", "wanneer", "q")


def _with(query: QueryDict, **changes: str | None) -> str:
    """The query string of the same choice with something else in it, from the first page."""
    copy = QueryDict(mutable=True)
    for name in NAMES:
        copy.setlist(name, [value for value in query.getlist(name) if value])
    for name, value in changes.items():
        copy.setlist(name, [value] if value else [])
    return copy.urlencode()


def by_day(items: list[Occurrence], today: date | None) -> list[tuple[datetime | None, list[Occurrence]]]:
    """Dates under the day on which each begins where it is; what began before ``today`` and is still on comes first, under None."""

    def local(occurrence: Occurrence) -> datetime:
        assert occurrence.starts_at is not None
        return occurrence.starts_at.astimezone(ZoneInfo(occurrence.time_zone))

    def day(occurrence: Occurrence) -> date | None:
        begins_on = local(occurrence).date()
        return None if today and begins_on < today else begins_on

    groups = [(one, list(rows)) for one, rows in groupby(items, key=day)]
    return [(local(rows[0]) if one else None, rows) for one, rows in groups]


@read_only
def agenda(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    try:
        choice = Filter.from_query(request.GET)
        page = choice.page(now=now)
    except BadFilter as bad:
        return render(request, "meetings/agenda_bad.html", {"problem": str(bad), "menu": "agenda"}, status=400)
    whens = [("vandaag", _("Vandaag")), ("week", _("Deze week")), ("weekend", _("Weekend"))]
    neighbourhoods = list(Neighbourhood.objects.only("id", "slug", "name", "latitude", "longitude", "floor"))
    chosen = {one.pk for one in choice.neighbourhoods}
    places = Place.objects.only("id", "slug", "name")
    is_empty = not page.items and choice.after is None
    near = nearby(choice.neighbourhoods, choice, now=now) if is_empty else []
    response = render(
        request,
        "meetings/agenda.html",
        {
            "choice": choice,
            "days": by_day(page.items, None if choice.since else choice.days(now)[0]),
            "whens": [
                (value, label, _with(request.GET, van=None, tot=None, wanneer=None if choice.when == value else value))
                for value, label in whens
            ],
            "chosen": [one for one in neighbourhoods if one.pk in chosen],
            "others": [one for one in neighbourhoods if one.pk not in chosen],
            "places": list(places.filter(neighbourhood__in=chosen) if chosen else places)[:200],
            "further": f"{_with(request.GET)}&na={page.next_cursor}".lstrip("&") if page.next_cursor else "",
            "further_from": page.items[-1].starts_at if page.next_cursor else None,
            "is_first": choice.after is None,
            "summary": summary(choice, now),
            "where": where(choice),
            "near": near,
            "is_narrowed": choice.is_narrowed,
            "less_narrow": _with(request.GET, **dict.fromkeys(set(NAMES) - {"wijk"})) if choice.neighbourhoods else "",
            "wijken": wijken(choice),
            "instead": instead(choice, now) if is_empty and not near else [],
            "floor": choice.neighbourhoods[0].floor_class if len(choice.neighbourhoods) == 1 else "kalk",
            "menu": "agenda",
        },
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


def instead(choice: Filter, now: datetime) -> list[Occurrence]:
    """The next few dates of the same neighbourhoods, else of the city, for who looked for something that is nowhere."""
    return Filter(neighbourhoods=choice.neighbourhoods).page(now=now, size=3).items or Filter().page(now=now, size=3).items


def wijken(choice: Filter) -> str:
    names = [one.name for one in choice.neighbourhoods]
    return _("%(names)s en %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]} if len(names) > 1 else "".join(names)


def where(choice: Filter) -> str:
    return choice.place.name if choice.place else wijken(choice) or _("de hele stad")


def _day(day: date, today: date, with_weekday: bool = False) -> str:
    """ "1 februari", with its year where that is another one."""
    form = "j F" if day.year == today.year else "j F Y"
    return date_format(day, f"l {form}" if with_weekday else form)


def summary(choice: Filter, now: datetime) -> str:
    """The choice in a sentence, without a count: counting is what a long list cannot afford, and nobody needs it."""
    first, last = choice.days(now)
    today = now.astimezone(choice.zone).date()
    if choice.when == "vandaag":
        when = _("vandaag")
    elif choice.when == "weekend":
        when = _("dit weekend")
    elif choice.when == "week":
        when = _("deze week")
    elif first == last:
        when = _("op %(day)s") % {"day": _day(first, today, with_weekday=True)}
    elif last:
        when = _("van %(first)s tot en met %(last)s") % {"first": _day(first, today), "last": _day(last, today)}
    else:
        when = _("vanaf vandaag") if choice.since is None else _("vanaf %(first)s") % {"first": _day(first, today)}
    sentence = _("Wat er te doen is in %(where)s, %(when)s") % {"where": where(choice), "when": when}
    return _("%(sentence)s, met ‘%(q)s’") % {"sentence": sentence, "q": choice.q} if choice.q else sentence
