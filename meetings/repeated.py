"""What dates repeat of their meeting, its place and its initiative, so that a list needs no join, and how it is kept in step.

Whoever has a page in memory hears of every change: also of the addresses that are no more once a meeting goes off every list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from modelsearch import index
from wagtail.models import ModelLogEntry

from places.models import Neighbourhood, Place

from . import live, notices, seats
from .models import Initiative, Meeting, Occurrence, Visibility

EVERYWHERE = ("listed", "kind", "slug", "title", "time_zone", "initiative", "initiative_name")  # what past dates follow too


def repeated_fields(meeting: Meeting) -> dict[str, object]:
    """What every date repeats of its meeting."""
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
        "chair": place.chair if place else "",
        "balance": meeting.balance,
        "resident_seats": meeting.resident_seats,
        "formal_start": meeting.formal_start,
        "extra_chair": meeting.extra_chair,
        "names": meeting.names,
        "total_only": meeting.total_only,
    }


def copy_to_dates(meeting: Meeting, *, now: datetime) -> None:
    """Bring what dates repeat of their meeting in step with it, after an edit; who watches a table sees it.

    What has passed keeps its place and its rules of the table: that is how it was. Whoever is on a date that is somewhere else
    now, and gave an address, hears of it. Who waits and may sit by other rules gets a chair, before anybody else can take it.
    """
    repeated = repeated_fields(meeting)
    where = {name: value for name, value in repeated.items() if name.startswith(("place", "neighbourhood"))}
    with transaction.atomic():
        coming = meeting.occurrences.filter(Q(ends_at__gt=now) | Q(starts_at=None))
        ids = seats.lock_all(coming)
        meeting.occurrences.exclude(pk__in=ids).update(**{name: repeated[name] for name in EVERYWHERE})
        for occurrence in elsewhere(coming, meeting).filter(Q(seats_taken__gt=0) | Q(waiting__gt=0)):
            seats.nobody_knows(occurrence)
            if not occurrence.is_cancelled:
                transaction.on_commit(partial(notices.tell_all.enqueue, "elsewhere", occurrence.pk))
        _differing(coming, where).update(sequence=F("sequence") + 1, changed_at=timezone.now())
        changed = list(_differing(coming, repeated).values_list("pk", flat=True))
        meeting.occurrences.filter(pk__in=changed).update(**repeated, version=F("version") + 1)
        for pk in meeting.occurrences.filter(pk__in=changed, waiting__gt=0).order_by("pk").values_list("pk", flat=True):
            seats.move_up(pk, now=now)
        for occurrence in meeting.occurrences.filter(pk__in=changed):
            transaction.on_commit(partial(live.announce, occurrence.path, occurrence.version))


def elsewhere(occurrences: QuerySet[Occurrence], meeting: Meeting) -> QuerySet[Occurrence]:
    """Those that say another place than their meeting does now: another name, or another place of the same name."""
    name = meeting.place.name if meeting.place else meeting.place_text
    another = Q() if meeting.place is None else Q(place__isnull=False) & ~Q(place=meeting.place)
    return occurrences.filter(~Q(place_name=name) | another) if another else occurrences.exclude(place_name=name)


def _differing(occurrences: QuerySet[Occurrence], repeated: Mapping[str, object]) -> QuerySet[Occurrence]:
    """Those of which one field at least says something else."""
    same = Q()
    for name, value in repeated.items():
        same &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    alike = occurrences.filter(same).values("pk")
    return occurrences.exclude(pk__in=alike)


def copy_name(row: Place | Neighbourhood) -> None:
    """A place or neighbourhood got another name, address or chair: every date that repeats it follows."""
    kind = "place" if isinstance(row, Place) else "neighbourhood"
    names = {f"{kind}_name": row.name, f"{kind}_slug": row.slug}
    chair = {"chair": row.chair} if isinstance(row, Place) else {}
    its_dates = Occurrence.objects.filter(**{kind: row})
    with transaction.atomic():
        seats.lock_all(_differing(its_dates, names | chair))
        _differing(its_dates, names).update(**names, changed_at=timezone.now())
        if chair:
            _differing(its_dates, chair).update(**chair)  # no change to a calendar


def copy_initiative(initiative: Initiative, *, went_off: bool, now: datetime) -> None:
    """An initiative got another name, or went off every list just now (``went_off``) and takes its meetings along."""
    with transaction.atomic():
        known = set(initiative.meetings.for_everyone_by_itself().values_list("pk", flat=True)) if went_off else set()
        seats.hold_meetings(initiative.meetings.all())
        written = Q() if went_off else Q(ends_at__gt=now) | Q(ends_at=None)
        seats.lock_all(Occurrence.objects.filter(written, meeting__in=initiative.meetings.values("pk")))
        for meeting in initiative.meetings.select_related("place", "neighbourhood", "initiative"):
            if meeting.pk in known:
                _hide(meeting, now)
            else:
                copy_to_dates(meeting, now=now)


def go_unlisted(meeting: Meeting, *, now: datetime) -> None:
    """Off every list: a new address that nobody can guess, the old one is gone (404) at once, and the CMS forgets the title."""
    meeting.visibility = Visibility.LINK
    with transaction.atomic():
        _hide(meeting, now)


def _hide(meeting: Meeting, now: datetime) -> None:
    """Every address that anybody may know, of dates long past too, is announced: pages in memory go first, and open ones close."""
    transaction.on_commit(partial(live.drop_cached, meeting.path))
    seats.hold_meetings(Meeting.objects.filter(pk=meeting.pk))
    seats.lock_all(meeting.occurrences.all())
    meeting.occurrences.update(version=F("version") + 1)
    for occurrence in meeting.occurrences.all():
        transaction.on_commit(partial(live.announce, occurrence.path, occurrence.version))
    meeting.slug = Meeting.secret_slug()
    meeting.save(update_fields=["visibility", "slug", "changed_at"])
    forget_revisions(meeting)
    copy_to_dates(meeting, now=now)
    index.remove_object(meeting)


def forget_revisions(meeting: Meeting) -> None:
    """Take away what the CMS keeps of a meeting that stands on no list: earlier texts, and who changed what when."""
    Meeting.objects.filter(pk=meeting.pk).update(latest_revision=None)
    meeting.latest_revision = None
    meeting.revisions.all().delete()
    forget_log(meeting)
    forget_log(*meeting.occurrences.all())


def forget_log(*rows: Meeting | Occurrence | Initiative) -> None:
    """Delete what the log of the CMS says of rows of one kind."""
    if rows:
        kind = ContentType.objects.get_for_model(rows[0])
        ModelLogEntry.objects.filter(content_type=kind, object_id__in=[str(row.pk) for row in rows]).delete()
