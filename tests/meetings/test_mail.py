"""Mail to people without an account: in their language, one each, with a link of its own."""

import re
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from aanschuiven.worker import Worker
from meetings import dates, keys, mail, notices, seats
from meetings.models import Key, Keyring, Occurrence, SignUp
from meetings.models.choices import Perspective
from tests import factories
from tests.factories import EVENING, NOW

pytestmark = pytest.mark.django_db


def sit(occurrence: Occurrence, now=NOW, **fields) -> SignUp:
    keyring = fields.pop("keyring", None) or factories.keyring()
    return seats.take(occurrence.pk, keyring, Perspective.RESIDENT, now=now, **{"email": "z@example.org"} | fields)


def link_in(text: str) -> str:
    return re.search(r"http://localhost:8000/mijn/([a-z0-9-]{32})/", text)[1]


def queued(name: str) -> list[int]:
    return [row.args_kwargs["args"][0] for row in DBTaskResult.objects.filter(task_path=f"meetings.notices.{name}")]


def fan_out() -> list[tuple[str, int]]:
    """Run what puts the mails in the queue, as the worker does; what it was about."""
    rows = list(DBTaskResult.objects.filter(task_path="meetings.notices.tell_all").order_by("enqueued_at"))
    for row in rows:
        notices.tell_all.call(*row.args_kwargs["args"])
        row.delete()
    return [tuple(row.args_kwargs["args"]) for row in rows]


def notices_queued() -> QuerySet[DBTaskResult]:
    """The queue without what the search index wants to know of new rows."""
    return DBTaskResult.objects.filter(task_path__startswith="meetings.notices.")


def work() -> DBTaskResult:
    """Let the worker do the one notice that waits."""
    DBTaskResult.objects.exclude(pk__in=notices_queued()).delete()
    Worker().run_next()
    return DBTaskResult.objects.get()


def refuses(code: int, fault: type[Exception] = SMTPRecipientsRefused) -> Callable[[EmailMessage], int]:
    """A mail server that names the address in its refusal, as they do."""

    def send(message: EmailMessage) -> int:
        if fault is SMTPRecipientsRefused:
            raise fault({message.to[0]: (code, b"no such user z@example.org")})
        raise fault(code, b"z@example.org is on a list", "z@example.org")

    return send


def test_a_chair_is_confirmed_with_day_place_and_a_link_that_opens_it_and_ends():
    occurrence = factories.occurrence(title="Soep & brood")
    sign_up = sit(occurrence)

    notices.tell_confirmed.call(sign_up.pk)

    (sent,) = outbox.outbox
    assert (sent.subject, sent.to) == ("Je zit aan tafel: Soep & brood", ["z@example.org"])
    assert sent.body.startswith(
        f"Je zit aan tafel.\nJe komt donderdag 3 december om 19:30.\n\n"
        f"Soep & brood\nDonderdag 3 december om 19:30\n{occurrence.place_name}, Schiedamseweg 1\n\nFatima ontvangt je."
    )
    assert f"http://localhost:8000/agenda/{occurrence.slug}/2026-12-03/" in sent.body
    key = keys.resolve(link_in(sent.body), Key.Scope.KEYRING, now=NOW)
    assert key.keyring == sign_up.keyring
    assert key.label == "mail over Soep & brood"
    assert key.expires_at >= occurrence.ends_at + timedelta(days=90)


def test_who_waits_hears_so():
    occurrence = factories.occurrence(capacity=1)
    sit(occurrence)

    notices.tell_confirmed.call(sit(occurrence, email="w@example.org").pk)

    (sent,) = outbox.outbox
    assert sent.subject.startswith("Je staat op de wachtlijst: ")
    assert sent.body.startswith("Je staat op de wachtlijst.\nJe hebt nog geen stoel.")
    assert "Je komt" not in sent.body
    assert "haal je je naam van de wachtlijst" in sent.body
    assert "stoel terug" not in sent.body


def test_a_keyring_in_english_gets_english():
    sign_up = sit(factories.occurrence(), keyring=factories.keyring(language="en"))

    notices.tell_confirmed.call(sign_up.pk)

    assert "Thursday" in outbox.outbox[0].body


def test_whoever_moves_up_hears_it_once_and_is_marked_as_told(django_capture_on_commit_callbacks):
    occurrence = factories.occurrence(capacity=1)
    first, second = sit(occurrence), sit(occurrence, email="w@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        seats.leave(occurrence.pk, first.keyring, now=NOW)
    assert queued("tell_promoted") == [second.pk]

    for _twice in range(2):
        notices.tell_promoted.call(second.pk)

    (sent,) = outbox.outbox
    assert sent.subject.startswith("Er is een stoel voor je: ")
    second.refresh_from_db()
    assert second.told_at is not None


def test_without_an_address_whoever_moves_up_may_not_know_yet(django_capture_on_commit_callbacks):
    occurrence = factories.occurrence(capacity=1)
    first, second = sit(occurrence), sit(occurrence, email="")
    seats.leave(occurrence.pk, first.keyring, now=NOW)

    notices.tell_promoted.call(second.pk)

    second.refresh_from_db()
    assert (outbox.outbox, second.told_at) == ([], None)


def test_everyone_with_an_address_hears_that_a_date_is_off_or_moved_and_why(django_capture_on_commit_callbacks):
    occurrence = factories.occurrence()
    with_address, _without = sit(occurrence), sit(occurrence, email="")
    by_keyring = sit(occurrence, email="", keyring=factories.keyring(email="k@example.org"))

    with django_capture_on_commit_callbacks(execute=True):
        dates.move_date(occurrence, EVENING + timedelta(days=1), EVENING + timedelta(days=1, hours=2), now=NOW)
    assert fan_out() == [("moved", occurrence.pk)]
    assert queued("tell_moved") == [with_address.pk, by_keyring.pk]
    notices.tell_moved.call(by_keyring.pk)
    with django_capture_on_commit_callbacks(execute=True):
        dates.cancel_date(occurrence, "De kok is ziek", now=NOW)
    assert fan_out() == [("cancelled", occurrence.pk)]
    assert queued("tell_cancelled") == [with_address.pk, by_keyring.pk]
    notices.tell_cancelled.call(with_address.pk)

    moved, cancelled = outbox.outbox
    assert moved.subject.startswith("Andere tijd: ")
    assert "Vrijdag 4 december om 19:30" in moved.body
    assert moved.to == ["k@example.org"]
    assert cancelled.subject.startswith("Gaat niet door: ")
    assert "Waarom: De kok is ziek" in cancelled.body


def test_a_change_is_queued_in_one_row_and_mails_nobody_twice(django_capture_on_commit_callbacks):
    occurrence = factories.occurrence()
    people = [sit(occurrence, email=f"{n}@example.org") for n in range(12)]

    with django_capture_on_commit_callbacks(execute=True):
        dates.cancel_date(occurrence, "", now=NOW)
    assert notices_queued().count() == 1

    for _retried in range(2):
        notices.tell_all.call("cancelled", occurrence.pk)
    for sign_up_id in queued("tell_cancelled"):
        notices.tell_cancelled.call(sign_up_id)

    assert sorted(sent.to[0] for sent in outbox.outbox) == sorted(one.email for one in people)
    assert notices.tell_all.call("cancelled", occurrence.pk) == 0


def test_who_was_told_that_a_date_is_off_hears_that_it_goes_ahead_after_all(django_capture_on_commit_callbacks):
    occurrence = factories.occurrence(capacity=2)
    told, not_yet, without = sit(occurrence), sit(occurrence, email="later@example.org"), sit(occurrence, email="")
    waits = sit(occurrence, email="w@example.org", keyring=factories.keyring(language="en"))
    seats.cancel(occurrence.pk, "", now=NOW)
    for sign_up in (told, waits):
        notices.tell_cancelled.call(sign_up.pk)
    outbox.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        seats.reopen(occurrence.pk, now=NOW)
    assert fan_out() == [("reopened", occurrence.pk)]
    assert seats.who_may_not_know(occurrence) == 3
    for sign_up_id in queued("tell_reopened"):
        notices.tell_reopened.call(sign_up_id)

    dutch, english = outbox.outbox
    assert (dutch.to, dutch.subject) == (["z@example.org"], f"Gaat toch door: {occurrence.title}")
    assert dutch.body.startswith("Dit gaat toch door. Jouw stoel is nog van jou.\nJe komt donderdag 3 december om 19:30.")
    assert keys.resolve(link_in(dutch.body), Key.Scope.KEYRING, now=NOW).keyring == told.keyring
    assert (english.to, "stoel" in english.body) == (["w@example.org"], False)
    assert set(occurrence.sign_ups.filter(told_at=None)) == {without}
    assert not_yet.email not in str([sent.to for sent in outbox.outbox])


def test_no_address_stands_in_what_is_stored_of_a_mail_that_failed(monkeypatch):
    sign_up = sit(factories.occurrence())
    monkeypatch.setattr(EmailMessage, "send", refuses(450))
    notices.tell_confirmed.enqueue(sign_up.pk)

    row = work()

    assert "MailNotSent" in row.traceback
    assert "example.org" not in "".join(str(getattr(row, field.name)) for field in row._meta.fields)
    assert row.status == TaskResultStatus.READY  # tried again later
    assert not Key.objects.exists()


@pytest.mark.parametrize("fault", [SMTPRecipientsRefused, SMTPSenderRefused])
def test_the_key_of_a_mail_that_was_not_sent_opens_nothing(monkeypatch, fault):
    sign_up = sit(factories.occurrence())
    monkeypatch.setattr(EmailMessage, "send", refuses(451, fault))

    for send in (mail.confirmed, mail.moved):
        with pytest.raises(mail.MailNotSent) as failed:
            send(sign_up)
        assert "example.org" not in str(failed.value)
    with pytest.raises(mail.MailNotSent):
        mail.link_again(sign_up.keyring, "z@example.org", now=NOW)

    assert not Key.objects.exists()


def test_an_address_that_takes_no_mail_is_tried_once_and_its_owner_does_not_know(monkeypatch, caplog):
    occurrence = factories.occurrence()
    sign_up = sit(occurrence)
    seats.nobody_knows(occurrence)
    monkeypatch.setattr(EmailMessage, "send", refuses(550))
    notices.tell_moved.enqueue(sign_up.pk)

    assert work().status == TaskResultStatus.SUCCESSFUL
    assert f"No mail about sign-up {sign_up.pk}: RCPT answered [550]" in caplog.text
    assert "example.org" not in caplog.text
    assert (Key.objects.count(), seats.who_may_not_know(occurrence)) == (0, 1)
    assert not mail.link_again(sign_up.keyring, "z@example.org", now=NOW)


def test_every_task_about_people_is_queued_with_numbers_only(django_capture_on_commit_callbacks, client):
    occurrence = factories.occurrence(capacity=1, starts_at=timezone.now() + timedelta(days=3))
    page = occurrence.get_absolute_url() + "aanschuiven/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"perspectief": "bewoner", "naam": "Zeynep", "email": "z@example.org", "bericht": "Rolstoel"})
        waits = sit(occurrence, timezone.now(), email="w@example.org")
        client.post("/mijn/kwijt/", {"email": "z@example.org"})
        client.post(occurrence.get_absolute_url() + "opstaan/")
        seats.cancel(occurrence.pk, "", now=timezone.now())
        seats.reopen(occurrence.pk, now=timezone.now())
    rows = notices_queued()

    assert {row.task_path.rpartition(".")[2] for row in rows} == {"tell_confirmed", "send_link_again", "tell_promoted", "tell_all"}
    for row in rows:
        assert row.args_kwargs["kwargs"] == {}
        assert all(value is None or isinstance(value, int) or value in notices.CHANGES for value in row.args_kwargs["args"])
    assert waits.pk


def test_a_chair_that_was_given_back_since_gets_no_mail():
    occurrence = factories.occurrence()
    sign_up = sit(occurrence)
    seats.leave(occurrence.pk, sign_up.keyring, now=NOW)

    for task in (notices.tell_confirmed, notices.tell_promoted, notices.tell_cancelled, notices.tell_reopened, notices.tell_moved):
        task.call(sign_up.pk)

    assert outbox.outbox == []


def test_the_link_again_is_a_new_key_and_the_answer_is_the_same_for_an_unknown_address(client):
    sign_up = sit(factories.occurrence())

    answers = [client.post("/mijn/kwijt/", {"email": address}, follow=True) for address in ("Z@example.org", "wie@example.org")]

    assert answers[0].status_code == answers[1].status_code == 200
    assert [str(m) for m in answers[0].context["messages"]] == [str(m) for m in answers[1].context["messages"]]
    assert queued("send_link_again") == [sign_up.keyring_id]
    notices.send_link_again.call(sign_up.keyring_id, sign_up.pk)
    assert keys.resolve(link_in(outbox.outbox[0].body), Key.Scope.KEYRING).keyring == sign_up.keyring


def test_the_link_again_says_where_you_come_and_when():
    who, now = factories.keyring(email="z@example.org"), timezone.now()
    day = factories.EVENING.replace(year=now.year + 1)
    lunch, off, full, been = (
        factories.occurrence(title=title, starts_at=when, capacity=1)
        for title, when in (
            ("Wijklunch", day),
            ("Breien", day),
            ("Thee", day + timedelta(days=1)),
            ("Vorig jaar", now - timedelta(days=300)),
        )
    )
    sit(full)
    for where in (lunch, off, full):
        sit(where, keyring=who)
    sit(been, keyring=who, now=now - timedelta(days=301))
    seats.cancel(off.pk, "", now=now)

    notices.send_link_again.call(who.pk)

    body = outbox.outbox[0].body
    when, later = (date_format(moment, "l j F").capitalize() + " om 19:30" for moment in (day, day + timedelta(days=1)))
    assert f"Wijklunch\n{when}\n{lunch.place_name}, Schiedamseweg 1\n\n" in body
    assert f"Breien\n{when}\n{off.place_name}, Schiedamseweg 1\nDit gaat niet door.\n\n" in body
    assert f"Thee\n{later}\n{full.place_name}, Schiedamseweg 1\nJe staat op de wachtlijst.\n\n" in body
    assert "Vorig jaar" not in body


@pytest.mark.parametrize("tell", [notices.tell_moved, notices.tell_elsewhere, notices.tell_reopened, notices.tell_promoted])
def test_nobody_is_mailed_where_and_when_about_a_date_that_was_called_off_since(tell):
    sign_up = sit(factories.occurrence())
    SignUp.objects.update(told_at=None)
    Occurrence.objects.update(status=Occurrence.Status.CANCELLED)

    tell.call(sign_up.pk)

    sign_up.refresh_from_db()
    assert (outbox.outbox, sign_up.told_at) == ([], None)


def test_the_link_again_without_a_coming_chair_says_so():
    notices.send_link_again.call(factories.keyring(email="z@example.org").pk)

    assert outbox.outbox[0].body.startswith("Je hebt nu geen stoel.")


def test_the_link_again_goes_to_the_address_that_was_asked_for(client):
    who = factories.keyring(email="joke@exmaple.org")  # mistyped, and later given rightly
    sit(factories.occurrence(), keyring=who, email="joke@example.org")

    client.post("/mijn/kwijt/", {"email": "joke@example.org"})
    (row,) = DBTaskResult.objects.filter(task_path="meetings.notices.send_link_again")
    notices.send_link_again.call(*row.args_kwargs["args"])

    assert outbox.outbox[0].to == ["joke@example.org"]


def test_no_mail_holds_more_than_one_empty_line_or_anything_but_text():
    occurrence = factories.occurrence(meeting=factories.meeting(title="Thé & <koek>", place_text=""))
    sign_up = sit(occurrence)

    for send in (mail.confirmed, mail.promoted, mail.moved, mail.cancelled, mail.reopened):
        send(sign_up)
    mail.link_again(sign_up.keyring, "z@example.org", now=NOW)

    assert len(outbox.outbox) == 6
    for sent in outbox.outbox:
        assert "\n\n\n" not in sent.body
        assert "Thé & <koek>" in sent.body
        assert sent.content_subtype == "plain"


def test_a_title_cannot_add_a_header_and_nothing_personal_is_in_the_queue():
    occurrence = factories.occurrence(title="Soep\r\nBcc: x@example.org")
    sign_up = sit(occurrence)

    notices.tell_confirmed.call(sign_up.pk)
    notices.tell_confirmed.enqueue(sign_up.pk)

    assert outbox.outbox[0].subject == "Je zit aan tafel: Soep Bcc: x@example.org"
    assert DBTaskResult.objects.get(task_path="meetings.notices.tell_confirmed").args_kwargs == {"args": [sign_up.pk], "kwargs": {}}


def test_an_erased_keyring_gets_no_link():
    keyring = Keyring.objects.create(email="z@example.org")
    pk = keyring.pk
    keyring.delete()

    notices.send_link_again.call(pk)

    assert outbox.outbox == []
