"""The zone of the site: what an editor chooses is the clock of every page, of a new meeting and of the CMS."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone
from icalendar import Calendar
from wagtail.models import Site
from wagtail.users.models import UserProfile

from aanschuiven import zone
from aanschuiven.models import ScheduledRun
from aanschuiven.worker import Job, Worker
from home.models import SiteSettings
from meetings import dates
from meetings.models import Meeting
from tests import factories
from tests.site import work

pytestmark = pytest.mark.django_db
CURACAO = ZoneInfo("America/Curacao")
LATE = datetime(2099, 12, 3, 22, tzinfo=CURACAO)  # in Amsterdam it is the fourth already


@pytest.fixture
def on_curacao() -> SiteSettings:
    chosen = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    chosen.time_zone = CURACAO.key
    chosen.save()
    return chosen


def test_a_day_of_the_agenda_is_a_day_where_the_site_is(client, on_curacao):
    factories.occurrence(title="Bonte avond", starts_at=LATE, ends_at=LATE + timedelta(hours=1))

    assert "Niets gevonden" not in client.get("/agenda/?van=2099-12-03&tot=2099-12-03").text
    assert "Niets gevonden" in client.get("/agenda/?van=2099-12-04&tot=2099-12-04").text


def test_a_change_shows_at_once_in_the_process_that_made_it(client, on_curacao):
    factories.occurrence(title="Bonte avond", starts_at=LATE, ends_at=LATE + timedelta(hours=1))
    client.get("/agenda/")
    on_curacao.time_zone = "Europe/Amsterdam"
    on_curacao.save()

    assert "Niets gevonden" not in client.get("/agenda/?van=2099-12-04&tot=2099-12-04").text


def test_a_meeting_keeps_the_zone_it_was_made_in(on_curacao):
    with timezone.override(zone.zone_of_site()):
        meeting = dates.create(
            Meeting(title="Bonte avond"), starts_at=LATE, duration=timedelta(hours=1), rule="FREQ=WEEKLY;COUNT=2", now=LATE - timedelta(1)
        )

    meeting.refresh_from_db()
    assert meeting.time_zone == CURACAO.key
    assert {o.time_zone for o in meeting.occurrences.all()} == {CURACAO.key}


def test_the_calendar_of_a_meeting_carries_its_own_zone(client):
    meeting = dates.create(
        Meeting(title="Bonte avond", time_zone=CURACAO.key), starts_at=LATE, duration=timedelta(hours=1), rule="", now=LATE - timedelta(1)
    )

    calendar = Calendar.from_ical(client.get(f"/agenda/{meeting.slug}.ics").content)

    assert calendar["x-wr-timezone"] == CURACAO.key
    assert [str(part["tzid"]) for part in calendar.walk("VTIMEZONE")] == [CURACAO.key]
    (event,) = calendar.walk("VEVENT")
    assert event["dtstart"].params["tzid"] == CURACAO.key
    assert event["dtstart"].dt == LATE


def test_editors_type_their_times_in_the_zone_of_the_site(on_curacao):
    follows, chose = (UserProfile.get_for_user(User.objects.create(username=name)) for name in ("fatima", "bram"))
    assert follows.get_current_time_zone() == CURACAO.key
    chose.current_time_zone = "Europe/Amsterdam"
    chose.save()
    on_curacao.name = "De wijk"
    on_curacao.save()

    on_curacao.time_zone = "America/Aruba"
    on_curacao.save()

    for profile in (follows, chose):
        profile.refresh_from_db()
    assert follows.get_current_time_zone() == "America/Aruba"
    assert chose.get_current_time_zone() == "Europe/Amsterdam"


def test_the_clock_goes_on_when_the_database_is_away(monkeypatch, on_curacao):
    assert zone.zone_of_site() == CURACAO

    asked = []

    def away(*args: object, **kwargs: object) -> None:
        asked.append(args)
        raise OperationalError

    monkeypatch.setattr(SiteSettings.objects, "filter", away)
    monkeypatch.setattr(zone, "STALE", -1.0)
    assert zone.zone_of_site() == CURACAO
    monkeypatch.setattr(zone, "STALE", 10.0)
    zone.forget()
    assert [zone.zone_of_site().key for _ in range(3)] == ["Europe/Amsterdam"] * 3
    assert len(asked) == 2  # a page that waits for the database waits once, not for the clock as well


def test_one_asks_again_and_whoever_comes_meanwhile_goes_on_with_what_is_known(monkeypatch, on_curacao):
    """With the database away the one that asks waits as long as the pool does."""
    assert zone.zone_of_site() == CURACAO
    meanwhile = []

    def slow(*args: object, **kwargs: object) -> None:
        meanwhile.append(zone.zone_of_site())
        raise OperationalError

    monkeypatch.setattr(SiteSettings.objects, "filter", slow)
    monkeypatch.setattr(zone, "_read", (zone._read[0] - zone.STALE - 1, CURACAO.key))

    assert zone.zone_of_site() == CURACAO
    assert meanwhile == [CURACAO]


def test_liveness_asks_no_zone(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_the_nightly_work_waits_for_the_night_of_the_site(on_curacao):
    worker = Worker(schedule=(Job(work.write, time(3, 10)),))

    worker.enqueue_due(datetime(2099, 12, 3, 2, 30, tzinfo=UTC))  # 03:30 in Amsterdam, 22:30 the evening before on Curaçao
    assert not ScheduledRun.objects.filter(day="2099-12-03").exists()

    worker.enqueue_due(datetime(2099, 12, 3, 7, 15, tzinfo=UTC))
    assert ScheduledRun.objects.filter(day="2099-12-03").exists()
