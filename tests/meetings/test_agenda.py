"""The one filter: what it reads, what it refuses, and what no list ever shows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from modelsearch import index

from meetings import agenda
from meetings.agenda import BadFilter, Filter
from meetings.models import Initiative, Kind, Meeting, Occurrence, Visibility
from tests.factories import NOW, meeting, neighbourhood, occurrence, place

pytestmark = pytest.mark.django_db


def found(query: str, now: datetime = NOW, size: int = 20) -> list[Occurrence]:
    return Filter.from_query(QueryDict(query)).page(now=now, size=size).items


def walk(query: str, size: int) -> list[Occurrence]:
    """Every date of a choice, page after page."""
    rows, cursor = [], ""
    for _page in range(100):
        page = Filter.from_query(QueryDict(f"{query}&na={cursor}")).page(now=NOW, size=size)
        rows += page.items
        if page.next_cursor is None:
            return rows
        cursor = page.next_cursor
    raise AssertionError(f"no last page after {len(rows)} rows")


def index_as_the_worker_does(*meetings: Meeting) -> None:
    for made in meetings:
        index.insert_or_update_object(made)


def at(hours: float, **fields) -> Occurrence:
    return occurrence(starts_at=NOW + timedelta(hours=hours), **fields)


def test_without_a_day_the_agenda_shows_what_ends_after_now_soonest_first():
    at(-5)
    later, now_on, soon = at(50), at(-1), at(2)

    assert found("") == [now_on, soon, later]


AFTER_MIDNIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # half past midnight on Thursday in Rotterdam


@pytest.mark.parametrize(
    ("hours", "lasts"),
    [(2.5, 3), (50, 72), (24 * 13.9, 24 * 14)],
    ids=["begun late last night", "its third day", "the last of a fortnight"],
)
@pytest.mark.parametrize("query", ["", "wanneer=vandaag", "wanneer=week", "plek=hier", "tot=2026-11-27"])
def test_what_began_before_today_and_is_still_on_comes_first(query, hours, lasts):
    feast = meeting(place=place(slug="hier"))
    on = occurrence(meeting=feast, starts_at=AFTER_MIDNIGHT - timedelta(hours=hours), duration=timedelta(hours=lasts))
    occurrence(meeting=feast, starts_at=AFTER_MIDNIGHT - timedelta(hours=3), duration=timedelta(hours=2), date_key="over")
    today = occurrence(meeting=feast, starts_at=AFTER_MIDNIGHT + timedelta(hours=9))

    assert found(query, now=AFTER_MIDNIGHT) == [on, today]
    assert found(f"{query}&na={agenda.cursor_of(on)}", now=AFTER_MIDNIGHT) == [today]


@pytest.mark.parametrize("query", ["van=2026-11-26", "wanneer=weekend"])
def test_who_asks_for_a_day_sees_what_begins_then(query):
    occurrence(starts_at=AFTER_MIDNIGHT - timedelta(hours=50), duration=timedelta(days=7))
    saturday = occurrence(starts_at=AFTER_MIDNIGHT + timedelta(days=2, hours=9))

    assert found(query, now=AFTER_MIDNIGHT) == [saturday]


def test_a_neighbourhood_a_place_a_kind_and_an_initiative_each_choose():
    huis, soep = place(slug="wijkpaleis"), Initiative.objects.create(name="Soep", slug="soep")
    here = occurrence(meeting=meeting(place=huis, initiative=soep, kind=Kind.ACTIVITY))
    occurrence()

    for query in (f"wijk={huis.neighbourhood.slug}", "plek=wijkpaleis", "soort=activiteit", "voor=soep"):
        assert found(query) == [here], query


def test_an_earlier_slug_of_a_neighbourhood_or_place_goes_on_working():
    huis = place(slug="oud-huis", neighbourhood=neighbourhood(slug="oude-wijk"))
    here = occurrence(meeting=meeting(place=huis))
    huis.rename("nieuw-huis")
    huis.neighbourhood.rename("nieuwe-wijk")

    assert found("plek=oud-huis") == found("wijk=oude-wijk") == found("wijk=nieuwe-wijk") == [here]


def test_several_neighbourhoods_are_one_list_in_order():
    cool, west = neighbourhood(), neighbourhood()
    rows = [
        at(hour, meeting=meeting(place=place(neighbourhood=where)))
        for hour, where in zip(range(1, 9), (cool, west, west, cool, west, cool, cool, west), strict=True)
    ]
    at(3)

    assert walk(f"wijk={cool.slug}&wijk={west.slug}&wijk={cool.slug}", 3) == rows


def test_a_neighbourhood_that_is_named_twice_or_by_an_earlier_name_is_one():
    cool = neighbourhood(slug="cool")
    cool.rename("cool-zuid")
    rows = [at(hour, meeting=meeting(place=place(neighbourhood=cool))) for hour in (1, 2)]

    assert Filter.from_query(QueryDict("wijk=cool&wijk=cool-zuid&wijk=cool")).neighbourhoods == (cool,)
    assert found("wijk=cool&wijk=cool-zuid") == rows


@pytest.mark.parametrize("query", ["van=2026-11-25", "wanneer=week", "soort=ontmoeting", "plek=hier", "q=soep", "tot=2026-12-31"])
def test_a_value_that_is_given_twice_is_that_value(query):
    row = at(3, meeting=meeting(title="Soep", place=place(slug="hier")))
    index_as_the_worker_does(row.meeting)

    assert found(f"{query}&{query}") == found(f"{query.partition('=')[0]}=&{query}") == [row]


def test_a_day_begins_and_ends_in_rotterdam_also_when_the_clock_changes():
    """On 28 March 2027 the clock goes from 2 to 3: that day has 23 hours."""
    first = occurrence(starts_at=datetime(2027, 3, 27, 23, 0, tzinfo=UTC))  # 0:00 on the 28th
    last = occurrence(starts_at=datetime(2027, 3, 28, 21, 59, tzinfo=UTC))  # 23:59
    occurrence(starts_at=datetime(2027, 3, 27, 22, 59, tzinfo=UTC))
    occurrence(starts_at=datetime(2027, 3, 28, 22, 0, tzinfo=UTC))

    assert found("van=2027-03-28&tot=2027-03-28") == [first, last]


def test_a_first_day_in_the_past_shows_what_was():
    yesterday = at(-24)

    assert found("van=2026-11-24&tot=2026-11-24") == [yesterday]


@pytest.mark.parametrize(
    ("now", "when", "days"),
    [
        ("2026-11-25T09:00", "vandaag", ("2026-11-25", "2026-11-25")),
        ("2026-11-25T23:30", "vandaag", ("2026-11-26", "2026-11-26")),  # half past midnight in Rotterdam
        ("2026-11-25T09:00", "week", ("2026-11-25", "2026-12-01")),
        ("2026-11-25T09:00", "weekend", ("2026-11-28", "2026-11-29")),
        ("2026-11-28T09:00", "weekend", ("2026-11-28", "2026-11-29")),
        ("2026-11-29T09:00", "weekend", ("2026-11-29", "2026-11-29")),
        ("2026-11-30T09:00", "weekend", ("2026-12-05", "2026-12-06")),
    ],
    ids=["today", "after midnight", "seven days", "wednesday", "saturday", "sunday", "monday"],
)
def test_when_is_counted_from_the_moment_of_asking(now, when, days):
    choice = Filter.from_query(QueryDict(f"wanneer={when}"))

    assert choice.days(datetime.fromisoformat(now).replace(tzinfo=UTC)) == tuple(map(date.fromisoformat, days))


def test_pages_show_every_date_once_also_those_that_begin_together():
    rows = [at(hour) for hour in (1, 1, 1, 1, 1, 2, 2, 3, 30, 30, 30)]

    for size in (1, 2, 4, 11, 20):
        assert walk("", size) == rows, size


def test_a_date_that_comes_in_between_moves_no_other_to_a_second_page():
    rows = [at(hour) for hour in (1, 2, 3, 4)]
    first = Filter().page(now=NOW, size=2)
    at(0.5)

    assert found(f"na={first.next_cursor}") == rows[2:]


@pytest.mark.parametrize("word", ["Leesz", "leeszaal", "LEES", "brieven", "wijkpal", "soepge", "brieven lees", "'brieven'"])
def test_a_word_perhaps_only_begun_finds_title_text_place_and_initiative(word):
    group = Initiative.objects.create(name="Soepgenoten", slug="soepgenoten")
    made = meeting(title="Leeszaal open", text="Moeilijke brieven samen lezen", place=place(name="Wijkpaleis"), initiative=group)
    here, other = occurrence(meeting=made), occurrence(meeting=meeting(title="Fietsen maken"))
    index_as_the_worker_does(made, other.meeting)

    assert found(f"q={word}") == [here]


def test_a_letter_with_its_accent_apart_is_the_same_letter():
    """As a Mac writes it in a file name: e and a combining acute accent."""
    assert agenda.searchable("cafe\u0301") == "caf\u00e9"


def test_a_search_brings_no_more_meetings_into_a_list_than_a_query_can_hold(monkeypatch):
    made = [meeting(title=f"Soep {n}") for n in range(3)]
    index_as_the_worker_does(*made)
    monkeypatch.setattr(agenda, "MOST_FOUND", 2)

    assert len(agenda.meeting_ids("soep")) == 2


def test_search_shows_a_meeting_once_at_its_next_date():
    made = meeting(title="Soep en praten")
    at(200, meeting=made)
    nearest = at(20, meeting=made, date_key="2026-11-26")
    index_as_the_worker_does(made, at(30, meeting=meeting(title="Soep koken")).meeting)

    assert [o.title for o in agenda.search_meetings("soep", limit=5, now=NOW)] == ["Soep en praten", "Soep koken"]
    assert agenda.search_meetings("soep", limit=1, now=NOW) == [nearest]


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": Visibility.LINK},
        {"kind": Kind.KITCHEN_TABLE},
        {"moderation": "waiting"},
        {"moderation": "declined"},
        {"hidden_initiative": True},
    ],
    ids=["by link", "kitchen table", "waiting", "declined", "unlisted initiative"],
)
def test_what_stands_on_no_list_is_found_by_nothing(fields):
    wijk = neighbourhood()
    if fields.pop("hidden_initiative", False):
        fields["initiative"] = Initiative.objects.create(name="Taalles", slug="taalles", is_listed=False)
    hidden = at(3, meeting=meeting(title="Taalles aan huis", place=place(neighbourhood=wijk, slug="hier"), **fields))

    index_as_the_worker_does(hidden.meeting)

    for query in ("", f"wijk={wijk.slug}", "plek=hier", "soort=ontmoeting", "q=taalles", "van=2026-11-01", "wanneer=vandaag"):
        assert hidden not in found(query), query
    assert agenda.search_meetings("taalles", limit=5, now=NOW) == []
    assert agenda.coming(neighbourhood=wijk, now=NOW, limit=5) == []
    assert agenda.nearby([neighbourhood()], Filter(), now=NOW) == []


def test_an_unlisted_initiative_gets_the_answer_of_an_unknown_one():
    Initiative.objects.create(name="Taalles", slug="taalles", is_listed=False)
    sentences = []
    for slug in ("taalles", "bestaat-niet"):
        with pytest.raises(BadFilter) as refused:
            Filter.from_query(QueryDict(f"voor={slug}"))
        sentences.append(str(refused.value))

    assert sentences[0] == sentences[1]


def test_a_table_without_a_date_is_in_no_list():
    occurrence(starts_at=None)

    assert found("") == []


def test_names_it_does_not_know_and_empty_values_change_nothing():
    row = at(3)

    assert found("utm_source=krant&fbclid=x&wijk=&plek=&van=&q=&na=&soort=") == [row]


def test_a_list_is_one_query_and_two_neighbourhoods_are_two(django_assert_num_queries):
    made = [at(hour) for hour in range(1, 9)]
    one = Filter(neighbourhoods=(made[0].neighbourhood,))
    with django_assert_num_queries(2):
        Filter().page(now=NOW, size=5)  # the first in ten seconds also looks for what is on

    with django_assert_num_queries(1):
        Filter().page(now=NOW, size=5)
    with django_assert_num_queries(1):
        one.page(now=NOW, size=5)
    with django_assert_num_queries(2):
        Filter(neighbourhoods=(made[0].neighbourhood, made[1].neighbourhood)).page(now=NOW, size=5)


def test_the_nearest_neighbourhoods_with_something_come_first():
    far, near = (place(neighbourhood=neighbourhood(latitude=51.91, longitude=longitude)) for longitude in (4.60, 4.45))
    at(2, meeting=meeting(place=far))
    first = at(9, meeting=meeting(place=near))
    here = neighbourhood(latitude=51.91, longitude=4.44)

    assert agenda.nearby([here], Filter(neighbourhoods=(here,)), now=NOW, limit=1) == [(near.neighbourhood, first)]


def test_what_a_place_does_not_have_is_offered_elsewhere_in_the_neighbourhood_too():
    here, other = neighbourhood(latitude=51.91, longitude=4.44), neighbourhood(latitude=51.91, longitude=4.45)
    empty = place(neighbourhood=here, slug="leeg")
    elsewhere = at(3, meeting=meeting(place=place(neighbourhood=other)))

    assert agenda.nearby((), Filter(place=empty), now=NOW) == [(other, elsewhere)]


CURSOR = agenda.cursor_of(Occurrence(pk=5, starts_at=NOW))


@pytest.mark.parametrize(
    "query",
    [
        "wijk=bestaat-niet",
        "wijk=%00",
        "wijk=" + "a" * 10_000,
        "&".join(f"wijk=w{n}" for n in range(60)),
        "plek=bestaat-niet",
        "plek=%00",
        "plek=" + "a" * 10_000,
        "soort=keukentafel",
        "soort=feest",
        "voor=bestaat-niet",
        "voor=%00",
        "van=morgen",
        "van=2026-02-30",
        "van=2026-W49-4",
        "van=20261203",
        "van=%D9%A2%D9%A0%D9%A2%D9%A6-%D9%A1%D9%A2-%D9%A0%D9%A3",  # Arabic-Indic digits
        "van=0001-01-01",
        "tot=9999-12-31",
        "tot=" + "9" * 10_000,
        "van=2026-12-03&tot=2026-12-02",
        "wanneer=ooit",
        "wanneer=week&van=2026-12-03",
        "wanneer=week&tot=2026-12-03",
        "q=%00",
        "q=%00koffie",
        "q=koffie%ff",
        "wijk=%ff",
        "plek=hu%c3",
        "van=2026-12-03%ff",
        "q=%22",
        "q=!!!",
        "q=--",
        "q=" + "a" * 81,
        "q=" + "a" * 10_000,
        "na=x",
        "na=%00",
        "na=" + CURSOR + "A",
        "na=" + CURSOR[:-2],
        "na=f_________________w",
        "na=f_________9________w",
        "na=" + "A" * 10_000,
        "na=%F0%9F%8D%B2",
        "van=x&van=2026-12-03",
        "van=2026-12-03&van=2026-12-04",
        "tot=2026-12-03&tot=x",
        "wanneer=ooit&wanneer=week",
        "wanneer=week&wanneer=weekend",
        "soort=feest&soort=activiteit",
        "soort=activiteit&soort=ontmoeting",
        "q=koffie&q=thee",
        "plek=bestaat-niet&plek=",
        "na=x&na=" + CURSOR,
    ],
    ids=lambda query: query[:40],
)
def test_a_value_that_means_nothing_is_answered_with_a_sentence(client, query):
    answer = client.get(f"/agenda/?{query}")

    assert answer.status_code == 400
    assert 'role="alert">' in answer.content.decode()
    with pytest.raises(BadFilter, match=r"^[A-Z].+[.]$"):
        Filter.from_query(QueryDict(query))


@pytest.mark.parametrize(
    "q", ["koffie%22", "koffie*", "a%20OR%20b", "NEAR(", "koffie%20-thee", "l'uitje", "%E2%80%99s", "%D8%B4%D8%A7%D9%8A", "1"]
)
def test_no_search_breaks_the_index(client, q):
    assert client.get(f"/agenda/?q={q}").status_code == 200
