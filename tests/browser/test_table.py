"""The table in real browsers: a neighbour pulls up a chair, and everyone sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Site

MAKE = """
from datetime import timedelta
from django.utils import timezone
from meetings import dates
from meetings.models import Meeting, Kind
from places.models import Place
place = Place.objects.get(slug="leeszaal-rotterdam-west")
meeting = dates.create(Meeting(title={title!r}, kind=Kind({kind!r}), place=place, capacity={capacity}, text="Koffie en praten."),
    starts_at=timezone.now() + timedelta(hours={hours}), host_name="Fatima", now=timezone.now())
print(meeting.occurrences.get().get_absolute_url())
"""
SEAT = """
from django.utils import timezone
from meetings import seats
from meetings.models import Keyring, Occurrence
slug, key = {path!r}.strip("/").split("/")[1:]
o = Occurrence.objects.get(slug=slug, date_key=key)
for n in range({number}):
    seats.take(o.pk, Keyring.objects.create(), "bewoner", name={name!r}, name_visibility={shown!r}, now=timezone.now())
"""


def make_table(site: Site, title: str, capacity: int | None = 12, kind: str = "ontmoeting", hours: int = 48) -> str:
    return site.python(MAKE.format(title=title, capacity=capacity, kind=kind, hours=hours)).splitlines()[-1]


def seat_others(site: Site, path: str, number: int, name: str = "", shown: str = "tafel") -> None:
    site.python(SEAT.format(path=path, number=number, name=name, shown=shown))


def taken(page: Page) -> str | None:
    return page.get_attribute("#tafel", "data-taken")


def test_from_the_neighbourhood_to_a_chair_and_back_while_another_sees_it(site: Site, phone: Page, new_page: NewPage):
    path = make_table(site, "Thee met de buren", capacity=1, hours=20)  # before what other tests make: on the first page
    other, waiting = new_page(width=1280), new_page()

    phone.goto(site.url)
    phone.get_by_role("link", name="Oude Westen").first.click()
    phone.get_by_role("link", name="Alles in Oude Westen").click()
    phone.get_by_role("link", name="Thee met de buren").click()
    expect(phone).to_have_url(site.url + path)
    other.goto(site.url + path)
    expect(other.locator("#tafel-zin")).to_contain_text("Nog niemand aan tafel.")
    other.wait_for_timeout(500)

    # a chair, with the form in the page
    phone.locator(".follow").get_by_role("link", name="Ik schuif aan").click()
    expect(phone.locator("#blad-kop")).to_be_focused()
    phone.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    phone.locator("dialog").get_by_role("button", name="Ik schuif aan").click()
    expect(phone.locator("#aan-tafel")).to_be_focused()
    expect(phone.get_by_text("Jouw stoel is nummer 1.")).to_be_visible()

    # within a second the other page knows, without a reload
    expect(other.locator("#tafel")).to_have_attribute("data-taken", "1", timeout=1500)
    expect(other.locator("#tafel-zin")).to_contain_text("1 van de 1 stoelen bezet")

    # who comes too late waits, and is told what to do
    waiting.goto(site.url + path)
    waiting.locator(".follow").get_by_role("link", name="Ik wacht op een stoel").click()
    waiting.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    waiting.locator("dialog").get_by_role("button", name="Ik wacht op een stoel").click()
    expect(waiting.get_by_role("heading", name="Je staat op de wachtlijst")).to_be_visible()
    expect(waiting.get_by_text("Of kom gewoon, meestal valt er iemand uit.")).to_be_visible()

    # the first gets up: the one who waits has the chair
    phone.get_by_role("link", name="Ik sta weer op").click()
    phone.get_by_role("button", name="Ik sta weer op").click()
    expect(phone.get_by_text("Je bent opgestaan.")).to_be_focused()
    expect(waiting.locator("#aan-tafel")).to_be_focused()  # without a reload
    expect(waiting).to_have_title(re.compile("^Je zit aan tafel"))
    expect(waiting.locator("#tafel .mine")).to_have_count(1)

    # the link opens it in a fresh browser, which remembers nothing until asked
    link = waiting.locator("#link").inner_text()
    fresh = new_page()
    fresh.goto(link)
    expect(fresh.get_by_role("heading", name="Thee met de buren")).to_be_visible()
    assert fresh.context.cookies() == [] or all("sleutelbos" not in cookie["name"] for cookie in fresh.context.cookies())
    fresh.get_by_role("button", name="Onthoud op dit toestel").click()
    fresh.goto(site.url + path)
    expect(fresh.locator("#aan-tafel")).to_be_visible()


def test_by_keyboard_alone(site: Site, desktop: Page):
    path = make_table(site, "Toetsen")
    desktop.goto(site.url + path)

    def press_until(locator, most: int = 60) -> None:
        for _ in range(most):
            desktop.keyboard.press("Tab")
            if locator.evaluate("(one) => one === document.activeElement"):
                return
        raise AssertionError("the keyboard does not reach it")

    press_until(desktop.locator(".wide-only a[data-tray]"))
    desktop.keyboard.press("Enter")
    expect(desktop.locator("dialog[open] form")).to_be_visible()
    press_until(desktop.locator("dialog input[value=bewoner]"))
    desktop.keyboard.press("Space")
    press_until(desktop.locator("dialog button[type=submit]"))
    desktop.keyboard.press("Enter")

    expect(desktop.locator("#aan-tafel")).to_be_focused()
    desktop.go_back()


def test_escape_closes_the_form_and_nothing_is_taken(site: Site, desktop: Page):
    path = make_table(site, "Toch niet")
    desktop.goto(site.url + path)
    desktop.locator(".wide-only a[data-tray]").click()
    expect(desktop.locator("dialog[open] form")).to_be_visible()

    desktop.keyboard.press("Escape")

    expect(desktop.locator("dialog[open]")).to_have_count(0)
    assert taken(desktop) == "0"


def test_the_sheet_is_called_after_the_form_when_the_last_chair_went_meanwhile(site: Site, phone: Page):
    path = make_table(site, "Net vol", capacity=1)
    phone.goto(site.url + path)
    seat_others(site, path, 1)

    phone.locator(".follow a[data-tray]").click()

    expect(phone.locator("#blad-kop")).to_be_focused()
    expect(phone.locator("#blad-kop")).to_have_text("Ik wacht op een stoel zet mij op de wachtlijst")


def test_without_javascript(site: Site, new_page: NewPage):
    path = make_table(site, "Zonder script")
    page = new_page(javascript=False)
    page.goto(site.url + "/agenda/?wijk=oude-westen&q=script")
    page.goto(site.url + path)
    page.locator(".follow").get_by_role("link", name="Ik schuif aan").click()

    page.get_by_role("button", name="Ik schuif aan").click()
    expect(page.locator("p.error")).to_contain_text("Kies op welke stoel je vandaag zit.")
    page.get_by_label("Ik maak plannen of regels").check()
    page.get_by_role("button", name="Ik schuif aan").click()

    expect(page).to_have_url(site.url + path)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Je zit aan tafel.")
    expect(page.locator("#tafel .mine")).to_have_count(1)
    page.get_by_role("link", name="Ik sta weer op").click()
    page.get_by_role("button", name="Ik sta weer op").click()
    expect(page.get_by_text("Je bent opgestaan.")).to_be_visible()


def test_a_chair_for_somebody_else_has_a_card_and_leaves_mine_alone(site: Site, phone: Page, new_page: NewPage):
    path = make_table(site, "Met een kaartje", kind="activiteit")
    phone.goto(site.url + path + "aanschuiven/")
    phone.get_by_role("button", name="Ik schuif aan").click()
    expect(phone.locator("#aan-tafel")).to_be_visible()

    phone.get_by_role("link", name="Een stoel voor iemand anders").click()
    phone.get_by_role("button", name="Maak het kaartje").click()

    expect(phone.get_by_text("Jouw stoel is nummer 2")).to_be_visible()
    link = phone.locator("#kaart-link").inner_text()
    other = new_page()
    other.goto(link)
    expect(other.get_by_text("Stoel 2")).to_be_visible()
    phone.goto(site.url + path)
    expect(phone.get_by_text("Jouw stoel is nummer 1.")).to_be_visible()


def test_the_table_is_silent_while_someone_fills_in_the_form(site: Site, desktop: Page):
    path = make_table(site, "Stil")
    desktop.goto(site.url + path)
    before = desktop.locator("#tafel-zin").inner_text()
    desktop.locator(".wide-only a[data-tray]").click()
    expect(desktop.locator("dialog[open] form")).to_be_visible()

    seat_others(site, path, 1)
    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "1")
    assert desktop.locator("#tafel-zin").inner_text() == before

    desktop.keyboard.press("Escape")
    expect(desktop.locator("#tafel-zin")).to_contain_text("1 van de 12 stoelen bezet", timeout=7000)


def test_names_reach_the_table_and_not_the_passer_by(site: Site, desktop: Page, phone: Page):
    path = make_table(site, "Namen")
    phone.goto(site.url + path + "aanschuiven/")
    phone.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    phone.get_by_role("button", name="Ik schuif aan").click()
    expect(phone.locator("#aan-tafel")).to_be_visible()
    frames: list[str] = []
    desktop.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    desktop.goto(site.url + path)
    desktop.wait_for_timeout(500)

    seat_others(site, path, 1, name="Annie", shown="tafel")

    expect(phone.locator("#wie-komen")).to_contain_text("Annie")
    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "2")
    assert "Annie" not in desktop.content()
    assert frames
    assert not any("Annie" in frame for frame in frames)


def test_two_processes_and_redis_away(new_site: Callable[..., Site], desktop: Page, phone: Page):
    site = new_site(redis=True)
    second = site.start_web("second")
    path = make_table(site, "Overal")
    desktop.goto(second + path)
    desktop.wait_for_timeout(700)

    def join(page: Page) -> None:
        page.goto(site.url + path + "aanschuiven/")
        page.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
        page.get_by_role("button", name="Ik schuif aan").click()
        expect(page.locator("#aan-tafel")).to_be_visible()

    join(phone)  # in the first process, seen in the second through Redis
    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "1", timeout=1500)

    site.redis_stop()  # type: ignore[attr-defined]
    phone.goto(site.url + path + "opstaan/")
    phone.get_by_role("button", name="Ik sta weer op").click()
    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "0", timeout=5000)

    seat_others(site, path, 2)  # by a process that serves nobody, as the worker does
    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "2", timeout=5000)


def test_a_big_room_is_drawn_anew_once_for_several_chairs(site: Site, desktop: Page):
    path = make_table(site, "Een volle zaal", capacity=150)
    asked: list[str] = []
    desktop.on("request", lambda request: path in request.url and request.resource_type == "fetch" and asked.append(request.url))
    desktop.goto(site.url + path)
    desktop.wait_for_timeout(2000)
    assert asked == []  # what it opened with is of now

    seat_others(site, path, 5)

    expect(desktop.locator("#tafel")).to_have_attribute("data-taken", "5", timeout=4000)
    expect(desktop.locator("#tafel .seat.resident")).to_have_count(5, timeout=6000)
    assert 1 <= len(asked) <= 2


def test_a_long_list_of_names_is_fetched_when_a_frame_leaves_it_out(site: Site, desktop: Page):
    path = make_table(site, "Veel namen", capacity=40)
    seat_others(site, path, 30, name="Wilhelmina van den Berg-Groot, buurvrouw", shown="iedereen")
    desktop.goto(site.url + path)
    expect(desktop.locator("#wie-komen li")).to_have_count(30)
    desktop.wait_for_timeout(500)

    seat_others(site, path, 1, name="Annie", shown="iedereen")

    expect(desktop.locator("#tafel .seat.resident")).to_have_count(31, timeout=4000)
    expect(desktop.locator("#wie-komen li")).to_have_count(31, timeout=6000)
    expect(desktop.locator("#wie-komen")).to_contain_text("Annie")


def test_without_sockets_the_page_asks_by_itself(site: Site, new_page: NewPage):
    path = make_table(site, "Geen draad")
    page = new_page()
    page.add_init_script("window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 0); } close() {} }")
    page.goto(site.url + path)

    seat_others(site, path, 1)

    expect(page.locator("#tafel")).to_have_attribute("data-taken", "1", timeout=20_000)
    expect(page.locator("#live-stand")).to_contain_text("We proberen het steeds opnieuw.", timeout=20_000)


def test_nothing_moves_for_who_asked_for_calm(site: Site, new_page: NewPage):
    path = make_table(site, "Rustig")
    page = new_page(reduced_motion=True)
    page.goto(site.url + path)
    page.wait_for_timeout(500)

    seat_others(site, path, 1)

    expect(page.locator("#tafel .seat.new")).to_have_count(1)
    assert page.locator("#tafel .seat.new").evaluate("(one) => getComputedStyle(one).animationName") == "none"


def test_the_restored_page_is_of_now(site: Site, phone: Page):
    path = make_table(site, "Terug")
    phone.goto(site.url + path)
    phone.goto(site.url + "/agenda/")
    seat_others(site, path, 1)

    phone.go_back()

    expect(phone.locator("#tafel")).to_have_attribute("data-taken", "1", timeout=4000)


CHANGE = """
from datetime import timedelta
from django.utils import timezone
from meetings import dates, seats
from meetings.models import Occurrence
slug, key = {path!r}.strip("/").split("/")[1:]
o = Occurrence.objects.get(slug=slug, date_key=key)
{what}
"""


def change(site: Site, path: str, what: str) -> None:
    site.python(CHANGE.format(path=path, what=what))


def wait_for_a_chair(site: Site, page: Page, path: str, borrowed: bool = False) -> None:
    page.goto(site.url + path + "aanschuiven/")
    page.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    if borrowed:
        page.get_by_text("Dit is niet mijn eigen telefoon of computer").click()
    page.get_by_role("button", name="Ik wacht op een stoel").click()
    expect(page.locator("#wacht")).to_be_visible()
    page.wait_for_timeout(500)


FIRST_LEAVES = "seats.leave(o.pk, o.sign_ups.order_by('queued_at').first().keyring, now=timezone.now())"


def test_who_waits_sees_the_line_grow_shorter_and_then_their_chair(site: Site, phone: Page):
    path = make_table(site, "Wachten", capacity=1)
    seat_others(site, path, 2)
    wait_for_a_chair(site, phone, path)
    expect(phone.locator("#wacht-plaats")).to_have_text("Er wacht 1 iemand vóór jou.")

    change(site, path, FIRST_LEAVES)
    expect(phone.locator("#wacht-plaats")).to_have_text("Jij bent de eerste die wacht.", timeout=6000)
    change(site, path, FIRST_LEAVES)

    expect(phone.locator("#aan-tafel")).to_be_focused(timeout=6000)
    expect(phone.locator("#wacht")).to_have_count(0)
    expect(phone.get_by_role("link", name="Ik sta weer op")).to_be_visible()


def test_on_a_borrowed_device_the_link_stays_until_it_is_written_down(site: Site, phone: Page):
    path = make_table(site, "Geleend", capacity=1)
    seat_others(site, path, 1)
    wait_for_a_chair(site, phone, path, borrowed=True)
    link = phone.locator("#link").inner_text()

    change(site, path, FIRST_LEAVES)

    expect(phone.locator("#aan-tafel")).to_be_focused(timeout=6000)
    assert phone.locator("#link").inner_text() == link
    expect(phone.locator("#geleend")).to_contain_text("Schrijf eerst jouw link op.")
    expect(phone.locator("#geleend")).to_have_count(1)


def test_a_date_that_does_not_go_ahead_is_said_on_every_open_page(site: Site, desktop: Page, phone: Page, new_page: NewPage):
    path = make_table(site, "Gaat niet door", capacity=1)
    seat_others(site, path, 1)
    wait_for_a_chair(site, phone, path)
    desktop.goto(site.url + path)
    filling_in = new_page()
    filling_in.goto(site.url + path)
    filling_in.locator(".follow a[data-tray]").click()
    expect(filling_in.locator("dialog[open] form")).to_be_visible()

    change(site, path, "seats.cancel(o.pk, 'de zaal is dicht', now=timezone.now())")

    for page in (desktop, phone):
        expect(page.get_by_role("alert")).to_contain_text("Dit gaat niet door. De zaal is dicht.", timeout=6000)
    expect(desktop.locator("a[data-tray]")).to_have_count(0)
    filling_in.wait_for_timeout(1500)
    expect(filling_in.locator("dialog[open] form")).to_be_visible()
    filling_in.keyboard.press("Escape")
    expect(filling_in.get_by_role("alert")).to_contain_text("Dit gaat niet door.", timeout=6000)


def test_a_date_that_moves_is_said_on_open_pages_once(site: Site, desktop: Page, phone: Page):
    path = make_table(site, "Verplaatst", capacity=2)
    desktop.goto(site.url + path)
    phone.goto(site.url + path + "aanschuiven/")
    phone.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    phone.get_by_role("button", name="Ik schuif aan").click()
    expect(phone.locator("#aan-tafel")).to_be_visible()

    change(site, path, "dates.move_date(o, o.starts_at + timedelta(hours=2), o.ends_at + timedelta(hours=2), now=timezone.now())")

    for page in (desktop, phone):
        expect(page.get_by_role("alert")).to_contain_text("Verplaatst. Eerst was het", timeout=6000)

    change(site, path, "seats.set_closed(o.pk, True, now=timezone.now())")

    expect(desktop.get_by_text("De lijst is dicht.")).to_be_visible(timeout=6000)
    expect(desktop.get_by_text("Eerst was het")).to_be_visible()
    expect(desktop.get_by_role("alert")).to_have_count(0)


def test_a_meeting_that_goes_off_every_list_tells_who_has_it_open(site: Site, desktop: Page):
    path = make_table(site, "Verdwijnt")
    sockets: list[str] = []
    desktop.on("websocket", lambda socket: sockets.append(socket.url))
    desktop.goto(site.url + path)
    desktop.wait_for_timeout(500)

    change(site, path, "from meetings import repeated; repeated.go_unlisted(o.meeting, now=timezone.now())")

    expect(desktop.locator("#tafel-zin")).to_contain_text("Deze bijeenkomst staat hier niet meer.", timeout=6000)
    number = len(sockets)
    desktop.wait_for_timeout(2500)
    assert len(sockets) == number  # it asks no more


PAGES = [
    "/",
    "/agenda/",
    "/agenda/?wijk=oude-westen&wanneer=week",
    "/agenda/?q=bestaatniet",
    "/agenda/?wanneer=gisteren",
    "/agenda/nieuw/",
    "/wijken/",
    "/wijken/?q=leeszaal",
    "/wijken/?q=zeppelin",
    "/wijken/oude-westen/",
    "/wijken/oude-westen/leeszaal-rotterdam-west/",
    "/verhalen/",
    "/verhalen/het-bankje-mag-blijven/",
    "/account/login/",
    "/hoe-het-werkt/",
    "/zoeken/?q=koffie",
    "/mijn/",
    "/mijn/kwijt/",
    "/bestaat-niet/",
    "/en/",
    "/en/agenda/",
    "/en/wijken/oude-westen/leeszaal-rotterdam-west/",
]


def test_axe_finds_nothing_on_any_page(site: Site, any_page: Page, axe: Callable[[Page], None]):
    for path in PAGES:
        any_page.goto(site.url + path)
        axe(any_page)
        overflow = any_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} is wider than the screen"


def test_axe_finds_nothing_along_the_path_to_a_chair(
    site: Site, any_page: Page, axe: Callable[[Page], None], request: pytest.FixtureRequest
):
    path = make_table(site, f"Axe {re.sub(r'[^a-z0-9]', ' ', request.node.name)}")
    page = any_page
    for address in (path, path + "aanschuiven/", "/agenda/wie-zorgt-er-voor-jou/"):
        page.goto(site.url + address)
        axe(page)
    page.goto(site.url + path + "aanschuiven/")
    page.get_by_role("button", name="Ik schuif aan").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    axe(page)
    page.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    page.get_by_role("button", name="Ik schuif aan").click()
    expect(page.locator("#aan-tafel")).to_be_visible()
    axe(page)
    for address in (path + "kaartje/", path + "opstaan/", path + "aanschuiven/", "/mijn/", "/mijn/wis/"):
        page.goto(site.url + address)
        axe(page)


STATES = """
import json
from datetime import timedelta
from django.utils import timezone
from meetings import dates, keys, seats
from meetings.models import Keyring, Kind, Meeting
from places.models import Place
now = timezone.now()
before, who = now - timedelta(days=5), keys.new_keyring()
place = Place.objects.get(slug="leeszaal-rotterdam-west")
begins = {"waiting": 48, "cancelled": 50, "begun": -30, "past": -60, "undated": None}
paths = {"link": "/mijn/" + keys.mint("keyring", keyring=who) + "/"}
for state, hours in begins.items():
    meeting = dates.create(Meeting(title=f"Toestand {state}", kind=Kind.SESSION, place=place, capacity=1),
        starts_at=None if hours is None else now + timedelta(hours=hours), duration=timedelta(days=2), host_name="Fatima", now=before)
    date = meeting.occurrences.get()
    for keyring in [Keyring.objects.create()] * (state == "waiting") + [who]:
        seats.take(date.pk, keyring, "bewoner", now=before)
    paths[state] = date.get_absolute_url()
    if state == "cancelled":
        seats.cancel(date.pk, "De kok is ziek", now=now)
print(json.dumps(paths))
"""


@pytest.fixture(scope="session")
def states(site: Site) -> dict[str, str]:
    """Addresses of a table in every state that somebody with a chair can come back to, and of the link of that somebody."""
    found: dict[str, str] = json.loads(site.python(STATES).splitlines()[-1])
    return found


def test_axe_finds_nothing_in_any_state_of_a_table(site: Site, any_page: Page, axe: Callable[[Page], None], states: dict[str, str]):
    tables = [states[state] for state in ("waiting", "cancelled", "begun", "past", "undated")]
    for path in ["/agenda/", *tables, states["link"]]:
        any_page.goto(site.url + path)
        axe(any_page)
    any_page.context.add_cookies([{"name": "sleutelbos", "value": states["link"].split("/")[2], "url": site.url}])
    for path in [*tables, "/mijn/", states["undated"] + "opstaan/", states["past"] + "aanschuiven/", states["cancelled"] + "opstaan/"]:
        any_page.goto(site.url + path)
        axe(any_page)
    expect(any_page.get_by_role("heading", level=1)).to_be_visible()
