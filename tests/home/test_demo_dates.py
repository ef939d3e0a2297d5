"""The whole demo, loaded on days that are hard: what a visitor finds there, then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from home.demo import load
from meetings.models import Occurrence, SignUp
from meetings.models.choices import Kind, Visibility

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MOMENTS = {
    "Christmas Eve": datetime(2026, 12, 24, 18, 15, tzinfo=AMSTERDAM),
    "leap day": datetime(2028, 2, 29, 9, 0, tzinfo=AMSTERDAM),
    # during the breakfast that is called off another time; the clock goes forward that night
    "Saturday noon": datetime(2027, 3, 27, 12, 0, tzinfo=AMSTERDAM),
    "autumn night": datetime(2027, 10, 31, 2, 30, tzinfo=AMSTERDAM, fold=1),  # the second half past two
}


@pytest.fixture(scope="module", params=MOMENTS.values(), ids=MOMENTS)
def now(request, _first_rows, django_db_setup, django_db_blocker) -> Iterator[datetime]:
    """The demo, loaded as of each of ``MOMENTS``, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load.load(request.param)
        yield request.param
        transaction.set_rollback(True)


@pytest.fixture
def then(now, db, monkeypatch) -> datetime:
    """The moment of loading, which the site's clock shows."""
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def test_the_agenda_goes_on_today_and_the_front_page_and_the_table_open(then, client):
    agenda = unescape(client.get("/agenda/").content.decode())

    assert "Vandaag" in agenda or "Nu" in agenda
    assert client.get("/").status_code == 200
    soon = Occurrence.objects.filter(listed=True, ends_at__gt=then, starts_at__lt=then + timedelta(days=35))
    assert soon.values("meeting").distinct().count() >= 40
    for occurrence in soon.order_by("starts_at")[:3]:
        assert client.get(occurrence.get_absolute_url()).status_code == 200


def test_people_sit_at_what_is_coming_and_some_wait(then):
    coming = Occurrence.objects.filter(starts_at__gt=then, starts_at__lt=then + timedelta(days=35), listed=True)

    assert coming.filter(seats_taken__gt=0).count() >= 40
    assert coming.filter(waiting__gt=0, capacity__isnull=False).exists()
    assert coming.filter(kind=Kind.SESSION, seats_resident__gt=0, seats_practice__gt=0, seats_policy__gt=0).count() >= 3


def test_people_sat_at_every_date_that_was(then):
    past = Occurrence.objects.filter(ends_at__lte=then, listed=True)

    assert past.count() >= 300
    assert not past.filter(seats_taken=0).exists()
    assert min(past.values_list("starts_at", flat=True)) < then - timedelta(weeks=7)


def test_names_of_the_last_thirty_days_are_known_and_older_ones_are_gone(then):
    sat = SignUp.objects.filter(occurrence__ends_at__lte=then)
    recent = sat.filter(occurrence__ends_at__gte=then - timedelta(days=30))

    assert recent.exclude(name="").exists()
    assert not recent.filter(keyring=None).exists()
    assert not sat.exclude(pk__in=recent).exclude(name="", keyring=None).exists()
    assert sat.exclude(pk__in=recent).count() > 300


def test_the_unlisted_lesson_keeps_no_count_of_its_past(then):
    lesson = Occurrence.objects.filter(meeting__visibility=Visibility.LINK, ends_at__lt=then - timedelta(days=1))

    assert lesson.count() >= 7
    assert not lesson.exclude(seats_taken=0).exists()


def test_what_is_called_off_and_what_moves_for_a_feast_are_still_to_come(then):
    called_off = Occurrence.objects.get(status=Occurrence.Status.CANCELLED)
    moved = [
        (o.starts_at.astimezone(AMSTERDAM), o.date_key)
        for o in Occurrence.objects.filter(title="Samen eten in de moskee", starts_at__gt=then)
        if f"{o.starts_at.astimezone(AMSTERDAM):%Y-%m-%d}" != o.date_key
    ]

    assert called_off.starts_at > then
    assert called_off.reason
    assert [f"{moment:%a %H:%M}" for moment, _key in moved] == ["Sat 18:30"]
