"""Seats when everybody comes at once: threads with connections of their own, on the database of the ring.

The control takes the lock away and must overbook: without it, a quiet run would prove nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, Event, Thread, current_thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q, Sum
from django.test import Client
from django.utils import timezone

from meetings import dates, repeated, seats
from meetings.models import Initiative, Keyring, Occurrence, SignUp
from meetings.models.choices import Balance, Perspective
from tests.factories import EVENING, NOW, keyring, meeting, occurrence
from tests.meetings.test_dates import series
from tests.meetings.test_seats import BEFORE, assert_sound, table

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 50
PAUSE = 0.004  # seconds between reading a table and changing it: wide enough for someone else to come in between


def at_once(actions: list[Callable[[], object]]) -> list[Exception]:
    """Do everything at the same moment, a thread each; what was refused or broke."""
    barrier, errors = Barrier(len(actions)), []

    def run(action: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            action()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "someone still waits for a chair after 30 s"
    return errors


def taking(where: Occurrence, perspective: str = Perspective.RESIDENT, party: int = 1) -> Callable[[], SignUp]:
    who = keyring()
    return lambda: seats.take(where.pk, who, perspective, party=party, now=BEFORE)


def people_on_chairs(where: Occurrence) -> int:
    """Counted from the rows, not from the counters."""
    return SignUp.objects.filter(occurrence=where, state=SignUp.State.SEATED).aggregate(n=Sum("party"))["n"] or 0


def unexpected(errors: list[Exception]) -> list[Exception]:
    """What is no sentence for a visitor: "database is locked" among others."""
    return [error for error in errors if not isinstance(error, seats.SeatsError)]


@pytest.fixture
def slowly(monkeypatch):
    """Hold every table a moment between reading and changing it."""
    real = seats.lock

    def lock(occurrence_id: int) -> Occurrence:
        occurrence = real(occurrence_id)
        time.sleep(PAUSE)
        return occurrence

    monkeypatch.setattr(seats, "lock", lock)


@pytest.mark.usefixtures("slowly")
@pytest.mark.parametrize("free", [1, 3, 5])
def test_fifty_people_on_the_last_chairs_fill_them_and_nobody_sits_on_another(free):
    where = table(capacity=7 + free)
    for _seated in range(7):
        taking(where)()

    errors = at_once([taking(where) for _person in range(PEOPLE)])

    assert errors == []
    assert_sound(where)
    assert (where.seats_taken, where.waiting) == (7 + free, PEOPLE - free)


@pytest.mark.usefixtures("slowly")
@pytest.mark.parametrize("balance", [Balance.NONE, Balance.EQUAL])
def test_parties_leavers_and_a_host_who_moves_chairs_never_make_it_too_full(balance):
    where, leavers = table(capacity=10, balance=balance), [keyring() for _person in range(8)]
    for who in leavers:
        seats.take(where.pk, who, Perspective.RESIDENT, now=BEFORE)
    perspectives = list(Perspective)
    actions = [taking(where, perspectives[n % 3], party=1 + n % 3) for n in range(32)]
    actions += [lambda who=who: seats.leave(where.pk, who, now=BEFORE) for who in leavers]
    actions += [lambda chairs=chairs: seats.set_capacity(where.pk, chairs, now=BEFORE) for chairs in (8, 14, 9, 12, 10, 13, 9, 11, 8, 12)]
    done, seen = Event(), []

    def watch() -> None:
        """Look in all the while: one statement, so one moment."""
        seated = Sum("sign_ups__party", filter=Q(sign_ups__state=SignUp.State.SEATED))
        while not done.wait(0.02):
            seen.append(
                Occurrence.objects.filter(pk=where.pk).annotate(people=seated).values_list("people", "seats_taken", "capacity").get()
            )
        connection.close()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    errors = at_once(actions)
    done.set()
    watcher.join(10)

    assert unexpected(errors) == []
    assert_sound(where)
    assert seen
    assert [moment for moment in seen if (moment[0] or 0) != moment[1] or moment[1] > moment[2]] == []


@pytest.mark.usefixtures("slowly")
def test_the_same_form_sent_many_times_at_once_takes_one_chair():
    where, who = table(capacity=5), keyring()

    press = partial(seats.take, where.pk, who, Perspective.RESIDENT, form_token="de-knop-tien-keer", may_change=False, now=BEFORE)
    errors = at_once([press] * 10)

    assert errors == []
    assert_sound(where)
    assert where.seats_taken == 1


@pytest.mark.usefixtures("slowly")
@pytest.mark.parametrize("whose", ["mij", "ander"])
def test_a_button_pressed_many_times_at_once_makes_one_keyring(whose):
    where = occurrence(starts_at=timezone.now() + timedelta(days=3), capacity=5)
    data = {"perspectief": "bewoner", "voor": whose, "teken": "de-knop-zes-keer"}
    answers: list[int] = []

    errors = at_once([lambda: answers.append(Client().post(where.get_absolute_url() + "aanschuiven/", data).status_code)] * 6)

    assert errors == []
    assert answers == [303] * 6
    assert_sound(where)
    assert (where.seats_taken, Keyring.objects.count()) == (1, 1)


@pytest.mark.usefixtures("slowly")
def test_one_form_at_two_tables_at_once_counts_at_one_of_them():
    tables = [table(capacity=5), table(capacity=5)]
    pairs = [(where, keyring()) for where in tables]

    errors = at_once(
        [
            lambda where=where, who=who: seats.take(where.pk, who, Perspective.RESIDENT, form_token="de-knop-tweemaal", now=BEFORE)
            for where, who in pairs
        ]
    )

    assert [type(error) for error in errors] == [seats.FormSentBefore]
    for where in tables:
        assert_sound(where)
    assert sum(where.seats_taken for where in tables) == 1


@pytest.mark.usefixtures("slowly")
def test_one_keyring_on_two_phones_at_once_has_one_sign_up():
    where, who = table(capacity=5), keyring()

    errors = at_once(
        [lambda party=party: seats.take(where.pk, who, Perspective.RESIDENT, party=party, now=BEFORE) for party in (1, 2, 3, 1)]
    )

    assert errors == []
    assert_sound(where)
    assert where.sign_ups.count() == 1


@pytest.mark.usefixtures("slowly")
def test_two_tabs_of_one_person_at_once_do_not_overwrite_each_other():
    where, who = table(capacity=5), keyring()

    errors = at_once(
        [
            partial(
                seats.take, where.pk, who, Perspective.RESIDENT, name=name, form_token=f"formulier-van-{name}", may_change=False, now=BEFORE
            )
            for name in ("Joke", "Piet")
        ]
    )

    assert [type(error) for error in errors] == [seats.AlreadySits]
    assert_sound(where)
    assert where.seats_taken == 1


def test_neighbours_who_sit_at_the_same_tables_erase_themselves_at_once(monkeypatch):
    """In opposite order they would wait for each other: PostgreSQL ends one of them then."""
    real = seats.lock

    def lock(occurrence_id: int) -> Occurrence:
        occurrence = real(occurrence_id)
        time.sleep(0.2)  # both have their first table by now
        return occurrence

    monkeypatch.setattr(seats, "lock", lock)
    first, second = table(capacity=4), table(capacity=4)
    here, there = keyring(), keyring()
    for who, tables in ((here, (first, second)), (there, (second, first))):
        for where in tables:
            seats.take(where.pk, who, Perspective.RESIDENT, now=BEFORE)

    errors = at_once([partial(seats.erase, who, now=BEFORE) for who in (here, there)])

    assert errors == []
    assert not Keyring.objects.exists()
    for where in (first, second):
        assert_sound(where)
        assert where.seats_taken == 0


def test_who_erases_everything_and_who_renames_an_initiative_do_not_wait_in_a_circle(monkeypatch):
    real, renamed = repeated.copy_to_dates, Initiative.objects.create(name="Opzoomeren", slug="opzoomeren")
    one, other = (meeting(initiative=renamed) for _meeting in range(2))
    second, first = (occurrence(meeting=where, starts_at=BEFORE + timedelta(days=2)) for where in (other, one))  # not in their order
    who = keyring()
    for where in (first, second):
        seats.take(where.pk, who, Perspective.RESIDENT, now=BEFORE)

    def slowly(*args: Any, **options: Any) -> None:
        real(*args, **options)
        time.sleep(0.2)

    def lock(occurrence_id: int, lock: Callable[[int], Occurrence] = seats.lock) -> Occurrence:
        held = lock(occurrence_id)
        time.sleep(0.2)
        return held

    monkeypatch.setattr(repeated, "copy_to_dates", slowly)
    monkeypatch.setattr(seats, "lock", lock)
    errors = at_once([partial(repeated.copy_initiative, renamed, went_off=False, now=BEFORE), partial(seats.erase, who, now=BEFORE)])

    assert errors == []
    assert not SignUp.objects.exists()


@pytest.mark.usefixtures("slowly")
def test_who_erases_everything_while_taking_a_chair_leaves_no_chair_without_a_name():
    tables, who = [table(capacity=4) for _table in range(3)], keyring()
    seats.take(tables[0].pk, who, Perspective.RESIDENT, now=BEFORE)

    takes = [partial(seats.take, where.pk, who, Perspective.RESIDENT, now=BEFORE) for where in tables]
    errors = at_once([*takes, partial(seats.erase, who, now=BEFORE)])

    assert {type(error) for error in errors} <= {seats.KeyringGone}
    assert not Keyring.objects.exists()
    assert not SignUp.objects.exists()
    for where in tables:
        assert_sound(where)


def test_the_control_without_the_lock_seats_more_people_than_there_are_chairs(monkeypatch):
    """Counters are written whole, so here they stay at the capacity and the constraint is silent: the rows tell."""
    where = table(capacity=3)

    def read(occurrence_id: int) -> Occurrence:
        occurrence = Occurrence.objects.get(pk=occurrence_id)
        time.sleep(PAUSE)
        return occurrence

    monkeypatch.setattr(seats, "lock", read)
    monkeypatch.setattr(seats, "hold", lambda keyring: None)
    monkeypatch.setattr(transaction, "atomic", lambda **options: nullcontext())  # SQLite's IMMEDIATE would be a lock as well

    at_once([taking(where) for _person in range(PEOPLE)])

    assert people_on_chairs(where) > where.capacity


def test_a_rule_that_changes_while_the_nightly_task_writes_out_its_dates_is_given_no_date_of_the_old_one(monkeypatch):
    soup = series("FREQ=DAILY")
    tonight = NOW + timedelta(days=3)  # three dates more, by the rule so far
    was_read, has_changed, real, editor = Event(), Event(), dates._wanted, current_thread()

    def wanted(*args: Any, **options: Any) -> dict[str, datetime]:
        found = real(*args, **options)
        if current_thread() is not editor:
            was_read.set()
            has_changed.wait(0.5)  # which whoever holds the meeting has to wait out
        return found

    monkeypatch.setattr(dates, "_wanted", wanted)

    def change() -> None:
        was_read.wait(10)
        dates.change_rule(soup, starts_at=EVENING, duration=timedelta(hours=2), rule="FREQ=WEEKLY", now=tonight)
        has_changed.set()

    def extend() -> None:
        dates.extend_all(now=tonight)
        connection.close()

    night = Thread(target=extend, daemon=True)
    night.start()
    change()
    night.join(10)

    assert {one.starts_at.weekday() for one in soup.occurrences.all()} == {EVENING.weekday()}
    assert soup.occurrences.count() == 57


def test_who_hosts_and_erases_everything_and_who_puts_off_their_date_do_not_wait_in_a_circle(monkeypatch):
    real, who = seats.lock, keyring()
    where = occurrence(meeting=meeting(host_keyring=who), starts_at=BEFORE + timedelta(days=2))
    seats.take(where.pk, who, Perspective.RESIDENT, now=BEFORE)

    def lock(occurrence_id: int) -> Occurrence:
        time.sleep(0.2)  # the other holds what comes first there
        held = real(occurrence_id)
        time.sleep(0.2)
        return held

    monkeypatch.setattr(seats, "lock", lock)
    put_off = partial(dates.move_date, where, BEFORE + timedelta(days=3), BEFORE + timedelta(days=4), now=BEFORE)

    assert at_once([partial(seats.erase, who, now=BEFORE), put_off]) == []
    assert not Keyring.objects.exists()
