"""Dates: what a rule writes out, and what stays when it changes."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings import dates, recurrence, seats, table
from meetings.calendars import write
from meetings.models import Initiative, Kind, Meeting, Occurrence, SignUp, Visibility
from meetings.models.choices import Perspective, Repeat
from tests import factories
from tests.factories import EVENING, NOW

pytestmark = pytest.mark.django_db
TWO_HOURS = timedelta(hours=2)


def series(rule: str = "FREQ=WEEKLY", starts_at: datetime | None = EVENING, now: datetime = NOW, **fields) -> Meeting:
    place = factories.place()
    return dates.create(
        Meeting(**{"title": "Soep", "place": place} | fields),
        starts_at=starts_at,
        duration=TWO_HOURS,
        rule=rule,
        host_name="Fatima",
        now=now,
    )


def sit(occurrence: Occurrence, now: datetime = NOW, **fields) -> SignUp:
    return seats.take(occurrence.pk, factories.keyring(), fields.pop("perspective", Perspective.RESIDENT), now=now, **fields)


def told() -> list[list]:
    """The changes that people are going to hear of, as (change, id of the date)."""
    return [row.args_kwargs["args"] for row in DBTaskResult.objects.filter(task_path="meetings.notices.tell_all").order_by("enqueued_at")]


def keys_of(meeting: Meeting) -> list[str]:
    return list(meeting.occurrences.order_by("starts_at").values_list("date_key", flat=True))


def test_a_weekly_evening_stays_at_half_past_seven_across_both_clock_changes():
    meeting = series()

    local = {o.starts_at.astimezone(meeting.zone).strftime("%a %H:%M") for o in meeting.occurrences.all()}
    assert local == {"Thu 19:30"}
    assert {o.starts_at.hour for o in meeting.occurrences.all()} == {17, 18}
    assert meeting.occurrences.count() == 57  # thirteen months of 31 days


def test_a_date_repeats_what_a_list_needs():
    meeting = series(capacity=8)

    date = meeting.occurrences.first()
    assert (date.title, date.slug, date.capacity, date.place_name) == ("Soep", "soep", 8, meeting.place.name)
    assert date.neighbourhood == meeting.place.neighbourhood
    assert (date.date_key, date.recurrence_at, date.ends_at) == ("2026-12-03", EVENING, EVENING + TWO_HOURS)


def test_a_new_series_has_the_dates_behind_it_and_a_changed_one_gets_none():
    meeting = series(starts_at=EVENING - timedelta(weeks=4))
    assert keys_of(meeting)[:4] == ["2026-11-05", "2026-11-12", "2026-11-19", "2026-11-26"]

    dates.change_rule(meeting, starts_at=EVENING - timedelta(weeks=4, days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    assert keys_of(meeting)[:5] == ["2026-11-05", "2026-11-12", "2026-11-19", "2026-11-25", "2026-12-02"]


def test_a_new_series_shows_ninety_days_behind_it():
    meeting = series("FREQ=DAILY", starts_at=EVENING - timedelta(days=200))

    first = meeting.occurrences.order_by("starts_at").first().starts_at
    assert timedelta(days=89) < NOW - first <= timedelta(days=90)


def test_writing_out_again_adds_nothing_and_takes_two_queries_and_an_insert(django_assert_max_num_queries):
    meeting = series("FREQ=DAILY")
    before = list(meeting.occurrences.values_list("pk", "version"))

    with django_assert_max_num_queries(4):
        assert dates.materialise(meeting, now=NOW) == 0
    assert list(meeting.occurrences.values_list("pk", "version")) == before


def test_the_nightly_task_reaches_the_horizon_again_also_for_a_series_in_two_pieces():
    meeting = series()
    third = meeting.occurrences.order_by("starts_at")[2]
    dates.split(meeting, third, starts_at=third.starts_at + timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    alone = series("")
    number = meeting.occurrences.count()

    assert dates.extend_all(now=NOW + timedelta(weeks=3)) == 3
    assert meeting.occurrences.count() == number + 3
    assert alone.occurrences.count() == 1


def test_a_table_without_a_date_has_the_key_ooit():
    meeting = series("", starts_at=None)

    assert [(o.date_key, o.starts_at) for o in meeting.occurrences.all()] == [("ooit", None)]
    assert dates.materialise(meeting, now=NOW) == 0


def test_a_rule_that_changes_keeps_the_dates_with_people_and_drops_the_empty_ones():
    meeting = series()
    with_people = meeting.occurrences.get(date_key="2026-12-10")
    sit(with_people)

    dates.change_rule(meeting, starts_at=EVENING - timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    assert keys_of(meeting)[:4] == ["2026-12-02", "2026-12-09", "2026-12-10", "2026-12-16"]
    kept = meeting.occurrences.get(date_key="2026-12-10")
    assert (kept.pk, kept.is_exception, kept.starts_at, kept.taken) == (with_people.pk, True, with_people.starts_at, 1)


def test_another_hour_moves_the_empty_dates_in_their_own_rows_and_leaves_the_one_with_people():
    meeting = series()
    first, second = meeting.occurrences.order_by("starts_at")[:2]
    sit(second)

    dates.change_rule(meeting, starts_at=EVENING + timedelta(hours=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    first.refresh_from_db()
    assert (first.starts_at, first.sequence, first.version) == (EVENING + timedelta(hours=1), 1, 1)
    second.refresh_from_db()
    assert (second.starts_at, second.is_exception) == (EVENING + timedelta(weeks=1), True)
    assert meeting.segments.count() == 1  # nothing has been yet: the same rule, the same UID


def test_a_rule_that_has_given_dates_ends_and_the_next_has_a_uid_of_its_own():
    meeting = series(starts_at=EVENING - timedelta(weeks=4))
    old = meeting.segments.get()

    dates.change_rule(meeting, starts_at=EVENING - timedelta(weeks=4), duration=timedelta(hours=3), rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)

    first, second = meeting.segments.all()
    assert (first.uid, first.rule) == (old.uid, "FREQ=WEEKLY;UNTIL=20261125T085959Z")
    assert second.uid != old.uid
    assert second.starts_at == EVENING
    assert keys_of(meeting)[:6] == ["2026-11-05", "2026-11-12", "2026-11-19", "2026-12-03", "2026-12-17", "2026-12-31"]
    assert meeting.occurrences.filter(segment=second).first().ends_at - EVENING == timedelta(hours=3)


def test_a_day_that_comes_back_is_the_same_date_and_goes_on_where_it_was():
    meeting = series(capacity=8)
    date = meeting.occurrences.get(date_key="2026-12-10")
    sign_up = sit(date)
    seats.leave(date.pk, sign_up.keyring, now=NOW)
    dates.move_date(date, date.starts_at + timedelta(minutes=30), date.ends_at + timedelta(minutes=30), now=NOW)
    meeting.occurrences.filter(pk=date.pk).update(is_exception=False)
    seen = meeting.occurrences.get(pk=date.pk)

    dates.change_rule(meeting, starts_at=EVENING - timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    assert not meeting.occurrences.filter(date_key="2026-12-10").exists()
    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    back = meeting.occurrences.get(date_key="2026-12-10")
    assert (back.version, back.sequence) == (seen.version + 1, seen.sequence + 1)
    assert seen.version > 0


def test_a_key_that_was_given_out_goes_to_no_other_date(client):
    meeting = series()
    dates.change_rule(meeting, starts_at=EVENING - timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    extra = dates.add_date(meeting, EVENING - timedelta(hours=5), EVENING - timedelta(hours=4), now=NOW)

    assert extra.date_key == "2026-12-03-1430"
    assert client.get(f"/agenda/{meeting.slug}/2026-12-03/").headers["Location"] == extra.get_absolute_url()
    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    assert keys_of(meeting)[:3] == ["2026-12-03-1430", "2026-12-03", "2026-12-10"]


def test_a_table_without_a_date_that_gets_one_and_loses_it_is_the_same_table():
    meeting = series("", starts_at=None)
    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="", now=NOW)
    dates.change_rule(meeting, starts_at=None, duration=TWO_HOURS, rule="", now=NOW)

    assert [(o.date_key, o.version) for o in meeting.occurrences.all()] == [("ooit", 1)]


@pytest.mark.parametrize("rule", ["", "FREQ=WEEKLY"])
def test_people_at_a_table_without_a_date_get_the_first_one_there_is_and_hear_of_it(rule, client, django_capture_on_commit_callbacks):
    meeting = series("", starts_at=None)
    table = meeting.occurrences.get()
    sign_up = sit(table, email="z@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule=rule, now=NOW)

    given = meeting.occurrences.get(pk=table.pk)
    assert (given.date_key, given.starts_at, given.ends_at, given.taken) == ("ooit", EVENING, EVENING + TWO_HOURS, 1)
    assert told() == [["moved", table.pk]]
    sign_up.refresh_from_db()
    assert sign_up.told_at is None
    assert client.get(f"/agenda/{meeting.slug}/2026-12-03/").headers["Location"] == given.get_absolute_url()
    assert keys_of(meeting)[:2] == (["ooit", "2026-12-10"] if rule else ["ooit"])
    dates.extend_all(now=NOW)
    assert not meeting.occurrences.filter(date_key="2026-12-03").exists()
    extra = dates.add_date(meeting, EVENING + timedelta(hours=3), EVENING + timedelta(hours=4), now=NOW)
    assert extra.date_key == "2026-12-03-2230"


def test_a_table_that_got_its_date_from_a_rule_follows_it_from_then_on():
    meeting = series("", starts_at=None)
    sit(meeting.occurrences.get())
    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    later = EVENING + timedelta(hours=1)
    first = meeting.occurrences.order_by("starts_at").first()
    dates.split(meeting, first, starts_at=later, duration=TWO_HOURS, rule="FREQ=WEEKLY", with_people=True, now=NOW)

    assert [(o.date_key, o.starts_at) for o in meeting.occurrences.order_by("starts_at")[:2]] == [
        ("ooit", later),
        ("2026-12-10", later + timedelta(weeks=1)),
    ]


def test_people_at_a_table_without_a_date_do_not_land_on_a_day_that_has_been(django_capture_on_commit_callbacks):
    meeting = series("", starts_at=None)
    table = meeting.occurrences.get()
    sit(table, email="z@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        dates.change_rule(meeting, starts_at=NOW - timedelta(days=2), duration=TWO_HOURS, rule="", now=NOW)

    assert meeting.occurrences.get(pk=table.pk).starts_at is None
    assert told() == []


def test_a_cancelled_date_stays_cancelled_whatever_the_rule_becomes():
    meeting = series()
    dates.cancel_date(meeting.occurrences.first(), "De kok is ziek", now=NOW)

    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)

    assert meeting.occurrences.get(date_key="2026-12-03").is_cancelled


def test_from_here_on_keeps_what_came_before():
    meeting = series()
    third = meeting.occurrences.order_by("starts_at")[2]

    new = dates.split(meeting, third, starts_at=third.starts_at - timedelta(days=2), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    assert keys_of(meeting)[:5] == ["2026-12-03", "2026-12-10", "2026-12-15", "2026-12-22", "2026-12-29"]
    assert meeting.occurrences.get(date_key="2026-12-15").segment == new


def test_from_a_date_on_that_was_moved_by_hand_it_follows_again_and_a_cancelled_one_stays():
    for cancelled in (False, True):
        meeting = series()
        second = meeting.occurrences.order_by("starts_at")[1]
        if cancelled:
            dates.cancel_date(second, "storm", now=NOW)
        else:
            dates.move_date(second, second.starts_at + timedelta(days=1), second.ends_at + timedelta(days=1), now=NOW)
        second.refresh_from_db()
        assert second.is_exception

        later = second.recurrence_at + timedelta(hours=1)
        dates.split(meeting, second, starts_at=later, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

        after = meeting.occurrences.get(pk=second.pk)
        assert (after.starts_at, after.is_exception) == ((second.starts_at, True) if cancelled else (later, False))


def test_from_the_first_date_on_is_a_change_of_the_same_rule():
    meeting = series()

    new = dates.split(
        meeting, meeting.occurrences.first(), starts_at=EVENING + timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW
    )

    assert meeting.segments.get() == new
    assert keys_of(meeting)[:2] == ["2026-12-04", "2026-12-11"]


@pytest.mark.parametrize("with_people", [False, True])
def test_from_here_on_later_dates_with_people_stay_or_move_along_and_hear_of_it(with_people, django_capture_on_commit_callbacks):
    meeting = series()
    second, third = meeting.occurrences.order_by("starts_at")[1:3]
    sit(third, email="z@example.org")
    later = second.starts_at + timedelta(hours=1)

    with django_capture_on_commit_callbacks(execute=True):
        dates.split(meeting, second, starts_at=later, duration=TWO_HOURS, rule="FREQ=WEEKLY", with_people=with_people, now=NOW)

    kept = meeting.occurrences.get(pk=third.pk)
    assert (kept.starts_at - third.starts_at, kept.is_exception) == ((timedelta(hours=1), False) if with_people else (timedelta(0), True))
    assert kept.taken == 1
    assert told() == ([["moved", third.pk]] if with_people else [])


def test_a_moved_date_keeps_its_address_and_its_new_day_leads_there(client):
    meeting = series()
    date = meeting.occurrences.get(date_key="2026-12-10")
    moved = dates.move_date(date, date.starts_at + timedelta(days=1), date.ends_at + timedelta(days=1), now=NOW)

    assert (moved.date_key, moved.sequence, moved.version) == ("2026-12-10", 1, 1)
    assert dates.moved_to(meeting, "2026-12-11") == moved
    assert dates.moved_to(meeting, "2026-12-12") is None
    response = client.get(reverse("occurrence", args=[meeting.slug, "2026-12-11"]))
    assert (response.status_code, response.headers.get("Location")) == (302, moved.get_absolute_url())
    dates.materialise(meeting, now=NOW)
    assert meeting.occurrences.filter(date_key="2026-12-10").count() == 1


@pytest.mark.parametrize("date_key", ["0001-01-01", "9999-12-31", "2026-02-30", "2026-12-10-1930", "ooit"])
def test_a_day_that_cannot_be_is_no_date(client, date_key):
    meeting = series("")

    assert client.get(reverse("occurrence", args=[meeting.slug, date_key])).status_code == 404


def test_an_extra_date_on_a_taken_day_gets_the_hour_in_its_key_and_never_the_same_time_twice():
    meeting = series()

    extra = dates.add_date(meeting, EVENING - timedelta(hours=5), EVENING - timedelta(hours=4), now=NOW)

    assert extra.date_key == "2026-12-03-1430"
    assert extra.is_exception
    with pytest.raises(dates.DateTaken) as twice:
        dates.add_date(meeting, EVENING, EVENING + TWO_HOURS, now=NOW)
    assert str(twice.value) == "Op dat moment is er al een datum van deze bijeenkomst. Kies een andere tijd."


def test_a_date_does_not_move_onto_another_of_its_meeting_and_may_change_its_end_alone():
    meeting = series()
    first, second = meeting.occurrences.order_by("starts_at")[:2]

    with pytest.raises(dates.DateTaken):
        dates.move_date(first, second.starts_at, second.ends_at, now=NOW)
    Occurrence.objects.filter(pk=first.pk).update(starts_at=second.starts_at, ends_at=second.ends_at)  # as some did before

    assert dates.move_date(first, second.starts_at, second.ends_at + TWO_HOURS, now=NOW).version == 1


def test_who_waits_beside_a_free_chair_sits_once_the_date_is_to_come_again(django_capture_on_commit_callbacks, monkeypatch):
    """A chair was brought after it had begun, when nobody is given one any more; then it was put off."""
    announced: list[int] = []
    monkeypatch.setattr("meetings.live.announce", lambda path, version: announced.append(version))
    date = series("", capacity=1).occurrences.get()
    sit(date)
    waits, late = sit(date), EVENING + timedelta(minutes=10)
    seats.set_capacity(date.pk, 2, now=late)
    waits.refresh_from_db()
    assert waits.state == SignUp.State.WAITING

    with django_capture_on_commit_callbacks(execute=True):
        moved = dates.move_date(date, EVENING + timedelta(days=1), EVENING + timedelta(days=1, hours=2), now=late)

    waits.refresh_from_db()
    assert (waits.state, waits.chairs) == (SignUp.State.SEATED, [1])
    assert (moved.taken, moved.waiting, max(announced)) == (2, 0, moved.version)
    tasks = DBTaskResult.objects.filter(task_path__startswith="meetings.").order_by("enqueued_at").values_list("task_path", flat=True)
    assert list(tasks) == ["meetings.notices.tell_promoted", "meetings.notices.tell_all"]  # who sits now reads that first


def test_a_frame_with_another_chair_asks_the_database_no_more(django_assert_num_queries):
    date = series(capacity=12).occurrences.select_related("meeting").get(date_key="2026-12-03")
    date.chair = "fauteuil"

    with django_assert_num_queries(1):
        frame = table.frame(date, table.PUBLIC, NOW)
    assert "#stoel-extra-fauteuil" in frame
    assert len(frame.encode()) < table.MOST_BYTES


def test_what_stands_on_no_list_gets_an_address_nobody_can_guess():
    hidden = Initiative.objects.create(name="Taalles", slug="taalles", is_listed=False)

    assert [
        len(series("", **fields).slug) for fields in ({"visibility": Visibility.LINK}, {"kind": Kind.KITCHEN_TABLE}, {"initiative": hidden})
    ] == [26, 26, 26]


@pytest.mark.parametrize(("title", "slug"), [("Nieuw", "bij-nieuw"), ("2026-12-03", "bij-2026-12-03"), ("!!!", "bijeenkomst")])
def test_an_address_is_never_a_reserved_word_or_a_date(title, slug):
    assert series("", title=title).slug == slug


def test_a_title_that_is_taken_gets_a_number():
    assert [series("").slug, series("").slug] == ["soep", "soep-2"]


RULES = st.builds(
    lambda freq, interval, by, end: ";".join([f"FREQ={freq}", f"INTERVAL={interval}", *by, *end]),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 4),
    st.just([]),
    st.one_of(
        st.just([]),
        st.integers(2, 30).map(lambda n: [f"COUNT={n}"]),
        st.dates(datetime(2027, 1, 11).date(), datetime(2027, 12, 31).date()).map(lambda d: [f"UNTIL={d:%Y%m%d}"]),
    ),
)
STARTS = st.datetimes(datetime(2026, 11, 26), datetime(2027, 1, 10)).map(lambda d: d.replace(second=0, microsecond=0))
PLAIN = st.sampled_from([Repeat.WEEKLY, Repeat.FORTNIGHTLY, Repeat.MONTHLY_BY_DATE, Repeat.MONTHLY_BY_WEEKDAY])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=STARTS, rule=st.one_of(RULES, PLAIN))
def test_any_rule_gives_the_dates_that_a_calendar_reads_from_it_and_writing_out_twice_changes_nothing(start, rule):
    place = factories.place()
    meeting = Meeting(title="Soep", place=place)
    local = start.replace(tzinfo=meeting.zone)
    rule = recurrence.rule_for(rule, local) if isinstance(rule, Repeat) else recurrence.clean(rule, local)
    dates.create(meeting, starts_at=local.astimezone(UTC), duration=TWO_HOURS, rule=rule, now=NOW)

    ours = [o.starts_at for o in meeting.occurrences.order_by("starts_at")]
    assert dates.materialise(meeting, now=NOW) == 0
    calendar = icalendar.Calendar.from_ical(write.series(meeting, list(meeting.occurrences.all()), "http://x", now=NOW))
    theirs = recurring_ical_events.of(calendar).between(NOW, dates.horizon(NOW))
    assert ours == sorted(event["DTSTART"].dt.astimezone(UTC) for event in theirs)
