"""Occurrences: the dates of meetings, each a row of its own that carries all a list needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .choices import Balance, Kind, Names, Perspective
from .meeting import Initiative, Meeting, Segment

LONGEST = timedelta(days=14)  # that one date may last: lists look back so far for what is still on
UNDATED = "ooit"  # the key of a table without a date
SEATS_FIELD = {Perspective.RESIDENT: "seats_resident", Perspective.PRACTICE: "seats_practice", Perspective.POLICY: "seats_policy"}


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def at(self, slug: str, date_key: str) -> Self:
        """The date at /agenda/<slug>/<date_key>/, if there is one.

        By way of the meeting, whose slug is unique: the dates' own copy of it has no index, and a city has a million dates.
        """
        return self.filter(meeting__slug=slug, date_key=date_key)


class Occurrence(models.Model):
    """One date of a meeting, a member of its recurrence set (RFC 5545 3.8.5): what people sign up for.

    Title, place and the rest repeat what the meeting says, so that a list is one indexed query without a join.
    Its counters are written by ``seats``, and by ``retention`` once it is over; ``version`` by all who change what its page shows.
    """

    class Status(models.TextChoices):
        CONFIRMED = "gaat-door", _("gaat door")
        CANCELLED = "afgelast", _("gaat niet door")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="occurrences", verbose_name=_("bijeenkomst"))
    segment = models.ForeignKey(Segment, models.SET_NULL, null=True, blank=True, related_name="occurrences")
    date_key = models.CharField(_("datum in het adres"), max_length=15, editable=False)
    recurrence_at = models.DateTimeField(null=True, blank=True, editable=False)  # RECURRENCE-ID: the time the rule gave it
    starts_at = models.DateTimeField(_("begint"), null=True, blank=True)
    ends_at = models.DateTimeField(_("eindigt"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.CONFIRMED)
    reason = models.CharField(_("reden"), max_length=120, blank=True)
    is_exception = models.BooleanField(default=False, editable=False)  # moved, extra or kept: the rule no longer decides it
    sequence = models.PositiveIntegerField(default=0, editable=False)  # RFC 5545 3.8.7.4
    changed_at = models.DateTimeField(auto_now=True)

    # what a list shows and filters on; meetings.dates keeps it in step with the meeting
    listed = models.BooleanField(default=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, editable=False)
    slug = models.CharField(max_length=90, editable=False)
    title = models.CharField(max_length=90, editable=False)
    time_zone = models.CharField(max_length=40, default=timezone.get_current_timezone_name, editable=False)
    initiative = models.ForeignKey(Initiative, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    initiative_name = models.CharField(max_length=120, blank=True, editable=False)
    neighbourhood = models.ForeignKey("places.Neighbourhood", models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    neighbourhood_name = models.CharField(max_length=80, blank=True, editable=False)
    neighbourhood_slug = models.CharField(max_length=80, blank=True, editable=False)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, blank=True, related_name="occurrences", verbose_name=_("plek"))
    place_name = models.CharField(max_length=200, blank=True, editable=False)
    place_slug = models.CharField(max_length=80, blank=True, editable=False)

    # the table
    capacity = models.PositiveSmallIntegerField(_("stoelen"), null=True, blank=True, help_text=_("Leeg: iedereen kan aanschuiven."))
    balance = models.CharField(max_length=8, choices=Balance.choices, default=Balance.NONE, editable=False)
    resident_seats = models.PositiveSmallIntegerField(default=0, editable=False)
    formal_start = models.PositiveSmallIntegerField(default=2, editable=False)
    extra_chair = models.BooleanField(default=True, editable=False)
    chair = models.CharField(max_length=10, blank=True, editable=False)  # its drawing (places.models.rows.Chair)
    names = models.CharField(max_length=8, choices=Names.choices, default=Names.SELF, editable=False)
    total_only = models.BooleanField(default=False, editable=False)
    is_closed = models.BooleanField(_("aanschuiven is dicht"), default=False)
    seats_resident = models.PositiveIntegerField(default=0, editable=False)
    seats_practice = models.PositiveIntegerField(default=0, editable=False)
    seats_policy = models.PositiveIntegerField(default=0, editable=False)
    seats_taken = models.GeneratedField(
        expression=F("seats_resident") + F("seats_practice") + F("seats_policy"),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    waiting = models.PositiveIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("datum")
        verbose_name_plural = _("data")
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "date_key"], name="date_key_once"),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(seats_resident__lte=F("capacity") - F("seats_practice") - F("seats_policy")),
                name="not_overbooked",
            ),
            models.CheckConstraint(condition=Q(starts_at=None, ends_at=None) | Q(ends_at__gt=F("starts_at")), name="ends_after_it_starts"),
        ]
        # Every index goes on with (start, id): the agenda pages by keyset, and none of its lists sorts (tests/load/agenda.py shows the plans).
        # The end stands in it so that the dates of today that are over are passed by without reading their rows.
        indexes = [
            models.Index(fields=["starts_at", "id", "ends_at"], name="agenda", condition=Q(listed=True)),
            models.Index(fields=["neighbourhood", "starts_at", "id", "ends_at"], name="agenda_neighbourhood", condition=Q(listed=True)),
            models.Index(fields=["place", "starts_at", "id", "ends_at"], name="agenda_place", condition=Q(listed=True)),
            models.Index(fields=["initiative", "starts_at", "id", "ends_at"], name="agenda_initiative", condition=Q(listed=True)),
            models.Index(fields=["kind", "starts_at", "id", "ends_at"], name="agenda_kind", condition=Q(listed=True)),
            models.Index(fields=["meeting", "starts_at", "id"], name="dates_of_meeting"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.date_key}"

    def get_absolute_url(self) -> str:
        return reverse("occurrence", args=[self.slug, self.date_key])

    @property
    def path(self) -> str:
        """Its address without a language: what a live table, and a page in memory, is known by."""
        return f"/agenda/{self.slug}/{self.date_key}/"

    @property
    def rule_key(self) -> str:
        """The key that its rule gives this date: its own, but for a table that people sat at before it had a date."""
        if self.date_key != UNDATED or self.recurrence_at is None:
            return self.date_key
        return f"{self.recurrence_at.astimezone(ZoneInfo(self.time_zone)):%Y-%m-%d}"

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    def has_begun(self, now: datetime) -> bool:
        return self.starts_at is not None and self.starts_at <= now

    def has_passed(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    @property
    def asks_perspective(self) -> bool:
        return self.kind != Kind.ACTIVITY

    @property
    def taken(self) -> int:
        """People on a chair, counted from the fields in hand: also right before a save."""
        return self.seats_resident + self.seats_practice + self.seats_policy

    @property
    def free_seats(self) -> int | None:
        """Chairs still free; None when there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.taken >= self.capacity

    @property
    def has_chair_for_walk_ins(self) -> bool:
        """Whether the extra chair may be spoken of: a table without a day has one, and nobody to walk in on."""
        return self.extra_chair and self.starts_at is not None

    @property
    def may_walk_in(self) -> bool:
        """Whether who walks in finds a chair: the extra one, or one that is free."""
        return self.starts_at is not None and (self.extra_chair or not self.is_full)


class WithdrawnDate(models.Model):
    """A key of a date that fell out with nobody on it, remembered for ever so that no other date is given it.

    When a rule gives that day again it is the same date that comes back: its version and its SEQUENCE go on from here.
    """

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="withdrawn_dates")
    date_key = models.CharField(max_length=15)
    version = models.PositiveIntegerField()
    sequence = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "date_key"], name="withdrawn_once")]

    def __str__(self) -> str:
        return f"{self.meeting} {self.date_key}"
