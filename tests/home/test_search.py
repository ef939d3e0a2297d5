"""One box, two lists: pages and meetings."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from home.models import HomePage, PlainPage
from places.models import Contact, NeighbourhoodIndexPage, NeighbourhoodPage, PlacePage
from tests import factories


@pytest.fixture
def site(db):
    """A place and a page that are found, and two that are not."""
    wijk = NeighbourhoodIndexPage.objects.get().add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))
    wijk.add_child(instance=PlacePage(title="Leeszaal", slug="leeszaal", street="Rijnhoutplein 3", lead="Een huiskamer vol boeken."))
    home = HomePage.objects.get()
    home.add_child(instance=PlainPage(title="Boeken ruilen", slug="ruilen"))
    home.add_child(instance=PlainPage(title="Boeken in het klad", slug="klad", live=False))
    call_command("rebuild_modelsearch_index", stdout=StringIO())


@pytest.mark.parametrize("q", ["leesz", "Leeszaal", "LEESZAAL", "Rijnhoutplein", "huiskamer", "leeszaal!"])
def test_a_page_is_found_by_the_start_of_its_title_and_by_its_words(site, client, q):
    assert 'href="/wijken/oude-westen/leeszaal/"' in client.get("/zoeken/", {"q": q}).content.decode()


@pytest.mark.parametrize("q", ["rolstoel", "gelijkvloers", "drempel", "Fatma"])
def test_a_place_is_found_by_what_it_has_and_by_who_you_meet_there(site, client, q):
    place = PlacePage.objects.get(slug="leeszaal")
    place.step_free, place.toilet = "Gelijkvloers, geen trap.", "Ja, bij de ingang."
    place.contacts.add(Contact(first_name="Fatma"))
    place.save()
    with translation.override("en"):  # as whoever saves it may have it
        call_command("rebuild_modelsearch_index", stdout=StringIO())

    assert 'href="/wijken/oude-westen/leeszaal/"' in client.get("/zoeken/", {"q": q}).content.decode()


def test_titles_come_before_texts_and_drafts_are_not_found(site, client):
    page = client.get("/zoeken/", {"q": "boeken"}).content.decode()

    assert page.index('href="/ruilen/"') < page.index('href="/wijken/oude-westen/leeszaal/"')
    assert page.count('href="/ruilen/"') == 1
    assert "klad" not in page


def test_meetings_have_a_list_of_their_own_without_the_unlisted(site, client):
    shown, hidden = factories.meeting(title="Boeken lezen"), factories.meeting(title="Boeken in stilte", visibility="met-link")
    for one in (shown, hidden):
        factories.occurrence(meeting=one, starts_at=timezone.now() + timedelta(days=2))
    call_command("rebuild_modelsearch_index", stdout=StringIO())

    page = client.get("/zoeken/", {"q": "boeken"}).content.decode()

    assert "Boeken lezen" in page
    assert "Boeken in stilte" not in page


@pytest.mark.parametrize("q", ['"', "\x00", "%", "&&", "' OR 1=1 --'"[:2], "   ", "é" * 81])
def test_what_has_nothing_to_look_for_gets_a_sentence(site, client, q):
    answer = client.get("/zoeken/", {"q": q})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(
    "q", ["koffie' OR '1'='1", "a:b", "(leeszaal", "lees*", "NOT", "AND OR", "-leeszaal", "leeszaal -", "o'neill", "早"]
)
def test_no_word_breaks_the_search(site, client, q):
    assert client.get("/zoeken/", {"q": q}).status_code == 200


@pytest.mark.parametrize("path", ["/zoeken/", "/en/zoeken/"])
def test_the_box_alone(site, client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert 'name="q"' in answer.content.decode()
    assert "noindex" in answer.content.decode()
