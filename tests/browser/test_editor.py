"""An editor at work in the CMS: what only a browser can show of the forms of meetings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

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


PICKER_OPENS = 300  # ms; whether it did is not asked: the click that follows a Tab may close it again


def type_in(field: Locator, text: str) -> None:
    """Type as an editor does: the picker opens a tenth of a second after the field is entered, and Tab closes it."""
    field.click()
    field.page.wait_for_timeout(PICKER_OPENS)
    field.fill("")
    field.page.keyboard.type(text)
    field.page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    expect(field).to_have_value(text)


def test_a_date_of_a_meeting_typed_the_dutch_way_is_that_date(editor: tuple[Site, Page]):
    site, page = editor
    page.goto(site.url + "/cms/snippets/meetings/meeting/add/")
    page.get_by_role("textbox", name="Titel").fill("Wijklunch")
    type_in(page.get_by_role("textbox", name="Begin van de eerste keer"), "02-12-2036 10:00")
    type_in(page.get_by_role("textbox", name="Einde van de eerste keer"), "2-12-2036 12.00")
    page.get_by_role("combobox", name="Vaker?").select_option("wekelijks")
    type_in(page.get_by_role("textbox", name="Tot en met"), "16-12-2036")

    shown = page.locator("[data-dates]")
    expect(shown.get_by_role("listitem")).to_have_count(3)
    expect(shown).to_contain_text("dinsdag 2 december 2036, 10:00")


def test_what_is_no_date_stays_as_it_was_typed_and_is_refused(editor: tuple[Site, Page]):
    site, page = editor
    page.goto(site.url + "/cms/snippets/meetings/meeting/add/")
    type_in(page.get_by_role("textbox", name="Begin van de eerste keer"), "31-02-2036 10:00")
    page.get_by_role("button", name="Opslaan").click()

    expect(page.get_by_text("Voer een geldige datum/tijd in.").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Begin van de eerste keer")).to_have_value("31-02-2036 10:00")


DATE = """
from meetings.models import Occurrence
from django.utils import timezone
print(Occurrence.objects.filter(starts_at__gt=timezone.now(), listed=True).order_by("starts_at").first().pk)
"""


def test_one_date_is_moved_the_dutch_way(editor: tuple[Site, Page]):
    site, page = editor
    pk = site.python(DATE)
    page.goto(f"{site.url}/cms/snippets/meetings/occurrence/edit/{pk}/")
    ends = page.get_by_role("textbox", name="Eindigt")
    type_in(page.get_by_role("textbox", name="Begint"), "01-12-2036 22:30")
    type_in(ends, "02-12-2036 00:30")
    type_in(page.get_by_role("textbox", name="Begint"), "02-12-2036 10:00")
    expect(ends).to_have_value("02-12-2036 12:00")  # it moves along
    page.get_by_role("button", name="Opslaan").click()
    page.wait_for_url("**/snippets/meetings/occurrence/")

    said = site.python(f"from meetings.models import Occurrence; o = Occurrence.objects.get(pk={pk}); print(o.starts_at, o.ends_at)")
    assert said == "2036-12-02 09:00:00+00:00 2036-12-02 11:00:00+00:00"


def test_the_end_of_a_series_moves_along_with_its_begin(editor: tuple[Site, Page]):
    site, page = editor
    pk = site.python("from meetings.models import Meeting; print(Meeting.objects.exclude(segments__rule='').first().pk)")
    page.goto(f"{site.url}/cms/snippets/meetings/meeting/edit/{pk}/")
    begin, end = (page.get_by_role("textbox", name=f"{one} van de eerste keer") for one in ("Begin", "Einde"))
    type_in(begin, "27-03-2037 20:00")
    type_in(end, "27-03-2037 22:15")

    type_in(begin, "morgen")
    type_in(begin, "29-03-2037 20:30")  # the night in between is an hour shorter: on the clock it lasts as long
    expect(end).to_have_value("29-03-2037 22:45")


def test_christmas_at_a_place_is_the_day_that_was_typed(editor: tuple[Site, Page]):
    site, page = editor
    pk = site.python("from places.models import PlacePage; print(PlacePage.objects.first().pk)")
    page.goto(f"{site.url}/cms/pages/{pk}/edit/")
    page.locator("#id_other_hours-ADD").click()
    number = int(page.locator("#id_other_hours-TOTAL_FORMS").input_value()) - 1
    type_in(page.locator(f"#id_other_hours-{number}-first_on"), "25-12-2036")
    page.get_by_role("button", name="Meer acties").click()
    page.get_by_role("button", name="Publiceren").click()
    expect(page.locator(".messages")).to_contain_text("gepubliceerd")

    assert site.python(f"from places.models import OtherHours; print(OtherHours.objects.filter(page={pk}).last().first_on)") == "2036-12-25"
