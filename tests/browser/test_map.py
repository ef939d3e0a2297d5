"""Maps in a real browser: the large one after a tap, and the one on which an editor says where a place is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPage, Site

TILES = "http://127.0.0.1:9/{z}/{x}/{y}.png"
DRAW = """
from places.models import Neighbourhood
ring = [[4.4590, 51.9140], [4.4740, 51.9140], [4.4740, 51.9220], [4.4590, 51.9220], [4.4590, 51.9140]]
Neighbourhood.objects.filter(slug="oude-westen").update(outline={"type": "Polygon", "coordinates": [ring]})
from places.models import PlacePage
page = PlacePage.objects.get(slug="leeszaal-rotterdam-west")
print(page.pk, page.url)
"""
TABLE = """
from django.utils import timezone
from meetings.models import Occurrence
print(Occurrence.objects.filter(place__slug="leeszaal-rotterdam-west", listed=True, starts_at__gt=timezone.now()).first().get_absolute_url())
"""


@pytest.fixture
def drawn(new_site: Callable[..., Site]) -> Site:
    """A site of which one neighbourhood has an outline."""
    return new_site()


def test_the_large_map_comes_after_a_tap_and_asks_nobody_else(drawn: Site, any_page: Page, axe: Callable[[Page], None]):
    _pk, place = drawn.python(DRAW).split()
    asked: list[str] = []
    any_page.on("request", lambda request: asked.append(request.url.removeprefix(drawn.url)))
    any_page.goto(drawn.url + drawn.python(TABLE))
    any_page.wait_for_load_state("networkidle")
    assert len([address for address in asked if not address.startswith("ws")]) <= 6

    any_page.goto(drawn.url + place)
    asked.clear()
    any_page.get_by_role("button", name="Laat de grote kaart zien").click()

    large = any_page.get_by_role("region", name="Grote kaart: waar Leeszaal Rotterdam West ligt in Oude Westen")
    expect(large).to_be_focused()
    expect(large.locator("path.here")).to_be_visible()
    expect(large.locator("path.pin")).to_be_visible()
    expect(large.get_by_role("button", name="Dichterbij")).to_be_visible()
    assert any_page.locator(".map").count() == 1  # in place of the small one and of the button
    assert "/wijken/oude-westen.geojson" in asked
    axe(any_page)
    assert any_page.evaluate("document.documentElement.scrollWidth") <= any_page.viewport_size["width"]


def test_the_large_map_can_be_moved_with_the_keyboard(drawn: Site, desktop: Page):
    _pk, place = drawn.python(DRAW).split()
    desktop.goto(drawn.url + place)
    desktop.get_by_role("button", name="Laat de grote kaart zien").press("Enter")
    pin = desktop.locator("path.pin")
    expect(pin).to_be_visible()
    before = pin.bounding_box()

    desktop.keyboard.press("ArrowRight")

    desktop.wait_for_timeout(600)
    assert pin.bounding_box()["x"] < before["x"]


def test_tiles_are_asked_for_after_the_tap_and_not_before(new_site: Callable[..., Site], new_page: NewPage):
    tiled = new_site(MAP_TILES=TILES)
    _pk, place = tiled.python(DRAW).split()
    page = new_page()
    tiles: list[str] = []
    page.route("http://127.0.0.1:9/**", lambda route: route.abort())
    page.on("request", lambda request: "127.0.0.1:9/" in request.url and tiles.append(request.url))
    page.goto(tiled.url + place)
    page.wait_for_load_state("networkidle")
    assert tiles == []

    with page.expect_request("http://127.0.0.1:9/**"):
        page.get_by_role("button", name="Laat de grote kaart zien").click()

    expect(page.get_by_text("© OpenStreetMap")).to_be_visible()


def test_without_javascript_the_link_to_a_map_remains(drawn: Site, new_page: NewPage):
    _pk, place = drawn.python(DRAW).split()
    page = new_page(javascript=False)

    page.goto(drawn.url + place)

    expect(page.get_by_role("link", name="Open de grote kaart")).to_be_visible()
    expect(page.get_by_role("button", name="Laat de grote kaart zien", include_hidden=True)).to_be_hidden()


SIGN_IN = """
from django.conf import settings
from django.contrib.auth.models import User
from tests.staff import signed_in
client = signed_in(User.objects.create_superuser("redactie", "redactie@example.org"))
print(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


def signed_in(site: Site, page: Page) -> None:
    name, value = site.python(SIGN_IN).split()
    page.context.add_cookies([{"name": name, "value": value, "url": site.url}])


def middle_of(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_an_editor_taps_where_a_place_is_and_sees_the_dot_follow_what_is_typed(drawn: Site, desktop: Page):
    pk, _place = drawn.python(DRAW).split()
    signed_in(drawn, desktop)
    desktop.goto(f"{drawn.url}/cms/pages/{pk}/edit/")
    picker = desktop.get_by_role("application", name="Kaart: tik waar het is")
    dot, edge = picker.locator("path.place"), picker.locator("path.edge")
    expect(dot).to_be_visible()

    picker.scroll_into_view_if_needed()
    box, frame = edge.bounding_box(), picker.bounding_box()
    picker.click(position={"x": box["x"] - frame["x"] + box["width"] / 4, "y": box["y"] - frame["y"] + box["height"] / 4})

    # a quarter from the north-west corner of the outline
    assert float(desktop.locator("#id_longitude").input_value()) == pytest.approx(4.4590 + 0.0150 / 4, abs=0.0002)
    assert float(desktop.locator("#id_latitude").input_value()) == pytest.approx(51.9220 - 0.0080 / 4, abs=0.0002)
    box = edge.bounding_box()
    assert middle_of(dot)[0] == pytest.approx(box["x"] + box["width"] / 4, abs=2)

    desktop.locator("#id_longitude").fill("4.4740")
    box = edge.bounding_box()
    assert middle_of(dot)[0] == pytest.approx(box["x"] + box["width"], abs=2)

    desktop.locator("#id_latitude").fill("51.9180")
    with desktop.expect_navigation():
        desktop.get_by_role("button", name="Bewaar concept").click()
    desktop.goto(f"{drawn.url}/cms/pages/{pk}/edit/")
    expect(desktop.locator("#id_longitude")).to_have_value("4.474")
    expect(desktop.locator("#id_latitude")).to_have_value("51.918")


def test_an_editor_says_where_a_wijk_is_with_the_keyboard_between_dots_with_names(new_site: Callable[..., Site], desktop: Page):
    site = new_site()
    pk = site.python("from places.models import NeighbourhoodPage; print(NeighbourhoodPage.objects.get(slug='bospolder').pk)")
    signed_in(site, desktop)
    desktop.goto(f"{site.url}/cms/pages/{pk}/edit/")
    picker = desktop.get_by_role("application", name="Kaart: tik waar het is")
    expect(picker.get_by_text("Dakpark Rotterdam")).to_be_visible()
    expect(picker.get_by_text("Tussendijken")).to_be_visible()
    before = float(desktop.locator("#id_longitude").input_value())

    picker.focus()
    desktop.keyboard.press("ArrowRight")
    desktop.wait_for_timeout(600)  # the map glides
    desktop.keyboard.press("Enter")

    assert before + 0.0005 < float(desktop.locator("#id_longitude").input_value()) < before + 0.01
    expect(desktop).to_have_url(f"{site.url}/cms/pages/{pk}/edit/")  # Enter kept nothing
    assert middle_of(picker.locator("path.place")) == pytest.approx(middle_of(picker), abs=2)


def test_with_tiles_the_editor_taps_on_a_map(new_site: Callable[..., Site], new_page: NewPage):
    tiled = new_site(MAP_TILES=TILES)
    pk, _place = tiled.python(DRAW).split()
    page = new_page(width=1280, height=900)
    signed_in(tiled, page)
    page.route("http://127.0.0.1:9/**", lambda route: route.abort())

    with page.expect_request("http://127.0.0.1:9/**"):
        page.goto(f"{tiled.url}/cms/pages/{pk}/edit/")

    expect(page.get_by_role("application", name="Kaart: tik waar het is").get_by_text("© OpenStreetMap")).to_be_visible()
