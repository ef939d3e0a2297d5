"""Meetings in the CMS: each editor their own neighbourhoods, and what stands on no list for nobody."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django_tasks_db.models import DBTaskResult
from wagtail.models import GroupPagePermission, ModelLogEntry, Page, ReferenceIndex
from wagtail.users.models import UserProfile

from meetings import dates, notices, seats
from meetings.cms.forms import OccurrenceForm
from meetings.models import Initiative, Kind, Meeting, Occurrence, Visibility
from meetings.models.choices import Perspective
from places.models import NeighbourhoodIndexPage, NeighbourhoodPage, PlacePage
from tests import factories
from tests.staff import signed_in

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0, second=0)
SOON = NOW + timedelta(days=7)
TWO_HOURS = timedelta(hours=2)
MODELS = ("meeting", "occurrence", "initiative")


def address(model: str, view: str, *args) -> str:
    return reverse(f"wagtailsnippets_meetings_{model}:{view}", args=args)


@pytest.fixture
def pages() -> dict[str, NeighbourhoodPage]:
    index = Page.get_first_root_node().add_child(instance=NeighbourhoodIndexPage(title="Wijken", slug="wijken"))
    return {name: index.add_child(instance=NeighbourhoodPage(title=name, slug=name.lower())) for name in ("Bospolder", "Crooswijk")}


@pytest.fixture
def boss(pages) -> Client:
    return signed_in(User.objects.create_superuser("boss", "boss@example.org"))


@pytest.fixture
def editor(pages) -> Client:
    """Someone who edits Bospolder."""
    group = Group.objects.create(name="Bospolder")
    may = Permission.objects.filter(content_type__app_label="meetings", content_type__model__in=MODELS)
    group.permissions.add(*may, Permission.objects.get(codename="access_admin"))
    change = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    delete = Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page")
    for permission in (change, delete):
        GroupPagePermission.objects.create(group=group, page=pages["Bospolder"], permission=permission)
    user = User.objects.create_user("eva", "eva@example.org")
    user.groups.add(group)
    return signed_in(user)


def meet(title: str, page: NeighbourhoodPage, rule: str = "FREQ=WEEKLY", starts_at=SOON, **fields) -> Meeting:
    meeting = Meeting(**{"title": title, "neighbourhood": page.neighbourhood, "place_text": "Buurthuis"} | fields)
    return dates.create(meeting, starts_at=starts_at, duration=TWO_HOURS, rule=rule, host_name="Fatima", now=NOW)


@pytest.fixture
def ours(pages) -> Meeting:
    return meet("Soep in Bospolder", pages["Bospolder"], initiative=Initiative.objects.create(name="Soepploeg", slug="soepploeg"))


@pytest.fixture
def theirs(pages) -> Meeting:
    return meet("Koor in Crooswijk", pages["Crooswijk"], initiative=Initiative.objects.create(name="Koorclub", slug="koorclub"))


@pytest.fixture
def hidden(pages) -> list[Meeting]:
    """Three ways to stand on no list, all in Bospolder."""
    unlisted = Initiative.objects.create(name="Geheimclub", slug="geheimclub", is_listed=False)
    return [
        meet("Geheim met link", pages["Bospolder"], visibility=Visibility.LINK),
        meet("Geheim mijn tafel", pages["Bospolder"], kind=Kind.KITCHEN_TABLE),
        meet("Geheim initiatief", pages["Bospolder"], initiative=unlisted),
    ]


def every_address(meetings: list[Meeting]) -> list[str]:
    """Each address that the CMS has for meetings, dates and initiatives: lists, and every view of these rows."""
    rows = {
        "meeting": [m.pk for m in meetings],
        "occurrence": [m.occurrences.first().pk for m in meetings],
        "initiative": [m.initiative_id for m in meetings if m.initiative_id],
    }
    found = []
    for model in MODELS:
        namespace = f"wagtailsnippets_meetings_{model}"
        names = [name for name in get_resolver().namespace_dict[namespace][1].reverse_dict if isinstance(name, str)]
        for name in sorted(names):
            if name.startswith("revisions"):
                continue  # they take a revision as well: below
            try:
                found.append(address(model, name))
            except Exception:
                found += [address(model, name, pk) for pk in rows[model]]
        found += [f"/cms/bulk/meetings/{model}/delete/?id=all", *(f"/cms/bulk/meetings/{model}/delete/?id={pk}" for pk in rows[model])]
    for meeting in meetings:
        if revision := meeting.latest_revision:
            found += [address("meeting", "revisions_compare", meeting.pk, "earliest", revision.pk)]
            found += [address("meeting", "revisions_revert", meeting.pk, revision.pk)]
    return found


def test_every_address_of_the_cms_answers_an_editor_about_their_own_rows_only(boss, editor, ours, theirs, hidden):
    for meeting in (ours, theirs, *hidden):
        meeting.save_revision()
        meeting.refresh_from_db()
    addresses = every_address([ours, theirs, *hidden])
    assert len(addresses) > 40

    for where in addresses:
        as_boss, as_editor = boss.get(where), editor.get(where)
        assert {as_boss.status_code, as_editor.status_code} <= {200, 302, 404}, where
        for answer in (as_boss, as_editor):
            assert "Geheim" not in answer.content.decode(), where
            assert "Fatima" not in answer.content.decode() or where.endswith("/revert/") or "/edit/" in where, where
        assert "Koor in Crooswijk" not in as_editor.content.decode(), where
        anonymous = Client().get(where)
        assert (anonymous.status_code, anonymous.headers.get("Location", "")[:15]) == (302, "/account/login/"), where

    assert boss.get(address("meeting", "edit", theirs.pk)).status_code == 200
    assert editor.get(address("meeting", "edit", ours.pk)).status_code == 200
    assert editor.get(address("meeting", "edit", theirs.pk)).status_code == 404
    assert boss.get(address("meeting", "edit", hidden[0].pk)).status_code == 404


def test_the_lists_show_what_is_the_users_own(boss, editor, ours, theirs, hidden):
    assert "Soep in Bospolder" in editor.get(address("meeting", "list")).content.decode()
    assert "Koor in Crooswijk" in boss.get(address("meeting", "list")).content.decode()
    assert "Soepploeg" in editor.get(address("initiative", "list")).content.decode()
    assert "Soep in Bospolder" in editor.get(address("occurrence", "list")).content.decode()
    assert "Soep in Bospolder" in editor.get(address("meeting", "list") + "?q=soep").content.decode()


def test_nothing_of_meetings_stands_in_the_index_of_references(ours, hidden):
    assert not ReferenceIndex.objects.filter(content_type__app_label="meetings").exists()


def form_of(client: Client, where: str, **changes) -> dict:
    """What a browser would send back of a form of the CMS, with some fields changed."""
    form = client.get(where).context["form"]
    data = {}
    for name in form.fields:
        value = form[name].value()
        if hasattr(value, "astimezone"):
            value = value.astimezone(timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M")
        if value is not None and value is not False:
            data[name] = "on" if value is True else value
    return data | changes


def local(moment: datetime) -> str:
    return moment.astimezone(timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M")


BEEN = "Dit is al geweest. Kies een moment dat nog komt."
NO_RULE = "Schrijf hier de regel, of kies hierboven hoe vaak het is."
NO_CHAIRS = "Vul in hoeveel stoelen er zijn. Dan kan een deel voor bewoners zijn."


def new(pages, **changes) -> dict:
    return {
        "title": "Wijklunch",
        "kind": "activiteit",
        "visibility": "iedereen",
        "begin": local(SOON),
        "end": local(SOON + TWO_HOURS),
        "repeat": "wekelijks",
        "neighbourhood": pages["Bospolder"].neighbourhood_id,
        "place_text": "Op het plein",
        "balance": "geen",
        "resident_seats": 0,
        "formal_start": 2,
        "names": "zelf",
        "host_name": "Ria",
        "capacity": 12,
    } | changes


def test_an_editor_makes_a_weekly_meeting_with_who_receives_people(editor, pages):
    answer = editor.post(address("meeting", "add"), new(pages))

    assert answer.status_code == 302
    meeting = Meeting.objects.get(title="Wijklunch")
    assert meeting.occurrences.count() > 50
    assert (meeting.host.first_name, meeting.segments.get().rule) == ("Ria", "FREQ=WEEKLY")
    assert "Ria" not in str(meeting.latest_revision.content)
    assert set(ModelLogEntry.objects.values_list("label", flat=True)) == {f"bijeenkomst {meeting.pk}"}
    page = editor.get(address("meeting", "edit", meeting.pk)).content.decode()
    assert "De volgende data" in page
    assert page.count("op 12 stoelen") == 5


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"end": ""}, "end", "Vul ook het einde in."),
        ({"end": local(SOON)}, "end", "Het einde komt vóór het begin. Kies een later einde."),
        ({"end": local(SOON + timedelta(days=20))}, "end", "Zo lang duurt een bijeenkomst niet. Kijk de datum van het einde na."),
        ({"begin": "0001-01-01 10:00"}, "begin", "Kijk het jaar nog eens na."),
        ({"begin": "", "end": ""}, "begin", "Wat vaker is, heeft een eerste keer nodig."),
        ({"until": local(NOW)[:10]}, "until", "Dit is vóór de eerste keer. Kies een latere dag."),
        (
            {"repeat": "anders", "rule": "FREQ=HOURLY"},
            "rule",
            "Een bijeenkomst kan hooguit elke dag zijn, één keer. Gebruik FREQ=DAILY, WEEKLY, MONTHLY of YEARLY.",
        ),
        (
            {"repeat": "anders", "rule": "elke week"},
            "rule",
            "Deze herhaling begrijpen we niet. Schrijf een RRULE, bijvoorbeeld: FREQ=WEEKLY;BYDAY=TU.",
        ),
        ({"repeat": "anders", "rule": " "}, "rule", NO_RULE),
        ({"repeat": "anders", "rule": "RRULE:;"}, "rule", NO_RULE),
        ({"begin": local(NOW - timedelta(days=1)), "end": local(NOW - timedelta(hours=1)), "repeat": "niet"}, "begin", BEEN),
        (
            {"begin": local(NOW - timedelta(days=400)), "end": local(NOW - timedelta(days=400) + TWO_HOURS), "until": local(NOW)[:10]},
            "begin",
            BEEN,
        ),
        ({"extra_begin": local(NOW - timedelta(days=365)), "extra_end": local(NOW - timedelta(days=365) + TWO_HOURS)}, "extra_begin", BEEN),
        (
            {"balance": "bewoners", "resident_seats": 9, "capacity": 4},
            "resident_seats",
            "Er zijn maar 4 stoelen. Kies een kleiner aantal voor bewoners.",
        ),
        (
            {"balance": "bewoners", "resident_seats": 2, "capacity": 1},
            "resident_seats",
            "Er is maar 1 stoel. Kies een kleiner aantal voor bewoners.",
        ),
        ({"balance": "bewoners", "resident_seats": 4, "capacity": ""}, "capacity", NO_CHAIRS),
        ({"balance": "bewoners", "resident_seats": 0}, "resident_seats", "Vul in hoeveel stoelen er voor bewoners zijn."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(editor, pages, changes, field, sentence):
    answer = editor.post(address("meeting", "add"), new(pages, **changes))

    assert answer.status_code == 200
    assert answer.context["form"].errors[field] == [sentence]
    assert not Meeting.objects.exists()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("typed", ["02-12-2036 10:00", "2-12-2036 10.00", "02/12/2036 10:00", "02-12-36 10:00", "2036-12-02 10:00"])
def test_the_day_comes_first_in_a_date_in_both_languages_and_iso_is_read_too(boss, pages, language, typed):
    UserProfile.objects.create(user=User.objects.get(username="boss"), preferred_language=language)

    answer = boss.post(address("meeting", "add"), new(pages, begin=typed, end="02-12-2036 12:00", until="06-01-2037"))

    assert answer.status_code == 302, answer.context["form"].errors
    meeting = Meeting.objects.get()
    assert meeting.segments.get().starts_at == datetime(2036, 12, 2, 9, tzinfo=UTC)
    form = boss.get(address("meeting", "edit", meeting.pk)).content.decode()
    assert re.findall(r'value="(\S*2036 \S*|\S*2037)"', form) == ["02-12-2036 10:00", "02-12-2036 12:00", "06-01-2037"]


@pytest.mark.parametrize("typed", ["31-02-2036 10:00", "morgen", "12-2036", "02-13-2036 10:00"])
def test_what_is_no_date_is_refused_and_stays_in_its_field(editor, pages, typed):
    answer = editor.post(address("meeting", "add"), new(pages, begin=typed))

    assert answer.context["form"].errors["begin"] == ["Voer een geldige datum/tijd in."]
    assert f'value="{typed}"' in answer.content.decode()
    assert not Meeting.objects.exists()


def test_a_series_that_began_earlier_can_be_made_and_changed_and_a_meeting_that_is_over_corrected(editor, pages):
    began = NOW - timedelta(days=30)
    running = new(pages, begin=local(began), end=local(began + TWO_HOURS))
    assert editor.post(address("meeting", "add"), running).status_code == 302
    series = Meeting.objects.get()
    over = meet("Voorbij", pages["Bospolder"], rule="", starts_at=NOW - timedelta(days=3))

    for meeting in (series, over):
        where = address("meeting", "edit", meeting.pk)
        answer = editor.post(where, form_of(editor, where, text="Met brood"))
        assert answer.status_code == 302, answer.context["form"].errors
    where = address("meeting", "edit", series.pk)
    assert editor.post(where, form_of(editor, where, until=local(NOW - timedelta(days=1))[:10])).status_code == 302
    assert not series.occurrences.filter(starts_at__gt=NOW).exists()


def test_the_end_is_the_hour_that_was_typed_also_over_a_change_of_the_clock_and_stays_it(editor, pages):
    last_of_march = date(NOW.year + (NOW.month > 2), 3, 31)
    sunday = last_of_march - timedelta(days=last_of_march.isoweekday() % 7)  # the clock goes forward
    begin, end = f"{sunday - timedelta(days=2)} 20:00", f"{sunday} 16:00"
    assert editor.post(address("meeting", "add"), new(pages, begin=begin, end=end)).status_code == 302
    meeting = Meeting.objects.get()
    assert local(meeting.occurrences.earliest("starts_at").ends_at) == end

    where = address("meeting", "edit", meeting.pk)
    again = form_of(editor, where, text="Met brood")
    assert again["end"] == end
    editor.post(where, again)

    assert local(meeting.occurrences.earliest("starts_at").ends_at) == end


@pytest.mark.parametrize("starts_at", [SOON, None])
def test_what_is_to_come_or_has_no_date_yet_does_not_become_something_that_has_been(editor, pages, starts_at):
    meeting = meet("Eenmalig", pages["Bospolder"], rule="", starts_at=starts_at)
    where, ago = address("meeting", "edit", meeting.pk), NOW - timedelta(days=20)

    answer = editor.post(where, form_of(editor, where, begin=local(ago), end=local(ago + TWO_HOURS)))

    assert answer.context["form"].errors["begin"] == [BEEN]
    assert meeting.occurrences.get().starts_at == starts_at


def test_an_extra_date_is_named_after_saving_and_so_is_one_that_was_there_already(editor, ours, pages):
    where, extra = address("meeting", "edit", ours.pk), SOON + timedelta(days=2)
    changes = {"extra_begin": local(extra), "extra_end": local(extra + TWO_HOURS)}
    when = date_format(extra.astimezone(ours.zone), "D j b Y, H:i")

    assert f"De extra datum staat erbij: {when}." in said_by(editor.post(where, form_of(editor, where, **changes), follow=True))
    assert f"Op {when} was er al een datum." in said_by(editor.post(where, form_of(editor, where, **changes), follow=True))
    made = editor.post(address("meeting", "add"), new(pages, **changes), follow=True)
    assert f"De extra datum staat erbij: {when}." in said_by(made)


def test_a_date_with_fewer_chairs_of_its_own_is_named_when_more_become_the_residents(editor, ours):
    date = ours.occurrences.order_by("starts_at").first()
    where = address("meeting", "edit", ours.pk)
    editor.post(where, form_of(editor, where, capacity=12))
    seats.set_capacity(date.pk, 4, now=NOW)

    answer = editor.post(where, form_of(editor, where, balance="bewoners", resident_seats=5))

    day = date_format(SOON.astimezone(ours.zone), "l j F")
    assert answer.context["form"].errors["resident_seats"] == [
        f"Op {day} zijn er minder stoelen. Verander eerst die datum, of kies een kleiner aantal."
    ]
    assert editor.post(where, form_of(editor, where, balance="bewoners", resident_seats=4)).status_code == 302


def test_a_date_keeps_at_least_the_chairs_of_the_residents(editor, ours):
    where = address("meeting", "edit", ours.pk)
    editor.post(where, form_of(editor, where, capacity=12, balance="bewoners", resident_seats=5))
    where = address("occurrence", "edit", ours.occurrences.order_by("starts_at").first().pk)

    for chairs in (4, ""):
        answer = editor.post(where, form_of(editor, where, capacity=chairs))
        assert answer.context["form"].errors["capacity"] == ["5 stoelen zijn voor bewoners. Minder stoelen, of geen aantal, kan niet."]
    assert editor.post(where, form_of(editor, where, capacity=5)).status_code == 302


def test_an_editor_makes_nothing_in_another_neighbourhood_and_no_private_table(editor, pages):
    for changes in ({"neighbourhood": pages["Crooswijk"].neighbourhood_id}, {"neighbourhood": ""}, {"kind": "keukentafel"}):
        answer = editor.post(address("meeting", "add"), new(pages, **changes))
        assert list(answer.context["form"].errors) == list(changes)


def test_an_unlisted_initiative_is_suggested_to_nobody(boss, pages, hidden):
    answer = boss.post(address("meeting", "add"), new(pages, initiative=hidden[2].initiative_id))

    assert list(answer.context["form"].errors) == ["initiative"]


def test_saving_without_a_change_changes_no_date(editor, ours):
    before = list(ours.occurrences.order_by("pk").values())
    where = address("meeting", "edit", ours.pk)

    answer = editor.post(where, form_of(editor, where))
    assert answer.status_code == 302, answer.context["form"].errors
    assert list(ours.occurrences.order_by("pk").values()) == before
    assert ours.segments.count() == 1


def test_another_time_a_last_day_and_an_extra_date_reach_the_dates(editor, ours):
    where = address("meeting", "edit", ours.pk)
    last = SOON + timedelta(weeks=2)
    later, extra = SOON + timedelta(hours=1), SOON + timedelta(days=2)
    changes = {"begin": local(later), "end": local(later + TWO_HOURS), "until": local(last)[:10]}

    assert (
        editor.post(where, form_of(editor, where, **changes, extra_begin=local(extra), extra_end=local(extra + TWO_HOURS))).status_code
        == 302
    )

    assert [o.starts_at for o in ours.occurrences.order_by("starts_at")][:2] == [later, extra]
    assert ours.occurrences.count() == 4
    assert form_of(editor, where)["until"] == last.astimezone(timezone.get_default_timezone()).date()


def test_fewer_chairs_than_people_is_refused_with_the_number_and_the_ways_out(editor, ours):
    seats.take(ours.occurrences.first().pk, factories.keyring(), Perspective.RESIDENT, party=3, now=NOW)
    where = address("meeting", "edit", ours.pk)
    assert editor.post(where, form_of(editor, where, capacity=5)).status_code == 302

    answer = editor.post(where, form_of(editor, where, capacity=2))

    assert answer.context["form"].errors["capacity"] == [
        "Er zitten al 3 mensen aan tafel. Minder stoelen kan niet. Sluit de lijst, of vraag iemand om een andere keer te komen."
    ]
    assert set(ours.occurrences.values_list("capacity", flat=True)) == {5}


def test_going_off_every_list_gives_the_editor_the_link_and_the_cms_forgets(editor, ours):
    where = address("meeting", "edit", ours.pk)
    editor.post(where, form_of(editor, where, text="Met brood"))
    assert ours.revisions.exists()

    answer = editor.post(where, form_of(editor, where, visibility="met-link"), follow=True)

    ours.refresh_from_db()
    assert answer.status_code == 200
    assert f"/agenda/{ours.slug}/" in said_by(answer)
    assert where not in said_by(answer)
    assert len(ours.slug) == 26
    assert not ours.revisions.exists()
    assert not ModelLogEntry.objects.filter(label__contains="Soep").exists()
    assert editor.get(where).status_code == 404
    assert "Soep in" not in editor.get(address("meeting", "list")).content.decode()


def test_a_date_is_moved_given_chairs_and_called_off_through_its_own_doors(editor, ours):
    date = ours.occurrences.order_by("starts_at").first()
    where = address("occurrence", "edit", date.pk)
    begin = SOON + timedelta(days=1)
    changes = {"starts_at": local(begin), "ends_at": local(begin + TWO_HOURS), "capacity": 4}

    assert editor.post(where, form_of(editor, where, **changes)).status_code == 302
    moved = Occurrence.objects.get(pk=date.pk)
    assert (moved.starts_at, moved.capacity, moved.date_key, moved.sequence, moved.version) == (begin, 4, date.date_key, 1, 2)

    editor.post(where, form_of(editor, where, is_cancelled="on", reason="De kok is ziek"))
    cancelled = Occurrence.objects.get(pk=date.pk)
    assert (cancelled.is_cancelled, cancelled.reason) == (True, "De kok is ziek")

    editor.post(where, {k: v for k, v in form_of(editor, where).items() if k not in ("is_cancelled", "reason")})
    assert not Occurrence.objects.get(pk=date.pk).is_cancelled


def test_a_date_that_is_to_come_does_not_move_into_the_past_and_nobody_hears_that_it_did(editor, ours, django_capture_on_commit_callbacks):
    date = ours.occurrences.order_by("starts_at").first()
    sit(date, "a@example.org")
    where, ago = address("occurrence", "edit", date.pk), NOW - timedelta(days=5)

    with django_capture_on_commit_callbacks(execute=True):
        answer = editor.post(where, form_of(editor, where, starts_at=local(ago), ends_at=local(ago + TWO_HOURS)))

    assert answer.context["form"].errors["starts_at"] == [BEEN]
    assert Occurrence.objects.get(pk=date.pk).starts_at == SOON
    assert not DBTaskResult.objects.filter(task_path="meetings.notices.tell_all").exists()


def test_a_date_that_has_been_can_be_put_right(editor, pages):
    over = meet("Voorbij", pages["Bospolder"], rule="", starts_at=NOW - timedelta(days=3)).occurrences.get()
    where, earlier = address("occurrence", "edit", over.pk), NOW - timedelta(days=4)

    assert editor.post(where, form_of(editor, where, starts_at=local(earlier), ends_at=local(earlier + TWO_HOURS))).status_code == 302


def test_a_date_does_not_move_onto_another_of_its_meeting(editor, ours):
    first, second = ours.occurrences.order_by("starts_at")[:2]
    where = address("occurrence", "edit", first.pk)

    answer = editor.post(where, form_of(editor, where, starts_at=local(second.starts_at), ends_at=local(second.ends_at)))

    assert answer.context["form"].errors["starts_at"] == ["Op dat moment is er al een datum van deze bijeenkomst. Kies een andere tijd."]
    assert Occurrence.objects.get(pk=first.pk).starts_at == SOON


def test_a_moment_that_was_taken_while_the_form_was_checked_is_said_after_saving(editor, ours, monkeypatch):
    first, second = ours.occurrences.order_by("starts_at")[:2]
    where = address("occurrence", "edit", first.pk)
    changes = {"starts_at": local(second.starts_at), "ends_at": local(second.ends_at), "capacity": 9}
    form = form_of(editor, where, **changes)
    monkeypatch.setattr("meetings.cms.forms.OccurrenceForm.check_moment", lambda form, begin: None)

    said = said_by(editor.post(where, form, follow=True))

    assert "Op dat moment is er al een datum van deze bijeenkomst. Kies een andere tijd." in said
    kept = Occurrence.objects.get(pk=first.pk)
    assert (kept.starts_at, kept.capacity) == (SOON, 9)


def test_a_date_keeps_a_begin_and_shows_who_comes_no_wider_than_they_chose(editor, ours):
    date = ours.occurrences.first()
    for name, shown in (("Zeynep", "iedereen"), ("Henk", "tafel"), ("Mei", "gastheer")):
        seats.take(date.pk, factories.keyring(), Perspective.RESIDENT, name=name, name_visibility=shown, now=NOW)
    where = address("occurrence", "edit", date.pk)

    page = editor.get(where).content.decode()
    assert [name in page for name in ("Zeynep", "Henk", "Mei")] == [True, False, False]
    data = {k: v for k, v in form_of(editor, where).items() if k not in ("starts_at", "ends_at")}
    assert editor.post(where, data).context["form"].errors["ends_at"] == ["Vul begin en einde allebei in."]


def test_a_meeting_with_people_to_come_is_not_deleted_and_a_date_never(boss, ours, theirs):
    seats.take(ours.occurrences.first().pk, factories.keyring(), Perspective.RESIDENT, now=NOW)

    refused = boss.get(address("meeting", "delete", ours.pk), follow=True)
    assert "Zet die datum op “gaat niet door”, dan horen zij het." in refused.content.decode()
    boss.post(address("meeting", "delete", ours.pk))
    boss.post(f"/cms/bulk/meetings/meeting/delete/?id={ours.pk}&id={theirs.pk}")
    boss.post(f"/cms/bulk/meetings/occurrence/delete/?id={ours.occurrences.first().pk}")
    boss.post(address("initiative", "delete", ours.initiative_id))

    assert Meeting.objects.filter(pk=ours.pk).exists()
    assert not Meeting.objects.filter(pk=theirs.pk).exists()
    assert ours.occurrences.count() > 50
    assert Initiative.objects.filter(pk=ours.initiative_id).exists()


def test_whoever_deletes_a_meeting_is_asked_and_told_what_goes(editor, ours):
    where = address("meeting", "delete", ours.pk)

    page = editor.get(where).content.decode()
    assert "“Soep in Bospolder” gaat weg met al zijn data" in page
    assert "verwijzingen" not in page
    assert editor.post(where).status_code == 302

    assert not Meeting.objects.exists()


def test_a_neighbourhood_with_coming_dates_stays(boss, pages, ours, theirs):
    page = pages["Bospolder"]

    one = boss.post(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)
    many = boss.post(reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"]) + f"?id={page.pk}", follow=True)

    assert NeighbourhoodPage.objects.filter(pk=page.pk).exists()
    for answer in (one, many):
        assert answer.status_code == 200
        assert "data in de agenda. Verplaats of schrap die eerst, dan kan deze pagina weg." in answer.content.decode()


def test_a_place_stays_while_dates_are_to_come_and_goes_after(boss, pages):
    page = pages["Bospolder"].add_child(instance=PlacePage(title="Het Huis", slug="het-huis"))
    meeting = meet("Koffie", pages["Bospolder"], rule="", place=page.place)
    where = reverse("wagtailadmin_pages:delete", args=[page.pk])

    refused = boss.post(where, follow=True)
    assert "Hier staat nog 1 datum in de agenda." in refused.content.decode()
    meeting.occurrences.all().delete()
    assert boss.post(where).status_code == 302

    assert not PlacePage.objects.filter(pk=page.pk).exists()


def test_a_page_with_coming_dates_is_not_taken_off_the_site_either(boss, pages, ours):
    page = pages["Bospolder"]

    one = boss.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]), follow=True)
    many = boss.post(reverse("wagtail_bulk_action", args=["wagtailcore", "page", "unpublish"]) + f"?id={page.pk}", follow=True)

    assert NeighbourhoodPage.objects.get(pk=page.pk).live
    for answer in (one, many):
        assert answer.status_code == 200
        assert "data in de agenda. Verplaats of schrap die eerst, dan kan deze pagina weg." in answer.content.decode()


def test_unlisted_dates_are_in_no_figure_either(boss, pages, hidden):
    where = reverse("wagtailadmin_pages:delete", args=[pages["Bospolder"].pk])

    assert boss.post(where).status_code == 302
    assert not NeighbourhoodPage.objects.filter(pk=pages["Bospolder"].pk).exists()


def titles(answer) -> list[str]:
    return [row.title for row in answer.context["object_list"]]


def test_the_list_of_dates_begins_with_what_is_next_on_the_clock_of_the_meeting(boss, pages):
    soup = meet("Soep", pages["Bospolder"], rule="", capacity=2, time_zone="America/Curacao")
    meet("Vorige week", pages["Bospolder"], rule="", starts_at=NOW - timedelta(days=7))
    meet("Ooit", pages["Bospolder"], rule="", starts_at=None)
    meet("Koor", pages["Crooswijk"], rule="", starts_at=SOON + timedelta(days=1))
    for _three in range(3):
        seats.take(soup.occurrences.get().pk, factories.keyring(), Perspective.RESIDENT, now=NOW)
    where = address("occurrence", "list")

    page = boss.get(where)
    assert titles(page) == ["Soep", "Koor"]
    text = page.content.decode()
    assert date_format(SOON.astimezone(ZoneInfo("America/Curacao")), "D j b Y, H:i") in text
    assert "vol (2), 1 wacht" in text
    assert [column.label for column in page.context["table"].columns.values()] == [
        "Bijeenkomst",
        "Wanneer",
        "Aan tafel",
        "Gaat het door?",
        "Plek",
        "Wijk",
    ]
    assert titles(boss.get(where + "?when=geweest")) == ["Vorige week"]
    assert titles(boss.get(where + "?when=zonder")) == ["Ooit"]
    assert titles(boss.get(where + f"?neighbourhood={pages['Crooswijk'].neighbourhood_id}")) == ["Koor"]


def test_a_filter_offers_an_editor_their_own_neighbourhoods(editor, pages):
    for model in ("meeting", "occurrence"):
        choices = editor.get(address(model, "list")).context["filters"].form.fields["neighbourhood"].queryset

        assert list(choices) == [pages["Bospolder"].neighbourhood]


def test_the_list_of_meetings_says_when_the_next_date_is(editor, ours):
    page = editor.get(address("meeting", "list")).content.decode()

    assert date_format(SOON.astimezone(ours.zone), "D j b Y, H:i") in page


def test_each_page_of_the_cms_says_in_its_title_which_site_it_is(boss):
    for where in ("/cms/", address("meeting", "list")):
        assert re.search(r"<title>[^<]*- Aanschuiven</title>", boss.get(where).content.decode())


def test_the_form_of_a_meeting_asks_where_to_walk_in_as_a_sentence(boss, pages):
    assert boss.get(address("meeting", "add")).context["form"]["contact"].label == "Vragen? Loop binnen bij"


def test_a_meeting_is_not_saved_while_someone_types(editor, ours):
    """Wagtail saves by itself what has revisions: here that would write and drop dates at every key."""
    for where in (address("meeting", "edit", ours.pk), address("meeting", "add")):
        page = editor.get(where).content.decode()

        assert "data-edit-form" in page
        assert "w-autosave#save" not in page


def test_the_next_dates_are_shown_before_anything_is_saved(editor, pages, ours):
    begin = datetime(2027, 3, 4, 19, 30)
    new = {"begin": f"{begin:%Y-%m-%d %H:%M}", "end": "2027-03-04 21:30", "repeat": "maandelijks-dag"}
    script = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
    for where in (address("meeting", "preview_dates"), address("meeting", "preview_dates", ours.pk)):
        fragment = editor.post(where, new, **script).content.decode()

        assert "Elke eerste donderdag van de maand." in fragment
        assert re.findall(r"<li>(.*?)</li>", fragment)[:2] == ["donderdag 4 maart 2027, 19:30", "donderdag 1 april 2027, 19:30"]
        assert fragment.count("<li>") == 5
        assert "<html" not in fragment

    assert "Er is nog niets bewaard." in editor.post(address("meeting", "preview_dates"), new).content.decode()
    wrong = editor.post(where, new | {"repeat": "anders", "rule": "FREQ=HOURLY"}, **script).content.decode()
    assert "Eigen regel: Een bijeenkomst kan hooguit elke dag zijn, één keer." in wrong
    assert "tafel zonder datum" in editor.post(where, {"repeat": "niet"}, **script).content.decode()
    assert Meeting.objects.get() == ours


def test_the_dates_shown_of_a_series_that_runs_are_those_to_come(editor, ours):
    long_ago = NOW - timedelta(days=700)
    rule = {"begin": local(long_ago), "end": local(long_ago + TWO_HOURS), "repeat": "wekelijks"}

    fragment = editor.post(address("meeting", "preview_dates"), rule).content.decode()

    coming = re.findall(r"<li>\w+ (\d+) (\w+) (\d{4}), ", fragment)
    assert len(coming) == 5
    assert int(coming[0][2]) >= NOW.year


def sit(date: Occurrence, email: str = ""):
    return seats.take(date.pk, factories.keyring(), Perspective.RESIDENT, email=email, now=NOW)


def said_by(answer) -> str:
    return " ".join(str(message).strip() for message in answer.context["messages"])


def test_whoever_moves_or_cancels_a_date_hears_who_is_told_and_who_is_not(editor, ours):
    date = ours.occurrences.order_by("starts_at").first()
    mailed = [sit(date, "a@example.org"), sit(date, "b@example.org")]
    sit(date)
    where = address("occurrence", "edit", date.pk)
    assert "Weten het misschien nog niet" not in editor.get(where).content.decode()

    later = SOON + timedelta(hours=1)
    moved = editor.post(where, form_of(editor, where, starts_at=local(later), ends_at=local(later + TWO_HOURS)), follow=True)
    assert "2 mensen krijgen een mail. 1 mens gaf geen mailadres: vraag wie ontvangt om het te vertellen." in said_by(moved)
    for sign_up in mailed:
        notices.tell_moved.call(sign_up.pk)
    assert "Weten het misschien nog niet: 1." in editor.get(where).content.decode()

    editor.post(where, form_of(editor, where, everybody_knows="on"))
    assert "Weten het misschien nog niet" not in editor.get(where).content.decode()

    cancelled = editor.post(where, form_of(editor, where, is_cancelled="on", reason="De kok is ziek"), follow=True)
    assert "2 mensen krijgen een mail." in said_by(cancelled)
    assert "Weten het misschien nog niet: 3." in editor.get(where).content.decode()
    notices.tell_cancelled.call(mailed[0].pk)
    assert "Weten het misschien nog niet: 2." in editor.get(where).content.decode()

    again = {name: value for name, value in form_of(editor, where).items() if name != "is_cancelled"}
    reopened = said_by(editor.post(where, again, follow=True))
    assert (
        "1 mens krijgt een mail. 1 mens gaf geen mailadres: vraag wie ontvangt om het te vertellen." in reopened
    )  # the other knows of no cancelling


def test_a_save_that_changes_no_time_tells_nobody(editor, ours):
    date = ours.occurrences.order_by("starts_at").first()
    sit(date)
    where = address("occurrence", "edit", date.pk)

    said = said_by(editor.post(where, form_of(editor, where, capacity=9), follow=True))

    assert said == f"Bewaard: Soep in Bospolder, {date_format(SOON.astimezone(ours.zone), 'D j b Y, H:i')}."


def test_whoever_moves_up_without_an_address_may_not_know(editor, ours):
    date = ours.occurrences.order_by("starts_at").first()
    seats.set_capacity(date.pk, 1, now=NOW)
    first, second = sit(date), sit(date)
    assert (first.told_at, second.told_at) == (NOW, NOW)

    seats.leave(date.pk, first.keyring, now=NOW)

    assert "Weten het misschien nog niet: 1." in editor.get(address("occurrence", "edit", date.pk)).content.decode()


def from_here(client: Client, date: Occurrence, **changes) -> dict:
    where = address("occurrence", "from_here", date.pk)
    assert client.get(where).status_code == 200
    return {"repeat": "wekelijks"} | changes


@pytest.mark.parametrize("with_people", [False, True])
def test_from_a_date_on_it_is_different_in_a_segment_of_its_own(editor, ours, with_people):
    third, fourth = ours.occurrences.order_by("starts_at")[2:4]
    sit(fourth, "a@example.org")
    begin = third.starts_at + timedelta(hours=1)
    data = from_here(
        editor, third, begin=local(begin), end=local(begin + timedelta(hours=3)), **({"with_people": "on"} if with_people else {})
    )

    answer = editor.post(address("occurrence", "from_here", third.pk), data, follow=True)

    old, new = ours.segments.all()
    assert old.uid != new.uid
    assert (new.starts_at, new.duration) == (begin, timedelta(hours=3))
    assert list(ours.occurrences.filter(segment=old).values_list("starts_at", flat=True)) == [SOON, SOON + timedelta(weeks=1)]
    kept = ours.occurrences.get(pk=fourth.pk)
    assert kept.taken == 1
    if with_people:
        assert kept.starts_at == begin + timedelta(weeks=1)
        assert "1 mens krijgt een mail." in said_by(answer)
    else:
        assert kept.starts_at == fourth.starts_at
        assert "staan al mensen: die datum blijft zoals hij was." in said_by(answer)


def test_from_here_on_is_offered_for_a_coming_date_of_the_last_rule_only(editor, ours):
    _first, second, third = ours.occurrences.order_by("starts_at")[:3]
    link = "Vanaf deze datum verder anders"
    assert link in editor.get(address("occurrence", "edit", second.pk)).content.decode()
    dates.split(ours, third, starts_at=third.starts_at, duration=TWO_HOURS, rule="FREQ=WEEKLY;INTERVAL=2", now=NOW)

    assert link not in editor.get(address("occurrence", "edit", second.pk)).content.decode()
    refused = editor.get(address("occurrence", "from_here", second.pk), follow=True)
    assert "Vanaf deze datum kan het niet anders" in said_by(refused)
    alone = meet("Eenmalig", NeighbourhoodPage.objects.get(title="Bospolder"), rule="")
    assert link not in editor.get(address("occurrence", "edit", alone.occurrences.get().pk)).content.decode()


@pytest.mark.parametrize(
    ("weeks", "sentence"), [(-2, "Dit is al geweest. Kies een moment dat nog komt."), (0, "en die blijft. Kies een latere dag.")]
)
def test_from_here_on_does_not_begin_before_what_stays(editor, ours, weeks, sentence):
    second = ours.occurrences.order_by("starts_at")[1]
    begin = SOON + timedelta(weeks=weeks, hours=1)
    data = from_here(editor, second, begin=local(begin), end=local(begin + TWO_HOURS))

    answer = editor.post(address("occurrence", "from_here", second.pk), data)

    assert sentence in answer.context["form"].errors["begin"][0]
    assert ours.segments.count() == 1


def test_an_editor_of_a_place_picks_the_chair_of_its_tables(boss, pages):
    page = pages["Bospolder"].add_child(instance=PlacePage(title="Het Huis", slug="het-huis"))
    meeting = meet("Koffie", pages["Bospolder"], rule="", place=page.place)
    assert 'name="chair"' in boss.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()

    page.chair = "bankje"
    page.save_revision().publish()

    assert meeting.occurrences.get().chair == "bankje"


def test_an_initiative_needs_no_more_than_a_name(editor):
    for _twice in range(2):
        assert editor.post(address("initiative", "add"), {"name": "Soep & zo", "is_listed": "on"}).status_code == 302

    assert list(Initiative.objects.order_by("pk").values_list("slug", flat=True)) == ["soep-zo", "soep-zo-2"]


def test_an_initiative_that_goes_off_every_list_leaves_its_links_with_the_editor_once(editor, ours):
    where = address("initiative", "edit", ours.initiative_id)

    data = {name: value for name, value in form_of(editor, where).items() if name != "is_listed"}
    said = said_by(editor.post(where, data, follow=True))

    ours.refresh_from_db()
    assert len(ours.slug) == 26
    assert f"Soep in Bospolder: http://localhost:8000/agenda/{ours.slug}/" in said
    assert editor.get(where).status_code == 404


def test_an_editor_takes_no_initiative_off_the_lists_of_another_neighbourhood(editor, ours, pages):
    elsewhere = meet("Soep in Crooswijk", pages["Crooswijk"], initiative=ours.initiative)
    where = address("initiative", "edit", ours.initiative_id)

    page = editor.get(where).content.decode()
    editor.post(where, {"name": "Soepploeg", "slug": "soepploeg"})

    assert "Dit initiatief komt ook in andere wijken bij elkaar." in page
    assert "Crooswijk" not in page
    elsewhere.refresh_from_db()
    assert elsewhere.is_listed


def test_an_editor_gives_no_other_name_to_an_initiative_of_other_neighbourhoods(editor, pages, ours, theirs):
    """One meeting of their own under it, and it is in their list: its name stands on every date everywhere."""
    ours.initiative = theirs.initiative
    ours.save()
    where = address("initiative", "edit", theirs.initiative_id)

    editor.post(where, form_of(editor, where) | {"name": "Van mij", "slug": "van-mij", "text": "Elke week"})

    kept = Initiative.objects.get(pk=theirs.initiative_id)
    assert (kept.name, kept.slug, kept.is_listed, kept.text) == ("Koorclub", "koorclub", True, "Elke week")


def test_the_history_of_the_site_shows_an_editor_their_own_rows_and_nobody_what_stands_on_no_list(boss, editor, pages, ours, theirs):
    for meeting in (ours, theirs):
        date = meeting.occurrences.first()
        for model, pk in (("meeting", meeting.pk), ("occurrence", date.pk), ("initiative", meeting.initiative_id)):
            where = address(model, "edit", pk)
            assert boss.post(where, form_of(boss, where)).status_code == 302
    history = reverse("wagtailadmin_reports:site_history")

    def rows(client: Client, **query: str) -> set[tuple[str, str]]:
        answer = client.get(history, query)
        assert answer.status_code == 200
        return {
            (entry.content_type.model, entry.object_id) for entry in answer.context["object_list"] if entry.content_type.model in MODELS
        }

    both = [
        {("meeting", str(one.pk)), ("occurrence", str(one.occurrences.first().pk)), ("initiative", str(one.initiative_id))}
        for one in (ours, theirs)
    ]
    assert rows(editor) == both[0]
    assert rows(boss) == both[0] | both[1]
    where = address("meeting", "edit", theirs.pk)
    assert boss.post(where, form_of(boss, where, visibility="met-link")).status_code == 302
    assert rows(boss) == both[0] | {("initiative", str(theirs.initiative_id))}


def test_the_history_offers_an_editor_no_names_of_who_works_elsewhere(boss, editor, pages, theirs):
    where = address("meeting", "edit", theirs.pk)
    boss.post(where, form_of(boss, where))

    for part in ("site_history", "site_history_results"):  # the page with its filters, and the rows
        assert "boss" in boss.get(reverse(f"wagtailadmin_reports:{part}")).content.decode()
        assert "boss" not in editor.get(reverse(f"wagtailadmin_reports:{part}")).content.decode()


def test_a_date_for_a_table_without_one_takes_its_people_along_and_says_so(editor, pages):
    table = meet("Ooit", pages["Bospolder"], rule="", starts_at=None)
    sit(table.occurrences.get(), "a@example.org")
    where = address("meeting", "edit", table.pk)

    said = said_by(editor.post(where, form_of(editor, where, begin=local(SOON), end=local(SOON + TWO_HOURS)), follow=True))

    assert [(o.starts_at, o.taken) for o in table.occurrences.all()] == [(SOON, 1)]
    when = date_format(SOON.astimezone(table.zone), "D j b Y, H:i")
    assert f"Wie op een datum wachtte, komt nu op {when}. 1 mens krijgt een mail." in said


def test_another_rule_or_place_says_what_became_of_the_dates_with_people(editor, ours):
    first, second = ours.occurrences.order_by("starts_at")[:2]
    sit(second, "a@example.org")
    where = address("meeting", "edit", ours.pk)
    assert "staan" not in said_by(editor.post(where, form_of(editor, where, title="Soep en brood"), follow=True))

    later = first.starts_at + timedelta(hours=1)
    ruled = editor.post(where, form_of(editor, where, begin=local(later), end=local(later + TWO_HOURS)), follow=True)
    assert "staan al mensen: die datum blijft zoals hij was." in said_by(ruled)

    placed = editor.post(where, form_of(editor, where, place_text="Op het plein"), follow=True)
    assert "De plek is anders, ook van 1 datum waar mensen op staan. 1 mens krijgt een mail." in said_by(placed)
    assert "Weten het misschien nog niet: 1." in editor.get(address("occurrence", "edit", second.pk)).content.decode()


@pytest.mark.parametrize("falls_out", ["before it is saved", "while it is saved"])
def test_a_date_that_falls_out_while_an_editor_changes_it_is_not_found(boss, monkeypatch, falls_out):
    date = factories.occurrence(starts_at=SOON, capacity=4)
    real, clean = seats.lock, OccurrenceForm.clean

    def drop_and(action, *arguments):
        Occurrence.objects.filter(pk=date.pk).delete()
        return action(*arguments)

    if falls_out == "while it is saved":
        monkeypatch.setattr(seats, "lock", lambda pk: drop_and(real, pk))
    else:
        monkeypatch.setattr(OccurrenceForm, "clean", lambda form: (clean(form), drop_and(dict))[0])
    local = SOON.astimezone(date.meeting.zone)
    data = {"starts_at": f"{local:%Y-%m-%d %H:%M}", "ends_at": f"{local + TWO_HOURS:%Y-%m-%d %H:%M}", "capacity": "6"}

    assert boss.post(address("occurrence", "edit", date.pk), data).status_code == 404


@pytest.mark.parametrize(("chairs", "seated"), [(2, 2), (6, 4)], ids=["fewer", "more"])
def test_other_rules_and_another_number_of_chairs_at_once_seat_who_waits_on_the_chairs_there_will_be(editor, pages, chairs, seated):
    soup = meet("Soep", pages["Bospolder"], kind=Kind.SESSION, capacity=3, balance="gelijk", formal_start=1)
    date = soup.occurrences.first()
    for _ in range(4):
        seats.take(date.pk, factories.keyring(), Perspective.POLICY, now=NOW)
    where = address("meeting", "edit", soup.pk)

    assert editor.post(where, form_of(editor, where, balance="geen", capacity=chairs)).status_code == 302

    date.refresh_from_db()
    assert (date.capacity, date.taken, date.waiting) == (chairs, seated, 4 - seated)
