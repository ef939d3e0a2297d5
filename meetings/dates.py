"""Dates: the rows of Occurrence that a meeting's rules write out, up to the horizon.

A date keeps its ``date_key`` (its RECURRENCE-ID as a local date) for ever; when it moves, its new day leads to it. A change of
rule never takes away a date that has people on it: that date stays as an exception. Nobody else writes these rows, apart from
their seats.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from modelsearch import index
from wagtail.models import ModelLogEntry

from . import live, recurrence, seats
from .models import HostDetails, Initiative, Meeting, Occurrence, Segment, SignUp, Visibility
from .models.meeting import new_uid

UNDATED = "ooit"
RESERVED = {"nieuw", UNDATED}


def horizon(now: datetime) -> datetime:
    return now + timedelta(days=settings.HORIZON_MONTHS * 31)


def free_slug(meeting: Meeting) -> str:
    """An address for a meeting: its title, with a number when that is taken; 130 random bits under the link."""
    if meeting.visibility == Visibility.LINK:
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
    """Save a meeting with its rule and its dates. ``starts_at`` None: a table somebody would like to see, without a date."""
    with transaction.atomic():
        if not meeting.slug:
            meeting.slug = free_slug(meeting)
        if meeting.neighbourhood is None and meeting.place is not None:
            meeting.neighbourhood = meeting.place.neighbourhood
        meeting.save()
        HostDetails.objects.update_or_create(meeting=meeting, defaults={"first_name": host_name})
        Segment.objects.create(meeting=meeting, starts_at=starts_at, duration=duration, rule=rule)
        materialise(meeting, now=now)
    return meeting


def repeated_fields(meeting: Meeting) -> dict[str, object]:
    """What every date repeats of its meeting, so that a list needs no join."""
    place, neighbourhood, initiative = meeting.place, meeting.neighbourhood, meeting.initiative
    return {
        "listed": meeting.is_listed,
        "kind": meeting.kind,
        "slug": meeting.slug,
        "title": meeting.title,
        "time_zone": meeting.time_zone,
        "initiative": initiative,
        "initiative_name": initiative.name if initiative else "",
        "neighbourhood": neighbourhood,
        "neighbourhood_name": neighbourhood.name if neighbourhood else "",
        "neighbourhood_slug": neighbourhood.slug if neighbourhood else "",
        "place": place,
        "place_name": place.name if place else meeting.place_text,
        "place_slug": place.slug if place else "",
        "balance": meeting.balance,
        "resident_seats": meeting.resident_seats,
        "formal_start": meeting.formal_start,
        "extra_chair": meeting.extra_chair,
        "names": meeting.names,
        "total_only": meeting.total_only,
    }


def materialise(meeting: Meeting, *, now: datetime) -> int:
    """Write out the dates of every rule from now to the horizon that are not there yet; the number of new rows.

    Safe to run twice, and at the same time as another: a date is known by its key.
    """
    keys = set(meeting.occurrences.values_list("date_key", flat=True))
    repeated, new = repeated_fields(meeting), []
    for segment in meeting.segments.all():
        if segment.starts_at is None:
            if UNDATED not in keys:
                new.append(Occurrence(meeting=meeting, segment=segment, date_key=UNDATED, capacity=meeting.capacity, **repeated))
            continue
        # The first time counts even when it has begun: a meeting that is on right now is on.
        after = min(segment.starts_at, now) if not segment.rule else max(segment.starts_at, now - segment.duration)
        for instant in recurrence.recurrence_set(segment.rule, segment.starts_at, meeting.zone, after=after, before=horizon(now)):
            key = f"{instant.astimezone(meeting.zone):%Y-%m-%d}"
            if key in keys:
                continue
            keys.add(key)
            new.append(_row(meeting, segment, key, instant, repeated))
    Occurrence.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _row(
    meeting: Meeting, segment: Segment | None, key: str, starts_at: datetime, repeated: dict[str, object], **more: object
) -> Occurrence:
    duration = segment.duration if segment else timedelta(hours=2)
    fields = {"recurrence_at": starts_at, "starts_at": starts_at, "ends_at": starts_at + duration, "capacity": meeting.capacity}
    return Occurrence(meeting=meeting, segment=segment, date_key=key, **(fields | repeated | more))


def extend_all(*, now: datetime) -> int:
    """The nightly task: every series reaches the horizon again. The number of new dates."""
    repeating = Meeting.objects.exclude(segments__rule="").filter(segments__isnull=False).distinct()
    return sum(materialise(meeting, now=now) for meeting in repeating.select_related("place", "neighbourhood", "initiative").iterator())


def change_rule(meeting: Meeting, *, starts_at: datetime | None, duration: timedelta, rule: str, now: datetime) -> None:
    """Give the (last) rule of a meeting another shape. Coming dates without people follow it; one with people stays."""
    with transaction.atomic():
        segment = meeting.segments.select_for_update().last()
        if segment is None:
            segment = Segment(meeting=meeting)
        segment.starts_at, segment.duration, segment.rule = starts_at, duration, rule
        segment.save()
        _drop_what_the_rule_left(meeting, segment, now)
        materialise(meeting, now=now)


def _drop_what_the_rule_left(meeting: Meeting, segment: Segment, now: datetime) -> None:
    """Coming dates of a segment that its rule no longer gives: deleted when empty, kept as exceptions when people sit there."""
    wanted = {
        f"{instant.astimezone(meeting.zone):%Y-%m-%d}": instant
        for instant in (
            recurrence.recurrence_set(segment.rule, segment.starts_at, meeting.zone, after=now, before=horizon(now))
            if segment.starts_at
            else []
        )
    }
    coming = meeting.occurrences.filter(Q(starts_at__gt=now) | Q(starts_at=None), segment=segment, is_exception=False)
    for occurrence in coming.select_for_update():
        instant = wanted.get(occurrence.date_key)
        has_people = occurrence.taken or occurrence.waiting
        if instant is None and not (occurrence.starts_at is None and segment.starts_at is None):
            if has_people:
                occurrence.is_exception = True
                occurrence.save(update_fields=["is_exception", "changed_at"])
            else:
                occurrence.delete()
        elif instant and (occurrence.starts_at, occurrence.ends_at) != (instant, instant + segment.duration):
            if has_people:
                occurrence.is_exception = True
                occurrence.save(update_fields=["is_exception", "changed_at"])
            else:
                occurrence.recurrence_at = occurrence.starts_at = instant
                occurrence.ends_at = instant + segment.duration
                occurrence.sequence += 1
                occurrence.save(update_fields=["recurrence_at", "starts_at", "ends_at", "sequence", "changed_at"])


def split(meeting: Meeting, occurrence: Occurrence, *, starts_at: datetime, duration: timedelta, rule: str, now: datetime) -> Segment:
    """ "From here on": the rule so far ends before ``occurrence``, and a new one with a UID of its own opens."""
    with transaction.atomic():
        old = occurrence.segment
        if old is None or occurrence.recurrence_at is None:
            raise ValueError(f"{occurrence!r} follows no rule: change the date itself")
        parts = [part for part in old.rule.split(";") if not part.upper().startswith(("UNTIL=", "COUNT="))]
        until = occurrence.recurrence_at - timedelta(seconds=1)
        old.rule = ";".join([*parts, f"UNTIL={until:%Y%m%dT%H%M%SZ}"])
        old.save()
        new = Segment.objects.create(meeting=meeting, starts_at=starts_at, duration=duration, rule=rule, uid=new_uid())
        _drop_what_the_rule_left(meeting, old, now)
        materialise(meeting, now=now)
    return new


def add_date(meeting: Meeting, starts_at: datetime, ends_at: datetime, *, now: datetime) -> Occurrence:
    """One more date (RDATE). A day that has one already gets a key with the time in it."""
    local = starts_at.astimezone(meeting.zone)
    key = f"{local:%Y-%m-%d}"
    if meeting.occurrences.filter(date_key=key).exists():
        key = f"{local:%Y-%m-%d-%H%M}"
    row = _row(meeting, meeting.segments.last(), key, starts_at, repeated_fields(meeting), ends_at=ends_at, is_exception=True)
    row.save()
    return row


def move_date(occurrence: Occurrence, starts_at: datetime, ends_at: datetime, *, now: datetime) -> Occurrence:
    """Another time for one date; its address and its people stay."""
    with transaction.atomic():
        held = seats.lock(occurrence.pk)
        held.starts_at, held.ends_at = starts_at, ends_at
        held.is_exception = True
        held.sequence += 1
        held.version += 1
        held.save(update_fields=["starts_at", "ends_at", "is_exception", "sequence", "version", "changed_at"])
        transaction.on_commit(partial(live.announce, f"/agenda/{held.slug}/{held.date_key}/", held.version))
        transaction.on_commit(partial(_tell_all_moved, held.pk))
    return held


def _tell_all_moved(occurrence_id: int) -> None:
    from .tasks import tell_moved  # tasks write dates themselves

    for sign_up_id in SignUp.objects.filter(occurrence_id=occurrence_id).exclude(email="").values_list("id", flat=True):
        tell_moved.enqueue(sign_up_id)


def moved_to(meeting: Meeting, date_key: str) -> Occurrence | None:
    """The date that moved to a day which has no date of its own: that day's address leads to it."""
    try:
        day = datetime.strptime(date_key, "%Y-%m-%d").replace(tzinfo=meeting.zone)
    except ValueError:
        return None
    return (
        meeting.occurrences.filter(starts_at__gte=day, starts_at__lt=day + timedelta(days=1))
        .exclude(date_key=date_key)
        .order_by("starts_at")
        .first()
    )


def cancel_date(occurrence: Occurrence, reason: str, *, now: datetime) -> Occurrence:
    return seats.cancel(occurrence.pk, reason, now=now)


def copy_to_dates(meeting: Meeting, *, now: datetime) -> None:
    """Bring what dates repeat of their meeting in step with it, after an edit; who watches a table sees it."""
    with transaction.atomic():
        for occurrence in meeting.occurrences.select_for_update():
            before = {name: getattr(occurrence, name) for name in repeated_fields(meeting)}
            after = repeated_fields(meeting)
            if occurrence.is_exception and occurrence.place_id and occurrence.place_id != meeting.place_id:
                after = {name: value for name, value in after.items() if not name.startswith(("place", "neighbourhood"))}
            changed = [name for name, value in after.items() if before[name] != value]
            if not changed:
                continue
            for name in changed:
                setattr(occurrence, name, after[name])
            occurrence.version += 1
            occurrence.save(update_fields=[*changed, "version", "changed_at"])
            transaction.on_commit(partial(live.announce, f"/agenda/{occurrence.slug}/{occurrence.date_key}/", occurrence.version))


def go_unlisted(meeting: Meeting, *, now: datetime) -> None:
    """Off every list: a new address that nobody can guess, the old one is gone (404) at once."""
    meeting.visibility = Visibility.LINK
    meeting.slug = Meeting.secret_slug()
    meeting.save(update_fields=["visibility", "slug", "changed_at"])
    copy_to_dates(meeting, now=now)
    index.remove_object(meeting)
    meeting.revisions.all().delete()  # they hold the title, and the list of changes shows it
    ModelLogEntry.objects.for_instance(meeting).update(label="")


def next_occurrence(meeting: Meeting, now: datetime) -> Occurrence | None:
    return meeting.occurrences.filter(ends_at__gt=now).order_by("starts_at", "id").first()


def hide_initiative(initiative: Initiative, *, now: datetime) -> None:
    """An initiative that goes off every list takes its meetings along."""
    for meeting in initiative.meetings.select_related("place", "neighbourhood", "initiative"):
        copy_to_dates(meeting, now=now)
