"""What dates repeat of their meeting, and what is left of one that goes off every list."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django_tasks_db.models import DBTaskResult
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from meetings import notices, repeated, seats
from meetings.models import Initiative, Kind, Meeting, Occurrence, SignUp, Visibility
from meetings.models.choices import Balance, Perspective
from tests import factories
from tests.factories import EVENING, NOW
from tests.meetings.test_dates import series, sit, told
from tests.meetings.test_seats import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def announced(django_capture_on_commit_callbacks, monkeypatch):
    """``with announced() as found:`` the (path, version) pairs that are announced once it is certain."""

    @contextmanager
    def listening() -> Iterator[list[tuple[str, int]]]:
        found: list[tuple[str, int]] = []
        monkeypatch.setattr("meetings.live.announce", lambda path, version: found.append((path, version)))
        with django_capture_on_commit_callbacks(execute=True):
            yield found

    return listening


def test_an_edit_reaches_the_coming_dates_and_who_watches_them_and_leaves_the_place_of_the_past(
    django_capture_on_commit_callbacks, monkeypatch
):
    told = []
    monkeypatch.setattr("meetings.live.announce", lambda path, version: told.append((path, version)))
    meeting = series(starts_at=EVENING - timedelta(weeks=2))
    old_place, meeting.place, meeting.title = meeting.place, factories.place(), "Stamppot"
    meeting.save()

    with django_capture_on_commit_callbacks(execute=True):
        repeated.copy_to_dates(meeting, now=NOW)

    past, coming = meeting.occurrences.get(date_key="2026-11-19"), meeting.occurrences.get(date_key="2026-12-03")
    assert (past.title, past.place) == ("Stamppot", old_place)
    assert (coming.title, coming.place, coming.place_name, coming.version, coming.sequence) == (
        "Stamppot",
        meeting.place,
        meeting.place.name,
        1,
        1,
    )
    assert ("/agenda/soep/2026-12-03/", 1) in told

    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        repeated.copy_to_dates(meeting, now=NOW)
    assert told == []


def test_a_place_with_another_name_is_called_so_on_every_date():
    meeting = series()
    meeting.place.name = "Het Wijkpaleis"
    meeting.place.save()
    meeting.place.neighbourhood.rename("bospolder")

    assert set(meeting.occurrences.values_list("place_name", "neighbourhood_slug")) == {("Het Wijkpaleis", "bospolder")}


def test_the_chair_of_a_place_is_drawn_at_its_tables_and_no_calendar_changes(client):
    meeting = series(capacity=8)
    date = meeting.occurrences.get(date_key="2026-12-03")
    meeting.place.chair = "kruk"
    meeting.place.save()

    page = client.get(date.get_absolute_url()).content.decode()
    assert '<use class="walk-in" href="#stoel-extra-kruk"' in page
    assert series(place=meeting.place).occurrences.first().chair == "kruk"
    changed = meeting.occurrences.get(pk=date.pk)
    assert (changed.chair, changed.changed_at, changed.sequence) == ("kruk", date.changed_at, date.sequence)


def test_off_every_list_means_a_new_address_and_the_old_one_is_unknown(client):
    meeting = series()
    meeting.save_revision()

    repeated.go_unlisted(meeting, now=NOW)

    assert client.get("/agenda/soep/").status_code == 404
    assert client.get("/agenda/soep/2026-12-03/").status_code == 404
    assert client.get("/agenda/soep.ics").status_code == 404
    assert len(meeting.slug) == 26
    assert client.get(meeting.get_absolute_url()).status_code == 200
    assert set(meeting.occurrences.values_list("slug", "listed")) == {(meeting.slug, False)}
    assert not meeting.revisions.exists()


def test_an_initiative_off_every_list_takes_its_meetings_along(client):
    initiative = Initiative.objects.create(name="Taalles", slug="taalles")
    meeting = series(initiative=initiative)

    initiative.is_listed = False
    initiative.save()

    meeting.refresh_from_db()
    assert client.get("/agenda/soep/").status_code == 404
    assert len(meeting.slug) == 26
    assert not meeting.occurrences.filter(listed=True).exists()


@pytest.mark.parametrize(
    "hide",
    [
        lambda meeting: repeated.go_unlisted(meeting, now=NOW),
        lambda meeting: _off(meeting.initiative).save(),
    ],
    ids=["by itself", "with its initiative"],
)
def test_off_every_list_the_old_addresses_of_all_its_dates_are_announced(hide, announced):
    meeting = series(starts_at=EVENING - timedelta(weeks=3), initiative=Initiative.objects.create(name="Taalles", slug="taalles"))
    old = {(date.path, date.version + 1) for date in meeting.occurrences.all()}
    assert ("/agenda/soep/2026-11-12/", 1) in old

    with announced() as found:
        hide(meeting)

    assert old <= set(found)
    # A process that heard nothing asks for versions: a page of a past date closes too.
    assert meeting.occurrences.filter(version__gte=1).count() == len(old)


def _off(initiative: Initiative) -> Initiative:
    initiative.is_listed = False
    return initiative


def test_an_initiative_off_every_list_takes_a_meeting_without_dates_along():
    initiative = Initiative.objects.create(name="Taalles", slug="taalles")
    meeting = series(initiative=initiative)
    meeting.occurrences.all().delete()

    _off(initiative).save()

    meeting.refresh_from_db()
    assert len(meeting.slug) == 26


def test_a_meeting_that_was_listed_again_gets_another_address_when_it_goes_off_again_and_only_then():
    initiative = Initiative.objects.create(name="Taalles", slug="taalles")
    meeting = series(initiative=initiative)
    slugs = []
    for is_listed in (False, True, False):
        initiative.is_listed = is_listed
        initiative.save()
        initiative.save()
        meeting.refresh_from_db()
        slugs.append(meeting.slug)

    assert slugs[0] == slugs[1] != slugs[2]


def test_the_cms_forgets_who_changed_what_of_a_meeting_that_goes_off_every_list():
    meeting, other = series(), series()
    for row in (meeting, meeting.occurrences.first(), other):
        log(row, "wagtail.edit")

    repeated.go_unlisted(meeting, now=NOW)

    assert ModelLogEntry.objects.get().object_id == str(other.pk)


def test_who_may_know_of_a_meeting_reads_the_same_in_a_query_and_of_one():
    hidden = Initiative.objects.create(name="Taalles", slug="taalles", is_listed=False)
    shown = Initiative.objects.create(name="Koor", slug="koor")
    known = [series(""), series("", initiative=shown)]
    waits = series("", moderation=Meeting.Moderation.WAITING)
    unlisted = [series("", visibility=Visibility.LINK), series("", kind=Kind.KITCHEN_TABLE), series("", initiative=hidden)]

    assert set(Meeting.objects.listed()) == set(known) == {one for one in Meeting.objects.all() if one.is_listed}
    assert set(Meeting.objects.for_everyone()) == {*known, waits} == {one for one in Meeting.objects.all() if one.is_for_everyone}
    assert set(Meeting.objects.unlisted()) == set(unlisted)
    assert waits.slug == "soep-3"  # who posted it may have passed its address on


def test_people_on_a_date_that_is_elsewhere_hear_of_it_and_others_do_not(django_capture_on_commit_callbacks):
    meeting = series()
    first, second, third = meeting.occurrences.order_by("starts_at")[:3]
    for date in (first, second):
        sit(date, email="z@example.org")
    Occurrence.objects.filter(pk=second.pk).update(status=Occurrence.Status.CANCELLED)
    meeting.place = factories.place()
    meeting.save()

    for _twice in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            repeated.copy_to_dates(meeting, now=NOW)

    assert told() == [["elsewhere", first.pk]]
    assert third.sign_ups.count() == 0


def test_another_place_of_the_same_name_is_another_place(django_capture_on_commit_callbacks):
    meeting = series()
    sit(meeting.occurrences.first(), email="z@example.org")
    meeting.place = factories.place(name=meeting.place.name)

    with django_capture_on_commit_callbacks(execute=True):
        repeated.copy_to_dates(meeting, now=NOW)

    assert [change for change, _date in told()] == ["elsewhere"]


def test_a_place_that_is_called_otherwise_has_not_moved(django_capture_on_commit_callbacks):
    meeting = series()
    sign_up = sit(meeting.occurrences.first(), email="z@example.org")
    meeting.place.name = "Het Wijkpaleis"

    with django_capture_on_commit_callbacks(execute=True):
        meeting.place.save()
        repeated.copy_to_dates(meeting, now=NOW)

    sign_up.refresh_from_db()
    assert (told(), sign_up.told_at) == ([], NOW)


def test_whoever_is_mailed_about_another_place_reads_where_and_when_and_keeps_the_chair():
    meeting = series(place=factories.place(name="De Pier", street="Pierplein 2"))
    seated, no_address = sit(meeting.occurrences.first(), email="z@example.org"), sit(meeting.occurrences.first())
    SignUp.objects.update(told_at=None)

    for sign_up in (seated, seated, no_address):
        notices.tell_elsewhere.call(sign_up.pk)

    (sent,) = outbox.outbox
    assert sent.subject == "Andere plek: Soep"
    assert sent.body.startswith(
        "Dit is op een andere plek. Jouw stoel blijft van jou.\n\nSoep\nDonderdag 3 december om 19:30\nDe Pier, Pierplein 2"
    )
    assert "/mijn/" in sent.body
    assert set(SignUp.objects.filter(told_at=None)) == {no_address}


def test_whoever_waits_reads_that_they_still_wait_at_the_other_place():
    date = series(capacity=1).occurrences.first()
    sit(date)
    waiting = sit(date, email="z@example.org")
    SignUp.objects.update(told_at=None)

    notices.tell_elsewhere.call(waiting.pk)

    assert outbox.outbox[0].body.startswith("Dit is op een andere plek. Jouw plek op de wachtlijst blijft van jou.")
    assert "Met deze link wacht je niet langer:" in outbox.outbox[0].body


@pytest.mark.parametrize("address", ["/agenda/{slug}/", "/agenda/{slug}/2026-12-03/"])
def test_a_meeting_of_an_unlisted_initiative_is_in_no_search_engine(client, address):
    listed = series()
    hidden = series(initiative=Initiative.objects.create(name="Taalles", slug="taalles", is_listed=False))

    assert client.get(address.format(slug=hidden.slug)).headers["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in client.get(address.format(slug=listed.slug)).headers


@pytest.mark.parametrize(
    "rules",
    [{"balance": Balance.NONE}, {"kind": Kind.ACTIVITY}, {"balance": Balance.RESIDENTS, "resident_seats": 1}, {"formal_start": 2}],
    ids=["without balance", "an activity", "chairs for residents", "more to begin with"],
)
def test_who_may_sit_by_other_rules_gets_the_chair_before_a_newcomer_and_hears_of_it(announced, rules):
    meeting = series("", kind=Kind.SESSION, capacity=3, balance=Balance.EQUAL, formal_start=1)
    date = meeting.occurrences.get()
    sit(date, perspective=Perspective.POLICY)
    waits = sit(date, perspective=Perspective.POLICY)
    assert waits.state == SignUp.State.WAITING
    for name, value in rules.items():
        setattr(meeting, name, value)
    meeting.save()

    with announced() as found:
        repeated.copy_to_dates(meeting, now=NOW)
    newcomer = sit(date)

    waits.refresh_from_db()
    assert (waits.state, waits.chairs, waits.told_at, newcomer.state) == ("seated", [1], None, "seated")
    assert_sound(date)
    assert date.waiting == 0
    assert set(found) == {(date.path, 4)}  # two sat down, other rules, and one moved up
    assert list(DBTaskResult.objects.filter(task_path="meetings.notices.tell_promoted").values_list("args_kwargs__args__0", flat=True)) == [
        waits.pk
    ]


def test_other_rules_seat_nobody_at_a_date_that_has_begun_or_does_not_go_ahead():
    meeting = series(kind=Kind.SESSION, capacity=3, balance=Balance.EQUAL, formal_start=0)
    begun, cancelled = meeting.occurrences.order_by("starts_at")[:2]
    waiting = [sit(date, perspective=Perspective.POLICY) for date in (begun, cancelled)]
    seats.cancel(cancelled.pk, "storm", now=NOW)
    meeting.balance = Balance.NONE
    meeting.save()

    repeated.copy_to_dates(meeting, now=EVENING + timedelta(minutes=5))

    assert set(SignUp.objects.filter(pk__in=[one.pk for one in waiting]).values_list("state", flat=True)) == {"waiting"}
