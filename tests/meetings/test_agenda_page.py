"""The page of the agenda: by day, what each row says, how it goes on, and what an empty one offers."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from meetings.models import Kind, Occurrence, Visibility
from meetings.templatetags.agenda import _row_time, day_heading
from tests.factories import NOW, meeting, neighbourhood, occurrence, place

pytestmark = pytest.mark.django_db


def get(client, query: str = "") -> str:
    answer = client.get(f"/agenda/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def tomorrow(hour: int, **fields) -> Occurrence:
    """At this whole hour in Rotterdam, tomorrow."""
    local = timezone.localtime() + timedelta(days=1)
    return occurrence(starts_at=local.replace(hour=hour, minute=0, second=0, microsecond=0), **fields)


def titles(html: str) -> list[str]:
    return re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', html)


def test_a_day_has_a_heading_and_its_rows_their_hours_place_and_chairs(client):
    huis = place(name="Wijkpaleis", neighbourhood=neighbourhood(name="Middelland"))
    tomorrow(14, capacity=8, seats_resident=2, meeting=meeting(title="Fietsen maken", place=huis))

    html = get(client)

    assert re.search(r"<h2 id=\"dag-[0-9-]{10}\">Morgen<small>\w+ \d+ \w+</small></h2>", html)
    assert "14:00 – 16:00" in html
    assert "Wijkpaleis · Middelland" in html
    assert "Nog 6 stoelen" in html


def test_a_full_table_a_table_without_limit_and_a_cancelled_date_each_say_so(client):
    tomorrow(10, capacity=2, seats_resident=2)
    tomorrow(11)
    tomorrow(11, extra_chair=False)
    tomorrow(12, status=Occurrence.Status.CANCELLED, reason="storm")

    html = get(client)

    assert "Vol op de lijst. Loop gerust binnen" in html
    assert html.count("Loop zo binnen") == 1
    assert html.count("Iedereen kan erbij") == 1
    assert "Gaat niet door: <span>storm</span>" in html
    assert html.count('<article class="row off">') == 1


def test_further_leads_on_until_the_last_date_and_shows_each_once(client):
    made = [tomorrow(10, meeting=meeting(title=f"Tafel {n}", kind=Kind.ACTIVITY)).title for n in range(45)]
    html, seen = get(client, "soort=activiteit"), []

    while link := re.search(r'<a class="button plain" href="/agenda/\?([^"]*na=[^"]+)">Verder kijken', html):
        seen += titles(html)
        assert "soort=activiteit" in link[1]
        html = get(client, link[1].replace("&amp;", "&"))

    assert seen + titles(html) == made


def test_the_number_of_queries_does_not_grow_with_the_dates(client, django_assert_max_num_queries):
    get(client)
    wijk = neighbourhood()
    made = meeting(place=place(neighbourhood=wijk))
    for n in range(18):
        tomorrow(10, meeting=made if n % 2 else None, date_key=f"2026-01-{n + 1:02d}")

    # The list, neighbourhoods and places; the site, its settings, the foot's links, the cached root paths.
    with django_assert_max_num_queries(8):
        get(client)
    with django_assert_max_num_queries(9):
        get(client, f"wijk={wijk.slug}")


def test_what_stands_on_no_list_is_not_on_the_page(client):
    hidden = tomorrow(10, meeting=meeting(title="Taalles aan huis", visibility=Visibility.LINK))

    for query in ("", f"wijk={hidden.neighbourhood_slug}", f"plek={hidden.place_slug}", "q=taalles"):
        assert "Taalles aan huis" not in get(client, query), query


def test_nothing_in_a_neighbourhood_leads_to_the_nearest_that_has_something(client):
    near = place(neighbourhood=neighbourhood(name="Middelland", slug="middelland", latitude=51.91, longitude=4.46))
    tomorrow(10, meeting=meeting(title="Soep en praten", place=near))
    neighbourhood(slug="stil", name="Bospolder", latitude=51.91, longitude=4.44)

    html = get(client, "wijk=stil")

    assert "Niets gevonden in Bospolder" in html
    assert re.search(r'href="/agenda/\?wijk=middelland">.*?Soep en praten', html)
    assert 'href="/agenda/nieuw/">Nodig de wijk uit' in html


def test_a_word_that_is_nowhere_leads_to_what_is_coming_in_the_same_neighbourhood(client):
    wijk = neighbourhood(slug="cool", name="Cool")
    tomorrow(10, meeting=meeting(title="Ergens anders"))
    tomorrow(11, meeting=meeting(title="Soep en praten", place=place(neighbourhood=wijk)))
    neighbourhood(slug="stil")

    assert titles(get(client, "wijk=cool&q=zwemmen")) == ["Soep en praten"]
    assert titles(get(client, "wijk=stil&q=zwemmen")) == ["Ergens anders", "Soep en praten"]


def test_the_form_shows_what_was_chosen_and_keeps_it(client):
    wijk = neighbourhood(slug="cool", name="Cool")
    huis = place(slug="huis", neighbourhood=wijk)

    html = get(client, "wijk=cool&plek=huis&soort=activiteit&van=2026-12-03&tot=2026-12-04&q=koffie")

    assert re.search(r'name="wijk" value="cool" checked', html)
    assert f'<option value="huis" selected>{huis.name}</option>' in html
    assert re.search(r'name="soort" value="activiteit" checked', html)
    assert 'name="van" value="2026-12-03"' in html
    assert 'name="tot" value="2026-12-04"' in html
    assert 'name="q" type="search" maxlength="80" value="koffie"' in html


def test_a_chip_of_when_keeps_the_rest_and_lets_go_of_the_dates(client):
    neighbourhood(slug="cool")

    html = get(client, "wijk=cool&van=2026-12-03&utm_source=krant")

    assert 'href="/agenda/?wijk=cool&amp;wanneer=weekend"' in html


def test_the_filters_stay_folded_for_who_follows_a_link_and_open_for_who_changes_them(client):
    """On a phone they would push the list off the screen; a wide screen unfolds them itself."""
    neighbourhood(slug="cool")

    assert '<details class="more unfold">' in get(client, "wijk=cool")
    assert '<details class="more unfold" open>' in client.get("/agenda/?wijk=cool", headers={"HX-Request": "true"}).content.decode()


def test_a_word_that_was_typed_stands_on_the_page_as_text(client):
    html = get(client, "q=%3Cb%3Ekoffie")

    assert "<b>koffie" not in html


def test_a_bad_value_keeps_the_menu_and_a_way_back(client):
    answer = client.get("/agenda/?wijk=bestaat-niet")

    assert answer.status_code == 400
    html = answer.content.decode()
    assert "Deze wijk kennen we niet. Kies er een uit de lijst." in html
    assert '<a class="button" href="/agenda/">' in html
    assert 'content="noindex"' in html


def test_the_page_is_there_in_english_too(client):
    tomorrow(10)

    assert client.get("/en/agenda/").status_code == 200


def test_the_agenda_changes_nothing_and_sets_no_cookie(client):
    answer = client.get("/agenda/")

    assert not answer.cookies
    assert client.post("/agenda/").status_code == 405


@pytest.mark.parametrize(
    ("hours", "day", "lines"),
    [
        (-1, True, ("Nu", "tot 11:00")),
        (2, True, ("Vandaag", "12:00")),
        (26, True, ("Morgen", "12:00")),
        (8 * 24 + 9.5, True, ("do 3 dec", "19:30")),
        (26, False, ("12:00 – 14:00", "")),
    ],
    ids=["now", "today", "tomorrow", "later", "under a heading"],
)
def test_a_row_says_when_in_few_words(hours, day, lines):
    assert _row_time(occurrence(starts_at=NOW + timedelta(hours=hours)), day, NOW) == lines


@pytest.mark.parametrize(
    ("hours", "lasts", "status", "lines"),
    [
        (-12, 22.5, "gaat-door", ("Nu", "tot 20:30")),
        (-50, 24 * 10, "gaat-door", ("Nu", "tot do 3 dec")),
        (-20, 72, "afgelast", ("di 24 nov", "14:00")),
    ],
    ids=["until tonight", "until another day", "cancelled"],
)
def test_a_row_of_what_began_before_today_says_until_when_it_is(hours, lasts, status, lines):
    row = occurrence(starts_at=NOW + timedelta(hours=hours), duration=timedelta(hours=lasts), status=status)

    assert _row_time(row, True, NOW) == lines


def test_what_is_on_since_before_today_stands_above_the_days_under_a_head_of_its_own(client):
    now = timezone.now()
    occurrence(starts_at=now - timedelta(days=2), duration=timedelta(days=3), title="Driedaags feest")
    tomorrow(10)

    html = client.get("/agenda/").text
    assert re.findall(r'<h2 id="dag-(\w+)', html)[0] == "nu"
    assert "Nu bezig<small>al eerder begonnen</small>" in html
    assert re.search(r"Nu<br>tot \w+.*?Driedaags feest", html, re.DOTALL)
    asked = client.get(f"/agenda/?van={timezone.localdate() - timedelta(days=3)}").text
    assert "dag-nu" not in asked
    assert "Driedaags feest" in asked


def test_a_date_stands_under_the_day_that_it_is_where_it_is(client):
    """Half past midnight in Rotterdam is the evening before in the Azores."""
    begin = datetime(2030, 1, 10, 23, 30, tzinfo=UTC)
    occurrence(starts_at=begin, time_zone="Atlantic/Azores")
    here = occurrence(starts_at=begin, time_zone="Europe/Amsterdam")

    html = client.get("/agenda/?van=2030-01-01&tot=2030-02-01").text
    assert re.findall(r'<h2 id="dag-([\d-]+)"', html) == ["2030-01-10", "2030-01-11"]
    assert html.index("dag-2030-01-11") < html.index(here.title)


@pytest.mark.parametrize(
    ("local", "lines"),
    [
        ("2026-11-25 23:30", ("Vandaag", "woensdag 25 november")),
        ("2026-11-26 00:30", ("Morgen", "donderdag 26 november")),
        ("2026-11-28 11:00", ("Zaterdag", "28 november")),
        ("2026-12-01 11:00", ("Dinsdag", "1 december")),
        ("2026-12-02 11:00", ("2 december", "woensdag")),
        ("2027-01-03 11:00", ("3 januari", "zondag 2027")),
    ],
    ids=["late today", "after midnight", "this week", "six days away", "a week away", "next year"],
)
def test_a_day_is_called_by_its_nearest_name(local, lines, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)

    assert day_heading(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))) == lines


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("van=2031-01-01&tot=2031-02-01", "van 1 januari 2031 tot en met 1 februari 2031"),
        ("van=2031-05-02&tot=2031-05-02", "op vrijdag 2 mei 2031"),
        ("van=2031-05-02", "vanaf 2 mei 2031"),
    ],
)
def test_the_choice_in_words_leaves_no_year_to_guess(client, query, said):
    assert said in client.get(f"/agenda/?{query}").text


def test_nothing_found_by_a_narrow_choice_says_so_and_leads_to_the_whole_wijk(client):
    neighbourhood(slug="cool", name="Cool")

    narrow, wide = client.get("/agenda/?wijk=cool&q=brieven&soort=activiteit").text, client.get("/agenda/?wijk=cool").text

    assert "met deze keuze staat er niets" in narrow
    assert re.search(r'<a class="button" href="/agenda/\?wijk=cool">Alles in Cool</a>', narrow)
    assert "er staat nu niets" in wide
    assert "Alles in Cool" not in wide
