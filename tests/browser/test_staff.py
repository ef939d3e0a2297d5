"""The first administrator: from the link of bin/run to the CMS, with a passkey that Chromium keeps for us."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage, Site


def with_authenticator(page: Page) -> None:
    """Give the browser a fingerprint reader (WebAuthn over the DevTools protocol)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})


def test_the_first_link_leads_to_a_passkey_and_the_passkey_to_the_cms(site: Site, desktop: Page, axe: Callable[[Page], None]):
    address = site.manage("staff_link").strip()
    with_authenticator(desktop)

    desktop.goto(address)
    axe(desktop)
    desktop.get_by_role("button", name="Ga naar binnen").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Jouw sleutels")
    axe(desktop)
    desktop.get_by_role("link", name="Maak een passkey").click()
    axe(desktop)
    desktop.get_by_role("button", name="Maak de passkey").click()
    desktop.wait_for_url("**/account/2fa/recovery-codes/")
    axe(desktop)
    desktop.get_by_role("link", name="Naar de redactie").click()
    expect(desktop).to_have_url(site.url + "/cms/")
    desktop.goto(site.url + "/account/2fa/webauthn/reauthenticate/?next=/cms/pages/")
    axe(desktop)
    desktop.get_by_role("button", name="Gebruik je passkey").click()
    desktop.wait_for_url(site.url + "/cms/pages/**")

    desktop.context.clear_cookies()
    desktop.goto(site.url + "/cms/")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Naar de redactie")
    axe(desktop)
    desktop.get_by_role("button", name="Gebruik je passkey").click()
    desktop.wait_for_url(site.url + "/cms/")
    assert site.manage("staff_link", "--first") == ""


SENTENCE = "Deze knop werkt in een browser met JavaScript die passkeys kent."
KNOWS_NO_PASSKEYS = "delete window.PublicKeyCredential"


def test_the_button_waits_for_its_script(site: Site, desktop: Page):
    """What was pressed before the script had come did nothing, or sent an empty form."""
    waiting: list[Route] = []
    desktop.route("**/passkey*.js", lambda route: waiting.append(route))

    with desktop.expect_request("**/passkey*.js"):
        desktop.goto(site.url + "/account/login/", wait_until="commit")
    button = desktop.get_by_role("button", name="Gebruik je passkey")
    expect(button).to_be_disabled()
    expect(desktop.get_by_text(SENTENCE)).to_be_visible()
    for route in waiting:
        route.continue_()

    expect(button).to_be_enabled()
    expect(desktop.get_by_text(SENTENCE)).to_be_hidden()


@pytest.mark.parametrize("has_script", [True, False], ids=["no passkeys", "no JavaScript"])
def test_without_passkeys_the_button_is_off_and_the_page_names_the_code(
    site: Site, new_page: NewPage, axe: Callable[[Page], None], has_script: bool
):
    page = new_page(javascript=has_script)
    page.add_init_script(KNOWS_NO_PASSKEYS)

    page.goto(site.url + "/account/login/")
    expect(page.get_by_role("button", name="Gebruik je passkey")).to_be_disabled()
    expect(page.get_by_text(SENTENCE + " Lukt dat niet? Neem dan een code.")).to_be_visible()
    expect(page.get_by_role("button", name="Stuur mij een code")).to_be_enabled()
    if has_script:
        axe(page)  # axe is a script itself
    page.goto(site.manage("staff_link", "anna").strip())
    page.get_by_role("button", name="Ga naar binnen").click()
    page.get_by_role("link", name="Maak een passkey").click()
    expect(page.get_by_role("button", name="Maak de passkey")).to_be_disabled()
    page.get_by_role("link", name="Voeg dan een app met codes toe").click()
    expect(page).to_have_url(site.url + "/account/2fa/totp/activate/")
