"""The demo's calendar is full on every day, at every hour, in every season."""

import tomllib
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from django.core.management import call_command

from home import demo
from home.demo.days import plan
from meetings.models import Occurrence

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MEETINGS = tomllib.loads((Path(demo.__file__).parent / "meetings.toml").read_text(encoding="utf-8"))["meeting"]
WITH_A_DATE = [spec for spec in MEETINGS if spec["when"]["repeat"] != "ooit" and not spec.get("unlisted")]
A_WEEK = [date(2026, 11, 23) + timedelta(days=day) for day in range(7)]
HARD_DAYS = [
    date(2026, 3, 28),  # the clock goes forward tonight
    date(2026, 10, 25),  # and back
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2028, 2, 29),
    date(2027, 1, 31),  # the fifth Sunday of its month
]


def dates_of(spec: dict, today: date) -> list[tuple[datetime, datetime]]:
    """Begin and end, in local wall time, of what the plan of ``spec`` gives in the two months around ``today``."""
    planned = plan(spec["when"], today, AMSTERDAM)
    first = planned.starts_at.replace(tzinfo=None)
    around = datetime.combine(today, datetime.min.time())
    begins = (
        rrulestr(planned.rule, dtstart=first).between(around - timedelta(days=35), around + timedelta(days=40), inc=True)
        if planned.rule
        else [first]
    )
    return [(begin, begin + planned.duration) for begin in begins]


@pytest.mark.parametrize("today", A_WEEK + HARD_DAYS, ids=str)
def test_something_is_on_or_still_to_come_today_at_every_hour_and_tomorrow_too(today):
    dates = [pair for spec in WITH_A_DATE for pair in dates_of(spec, today)]
    for hour in range(24):
        now = datetime.combine(today, datetime.min.time()) + timedelta(hours=hour, minutes=50)
        assert [begin for begin, end in dates if end > now and begin.date() == today], f"nothing left today at {now:%H:%M}"
    assert len([begin for begin, _ in dates if begin.date() == today + timedelta(days=1)]) >= 4


@pytest.mark.parametrize("today", A_WEEK + HARD_DAYS, ids=str)
def test_some_forty_meetings_have_a_date_in_the_coming_month(today):
    midnight = datetime.combine(today, datetime.min.time())
    soon = [
        spec["title"]
        for spec in WITH_A_DATE
        if any(midnight <= begin < midnight + timedelta(days=35) for begin, _ in dates_of(spec, today))
    ]

    assert len(soon) == len(WITH_A_DATE) >= 40


@pytest.mark.parametrize("today", A_WEEK + HARD_DAYS, ids=str)
def test_the_table_of_the_mock_up_is_on_a_thursday_evening_within_three_weeks(today):
    spec = next(spec for spec in MEETINGS if spec["title"] == "Wie zorgt er voor jou?")

    coming = [begin for begin, _ in dates_of(spec, today) if begin.date() > today]

    assert f"{coming[0]:%a %H:%M}" == "Thu 19:30"
    assert coming[0].date() - today <= timedelta(days=20)


def test_a_monthly_date_began_two_months_ago_so_that_it_has_a_past():
    planned = plan({"repeat": "maandelijks-dag", "day": "do", "ahead": 3, "time": "19:30-21:30"}, date(2026, 11, 25), AMSTERDAM)

    assert planned.starts_at == datetime(2026, 10, 1, 19, 30, tzinfo=AMSTERDAM)
    assert planned.duration == timedelta(hours=2)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 25), date(2026, 10, 15)),
        (date(2026, 11, 15), date(2026, 9, 15)),  # today's is still to come
        (date(2027, 1, 3), date(2026, 11, 15)),
        (date(2028, 2, 29), date(2028, 1, 15)),
    ],
    ids=str,
)
def test_a_day_of_the_month_has_two_dates_behind_it(today, first):
    planned = plan({"repeat": "maandelijks-datum", "day_of_month": 15, "time": "11:00-14:00"}, today, AMSTERDAM)

    assert planned.starts_at.date() == first


@pytest.mark.parametrize("today", A_WEEK + HARD_DAYS, ids=str)
def test_every_series_has_a_past(today):
    series = [spec for spec in WITH_A_DATE if spec["when"]["repeat"] != "niet"]
    begins = [plan(spec["when"], today, AMSTERDAM).starts_at.date() for spec in series]

    assert max(begins) < today - timedelta(days=28)
    assert min(begins) >= today - timedelta(days=90)  # further back no dates are written


def test_an_evening_that_ends_after_midnight_ends_the_next_day():
    planned = plan({"repeat": "dagelijks", "time": "22:00-0:30"}, date(2026, 11, 25), AMSTERDAM)

    assert planned.duration == timedelta(hours=2, minutes=30)


def test_a_word_the_demo_does_not_know_is_named():
    with pytest.raises(ValueError, match="'eeuwig' is none of the words"):
        plan({"repeat": "eeuwig", "time": "9:00-10:00"}, date(2026, 11, 25), AMSTERDAM)


@pytest.mark.django_db
def test_another_day_than_today_may_be_asked_for():
    call_command("load_demo", "--today", "2027-01-01", stdout=StringIO())

    assert Occurrence.objects.get(title="Spelletjesavond").date_key == "2027-01-01"
