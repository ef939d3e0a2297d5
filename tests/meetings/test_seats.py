"""Seats: who sits, who waits, and what never happens."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings import seats
from meetings.models import Keyring, Occurrence, SignUp
from meetings.models.choices import Balance, Kind, Perspective
from tests.factories import keyring, occurrence

BEFORE = datetime(2026, 12, 1, 12, tzinfo=UTC)
FORM = "abcdefghijklmnop"  # the token of a form
RESIDENT, PRACTICE, POLICY = Perspective.RESIDENT, Perspective.PRACTICE, Perspective.POLICY

pytestmark = pytest.mark.django_db


def table(**fields) -> Occurrence:
    return occurrence(starts_at=BEFORE + timedelta(days=2), kind=Kind.SESSION, **fields)


def take(where: Occurrence, perspective=RESIDENT, who=None, **more) -> SignUp:
    return seats.take(where.pk, who or keyring(), perspective, now=BEFORE, **more)


def assert_sound(where: Occurrence) -> None:
    """The invariants of design section 4."""
    where.refresh_from_db()
    rows = list(where.sign_ups.all())
    for perspective, field in seats.SEATS_FIELD.items():
        assert getattr(where, field) == sum(r.party for r in rows if r.state == "seated" and r.perspective == perspective)
    assert where.waiting == sum(r.party for r in rows if r.state == "waiting")
    assert where.capacity is None or where.seats_taken <= where.capacity
    numbers = [n for r in rows if r.state == "seated" for n in r.chairs]
    assert len(numbers) == len(set(numbers)) == where.seats_taken
    assert where.capacity is None or all(n < where.capacity for n in numbers)
    assert all(not seats._fits(where, Perspective(r.perspective), r.party) for r in rows if r.state == "waiting")


def test_the_last_chair_is_taken_once_and_the_next_neighbour_waits():
    where = table(capacity=1)

    first, second = take(where), take(where)

    assert (first.state, second.state) == (SignUp.State.SEATED, SignUp.State.WAITING)
    assert_sound(where)


def test_a_keyring_that_takes_twice_changes_its_one_sign_up():
    where, who = table(capacity=4), keyring()

    take(where, who=who, name="Joke")
    take(where, who=who, name="Joke en Piet", party=2)

    assert where.sign_ups.count() == 1
    assert where.sign_ups.get().name == "Joke en Piet"
    assert_sound(where)


def test_the_same_form_twice_counts_once():
    where, who = table(capacity=4), keyring()

    first = take(where, who=who, name="Joke", form_token=FORM, may_change=False)
    again = take(where, who=who, name="Joke", form_token=FORM, may_change=False)

    assert again.pk == first.pk
    where.refresh_from_db()
    assert (where.seats_taken, where.version) == (1, 1)


def test_a_form_is_kept_as_a_hash_only():
    row = take(table(), form_token=FORM)

    assert FORM not in str(row.__dict__)
    assert len(row.form_hash) == 64


@pytest.mark.parametrize(
    ("later", "made_before", "is_again"),
    [(timedelta(seconds=90), False, True), (timedelta(seconds=150), False, False), (timedelta(0), True, False)],
    ids=["pressed twice", "too long ago", "by who was known before"],
)
def test_a_form_that_came_in_from_another_keyring_leads_there_only_just_after_it_made_that(later, made_before, is_again):
    where, first = table(capacity=4), keyring()
    Keyring.objects.update(created_at=BEFORE + timedelta(seconds=-1 if made_before else 1))
    taken = take(where, who=first, form_token=FORM)

    with pytest.raises(seats.FormSentBefore) as sent:
        seats.take(where.pk, keyring(), RESIDENT, form_token=FORM, now=BEFORE + later)

    assert sent.value.again == (taken if is_again else None)
    assert where.sign_ups.get() == taken


@pytest.mark.parametrize(
    "change",
    [
        lambda gone, who: seats.take(gone, who, RESIDENT, now=BEFORE),
        lambda gone, who: seats.leave(gone, who, now=BEFORE),
        lambda gone, who: seats.set_capacity(gone, 3, now=BEFORE),
        lambda gone, who: seats.set_closed(gone, True, now=BEFORE),
        lambda gone, who: seats.cancel(gone, "storm", now=BEFORE),
        lambda gone, who: seats.reopen(gone, now=BEFORE),
    ],
    ids=["take", "leave", "capacity", "close", "cancel", "reopen"],
)
def test_a_date_that_fell_out_meanwhile_says_so_whatever_is_asked_of_it(change):
    where = table()
    gone = where.pk
    where.delete()

    with pytest.raises(seats.OccurrenceGone, match=r"^Deze datum is er niet meer\."):
        change(gone, keyring())
    assert not SignUp.objects.exists()


def test_who_erases_everything_passes_by_a_date_that_fell_out_meanwhile(monkeypatch):
    who, other, real = keyring(), keyring(), seats.lock
    falls_out, stays = table(capacity=2), table(capacity=2)
    for where in (falls_out, stays):
        take(where, who=who)
    take(stays, who=other)

    def lock(occurrence_id: int) -> Occurrence:
        Occurrence.objects.filter(pk=falls_out.pk).delete()
        return real(occurrence_id)

    monkeypatch.setattr(seats, "lock", lock)
    seats.erase(who, now=BEFORE)

    assert list(Keyring.objects.all()) == [other]
    assert_sound(stays)
    assert stays.seats_taken == 1


def test_who_sits_and_did_not_ask_to_change_keeps_what_they_have():
    where, who = table(capacity=4), keyring()
    take(where, who=who, name="Joke")

    with pytest.raises(seats.AlreadySits):
        take(where, who=who, name="Piet", form_token=FORM, may_change=False)

    assert where.sign_ups.get().name == "Joke"


def test_a_keyring_that_was_erased_meanwhile_takes_no_chair():
    where, who = table(capacity=4), keyring()
    seats.erase(Keyring.objects.get(), now=BEFORE)

    with pytest.raises(seats.KeyringGone, match="Schuif dan opnieuw aan"):
        take(where, who=who)

    assert_sound(where)
    assert not where.sign_ups.exists()


def test_a_chair_that_falls_free_goes_to_the_first_who_waits():
    where, leaver = table(capacity=1), keyring()
    take(where, who=leaver)
    waits = take(where)

    seats.leave(where.pk, leaver, now=BEFORE)

    waits.refresh_from_db()
    assert waits.state == SignUp.State.SEATED
    assert waits.promoted_at == BEFORE
    assert waits.chairs == [0]
    assert_sound(where)


def test_a_party_sits_whole_or_waits_whole_and_a_smaller_one_behind_it_may_sit():
    where, leaver = table(capacity=3), keyring()
    take(where, who=leaver, party=2)
    party = take(where, party=3)

    alone = take(where)

    assert party.state == SignUp.State.WAITING
    assert alone.state == SignUp.State.SEATED
    assert_sound(where)


def test_who_comes_with_fewer_keeps_the_own_chair_and_leaves_the_others_free():
    where, who = table(capacity=3), keyring()
    own = take(where, who=who, party=3).chairs[0]

    assert take(where, who=who, party=1).chairs == [own]

    assert_sound(where)
    assert take(where, party=2).state == SignUp.State.SEATED
    assert_sound(where)


def test_who_brings_more_people_stays_where_they_sit():
    where = table(capacity=6)
    people = [keyring() for _ in range(4)]
    own = [take(where, who=who).chairs for who in people][1]

    larger = take(where, who=people[1], party=2).chairs

    assert larger[0] == own[0]  # though two other chairs stand closer together
    assert_sound(where)


def test_those_you_bring_sit_next_to_you():
    where = table(capacity=12)

    chairs = take(where, party=3).chairs

    from meetings.round_table import layout

    places = sorted(layout(12).place_of[n] for n in chairs)
    assert places[2] - places[0] == 2 or 12 - (places[2] - places[0]) <= 2 or (places[0] == 0 and places[2] >= 10)


def test_never_more_practice_and_policy_than_residents_after_the_first_few():
    where = table(capacity=12, balance=Balance.EQUAL, formal_start=2)

    states = [take(where, p).state for p in (PRACTICE, POLICY, PRACTICE)]
    assert states == ["seated", "seated", "waiting"]

    for _ in range(3):
        take(where, RESIDENT)
    where.refresh_from_db()
    assert (where.seats_practice, where.waiting) == (2, 0)
    assert_sound(where)


@pytest.mark.parametrize("party", [1, 2])
def test_who_sits_as_a_resident_changes_to_a_formal_chair_only_where_the_balance_allows_it(party):
    where, who = table(capacity=12, balance=Balance.EQUAL, formal_start=0), keyring()
    take(where, who=who, party=2)
    take(where, PRACTICE, party=2)

    with pytest.raises(seats.BalanceWouldTip, match="Jouw stoel blijft van jou"):
        take(where, POLICY, who=who, party=party)

    assert where.sign_ups.get(keyring=who).perspective == RESIDENT
    assert_sound(where)
    assert (where.seats_resident, where.seats_policy) == (2, 0)


def test_who_sits_on_a_formal_chair_past_the_balance_keeps_it_with_fewer_and_may_become_a_resident():
    """The resident who made room got up: nobody is unseated, and no change for the better is refused."""
    where, resident, formal = table(capacity=12, balance=Balance.EQUAL, formal_start=0), keyring(), keyring()
    take(where, who=resident, party=3)
    take(where, POLICY, who=formal, party=3)
    seats.leave(where.pk, resident, now=BEFORE)

    assert take(where, POLICY, who=formal, party=2).party == 2
    assert take(where, RESIDENT, who=formal, party=2).perspective == RESIDENT
    assert_sound(where)


def test_a_resident_who_leaves_unseats_nobody():
    where, resident = table(capacity=12, balance=Balance.EQUAL, formal_start=0), keyring()
    take(where, RESIDENT, who=resident)
    formal = take(where, POLICY)

    seats.leave(where.pk, resident, now=BEFORE)

    formal.refresh_from_db()
    assert formal.state == SignUp.State.SEATED


def test_chairs_for_residents_stay_free_for_them():
    where = table(capacity=3, balance=Balance.RESIDENTS, resident_seats=2)

    assert [take(where, p).state for p in (POLICY, PRACTICE, RESIDENT, RESIDENT)] == ["seated", "waiting", "seated", "seated"]
    assert_sound(where)


def test_who_waits_reads_why():
    where = table(capacity=12, balance=Balance.EQUAL, formal_start=0)
    waits = take(where, POLICY)
    where.refresh_from_db()

    assert seats.why_waiting(where, waits) == "Er komt een stoel vrij zodra er nog een bewoner aanschuift."


def test_an_activity_counts_people_whatever_is_sent():
    where = occurrence(starts_at=BEFORE + timedelta(days=2), kind=Kind.ACTIVITY, capacity=5)

    take(where, POLICY)

    where.refresh_from_db()
    assert (where.seats_resident, where.seats_policy) == (1, 0)


def test_fewer_chairs_than_people_is_refused_with_the_number():
    where = table(capacity=5)
    take(where, party=3)

    with pytest.raises(seats.CapacityTooLow, match="Er zitten al 3 mensen aan tafel"):
        seats.set_capacity(where.pk, 2, now=BEFORE)
    assert_sound(where)


def test_more_chairs_seat_who_waits_and_fewer_move_nobody_off():
    where = table(capacity=1)
    take(where)
    waits = take(where, party=2)

    seats.set_capacity(where.pk, 8, now=BEFORE)
    seats.set_capacity(where.pk, 3, now=BEFORE)

    waits.refresh_from_db()
    assert waits.state == SignUp.State.SEATED
    assert_sound(where)


def test_a_table_without_limit_seats_everyone():
    where = table(capacity=None)
    for _ in range(30):
        assert take(where).state == SignUp.State.SEATED
    assert_sound(where)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": Occurrence.Status.CANCELLED}, "gaat niet door"),
        ({"is_closed": True}, "De lijst voor"),
        ({"starts_at": BEFORE - timedelta(minutes=1)}, "is al begonnen"),
        ({"starts_at": BEFORE - timedelta(days=2)}, "is al geweest"),
    ],
    ids=["cancelled", "closed", "begun", "past"],
)
def test_a_chair_that_cannot_be_taken_says_why(fields, sentence):
    where = occurrence(**{"starts_at": BEFORE + timedelta(days=2), "kind": Kind.SESSION, **fields})

    with pytest.raises(seats.OccurrenceClosed, match=sentence):
        take(where)
    assert_sound(where)


def test_a_larger_party_that_does_not_fit_keeps_what_it_had():
    where, who = table(capacity=3), keyring()
    take(where, who=who, party=2)

    with pytest.raises(seats.NotEnoughSeats, match="Er is nog 1 stoel vrij"):
        take(where, who=who, party=4)

    assert where.sign_ups.get().party == 2
    assert_sound(where)


def test_every_change_moves_the_version_on():
    where, who = table(capacity=3), keyring()
    take(where, who=who)
    seats.leave(where.pk, who, now=BEFORE)
    seats.cancel(where.pk, "storm", now=BEFORE)

    where.refresh_from_db()
    assert where.version == 3
    assert (where.status, where.reason) == (Occurrence.Status.CANCELLED, "storm")


def test_what_changes_nothing_at_the_table_makes_no_version_and_no_frame(django_capture_on_commit_callbacks, monkeypatch):
    where, who = table(capacity=2, is_closed=False), keyring()
    told: list[int] = []
    monkeypatch.setattr(seats.live, "announce", lambda path, version: told.append(version))

    def doing(*actions) -> int:
        for action in actions:
            with django_capture_on_commit_callbacks(execute=True):
                action()
        where.refresh_from_db()
        return where.version

    same = {"who": who, "name": "Joke", "party": 2}
    assert doing(lambda: take(where, **same)) == 1
    assert doing(lambda: take(where, **same), lambda: take(where, **same, form_token=FORM, email="j@example.org")) == 1
    assert doing(lambda: seats.leave(where.pk, keyring(), now=BEFORE)) == 1
    assert doing(lambda: seats.set_capacity(where.pk, 2, now=BEFORE), lambda: seats.set_closed(where.pk, False, now=BEFORE)) == 1
    assert told == [1]
    assert where.sign_ups.get().email == "j@example.org"  # whoever receives reads it, the table does not show it
    assert_sound(where)


@pytest.mark.parametrize(
    "more", [{"name": "Annie"}, {"name_visibility": "iedereen"}, {"party": 2}, {"perspective": POLICY}], ids=lambda more: next(iter(more))
)
def test_what_the_table_shows_of_a_sign_up_makes_a_version(more):
    where, who = table(capacity=3), keyring()
    take(where, who=who, name="Joke")

    take(where, who=who, **{"name": "Joke"} | more)

    where.refresh_from_db()
    assert where.version == 2


def test_what_someone_who_gets_up_leaves_behind_is_told_apart():
    where, first, second, third = table(capacity=1), keyring(), keyring(), keyring()
    for who in (first, second, third):
        take(where, who=who)

    left = [seats.leave(where.pk, who, now=BEFORE) for who in (third, first, second, second)]

    assert left == [seats.Left.PLACE_IN_LINE, seats.Left.PASSED_ON, seats.Left.FREE, seats.Left.NOTHING]


def test_a_chair_that_nobody_on_the_waiting_list_may_have_is_free():
    where, resident = table(capacity=2, balance=Balance.EQUAL, formal_start=0), keyring()
    take(where, who=resident)
    take(where, POLICY)
    take(where, POLICY)

    assert seats.leave(where.pk, resident, now=BEFORE) == seats.Left.FREE
    assert_sound(where)


def test_a_form_of_one_table_is_refused_at_another():
    here, there = table(capacity=2), occurrence(starts_at=BEFORE + timedelta(days=3), kind=Kind.SESSION, capacity=2)
    take(here, form_token=FORM)

    with pytest.raises(seats.FormSentBefore, match="druk opnieuw op de knop") as sent:
        take(there, form_token=FORM)
    assert sent.value.again is None
    assert not there.sign_ups.exists()


def test_who_asks_for_more_at_a_full_table_hears_that_no_chair_is_free():
    where, who = table(capacity=1), keyring()
    take(where, who=who)

    with pytest.raises(seats.NotEnoughSeats, match="Er is geen stoel meer vrij"):
        take(where, who=who, party=2)


def test_erasing_frees_coming_chairs_and_leaves_past_ones_without_a_name():
    who, coming = keyring(), table(capacity=2)
    past = occurrence(starts_at=BEFORE - timedelta(days=1), kind=Kind.SESSION, capacity=2)
    take(coming, who=who, name="Joke")
    seats.take(past.pk, who, RESIDENT, name="Joke", message="rolstoel", now=BEFORE - timedelta(days=3))

    seats.erase(who, now=BEFORE)

    assert not coming.sign_ups.exists()
    left = past.sign_ups.get()
    assert (left.name, left.message, left.keyring) == ("", "", None)
    assert_sound(past)


def test_erasing_during_a_date_takes_the_name_off_the_open_pages(django_capture_on_commit_callbacks, monkeypatch):
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(seats.live, "announce", lambda path, version: told.append((path, version)))
    who, on = keyring(), occurrence(starts_at=BEFORE - timedelta(minutes=5), kind=Kind.SESSION, capacity=2)
    seats.take(on.pk, who, RESIDENT, name="Joke", name_visibility="iedereen", now=BEFORE - timedelta(days=1))

    with django_capture_on_commit_callbacks(execute=True):
        seats.erase(who, now=BEFORE)
        seats.erase(who, now=BEFORE)  # the button pressed twice

    assert (on.sign_ups.get().name, on.sign_ups.get().keyring) == ("", None)
    assert_sound(on)
    assert told == [(on.get_absolute_url(), 2)]
    assert on.seats_taken == 1


def test_a_closed_list_takes_nobody_new_and_keeps_its_word_to_who_waits():
    where, leaver = table(capacity=1), keyring()
    take(where, who=leaver)
    waits = take(where)
    seats.set_closed(where.pk, True, now=BEFORE)

    with pytest.raises(seats.OccurrenceClosed):
        take(where)
    seats.leave(where.pk, leaver, now=BEFORE)

    waits.refresh_from_db()
    assert waits.state == SignUp.State.SEATED
    assert_sound(where)


@pytest.mark.parametrize(
    ("fields", "walks_in"),
    [({}, True), ({"extra_chair": False}, False), ({"extra_chair": False, "capacity": 2}, True)],
    ids=["with the extra chair", "full without it", "a free chair without it"],
)
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=2, minutes=1)], ids=["closed", "begun"])
def test_nobody_is_asked_in_where_no_chair_is(fields, walks_in, late):
    where = table(**{"capacity": 1} | fields)
    take(where)
    seats.set_closed(where.pk, True, now=BEFORE)

    with pytest.raises(seats.OccurrenceClosed) as closed:
        seats.take(where.pk, keyring(), RESIDENT, now=BEFORE + late)

    assert ("Loop gerust binnen" in str(closed.value)) is walks_in


def test_people_ahead_are_counted_not_sign_ups():
    where = table(capacity=1)
    take(where)
    family, second, last = take(where, party=4), take(where), take(where)

    assert [seats.people_ahead(one) for one in (family, second, last)] == [0, 4, 5]


def assert_entered_in_balance(where: Occurrence, formal_before: int) -> int:
    """Who came to a formal chair by the last change was let in by the balance of that moment. How many sit on one now."""
    formal = where.seats_practice + where.seats_policy
    if formal > formal_before and where.balance == Balance.EQUAL:
        assert formal <= max(where.formal_start, where.seats_resident)
    if formal > formal_before and where.balance == Balance.RESIDENTS and where.capacity is not None:
        assert formal <= where.capacity - where.resident_seats
    return formal


ACTION = st.one_of(
    st.tuples(st.just("take"), st.integers(0, 7), st.sampled_from(list(Perspective)), st.integers(1, 5)),
    st.tuples(st.just("leave"), st.integers(0, 7)),
    st.tuples(st.just("capacity"), st.sampled_from([1, 2, 5, 8, None])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    balance=st.sampled_from(list(Balance)),
    capacity=st.sampled_from([1, 3, 6, None]),
    actions=st.lists(ACTION, max_size=25),
    start=st.integers(0, 3),
)
def test_whatever_happens_the_table_stays_sound(balance, capacity, actions, start):
    where = table(capacity=capacity, balance=balance, resident_seats=min(2, capacity or 2), formal_start=start)
    people = [keyring() for _ in range(8)]
    formal = 0
    for action, *arguments in actions:
        try:
            if action == "take":
                who, perspective, party = arguments
                seats.take(where.pk, people[who], perspective, party=party, now=BEFORE)
            elif action == "leave":
                seats.leave(where.pk, people[arguments[0]], now=BEFORE)
            else:
                seats.set_capacity(where.pk, arguments[0], now=BEFORE)
        except seats.SeatsError:
            pass
        assert_sound(where)
        formal = assert_entered_in_balance(where, formal)
    where.delete()
