"""One date and one series for a calendar, read back by other people's code (ical.md, sections 3 to 7)."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from django.utils.http import http_date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from meetings import dates, seats
from meetings.calendars import write
from meetings.models import Meeting, Visibility
from meetings.models.choices import Perspective
from tests import factories
from tests.factories import EVENING, NOW

pytestmark = pytest.mark.django_db
TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def weekly() -> Meeting:
    meeting = Meeting(
        title="Soep, brood; en meer",
        text="Neem je buur mee.\nOok kinderen.\x07",
        place=factories.place(name="Het Huis", postcode="3025 AA"),
    )
    return dates.create(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", host_name="Fatima", now=NOW)


def read(client, address: str) -> Calendar:
    response = client.get(address)
    assert response.status_code == 200
    return Calendar.from_ical(response.content)


def local_times(calendar: Calendar, begin: datetime, end: datetime) -> list[str]:
    return sorted(
        f"{event['DTSTART'].dt.astimezone(EVENING.tzinfo):%m-%d}" for event in recurring_ical_events.of(calendar).between(begin, end)
    )


def test_a_series_is_read_at_half_past_seven_on_both_sides_of_both_clock_changes(client, weekly):
    calendar = read(client, f"/agenda/{weekly.slug}.ics")

    for begin, end, offsets in (
        (datetime(2027, 3, 20, tzinfo=UTC), datetime(2027, 4, 5, tzinfo=UTC), [1, 2]),
        (datetime(2027, 10, 25, tzinfo=UTC), datetime(2027, 11, 8, tzinfo=UTC), [2, 1]),
    ):
        events = sorted(recurring_ical_events.of(calendar).between(begin, end), key=lambda e: e["DTSTART"].dt)
        assert {f"{e['DTSTART'].dt:%a %H:%M}" for e in events} == {"Thu 19:30"}
        assert [e["DTSTART"].dt.utcoffset() for e in events] == [timedelta(hours=n) for n in offsets]
    ours = [o.starts_at for o in weekly.occurrences.order_by("starts_at")]
    theirs = recurring_ical_events.of(calendar).between(NOW, dates.horizon(NOW))
    assert sorted(e["DTSTART"].dt.astimezone(UTC) for e in theirs) == ours


def test_the_file_is_what_clients_can_read(client, weekly):
    body = client.get(f"/agenda/{weekly.slug}.ics").content
    text = body.decode().replace("\r\n ", "")

    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert body.count(b"\n") == body.count(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert len(text[text.index("BEGIN:VTIMEZONE") : text.index("END:VTIMEZONE")].splitlines()) < 20
    for line in (
        "VERSION:2.0",
        "X-WR-TIMEZONE:Europe/Amsterdam",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "DTSTART;TZID=Europe/Amsterdam:20261203T193000",
        "DTEND;TZID=Europe/Amsterdam:20261203T213000",
        "RRULE:FREQ=WEEKLY",
        "DTSTART:19960331T020000",
        "STATUS:CONFIRMED",
        r"SUMMARY:Soep\, brood\; en meer",
        r"LOCATION:Het Huis\, Schiedamseweg 1\, 3025 AA " + weekly.neighbourhood.name,
        "GEO:51.91;4.44",
        f"URL:http://localhost:8000/agenda/{weekly.slug}/",
        rf"DESCRIPTION:Neem je buur mee.\nOok kinderen.\n\nhttp://localhost:8000/agenda/{weekly.slug}/",
    ):
        assert line in text.splitlines()
    assert not {"METHOD", "ATTENDEE", "ORGANIZER", "Fatima"} & set(text.replace(":", "\n").replace(";", "\n").splitlines())


def test_nobody_who_comes_stands_in_it(client, weekly):
    seats.take(
        weekly.occurrences.first().pk,
        factories.keyring(),
        Perspective.RESIDENT,
        name="Zeynep",
        email="z@example.org",
        name_visibility="iedereen",
        now=NOW,
    )

    for address in (f"/agenda/{weekly.slug}.ics", f"/agenda/{weekly.slug}/2026-12-03.ics"):
        assert b"Zeynep" not in client.get(address).content
        assert b"example.org" not in client.get(address).content


def test_moved_cancelled_extra_and_kept_dates_are_read_as_they_are(client, weekly):
    by_key = {o.date_key: o for o in weekly.occurrences.all()}
    dates.move_date(by_key["2026-12-10"], EVENING + timedelta(days=8), EVENING + timedelta(days=8, hours=1), now=NOW)
    dates.cancel_date(by_key["2026-12-17"], "De kok is ziek", now=NOW)
    dates.add_date(weekly, EVENING + timedelta(days=17), EVENING + timedelta(days=17, hours=2), now=NOW)
    by_key["2026-12-24"].delete()
    end = datetime(2027, 1, 1, tzinfo=UTC)

    calendar = read(client, f"/agenda/{weekly.slug}.ics")

    assert local_times(calendar, NOW, end) == ["12-03", "12-11", "12-17", "12-20", "12-31"]
    cancelled = next(e for e in calendar.walk("VEVENT") if e.get("STATUS") == "CANCELLED")
    assert cancelled["SUMMARY"] == "Gaat niet door: Soep, brood; en meer"
    assert str(cancelled["DESCRIPTION"]).startswith("De kok is ziek")
    assert cancelled["RECURRENCE-ID"].dt.astimezone(UTC) == EVENING + timedelta(weeks=2)
    of_series = [e for e in calendar.walk("VEVENT") if e["UID"] == weekly.segments.get().uid]
    assert len({e["SEQUENCE"] for e in of_series}) == 1
    (extra,) = [e for e in calendar.walk("VEVENT") if e not in of_series]
    assert extra["URL"] == f"http://localhost:8000/agenda/{weekly.slug}/2026-12-20/"


def test_a_cancelled_date_shows_until_a_week_after_and_then_falls_out(weekly):
    dates.cancel_date(weekly.occurrences.first(), "Ziek", now=NOW)
    rows = list(weekly.occurrences.order_by("starts_at"))

    soon, later = (Calendar.from_ical(write.series(weekly, rows, "http://x", now=EVENING + timedelta(days=n))) for n in (6, 8))

    assert [e for e in soon.walk("VEVENT") if e["STATUS"] == "CANCELLED"]
    assert not [e for e in later.walk("VEVENT") if e["STATUS"] == "CANCELLED"]
    assert local_times(later, NOW, datetime(2026, 12, 12, tzinfo=UTC)) == ["12-10"]


def test_the_moment_a_cancelled_date_falls_out_is_a_change_of_the_series(client, weekly, monkeypatch):
    """Last-Modified moves too when an event leaves the feed, or a 304 hides that it is gone (ical.md, section 2)."""
    dates.cancel_date(weekly.occurrences.first(), "Ziek", now=NOW)
    gone_at = EVENING + TWO_HOURS + timedelta(days=7)
    long_ago = NOW - timedelta(days=1)
    Meeting.objects.filter(pk=weekly.pk).update(changed_at=long_ago, created_at=long_ago)
    weekly.occurrences.update(changed_at=long_ago)

    def at(moment: datetime, **headers: str):
        monkeypatch.setattr("meetings.views.calendar.timezone.now", lambda: moment)
        return client.get(f"/agenda/{weekly.slug}.ics", headers=headers)

    before, again = at(gone_at - timedelta(days=6)), at(gone_at)
    assert before.content == again.content
    assert before["Last-Modified"] == again["Last-Modified"] == http_date(long_ago.timestamp())
    after, later = at(gone_at + timedelta(seconds=1)), at(gone_at + timedelta(days=30))
    assert after.content == later.content
    assert after["Last-Modified"] == later["Last-Modified"] == http_date(gone_at.timestamp())
    assert at(gone_at + timedelta(days=1), **{"if-modified-since": before["Last-Modified"]}).status_code == 200
    old, new = (Calendar.from_ical(answer.content).walk("VEVENT")[0] for answer in (before, after))
    assert new["SEQUENCE"] > old["SEQUENCE"]
    assert (new["LAST-MODIFIED"].dt, new["DTSTAMP"].dt) == (gone_at, gone_at)


def test_a_table_that_people_sat_at_before_it_had_a_date_is_one_date_of_its_series(client):
    meeting = dates.create(Meeting(title="Ooit eens", slug="ooit-eens", place=factories.place()), starts_at=None, now=NOW)
    seats.take(meeting.occurrences.get().pk, factories.keyring(), Perspective.RESIDENT, now=NOW)
    dates.change_rule(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    calendar = read(client, "/agenda/ooit-eens.ics")

    assert local_times(calendar, NOW, datetime(2026, 12, 12, tzinfo=UTC)) == ["12-03", "12-10"]
    (event,) = calendar.walk("VEVENT")
    assert not {"EXDATE", "RDATE"} & set(event)


def test_a_series_in_two_pieces_has_two_uids_and_each_date_once(client, weekly):
    kept = weekly.occurrences.get(date_key="2026-12-24")
    seats.take(kept.pk, factories.keyring(), Perspective.RESIDENT, now=NOW)
    third = weekly.occurrences.get(date_key="2026-12-17")
    dates.split(weekly, third, starts_at=third.starts_at + timedelta(days=1), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    calendar = read(client, f"/agenda/{weekly.slug}.ics")

    uids = {str(e["UID"]) for e in calendar.walk("VEVENT")}
    assert uids == {*weekly.segments.values_list("uid", flat=True), f"2026-12-24-{weekly.segments.first().uid}"}
    ours = sorted(o.starts_at for o in weekly.occurrences.all())
    theirs = recurring_ical_events.of(calendar).between(NOW, dates.horizon(NOW))
    assert sorted(e["DTSTART"].dt.astimezone(UTC) for e in theirs) == ours


def starts(meeting: Meeting) -> list[datetime]:
    """When a calendar has the dates of a meeting, read back by other people's code."""
    calendar = Calendar.from_ical(write.series(meeting, list(meeting.occurrences.order_by("starts_at")), "http://x", now=NOW))
    found = recurring_ical_events.of(calendar).between(NOW - timedelta(days=365), dates.horizon(NOW))
    return sorted(event["DTSTART"].dt.astimezone(UTC) for event in found)


def ours(meeting: Meeting) -> list[datetime]:
    return [o.starts_at for o in meeting.occurrences.filter(starts_at__lt=dates.horizon(NOW)).order_by("starts_at")]


def test_an_extra_date_at_the_hour_of_the_rule_on_a_day_that_kept_its_own_hour_is_not_lost(client, weekly):
    kept = weekly.occurrences.get(date_key="2026-12-10")
    seats.take(kept.pk, factories.keyring(), Perspective.RESIDENT, now=NOW)
    at_three = datetime(2026, 12, 10, 14, tzinfo=UTC)
    dates.split(weekly, kept, starts_at=at_three, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)
    extra = dates.add_date(weekly, at_three, at_three + TWO_HOURS, now=NOW)

    calendar = read(client, f"/agenda/{weekly.slug}.ics")

    assert starts(weekly) == ours(weekly)
    (alone,) = read(client, f"/agenda/{weekly.slug}/{extra.date_key}.ics").walk("VEVENT")
    assert [e for e in calendar.walk("VEVENT") if e["UID"] == alone["UID"]] == [alone]
    assert b"RDATE" not in calendar.to_ical()


def test_an_extra_date_before_the_series_is_read_at_its_own_time(client, weekly):
    dates.add_date(weekly, EVENING - timedelta(days=3), EVENING - timedelta(days=3) + TWO_HOURS, now=NOW)

    assert starts(weekly)[0] == EVENING - timedelta(days=3)
    assert starts(weekly) == ours(weekly)
    assert all("RDATE" not in event for event in read(client, f"/agenda/{weekly.slug}.ics").walk("VEVENT"))


def test_a_date_keeps_its_uid_when_the_rule_changes_around_it(weekly):
    fourth = weekly.occurrences.order_by("starts_at")[3]
    before = Calendar.from_ical(write.one_date(fourth, "http://x")).walk("VEVENT")[0]["UID"]

    dates.split(weekly, fourth, starts_at=fourth.starts_at, duration=TWO_HOURS, rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)

    fourth = type(fourth).objects.get(pk=fourth.pk)
    assert fourth.segment_id != weekly.segments.first().pk
    assert Calendar.from_ical(write.one_date(fourth, "http://x")).walk("VEVENT")[0]["UID"] == before


def test_what_happens_once_and_an_extra_date_are_two_events_that_keep_their_uids(client):
    meeting = dates.create(Meeting(title="Eenmalig", place=factories.place()), starts_at=EVENING, duration=TWO_HOURS, now=NOW)
    first = meeting.occurrences.get()
    (before,) = read(client, "/agenda/eenmalig.ics").walk("VEVENT")
    extra = dates.add_date(meeting, EVENING + timedelta(days=1), EVENING + timedelta(days=1, hours=3), now=NOW)

    both = {e["URL"].rpartition("eenmalig/")[2]: e for e in read(client, "/agenda/eenmalig.ics").walk("VEVENT")}

    assert both["2026-12-03/"]["UID"] == before["UID"] == meeting.segments.get().uid
    assert both["2026-12-04/"]["UID"] == f"2026-12-04-{before['UID']}"
    assert not {"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"} & {name for event in both.values() for name in event}
    for one in (first, extra):
        assert read(client, f"/agenda/eenmalig/{one.date_key}.ics").walk("VEVENT") == [both[f"{one.date_key}/"]]


def test_a_daily_series_of_years_is_one_event_with_its_rule():
    """A window holds a thousand dates at most (``recurrence.MOST_DATES``): a series has more of them in the end."""
    began = NOW - timedelta(days=900)
    meeting = dates.create(Meeting(title="Elke dag", place=factories.place()), starts_at=began, rule="FREQ=DAILY", now=began)
    for days in (380, 760, 900):
        dates.materialise(meeting, now=began + timedelta(days=days))
    assert meeting.occurrences.count() > 1300

    body = write.series(meeting, list(meeting.occurrences.order_by("starts_at")), "http://x", now=NOW)

    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert not {"RDATE", "EXDATE"} & set(event)


@pytest.mark.parametrize("first", ["2026-10-24 23:30", "2026-10-17 23:30", "2027-03-20 23:30", "2027-03-27 23:30"])
@pytest.mark.parametrize("rule", ["", "FREQ=WEEKLY"])
def test_what_lasts_over_a_change_of_the_clock_ends_at_its_hour_on_the_site_and_in_calendars(first, rule):
    zone = ZoneInfo("Europe/Amsterdam")
    begin = datetime.fromisoformat(first).replace(tzinfo=zone)
    meeting = dates.create(
        Meeting(title="Nacht", place=factories.place()),
        starts_at=begin,
        duration=timedelta(hours=6),
        rule=rule,
        now=begin - timedelta(days=9),
    )

    site = sorted((o.starts_at, o.ends_at) for o in meeting.occurrences.all())
    body = write.series(meeting, list(meeting.occurrences.order_by("starts_at")), "http://x", now=begin)
    theirs = recurring_ical_events.of(Calendar.from_ical(body)).between(begin - timedelta(days=1), site[-1][1] + timedelta(days=1))

    assert {f"{end.astimezone(zone):%H:%M}" for _start, end in site} == {"05:30"}
    assert sorted((e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC)) for e in theirs) == site


DAYS = st.sampled_from([0, 1, 3, 7, 8, 14, 30])
HOURS = st.sampled_from([-5, 0, 3])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("extra"), DAYS, HOURS),
        st.tuples(st.just("move"), DAYS, HOURS),
        st.tuples(st.just("sit"), DAYS, HOURS),
        st.tuples(st.just("from here"), DAYS, HOURS),
        st.tuples(st.just("rule"), DAYS, HOURS),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, rule=st.sampled_from(["", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3"]))
def test_whatever_editors_do_a_calendar_has_the_dates_of_the_site(changes, rule):
    meeting = dates.create(Meeting(title="Soep", place=factories.place()), starts_at=EVENING, duration=TWO_HOURS, rule=rule, now=NOW)
    for change, days, hours in changes:
        at = EVENING + timedelta(days=days, hours=hours)
        date = meeting.occurrences.filter(starts_at__gte=EVENING + timedelta(days=days)).order_by("starts_at").first()
        with suppress(dates.DateTaken):
            if change == "extra":
                dates.add_date(meeting, at - timedelta(days=4), at - timedelta(days=4) + TWO_HOURS, now=NOW)
            elif change == "rule":
                dates.change_rule(meeting, starts_at=at, duration=TWO_HOURS, rule=rule, now=NOW)
            elif date is None:
                continue
            elif change == "move":
                dates.move_date(date, at, at + TWO_HOURS, now=NOW)
            elif change == "sit":
                seats.take(date.pk, factories.keyring(), Perspective.RESIDENT, now=NOW)
            elif dates.can_change_from_here(date, NOW):
                dates.split(meeting, date, starts_at=max(at, date.recurrence_at), duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    assert starts(meeting) == ours(meeting)


def test_one_date_of_a_series_stands_beside_the_series_with_a_uid_of_its_own(client, weekly):
    calendar = read(client, f"/agenda/{weekly.slug}/2026-12-10.ics")

    (event,) = calendar.walk("VEVENT")
    assert event["UID"] == f"2026-12-10-{weekly.segments.get().uid}"
    assert event["DTSTART"].dt.astimezone(UTC) == EVENING + timedelta(weeks=1)
    assert "RRULE" not in event
    assert event["URL"] == f"http://localhost:8000/agenda/{weekly.slug}/2026-12-10/"


def test_what_happens_once_has_one_uid_in_both_files(client):
    meeting = dates.create(Meeting(title="Eenmalig", place=factories.place()), starts_at=EVENING, duration=TWO_HOURS, now=NOW)
    dates.move_date(meeting.occurrences.get(), EVENING + timedelta(days=1), EVENING + timedelta(days=1, hours=2), now=NOW)

    (in_series,) = read(client, "/agenda/eenmalig.ics").walk("VEVENT")
    (alone,) = read(client, "/agenda/eenmalig/2026-12-03.ics").walk("VEVENT")

    assert in_series["UID"] == alone["UID"] == meeting.segments.get().uid
    assert in_series["SEQUENCE"] == alone["SEQUENCE"]
    assert in_series["DTSTART"].dt.date() == alone["DTSTART"].dt.date() == date(2026, 12, 4)


def test_sequence_rises_with_each_change_and_never_falls(weekly):
    def sequence() -> int:
        rows = list(Meeting.objects.get(pk=weekly.pk).occurrences.order_by("starts_at"))
        calendar = Calendar.from_ical(write.series(Meeting.objects.get(pk=weekly.pk), rows, "http://x", now=NOW))
        return int(calendar.walk("VEVENT")[0]["SEQUENCE"])

    def age(seconds: int) -> None:
        Meeting.objects.filter(pk=weekly.pk).update(created_at=Meeting.objects.get(pk=weekly.pk).created_at - timedelta(seconds=seconds))

    age(60)
    first = sequence()
    dates.move_date(
        weekly.occurrences.get(date_key="2026-12-10"), EVENING + timedelta(days=8), EVENING + timedelta(days=8, hours=1), now=NOW
    )
    second = sequence()
    dates.change_rule(weekly, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)

    assert first <= second <= sequence()
    assert first >= 60


def test_an_unchanged_file_is_304_and_a_chair_that_fills_changes_nothing(client, weekly):
    for address in (f"/agenda/{weekly.slug}.ics", f"/agenda/{weekly.slug}/2026-12-03.ics"):
        first = client.get(address)
        seats.take(weekly.occurrences.first().pk, factories.keyring(), Perspective.RESIDENT, now=NOW)

        again = client.get(address, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(address).content == first.content
        assert client.get(address, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
        assert client.get(address, headers={"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200
        assert client.get(address, headers={"if-none-match": '"iets"', "if-modified-since": first["Last-Modified"]}).status_code == 200
        head = client.head(address)
        assert (head.content, head["ETag"], head["Content-Type"]) == (b"", first["ETag"], "text/calendar; charset=utf-8")
        assert first["Content-Disposition"].startswith('inline; filename="')
        assert client.post(address).status_code == 405


def test_an_unlisted_date_opens_for_who_has_the_link_and_says_noindex(client):
    meeting = Meeting(title="Taalles", visibility=Visibility.LINK, place=factories.place())
    dates.create(meeting, starts_at=EVENING, duration=TWO_HOURS, rule="FREQ=WEEKLY", now=NOW)

    response = client.get(f"/agenda/{meeting.slug}/2026-12-03.ics")

    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "address",
    ["/agenda/bestaat-niet.ics", "/agenda/bestaat-niet/2026-12-03.ics", "/agenda/ooit-eens/ooit.ics", "/agenda/ooit-eens/2026-12-03.ics"],
)
def test_what_is_not_there_is_404(client, address):
    dates.create(Meeting(title="Ooit eens", slug="ooit-eens", place=factories.place()), starts_at=None, now=NOW)

    assert client.get(address).status_code == 404


def test_a_table_without_a_date_is_an_empty_calendar(client):
    dates.create(Meeting(title="Ooit eens", slug="ooit-eens", place=factories.place()), starts_at=None, now=NOW)

    assert read(client, "/agenda/ooit-eens.ics").walk("VEVENT") == []


def test_a_long_series_takes_the_same_few_queries(client, weekly, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        client.get(f"/agenda/{weekly.slug}.ics")
