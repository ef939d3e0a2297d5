"""What the site refuses, and what never reaches it, is said above the form: nothing typed is lost, and the button works again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.test_table import make_table

OWN_WORDS = "Het is niet gelukt. Je hebt nu geen internet, of de site is even weg."
AWAY = '<main id="inhoud"><h1>Even geduld</h1><p class="lead">De site is er zo weer.</p><p><a class="button">Nog eens</a></p></main>'


def filled_in(page: Page, address: str) -> Locator:
    """The form in the page of a table, with a name and a chair chosen; its button."""
    page.goto(address)
    page.locator(".follow a[data-tray]").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    dialog.locator("summary").click()
    dialog.locator("#naam").fill("Annie")
    return dialog.get_by_role("button", name="Ik schuif aan")


def expect_refusal(page: Page, *texts: str) -> None:
    notice = page.locator(".refusal[role=alert]")
    expect(notice).to_be_focused()
    expect(notice).to_be_in_viewport()
    for text in texts:
        expect(notice).to_contain_text(text)


def test_a_form_that_was_too_old_says_so_and_leads_to_a_new_one(site: Site, phone: Page, axe: Callable[[Page], None]):
    path = make_table(site, "Te oud")
    button = filled_in(phone, site.url + path)
    phone.context.clear_cookies()

    button.click()

    expect_refusal(phone, "Dit formulier was te oud", "Er is niets veranderd.")
    expect(phone.locator("#naam")).to_have_value("Annie")
    axe(phone)
    phone.locator(".refusal").get_by_role("link", name="Open de pagina opnieuw").click()
    expect(phone).to_have_url(f"{site.url}{path}aanschuiven/")


@pytest.mark.parametrize(
    ("status", "body", "texts"),
    [
        (503, AWAY, ["Even geduld", "De site is er zo weer."]),
        (413, AWAY, ["Even geduld"]),
        (500, "", [OWN_WORDS]),
        (502, "<center><h1>502 Bad Gateway</h1></center>", [OWN_WORDS]),
        (422, AWAY, ["Even geduld"]),
    ],
)
def test_a_site_that_fails_says_so_and_the_form_can_be_sent_again(site: Site, phone: Page, status: int, body: str, texts: list[str]):
    path = make_table(site, f"Stuk {status}")
    button = filled_in(phone, site.url + path)

    def fail(route: Route) -> None:
        route.fulfill(status=status, body=body, content_type="text/html")

    phone.route("**/aanschuiven/", fail)
    button.click()
    expect_refusal(phone, *texts)
    expect(phone.locator(".refusal")).not_to_contain_text("Bad Gateway")
    expect(phone.locator(".refusal a")).to_have_count(0)

    phone.unroute("**/aanschuiven/")
    button.click()

    expect(phone.locator("#aan-tafel")).to_be_focused()
    expect(phone.locator("#wie-komen")).to_contain_text("Annie")


def test_without_a_network_the_form_waits_for_one(site: Site, phone: Page):
    path = make_table(site, "Geen net")
    button = filled_in(phone, site.url + path)
    phone.context.set_offline(True)

    button.click()

    expect_refusal(phone, OWN_WORDS, "Wat je invulde staat er nog")
    expect(phone.locator("#naam")).to_have_value("Annie")
    phone.context.set_offline(False)
    button.click()
    expect(phone.locator("#aan-tafel")).to_be_focused()


def test_without_a_network_a_tap_on_the_button_says_so_and_works_again_later(site: Site, phone: Page):
    path = make_table(site, "Geen net, geen blad")
    phone.goto(site.url + path)
    phone.context.set_offline(True)

    phone.locator(".follow a[data-tray]").click()

    expect_refusal(phone, OWN_WORDS)
    expect(phone).to_have_url(site.url + path)
    phone.get_by_role("button", name="Sluit").click()
    phone.context.set_offline(False)
    phone.locator(".follow a[data-tray]").click()
    expect(phone.locator("dialog[open] form")).to_be_visible()


def test_who_asks_too_often_is_told_so_in_the_form(new_site: Callable[..., Site], phone: Page):
    site = new_site(RATE_NETWORK="1")
    path = make_table(site, "Te vaak")
    phone.goto(site.url + path)
    phone.locator(".follow a[data-tray]").click()
    button = phone.locator("dialog[open]").get_by_role("button", name="Ik schuif aan")
    button.click()
    expect(phone.locator("dialog [role=alert]")).to_contain_text("Kies op welke stoel")
    phone.locator("dialog").get_by_text("Ik woon hier, zorg voor iemand of help mee").click()

    button.click()

    expect(phone.locator("dialog [role=alert]")).to_contain_text("Dat ging te vaak achter elkaar.")
    expect(phone.locator("dialog [role=alert]")).to_be_focused()
    expect(phone.locator("dialog input[value=bewoner]")).to_be_checked()


def test_a_question_that_the_agenda_cannot_read_is_no_answer(site: Site, phone: Page):
    phone.goto(site.url + "/agenda/")
    rows = phone.locator("#lijst .rows li")
    assert rows.count() > 0

    phone.fill("#q", "???")
    phone.get_by_role("button", name="Zoek").click()

    expect_refusal(phone, "woord")
    expect(rows).to_have_count(0)
    expect(phone.locator("#q")).to_have_value("???")
    phone.fill("#q", "")
    phone.get_by_role("button", name="Zoek").click()
    expect(rows.first).to_be_visible()
    expect(phone.locator(".refusal")).to_have_count(0)


def test_an_end_before_the_beginning_is_said_in_the_agenda(site: Site, desktop: Page):
    desktop.goto(site.url + "/agenda/?van=2031-05-02")

    desktop.fill("#tot", "2031-05-01")
    desktop.locator("#q").focus()

    expect(desktop.locator(".refusal[role=alert]")).to_have_text("De laatste dag komt vóór de eerste. Draai ze om.")
    expect(desktop.locator("#q")).to_be_focused()  # who went on is not interrupted
    expect(desktop.locator("#tot")).to_have_value("2031-05-01")


def test_a_search_among_the_wijken_that_fails_says_so_until_it_works(site: Site, phone: Page):
    phone.goto(site.url + "/wijken/")
    phone.route("**/wijken/?q=*", lambda route: route.fulfill(status=500, body="", content_type="text/html"))
    phone.locator("#q").press_sequentially("lees")
    expect(phone.locator(".refusal[role=alert]")).to_contain_text(OWN_WORDS)
    expect(phone.locator("#q")).to_be_focused()

    phone.unroute("**/wijken/?q=*")
    phone.get_by_role("button", name="Zoek").click()

    expect(phone.locator("#wijkenlijst .found")).to_be_visible()
    expect(phone.locator(".refusal")).to_have_count(0)
