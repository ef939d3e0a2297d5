"""Neighbourhoods and places from CSV or GeoJSON (RFC 7946), as a city gives them away.

Columns, or properties, are read by name (``COLUMNS``), whatever their capitals: ``name``, ``slug``, ``gebied``, ``lat``, ``lon`` in
WGS84 (EPSG:4326); places also ``street``, ``number``, ``postcode``, ``wijk`` (the neighbourhood's name or slug), ``coordinates`` (text;
"approximate…" marks the dot). Others are reported as not used. A file with a ``wijk`` beside a ``name`` is one of places. Whatever is
known by its slug is changed, never doubled; a place that is known in another neighbourhood, as one that an editor moved is, stays as
it is and is reported. So is a page on which an editor is at work (one with a draft, or not yet published).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from .models import Neighbourhood, NeighbourhoodIndexPage, NeighbourhoodPage, Place, PlacePage

SHAPES = ("Polygon", "MultiPolygon")
COLUMNS = {
    "name": ("name", "naam"),
    "slug": ("slug",),
    "neighbourhood": ("wijk", "neighbourhood"),
    "area": ("gebied", "area"),
    "street": ("street", "straat", "straatnaam", "adres"),
    "number": ("number", "huisnummer", "nummer"),
    "postcode": ("postcode",),
    "latitude": ("lat", "latitude", "breedtegraad"),
    "longitude": ("lon", "lng", "longitude", "lengtegraad"),
    "coordinates": ("coordinates",),
}
COLUMN_OF = {name: column for column, names in COLUMNS.items() for name in names}
OF_A_PLACE = COLUMNS.keys() - {"area"}
OF_A_NEIGHBOURHOOD = {"name", "slug", "neighbourhood", "area", "latitude", "longitude"}
PAGE_CALLS = {"name": "title"}  # what the page of a neighbourhood calls what its row calls otherwise
DEGREES = "in WGS84 (EPSG:4326), not metres such as RD (EPSG:28992)"


class Unreadable(ValueError):
    """The file is no CSV or GeoJSON of ours; the message says what is wrong and where."""


@dataclass
class Report:
    """What an import did.

    ``skipped`` holds a line for each row that was left out, with the reason; ``unused`` the columns that no row had a use for.
    """

    made: int = 0
    changed: int = 0
    same: int = 0
    skipped: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def nothing_went_in(self) -> bool:
        """Whether the file brought nothing at all: not even a row that the site has already."""
        return not (self.made or self.changed or self.same)


@dataclass(frozen=True)
class Row:
    """One neighbourhood or place of a file, before it is judged."""

    where: str  # "line 4", "feature 12"
    cells: dict[str, str]  # as the file calls them
    outline: dict[str, Any] | None = None
    is_cut: bool = False  # a line with more cells than there are columns

    @cached_property
    def values(self) -> dict[str, str]:
        """What its cells say, by the keys of COLUMNS."""
        found: dict[str, str] = {}
        for name, text in self.cells.items():
            if column := COLUMN_OF.get(name.strip().lower()):
                found[column] = found.get(column) or text.strip()
        return found

    def value(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def is_place(self) -> bool:
        return {"name", "neighbourhood"} <= self.values.keys()

    @property
    def name(self) -> str:
        return self.value("name") or self.value("neighbourhood")

    @property
    def slug(self) -> str:
        return self.value("slug") or slugify(self.name)

    def unused(self) -> set[str]:
        """The names of its cells that say nothing of what it is."""
        used = OF_A_PLACE if self.is_place else OF_A_NEIGHBOURHOOD
        return {name.strip() for name in self.cells if COLUMN_OF.get(name.strip().lower()) not in used}

    def point(self) -> tuple[float, float] | None:
        """(latitude, longitude) in WGS84; None without one. Raises ValueError for what is no point on earth."""
        latitude, longitude = self.value("latitude"), self.value("longitude")
        if not latitude and not longitude:
            return None
        try:
            found = float(latitude), float(longitude)
        except ValueError:
            raise ValueError(f"({latitude}, {longitude}) is no pair of numbers") from None
        if not _is_on_earth(found[1], found[0]):
            raise ValueError(f"({latitude:.40}, {longitude:.40}) is no point on earth: coordinates are latitude and longitude {DEGREES}")
        return found


def _is_on_earth(longitude: float, latitude: float) -> bool:
    """Whether these are degrees; NaN and infinity are none."""
    return -180 <= longitude <= 180 and -90 <= latitude <= 90


def rows_of(path: Path) -> list[Row]:
    """Read a file by its ending. Raises Unreadable."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unreadable(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise Unreadable(f"{path}: this is a folder, name the files in it") from None
    except OSError as wrong:
        raise Unreadable(f"{path}: it cannot be opened ({wrong.strerror})") from wrong
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"{path}: it is not written in UTF-8 (byte {wrong.start}); save it as UTF-8 text") from wrong
    rows = _features(path, text) if path.suffix.lower() in (".geojson", ".json") else _lines(path, text)
    if not rows:
        raise Unreadable(f"{path}: there is no row in it")
    return rows


def _lines(path: Path, text: str) -> list[Row]:
    reader = csv.DictReader(StringIO(text, newline=""))  # a quoted cell may hold line breaks (RFC 4180 2.6)
    try:
        if not {COLUMN_OF.get(name.strip().lower()) for name in reader.fieldnames or ()} & {"name", "neighbourhood"}:
            raise Unreadable(f"{path}: the first line names no column 'name' or 'wijk', with commas between the columns")
        return [
            Row(
                f"line {reader.line_num}",
                {key: value or "" for key, value in row.items() if key},
                is_cut=any(cell.strip() for cell in row.get(None, [])),  # type: ignore[call-overload]  # what the reader calls the rest
            )
            for row in reader
        ]
    except csv.Error as wrong:
        raise Unreadable(f"{path}: what follows line {reader.line_num} is no CSV ({wrong})") from wrong


def _features(path: Path, text: str) -> list[Row]:
    try:
        collection = json.loads(text)
    except (ValueError, RecursionError) as wrong:  # also a number of thousands of digits, and brackets in brackets in brackets
        raise Unreadable(f"{path}: no JSON ({wrong})") from wrong
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        raise Unreadable(f"{path}: no FeatureCollection (RFC 7946 3.3)")
    return [_feature(f"feature {n}", feature) for n, feature in enumerate(collection["features"], start=1)]


def _feature(where: str, feature: Any) -> Row:
    """One feature; what is wrong with it is found when the row is judged, so that the others go in."""
    feature = feature if isinstance(feature, dict) else {}
    properties, geometry = feature.get("properties"), feature.get("geometry")
    properties = properties if isinstance(properties, dict) else {}
    geometry = geometry if isinstance(geometry, dict) else {}
    cells = {key: "" if value is None or isinstance(value, dict | list) else str(value) for key, value in properties.items()}
    if geometry.get("type") == "Point" and _is_position(geometry.get("coordinates")):
        longitude, latitude = geometry["coordinates"][:2]
        cells = {name: text for name, text in cells.items() if COLUMN_OF.get(name.strip().lower()) not in ("latitude", "longitude")}
        cells |= {"lat": str(latitude), "lon": str(longitude)}
    return Row(where, cells, geometry if geometry.get("type") in SHAPES else None)


def _is_position(found: Any) -> bool:
    """RFC 7946 3.1.1: longitude and latitude, perhaps with a height."""
    return isinstance(found, list) and len(found) >= 2 and all(isinstance(n, int | float) and not isinstance(n, bool) for n in found[:2])


def _outline(geometry: dict[str, Any]) -> dict[str, Any]:
    """A Polygon or MultiPolygon without heights, as the pages draw it without asking again.

    Raises ValueError for one that is no polygon of rings of four positions or more (RFC 7946 3.1.6), or that is not in degrees.
    """
    kind, found = geometry["type"], geometry.get("coordinates")
    polygons = [found] if kind == "Polygon" else found
    if (
        not isinstance(polygons, list)
        or not polygons
        or not all(isinstance(polygon, list) and polygon for polygon in polygons)
        or not all(isinstance(ring, list) and len(ring) >= 4 and all(map(_is_position, ring)) for polygon in polygons for ring in polygon)
    ):
        raise ValueError(f"its {kind} has no closed rings of positions (RFC 7946 3.1.6)")
    flat = [[[position[:2] for position in ring] for ring in polygon] for polygon in polygons]
    if not all(_is_on_earth(*position) for polygon in flat for ring in polygon for position in ring):
        raise ValueError(f"its {kind} is not in degrees: coordinates are longitude and latitude {DEGREES}")
    return {"type": kind, "coordinates": flat[0] if kind == "Polygon" else flat}


def load(path: Path, index: NeighbourhoodIndexPage) -> Report:
    """Make or change what a file holds, each row by itself: a bad one is skipped and reported, the others go in."""
    report = Report()
    seen: dict[tuple[bool, str], str] = {}  # (whether it is a place, slug): where it stood first
    rows = rows_of(path)
    named, used = set[str](), set[str]()
    for row in rows:
        names = {name.strip() for name in row.cells}
        named |= names
        used |= names - row.unused()
    report.unused = sorted(named - used, key=str.casefold)
    for row in rows:
        try:
            if row.is_cut:
                raise ValueError("it has more cells than the first line: put a cell with a comma in it between quotes")
            if row.name and (first := seen.setdefault((row.is_place, row.slug), row.where)) != row.where:
                raise ValueError(f"{first} has the same slug, {row.slug!r}")  # the two would undo each other at every run
            with transaction.atomic():
                (_place if row.is_place else _neighbourhood)(row, index, report)
        except (ValueError, ValidationError) as wrong:
            report.skipped.append(f"{row.where} ({row.name or 'without a name'}): {_reason(wrong)}")
    return report


def _reason(wrong: ValueError | ValidationError) -> str:
    """Why a row was left out, with the fields that are wrong."""
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in wrong.message_dict.items())  # of full_clean, which has fields


def _publish(page: NeighbourhoodPage | PlacePage) -> None:
    """Save a page with the revision that the CMS opens: without one an editor would see what it was, and put that back.

    Raises ValueError for a page that an editor has not finished: publishing is up to them.
    """
    if not page.live:
        raise ValueError("its page is not published: publish it in the CMS, or remove it")
    if page.has_unpublished_changes:
        raise ValueError("its page has a draft in the CMS: publish or undo that, and import again")
    page.full_clean(exclude=["path", "depth"])
    page.save_revision().publish()


def _neighbourhood(row: Row, index: NeighbourhoodIndexPage, report: Report) -> None:
    if not row.name:
        raise ValueError("it has no name")
    slug, point = row.slug, row.point()
    found = Neighbourhood.by_slug(slug)
    values: dict[str, Any] = {"name": row.name[:80]}
    if area := row.value("area"):
        values["area"] = area[:80]
    if point:
        values |= {"latitude": point[0], "longitude": point[1]}
    if row.outline:
        values["outline"] = _outline(row.outline)
    of_page = {PAGE_CALLS.get(name, name): value for name, value in values.items() if name != "outline"}
    if found is None:
        page = NeighbourhoodPage(slug=slug, **of_page)
        page.full_clean(exclude=["path", "depth"])
        index.add_child(instance=page)
        report.made += 1
        Neighbourhood.objects.filter(slug=slug).update(**values)
        return
    page = found.pages.first()
    if page and any(getattr(page, name) != value for name, value in of_page.items()):
        for name, value in of_page.items():
            setattr(page, name, value)
        _publish(page)
        report.changed += 1
        Neighbourhood.objects.filter(pk=found.pk).update(**values)
        return
    _update(found, values, report)


def _place(row: Row, index: NeighbourhoodIndexPage, report: Report) -> None:
    wanted = row.value("neighbourhood")
    if not row.value("name"):
        raise ValueError("it has no name")
    if not wanted:
        raise ValueError("it names no neighbourhood")
    neighbourhood = Neighbourhood.by_slug(slugify(wanted)) or Neighbourhood.objects.filter(name__iexact=wanted).first()
    if neighbourhood is None:
        raise ValueError(f"its neighbourhood {wanted!r} is not known: import the neighbourhoods first")
    parent = neighbourhood.pages.first()
    if parent is None or not parent.live:
        raise ValueError(f"its neighbourhood {wanted!r} has no page that is published")
    slug, point = row.slug, row.point()
    values: dict[str, Any] = {"title": row.name[:120]}
    # A file without a column says nothing of it: what an editor wrote stays.
    if {"street", "number"} & set(row.values):
        values["street"] = " ".join(part for part in (row.value("street"), row.value("number")) if part)[:120]
    if "postcode" in row.values:
        values["postcode"] = row.value("postcode")[:10]
    if "coordinates" in row.values:
        values["is_approximate"] = row.value("coordinates").startswith("approximate")
    if point:
        values |= {"latitude": point[0], "longitude": point[1]}
    found = Place.by_slug(slug)
    if found is None:
        page = PlacePage(slug=slug, **values)
        page.full_clean(exclude=["path", "depth"])
        parent.add_child(instance=page)
        report.made += 1
        return
    if found.neighbourhood != neighbourhood:
        raise ValueError(
            f"{slug!r} is a place in {found.neighbourhood} already: is it the same one, write that wijk; is it another one, give it a slug"
            " of its own"
        )
    page = found.pages.first()
    if page is None:
        raise ValueError(f"the place {slug!r} has no page to change")
    _update(page, values, report)


def _update(row: Neighbourhood | PlacePage, values: dict[str, Any], report: Report) -> None:
    """Write what differs, and nothing when nothing does."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not different:
        report.same += 1
        return
    for name, value in different.items():
        setattr(row, name, value)
    if isinstance(row, PlacePage):
        _publish(row)
    else:
        row.save()
    report.changed += 1
