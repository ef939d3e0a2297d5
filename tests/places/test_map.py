"""The large map: what a page holds for the tap that asks for it, and the shape that it then fetches."""

from __future__ import annotations

import re

import pytest

from places.models import Neighbourhood, NeighbourhoodPage, PlacePage
from places.templatetags.outline import picker_drawing

OUTLINE = {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.48, 51.91], [4.48, 51.92], [4.46, 51.91]]]}
BUTTON = "Laat de grote kaart zien"


@pytest.fixture
def page(index) -> PlacePage:
    west = index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))
    return west.add_child(instance=PlacePage(title="Leeszaal", slug="leeszaal", latitude=51.917, longitude=4.467))


def test_the_shape_of_a_neighbourhood_is_geojson_without_a_cookie(page, client):
    Neighbourhood.objects.update(outline=OUTLINE)

    answer = client.get("/wijken/oude-westen.geojson")

    assert answer["Content-Type"] == "application/geo+json"
    assert answer.json() == {"type": "Feature", "properties": {"name": "Oude Westen"}, "geometry": OUTLINE}
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_there_is_no_shape_of_a_neighbourhood_without_an_outline_or_that_does_not_exist(page, client):
    assert client.get("/wijken/oude-westen.geojson").status_code == 404
    assert client.get("/wijken/atlantis.geojson").status_code == 404


def test_a_place_offers_the_large_map_when_there_is_something_to_draw(page, client, settings):
    without = client.get(page.url).content.decode()
    assert BUTTON not in without
    assert "Pas als je tikt" not in without  # a link to a map elsewhere fetches nothing here

    Neighbourhood.objects.update(outline=OUTLINE)
    shape_only = client.get(page.url).content.decode()
    settings.MAP_TILES = "https://tiles.example/{z}/{x}/{y}.png"
    with_tiles = client.get(page.url).content.decode()

    assert BUTTON in shape_only
    assert re.search(rf"{BUTTON}</button> <span[^>]*>Pas als je tikt, halen we de kaart op.</span></p>", shape_only)
    assert 'data-outline="/wijken/oude-westen.geojson"' in shape_only
    assert "data-tiles" not in shape_only
    assert 'data-tiles="https://tiles.example/{z}/{x}/{y}.png"' in with_tiles


def test_nothing_of_the_map_is_in_the_first_view(page, client):
    Neighbourhood.objects.update(outline=OUTLINE)

    text = client.get(page.url).content.decode()

    assert not [line for line in text.splitlines() if ("<script" in line or "<link" in line) and ("map." in line or "leaflet" in line)]
    assert re.search(r"<p [^>]*hidden><button", text)  # without JavaScript it stays away, and the link to a map elsewhere remains
    assert "https://www.openstreetmap.org/?mlat=51.91700&amp;mlon=4.46700" in text


def test_an_editor_taps_on_the_outline_of_the_neighbourhood(page):
    Neighbourhood.objects.update(outline=OUTLINE)

    drawing = picker_drawing(Neighbourhood.objects.get())

    assert drawing["path"].startswith("M0 ")
    assert drawing["middles"] == []
    assert float(drawing["west"]) + (drawing["width"] - 40) / float(drawing["across"]) == pytest.approx(4.48, abs=0.0001)
    assert float(drawing["north"]) - (drawing["height"] - 40) / float(drawing["down"]) == pytest.approx(51.91, abs=0.0001)


def test_without_an_outline_an_editor_taps_between_the_neighbourhoods_and_without_those_on_nothing(page):
    assert picker_drawing(Neighbourhood.objects.get()) is None

    Neighbourhood.objects.update(latitude=51.917, longitude=4.467)
    Neighbourhood.objects.create(name="Cool", slug="cool", latitude=51.918, longitude=4.476)

    middles = picker_drawing(Neighbourhood.objects.get(slug="oude-westen"))["middles"]
    assert [own for _x, _y, own in middles] == [False, True]
