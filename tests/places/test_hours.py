"""When a place is open: across midnight, clock changes and holidays."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from places.hours import OtherHours, Shift, in_words, status

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


def test_closed_for_longer_than_we_look_ahead():
    summer = [OtherHours(date(2026, 7, 1), date(2026, 8, 31), note="zomer")]

    assert words(WEEKDAYS, summer, at("2026-07-10T10:00")) == "Gesloten"


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
