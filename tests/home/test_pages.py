"""The front page, plain pages and stories: what an editor puts together is what a visitor sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail import blocks
from wagtail.blocks import StreamValue
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Site

from home.models import FootLink, HomePage, PlainPage, SiteSettings, StoryIndexPage, StoryPage
from meetings.models.choices import Kind
from places.blocks import CallBlock, PictureBlock
from places.models import Contact, NeighbourhoodIndexPage, NeighbourhoodPage, PlacePage, WalkInHours
from tests import factories
from tests.staff import signed_in


@pytest.fixture
def home(db) -> HomePage:
    return HomePage.objects.get()


@pytest.fixture
def boss(admin_user) -> Client:
    return signed_in(admin_user)


@pytest.fixture
def oude_westen(home) -> NeighbourhoodPage:
    return NeighbourhoodIndexPage.objects.get().add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))


@pytest.fixture
def leeszaal(oude_westen) -> PlacePage:
    page = PlacePage(title="Leeszaal", slug="leeszaal", latitude=51.917, longitude=4.467)
    fatima = Contact(first_name="Fatima")
    fatima.walk_in_hours = [WalkInHours(week=1, weekday=2, since=time(10), until=time(13))]
    page.contacts = [fatima, Contact(first_name="Joke")]
    return oude_westen.add_child(instance=page)


def shown(client: Any, home: HomePage, *body: tuple[str, Any]) -> str:
    """The page of these blocks, as a visitor gets it."""
    home.add_child(instance=PlainPage(title="Hoe het werkt", slug="hoe", body=list(body)))
    answer = client.get("/hoe/")
    assert answer.status_code == 200
    return answer.content.decode()


def soon(title: str, place: Any, kind: str = Kind.ACTIVITY) -> None:
    meeting = factories.meeting(title=title, place=place, kind=kind)
    factories.occurrence(meeting=meeting, starts_at=timezone.now() + timedelta(days=2))


def test_coming_meetings_are_those_of_the_chosen_neighbourhood_place_and_kind(client, home, oude_westen, leeszaal):
    soon("Brieven lezen", leeszaal.place)
    soon("Wie zorgt er?", leeszaal.place, Kind.SESSION)
    soon("Ergens anders", factories.place())

    every = {"heading": "", "neighbourhood": None, "place": None, "kind": "", "number": 4}
    page = shown(client, home, ("coming", every | {"heading": "Straks hier", "neighbourhood": oude_westen, "kind": "ontmoeting"}))

    assert "Straks hier" in page
    assert "Wie zorgt er?" in page
    assert "Brieven lezen" not in page
    assert "Ergens anders" not in page
    home.get_children().get(slug="hoe").delete()
    page = shown(client, home, ("coming", every | {"place": leeszaal}))
    assert "Brieven lezen" in page
    assert "Ergens anders" not in page


def test_as_many_coming_meetings_are_shown_as_an_editor_chose(client, home, leeszaal):
    for title in ("Brieven lezen", "Soep", "Koor"):
        soon(title, leeszaal.place)

    page = shown(client, home, ("coming", {"heading": "", "neighbourhood": None, "place": None, "kind": "", "number": 2}))

    assert sum(title in page for title in ("Brieven lezen", "Soep", "Koor")) == 2


def test_a_picture_is_shown_with_the_words_of_this_page_and_its_caption(client, home):
    image = get_image_model().objects.create(title="foto", description="Een tafel.", file=get_test_image_file(size=(1200, 800)))
    chosen = {"image": image, "alt_text": "Een lange tafel met soep.", "decorative": False}

    page = shown(client, home, ("picture", {"image": chosen, "caption": "De soep van vorige week."}))

    picture = page[page.index("<picture") : page.index("</figure>")]
    assert re.findall(r'alt="([^"]*)"', picture) == ["Een lange tafel met soep."]
    assert re.search(r'srcset="[^"]+\.webp 480w, [^"]+\.webp 960w"', picture)
    assert 'loading="lazy"' in picture
    assert '<figcaption class="note">De soep van vorige week.</figcaption>' in picture


@pytest.mark.parametrize("is_decorative", [False, True])
def test_a_picture_without_words_is_refused_also_when_it_is_called_decorative(db, is_decorative):
    image = get_image_model().objects.create(title="foto", file=get_test_image_file())
    block = PictureBlock()

    with pytest.raises(StructBlockValidationError) as refused:
        block.clean(block.normalize({"image": {"image": image, "alt_text": " ", "decorative": is_decorative}, "caption": ""}))

    error = refused.value.block_errors["image"].block_errors["alt_text"]
    assert error.messages == ["Schrijf wat er op de foto staat."]


def test_a_page_that_kept_a_decorative_picture_shows_its_description_and_still_opens(client, boss, home):
    image = get_image_model().objects.create(title="foto", description="Een tafel.", file=get_test_image_file(size=(1200, 800)))
    page = home.add_child(instance=PlainPage(title="Oud", slug="oud"))
    kept = {"image": {"image": image.pk, "decorative": True, "alt_text": ""}, "caption": ""}
    page.body = StreamValue(page.body.stream_block, [{"type": "picture", "value": kept}], is_lazy=True)
    page.save()

    shown = client.get("/oud/").text

    assert re.findall(r'alt="([^"]*)"', shown[shown.index("<picture") : shown.index("</figure>")]) == ["Een tafel."]
    form = boss.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    assert "decoratief" not in form.text
    assert "places/described_image" in form.text


def every_block(block: blocks.Block) -> Iterator[blocks.Block]:
    children = [*getattr(block, "child_blocks", {}).values(), *([block.child_block] if hasattr(block, "child_block") else [])]
    for child in children:
        yield child
        yield from every_block(child)


def test_every_field_of_a_block_has_a_label_of_ours_with_a_capital():
    labels = {block.name: str(block.label) for block in every_block(PlainPage._meta.get_field("body").stream_block) if block.name}

    assert [label for label in labels.values() if label[0] != label[0].upper() or label in ("Image", "Alt text")] == []
    assert (labels["image"], labels["alt_text"], labels["first_name"]) == ("Welke foto", "Wat er op de foto staat", "Voornaam")


def test_the_editor_of_a_page_offers_no_round_of_approval(boss, home):
    page = home.add_child(instance=PlainPage(title="Hoe het werkt", slug="hoe"))

    form = boss.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).text

    assert "action-publish" in form
    assert "Moderators" not in form


def test_nothing_coming_is_a_sentence_and_no_empty_list(client, home):
    page = shown(client, home, ("coming", {"heading": "", "neighbourhood": None, "place": None, "kind": "", "number": 4}))

    assert "Er staat nu niets in de agenda." in page
    assert '<ul class="rows">' not in page


def test_text_quote_people_map_and_button_are_shown(client, home, leeszaal):
    page = shown(
        client,
        home,
        ("text", "<h2>Zo gaat het</h2><p>Je komt binnen.</p>"),
        ("quote", {"quote": "Je gaat zitten en het komt.", "who": "Iemand van de tafel"}),
        ("people", [{"first_name": "Ömer", "about": "Kent de straat."}]),
        ("map", {"place": leeszaal}),
        ("call", {"text": "Loop binnen", "page": leeszaal, "address": ""}),
    )

    for text in ("<h2>Zo gaat het</h2>", "‘Je gaat zitten en het komt.’", "Iemand van de tafel", "Ömer", "Leeszaal</a></b>"):
        assert text in page
    assert '<a class="button large" href="/wijken/oude-westen/leeszaal/">Loop binnen</a>' in page


def test_a_button_that_leads_nowhere_is_refused():
    with pytest.raises(ValidationError):
        CallBlock().clean({"text": "Kom", "page": None, "address": ""})


def test_the_front_page_shows_the_first_table_the_chosen_wijken_and_who_can_be_found(client, home, oude_westen, leeszaal):
    soon("Wie zorgt er?", leeszaal.place, Kind.SESSION)
    home.chosen_neighbourhoods.create(page=oude_westen)
    home.save()

    page = client.get("/").content.decode()

    assert "Wie zorgt er?" in page[page.index('class="table-figure"') :]
    assert '<a href="/wijken/oude-westen/"><b>Oude Westen</b>' in page
    assert "Eerste woensdag van de maand, 10:00\u00a0–\u00a013:00" in page
    assert "Joke" not in page  # no hours to walk in


def test_a_story_stands_with_its_neighbourhood(client, home, oude_westen):
    index = home.add_child(instance=StoryIndexPage(title="Verhalen", slug="verhalen"))
    index.add_child(instance=StoryPage(title="Het bankje mag blijven", slug="bankje", neighbourhood=oude_westen.neighbourhood))
    index.add_child(instance=StoryPage(title="Nog niet af", slug="klad", live=False))

    for path in ("/verhalen/", "/wijken/oude-westen/", "/en/wijken/oude-westen/"):
        page = client.get(path).content.decode()
        assert "Het bankje mag blijven" in page
        assert "Nog niet af" not in page
    assert client.get("/verhalen/bankje/").status_code == client.get("/en/verhalen/bankje/").status_code == 200


def test_name_foot_and_contact_are_what_an_editor_decided(client, home):
    home.add_child(instance=PlainPage(title="Jouw gegevens", slug="gegevens"))
    settings = SiteSettings.for_site(Site.objects.get())
    settings.name, settings.foot_call, settings.contact_name, settings.contact_phone = "Aan tafel", "Kom je ook?", "Fatima", "010 1234567"
    settings.save()
    FootLink.objects.create(settings=settings, text="Over jou", page=home.get_children().get(slug="gegevens"))

    page = client.get("/gegevens/").content.decode()

    assert "<title>Jouw gegevens · Aan tafel</title>" in page
    for text in ("Kom je ook?", 'Fatima: <a href="tel:0101234567">010 1234567<', '<a href="/gegevens/">Over jou</a>'):
        assert text in page
