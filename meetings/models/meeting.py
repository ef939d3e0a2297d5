"""Meetings: what repeats or happens once, and the rule it follows."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelsearch import index
from wagtail.models import RevisionMixin

from .choices import Balance, Kind, Names, Visibility
from .keyring import Keyring

MAX_CHAIRS = 5000


class Initiative(models.Model):
    """No more than a name. Nobody approves its existence; an unlisted one is suggested to nobody."""

    name = models.CharField(_("naam"), max_length=120)
    slug = models.SlugField(_("adres"), max_length=80, unique=True)
    text = models.TextField(_("tekst"), blank=True)
    is_listed = models.BooleanField(_("iedereen mag dit zien"), default=True)
    goes_off_lists = False  # while it is saved: everyone could know of it until now

    class Meta:
        verbose_name = _("initiatief")
        verbose_name_plural = _("initiatieven")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Who may know of a meeting, as a query; ``Meeting.is_for_everyone`` and ``Meeting.is_listed`` say it of one."""

    def for_everyone(self) -> Self:
        """Those that are not unlisted (design section 4): not by link only, and not of an initiative that stands on no list."""
        return self.for_everyone_by_itself().filter(models.Q(initiative=None) | models.Q(initiative__is_listed=True))

    def for_everyone_by_itself(self) -> Self:
        """Those that stand on lists as long as their initiative does."""
        return self.filter(visibility=Visibility.EVERYONE).exclude(kind=Kind.KITCHEN_TABLE)

    def unlisted(self) -> Self:
        return self.exclude(pk__in=Meeting.objects.for_everyone())

    def listed(self) -> Self:
        """What lists, feeds, search and counts may know."""
        return self.for_everyone().filter(moderation=Meeting.Moderation.VISIBLE)


class Meeting(index.Indexed, RevisionMixin, models.Model):
    """One gathering or a series of them (VEVENT, RFC 5545 3.6.1). Nothing personal stands here: see HostDetails."""

    class Moderation(models.TextChoices):
        VISIBLE = "visible", _("zichtbaar")
        WAITING = "waiting", _("wacht")
        DECLINED = "declined", _("niet in de lijst")

    slug = models.SlugField(_("adres"), max_length=90, unique=True)
    title = models.CharField(_("titel"), max_length=90)
    text = models.TextField(_("tekst"), blank=True, max_length=5000)
    kind = models.CharField(_("soort"), max_length=12, choices=Kind.choices, default=Kind.ACTIVITY)
    visibility = models.CharField(_("wie mag dit zien"), max_length=8, choices=Visibility.choices, default=Visibility.EVERYONE)
    moderation = models.CharField(max_length=8, choices=Moderation.choices, default=Moderation.VISIBLE, editable=False)

    initiative = models.ForeignKey(
        Initiative, models.SET_NULL, null=True, blank=True, related_name="meetings", verbose_name=_("initiatief")
    )
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, blank=True, related_name="meetings", verbose_name=_("plek"))
    place_text = models.CharField(_("of: waar het is"), max_length=200, blank=True)
    neighbourhood = models.ForeignKey(
        "places.Neighbourhood",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("wijk"),
        help_text=_("Leeg: de hele stad."),
    )
    contact = models.ForeignKey(
        "places.Contact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("vragen? loop binnen bij")
    )
    time_zone = models.CharField(_("tijdzone"), max_length=40, default=timezone.get_current_timezone_name, editable=False)

    capacity = models.PositiveSmallIntegerField(
        _("stoelen"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CHAIRS)],
        help_text=_("Leeg: iedereen kan aanschuiven."),
    )
    balance = models.CharField(_("evenwicht"), max_length=8, choices=Balance.choices, default=Balance.NONE)
    resident_seats = models.PositiveSmallIntegerField(_("stoelen voor bewoners"), default=0)
    formal_start = models.PositiveSmallIntegerField(
        _("stoelen voor praktijk en beleid die meteen open zijn"),
        default=2,
        help_text=_("Zodat het kan beginnen, bij ‘nooit meer dan bewoners’."),
    )
    extra_chair = models.BooleanField(
        _("er staat een stoel extra"), default=True, help_text=_("Voor wie zo binnenloopt. Is de zaal klein? Zet hem uit.")
    )
    names = models.CharField(_("namen"), max_length=8, choices=Names.choices, default=Names.SELF)
    total_only = models.BooleanField(
        _("alleen hoeveel mensen er komen"), default=False, help_text=_("Niet hoeveel bewoners, praktijk en beleid.")
    )

    languages = models.CharField(_("talen aan tafel"), max_length=120, blank=True)
    audience = models.CharField(_("voor wie"), max_length=120, blank=True, help_text=_("Bijvoorbeeld: ouders. Leeg: iedereen."))
    access = models.CharField(_("binnenkomen"), max_length=300, blank=True)
    costs = models.CharField(_("geld"), max_length=120, blank=True, help_text=_("Leeg: het is gratis."))
    host_keyring = models.ForeignKey(Keyring, models.SET_NULL, null=True, blank=True, related_name="hosted", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MeetingQuerySet.as_manager()

    search_fields = [
        index.SearchField("title", boost=2),
        index.AutocompleteField("title"),
        index.AutocompleteField("text"),
        index.AutocompleteField("place_text"),
        index.RelatedFields("place", [index.AutocompleteField("name")]),
        index.RelatedFields("neighbourhood", [index.AutocompleteField("name")]),
        index.RelatedFields("initiative", [index.AutocompleteField("name")]),
    ]

    class Meta:
        verbose_name = _("bijeenkomst")
        verbose_name_plural = _("bijeenkomsten")
        ordering = ["title"]
        indexes = [models.Index(fields=["neighbourhood", "title"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("meeting", args=[self.slug])

    @property
    def path(self) -> str:
        """Its address without a language; those of its dates lie below it."""
        return f"/agenda/{self.slug}/"

    @classmethod
    def get_indexed_objects(cls) -> models.QuerySet[Meeting]:
        """The search index holds what lists may know, and nothing else."""
        return super().get_indexed_objects().listed()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_for_everyone(self) -> bool:
        """Whether it is not unlisted. What is unlisted opens for whoever holds the link, and nobody else knows of it, editors included."""
        return (
            self.visibility == Visibility.EVERYONE
            and self.kind != Kind.KITCHEN_TABLE
            and (self.initiative is None or self.initiative.is_listed)
        )

    @property
    def is_listed(self) -> bool:
        """Whether lists, feeds, search and counts may know it: editors may also see what waits for them, or what they declined."""
        return self.is_for_everyone and self.moderation == self.Moderation.VISIBLE

    @property
    def asks_perspective(self) -> bool:
        return self.kind != Kind.ACTIVITY

    @staticmethod
    def secret_slug() -> str:
        """A slug that nobody can guess: 130 random bits, for a meeting that stands on no list."""
        return "".join(secrets.choice("abcdefghjkmnpqrstvwxyz0123456789") for _ in range(26))


class HostDetails(models.Model):
    """Who receives people. Apart from Meeting, so that no revision, log or index ever holds it and erasing is one UPDATE."""

    meeting = models.OneToOneField(Meeting, models.CASCADE, related_name="host")
    first_name = models.CharField(_("wie ontvangt"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    def __str__(self) -> str:
        return self.first_name


def new_uid() -> str:
    """A calendar identity for ever (RFC 7986 5.3: a UUID); the host part does not follow the request."""
    return f"{uuid.uuid4()}@aanschuiven"


class Segment(models.Model):
    """A stretch of a series with one rule and one UID. "From here on" ends one with UNTIL and opens the next."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="segments")
    starts_at = models.DateTimeField(_("eerste keer"), null=True, blank=True, help_text=_("Leeg: nog geen datum."))
    duration = models.DurationField(_("duur"), default=timedelta(hours=2))  # on the clock on the wall (recurrence.end_of)
    rule = models.CharField(_("herhaling"), max_length=300, blank=True, help_text="RRULE (RFC 5545 3.3.10)")
    uid = models.CharField(max_length=80, unique=True, default=new_uid, editable=False)

    class Meta:
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.meeting} {self.rule or '1×'}"
