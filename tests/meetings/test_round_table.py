"""The drawing of the table: everyone on a chair of their own, in few bytes."""

import re
from random import Random
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from meetings.round_table import Table, chairs_for, layout, mini, sentence, size, svg
from places.models.rows import Chair

SEATS = ["bewoner", "praktijk", "bewoner", "beleid", "bewoner", "praktijk", "bewoner", None]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 12, 13, 24, 25, 60, 61, 110, 111, 200])
def test_every_chair_has_a_place_of_its_own_and_the_last_is_at_the_bottom(n):
    plan = layout(n)

    assert sorted(plan.place_of) == list(range(n))
    assert plan.place_of[-1] == 0


@pytest.mark.parametrize("capacity", [1, 12, 24, 60, 200, 450, 5000, None])
@pytest.mark.parametrize("taken", [0, 1, 30])
def test_the_drawing_is_well_formed_and_has_no_style(capacity, taken):
    taken = min(taken, capacity or taken)
    table = Table(["bewoner"] * taken, capacity, taken)
    drawing = svg(table, mine=[0] if taken else [])
    chairs, people_a_chair = size(table)

    ElementTree.fromstring(drawing)
    assert "style=" not in drawing
    assert drawing.count('class="seat ') == chairs <= 200
    assert chairs * people_a_chair >= (capacity or taken)


@pytest.mark.parametrize(("chairs", "most"), [(12, 3000), (24, 5200), (40, 3850), (60, 5450)])
def test_a_drawing_takes_few_bytes(chairs, most):
    drawing = svg(Table(["praktijk"] * chairs, chairs, chairs, chair="klapstoel"))

    assert len(drawing) < most


def test_the_sentence_says_what_the_drawing_shows():
    assert (
        sentence(Table(SEATS, 12, 7))
        == "7 van de 12 stoelen bezet: 4 bewoners, 2 uit de praktijk, 1 van beleid. En een stoel extra voor wie zo binnenloopt."
    )
    assert sentence(Table([], 12, 0, extra_chair=False)) == "Nog niemand aan tafel. Alle stoelen zijn vrij."
    assert (
        sentence(Table(["mens"] * 12, 12, 12, is_split=False))
        == "12 van de 12 stoelen bezet. Vol op de lijst. Loop gerust binnen: er staat een stoel extra."
    )
    assert sentence(Table(["mens"], None, 1, is_split=False, extra_chair=False)) == "1 mens aan tafel."


def test_the_extra_chair_is_no_seat_and_can_be_left_out():
    with_it = svg(Table(SEATS, 12, 7))
    without = svg(Table(SEATS, 12, 7, extra_chair=False))

    assert "stoel-extra" in with_it
    assert "stoel-extra" not in without
    assert len(re.findall(r'class="seat ', with_it)) == 12


@pytest.mark.parametrize("chair", ["", *Chair.values])
def test_a_place_has_a_chair_of_its_own_and_each_drawing_stands_on_every_page(chair):
    drawing = svg(Table(SEATS, 12, 7, chair=chair))
    (name,) = re.findall(r'href="#(stoel-extra[a-z-]*)"', drawing)
    shapes = render_to_string("_shapes.html")

    assert name == (f"stoel-extra-{chair}" if chair else "stoel-extra")
    (shape,) = re.findall(rf'<g id="{name}".*', shapes)
    assert "coat" in shape or 'href="#jas"' in shape


def test_your_own_chair_is_turned_to_the_bottom_and_no_chair_asks_for_you():
    drawing = svg(Table(SEATS, 12, 7), mine=[3])

    assert re.search(r'<g transform="rotate\(90\)"><g class="seat policy mine" data-chair="3">', drawing)
    assert "jij?" not in drawing


@pytest.mark.parametrize("chairs", [40, 120, 200])
def test_your_own_chair_in_a_big_room_is_large_lies_at_the_bottom_on_top_and_has_a_card(chairs):
    room = ElementTree.fromstring(svg(Table(["bewoner"] * 30, chairs, 30), mine=[7, 8]))
    dots = [one for one in room.iter() if (one.get("class") or "").startswith("seat ")]
    card = [one for one in room.iter() if one.get("class") == "card"]

    own, beside = dots[-1], dots[-2]
    assert (own.get("class"), own.get("data-chair"), own.get("href")) == ("seat resident mine", "7", "#stoel-bewoner")
    assert re.fullmatch(r"translate\(-?0 [1-9]\d+\)scale\(2\.2\)", own.get("transform"))
    assert (beside.get("class"), beside.get("data-chair")) == ("seat resident mine beside", "8")
    assert beside.get("transform").endswith("scale(1.5)")
    assert [text.text for text in card[0] if text.tag == "text"] == ["jij"]


def test_a_freed_number_is_used_again_first():
    assert chairs_for(1, {0, 2, 3}, 12) == [1]
    assert chairs_for(2, set(), None)[0] == 0
    assert len(set(chairs_for(5, {1, 2}, 7))) == 5


def are_neighbours(chairs: list[int], n: int) -> bool:
    places = {layout(n).place_of[number] for number in chairs}
    return any(places == {(first + i) % n for i in range(len(chairs))} for first in range(n))


@pytest.mark.parametrize("n", range(2, 25))
def test_a_party_sits_side_by_side_wherever_the_table_has_room_for_that(n):
    random = Random(n)
    for _ in range(60):
        taken = set(random.sample(range(n), random.randrange(n)))
        free = [number for number in range(n) if number not in taken]
        for party in range(2, min(5, len(free)) + 1):
            rows = [[(first + i) % n for i in range(party)] for first in range(n)]
            together = [{layout(n).place_of.index(place) for place in row} for row in rows]
            together = [row for row in together if row <= set(free)]
            chairs = chairs_for(party, taken, n)
            assert len(set(chairs)) == party
            assert set(chairs) <= set(free)
            if together:
                assert are_neighbours(chairs, n)
                assert n - 1 not in chairs or all(n - 1 in row for row in together)  # it waits for whoever looks


def test_a_party_gets_the_chair_that_waits_for_whoever_looks_only_to_sit_together():
    assert chairs_for(3, set(range(10)), 24) != [10, 21, 12]  # 21 | 10 | the last one | 12
    assert are_neighbours(chairs_for(3, set(range(10)), 24), 24)
    beside = [layout(12).place_of.index(place) for place in (2, 1, 0)]
    assert chairs_for(2, set(range(12)) - set(beside), 12) == sorted(beside[:2])
    assert set(chairs_for(3, set(range(12)) - set(beside), 12)) == set(beside)


def test_who_brings_more_people_later_keeps_their_chair_and_has_them_beside_it():
    later = chairs_for(3, set(), 12, keep=[4])

    assert later[0] == 4
    assert are_neighbours(later, 12)


def test_the_small_table_fills_by_share():
    assert mini(6, 12).count('class="on"') == 6
    assert mini(0, None).count('class="on"') == 0
