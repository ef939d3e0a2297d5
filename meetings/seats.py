"""Seats: the one door through which chairs change hands.

Nobody sits down, waits or gets up in another way: pages, the CMS, imports and tasks all come through here, so a full table stays
full whoever asks. Three others write what stands here, and no chair changes hands by it: ``retention`` forgets names, and rows with
their counters, of dates that are over, under the same lock; ``notices`` writes in ``SignUp.told_at`` who was told; and ``dates`` and
``repeated`` move ``Occurrence.version`` on with what they change. Always true, whatever runs at once: people on chairs ≤ capacity; counters equal
rows; one sign-up a keyring a date; first come first served within the balance rule; a chair that falls free goes to the
first on the waiting list who fits, in the same transaction; a party sits or waits as a whole.

PostgreSQL locks rows with SELECT FOR UPDATE, always in the same order, so that nobody waits in a circle: first the keyring, then
meetings by their number, then occurrences by theirs. A change of chairs needs no meeting; what gives a meeting other dates, another
rule or another address holds it first. SQLite ignores that; there ``transaction_mode`` IMMEDIATE makes every transaction wait for the
one before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import live, notices, round_table
from .models import Keyring, Meeting, Occurrence, SignUp
from .models.choices import Balance, NameVisibility, Perspective
from .models.occurrence import SEATS_FIELD
from .models.sign_up import MAX_PARTY, WITH_ADDRESS

AGAIN = timedelta(minutes=2)  # how long the same form is somebody who pressed the button twice


class SeatsError(Exception):
    """A chair cannot change hands; ``str()`` is the sentence for the visitor."""


class OccurrenceClosed(SeatsError):
    """The date has begun, is over, was cancelled, or whoever receives closed the list: its chairs no longer change."""

    def __init__(self, occurrence: Occurrence, now: datetime) -> None:
        if occurrence.is_cancelled:
            sentence = _("“%(title)s” gaat niet door. In de agenda zie je waar je wel kunt aanschuiven.")
        elif occurrence.has_passed(now):
            sentence = _("“%(title)s” is al geweest. In de agenda zie je waar je nog kunt aanschuiven.")
        elif occurrence.has_begun(now):
            sentence = (
                _("“%(title)s” is al begonnen. Loop gerust binnen, of schuif een volgende keer aan.")
                if occurrence.may_walk_in
                else _("“%(title)s” is al begonnen. Schuif een volgende keer aan.")
            )
        else:
            sentence = (
                _("De lijst voor “%(title)s” is dicht. Loop gerust binnen.")
                if occurrence.may_walk_in
                else _("De lijst voor “%(title)s” is dicht. In de agenda zie je waar je nog kunt aanschuiven.")
            )
        super().__init__(sentence % {"title": occurrence.title})


class OccurrenceGone(SeatsError):
    """The date fell out since it was looked up: it is as unknown as one that never was (404)."""

    def __init__(self) -> None:
        super().__init__(_("Deze datum is er niet meer. In de agenda zie je waar je wel kunt aanschuiven."))


class FormSentBefore(SeatsError):
    """This very form came in before.

    ``again`` is the sign-up that came of it, when it was sent twice by someone whom nobody knew before: it came in just now, and
    made the keyring too. Else it is None: a form is no key to what somebody else has.
    """

    def __init__(self, again: SignUp | None = None) -> None:
        self.again = again
        super().__init__(_("Dit formulier was al verstuurd, of het is te oud. Kijk het nog eens na en druk opnieuw op de knop."))


class AlreadySits(SeatsError):
    """This keyring sits or waits here, and did not ask to change that: nobody is overwritten in silence."""

    def __init__(self) -> None:
        super().__init__(_("Je zit al aan deze tafel."))


class KeyringGone(SeatsError):
    """The keyring was erased meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Alles van jou is net weggegooid. Wil je toch komen? Schuif dan opnieuw aan."))


class NotEnoughSeats(SeatsError):
    """Someone who sits asks for more chairs than are free: what they have stays theirs."""

    def __init__(self, free: int) -> None:
        super().__init__(
            _("Er is geen stoel meer vrij. Jouw stoel blijft van jou.")
            if free <= 0
            else ngettext(
                "Er is nog %(free)d stoel vrij. Jouw stoel blijft van jou.",
                "Er zijn nog %(free)d stoelen vrij. Jouw stoel blijft van jou.",
                free,
            )
            % {"free": free}
        )


class BalanceWouldTip(SeatsError):
    """Someone who sits asks for another perspective than the balance rule can take now."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Die stoel kan nu niet: aan deze tafel zitten nooit meer mensen van praktijk en beleid dan afgesproken. Jouw stoel blijft van jou."
            )
        )


class CapacityTooLow(SeatsError):
    """Fewer chairs than people on them: nobody is unseated."""

    def __init__(self, taken: int) -> None:
        super().__init__(
            ngettext(
                "Er zit al %(taken)d iemand aan tafel. Minder stoelen kan niet. Sluit de lijst, of vraag iemand om een andere keer te komen.",
                "Er zitten al %(taken)d mensen aan tafel. Minder stoelen kan niet. Sluit de lijst, of vraag iemand om een andere keer te komen.",
                taken,
            )
            % {"taken": taken}
        )


class Left(Enum):
    """What came of the chairs of someone who got up."""

    NOTHING = "there was no sign-up"
    PLACE_IN_LINE = "they waited"
    FREE = "their chairs are free"
    PASSED_ON = "who waited moved up"


WRITTEN = (*SEATS_FIELD.values(), "waiting", "version", "capacity", "status", "reason", "sequence", "is_closed", "is_exception")


def _written(occurrence: Occurrence) -> tuple[object, ...]:
    """What a change of chairs may write of an occurrence."""
    return tuple(getattr(occurrence, field) for field in WRITTEN)


def lock(occurrence_id: int) -> Occurrence:
    """The occurrence, held until the transaction ends. Raises OccurrenceGone."""
    held = Occurrence.objects.select_for_update().filter(pk=occurrence_id).first()
    if held is None:
        raise OccurrenceGone
    return held


def lock_all(occurrences: QuerySet[Occurrence]) -> list[int]:
    """The numbers of occurrences, which are held until the transaction ends: for a change of many at once."""
    return list(occurrences.select_for_update().order_by("pk").values_list("pk", flat=True))


def hold_meetings(meetings: QuerySet[Meeting]) -> None:
    """Keep others from giving meetings a date, a rule or an address, until the transaction ends. Before any of their dates is held."""
    list(meetings.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))


def hold(keyring: Keyring) -> None:
    """Keep others from erasing a keyring, until the transaction ends. Raises KeyringGone."""
    if Keyring.objects.select_for_update(no_key=True).filter(pk=keyring.pk).first() is None:
        raise KeyringGone


@contextmanager
def _changing(occurrence_id: int, now: datetime) -> Iterator[Occurrence]:
    """Hold an occurrence; afterwards fill its chairs from the waiting list, save, and tell who watches once it is certain.

    Where nothing came of it there is no new version and nothing to tell. A change that only a sign-up shows, such as a name,
    moves ``version`` on itself. Raises OccurrenceGone.
    """
    with transaction.atomic():
        occurrence = lock(occurrence_id)
        before, version, sequence = _written(occurrence), occurrence.version, occurrence.sequence
        yield occurrence
        _promote(occurrence, now)
        if _written(occurrence) == before:
            return
        occurrence.version = version + 1
        fields = [*WRITTEN, "changed_at"] if occurrence.sequence != sequence else WRITTEN
        occurrence.save(update_fields=fields)  # changed_at is DTSTAMP in calendars: a chair that fills is no change there
        transaction.on_commit(partial(live.announce, occurrence.path, occurrence.version))


def take(
    occurrence_id: int,
    keyring: Keyring,
    perspective: str,
    *,
    party: int = 1,
    name: str = "",
    name_visibility: str = NameVisibility.TABLE,
    email: str = "",
    message: str = "",
    walks_along: bool = False,
    form_token: str = "",
    may_change: bool = True,
    now: datetime,
) -> SignUp:
    """Seat ``party`` people of ``keyring`` (1–5), or give them the next spot on the waiting list.

    A keyring that already sits or waits changes its sign-up if ``may_change``. The same ``form_token`` again within ``AGAIN``
    changes nothing. Raises OccurrenceClosed; NotEnoughSeats or BalanceWouldTip when a change does not fit, and then keeps what
    was; AlreadySits; FormSentBefore for a ``form_token`` that another keyring or another occurrence has; KeyringGone; OccurrenceGone.
    """
    if not 1 <= party <= MAX_PARTY:
        raise ValueError(f"party is {party}: a sign-up takes 1 to {MAX_PARTY} chairs")
    details: dict[str, object] = {
        "name": name,
        "name_visibility": name_visibility,
        "email": email,
        "message": message,
        "walks_along": walks_along,
    }
    details["told_at"] = now  # who asks sees the answer
    form_hash = hashlib.sha256(form_token.encode()).hexdigest() if form_token else ""
    if form_hash:
        details |= {"form_hash": form_hash, "form_at": now}
    with transaction.atomic():
        hold(keyring)
        with _changing(occurrence_id, now) as occurrence:
            sign_up = occurrence.sign_ups.filter(keyring=keyring).first()
            if sign_up is None:
                _refuse_second(occurrence, form_hash, now)
            elif not may_change:
                if form_hash and sign_up.form_hash == form_hash and _is_again(sign_up, now):
                    return sign_up
                raise AlreadySits
            _refuse_when_closed(occurrence, now)
            if not occurrence.asks_perspective:
                perspective = Perspective.RESIDENT
            if sign_up is None:
                sign_up = SignUp(occurrence=occurrence, keyring=keyring, state=SignUp.State.WAITING, queued_at=now)
                _enter(occurrence, sign_up, Perspective(perspective), party)
            else:
                _change(occurrence, sign_up, Perspective(perspective), party)
                if (sign_up.name, sign_up.name_visibility) != (name, name_visibility):
                    occurrence.version += 1  # the table shows it, and no counter tells
            for field, value in details.items():
                setattr(sign_up, field, value)
            try:
                sign_up.save()
            except IntegrityError as elsewhere:
                raise FormSentBefore from elsewhere  # a_form_counts_once: all else was looked at under the lock
    return sign_up


def _is_again(sign_up: SignUp, now: datetime) -> bool:
    return sign_up.form_at is not None and now - sign_up.form_at <= AGAIN


def _refuse_second(occurrence: Occurrence, form_hash: str, now: datetime) -> None:
    """Raises FormSentBefore where another keyring sent this form."""
    first = occurrence.sign_ups.select_related("keyring").filter(form_hash=form_hash).first() if form_hash else None
    if first is None:
        return
    made_it = first.keyring is not None and first.form_at is not None and first.keyring.created_at >= first.form_at
    raise FormSentBefore(first if made_it and _is_again(first, now) else None)


def leave(occurrence_id: int, keyring: Keyring, *, now: datetime) -> Left:
    """Give the chairs of ``keyring`` back. Raises OccurrenceClosed once the date has begun, OccurrenceGone once there is none."""
    with _changing(occurrence_id, now) as occurrence:
        if occurrence.has_begun(now):
            raise OccurrenceClosed(occurrence, now)
        sign_up = occurrence.sign_ups.filter(keyring=keyring).first()
        if sign_up is None:
            return Left.NOTHING
        _count(occurrence, sign_up, -1)
        waiting = occurrence.waiting
        sign_up.delete()
    if sign_up.state == SignUp.State.WAITING:
        return Left.PLACE_IN_LINE
    return Left.PASSED_ON if occurrence.waiting < waiting else Left.FREE


def set_capacity(occurrence_id: int, capacity: int | None, *, now: datetime) -> Occurrence:
    """Put more or fewer chairs at the table, None for no limit. Raises CapacityTooLow below the people who sit."""
    with _changing(occurrence_id, now) as occurrence:
        if capacity is not None and capacity < occurrence.taken:
            raise CapacityTooLow(occurrence.taken)
        occurrence.capacity = capacity
        _renumber(occurrence)
    return occurrence


def move_up(occurrence_id: int, *, now: datetime) -> Occurrence:
    """Seat who waits and fits, after a change that is not of chairs: other rules of the table, another day."""
    with _changing(occurrence_id, now) as occurrence:
        pass
    return occurrence


def set_closed(occurrence_id: int, is_closed: bool, *, now: datetime) -> Occurrence:
    """Close the list, or open it again.

    A closed list takes nobody new, and keeps its word to who stands on it: a chair that falls free goes to the first who waits.
    """
    with _changing(occurrence_id, now) as occurrence:
        occurrence.is_closed = is_closed
    return occurrence


def cancel(occurrence_id: int, reason: str, *, now: datetime) -> Occurrence:
    """The date does not go ahead. Who sat keeps the chair, so that they can be told."""
    with _changing(occurrence_id, now) as occurrence:
        if not occurrence.is_cancelled:
            occurrence.status, occurrence.reason = Occurrence.Status.CANCELLED, reason
            occurrence.sequence += 1
            occurrence.is_exception = True
            nobody_knows(occurrence)
            transaction.on_commit(partial(notices.tell_all.enqueue, "cancelled", occurrence.pk))
    return occurrence


def reopen(occurrence_id: int, *, now: datetime) -> Occurrence:
    """A cancelled date goes ahead after all; who was told otherwise hears of it."""
    with _changing(occurrence_id, now) as occurrence:
        if occurrence.is_cancelled:
            occurrence.status, occurrence.reason = Occurrence.Status.CONFIRMED, ""
            occurrence.sequence += 1
            # Who gave an address and was not mailed yet knows of no cancelling, unless there was more that they did not know.
            still_right = occurrence.sign_ups.filter(WITH_ADDRESS, told_at=None, promoted_at=None).values_list("pk", flat=True)
            unaware = list(still_right)
            nobody_knows(occurrence)
            occurrence.sign_ups.filter(pk__in=unaware).update(told_at=now)
            transaction.on_commit(partial(notices.tell_all.enqueue, "reopened", occurrence.pk))
    return occurrence


def nobody_knows(occurrence: Occurrence) -> None:
    """What changed just now has reached nobody at this date yet; who is mailed is marked then, the others may not know."""
    occurrence.sign_ups.update(told_at=None)


def who_may_not_know(occurrence: Occurrence) -> int:
    """How many people who signed up may not know of the last change: none of them was mailed or did something since."""
    return occurrence.sign_ups.filter(told_at=None, keyring__isnull=False).count()


def everybody_knows(occurrence_id: int, *, now: datetime) -> None:
    """Whoever receives people told those who gave no address."""
    SignUp.objects.filter(occurrence_id=occurrence_id, told_at=None).update(told_at=now)


def waits_for_residents(occurrence: Occurrence, sign_up: SignUp) -> bool:
    """Whether the chairs are there, and as many residents are not."""
    has_room = occurrence.free_seats is None or occurrence.free_seats >= sign_up.party
    return occurrence.balance == Balance.EQUAL and has_room


def somebody_waits_for_residents(occurrence: Occurrence) -> bool:
    """The same of anybody on the waiting list."""
    if occurrence.balance != Balance.EQUAL or not occurrence.waiting or occurrence.free_seats == 0:
        return False
    return any(waits_for_residents(occurrence, one) for one in occurrence.sign_ups.filter(state=SignUp.State.WAITING))


def why_waiting(occurrence: Occurrence, sign_up: SignUp) -> str:
    """In plain words, why this sign-up has no chair yet."""
    if waits_for_residents(occurrence, sign_up):
        return _("Er komt een stoel vrij zodra er nog een bewoner aanschuift.")
    if occurrence.free_seats is None or occurrence.free_seats >= sign_up.party:
        return _("De stoelen die vrij zijn, zijn voor bewoners.")
    if occurrence.free_seats:
        return _("Jullie zitten samen, of jullie wachten samen. Zoveel stoelen zijn er nu niet vrij.")
    if sign_up.party > 1:
        return _(
            "Alle stoelen zijn bezet. Jullie wachten op %(n)d stoelen tegelijk. Komt er één vrij, dan gaat die naar wie alleen komt."
        ) % {"n": sign_up.party}
    return _("Alle stoelen zijn bezet.")


def people_ahead(sign_up: SignUp) -> int:
    """How many people have an older place on the waiting list."""
    older = Q(queued_at__lt=sign_up.queued_at) | Q(queued_at=sign_up.queued_at, id__lt=sign_up.pk)
    waiting = sign_up.occurrence.sign_ups.filter(older, state=SignUp.State.WAITING)
    return waiting.aggregate(people=Sum("party"))["people"] or 0


def _refuse_when_closed(occurrence: Occurrence, now: datetime) -> None:
    if occurrence.is_cancelled or occurrence.is_closed or occurrence.has_begun(now) or occurrence.has_passed(now):
        raise OccurrenceClosed(occurrence, now)


def _fits(occurrence: Occurrence, perspective: Perspective, party: int) -> bool:
    """Whether ``party`` more people of one perspective may sit down now. Balance is tested on entering only."""
    if occurrence.free_seats is not None and party > occurrence.free_seats:
        return False
    if perspective == Perspective.RESIDENT or not occurrence.asks_perspective:
        return True
    formal = occurrence.seats_practice + occurrence.seats_policy + party
    if occurrence.balance == Balance.EQUAL:
        return formal <= max(occurrence.formal_start, occurrence.seats_resident)
    if occurrence.balance == Balance.RESIDENTS and occurrence.capacity is not None:
        return formal <= occurrence.capacity - occurrence.resident_seats
    return True


def _count(occurrence: Occurrence, sign_up: SignUp, sign: int) -> None:
    """Add a sign-up to the counters (sign 1) or take it off (-1)."""
    field = "waiting" if sign_up.state == SignUp.State.WAITING else SEATS_FIELD[Perspective(sign_up.perspective)]
    setattr(occurrence, field, getattr(occurrence, field) + sign * sign_up.party)


def _seat(occurrence: Occurrence, sign_up: SignUp) -> None:
    sign_up.state = SignUp.State.SEATED
    sign_up.chairs = round_table.chairs_for(sign_up.party, _numbers_in_use(occurrence, without=sign_up), occurrence.capacity)


def _numbers_in_use(occurrence: Occurrence, *, without: SignUp) -> set[int]:
    others = occurrence.sign_ups.filter(state=SignUp.State.SEATED).exclude(pk=without.pk).values_list("chairs", flat=True)
    return {number for chairs in others for number in chairs}


def _enter(occurrence: Occurrence, sign_up: SignUp, perspective: Perspective, party: int) -> None:
    sign_up.perspective, sign_up.party = perspective, party
    if _fits(occurrence, perspective, party):
        _seat(occurrence, sign_up)
    _count(occurrence, sign_up, 1)


def _change(occurrence: Occurrence, sign_up: SignUp, perspective: Perspective, party: int) -> None:
    """Another party or perspective for who is already on the list: a chair is never lost by asking."""
    if (sign_up.perspective, sign_up.party) == (perspective, party):
        return
    _count(occurrence, sign_up, -1)
    if sign_up.state == SignUp.State.SEATED:
        smaller = party <= sign_up.party and perspective == sign_up.perspective
        if not smaller and not _fits(occurrence, perspective, party):
            if occurrence.free_seats is not None and party > occurrence.free_seats:
                raise NotEnoughSeats(occurrence.free_seats - sign_up.party)
            raise BalanceWouldTip
        if party < sign_up.party:
            sign_up.chairs = sign_up.chairs[:party]
        elif party > sign_up.party:
            in_use = _numbers_in_use(occurrence, without=sign_up)
            sign_up.chairs = round_table.chairs_for(party, in_use, occurrence.capacity, keep=sign_up.chairs)
    sign_up.perspective, sign_up.party = perspective, party
    _count(occurrence, sign_up, 1)


def _promote(occurrence: Occurrence, now: datetime) -> None:
    """Give free chairs to the waiting list, in order, to whoever fits; a seat for one may open one for another."""
    if not occurrence.waiting or occurrence.is_cancelled or occurrence.has_begun(now):
        return
    waiting = list(occurrence.sign_ups.filter(state=SignUp.State.WAITING).order_by("queued_at", "id"))
    while fitting := next((w for w in waiting if _fits(occurrence, Perspective(w.perspective), w.party)), None):
        waiting.remove(fitting)
        _count(occurrence, fitting, -1)
        _seat(occurrence, fitting)
        _count(occurrence, fitting, 1)
        fitting.promoted_at, fitting.told_at = now, None
        fitting.save(update_fields=["state", "chairs", "promoted_at", "told_at"])
        transaction.on_commit(partial(notices.tell_promoted.enqueue, fitting.pk))


def _renumber(occurrence: Occurrence) -> None:
    """Fewer chairs: who sits on a number that is gone moves to a free one, all others stay where they sit."""
    if occurrence.capacity is None:
        return
    for sign_up in occurrence.sign_ups.filter(state=SignUp.State.SEATED).order_by("id"):
        if any(number >= occurrence.capacity for number in sign_up.chairs):
            keep = [number for number in sign_up.chairs if number < occurrence.capacity]
            in_use = _numbers_in_use(occurrence, without=sign_up)
            sign_up.chairs = round_table.chairs_for(sign_up.party, in_use, occurrence.capacity, keep=keep)
            sign_up.save(update_fields=["chairs"])


def erase(keyring: Keyring, *, now: datetime) -> None:
    """Delete a keyring with everything personal in it, at once (design section 4, Privacy).

    Chairs of coming dates fall free; those of dates that have begun keep their place in the counts, without anyone's name. Who
    watches a date that is going on sees the name disappear. A keyring that is gone already is gone.
    """
    with transaction.atomic():
        held = Keyring.objects.select_for_update().filter(pk=keyring.pk).first()
        if held is None:
            return
        hold_meetings(Meeting.objects.filter(host_keyring=held))  # which they lose at the end
        not_over = Q(occurrence__ends_at=None) | Q(occurrence__ends_at__gt=now)
        for occurrence_id in list(held.sign_ups.filter(not_over).order_by("occurrence_id").values_list("occurrence_id", flat=True)):
            with suppress(OccurrenceGone), _changing(occurrence_id, now) as occurrence:
                sign_up = occurrence.sign_ups.filter(keyring=held).first()
                if sign_up is None:
                    continue  # given back while we waited
                if occurrence.has_begun(now):
                    occurrence.version += 1
                else:
                    _count(occurrence, sign_up, -1)
                    sign_up.delete()
        held.sign_ups.update(name="", email="", message="", form_hash="")
        held.delete()
