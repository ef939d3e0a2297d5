"""The first administrator: from the link of bin/run to the CMS, with a passkey that Chromium keeps for us."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site


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
    desktop.wait_for_load_state("networkidle")  # the button works once its script has come
    desktop.get_by_role("button", name="Maak de passkey").click()
    desktop.wait_for_url("**/account/2fa/recovery-codes/")
    axe(desktop)
    desktop.goto(site.url + "/cms/")
    expect(desktop).to_have_url(site.url + "/cms/")

    desktop.context.clear_cookies()
    desktop.goto(site.url + "/cms/")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Naar de redactie")
    axe(desktop)
    desktop.wait_for_load_state("networkidle")
    desktop.get_by_role("button", name="Gebruik je passkey").click()
    desktop.wait_for_url(site.url + "/cms/")
    assert site.manage("staff_link", "--first") == ""
