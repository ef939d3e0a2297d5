"""When a place is open: across midnight, clock changes and holidays."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from places.hours import Line, OtherHours, Shift, coming_exceptions, day_names, in_words, status, week

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WEEKDAYS = [Shift(day, time(10), time(17)) for day in range(5)]
NIGHT = [Shift(5, time(20), time(3))]  # Saturday evening to three in the morning


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def words(shifts, exceptions, moment: datetime) -> str:
    state = status(shifts, exceptions, AMSTERDAM, moment)
    assert state is not None
    return in_words(state, moment, AMSTERDAM)


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("2026-11-25T10:00", "Nu open tot 17:00"),
        ("2026-11-25T16:59", "Nu open tot 17:00"),
        ("2026-11-25T17:00", "Gesloten, morgen open vanaf 10:00"),
        ("2026-11-25T09:59", "Vandaag open vanaf 10:00"),
        ("2026-11-27T18:00", "Gesloten, maandag open vanaf 10:00"),
    ],
)
def test_an_ordinary_week(moment, sentence):
    assert words(WEEKDAYS, [], at(moment)) == sentence


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("2026-11-28T23:59", "Nu open tot 03:00"),
        ("2026-11-29T02:59", "Nu open tot 03:00"),
        ("2026-11-29T03:00", "Gesloten, zaterdag open vanaf 20:00"),
    ],
)
def test_a_shift_runs_past_midnight(moment, sentence):
    assert words(NIGHT, [], at(moment)) == sentence


def test_an_exception_replaces_what_begins_that_day_and_says_why():
    christmas = [OtherHours(date(2026, 12, 25), date(2026, 12, 26), note="Kerst")]

    state = status(WEEKDAYS, christmas, AMSTERDAM, at("2026-12-25T11:00"))

    assert state is not None
    assert (state.is_open, state.note) == (False, "Kerst")
    assert words(WEEKDAYS, christmas, at("2026-12-25T11:00")) == "Gesloten, maandag open vanaf 10:00"


def test_a_night_that_began_before_the_exception_goes_on_into_it():
    sunday_closed = [OtherHours(date(2026, 11, 29), date(2026, 11, 29))]

    assert words(NIGHT, sunday_closed, at("2026-11-29T01:00")) == "Nu open tot 03:00"


def test_other_hours_instead_of_closed():
    short = [OtherHours(date(2026, 11, 25), date(2026, 11, 25), time(12), time(14))]

    assert words(WEEKDAYS, short, at("2026-11-25T11:00")) == "Vandaag open vanaf 12:00"
    assert words(WEEKDAYS, short, at("2026-11-25T13:00")) == "Nu open tot 14:00"


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),  # 01:59, the clock goes to 03:00 a minute later
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),  # it is 03:00
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30 for the first time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 for the second time
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), False),  # 03:00
    ],
    ids=["spring, before", "spring, after", "autumn, first half past two", "autumn, second half past two", "autumn, after"],
)
def test_the_night_of_a_clock_change_is_as_long_as_it_is(utc, is_open):
    state = status(NIGHT, [], AMSTERDAM, utc)

    assert state is not None
    assert state.is_open is is_open


def test_adjoining_hours_are_one():
    whole_day = [Shift(2, time(9), time(12)), Shift(2, time(12), time(17))]

    assert words(whole_day, [], at("2026-11-25T10:00")) == "Nu open tot 17:00"


def test_a_place_that_says_nothing_of_its_hours_has_no_status():
    assert status([], [], AMSTERDAM, at("2026-11-25T10:00")) is None


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("2026-08-26T10:00", "Gesloten, dinsdag open vanaf 10:00"),
        ("2026-08-25T10:00", "Gesloten, open vanaf dinsdag 1 september"),
        ("2026-07-10T10:00", "Gesloten, open vanaf dinsdag 1 september"),
    ],
)
def test_what_opens_in_a_week_or_later_says_the_day(moment, sentence):
    summer = [OtherHours(date(2026, 7, 1), date(2026, 8, 31), note="zomer")]

    assert words(WEEKDAYS, summer, at(moment)) == sentence


def test_closed_for_longer_than_we_look_ahead():
    rebuilt = [OtherHours(date(2026, 7, 1), date(2027, 8, 31), note="verbouwing")]

    assert words(WEEKDAYS, rebuilt, at("2026-07-10T10:00")) == "Gesloten"


@pytest.mark.parametrize(
    ("moment", "is_open", "note"),
    [("2026-12-25T00:30", True, "Kerstavond"), ("2026-12-25T01:00", False, "Kerst"), ("2026-12-24T23:59", True, "Kerstavond")],
)
def test_while_a_night_goes_on_the_note_is_of_the_day_it_began_on(moment, is_open, note):
    feasts = [
        OtherHours(date(2026, 12, 24), date(2026, 12, 24), time(18), time(1), "Kerstavond"),
        OtherHours(date(2026, 12, 25), date(2026, 12, 25), note="Kerst"),
    ]

    state = status(WEEKDAYS, feasts, AMSTERDAM, at(moment))

    assert state is not None
    assert (state.is_open, state.note) == (is_open, note)


def test_until_an_hour_is_said_only_when_it_comes_within_a_day():
    weekend = [Shift(5, time(0), time(0)), Shift(6, time(0), time(17))]

    assert words(weekend, [], at("2026-11-28T16:00")) == "Nu open"
    assert words(weekend, [], at("2026-11-28T17:01")) == "Nu open tot 17:00"


def test_adjoining_days_are_one_and_a_night_over_a_year_ends_is_one():
    always = [Shift(day, time(0), time(0)) for day in range(7)]

    assert words(always, [], at("2026-11-28T16:00")) == "Nu open"
    assert words([Shift(3, time(20), time(2))], [], at("2027-01-01T01:59")) == "Nu open tot 02:00"


def test_other_hours_past_midnight_run_into_the_ordinary_day():
    eve = [OtherHours(date(2026, 12, 31), date(2026, 12, 31), time(20), time(1), "Oudjaar")]

    assert words(WEEKDAYS, eve, at("2027-01-01T00:30")) == "Nu open tot 01:00"
    assert words(WEEKDAYS, eve, at("2027-01-01T01:00")) == "Vandaag open vanaf 10:00"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({0}, "maandag"),
        ({1, 3}, "dinsdag en donderdag"),
        ({1, 2}, "dinsdag en woensdag"),
        ({0, 1, 2, 3, 4}, "maandag tot en met vrijdag"),
        ({0, 1, 3, 4, 5}, "maandag, dinsdag en donderdag tot en met zaterdag"),
        ({0, 2, 4}, "maandag, woensdag en vrijdag"),
        ({6, 0}, "zondag en maandag"),
        ({4, 5, 6, 0}, "vrijdag tot en met maandag"),
        ({0, 1, 2, 3, 4, 5}, "maandag tot en met zaterdag"),
        ({0, 1, 2, 3, 4, 5, 6}, "elke dag"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_days_in_a_row_are_named_by_the_first_and_the_last(days, words):
    assert day_names(days) == words


WEDNESDAY = date(2026, 11, 25)


def test_days_with_the_same_hours_are_one_line_and_closed_days_come_last():
    shifts = [*(Shift(day, time(10), time(20)) for day in (1, 2, 3, 4)), Shift(5, time(12), time(17))]

    assert week(shifts, [], WEDNESDAY) == [
        Line("dinsdag tot en met vrijdag", "10:00\u00a0–\u00a020:00", is_today=True),
        Line("zaterdag", "12:00\u00a0–\u00a017:00", is_today=False),
        Line("zondag en maandag", "gesloten", is_today=False),
    ]


def test_a_day_with_a_break_says_both_hours_whatever_order_they_were_typed_in():
    shifts = [Shift(2, time(13), time(17)), Shift(2, time(9), time(12))]

    assert [line.hours for line in week(shifts, [], WEDNESDAY)] == ["09:00\u00a0–\u00a012:00 en 13:00\u00a0–\u00a017:00", "gesloten"]


def test_today_is_marked_on_a_day_that_is_closed_too():
    assert [(line.days, line.is_today) for line in week(WEEKDAYS, [], date(2026, 11, 28))] == [
        ("maandag tot en met vrijdag", False),
        ("zaterdag en zondag", True),
    ]


def test_a_place_that_never_closes_takes_one_line():
    assert week([Shift(day, time(0), time(0)) for day in range(7)], [], WEDNESDAY) == [Line("elke dag", "de hele dag", is_today=True)]


def test_without_hours_there_is_no_week():
    assert week([], [], WEDNESDAY) == []


def test_a_day_with_other_hours_is_marked_there_and_not_in_the_ordinary_week():
    today_closed = [OtherHours(WEDNESDAY, WEDNESDAY, note="uitje")]

    assert not any(line.is_today for line in week(WEEKDAYS, today_closed, WEDNESDAY))
    assert coming_exceptions(today_closed, WEDNESDAY) == [Line("woensdag 25 november", "gesloten", is_today=True, note="uitje")]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 25), date(2026, 12, 25), "vrijdag 25 december"),
        (date(2026, 12, 25), date(2026, 12, 26), "vrijdag 25 en zaterdag 26 december"),
        (date(2026, 11, 30), date(2026, 12, 1), "maandag 30 november en dinsdag 1 december"),
        (date(2026, 12, 24), date(2026, 12, 27), "donderdag 24 tot en met zondag 27 december"),
        (date(2026, 12, 24), date(2027, 1, 2), "donderdag 24 december tot en met zaterdag 2 januari"),
        (date(2026, 11, 1), date(2026, 11, 25), "zondag 1 tot en met woensdag 25 november"),
    ],
    ids=["a day", "two days", "two days of two months", "days of a month", "over a year's end", "the last day is today"],
)
def test_days_with_other_hours_are_named_with_their_dates(first, last, words):
    assert [line.days for line in coming_exceptions([OtherHours(first, last)], WEDNESDAY)] == [words]


def test_other_hours_of_the_coming_weeks_stand_in_order_and_those_gone_by_or_far_off_stay_out():
    exceptions = [
        OtherHours(date(2027, 1, 1), date(2027, 1, 1), note="Nieuwjaar"),
        OtherHours(date(2026, 11, 24), date(2026, 11, 24)),
        OtherHours(date(2026, 12, 5), date(2026, 12, 5), time(15), time(18)),
        OtherHours(date(2026, 12, 5), date(2026, 12, 5), time(10), time(12), "pakjesavond"),
        OtherHours(date(2027, 4, 27), date(2027, 4, 27)),
    ]

    assert [(line.days, line.hours, line.note) for line in coming_exceptions(exceptions, WEDNESDAY)] == [
        ("zaterdag 5 december", "10:00\u00a0–\u00a012:00 en 15:00\u00a0–\u00a018:00", "pakjesavond"),
        ("vrijdag 1 januari", "gesloten", "Nieuwjaar"),
    ]
