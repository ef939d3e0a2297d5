"""The little map of a place: a pin in its neighbourhood's outline, or among the neighbourhoods around it."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from places.models import Neighbourhood, NeighbourhoodPage, Place, PlacePage
from places.templatetags.outline import map_of


@pytest.fixture
def page(index) -> PlacePage:
    west = index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))
    return west.add_child(instance=PlacePage(title="Leeszaal", slug="leeszaal", latitude=51.917, longitude=4.467))


AROUND = {"Middelland": (51.9166, 4.459), "Cool": (51.916, 4.476), "CS-kwartier": (51.923, 4.4702), "Dijkzigt": (51.9125, 4.47)}


def test_without_an_outline_a_pin_stands_among_the_neighbourhoods_around_it(page, client, django_assert_num_queries):
    for name, (latitude, longitude) in AROUND.items():
        Neighbourhood.objects.create(slug=name.lower(), name=name, latitude=latitude, longitude=longitude)
    Neighbourhood.objects.create(slug="hoek", name="Hoek van Holland", latitude=51.98, longitude=4.13)  # 24 km away

    leeszaal = Place.objects.select_related("neighbourhood").get()
    with django_assert_num_queries(1):
        svg = ElementTree.fromstring(map_of(leeszaal))

    at = {one.text: (float(one.get("x", 0)), float(one.get("y"))) for one in svg.iter("text")}
    pin = at.pop("Leeszaal")
    (length,) = at.keys() & {"250 m", "500 m", "1 km", "2 km"}
    assert at.pop(length)
    assert at.keys() == AROUND.keys()
    assert at["Middelland"][0] < pin[0] < at["Cool"][0]  # west is left
    assert at["CS-kwartier"][1] < pin[1] < at["Dijkzigt"][1]  # north is up
    assert "met wijken eromheen: " in svg.get("aria-label")
    assert "Middelland" in svg.get("aria-label")
    assert 'class="pin"' in client.get(page.url).content.decode()


def test_names_in_a_drawing_lie_in_it_and_apart(page):
    for n in range(12):  # too many for one drawing
        Neighbourhood.objects.create(
            slug=f"wijk-{n}", name=f"Een lange wijk {n}", latitude=51.9 + n % 4 / 100, longitude=4.45 + n // 4 / 60
        )

    svg = ElementTree.fromstring(map_of(Place.objects.get()))

    names = [(float(one.get("x", 0)), float(one.get("y"))) for one in svg.iter("text") if (one.text or "").startswith(("Een", "Leeszaal"))]
    assert len(names) > 2
    assert all(abs(x) < 200 and abs(y) < 144 for x, y in names)
    assert all(abs(a[0] - b[0]) > 60 or abs(a[1] - b[1]) > 15 for a, b in combinations(names, 2))


def test_a_lone_pin_is_no_drawing_and_what_is_said_of_the_map_is_true(page, client):
    Place.objects.update(is_approximate=True)

    lone = client.get(page.url).content.decode()
    for name, (latitude, longitude) in AROUND.items():
        Neighbourhood.objects.create(slug=name.lower(), name=name, latitude=latitude, longitude=longitude)
    drawn = client.get(page.url).content.decode()

    assert '<svg class="map"' not in lone
    assert "De kaart wijst de wijk aan, niet de deur." in lone
    assert "De stip" not in lone
    assert '<svg class="map"' in drawn
    assert "De stip is ongeveer." in drawn
