"""Pages of wijken and plekken: what they write, what they show, where an old address leads."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.images.tests.utils import get_test_image_file

from places.models import Contact, Neighbourhood, NeighbourhoodPage, OpeningHours, OtherHours, Place, PlacePage, WalkInHours
from tests.staff import signed_in

OUTLINE = {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.47, 51.91], [4.47, 51.92], [4.46, 51.91]]]}


@pytest.fixture
def oude_westen(index) -> NeighbourhoodPage:
    return index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen", area="Centrum", lead="Bij de Kruiskade."))


@pytest.fixture
def leeszaal(oude_westen) -> PlacePage:
    page = PlacePage(
        title="Leeszaal",
        slug="leeszaal",
        street="Rijnhoutplein 3",
        postcode="3014 TZ",
        latitude=51.917,
        longitude=4.467,
        step_free="Geen drempel.",
    )
    page.opening_hours = [OpeningHours(weekday=day, since=time(0), until=time(0)) for day in range(7)]
    fatima = Contact(first_name="Fatima", about="Kent de wijk.", phone="06 00 00 00 00")
    fatima.walk_in_hours = [WalkInHours(weekday=day, since=time(10), until=time(13)) for day in (1, 3)]
    page.contacts = [fatima]
    return oude_westen.add_child(instance=page)


def test_publishing_a_page_writes_the_row_that_meetings_point_at(leeszaal):
    row = Place.objects.get(slug="leeszaal")

    assert (row.name, row.street, row.latitude, row.neighbourhood.slug) == ("Leeszaal", "Rijnhoutplein 3", 51.917, "oude-westen")
    assert leeszaal.place == row


def test_a_draft_leaves_the_row_as_it_is(leeszaal):
    leeszaal.title = "Iets anders"
    leeszaal.save_revision()

    assert Place.objects.get(slug="leeszaal").name == "Leeszaal"


def test_the_place_page_shows_where_when_and_who(leeszaal, client):
    page = client.get("/wijken/oude-westen/leeszaal/").content.decode()

    for text in (
        "Nu open",
        'Rijnhoutplein 3, <span class="nowrap">3014 TZ</span> Oude Westen',
        "Fatima",
        "Dinsdag en donderdag, 10:00\u00a0–\u00a013:00",
        '<a href="tel:0600000000">Bel of app mij: 06\u00a000\u00a000\u00a000\u00a000</a>',  # to read over to another phone, and on paper
        "Geen drempel.",
    ):
        assert text in page


def test_whoever_gave_no_number_is_not_called(leeszaal, client):
    Contact.objects.update(phone="")

    assert "Bel of app" not in client.get("/wijken/oude-westen/leeszaal/").content.decode()


@pytest.mark.parametrize("latitude", [51.917, None])
def test_a_map_on_another_page_leads_to_the_place_and_says_where_it_is(leeszaal, oude_westen, client, latitude):
    leeszaal.latitude, leeszaal.longitude = latitude, latitude and 4.467
    leeszaal.save()
    oude_westen.body = [("map", {"place": leeszaal})]
    oude_westen.save()

    page = client.get("/wijken/oude-westen/").content.decode()

    assert (
        '<b><a href="/wijken/oude-westen/leeszaal/">Leeszaal</a></b><br>Rijnhoutplein 3, <span class="nowrap">3014 TZ</span> Oude Westen</p>'
        in page
    )


def test_a_map_on_another_page_leads_to_no_page_that_is_not_published(leeszaal, oude_westen, client):
    oude_westen.body = [("map", {"place": leeszaal})]
    oude_westen.save()
    leeszaal.unpublish()

    page = client.get("/wijken/oude-westen/").content.decode()

    assert "<b>Leeszaal</b><br>Rijnhoutplein 3" in page


def test_the_neighbourhood_page_shows_its_places_and_people(leeszaal, client):
    Neighbourhood.objects.update(outline=OUTLINE)

    page = client.get("/wijken/oude-westen/").content.decode()

    for text in ("Oude Westen", "Leeszaal", "Fatima", '<svg class="outline"', "Centrum"):
        assert text in page


@pytest.mark.parametrize("path", ["/", "/wijken/", "/wijken/oude-westen/", "/wijken/oude-westen/leeszaal/"])
def test_pages_have_an_english_frame(leeszaal, client, path):
    answer = client.get("/en" + path)

    assert answer.status_code == 200
    assert '<html lang="en">' in answer.content.decode()


@pytest.mark.parametrize("path", ["/wijken/oude-westen/", "/wijken/oude-westen/leeszaal/"])
def test_on_an_english_page_what_an_editor_wrote_is_marked_as_dutch(leeszaal, oude_westen, client, path):
    oude_westen.body = [("text", "<p>Er is koffie.</p>")]
    oude_westen.save()
    leeszaal.lead, leeszaal.body = "Een huiskamer.", [("text", "<p>Er is koffie.</p>"), ("map", {"place": leeszaal})]
    leeszaal.save()

    page = client.get("/en" + path).content.decode()

    assert re.search(r'<h1 lang="nl">', page)
    assert re.search(r'<p class="lead" lang="nl">', page)
    assert re.search(r'<div class="narrow stack" lang="nl">\s*(<div[^>]*>)*\s*<div class="stack"><p>Er is koffie', page)
    assert ' lang="nl"' not in client.get(path).content.decode().partition("<main")[2]


def test_the_place_page_says_its_week_in_few_lines_and_what_is_different_soon(leeszaal, client):
    today = timezone.localdate()
    leeszaal.opening_hours = [OpeningHours(weekday=day, since=time(10), until=time(17)) for day in range(5)]
    leeszaal.other_hours = [
        OtherHours(first_on=today, note="uitje"),
        OtherHours(first_on=today + timedelta(days=300), note="nog lang niet"),
        OtherHours(first_on=date(2020, 1, 1), note="al lang geweest"),
    ]
    leeszaal.save()

    page = client.get("/wijken/oude-westen/leeszaal/").content.decode()

    assert re.findall(r"<dt>([A-Z][a-z ]+?)</dt>", page) == ["Maandag tot en met vrijdag", "Zaterdag en zondag", "Drempel"]
    assert page.count('aria-current="date"') == 1
    assert re.search(
        r'aria-current="date"><dt>[^<]+ <span class="tag solid">vandaag</span></dt><dd>gesloten <span class="note">uitje', page
    )
    assert "nog lang niet" not in page
    assert "al lang geweest" not in page


FACTS = {
    "step_free": "Drempel",
    "toilet": "Rolstoel-wc",
    "hearing": "Horen",
    "quiet_corner": "Rustige hoek",
    "assistance_dog": "Hulphond",
    "languages": "Talen",
    "children": "Kinderen",
    "costs": "Geld",
}


@pytest.mark.parametrize("name", FACTS)
def test_what_is_known_of_who_can_come_in_stands_on_the_page_with_its_label(leeszaal, client, name):
    leeszaal.step_free = ""
    setattr(leeszaal, name, "Dat is zo.")
    leeszaal.save()

    page = client.get("/wijken/oude-westen/leeszaal/").content.decode()

    assert f"<dt>{FACTS[name]}</dt><dd>Dat is zo.</dd>" in page
    assert page.count("Dat is zo.") == 1


def test_how_to_get_there_stands_once_with_the_address(leeszaal, client):
    leeszaal.transport = "Tram 4, halte Kruiskade."
    leeszaal.save()

    assert client.get("/wijken/oude-westen/leeszaal/").content.decode().count("Tram 4, halte Kruiskade.") == 1


def test_of_who_can_come_in_nothing_is_made_up(leeszaal, client):
    leeszaal.step_free = ""
    leeszaal.save()

    assert "Dat weten we nog niet. Vraag het even voor je komt." in client.get("/wijken/oude-westen/leeszaal/").content.decode()


@pytest.fixture
def photo(db) -> AbstractImage:
    return get_image_model().objects.create(title="foto", description="Een gevel.", file=get_test_image_file(size=(1200, 800)))


def test_a_photo_of_a_place_is_shown_with_its_words(leeszaal, client, photo):
    leeszaal.photo, leeszaal.photo_alt = photo, "De gevel met grote ramen."
    leeszaal.save()

    page = client.get("/wijken/oude-westen/leeszaal/").content.decode()

    assert re.findall(r'<img[^>]* alt="([^"]*)"', page) == ["De gevel met grote ramen."]


def test_a_photo_of_a_place_without_words_is_refused_with_a_sentence(leeszaal, photo):
    leeszaal.photo = photo

    with pytest.raises(ValidationError) as refused:
        leeszaal.clean()

    assert refused.value.message_dict == {"photo_alt": ["Schrijf in gewone woorden wat er op de foto staat, voor wie hem niet ziet."]}


def neighbourhoods(page: str) -> list[str]:
    return re.findall(r'<li class="\w+"><a href="[^"]+"><b>([^<]+)</b>', page)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Oude Westen", "Cool", "Groot IJsselmonde", "Crooswijk Één"]),
        ("west", ["Oude Westen"]),
        ("IJSSEL", ["Groot IJsselmonde"]),
        ("een", ["Crooswijk Één"]),
        ("kralingen crooswijk", ["Crooswijk Één"]),  # the area
        ("  leeszaal ", ["Oude Westen"]),  # a place in it
        ("zeppelin", []),
        ('"<script>%00', []),
        ("x" * 1000, []),
    ],
)
def test_a_neighbourhood_is_found_by_a_piece_of_its_name_its_area_or_a_place(leeszaal, index, client, q, found):
    for title, area in (("Cool", "Centrum"), ("Groot IJsselmonde", "IJsselmonde"), ("Crooswijk Één", "Kralingen-Crooswijk")):
        index.add_child(instance=NeighbourhoodPage(title=title, area=area))

    answer = client.get("/wijken/", {"q": q})

    assert answer.status_code == 200
    assert sorted(neighbourhoods(answer.content.decode())) == sorted(found)


def test_what_was_looked_for_is_said_and_leads_back_to_all(leeszaal, client):
    page = client.get("/wijken/?q=leeszaal").content.decode()

    assert "1 wijk met ‘leeszaal’." in page
    assert "<span>Leeszaal</span>" in page
    assert '<a href="/wijken/">Laat alle wijken zien</a>' in page
    assert "Geen wijk of plek met ‘zeppelin’." in client.get("/wijken/?q=zeppelin").content.decode()


def test_an_earlier_address_leads_to_the_present_one(leeszaal, client):
    leeszaal.slug = "leeszaal-west"
    leeszaal.save()

    answer = client.get("/wijken/oude-westen/leeszaal/")

    assert (answer.status_code, answer["Location"]) == (301, "/wijken/oude-westen/leeszaal-west/")
    assert Place.by_slug("leeszaal") == Place.by_slug("leeszaal-west")


def test_an_earlier_address_of_a_neighbourhood_leads_on_too(leeszaal, oude_westen, client):
    oude_westen.slug = "west"
    oude_westen.save()

    assert client.get("/wijken/oude-westen/leeszaal/")["Location"] == "/wijken/west/leeszaal/"


def test_a_slug_is_unique_on_the_whole_site(leeszaal, index):
    other = index.add_child(instance=NeighbourhoodPage(title="Cool", slug="cool"))
    page = PlacePage(title="Leeszaal", slug="leeszaal")
    page.set_url_path(other)

    with pytest.raises(ValidationError, match="Dit adres is al van een andere wijk of plek"):
        page.clean()


def test_half_a_point_is_refused_with_a_sentence(db):
    with pytest.raises(ValidationError, match="Vul breedtegraad en lengtegraad allebei in"):
        PlacePage(title="Huis", slug="huis", latitude=51.9).clean()


def test_the_editor_of_a_place_has_its_hours_and_people(leeszaal, admin_user):
    form = signed_in(admin_user).get(f"/cms/pages/{leeszaal.pk}/edit/", follow=True)

    assert form.status_code == 200
    page = form.content.decode()
    for label in ("Wanneer is het open?", "Uitzonderingen: feestdagen, vakantie", "Wie vind je hier?", "Kan iedereen erin?"):
        assert label in page
    for button in ("Voeg openingstijd toe", "Voeg inloopuur toe", "Zit hier als"):
        assert button in page


def test_dots_without_an_outline_lie_on_a_table_of_their_own(leeszaal, oude_westen, client):
    oude_westen.add_child(instance=PlacePage(title="Odeon", slug="odeon", latitude=51.915, longitude=4.464))

    page = client.get("/wijken/oude-westen/").content.decode()

    drawing = page[page.index('<svg class="outline"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert (drawing.count("<path"), drawing.count("<circle")) == (1, 2)


def test_one_dot_without_an_outline_is_no_drawing(leeszaal, client):
    assert '<svg class="outline"' not in client.get("/wijken/oude-westen/leeszaal/").content.decode()
