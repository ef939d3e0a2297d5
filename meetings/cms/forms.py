"""The forms of editors. What they change goes through the same doors as everything else: dates and seats."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

from meetings import dates, recurrence, repeated, seats
from meetings.models import HostDetails, Initiative, Kind, Meeting, Occurrence, Repeat, Visibility
from meetings.models.choices import Balance
from meetings.models.occurrence import LONGEST

from .policy import neighbourhoods_of, shown_meetings

OTHER = "anders"
MIN_YEAR, MAX_YEAR = 2000, 2200


def capitalise(form: forms.BaseForm) -> None:
    """Wagtail does so with the labels of a model's fields, and leaves those of a form as they are."""
    for field in form.fields.values():
        field.label = capfirst(field.label)


class RuleForm(forms.Form):
    """When it is for the first time, and the rule it follows from there. ``cleaned_data`` gets ``first`` (local) and ``final_rule``."""

    begin = forms.DateTimeField(label=gettext_lazy("begin van de eerste keer"), required=False, widget=AdminDateTimeInput)
    end = forms.DateTimeField(label=gettext_lazy("einde van de eerste keer"), required=False, widget=AdminDateTimeInput)
    repeat = forms.ChoiceField(
        label=gettext_lazy("vaker?"), choices=[*Repeat.choices, (OTHER, gettext_lazy("Anders, met een regel"))], initial=Repeat.ONCE
    )
    until = forms.DateField(
        label=gettext_lazy("tot en met"),
        required=False,
        widget=AdminDateInput,
        help_text=gettext_lazy("De laatste dag. Leeg: het gaat door tot je het stopt."),
    )
    rule = forms.CharField(
        label=gettext_lazy("eigen regel"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "Alleen bij “Anders, met een regel”. Een regel zoals agenda’s die schrijven (RRULE). "
            "FREQ=WEEKLY;BYDAY=TU,TH is: elke dinsdag en donderdag."
        ),
    )

    class Media:
        css = {"all": ("meetings/editor.css",)}
        js = ("meetings/dates_preview.js", "meetings/end_follows.js")

    def __init__(self, *args: Any, zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone or Meeting().zone
        capitalise(self)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_span("begin", "end")
        begin, repeat, until = data.get("begin"), data.get("repeat"), data.get("until")
        data["first"] = begin and begin.astimezone(self.zone)
        if repeat not in (Repeat.ONCE, None) and not begin and "begin" not in self.errors:
            self.add_error("begin", _("Wat vaker is, heeft een eerste keer nodig."))
        if begin and until and until < data["first"].date():
            self.add_error("until", _("Dit is vóór de eerste keer. Kies een latere dag."))
        data["final_rule"] = ""
        if begin and repeat and not self.errors:
            try:
                data["final_rule"] = (
                    recurrence.clean(data.get("rule", ""), data["first"])
                    if repeat == OTHER
                    else recurrence.rule_for(repeat, data["first"], until)
                )
            except ValidationError as wrong:
                self.add_error("rule", wrong)
        return data

    def is_over(self, now: datetime) -> bool:
        """Whether the last time of a valid form has been; what has no date is not over."""
        first, end = self.cleaned_data["first"], self.cleaned_data.get("end")
        if first is None or end is None:
            return False
        return not self.coming(now - (end - first), 1) if self.cleaned_data["final_rule"] else bool(end <= now)

    def check_span(self, begin_name: str, end_name: str) -> None:
        begin, end = self.cleaned_data.get(begin_name), self.cleaned_data.get(end_name)
        if begin and not end and end_name not in self.errors:
            self.add_error(end_name, _("Vul ook het einde in."))
        elif end and not begin and begin_name not in self.errors:
            self.add_error(begin_name, _("Vul ook het begin in."))
        elif begin and end and end <= begin:
            self.add_error(end_name, _("Het einde komt vóór het begin. Kies een later einde."))
        elif begin and end and end - begin > LONGEST:
            self.add_error(end_name, _("Zo lang duurt een bijeenkomst niet. Kijk de datum van het einde na."))
        if begin and not MIN_YEAR <= begin.year <= MAX_YEAR:
            self.add_error(begin_name, _("Kijk het jaar nog eens na."))

    def coming(self, now: datetime, number: int) -> list[datetime]:
        """The first dates of a valid form that are still to come, local; what happens once is there also when it has been."""
        first, rule = self.cleaned_data["first"], self.cleaned_data["final_rule"]
        if first is None:
            return []
        after = max(first, now) if rule else first
        found = recurrence.recurrence_set(rule, first, self.zone, after=after, before=after + recurrence.LONGEST_GAP)
        return [instant.astimezone(self.zone) for instant in found[:number]]


def in_plain_words(rule: str, first: datetime) -> dict[str, Any]:
    """What a form shows of a rule that begins at ``first`` (local): a choice in plain words where there is one for it."""
    until = recurrence.last_day(rule, cast(ZoneInfo, first.tzinfo))
    for repeat in Repeat:
        if recurrence.rule_for(repeat, first, until if repeat != Repeat.ONCE else None) == rule:
            return {"repeat": repeat.value, "until": until, "rule": ""}
    return {"repeat": OTHER, "rule": rule}


class MeetingForm(RuleForm, WagtailAdminModelForm):
    """A meeting with its first date and its rule; a host's first name is kept apart from the revision.

    After ``save``, ``extra`` is when the extra date is that was asked for, and ``extra_is_new`` whether it was not there already.
    """

    extra_begin = forms.DateTimeField(
        label=gettext_lazy("begin van een extra datum"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("Een keer die niet in de regel past. Hoeft niet."),
    )
    extra_end = forms.DateTimeField(label=gettext_lazy("einde van een extra datum"), required=False, widget=AdminDateTimeInput)
    host_name = forms.CharField(
        label=gettext_lazy("wie ontvangt"), required=False, max_length=40, help_text=gettext_lazy("Een voornaam. Hoeft niet.")
    )
    extra: datetime | None = None
    extra_is_new = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = self.instance.zone
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = [choice for choice in Kind.choices if choice[0] != Kind.KITCHEN_TABLE]  # always private, never made here
        fields["initiative"].queryset = Initiative.objects.filter(is_listed=True)
        fields["initiative"].empty_label, fields["contact"].empty_label = _("Geen"), _("Niemand in het bijzonder")
        fields["place"].empty_label, fields["neighbourhood"].empty_label = _("Een andere plek"), _("De hele stad")
        fields["contact"].label = _("Vragen? Loop binnen bij")
        for name, text in self.explained().items():
            fields[name].help_text = text
        own = neighbourhoods_of(self.for_user) if self.for_user else None
        if own is not None:
            fields["neighbourhood"].queryset = fields["neighbourhood"].queryset.filter(pk__in=own)
            fields["neighbourhood"].required = True
            fields["neighbourhood"].empty_label, fields["neighbourhood"].help_text = _("Kies een wijk"), ""
            fields["place"].queryset = fields["place"].queryset.filter(neighbourhood__in=own)
            fields["contact"].queryset = fields["contact"].queryset.filter(page__place__neighbourhood__in=own)
        if self.instance.pk:
            self.initial.update(self._present_rule())
            self.initial["host_name"] = self.instance.host.first_name if hasattr(self.instance, "host") else ""

    @staticmethod
    def explained() -> dict[str, str]:
        """What an editor may not guess of a field, in a sentence."""
        return {
            "kind": _("Bij een open ontmoeting kiest iedereen een stoel: bewoner, praktijk of beleid. Bij een activiteit niet."),
            "visibility": _("“Wie de link heeft”: nergens te vinden, ook hier niet meer. Na het opslaan zie je de link één keer."),
            "place": _("Staat de plek er niet bij? Schrijf dan hieronder waar het is."),
            "place_text": _("Bijvoorbeeld: op het plein voor de school."),
            "contact": _("Iemand met inloopuren op een plek. Die staat dan op de pagina, voor wie eerst iets wil vragen."),
            "resident_seats": _("Alleen bij “Een aantal stoelen voor bewoners”."),
        }

    def _present_rule(self) -> dict[str, Any]:
        """What the form shows of the (last) rule: in plain words where there are words for it."""
        segment = self.instance.segments.last()
        if segment is None or segment.starts_at is None:
            return {}
        local = segment.starts_at.astimezone(self.instance.zone)
        return {"begin": local, "end": local + segment.duration, **in_plain_words(segment.rule, local)}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        now = timezone.now()
        self.check_span("extra_begin", "extra_end")
        if not self.errors:
            self._check_to_come(now)
        self._check_chairs_of_residents()
        place, neighbourhood = data.get("place"), data.get("neighbourhood")
        if place and neighbourhood and place.neighbourhood_id != neighbourhood.pk:
            self.add_error("place", _("Deze plek ligt in een andere wijk."))
        capacity = data.get("capacity")
        if self.instance.pk and capacity is not None:
            taken = max((occurrence.taken for occurrence in self._dates_that_follow()), default=0)
            if capacity < taken:
                self.add_error("capacity", str(seats.CapacityTooLow(taken)))
        return data

    def _check_to_come(self, now: datetime) -> None:
        """A typing error in the year makes dates that nobody sees. What has begun already keeps its begin."""
        segment = self.instance.segments.last() if self.instance.pk else None
        has_begun = segment is not None and segment.starts_at is not None and segment.starts_at <= now
        if not has_begun and self.is_over(now):
            self.add_error("begin", _("Dit is al geweest. Kies een moment dat nog komt."))
        extra_end = self.cleaned_data.get("extra_end")
        if extra_end and extra_end <= now:
            self.add_error("extra_begin", _("Dit is al geweest. Kies een moment dat nog komt."))

    def _check_chairs_of_residents(self) -> None:
        """Chairs for residents are part of the chairs there are, on every coming date: else the rule cannot hold, or does nothing."""
        data = self.cleaned_data
        number, capacity = data.get("resident_seats"), data.get("capacity")
        if data.get("balance") != Balance.RESIDENTS or number is None or "capacity" in self.errors:
            return
        if number == 0:
            self.add_error("resident_seats", _("Vul in hoeveel stoelen er voor bewoners zijn."))
        elif capacity is None:
            self.add_error("capacity", _("Vul in hoeveel stoelen er zijn. Dan kan een deel voor bewoners zijn."))
        elif number > capacity:
            self.add_error(
                "resident_seats",
                ngettext(
                    "Er is maar %(n)d stoel. Kies een kleiner aantal voor bewoners.",
                    "Er zijn maar %(n)d stoelen. Kies een kleiner aantal voor bewoners.",
                    capacity,
                )
                % {"n": capacity},
            )
        elif self.instance.pk and (smaller := self._dates_of_their_own().filter(capacity__lt=number).order_by("starts_at").first()):
            words = _("De tafel zonder datum heeft minder stoelen. Verander eerst die, of kies een kleiner aantal.")
            if smaller.starts_at:
                words = _("Op %(day)s zijn er minder stoelen. Verander eerst die datum, of kies een kleiner aantal.")
                words %= {"day": date_format(smaller.starts_at.astimezone(self.zone), "l j F")}
            self.add_error("resident_seats", words)

    def _dates_of_their_own(self) -> QuerySet[Occurrence]:
        """The coming dates that have another number of chairs than the meeting says."""
        coming = self.instance.occurrences.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None))
        return coming.exclude(pk__in=self._dates_that_follow().values("pk"))

    def _dates_that_follow(self) -> QuerySet[Occurrence]:
        """The coming dates that have as many chairs as the meeting says; one with a number of its own keeps that."""
        coming = self.instance.occurrences.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None))
        return coming.filter(capacity=Meeting.objects.values_list("capacity", flat=True).get(pk=self.instance.pk))

    def save(self, commit: bool = True) -> Meeting:
        """Always saves: a meeting, its rule and its dates are one."""
        meeting: Meeting = super().save(commit=False)
        data, now = self.cleaned_data, timezone.now()
        first, rule = data["first"], data["final_rule"]
        duration = data["end"] - data["begin"] if first else timedelta(hours=2)
        if meeting.pk is None:
            dates.create(meeting, starts_at=first, duration=duration, rule=rule, host_name=data["host_name"], now=now)
        else:
            self._change(meeting, first, duration, rule, now)
        if data["extra_begin"]:
            self.extra = data["extra_begin"]
            with suppress(dates.DateTaken):  # it is there already, which is what was asked
                dates.add_date(meeting, data["extra_begin"], data["extra_end"], now=now)
                self.extra_is_new = True
        self.save_m2m()
        return meeting

    def _change(self, meeting: Meeting, first: datetime | None, duration: timedelta, rule: str, now: datetime) -> None:
        before = Meeting.objects.get(pk=meeting.pk)
        follow = list(self._dates_that_follow().values_list("pk", flat=True))
        if meeting.neighbourhood is None and meeting.place is not None:
            meeting.neighbourhood = meeting.place.neighbourhood
        meeting.save()
        HostDetails.objects.update_or_create(meeting=meeting, defaults={"first_name": self.cleaned_data["host_name"]})
        fewer = meeting.capacity is not None and (before.capacity is None or meeting.capacity < before.capacity)
        if fewer:  # before other rules seat who waits on chairs that go away
            self._set_chairs(meeting, follow, now)
        if meeting.visibility == Visibility.LINK and before.visibility == Visibility.EVERYONE:
            repeated.go_unlisted(meeting, now=now)
        else:
            repeated.copy_to_dates(meeting, now=now)
        segment = meeting.segments.last()
        if segment is None or (segment.starts_at, segment.duration, segment.rule) != (first, duration if first else segment.duration, rule):
            dates.change_rule(meeting, starts_at=first, duration=duration, rule=rule, now=now)
        if before.capacity != meeting.capacity and not fewer:
            self._set_chairs(meeting, follow, now)

    def _set_chairs(self, meeting: Meeting, follow: list[int], now: datetime) -> None:
        for pk in meeting.occurrences.filter(pk__in=follow).order_by("pk").values_list("pk", flat=True):  # in the order of locks
            with suppress(seats.CapacityTooLow):  # somebody sat down since the form was checked: this date keeps its chairs
                seats.set_capacity(pk, meeting.capacity, now=now)


class InitiativeForm(WagtailAdminModelForm):
    """A name is enough: the address follows from it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["slug"].required = False
        fields["slug"].help_text = _("Zo staat het in het adres van de agenda. Leeg: volgt uit de naam.")
        fields["is_listed"].help_text = _(
            "Zet je dit uit, dan staat het initiatief met al zijn bijeenkomsten nergens meer, ook hier niet. "
            "Na het opslaan zie je hun links één keer."
        )
        own = neighbourhoods_of(self.for_user) if self.for_user else None
        if self.instance.pk and own is not None:
            elsewhere = shown_meetings(self.instance, None).exclude(pk__in=shown_meetings(self.instance, own).values("pk"))
            if elsewhere.exists():
                for name in ("name", "slug", "is_listed"):
                    fields[name].disabled = True
                    fields[name].help_text = _("Dit initiatief komt ook in andere wijken bij elkaar. Vraag het wie alle wijken doet.")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:70].strip("-") or "initiatief"
        others = Initiative.objects.exclude(pk=self.instance.pk)
        if self.cleaned_data["slug"]:
            return slug
        return next(free for free in chain([slug], (f"{slug}-{n}" for n in count(2))) if not others.filter(slug=free).exists())


class OccurrenceForm(WagtailAdminModelForm):
    """One date: another time, other chairs, or it does not go ahead.

    After ``save``, ``is_news`` says whether the people of this date have to hear of it, ``refused`` why a part was not done.
    """

    is_cancelled = forms.BooleanField(
        label=gettext_lazy("gaat niet door"),
        required=False,
        help_text=gettext_lazy("De datum blijft te zien, met “gaat niet door”. Wie een mailadres gaf, krijgt een mail."),
    )
    everybody_knows = forms.BooleanField(
        label=gettext_lazy("iedereen weet het nu"),
        required=False,
        help_text=gettext_lazy("Zet dit aan als ook de mensen zonder mailadres het gehoord hebben."),
    )
    is_news = False
    refused = ""

    class Media:
        js = ("meetings/end_follows.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitalise(self)
        self.fields["is_closed"].help_text = _("Niemand komt meer op de lijst. Binnenlopen kan wel.")
        self.fields["reason"].help_text = _("Eén zin, bijvoorbeeld: de kok is ziek. Iedereen ziet die.")
        if self.instance.pk:
            self.initial["is_cancelled"] = self.instance.is_cancelled
            if not seats.who_may_not_know(self.instance):
                del self.fields["everybody_knows"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        begin, end = data.get("starts_at"), data.get("ends_at")
        has_date = Occurrence.objects.filter(pk=self.instance.pk).exclude(starts_at=None).exists()
        if bool(begin) != bool(end) or (has_date and not begin):
            self.add_error("ends_at", _("Vul begin en einde allebei in."))
        elif begin and not MIN_YEAR <= begin.year <= MAX_YEAR:
            self.add_error("starts_at", _("Kijk het jaar nog eens na."))
        elif begin and end and end - begin > LONGEST:
            self.add_error("ends_at", _("Zo lang duurt een bijeenkomst niet. Kijk de datum van het einde na."))
        elif begin and end and end <= begin:
            self.add_error("ends_at", _("Het einde komt vóór het begin. Kies een later einde."))
        elif begin:
            self.check_moment(begin)
        capacity = data.get("capacity")
        if capacity is not None and capacity < self.instance.taken:
            self.add_error("capacity", str(seats.CapacityTooLow(self.instance.taken)))
        elif "capacity" not in self.errors and self.instance.balance == Balance.RESIDENTS:
            self._check_chairs_of_residents(capacity)
        return data

    def check_moment(self, begin: datetime) -> None:
        """Whether this date may begin then: not before now when it is still to come, nor when another of its meeting does."""
        before, now = Occurrence.objects.get(pk=self.instance.pk), timezone.now()
        if begin == before.starts_at:
            return
        if begin <= now and not before.has_begun(now):
            self.add_error("starts_at", _("Dit is al geweest. Kies een moment dat nog komt."))
        elif dates.is_taken(before, begin):
            self.add_error("starts_at", str(dates.DateTaken()))

    def _check_chairs_of_residents(self, capacity: int | None) -> None:
        """Those that the meeting keeps for residents stay; a date that had fewer before keeps what it has."""
        number = self.instance.resident_seats
        if "capacity" in self.changed_data and (capacity is None or capacity < number):
            self.add_error(
                "capacity",
                ngettext(
                    "%(n)d stoel is voor bewoners. Minder stoelen, of geen aantal, kan niet.",
                    "%(n)d stoelen zijn voor bewoners. Minder stoelen, of geen aantal, kan niet.",
                    number,
                )
                % {"n": number},
            )

    def save(self, commit: bool = True) -> Occurrence:
        """Always saves, each change through its own door."""
        data, now = self.cleaned_data, timezone.now()
        before = Occurrence.objects.get(pk=self.instance.pk)
        if data.get("everybody_knows"):
            seats.everybody_knows(before.pk, now=now)
        moved = before
        try:
            moved = dates.move_date(before, data["starts_at"], data["ends_at"], now=now)
        except dates.DateTaken as taken_meanwhile:
            self.refused = str(taken_meanwhile)
        if before.capacity != data["capacity"]:
            try:
                seats.set_capacity(before.pk, data["capacity"], now=now)
            except seats.CapacityTooLow as sat_down_meanwhile:
                self.refused = f"{self.refused} {sat_down_meanwhile}".strip()
        if before.is_closed != data["is_closed"]:
            seats.set_closed(before.pk, data["is_closed"], now=now)
        if data["is_cancelled"] and not before.is_cancelled:
            dates.cancel_date(before, data["reason"], now=now)
        elif before.is_cancelled and not data["is_cancelled"]:
            seats.reopen(before.pk, now=now)
        self.is_news = moved.sequence != before.sequence or before.is_cancelled != data["is_cancelled"]
        self.instance.refresh_from_db()
        return self.instance


class FromHereForm(RuleForm):
    """ "From this date on it is different": another time or rule, in a segment of its own (design section 4)."""

    with_people = forms.BooleanField(
        label=gettext_lazy("verplaats ook de data waar al mensen op staan"),
        required=False,
        help_text=gettext_lazy(
            "Wie een mailadres gaf, krijgt een mail. Staat dit uit, dan blijven die data op hun oude tijd. "
            "Een dag die helemaal wegvalt, blijft altijd staan zolang er mensen op staan."
        ),
    )

    def __init__(self, *args: Any, occurrence: Occurrence, now: datetime, **kwargs: Any) -> None:
        segment, zone, at = occurrence.segment, occurrence.meeting.zone, occurrence.recurrence_at
        assert segment is not None
        assert segment.starts_at is not None
        assert at is not None  # can_change_from_here()
        coming = recurrence.resumed(segment.rule, segment.starts_at, zone, after=at)
        first, rule = coming or (at, "")
        local = first.astimezone(zone)
        initial = {"begin": local, "end": local + segment.duration, **in_plain_words(rule, local)}
        super().__init__(*args, **kwargs | {"zone": zone, "initial": initial})
        self.occurrence, self.now = occurrence, now
        self.fields["begin"].label = _("Begin van de eerste keer dat het anders is")
        self.fields["end"].label = _("Einde van die keer")
        self.fields["begin"].required = self.fields["end"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first = data.get("first")
        if first and "begin" not in self.errors:
            earlier = self.occurrence.meeting.occurrences.filter(recurrence_at__lt=self.occurrence.recurrence_at)
            last = earlier.exclude(recurrence_at=None).order_by("-recurrence_at").first()
            if first <= self.now:
                self.add_error("begin", _("Dit is al geweest. Kies een moment dat nog komt."))
            elif last and last.recurrence_at and first.date() <= last.recurrence_at.astimezone(self.zone).date():
                day = date_format(last.recurrence_at.astimezone(self.zone), "l j F")
                self.add_error("begin", _("De datum ervoor is %(day)s, en die blijft. Kies een latere dag.") % {"day": day})
        return data

    def save(self) -> None:
        data = self.cleaned_data
        dates.split(
            self.occurrence.meeting,
            self.occurrence,
            starts_at=data["begin"],
            duration=data["end"] - data["begin"],
            rule=data["final_rule"],
            with_people=data["with_people"],
            now=self.now,
        )
