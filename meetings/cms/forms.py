"""The forms of editors. What they change goes through the same doors as everything else: dates and seats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateTimeInput

from meetings import dates, recurrence, seats
from meetings.models import HostDetails, Meeting, Occurrence, Repeat, Visibility

from .policy import neighbourhoods_of


class MeetingForm(WagtailAdminModelForm):
    """A meeting with its first date and its rule; a host's first name is kept apart from the revision."""

    begin = forms.DateTimeField(label=gettext_lazy("begin van de eerste keer"), required=False, widget=AdminDateTimeInput)
    end = forms.DateTimeField(label=gettext_lazy("einde van de eerste keer"), required=False, widget=AdminDateTimeInput)
    repeat = forms.ChoiceField(
        label=gettext_lazy("vaker?"), choices=[*Repeat.choices, ("anders", gettext_lazy("Anders, met een regel"))], initial=Repeat.ONCE
    )
    rule = forms.CharField(
        label=gettext_lazy("regel (RRULE)"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Bijvoorbeeld: FREQ=WEEKLY;BYDAY=TU,TH (RFC 5545)."),
    )
    host_name = forms.CharField(
        label=gettext_lazy("wie ontvangt"), required=False, max_length=40, help_text=gettext_lazy("Een voornaam. Hoeft niet.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = neighbourhoods_of(self.for_user) if self.for_user else None
        if own is not None and "neighbourhood" in self.fields:
            field: Any = self.fields["neighbourhood"]
            field.queryset = field.queryset.filter(pk__in=own)
            field.required = True
            place: Any = self.fields["place"]
            place.queryset = place.queryset.filter(neighbourhood__in=own)
        segment = self.instance.segments.last() if self.instance.pk else None
        if segment:
            self.initial |= {"rule": segment.rule, "repeat": Repeat.ONCE if not segment.rule else "anders"}
            if segment.starts_at:
                local = segment.starts_at.astimezone(self.instance.zone)
                self.initial |= {"begin": local, "end": local + segment.duration}
                for repeat in Repeat:
                    if recurrence.rule_for(repeat, local) == segment.rule:
                        self.initial["repeat"] = repeat.value
            self.initial["host_name"] = self.instance.host.first_name if hasattr(self.instance, "host") else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        begin, end = data.get("begin"), data.get("end")
        if begin and end and end <= begin:
            self.add_error("end", _("Het einde komt vóór het begin. Kies een later einde."))
        if begin and end and end - begin > timedelta(days=14):
            self.add_error("end", _("Zo lang duurt een bijeenkomst niet. Kijk de datum van het einde na."))
        if data.get("repeat") not in (Repeat.ONCE, None) and not begin:
            self.add_error("begin", _("Wat vaker is, heeft een eerste keer nodig."))
        if begin and not self.errors:
            local = begin.astimezone(self.instance.zone)
            try:
                data["rule"] = (
                    recurrence.clean(data.get("rule", ""), local)
                    if data["repeat"] == "anders"
                    else recurrence.rule_for(data["repeat"], local)
                )
            except ValidationError as wrong:
                self.add_error("rule", wrong)
        place, neighbourhood = data.get("place"), data.get("neighbourhood")
        if place and neighbourhood and place.neighbourhood_id != neighbourhood.pk:
            self.add_error("place", _("Deze plek ligt in een andere wijk."))
        capacity = data.get("capacity")
        if self.instance.pk and capacity is not None:
            taken = max((o.taken for o in self.instance.occurrences.filter(ends_at__gt=timezone.now())), default=0)
            if capacity < taken:
                self.add_error("capacity", str(seats.CapacityTooLow(taken)))
        return data

    def save(self, commit: bool = True) -> Meeting:
        meeting: Meeting = super().save(commit=False)
        if not commit:
            return meeting
        data, now = self.cleaned_data, timezone.now()
        begin, end = data.get("begin"), data.get("end")
        duration = (end - begin) if begin and end else timedelta(hours=2)
        if meeting.pk is None:
            dates.create(
                meeting,
                starts_at=begin,
                duration=duration,
                rule=data.get("rule", "") if begin else "",
                host_name=data.get("host_name", ""),
                now=now,
            )
            self.save_m2m()
            return meeting
        before = Meeting.objects.get(pk=meeting.pk)
        if meeting.neighbourhood is None and meeting.place is not None:
            meeting.neighbourhood = meeting.place.neighbourhood
        meeting.save()
        HostDetails.objects.update_or_create(meeting=meeting, defaults={"first_name": data.get("host_name", "")})
        if meeting.visibility == Visibility.LINK and before.visibility == Visibility.EVERYONE:
            dates.go_unlisted(meeting, now=now)
        else:
            dates.copy_to_dates(meeting, now=now)
        segment = meeting.segments.last()
        if segment is None or (segment.starts_at, segment.duration, segment.rule) != (
            begin,
            duration,
            data.get("rule", "") if begin else "",
        ):
            dates.change_rule(meeting, starts_at=begin, duration=duration, rule=data.get("rule", "") if begin else "", now=now)
        if before.capacity != meeting.capacity:
            for occurrence in meeting.occurrences.filter(ends_at__gt=now):
                seats.set_capacity(occurrence.pk, meeting.capacity, now=now)
        self.save_m2m()
        return meeting


class OccurrenceForm(WagtailAdminModelForm):
    """One date: another time, other chairs, or it does not go ahead."""

    is_cancelled = forms.BooleanField(label=gettext_lazy("gaat niet door"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["is_cancelled"] = self.instance.is_cancelled

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        begin, end = data.get("starts_at"), data.get("ends_at")
        if bool(begin) != bool(end):
            self.add_error("ends_at", _("Vul begin en einde allebei in."))
        elif begin and end and end <= begin:
            self.add_error("ends_at", _("Het einde komt vóór het begin. Kies een later einde."))
        capacity = data.get("capacity")
        if capacity is not None and capacity < self.instance.taken:
            self.add_error("capacity", str(seats.CapacityTooLow(self.instance.taken)))
        return data

    def save(self, commit: bool = True) -> Occurrence:
        if not commit:
            return super().save(commit=False)
        data, now = self.cleaned_data, timezone.now()
        before = Occurrence.objects.get(pk=self.instance.pk)
        if (before.starts_at, before.ends_at) != (data["starts_at"], data["ends_at"]):
            dates.move_date(before, data["starts_at"], data["ends_at"], now=now)
        if before.capacity != data["capacity"]:
            seats.set_capacity(before.pk, data["capacity"], now=now)
        if before.is_closed != data["is_closed"]:
            seats.set_closed(before.pk, data["is_closed"], now=now)
        if data["is_cancelled"] and not before.is_cancelled:
            seats.cancel(before.pk, data["reason"], now=now)
        elif before.is_cancelled and not data["is_cancelled"]:
            seats.reopen(before.pk, now=now)
        self.instance.refresh_from_db()
        return self.instance
