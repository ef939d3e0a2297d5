"""The little map of a place: a pin in its neighbourhood's outline, or among the neighbourhoods around it."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from places.models import Neighbourhood, NeighbourhoodPage, Place, PlacePage
from places.templatetags.outline import _short, map_of


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


def drawn(page: str) -> ElementTree.Element:
    svg = page[page.index('<svg class="map"') :]
    return ElementTree.fromstring(svg[: svg.index("</svg>") + 6])


def test_without_an_outline_a_neighbourhood_shows_its_places_among_the_neighbourhoods_around_it(page, client):
    for name, (latitude, longitude) in AROUND.items():
        Neighbourhood.objects.create(slug=name.lower(), name=name, latitude=latitude, longitude=longitude)
    west = page.get_parent().specific
    for title, latitude in (("Odeon", 51.917), ("Bajonet", 51.9142)):  # one at the point of the Leeszaal, one south of it
        west.add_child(instance=PlacePage(title=title, slug=title.lower(), latitude=latitude, longitude=4.467))

    html = client.get(west.url).content.decode()
    svg = drawn(html)

    at = {one.text: (float(one.get("x", 0)), float(one.get("y"))) for one in svg.iter("text")}
    assert {"Leeszaal, Odeon", "Bajonet"} <= at.keys()
    assert at["Leeszaal, Odeon"][1] < at["Bajonet"][1]  # north is up
    assert AROUND.keys() & at.keys()
    assert len([one for one in svg.iter("circle") if one.get("class") == "pin"]) == 2
    assert svg.get("aria-label").startswith("Plekken in Oude Westen: Bajonet, Leeszaal, Odeon. Met wijken eromheen: ")
    assert "ongeveer" not in html

    Place.objects.filter(slug="odeon").update(is_approximate=True)
    assert "De stip is ongeveer." in client.get(west.url).content.decode()
    Place.objects.update(is_approximate=True)
    assert "De stippen zijn ongeveer." in client.get(west.url).content.decode()


def test_a_neighbourhood_without_places_lies_among_the_others(index, client):
    for name, (latitude, longitude) in AROUND.items():
        Neighbourhood.objects.create(slug=name.lower(), name=name, latitude=latitude, longitude=longitude)
    west = index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen", latitude=51.917, longitude=4.467))

    svg = drawn(client.get(west.url).content.decode())

    assert svg.get("aria-label").startswith("Waar Oude Westen ligt, met wijken eromheen: ")
    assert "Oude Westen" in [one.text for one in svg.iter("text") if one.get("class") == "own"]


def test_dots_without_a_shape_are_not_said_to_have_one(page, client):
    west = page.get_parent().specific
    west.add_child(instance=PlacePage(title="Odeon", slug="odeon", latitude=51.915, longitude=4.464))

    html = client.get(west.url).content.decode()

    assert 'aria-label="De plekken van Oude Westen, met een stip voor elke plek"' in html
    assert "De vorm van" not in html


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Centrale Bibliotheek Rotterdam", "Centrale Bibliotheek"),
        ("Leeszaal Rotterdam West", "Leeszaal Rotterdam"),
        ("Huis van de Wijk de Banier", "de Banier"),
        ("Buurttuin Ons Genoegen in de Bloemhof", "Buurttuin Ons"),
        ("Tuin van de Vreewijkse Lente", "Tuin van de Vreewijkse"),
        ("Odeon", "Odeon"),
    ],
)
def test_a_short_name_still_names_something(name, short):
    assert _short(name) == short


def test_two_places_close_together_both_have_their_name(page, client):
    for name, (latitude, longitude) in AROUND.items():
        Neighbourhood.objects.create(slug=name.lower(), name=name, latitude=latitude, longitude=longitude)
    west = page.get_parent().specific
    west.add_child(instance=PlacePage(title="Odeon", slug="odeon", latitude=51.9155, longitude=4.4672))

    own = {one.text: float(one.get("y")) for one in drawn(client.get(west.url).content.decode()).iter("text") if one.get("class") == "own"}

    assert own.keys() == {"Leeszaal", "Odeon"}
    assert own["Leeszaal"] < own["Odeon"] - 20
