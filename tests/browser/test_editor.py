"""An editor at work in the CMS: what only a browser can show of the forms of meetings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Site

SIGN_IN = """
from django.conf import settings
from django.contrib.auth.models import User
from tests.staff import signed_in
user = User.objects.create_superuser("redactie", "redactie@example.org")
client = signed_in(user)
print(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


@pytest.fixture
def editor(new_site: Callable[..., Site], new_page: NewPage) -> tuple[Site, Page]:
    site = new_site()
    name, value = site.python(SIGN_IN).split()
    page = new_page(width=1280, height=1000)
    page.context.add_cookies([{"name": name, "value": value, "url": site.url}])
    return site, page


def test_the_next_dates_follow_what_is_typed_and_nothing_is_saved(editor: tuple[Site, Page]):
    site, page = editor
    saved = []
    page.on("request", lambda asked: asked.method == "POST" and "preview-dates" not in asked.url and saved.append(asked.url))
    page.goto(site.url + "/cms/snippets/meetings/meeting/add/")
    page.get_by_role("textbox", name="Titel").fill("Wijklunch")
    page.get_by_role("textbox", name="Begin van de eerste keer").fill("2037-03-05 12:00")
    page.get_by_role("textbox", name="Einde van de eerste keer").fill("2037-03-05 14:00")
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Vaker?").select_option("maandelijks-dag")

    shown = page.locator("[data-dates]")
    expect(shown.get_by_role("listitem")).to_have_count(5)
    expect(shown).to_contain_text("donderdag 5 maart 2037, 12:00")
    page.get_by_role("combobox", name="Vaker?").select_option("anders")
    page.get_by_role("textbox", name="Eigen regel").fill("elke week")
    expect(shown).to_contain_text("Deze herhaling begrijpen we niet.")
    assert saved == []
