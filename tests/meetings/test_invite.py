"""Nodig uit: the people who do it together with you."""

from datetime import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meetings.views.invite import MOST
from places.models import Contact, Neighbourhood, NeighbourhoodIndexPage, NeighbourhoodPage, Place, PlacePage, WalkInHours

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> PlacePage:
    row = Neighbourhood.objects.create(name="Bospolder", slug="bospolder")
    neighbourhood = NeighbourhoodIndexPage.objects.get().add_child(
        instance=NeighbourhoodPage(title="Bospolder", slug="bospolder", neighbourhood=row)
    )
    place = Place.objects.create(name="Huis", slug="huis", neighbourhood=row)
    return neighbourhood.add_child(instance=PlacePage(title="Huis", slug="huis", place=place))


def add(page: PlacePage, *names: str, hours: int = 1) -> None:
    for name in names:
        contact = Contact.objects.create(page=page, first_name=name)
        for day in range(hours):
            WalkInHours.objects.create(contact=contact, weekday=day, since=time(10), until=time(13))


def test_who_has_walk_in_hours_is_there_once_and_who_has_none_is_not(page, client):
    add(page, "Fatima", hours=3)
    add(page, "Henk", hours=0)

    text = client.get("/agenda/nieuw/").text

    assert text.count("Fatima") == 1
    assert "Henk" not in text


def test_a_city_of_people_is_not_read_to_show_some(page, client):
    client.get("/agenda/nieuw/")
    add(page, *(f"Buur {n}" for n in range(MOST + 6)))

    with CaptureQueriesContext(connection) as queries:
        text = client.get("/agenda/nieuw/").text

    assert text.count("Buur ") == MOST
    (asked,) = [query["sql"] for query in queries if 'FROM "places_contact"' in query["sql"]]
    assert f"LIMIT {MOST}" in asked
