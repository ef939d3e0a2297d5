"""Rules: from plain words to RFC 5545, to dates on the wall clock, and back to plain words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from meetings import recurrence
from meetings.models.choices import Repeat

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
THURSDAY = datetime(2026, 12, 3, 19, 30, tzinfo=AMSTERDAM)  # the first Thursday of the month


def dates_of(rule: str, first: datetime, until: datetime) -> list[datetime]:
    return recurrence.recurrence_set(rule, first.astimezone(UTC), AMSTERDAM, after=first.astimezone(UTC), before=until)


@pytest.mark.parametrize(
    ("repeat", "first", "rule", "words"),
    [
        (Repeat.ONCE, THURSDAY, "", ""),
        (Repeat.WEEKLY, THURSDAY, "FREQ=WEEKLY", "Elke donderdag."),
        (Repeat.FORTNIGHTLY, THURSDAY, "FREQ=WEEKLY;INTERVAL=2", "Om de week op donderdag."),
        (Repeat.MONTHLY_BY_WEEKDAY, THURSDAY, "FREQ=MONTHLY;BYDAY=1TH", "Elke eerste donderdag van de maand."),
        (Repeat.MONTHLY_BY_WEEKDAY, THURSDAY.replace(day=10), "FREQ=MONTHLY;BYDAY=2TH", "Elke tweede donderdag van de maand."),
        (Repeat.MONTHLY_BY_WEEKDAY, THURSDAY.replace(day=17), "FREQ=MONTHLY;BYDAY=3TH", "Elke derde donderdag van de maand."),
        (Repeat.MONTHLY_BY_WEEKDAY, THURSDAY.replace(day=24), "FREQ=MONTHLY;BYDAY=4TH", "Elke vierde donderdag van de maand."),
        (Repeat.MONTHLY_BY_WEEKDAY, THURSDAY.replace(day=31), "FREQ=MONTHLY;BYDAY=-1TH", "Elke laatste donderdag van de maand."),
        (Repeat.MONTHLY_BY_DATE, THURSDAY, "FREQ=MONTHLY;BYMONTHDAY=3", "Elke maand op de 3e."),
    ],
)
def test_a_choice_in_plain_words_becomes_a_rule_and_reads_back_as_plain_words(repeat, first, rule, words):
    assert recurrence.rule_for(repeat, first) == rule
    assert not rule or recurrence.clean(rule, first) == rule
    assert recurrence.describe(rule, first) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", "Elke dinsdag en donderdag."),
        ("FREQ=WEEKLY;BYDAY=MO,TU,TH", "Elke maandag, dinsdag en donderdag."),
        ("FREQ=WEEKLY;INTERVAL=3", "Elke 3 weken op donderdag."),
        ("FREQ=DAILY", "Elke dag."),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "Elke laatste dag van de maand."),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "Op meer data."),
        ("FREQ=MONTHLY;BYDAY=1TH;BYMONTHDAY=3", "Op meer data."),
        ("FREQ=YEARLY", "Op meer data."),
        ("FREQ=WEEKLY;UNTIL=20261231T225959Z", "Elke donderdag, tot en met 31 december 2026."),
    ],
)
def test_other_rules_read_as_plain_words_as_far_as_there_are_words(rule, words):
    with translation.override("nl"):
        assert recurrence.describe(rule, THURSDAY) == words


def test_the_last_day_counts_whole_on_the_local_clock():
    rule = recurrence.rule_for(Repeat.WEEKLY, THURSDAY, until=date(2026, 12, 17))

    assert rule == "FREQ=WEEKLY;UNTIL=20261217T225959Z"
    assert [d.day for d in dates_of(rule, THURSDAY, datetime(2027, 6, 1, tzinfo=UTC))] == [3, 10, 17]
    assert recurrence.clean("FREQ=WEEKLY;UNTIL=20261217", THURSDAY) == rule
    assert recurrence.clean("rrule:freq=weekly;until=20261217T235959", THURSDAY) == rule


@pytest.mark.parametrize(
    "rule",
    [
        "elke week",
        "FREQ=SOMETIMES",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=4;UNTIL=20270101",
        "FREQ=WEEKLY;UNTIL=morgen",
        "FREQ=WEEKLY;UNTIL=00010101",
        "FREQ=WEEKLY;BYDAY=1TH",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=WEEKLY\nEXDATE:20261210T193000",
        "FREQ=WEEKLY;" + "BYDAY=TH," * 40,
        "BYDAY=TH",
    ],
)
def test_what_is_no_rule_gets_a_sentence(rule):
    with pytest.raises(ValidationError) as refused:
        recurrence.clean(rule, THURSDAY)
    assert refused.value.messages == ["Deze herhaling begrijpen we niet. Schrijf een RRULE, bijvoorbeeld: FREQ=WEEKLY;BYDAY=TU."]


@pytest.mark.parametrize("rule", ["FREQ=HOURLY", "FREQ=SECONDLY;COUNT=3", "FREQ=DAILY;BYHOUR=9,19"])
def test_a_meeting_is_once_a_day_at_most(rule):
    with pytest.raises(ValidationError) as refused:
        recurrence.clean(rule, THURSDAY)
    assert "hooguit elke dag" in refused.value.messages[0]


@pytest.mark.parametrize(
    "rule", ["FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"]
)
def test_a_rule_that_never_comes_is_refused_and_does_not_run_for_ever(rule):
    with pytest.raises(ValidationError) as refused:
        recurrence.clean(rule, THURSDAY)
    assert refused.value.messages == ["Deze herhaling komt nooit voor. Kijk de regel en de eerste datum na."]


def test_a_first_time_that_the_rule_does_not_give_is_refused_with_the_day_that_it_would_be():
    with translation.override("nl"), pytest.raises(ValidationError) as refused:
        recurrence.clean("FREQ=WEEKLY;BYDAY=TU", THURSDAY)
    assert "is de eerste keer dinsdag 8 december 2026" in refused.value.messages[0]


def test_once_is_written_without_a_rule_for_office_refuses_a_count_of_one():
    assert recurrence.clean("FREQ=WEEKLY;COUNT=1", THURSDAY) == ""


def test_a_time_that_the_march_sunday_skips_moves_on_by_the_gap_and_the_next_is_itself_again():
    first = datetime(2027, 3, 21, 2, 30, tzinfo=AMSTERDAM)

    given = dates_of("FREQ=WEEKLY", first, datetime(2027, 4, 5, tzinfo=UTC))

    assert [f"{d.astimezone(AMSTERDAM):%d-%m %H:%M}" for d in given] == ["21-03 02:30", "28-03 03:30", "04-04 02:30"]


def test_a_time_that_the_october_sunday_has_twice_is_the_first():
    first = datetime(2027, 10, 24, 2, 30, tzinfo=AMSTERDAM)

    given = dates_of("FREQ=WEEKLY", first, datetime(2027, 11, 1, tzinfo=UTC))

    assert given == [datetime(2027, 10, 24, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


def test_a_window_holds_at_most_a_thousand_dates():
    assert len(dates_of("FREQ=DAILY", THURSDAY, datetime(2036, 1, 1, tzinfo=UTC))) == 1000


def test_a_rule_that_resumes_keeps_its_rhythm_and_its_last_time():
    first = THURSDAY.astimezone(UTC)

    assert recurrence.resumed("FREQ=WEEKLY;INTERVAL=2", first, AMSTERDAM, after=datetime(2026, 12, 10, tzinfo=UTC)) == (
        datetime(2026, 12, 17, 18, 30, tzinfo=UTC),
        "FREQ=WEEKLY;INTERVAL=2",
    )
    assert recurrence.resumed("FREQ=WEEKLY;COUNT=3", first, AMSTERDAM, after=datetime(2026, 12, 5, tzinfo=UTC)) == (
        datetime(2026, 12, 10, 18, 30, tzinfo=UTC),
        "FREQ=WEEKLY;UNTIL=20261217T183000Z",
    )
    assert recurrence.resumed("FREQ=WEEKLY;COUNT=3", first, AMSTERDAM, after=datetime(2027, 1, 1, tzinfo=UTC)) is None


def test_a_leap_day_that_stays_away_for_eight_years_comes_back():
    """2100 is no leap year."""
    first = datetime(2096, 2, 29, 19, 30, tzinfo=AMSTERDAM)

    assert recurrence.resumed("FREQ=YEARLY", first, AMSTERDAM, after=first.replace(month=3, day=1)) == (
        first.replace(year=2104),
        "FREQ=YEARLY",
    )
