"""The whole demo, loaded on days that are hard: what a visitor finds there, now."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from home.demo import load
from meetings.models import Occurrence, SignUp
from meetings.models.choices import Kind, Visibility
from places.hours import intervals
from places.models import PlacePage

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MOMENTS = {
    "Christmas Eve": datetime(2026, 12, 24, 18, 15, tzinfo=AMSTERDAM),
    "leap day": datetime(2028, 2, 29, 9, 0, tzinfo=AMSTERDAM),
    # during the breakfast that is called off another time; the clock goes forward that night
    "Saturday noon": datetime(2027, 3, 27, 12, 0, tzinfo=AMSTERDAM),
    "autumn night": datetime(2027, 10, 31, 2, 30, tzinfo=AMSTERDAM, fold=1),  # the second half past two
}


@pytest.mark.django_db
@pytest.mark.parametrize("now", MOMENTS.values(), ids=MOMENTS)
def test_whoever_comes_that_day_finds_a_city_alive(now, client, monkeypatch):
    """One story a day, for loading it takes seconds."""
    load.load(now)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert Occurrence.objects.filter(starts_at__gt=now).exists()

    the_agenda_goes_on_today_and_its_pages_open(client, now)
    people_sit_at_what_is_coming_and_some_wait(now)
    people_sat_at_every_date_that_was(now)
    names_of_the_last_thirty_days_are_known_and_older_ones_are_gone(now)
    the_unlisted_lesson_keeps_no_count_of_its_past(now)
    what_is_called_off_and_what_moves_for_a_feast_are_still_to_come(now)
    nothing_is_on_where_it_is_closed(now)


def the_agenda_goes_on_today_and_its_pages_open(client: Client, now: datetime) -> None:
    agenda = unescape(client.get("/agenda/").content.decode())

    assert "Vandaag" in agenda or "Nu" in agenda
    assert client.get("/").status_code == 200
    soon = Occurrence.objects.filter(listed=True, ends_at__gt=now, starts_at__lt=now + timedelta(days=35))
    assert soon.values("meeting").distinct().count() >= 40
    for occurrence in soon.order_by("starts_at")[:3]:
        assert client.get(occurrence.get_absolute_url()).status_code == 200


def people_sit_at_what_is_coming_and_some_wait(now: datetime) -> None:
    coming = Occurrence.objects.filter(starts_at__gt=now, starts_at__lt=now + timedelta(days=35), listed=True)

    assert coming.filter(seats_taken__gt=0).count() >= 40
    assert coming.filter(waiting__gt=0, capacity__isnull=False).exists()
    assert coming.filter(kind=Kind.SESSION, seats_resident__gt=0, seats_practice__gt=0, seats_policy__gt=0).count() >= 3


def people_sat_at_every_date_that_was(now: datetime) -> None:
    past = Occurrence.objects.filter(ends_at__lte=now, listed=True, status=Occurrence.Status.CONFIRMED)

    assert past.count() >= 300
    assert not past.filter(seats_taken=0).exists()
    assert min(past.values_list("starts_at", flat=True)) < now - timedelta(weeks=7)


def names_of_the_last_thirty_days_are_known_and_older_ones_are_gone(now: datetime) -> None:
    sat = SignUp.objects.filter(occurrence__ends_at__lte=now)
    recent = sat.filter(occurrence__ends_at__gte=now - timedelta(days=30))

    assert recent.exclude(name="").exists()
    assert not recent.filter(keyring=None).exists()
    assert not sat.exclude(pk__in=recent).exclude(name="", keyring=None).exists()
    assert sat.exclude(pk__in=recent).count() > 300


def the_unlisted_lesson_keeps_no_count_of_its_past(now: datetime) -> None:
    lesson = Occurrence.objects.filter(meeting__visibility=Visibility.LINK, ends_at__lt=now - timedelta(days=1))

    assert lesson.count() >= 7
    assert not lesson.exclude(seats_taken=0).exists()


def what_is_called_off_and_what_moves_for_a_feast_are_still_to_come(now: datetime) -> None:
    called_off = Occurrence.objects.get(reason="storm")
    moved = [
        (o.starts_at.astimezone(AMSTERDAM), o.date_key)
        for o in Occurrence.objects.filter(title="Samen eten in de moskee", starts_at__gt=now)
        if f"{o.starts_at.astimezone(AMSTERDAM):%Y-%m-%d}" != o.date_key
    ]

    assert called_off.starts_at > now
    assert called_off.status == Occurrence.Status.CANCELLED
    assert [f"{moment:%a %H:%M}" for moment, _key in moved] == ["Sat 18:30"]


def nothing_is_on_where_it_is_closed(now: datetime) -> None:
    """From the first date behind us to the horizon, over a year away: what goes ahead is within the hours that the place gives."""
    first = (now - timedelta(days=91)).date()
    wrong = []
    for page in PlacePage.objects.all():
        opened = intervals(first, 91 + 13 * 31 + 2, page.shifts(), page.exceptions(), AMSTERDAM)
        for occurrence in Occurrence.objects.filter(place=page.place, starts_at__isnull=False, status=Occurrence.Status.CONFIRMED):
            if not any(since <= occurrence.starts_at and occurrence.ends_at <= until for since, until in opened):
                wrong.append(f"{occurrence.title} at {page.title}, {occurrence.starts_at.astimezone(AMSTERDAM):%a %d %b %Y %H:%M}")
    assert wrong == []

    feasts = Occurrence.objects.filter(status=Occurrence.Status.CANCELLED).exclude(reason="storm")
    assert set(feasts.values_list("reason", flat=True)) == {"Kerst", "Nieuwjaar"}
    lit = Occurrence.objects.filter(title__startswith="Licht aan", starts_at__month=12, starts_at__day__in=(25, 26))
    assert lit.exists()
    assert not lit.exclude(status=Occurrence.Status.CONFIRMED).exists()
