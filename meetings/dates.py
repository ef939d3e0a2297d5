"""Dates: the rows of Occurrence that a meeting's rules write out, up to the horizon.

A date keeps its ``date_key`` (its RECURRENCE-ID as a local date) for ever; when it moves, its new day leads to it. A change of
rule never takes away a date that has people on it: that date stays as an exception. One without people falls out, and its key
is remembered: a rule that gives that day again gives the same date back, at whatever hour, as it would have kept its row had it
stayed. Any other date of that day gets the hour in its key. Nobody else writes these rows, apart from their seats.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from . import live, notices, recurrence, seats
from .models import HostDetails, Meeting, Occurrence, Segment, WithdrawnDate
from .models.occurrence import UNDATED
from .repeated import repeated_fields

RESERVED = {"nieuw", UNDATED}
PAST = timedelta(days=90)  # how far back the dates of a new series go


class DateTaken(Exception):
    """This meeting has that very date already; ``str()`` is the sentence for whoever adds it."""

    def __init__(self) -> None:
        super().__init__(_("Op dat moment is er al een datum van deze bijeenkomst. Kies een andere tijd."))


def horizon(now: datetime) -> datetime:
    return now + timedelta(days=settings.HORIZON_MONTHS * 31)


def free_slug(meeting: Meeting) -> str:
    """An address for a meeting: its title, with a number when that is taken; 130 random bits when it stands on no list."""
    if not meeting.is_for_everyone:
        return Meeting.secret_slug()
    base = slugify(meeting.title)[:80].strip("-") or "bijeenkomst"
    if base in RESERVED or base[:4].isdigit():
        base = f"bij-{base}"
    slug, n = base, 1
    while Meeting.objects.filter(slug=slug).exclude(pk=meeting.pk).exists():
        n += 1
        slug = f"{base}-{n}"
    return slug


def create(
    meeting: Meeting,
    *,
    starts_at: datetime | None,
    duration: timedelta = timedelta(hours=2),
    rule: str = "",
    host_name: str = "",
    now: datetime,
) -> Meeting:
    """Save a meeting with its rule and its dates, those of the last 90 days too when the first time lies back.

    ``starts_at`` None: a table somebody would like to see, without a date.
    """
    with transaction.atomic():
        if not meeting.slug:
            meeting.slug = free_slug(meeting)
        if meeting.neighbourhood is None and meeting.place is not None:
            meeting.neighbourhood = meeting.place.neighbourhood
        meeting.save()
        HostDetails.objects.update_or_create(meeting=meeting, defaults={"first_name": host_name})
        Segment.objects.create(meeting=meeting, starts_at=starts_at, duration=duration, rule=rule)
        materialise(meeting, now=now, since=now - PAST)
    return meeting


def materialise(meeting: Meeting, *, now: datetime, since: datetime | None = None) -> int:
    """Write out the dates of every rule up to the horizon that are not there yet, in one statement; the number of new rows.

    From ``since`` on, else from what is on right now: what has passed stays as it was. Safe to run twice: a date is known by its
    key. The meeting is held, and was read since: else a rule that changes meanwhile would be given dates that it does not have.
    """
    taken = _keys_in_use(meeting)
    repeated, new = repeated_fields(meeting), []
    for segment in meeting.segments.all():
        if segment.starts_at is None:
            if not taken:
                new.append(Occurrence(meeting=meeting, segment=segment, date_key=UNDATED, capacity=meeting.capacity, **repeated))
            continue
        for key, instant in _wanted(segment, meeting, after=since or now - segment.duration, now=now).items():
            if key not in taken:
                taken.add(key)
                new.append(_row(meeting, segment, key, instant, repeated))
    if new:
        _take_up(meeting, new)
        Occurrence.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _keys_in_use(meeting: Meeting) -> set[str]:
    """The keys of its dates, and the day of a table that people sat at before it had one."""
    keys = set(meeting.occurrences.values_list("date_key", flat=True))
    return keys | {meeting.occurrences.get(date_key=UNDATED).rule_key} if UNDATED in keys else keys


def _take_up(meeting: Meeting, new: list[Occurrence]) -> None:
    """Let dates that had fallen out go on where they were: who saw one before is not shown an older version."""
    known = {one.date_key: one for one in meeting.withdrawn_dates.filter(date_key__in=[row.date_key for row in new])}
    for row in new:
        if before := known.get(row.date_key):
            row.version, row.sequence = before.version + 1, before.sequence + 1


def _withdraw(meeting: Meeting, dropped: list[Occurrence]) -> None:
    """Delete dates that fell out with nobody on them, and remember their keys; their pages go from memory."""
    WithdrawnDate.objects.bulk_create(
        [WithdrawnDate(meeting=meeting, date_key=row.date_key, version=row.version, sequence=row.sequence) for row in dropped],
        update_conflicts=True,
        unique_fields=["meeting", "date_key"],
        update_fields=["version", "sequence"],
    )
    Occurrence.objects.filter(pk__in=[row.pk for row in dropped]).delete()
    for row in dropped:
        transaction.on_commit(partial(live.announce, row.path, row.version + 1))


def _wanted(segment: Segment, meeting: Meeting, *, after: datetime, now: datetime) -> dict[str, datetime]:
    """The dates that a segment's rule gives from ``after`` to the horizon, by key. What happens once is always wanted."""
    if segment.starts_at is None:
        return {}
    if not segment.rule:
        return {_key(segment.starts_at, meeting): segment.starts_at}
    given = recurrence.recurrence_set(
        segment.rule, segment.starts_at, meeting.zone, after=max(segment.starts_at, after), before=horizon(now)
    )
    return {_key(instant, meeting): instant for instant in given}


def _key(instant: datetime, meeting: Meeting) -> str:
    return f"{instant.astimezone(meeting.zone):%Y-%m-%d}"


def _row(
    meeting: Meeting, segment: Segment | None, key: str, starts_at: datetime, repeated: dict[str, object], **more: object
) -> Occurrence:
    ends_at = recurrence.end_of(starts_at, segment.duration if segment else timedelta(hours=2), meeting.zone)
    fields = {"recurrence_at": starts_at, "starts_at": starts_at, "ends_at": ends_at, "capacity": meeting.capacity}
    return Occurrence(meeting=meeting, segment=segment, date_key=key, **(fields | repeated | more))


def extend_all(*, now: datetime) -> int:
    """The nightly task: every series reaches the horizon again. The number of new dates."""
    repeating = Segment.objects.exclude(rule="").order_by("meeting_id").values_list("meeting_id", flat=True).distinct()
    return sum(_extend(meeting_id, now) for meeting_id in list(repeating))


def _extend(meeting_id: int, now: datetime) -> int:
    with transaction.atomic():
        held = _held().select_related("place", "neighbourhood", "initiative").filter(pk=meeting_id).first()
        return materialise(held, now=now) if held else 0


def change_rule(meeting: Meeting, *, starts_at: datetime | None, duration: timedelta, rule: str, now: datetime) -> None:
    """Give a meeting another rule or time from now on. Coming dates without people follow it; one with people stays as it was.

    A rule that has given dates already ends here and the next opens, with a UID of its own: rewriting it would change past
    weeks in the calendars of subscribers. One whose first date is still to come is simply changed.
    """
    with transaction.atomic():
        _hold(meeting)
        segment = meeting.segments.select_for_update().last()
        if segment is None or segment.starts_at is None or segment.starts_at > now:
            segment = segment or Segment(meeting=meeting)
            segment.starts_at, segment.duration, segment.rule = starts_at, duration, rule
            segment.save()
            _follow(meeting, segment, segment, now)
        else:
            resumed = recurrence.resumed(rule, starts_at, meeting.zone, after=now) if starts_at else (None, "")
            _end(segment, now)
            new = segment
            if resumed:
                new = Segment.objects.create(meeting=meeting, starts_at=resumed[0], duration=duration, rule=resumed[1])
            _follow(meeting, segment, new, now)
        _touch(meeting)
        materialise(meeting, now=now)


def can_change_from_here(occurrence: Occurrence, now: datetime) -> bool:
    """Whether ``split`` may open another rule at this date: it is still to come, of a rule, and no other rule follows that one."""
    segment = occurrence.segment
    return (
        segment is not None
        and bool(segment.rule)
        and occurrence.recurrence_at is not None
        and occurrence.recurrence_at > now
        and segment == occurrence.meeting.segments.last()
    )


def split(
    meeting: Meeting,
    occurrence: Occurrence,
    *,
    starts_at: datetime,
    duration: timedelta,
    rule: str,
    with_people: bool = False,
    now: datetime,
) -> Segment:
    """ "From here on": the rule so far ends before ``occurrence``, and a new one with a UID of its own opens.

    Where nothing came before ``occurrence`` its rule is changed and keeps its UID. ``with_people``: a later date that people are
    on moves to the new hour of its day, and they hear of it; else it stays as it was. One whose day falls out always stays.
    """
    old = occurrence.segment
    if old is None or old.starts_at is None or occurrence.recurrence_at is None:
        raise ValueError(f"{occurrence!r} follows no rule: change the date itself")
    with transaction.atomic():
        _hold(meeting)
        seats.lock_all(meeting.occurrences.filter(starts_at__gt=now))
        if not occurrence.is_cancelled:  # moved by hand before: from here on it follows again
            meeting.occurrences.filter(pk=occurrence.pk).update(is_exception=False)
        if occurrence.recurrence_at <= old.starts_at:
            new = old
            new.starts_at, new.duration, new.rule = starts_at, duration, rule
            new.save()
        else:
            _end(old, occurrence.recurrence_at)
            new = Segment.objects.create(meeting=meeting, starts_at=starts_at, duration=duration, rule=rule)
        _follow(meeting, old, new, now, with_people=with_people)
        _touch(meeting)
        materialise(meeting, now=now)
    return new


def _end(segment: Segment, before: datetime) -> None:
    segment.rule = recurrence.ended(segment.rule, before)
    segment.save(update_fields=["rule"])


def _touch(meeting: Meeting) -> None:
    """Move ``changed_at``: a calendar sees a changed rule by it, also when only dates fell out."""
    meeting.save(update_fields=["changed_at"])


def _follow(meeting: Meeting, old: Segment, new: Segment, now: datetime, *, with_people: bool = False) -> None:
    """Bring the coming dates of ``old`` in step with its rule, or with that of ``new`` (which may be the same segment).

    A day that both know keeps its row. A date that no rule gives any more is deleted when nobody is there, else it stays as an
    exception; so does one with people whose time would change, unless ``with_people`` moves it. People at a table without a date
    get the first one there is, and hear of it.
    """
    stays = _wanted(old, meeting, after=now, now=now) if old.pk != new.pk else {}
    wanted = _wanted(new, meeting, after=now, now=now)
    dropped = []
    coming = meeting.occurrences.filter(Q(starts_at__gt=now) | Q(starts_at=None), segment=old, is_exception=False)
    for occurrence in coming.select_for_update().order_by("pk"):  # as everywhere (``seats``)
        has_people = bool(occurrence.taken or occurrence.waiting)
        waits_for_a_date = has_people and occurrence.starts_at is None
        key = _first_free(meeting, wanted, now) if waits_for_a_date else occurrence.rule_key
        if (key in stays and stays[key] == occurrence.starts_at) or (occurrence.starts_at is None and new.starts_at is None):
            continue
        instant = wanted.get(key)
        if instant is None and not has_people:
            dropped.append(occurrence)
            continue
        if instant is not None:
            occurrence.segment = new
        ends_at = instant and recurrence.end_of(instant, new.duration, meeting.zone)
        differs = (occurrence.starts_at, occurrence.ends_at) != (instant, ends_at)
        if has_people and differs and (instant is None or not (with_people or waits_for_a_date)):
            occurrence.is_exception = True
        elif instant is not None and differs:
            occurrence.recurrence_at, occurrence.starts_at, occurrence.ends_at = instant, instant, ends_at
            occurrence.sequence += 1
            occurrence.version += 1
            transaction.on_commit(partial(live.announce, occurrence.path, occurrence.version))
            if has_people:
                seats.nobody_knows(occurrence)
                transaction.on_commit(partial(notices.tell_all.enqueue, "moved", occurrence.pk))
        occurrence.save(
            update_fields=["segment", "is_exception", "recurrence_at", "starts_at", "ends_at", "sequence", "version", "changed_at"]
        )
    _withdraw(meeting, dropped)


def _first_free(meeting: Meeting, wanted: dict[str, datetime], now: datetime) -> str:
    """The key of the first time to come that no date of a meeting has yet; ``UNDATED`` when there is none."""
    taken = _keys_in_use(meeting)
    return next((key for key, instant in wanted.items() if instant > now and key not in taken), UNDATED)


def _hold(meeting: Meeting) -> None:
    """Keep others from giving this meeting a date, or another rule, until the transaction ends. Before any date of it is held."""
    _held().get(pk=meeting.pk)


def _held() -> QuerySet[Meeting]:
    """Meetings that are held as soon as they are read, without what they point at: that may be nothing (an outer join)."""
    return Meeting.objects.select_for_update(no_key=True, of=("self",))


def is_taken(occurrence: Occurrence, starts_at: datetime) -> bool:
    """Whether another date of the same meeting begins at that very moment."""
    return Occurrence.objects.filter(meeting=occurrence.meeting_id, starts_at=starts_at).exclude(pk=occurrence.pk).exists()


def add_date(meeting: Meeting, starts_at: datetime, ends_at: datetime, *, now: datetime) -> Occurrence:
    """One more date (RDATE). A day that has or had one gets a key with the time in it. Raises DateTaken for the same time twice."""
    with transaction.atomic():
        _hold(meeting)
        local = starts_at.astimezone(meeting.zone)
        taken = _keys_in_use(meeting) | set(meeting.withdrawn_dates.values_list("date_key", flat=True))
        key = next((key for key in (f"{local:%Y-%m-%d}", f"{local:%Y-%m-%d-%H%M}") if key not in taken), None)
        if key is None or meeting.occurrences.filter(starts_at=starts_at).exists():
            raise DateTaken
        row = _row(meeting, meeting.segments.last(), key, starts_at, repeated_fields(meeting), ends_at=ends_at, is_exception=True)
        row.save()
        _touch(meeting)
    return row


def move_date(occurrence: Occurrence, starts_at: datetime, ends_at: datetime, *, now: datetime) -> Occurrence:
    """Another time for one date; its address and its people stay, and who gave an address hears of it.

    One that had begun may be to come again: then who waits gets the chairs that are free. Raises DateTaken for the moment at which
    another date of its meeting begins, OccurrenceGone.
    """
    with transaction.atomic():
        _hold(occurrence.meeting)
        held = seats.lock(occurrence.pk)
        if (held.starts_at, held.ends_at) == (starts_at, ends_at):
            return held
        if held.starts_at != starts_at and is_taken(held, starts_at):
            raise DateTaken
        held.starts_at, held.ends_at = starts_at, ends_at
        held.is_exception = True
        held.sequence += 1
        held.version += 1
        held.save(update_fields=["starts_at", "ends_at", "is_exception", "sequence", "version", "changed_at"])
        seats.nobody_knows(held)
        held = seats.move_up(held.pk, now=now)  # first of the two mails: it says that there is a chair, and when
        transaction.on_commit(partial(live.announce, held.path, held.version))
        transaction.on_commit(partial(notices.tell_all.enqueue, "moved", held.pk))
    return held


def moved_to(meeting: Meeting, date_key: str) -> Occurrence | None:
    """The date that moved to a day which has no date of its own: that day's address leads to it."""
    try:
        day = datetime.strptime(date_key, "%Y-%m-%d").replace(tzinfo=meeting.zone)
    except ValueError:
        return None
    if not 2000 <= day.year <= 2200:  # the ends of the calendar have no UTC
        return None
    return (
        meeting.occurrences.filter(starts_at__gte=day, starts_at__lt=day + timedelta(days=1))
        .exclude(date_key=date_key)
        .order_by("starts_at")
        .first()
    )


def cancel_date(occurrence: Occurrence, reason: str, *, now: datetime) -> Occurrence:
    return seats.cancel(occurrence.pk, reason, now=now)
