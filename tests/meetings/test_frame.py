"""A live frame stays under 6,000 bytes, whoever sits there; what it leaves out, the page fetches."""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from meetings import table
from meetings.models import NameVisibility, Occurrence, SignUp
from tests.factories import NOW, keyring, meeting, occurrence

pytestmark = pytest.mark.django_db
PERSPECTIVES = ("bewoner", "praktijk", "beleid")


def full_table(chairs: int, name: str = "Wilhelmina van den Berg-Groot, buur {:04}", capacity: bool = True) -> Occurrence:
    """A table where everybody shows a name of forty letters to everyone, at an address as long as they get."""
    assert len(name.format(0)) == 40
    made = occurrence(meeting=meeting(slug="m" * 90), capacity=chairs if capacity else None)
    SignUp.objects.bulk_create(
        SignUp(
            occurrence=made,
            keyring=keyring(),
            perspective=PERSPECTIVES[n % 3],
            state=SignUp.State.SEATED,
            chairs=[n],
            queued_at=NOW,
            name=name.format(n),
            name_visibility=NameVisibility.EVERYONE,
        )
        for n in range(chairs)
    )
    made.seats_resident, made.seats_practice, made.seats_policy = (len(range(at, chairs, 3)) for at in range(3))
    made.waiting = 1234
    made.save()
    return made


def frame(made: Occurrence, audience: str = table.PUBLIC) -> str:
    text = table.frame(made, audience, NOW)
    assert len(text.encode()) <= 6000
    assert 'data-taken="' in text
    assert "#tafel-zin" in text
    return text


@pytest.mark.parametrize("audience", [table.PUBLIC, table.TABLE, table.HOST])
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("chairs", [1, 12, 18, 23, 24, 40, 60])
def test_a_frame_of_sixty_chairs_at_most_has_its_drawing(chairs, language, audience):
    made = full_table(chairs)
    with translation.override(language):
        text = frame(made, audience)

    assert text.count('class="seat ') == chairs
    assert 'data-drawing="page"' not in text
    names = text.count("Wilhelmina")
    assert names in (0, chairs)
    assert ('data-names="page"' in text) is ("wie-komen" not in text) is (names == 0)
    if chairs <= 12:
        assert names == chairs


@pytest.mark.parametrize(("chairs", "capacity"), [(61, True), (150, True), (60, False), (900, False)])
def test_a_frame_of_a_bigger_room_carries_counts(chairs, capacity):
    text = frame(full_table(chairs, capacity=capacity))

    assert f'data-taken="{chairs}"' in text
    assert 'data-drawing="page"' in text
    assert "<svg" not in text.partition("</section>")[0]


def test_long_names_in_any_writing_fit():
    made = full_table(12, name="“&<" * 12 + "{:04}")

    assert 'data-names="page"' in frame(made)


def test_a_list_of_names_ends_and_says_how_many_more_there_are(client):
    made = full_table(900, capacity=False)

    html = client.get(made.get_absolute_url()).content.decode()

    listed = re.search(r'<div class="stack" id="wie-komen">(.*?)</div>', html, re.DOTALL)
    assert listed
    assert listed[1].count("<li>") == 60
    assert "En nog 840 mensen." in listed[1]
    assert "Zij houden hun naam liever aan tafel." not in listed[1]
    assert len(html) < 60_000
    for audience in (table.TABLE, table.HOST):
        view = table.TableView(made, audience, NOW)
        assert (len(view.lines), view.beyond, view.has_more) == (60, 840, True)


@pytest.mark.parametrize(
    ("hours", "audience", "is_split"),
    [(1, table.PUBLIC, True), (-1, table.PUBLIC, False), (-1, table.TABLE, False), (-30, table.PUBLIC, False), (-30, table.HOST, True)],
    ids=["to come", "begun", "begun, at the table", "past", "past, whoever receives"],
)
def test_outside_no_perspective_is_shown_of_a_date_that_began(hours, audience, is_split):
    made = full_table(6)
    made.starts_at, made.ends_at = NOW + timedelta(hours=hours), NOW + timedelta(hours=hours + 2)
    made.save()

    text = frame(made, audience)

    assert ('href="#stoel-bewoner"' in text) is is_split
    assert ("2 bewoners" in text) is is_split
