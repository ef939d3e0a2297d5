"""The shape of a neighbourhood, with dots for its places, as SVG: no map of anybody else is asked for.

Outlines come from the GeoJSON that a site imports (RFC 7946); without one, a place and a neighbourhood with its places are drawn among
the middles of the neighbourhoods around. A site that knows too few of those draws the dots of a neighbourhood alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, hypot, radians
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from places.models import Neighbourhood, Place, PlacePage

register = template.Library()

SIZE = 400  # longest side of a drawing
METRES = 0.0015  # degrees of latitude shown around a lone dot: some 160 m
KILOMETRE = 1 / 111.2  # in degrees of latitude
WIDE, HIGH = 200, 144  # half of a drawing around a place
LETTER = 11  # width of a letter of ``.map text`` in a wide face, in units of a drawing
LOOSE = {"aan", "bij", "de", "den", "en", "het", "in", "naar", "op", "van", "voor", "’t"}  # words that no name ends with
Box = tuple[float, float, float, float]  # left, top, right, bottom
Pin = tuple[str, int, int]  # name, x, y in a drawing
CORNER: Box = (-WIDE, HIGH - 42, -WIDE + SIZE * 0.4, HIGH)  # where the length to measure by stands


def rings(outline: dict[str, Any] | None) -> list[list[tuple[float, float]]]:
    """The outer rings of a Polygon or MultiPolygon, as (longitude, latitude)."""
    if not outline:
        return []
    polygons = [outline["coordinates"]] if outline["type"] == "Polygon" else outline["coordinates"]
    return [[(point[0], point[1]) for point in polygon[0]] for polygon in polygons]


class Projection:
    """Longitude and latitude to a drawing whose longest side is 400; equirectangular, right enough for a neighbourhood."""

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        points = list(points)
        longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
        self.west, self.north = min(longitudes), max(latitudes)
        self.squeeze = cos(radians(sum(latitudes) / len(latitudes)))
        width, height = (max(longitudes) - self.west) * self.squeeze, self.north - min(latitudes)
        self.scale = SIZE / max(width, height, METRES)
        self.width, self.height = max(width * self.scale, 60), max(height * self.scale, 60)

    def __call__(self, point: tuple[float, float]) -> tuple[int, int]:
        return round((point[0] - self.west) * self.squeeze * self.scale), round((self.north - point[1]) * self.scale)


def _path(shape: list[list[tuple[float, float]]], to: Projection) -> str:
    return "".join("M" + "L".join(f"{x} {y}" for x, y in map(to, ring)) + "Z" for ring in shape)


def _short(name: str) -> str:
    """The part of a place's name that fits beside a dot: whole words, and two at least, for one alone may name nothing ("Centrale")."""
    for start in ("Huis van de Wijk ", "Natuurstad "):
        name = name.removeprefix(start)
    shown: list[str] = []
    for word in name.split(" "):
        if len([one for one in shown if one not in LOOSE]) > 1 and len(" ".join([*shown, word])) > 18:
            break
        shown.append(word)
    while shown[-1] in LOOSE:
        shown.pop()
    return " ".join(shown)


def _together(dots: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Places at one point under one dot: "Leeszaal, Odeon"."""
    names: dict[tuple[float, float], list[str]] = {}
    for name, latitude, longitude in dots:
        names.setdefault((latitude, longitude), []).append(_short(name))
    return [(", ".join(found), latitude, longitude) for (latitude, longitude), found in names.items()]


def _drawing(neighbourhood: Neighbourhood, dots: list[tuple[str, float, float]], label: str) -> SafeString:
    dots = _together(dots)
    shape = rings(neighbourhood.outline)
    points = [p for ring in shape for p in ring] or [(longitude, latitude) for _name, latitude, longitude in dots]
    if not shape and len(dots) < 2:  # one dot in nothing says nothing
        return SafeString("")
    if not shape:  # air around dots alone
        points = [(x + dx, y + dy) for x, y in points for dx in (-METRES, METRES) for dy in (-METRES, METRES)]
    to = Projection(points)
    left, top, width, height, path = 0, 0, round(to.width), round(to.height), _path(shape, to)
    if not shape:  # a round table under the dots: on a dark floor they would not be seen
        radius = round(hypot(width, height) / 2)
        left, top = width // 2 - radius, height // 2 - radius
        path = f"M{left} {height // 2}a{radius} {radius} 0 1 0 {radius * 2} 0a{radius} {radius} 0 1 0-{radius * 2} 0z"
        width = height = radius * 2
    outline = format_html('<path d="{}"/>', path)
    marks = format_html_join(
        "",
        '<circle cx="{0}" cy="{1}" r="10"/><text x="{0}" y="{2}" text-anchor="middle">{3}</text>',
        ((x, y, y + 36, name) for name, latitude, longitude in dots for x, y in [to((longitude, latitude))]),
    )
    return format_html(
        '<svg class="outline" viewBox="{} {} {} {}" role="img" aria-label="{}">{}{}</svg>',
        left,
        top,
        width,
        height,
        label,
        outline,
        marks,
    )


@register.simple_tag
def outline(neighbourhood: Neighbourhood, places: list[tuple[PlacePage, str | None]]) -> SafeString:
    """A neighbourhood with its places: in its outline, or among the neighbourhoods around it."""
    dots = [
        (page.title, page.latitude, page.longitude) for page, _status in places if page.latitude is not None and page.longitude is not None
    ]
    if neighbourhood.outline:
        label = _("De vorm van %(name)s, met een stip voor elke plek") % {"name": neighbourhood.name}
        return _drawing(neighbourhood, dots[:8], label)
    label = _("De plekken van %(name)s, met een stip voor elke plek") % {"name": neighbourhood.name}
    return _around(neighbourhood, _middle(neighbourhood, dots), dots[:8]) or _drawing(neighbourhood, dots[:8], label)


@register.filter
def approximate_dots(places: list[tuple[PlacePage, str | None]]) -> int:
    """At how many points of ``outline`` a place lies about there."""
    return len(
        {
            (page.latitude, page.longitude)
            for page, _status in places
            if page.place and page.place.is_approximate and page.latitude is not None
        }
    )


@register.simple_tag
def outline_with(neighbourhood: Neighbourhood, place: Place) -> SafeString:
    """A neighbourhood with one place."""
    dots = [(place.name, place.latitude, place.longitude)] if place.latitude is not None and place.longitude is not None else []
    return _drawing(neighbourhood, dots, _("Waar %(place)s ligt in %(name)s") % {"place": place.name, "name": neighbourhood.name})


@register.simple_tag
def small_outline(neighbourhood: Neighbourhood) -> SafeString:
    """The bare shape, in a list; decoration."""
    shape = rings(neighbourhood.outline)
    if not shape:
        return SafeString("")
    to = Projection([p for ring in shape for p in ring])
    return format_html(
        '<svg viewBox="0 0 {} {}" aria-hidden="true"><path d="{}"/></svg>', round(to.width), round(to.height), _path(shape, to)
    )


def _named(name: str, x: float, y: float) -> Box:
    """The room that a dot takes with its name under it."""
    half = max(len(name) * LETTER / 2, 12)
    return x - half, y - 12, x + half, y + 34


def _apart(a: Box, b: Box) -> bool:
    return a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def _fitting(middles: list[tuple[str, float, float]], taken: list[Box], scale: float) -> list[Pin]:
    """Of ``middles``, nearest first, those whose dot and name find room in the drawing: (name, x, y)."""
    taken, shown = taken.copy(), []
    for name, east, south in middles:
        x, y = east * scale, south * scale
        left, top, right, bottom = box = _named(name, x, y)
        if left > -WIDE and right < WIDE and top > -HIGH and bottom < HIGH and all(_apart(box, other) for other in taken):
            taken.append(box)
            shown.append((name, round(x), round(y)))
    return shown


def _middle(neighbourhood: Neighbourhood, dots: list[tuple[str, float, float]]) -> tuple[float, float] | None:
    """(latitude, longitude) to draw a neighbourhood around: its own, or that of its first place."""
    if neighbourhood.latitude is not None and neighbourhood.longitude is not None:
        return neighbourhood.latitude, neighbourhood.longitude
    return dots[0][1:] if dots else None


def _with_names(pins: list[Pin]) -> list[tuple[Pin, Box]]:
    """Pins that lie in the drawing with where their name stands: the (name, x, y) of its line, under the pin or else above, and its room."""
    named: list[tuple[Pin, Box]] = []
    for name, x, y in pins:
        taken = [CORNER, *((a - 12, b - 12, a + 12, b + 12) for _name, a, b in pins if (a, b) != (x, y)), *(box for _line, box in named)]
        for line in (y + 30, y - 18):
            left, _top, right, _bottom = _named(name, x, y)
            box = left, line - 16, right, line + 4
            if left > -WIDE and right < WIDE and line - 16 > -HIGH and line + 4 < HIGH and all(_apart(box, other) for other in taken):
                named.append(((name, x, line), box))
                break
    return named


def _around(neighbourhood: Neighbourhood, middle: tuple[float, float] | None, dots: list[tuple[str, float, float]]) -> SafeString:
    """Places, or with none their neighbourhood, among the middles of the neighbourhoods around; north at the top, with a length to measure by.

    ``middle`` and the dots have a latitude, then a longitude. As large as shows most names. Nothing when fewer than three
    neighbourhoods lie within five kilometres: a dot in an empty box helps nobody.
    """
    if middle is None:
        return SafeString("")
    latitude, longitude = middle
    squeeze = cos(radians(latitude))

    def placed(spots: Iterable[tuple[str, float | None, float | None]]) -> list[tuple[str, float, float]]:
        """Names with how far east and south of the middle they lie, in degrees of latitude; nearest first."""
        found = [(name, (x - longitude) * squeeze, latitude - y) for name, y, x in spots if x is not None and y is not None]
        return sorted(found, key=lambda one: hypot(*one[1:]))

    known = placed(Neighbourhood.objects.exclude(pk=neighbourhood.pk).values_list("name", "latitude", "longitude"))
    middles = [one for one in known if 0.1 < hypot(*one[1:]) / KILOMETRE < 5][:12]
    if len(middles) < 3:
        return SafeString("")
    own = placed(_together(dots)) or [(neighbourhood.name, 0.0, 0.0)]
    widest = min(min((WIDE - 20) / max(abs(east), 1e-9), (HIGH - 40) / max(abs(south), 1e-9)) for _name, east, south in own)

    def drawn(scale: float) -> tuple[list[Pin], list[Pin], list[Pin]]:
        """At so many units a degree: the pins, the lines of their names, and the neighbourhoods around."""
        pins = [(name, round(east * scale), round(south * scale)) for name, east, south in own]
        named = _with_names(pins)
        taken = [CORNER, *(box for _line, box in named), *((x - 12, y - 12, x + 12, y + 12) for _name, x, y in pins)]
        return pins, [line for line, _box in named], _fitting(middles, taken, scale)

    scale = max((min(HIGH * 0.7 / hypot(*one[1:]), widest) for one in middles), key=lambda one: [len(found) for found in drawn(one)])
    pins, named, shown = drawn(scale)
    length = max((km for km in (0.25, 0.5, 1, 2) if km * KILOMETRE * scale < SIZE / 3), default=0.1)
    near = format_html_join(
        "", '<circle class="near" cx="{1}" cy="{2}" r="5"/><text x="{1}" y="{3}">{0}</text>', ((name, x, y, y + 25) for name, x, y in shown)
    )
    dots_drawn = format_html_join("", '<circle class="pin" cx="{}" cy="{}" r="10"/>', (pin[1:] for pin in pins))
    names = format_html_join("", '<text class="own" x="{}" y="{}">{}</text>', ((x, y, name) for name, x, y in named))
    around = ", ".join(name for name, _x, _y in shown)
    if len(dots) > 1 or (dots and middle != dots[0][1:]):
        label = _("Plekken in %(name)s: %(places)s. Met wijken eromheen: %(names)s") % {
            "name": neighbourhood.name,
            "places": ", ".join(name for name, _latitude, _longitude in dots),
            "names": around,
        }
    else:
        alone = dots[0][0] if dots else neighbourhood.name
        label = _("Waar %(place)s ligt, met wijken eromheen: %(names)s") % {"place": alone, "names": around}
    return format_html(
        '<svg class="map" viewBox="-{0} -{1} {2} {3}" role="img" aria-label="{4}">{5}'
        '<path class="measure" d="M{6} {7}v-8m0 4h{8}m0 -4v8"/><text x="{6}" y="{9}" class="start">{10}</text>{11}{12}</svg>',
        WIDE,
        HIGH,
        2 * WIDE,
        2 * HIGH,
        label,
        near,
        14 - WIDE,
        HIGH - 10,
        round(length * KILOMETRE * scale),
        HIGH - 24,
        f"{length} km" if length >= 1 else f"{length * 1000:.0f} m",
        dots_drawn,
        names,
    )


@register.simple_tag
def map_of(place: Place) -> SafeString:
    """The little map of a place: a pin in its neighbourhood's outline, or among the neighbourhoods around it."""
    if place.latitude is None or place.longitude is None:
        return SafeString("")
    shape = rings(place.neighbourhood.outline)
    if not shape:
        here = (place.latitude, place.longitude)
        return _around(place.neighbourhood, here, [(place.name, *here)])
    to = Projection([p for ring in shape for p in ring])
    x, y = to((place.longitude, place.latitude))
    return format_html(
        '<svg class="map" viewBox="-20 -20 {} {}" role="img" aria-label="{}"><path class="here" d="{}"/><circle class="pin" cx="{}" cy="{}" r="10"/></svg>',
        round(to.width) + 40,
        round(to.height) + 40,
        _("Waar %(place)s ligt in %(name)s") % {"place": place.name, "name": place.neighbourhood.name},
        _path(shape, to),
        x,
        y,
    )


@register.simple_tag
def map_tiles() -> str:
    """The address of the tiles of the large map; empty on a site without a tile server."""
    return settings.MAP_TILES


@register.filter
def unlocalise(number: float) -> str:
    """A coordinate for an address: a point, whatever the language."""
    return f"{number:.5f}"


@register.simple_tag
def stories(neighbourhood: Neighbourhood) -> list[Any]:
    """The latest stories that an editor told of a neighbourhood (``stories`` is what home calls them)."""
    return list(neighbourhood.stories.live().order_by("-told_on")[:3])  # type: ignore[attr-defined]
