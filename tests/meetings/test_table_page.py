"""What the page of a date says of its table: each thing once, and the chair for who walks in only where it stands."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from meetings.models import Meeting, NameVisibility, Occurrence, SignUp
from places.models import Contact, NeighbourhoodIndexPage, NeighbourhoodPage, PlacePage
from tests.factories import keyring, meeting, occurrence, place

pytestmark = pytest.mark.django_db

THIS_CHAIR = "Deze stoel is voor wie zo binnenloopt."
WALK_IN = "Loop gerust binnen"


def table(hours: float = 48, seated: tuple[str, ...] = (), **fields) -> Occurrence:
    """A table that begins so many hours from now, with somebody on a chair for each perspective."""
    made = occurrence(starts_at=timezone.now() + timedelta(hours=hours), **{"capacity": 4} | fields)
    for number, perspective in enumerate(seated):
        SignUp.objects.create(
            occurrence=made,
            keyring=keyring(),
            perspective=perspective,
            state=SignUp.State.SEATED,
            chairs=[number],
            queued_at=timezone.now(),
            name="Annie" if not number else "",
            name_visibility=NameVisibility.EVERYONE,
        )
    for perspective, column in (("bewoner", "seats_resident"), ("praktijk", "seats_practice"), ("beleid", "seats_policy")):
        setattr(made, column, seated.count(perspective))
    made.save()
    return made


def page(client, made: Occurrence, prefix: str = "") -> str:
    answer = client.get(prefix + made.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_numbers_of_a_table_are_said_once_and_the_shapes_are_explained_beside_it(client):
    html = page(client, table(seated=("bewoner", "bewoner", "praktijk")))

    assert 'id="tafel-zin">3 van de 4 stoelen bezet: 2 bewoners, 1 uit de praktijk.' in html
    assert html.count("2 bewoners") == html.count("1 uit de praktijk") == 1
    legend = re.search(r'<ul class="legend">(.*?)</ul>', html)
    assert legend
    assert re.findall(r"<span>(\w+)</span>", legend[1]) == ["bewoner", "praktijk", "beleid"]


@pytest.mark.parametrize("fields", [{"kind": "activiteit"}, {"total_only": True}, {"hours": -1}, {"status": Occurrence.Status.CANCELLED}])
def test_where_perspectives_are_not_shown_no_shapes_are_explained(client, fields):
    assert 'class="legend"' not in page(client, table(seated=("bewoner",), **fields))


@pytest.mark.parametrize(
    ("fields", "says", "says_not"),
    [
        ({}, [THIS_CHAIR, "En een stoel extra voor wie zo binnenloopt.", "Of loop gewoon binnen: er staat een stoel extra."], []),
        ({"capacity": None}, [THIS_CHAIR, "Loop zo binnen"], []),
        ({"capacity": 1, "seated": ("bewoner",)}, ["Vol op de lijst. Loop gerust binnen: er staat een stoel extra."], [THIS_CHAIR]),
        ({"hours": -1}, ["Dit is al begonnen. Loop gerust binnen."], ["stoel extra", THIS_CHAIR]),
        ({"is_closed": True}, ["De lijst is dicht. Loop gerust binnen."], [THIS_CHAIR]),
        ({"extra_chair": False}, [], ["stoel extra", THIS_CHAIR, "oop gewoon binnen"]),
        ({"extra_chair": False, "capacity": None}, ["Iedereen kan erbij"], ["stoel extra", THIS_CHAIR, "Loop zo binnen"]),
        ({"extra_chair": False, "capacity": 1, "seated": ("bewoner",)}, ["Vol. De wachtlijst is open."], ["stoel extra", WALK_IN]),
        ({"extra_chair": False, "capacity": 1, "seated": ("bewoner",), "hours": -1}, ["Dit is al begonnen."], ["stoel extra", WALK_IN]),
        ({"extra_chair": False, "hours": -1}, ["Dit is al begonnen. Loop gerust binnen."], ["stoel extra"]),  # chairs are free
        ({"status": Occurrence.Status.CANCELLED}, ["Dit gaat niet door."], ["stoel extra", THIS_CHAIR, WALK_IN, "oop gewoon binnen"]),
        ({"hours": -9}, ["Dit is al geweest."], ["stoel extra", THIS_CHAIR, WALK_IN, "oop gewoon binnen"]),
    ],
    ids=[
        "free",
        "no limit",
        "full",
        "begun",
        "list closed",
        "switched off",
        "switched off, no limit",
        "switched off, full",
        "switched off, full and begun",
        "switched off, begun",
        "cancelled",
        "past",
    ],
)
def test_who_walks_in_is_told_of_a_chair_where_there_is_one(client, fields, says, says_not):
    html = page(client, table(**fields))

    for text in says:
        assert text in html
    for text in says_not:
        assert text not in html


@pytest.mark.parametrize("fields", [{"hours": -9}, {"status": Occurrence.Status.CANCELLED}])
def test_a_table_that_is_over_says_how_many_were_on_the_list_and_asks_nobody(client, fields):
    html = page(client, table(seated=("bewoner", "praktijk"), **fields))

    assert "Jij kiest" not in html
    assert "mensen komen" not in html
    assert ("2 mensen stonden op de lijst." if fields.get("hours") else "En nog 1 iemand.") in html


def test_a_date_that_moved_says_when_it_was_to_be(client):
    made = table()
    assert "Verplaatst." not in page(client, made)
    Occurrence.objects.update(
        starts_at=datetime(2031, 12, 9, 9, 0, tzinfo=UTC),
        ends_at=datetime(2031, 12, 9, 11, 0, tzinfo=UTC),
        recurrence_at=datetime(2031, 12, 16, 9, 0, tzinfo=UTC),
        date_key="2031-12-16",
    )
    made.refresh_from_db()

    assert "<b>Verplaatst.</b> Eerst was het dinsdag 16 december om 10:00.</p>" in page(client, made)
    by_its_new_day = client.get(made.get_absolute_url().replace("-16/", "-09/"), follow=True)
    assert by_its_new_day.redirect_chain == [(made.get_absolute_url(), 302)]
    assert "Verplaatst." in by_its_new_day.text
    assert "This date was moved." in page(client, made, "/en")


def test_who_has_a_chair_is_offered_no_poster_of_their_own_page(client):
    made = table()
    assert "Print als poster" in page(client, made)

    client.post(made.get_absolute_url() + "aanschuiven/", {"perspectief": "bewoner"})

    html = page(client, made)
    assert "Je zit aan tafel." in html
    assert "poster" not in html


def test_on_an_english_page_what_was_written_in_dutch_says_so(client):
    made = table(
        meeting=meeting(title="Wie zorgt er?", text="Kom erbij.", audience="iedereen", place=place(name="Leeszaal")),
        status=Occurrence.Status.CANCELLED,
        reason="de zaal is dicht",
    )
    series, date = made.meeting.get_absolute_url(), made.get_absolute_url()

    for path in (series, date):
        html = client.get(f"/en{path}").content.decode()
        assert '<h1 lang="nl">Wie zorgt er?</h1>' in html
        assert re.search(r'<div class="[\w ]+" lang="nl"><p>Kom erbij.</p></div>', html)
    assert '<span lang="nl">iedereen</span>' in html
    assert '<span lang="nl">De zaal is dicht.</span>' in html
    assert 'lang="nl">Leeszaal</span>' in html
    assert re.search(r'<h3><a href="[^"]+" lang="nl">Wie zorgt er\?', client.get("/en/agenda/").content.decode())


def test_a_dutch_page_repeats_its_language_nowhere(client):
    made = table()
    Meeting.objects.update(text="Kom erbij.")

    assert ' lang="nl"' not in page(client, made).partition("<main")[2]


def test_the_page_of_a_place_is_linked_while_everybody_may_see_it(client):
    index = NeighbourhoodIndexPage.objects.get()
    west = index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))
    leeszaal = west.add_child(instance=PlacePage(title="Leeszaal", slug="leeszaal"))
    made = table(meeting=meeting(place=leeszaal.place))
    assert '<a href="/wijken/oude-westen/leeszaal/">Leeszaal</a>' in page(client, made)

    leeszaal.unpublish()  # as on the day it was to end: in the CMS coming dates keep it
    Occurrence.objects.update(version=made.version + 1)

    html = page(client, made)
    assert "/wijken/oude-westen/leeszaal/" not in html
    assert "<span>Leeszaal</span>" in html


def test_whom_to_ask_has_a_number_that_can_be_read_and_a_place_that_is_linked_while_it_is_there(client):
    wijk = NeighbourhoodIndexPage.objects.get().add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))
    leeszaal = wijk.add_child(instance=PlacePage(title="Leeszaal", slug="leeszaal"))
    leeszaal.contacts.add(Contact(first_name="Fatima", phone="06 00 00 00 00"))
    leeszaal.save()
    made = occurrence(starts_at=timezone.now() + timedelta(days=2), meeting=meeting(contact=leeszaal.contacts.get()))

    there = page(client, made)
    PlacePage.objects.update(live=False)
    gone = page(client, made)

    assert 'href="tel:0600000000">Bel of app mij: 06\u00a000\u00a000\u00a000\u00a000</a>' in there
    assert '<a href="/wijken/oude-westen/leeszaal/">Leeszaal</a>' in there
    assert "<span>Leeszaal</span>" in gone
    assert "/wijken/oude-westen/leeszaal/" not in gone


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(hours=3), r"22:00&nbsp;–&nbsp;01:00"),
        (timedelta(days=2), r"22:00&nbsp;– zaterdag 5 januari, <span class=\"nowrap\">22:00"),
    ],
    ids=["past midnight", "days"],
)
def test_the_end_of_what_lasts_days_has_its_day(client, duration, said):
    assert re.search(said, page(client, occurrence(starts_at=datetime(2030, 1, 3, 21, 0, tzinfo=UTC), duration=duration)))


@pytest.mark.parametrize(("fields", "said"), [({}, "Loop zo binnen"), ({"extra_chair": False, "capacity": 1}, "")])
def test_a_row_of_what_is_going_on_counts_no_chairs_that_can_be_taken(client, fields, said):
    table(hours=-0.5, seated=("bewoner",), **fields)

    html = client.get("/agenda/").text

    assert re.search(r'<p class="free">(.*?)</p>', html)[1] == said
