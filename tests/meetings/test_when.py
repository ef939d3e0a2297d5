"""When and where, in words."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from meetings.models import Occurrence
from meetings.templatetags import when

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # Wednesday 25, 00:30 in Amsterdam; Tuesday 24, 19:30 in Curaçao


@pytest.mark.parametrize(
    ("starts_at", "said"),
    [
        ("2026-11-24 23:29", ""),
        ("2026-11-24 23:30", ""),
        ("2026-11-25 22:45", "vandaag"),
        ("2026-11-25 23:15", "morgen"),  # a quarter past twelve at night
        ("2026-11-27 22:45", "over 2 dagen"),
        ("2026-11-28 10:00", "over 3 dagen"),
        ("2026-12-08 10:00", "over 13 dagen"),
        ("2026-12-09 10:00", "over 2 weken"),
        ("2026-12-15 22:45", "over 2 weken"),
        ("2026-12-16 10:00", "over 3 weken"),
    ],
)
def test_how_far_away_a_date_is_counts_days_on_the_clock_of_the_place(starts_at, said):
    occurrence = Occurrence(starts_at=datetime.fromisoformat(f"{starts_at}+00:00"), time_zone="Europe/Amsterdam")

    assert when._how_long(occurrence, NOW) == said


def test_the_same_moment_is_another_day_elsewhere():
    occurrence = Occurrence(starts_at=datetime(2026, 11, 25, 10, tzinfo=UTC), time_zone="America/Curacao")

    assert when._how_long(occurrence, NOW) == "morgen"


def test_a_date_that_is_not_set_is_not_far_away():
    assert when._how_long(Occurrence(starts_at=None), NOW) == ""


def test_it_is_said_in_english_too():
    occurrence = Occurrence(starts_at=datetime(2026, 11, 28, 10, tzinfo=UTC), time_zone="Europe/Amsterdam")

    with translation.override("en"):
        assert when._how_long(occurrence, NOW) == "in 3 days"
