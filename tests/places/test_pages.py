"""Pages of wijken and plekken: what they write, what they show, where an old address leads."""

from __future__ import annotations

from datetime import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError

from places.models import Contact, Neighbourhood, NeighbourhoodPage, OpeningHours, Place, PlacePage, WalkInHours

OUTLINE = {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.47, 51.91], [4.47, 51.92], [4.46, 51.91]]]}


@pytest.fixture
def oude_westen(index) -> NeighbourhoodPage:
    return index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen", area="Centrum", lead="Bij de Kruiskade."))


@pytest.fixture
def leeszaal(oude_westen) -> PlacePage:
    page = PlacePage(
        title="Leeszaal", slug="leeszaal", street="Rijnhoutplein 3", latitude=51.917, longitude=4.467, step_free="Geen drempel."
    )
    page.opening_hours = [OpeningHours(weekday=day, since=time(0), until=time(0)) for day in range(7)]
    fatima = Contact(first_name="Fatima", about="Kent de wijk.", phone="0600000000")
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
        "Rijnhoutplein 3",
        "Fatima",
        "Dinsdag en donderdag, 10:00\u00a0–\u00a013:00",
        "tel:0600000000",
        "Geen drempel.",
    ):
        assert text in page


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


def test_the_editor_of_a_place_has_its_hours_and_people(leeszaal, admin_client, admin_user):
    Authenticator.objects.create(user=admin_user, type=Authenticator.Type.TOTP, data={})  # the CMS opens with a second factor only
    form = admin_client.get(f"/cms/pages/{leeszaal.pk}/edit/", follow=True)

    assert form.status_code == 200
    page = form.content.decode()
    for label in ("Wanneer is het open?", "Uitzonderingen: feestdagen, vakantie", "Wie vind je hier?", "Kan iedereen erin?"):
        assert label in page


def test_dots_without_an_outline_lie_on_a_table_of_their_own(leeszaal, oude_westen, client):
    oude_westen.add_child(instance=PlacePage(title="Odeon", slug="odeon", latitude=51.915, longitude=4.464))

    page = client.get("/wijken/oude-westen/").content.decode()

    drawing = page[page.index('<svg class="outline"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert (drawing.count("<path"), drawing.count("<circle")) == (1, 2)


def test_one_dot_without_an_outline_is_no_drawing(leeszaal, client):
    assert '<svg class="outline"' not in client.get("/wijken/oude-westen/leeszaal/").content.decode()
