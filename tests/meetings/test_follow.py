"""What follows by itself: a page in memory goes as soon as what it says of its meeting changes."""

from datetime import timedelta

import pytest
from wagtail.models import Page

from meetings import dates, repeated
from meetings.live import hub as hub_module
from meetings.models import HostDetails, Initiative, Meeting
from places.models import Contact, NeighbourhoodIndexPage, NeighbourhoodPage, PlacePage
from tests.factories import EVENING, NOW
from tests.meetings.test_dates import TWO_HOURS, series, sit

pytestmark = pytest.mark.django_db


@pytest.fixture
def dropped(monkeypatch) -> list[str]:
    """The paths whose pages are dropped from memory."""
    found: list[str] = []
    monkeypatch.setattr(hub_module, "_caches", [found.append])
    return found


def is_gone(path: str, dropped: list[str]) -> bool:
    """Whether the page at ``path`` is dropped: everything below a dropped path is (``front.Front.drop``)."""
    return any(path.startswith(one) for one in dropped)


@pytest.fixture
def page() -> PlacePage:
    index = Page.get_first_root_node().add_child(instance=NeighbourhoodIndexPage(title="Wijken", slug="wijken"))
    neighbourhood = index.add_child(instance=NeighbourhoodPage(title="Bospolder", slug="bospolder"))
    return neighbourhood.add_child(instance=PlacePage(title="Het Huis", slug="het-huis"))


def another_text(meeting: Meeting) -> None:
    meeting.text = "Met brood"
    meeting.save()


def another_host(meeting: Meeting) -> None:
    HostDetails.objects.update_or_create(meeting=meeting, defaults={"first_name": "Ria"})


def another_initiative_name(meeting: Meeting) -> None:
    initiative = Initiative.objects.get(pk=meeting.initiative_id)
    initiative.name = "Soep en zo"
    initiative.save()


def another_street(meeting: Meeting) -> None:
    meeting.place.street = "Schiedamseweg 2"
    meeting.place.save()


def another_wijk(meeting: Meeting) -> None:
    meeting.neighbourhood.name = "Delfshaven"
    meeting.neighbourhood.save()


def another_date(meeting: Meeting) -> None:
    """The other dates name it."""
    second = meeting.occurrences.get(date_key="2026-12-10")
    dates.move_date(second, second.starts_at + TWO_HOURS, second.ends_at + TWO_HOURS, now=NOW)


def a_date_that_is_off(meeting: Meeting) -> None:
    dates.cancel_date(meeting.occurrences.get(date_key="2026-12-10"), "De kok is ziek", now=NOW)


def one_more_date(meeting: Meeting) -> None:
    dates.add_date(meeting, EVENING + timedelta(days=1), EVENING + timedelta(days=1, hours=2), now=NOW)


def a_rule_that_drops_it(meeting: Meeting) -> None:
    dates.change_rule(meeting, starts_at=EVENING - timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    assert not meeting.occurrences.filter(date_key="2026-12-03").exists()


def off_every_list(meeting: Meeting) -> None:
    """Under the address that everybody knew."""
    repeated.go_unlisted(meeting, now=NOW)


def no_meeting_at_all(meeting: Meeting) -> None:
    meeting.delete()


@pytest.mark.parametrize(
    "change",
    [
        another_text,
        another_host,
        another_initiative_name,
        another_street,
        another_wijk,
        another_date,
        a_date_that_is_off,
        one_more_date,
        a_rule_that_drops_it,
        off_every_list,
        no_meeting_at_all,
    ],
)
def test_a_page_that_reads_otherwise_now_goes_from_memory(change, dropped, django_capture_on_commit_callbacks):
    meeting = series(initiative=Initiative.objects.create(name="Soepploeg", slug="soepploeg"))
    dropped.clear()

    with django_capture_on_commit_callbacks(execute=True):
        change(meeting)

    assert is_gone("/agenda/soep/2026-12-03/", dropped)


def test_a_dropped_date_is_announced_to_who_has_it_open(monkeypatch, django_capture_on_commit_callbacks):
    meeting, announced = series(), []
    monkeypatch.setattr("meetings.live.announce", lambda path, version: announced.append((path, version)))

    with django_capture_on_commit_callbacks(execute=True):
        a_rule_that_drops_it(meeting)

    assert ("/agenda/soep/2026-12-03/", 1) in announced


def test_a_contact_or_a_fact_that_a_place_publishes_is_on_the_pages_of_its_tables_at_once(
    page, dropped, django_capture_on_commit_callbacks
):
    page.place.refresh_from_db()
    contact = Contact.objects.create(page=page, first_name="Henk")
    meeting = series(place=page.place, contact=contact)
    for change in (lambda: page.save_revision().publish(), page.unpublish, contact.save, contact.delete):
        dropped.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change()
        assert is_gone(f"/agenda/{meeting.slug}/2026-12-03/", dropped)


def test_a_chair_that_is_taken_drops_the_page_of_its_own_table_alone(dropped, django_capture_on_commit_callbacks):
    meeting = series()
    dropped.clear()

    with django_capture_on_commit_callbacks(execute=True):
        sit(meeting.occurrences.get(date_key="2026-12-10"))

    assert is_gone("/agenda/soep/2026-12-10/", dropped)
    assert not is_gone("/agenda/soep/2026-12-03/", dropped)
