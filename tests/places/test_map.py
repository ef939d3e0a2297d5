"""The large map: what a page holds for the tap that asks for it, and the shape that it then fetches."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from places.models import Neighbourhood, NeighbourhoodPage, Place, PlacePage
from tests.staff import signed_in

OUTLINE = {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.48, 51.91], [4.48, 51.92], [4.46, 51.91]]]}
BUTTON = "Laat de grote kaart zien"


@pytest.fixture
def editor(admin_user) -> Client:
    return signed_in(admin_user)


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


def picker(editor: Client, address: str) -> dict[str, Any] | None:
    """What the map in the form of a page is drawn from; None when the form has no map."""
    text = editor.get(address).content.decode()
    found = re.search(r'<script id="map-picker-data" type="application/json">(.*?)</script>', text)
    assert bool(found) == ('id="map-picker"' in text)
    return json.loads(found[1]) if found else None


def test_without_a_point_anywhere_and_without_tiles_the_form_says_when_there_will_be_a_map(page, editor):
    PlacePage.objects.update(latitude=None, longitude=None)
    Place.objects.update(latitude=None, longitude=None)

    for found in (page, page.get_parent()):
        assert picker(editor, f"/cms/pages/{found.pk}/edit/") is None
        assert "Er is hier nog geen kaart: die komt er zodra" in editor.get(f"/cms/pages/{found.pk}/edit/").content.decode()


def test_an_editor_of_a_place_sees_the_wijk_and_the_names_of_what_is_near(page, editor):
    Neighbourhood.objects.update(outline=OUTLINE, latitude=51.917, longitude=4.467)
    Neighbourhood.objects.create(name="Cool", slug="cool", latitude=51.918, longitude=4.476)
    Neighbourhood.objects.create(name="Nergens", slug="nergens")
    page.get_parent().add_child(instance=PlacePage(title="Odeon", slug="odeon", latitude=51.916, longitude=4.468))

    found = picker(editor, f"/cms/pages/{page.pk}/edit/")

    assert found["outline"] == OUTLINE
    assert found["middle"] == [51.917, 4.467]
    assert found["dots"] == [[51.918, 4.476, "Cool"], [51.917, 4.467, "Oude Westen"], [51.916, 4.468, "Odeon"]]
    assert picker(editor, f"/cms/pages/add/places/placepage/{page.get_parent().pk}/")["dots"][-1] == [51.916, 4.468, "Odeon"]


def test_an_editor_of_a_wijk_has_a_map_too_also_for_a_new_one(page, editor, index):
    assert picker(editor, f"/cms/pages/{page.get_parent().pk}/edit/")["dots"] == [[51.917, 4.467, "Leeszaal"]]
    assert picker(editor, f"/cms/pages/add/places/neighbourhoodpage/{index.pk}/") is None

    Neighbourhood.objects.update(latitude=51.917, longitude=4.467)

    assert picker(editor, f"/cms/pages/add/places/neighbourhoodpage/{index.pk}/")["dots"] == [[51.917, 4.467, "Oude Westen"]]


def test_with_tiles_there_is_always_a_map_and_the_cms_lets_them_in(page, editor, settings, index):
    PlacePage.objects.update(latitude=None, longitude=None)
    Place.objects.update(latitude=None, longitude=None)
    settings.MAP_TILES = "https://tiles.example/{z}/{x}/{y}.png"

    assert picker(editor, f"/cms/pages/{page.pk}/edit/")["tiles"] == "https://tiles.example/{z}/{x}/{y}.png"
    assert picker(editor, f"/cms/pages/add/places/neighbourhoodpage/{index.pk}/")["dots"] == []


def test_a_name_that_is_no_html_stays_text(page, editor):
    Neighbourhood.objects.create(name="</script><b>x", slug="x", latitude=51.9, longitude=4.4)

    assert picker(editor, f"/cms/pages/{page.pk}/edit/")["dots"][0][2] == "</script><b>x"
