"""Meetings, dates and initiatives in the CMS, each user's own neighbourhoods only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.forms import Select
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.snippets.bulk_actions.delete import DeleteBulkAction
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import CreateView, EditView, IndexView, SnippetViewSet, SnippetViewSetGroup
from wagtail.snippets.views.snippets import DeleteView as SnippetDeleteView

from meetings import dates, recurrence, seats, table
from meetings.dates import PAST
from meetings.models import Initiative, Kind, Meeting, Occurrence, SignUp
from meetings.models.sign_up import WITH_ADDRESS
from places.models import Neighbourhood

from .forms import FromHereForm, InitiativeForm, MeetingForm, OccurrenceForm, RuleForm
from .policy import initiatives_of, meetings_of, neighbourhoods_of, occurrences_of

NEXT_DATES = 5


class NoChooser(SnippetChooserViewSet):
    """No page or block chooses a meeting, so there is no list of them to leak."""

    def get_urlpatterns(self) -> list[Any]:
        return []


class AskedDeleteView(SnippetDeleteView):
    """Wagtail asks the policy about the model here; ours also refuses a row: what people have a chair at."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.user_has_permission_for_instance("delete", self.object):
            messages.error(request, self.permission_policy.refusal)
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_usage_url(self) -> None:
        """No page refers to a meeting or an initiative (see ``OwnOnly``): "0 references" says nothing."""

    @property
    def confirmation_message(self) -> str:
        if isinstance(self.object, Meeting):
            return gettext(
                "“%(title)s” gaat weg met al zijn data, ook die al geweest zijn. Het adres werkt dan niet meer. Dit kan niet terug. Weet je het zeker?"
            ) % {"title": self.object.title}
        return gettext("“%(name)s” gaat weg. Dit kan niet terug. Weet je het zeker?") % {"name": self.object}


class OwnOnly(SnippetViewSet):
    """Every view of one row, whatever it shows (edit, history, usage, revisions), is 404 outside the user's own rows."""

    chooser_viewset_class = NoChooser
    delete_view_class = AskedDeleteView
    add_to_reference_index = False
    copy_view_enabled = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def construct_view(self, view_class: Any, **kwargs: Any) -> Callable[..., HttpResponse]:
        view = super().construct_view(view_class, **kwargs)

        @wraps(view)
        def own_rows_only(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            pk = named.get("pk", args[0] if args else None)
            if pk is not None and not self.get_queryset(request).filter(pk=whole_number(unquote(str(pk)))).exists():
                raise Http404
            return view(request, *args, **named)

        return own_rows_only


def whole_number(text: str) -> int:
    """A row's id from an address, 0 when it is none: that finds nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


class OwnDelete(DeleteBulkAction):
    """Wagtail's own shows the titles of everything it may not delete: here what is not the user's own does not exist."""

    models = [Meeting, Occurrence, Initiative]

    @cached_property
    def _actionable_objects(self) -> tuple[list[Any], dict[str, list[Any]]]:
        ids = self.request.GET.getlist("id")
        found = self.permission_policy.instances_user_has_any_permission_for(self.request.user, ["change", "delete"])
        if "all" not in ids:
            found = found.filter(pk__in=[whole_number(text) for text in ids])
        rows = list(found)
        if not rows:
            raise Http404
        return [row for row in rows if self.check_perm(row)], {"items_with_no_access": [row for row in rows if not self.check_perm(row)]}


class InDutch(IndexView):
    """A list whose first column, which leads to the row, has a head of ours: a field says its name in lower case, or in English."""

    title_label: Any = ""

    def _get_title_column(self, field_name: str, column_class: Any = TitleColumn, **kwargs: Any) -> Any:
        column = super()._get_title_column(field_name, column_class, **kwargs)
        column.label = self.title_label
        return column


class MeetingIndexView(InDutch):
    title_label = _("Titel")


class InitiativeIndexView(InDutch):
    title_label = _("Naam")


class OccurrenceIndexView(InDutch):
    """Dates are not deleted, so there is nothing to tick."""

    title_label = _("Bijeenkomst")

    @cached_property
    def columns(self) -> list[Any]:
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]


def local(moment: datetime | None, row: Meeting | Occurrence) -> str:
    """ "do 3 dec 2026, 19:30", on the clock of the meeting."""
    return date_format(moment.astimezone(ZoneInfo(row.time_zone)), "D j b Y, H:i") if moment else gettext("nog geen datum")


def how_full(occurrence: Occurrence) -> str:
    """ "5 van 12", "vol, 2 wachten", "5 mensen"."""
    n, waiting = occurrence.taken, occurrence.waiting
    if occurrence.capacity is None:
        words = ngettext("%(n)d mens", "%(n)d mensen", n) % {"n": n}
    elif occurrence.is_full:
        words = gettext("vol (%(n)d)") % {"n": n}
    else:
        words = gettext("%(n)d van %(all)d") % {"n": n, "all": occurrence.capacity}
    if waiting:
        words += ", " + ngettext("%(n)d wacht", "%(n)d wachten", waiting) % {"n": waiting}
    return words


def goes_ahead(occurrence: Occurrence) -> str:
    if occurrence.is_cancelled:
        return gettext("gaat niet door")
    return gettext("de lijst is dicht") if occurrence.is_closed else gettext("gaat door")


KINDS = [choice for choice in Kind.choices if choice[0] != Kind.KITCHEN_TABLE]


def own_neighbourhoods(request: HttpRequest) -> QuerySet[Neighbourhood]:
    own = neighbourhoods_of(request.user)
    return Neighbourhood.objects.all() if own is None else Neighbourhood.objects.filter(pk__in=own)


class WhenFilter(django_filters.ChoiceFilter):
    """What is to come, unless something else is asked for."""

    UNDATED, PAST = "zonder", "geweest"

    def __init__(self) -> None:
        choices = [(self.UNDATED, _("Zonder datum")), (self.PAST, _("Geweest: de laatste 90 dagen"))]
        super().__init__(label=_("Wanneer"), choices=choices, empty_label=_("Wat nog komt"))

    def filter(self, qs: QuerySet[Occurrence], value: str) -> QuerySet[Occurrence]:
        now = timezone.now()
        if value == self.UNDATED:
            return qs.filter(starts_at=None)
        if value == self.PAST:
            past = qs.filter(ends_at__lte=now)
            return past if "ordering" in self.parent.request.GET else past.order_by("-starts_at", "-id")
        return qs.filter(ends_at__gt=now)


class OccurrenceFilters(WagtailFilterSet):
    when = WhenFilter()
    neighbourhood = django_filters.ModelChoiceFilter(queryset=own_neighbourhoods, label=_("Wijk"), empty_label=_("Alle wijken"))
    kind = django_filters.ChoiceFilter(choices=KINDS, label=_("Soort"), empty_label=_("Alle soorten"))
    status = django_filters.ChoiceFilter(choices=Occurrence.Status.choices, label=_("Gaat het door?"), empty_label=_("Allebei"))

    class Meta:
        model = Occurrence
        fields: list[str] = []


class MeetingFilters(WagtailFilterSet):
    neighbourhood = django_filters.ModelChoiceFilter(queryset=own_neighbourhoods, label=_("Wijk"), empty_label=_("Alle wijken"))
    kind = django_filters.ChoiceFilter(choices=KINDS, label=_("Soort"), empty_label=_("Alle soorten"))

    class Meta:
        model = Meeting
        fields: list[str] = []


class PreviewPanel(Panel):
    """The rule in plain words and the next dates, before anything is saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/preview_panel.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            pk = self.instance.pk
            where = reverse("wagtailsnippets_meetings_meeting:preview_dates", args=[pk] if pk else [])
            return {**super().get_context_data(parent_context), "preview_url": where}


class PreviewDates(PermissionCheckedMixin, View):
    """What a rule in a form gives: a fragment for the script of the form, a page of its own without it. Nothing is saved."""

    model: Any = None
    permission_policy: Any = None
    any_permission_required = ["add", "change"]

    def get(self, request: HttpRequest, pk: str | None = None) -> HttpResponse:
        return self.answer(request, RuleForm({"repeat": "niet"}))

    def post(self, request: HttpRequest, pk: str | None = None) -> HttpResponse:
        zone = get_object_or_404(Meeting, pk=pk).zone if pk else None
        return self.answer(request, RuleForm(request.POST, zone=zone))

    def answer(self, request: HttpRequest, form: RuleForm) -> HttpResponse:
        context: dict[str, Any] = {"form": form, "header_title": gettext("De data")}
        if form.is_valid() and (first := form.cleaned_data["first"]):
            coming = form.coming(timezone.now(), NEXT_DATES)
            context["words"] = recurrence.describe(form.cleaned_data["final_rule"], first) or gettext("Eén keer.")
            context["dates"] = [date_format(moment, "l j F Y, H:i") for moment in coming]
        is_fragment = request.headers.get("X-Requested-With") == "XMLHttpRequest"
        return render(request, "meetings/cms/_preview.html" if is_fragment else "meetings/cms/preview.html", context)


class DatesPanel(Panel):
    """The coming dates of a meeting, each with its own form behind it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/dates.html"

        def is_shown(self) -> bool:
            return super().is_shown() and self.instance.pk is not None

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            coming = self.instance.occurrences.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None)).order_by("starts_at", "id")
            return {**super().get_context_data(parent_context), "dates": coming[:NEXT_DATES]}


class AboutDatePanel(Panel):
    """Which date this is, and the ways from here: its page, its meeting, another rule from here on."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/about_date.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            date, now = self.instance, timezone.now()
            more = {
                "occurrence": date,
                "when": local(date.starts_at, date),
                "is_over": date.has_passed(now),
                "can_change_from_here": dates.can_change_from_here(date, now),
            }
            return {**super().get_context_data(parent_context), **more}


class GuestsPanel(Panel):
    """Who comes, no wider than on the page that everyone sees: an editor does not receive these people."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/guests.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            now = timezone.now()
            view = table.TableView(self.instance, table.PUBLIC, now)
            unaware = 0 if self.instance.has_passed(now) else seats.who_may_not_know(self.instance)
            return {**super().get_context_data(parent_context), "view": view, "occurrence": self.instance, "unaware": unaware}


class NotWhileTyping:
    """Saving a meeting makes, moves and drops dates at once: Wagtail's saving by itself, meant for drafts, is off."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        self.autosave_enabled = False

    def get_success_buttons(self) -> list[Any]:
        """The way back to what was saved, unless it just went off every list: then it is not to be found here."""
        meeting: Meeting = self.object  # type: ignore[attr-defined]
        return super().get_success_buttons() if meeting.is_for_everyone else []  # type: ignore[misc]


class MeetingCreateView(NotWhileTyping, CreateView):
    def get_success_message(self, instance: Any = None) -> str:
        return " ".join([str(super().get_success_message(instance)), *became_of_extra(self.form)])


class MeetingEditView(NotWhileTyping, EditView):
    """Says after saving what became of the dates that people are on."""

    def save_instance(self) -> Meeting:
        coming = Occurrence.objects.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None), meeting=self.object.pk)
        self.before = list(with_people(coming).order_by("starts_at"))
        saved: Meeting = super().save_instance()
        return saved

    def get_success_message(self, instance: Any = None) -> str:
        said = [str(super().get_success_message(instance)), *became_of_extra(self.form)]
        said += what_became_of([date for date in self.before if not date.is_exception])
        after = Occurrence.objects.in_bulk([date.pk for date in self.before])
        if elsewhere := [after[date.pk] for date in self.before if is_elsewhere(date, after[date.pk])]:
            said.append(
                ngettext(
                    "De plek is anders, ook van %(n)d datum waar mensen op staan.",
                    "De plek is anders, ook van %(n)d data waar mensen op staan.",
                    len(elsewhere),
                )
                % {"n": len(elsewhere)}
            )
            said += who_hears(*elsewhere)
        return " ".join(said)


def became_of_extra(form: MeetingForm) -> list[str]:
    """When the extra date is that a form asked for: a slip in its day or year is seen at once."""
    if form.extra is None:
        return []
    words = gettext("De extra datum staat erbij: %(when)s.") if form.extra_is_new else gettext("Op %(when)s was er al een datum.")
    return [words % {"when": local(form.extra, form.instance)}]


def is_elsewhere(before: Occurrence, after: Occurrence) -> bool:
    """Whether a date that keeps its time got another place (``repeated.elsewhere``); who hears of a time hears of the place too."""
    kept = (before.starts_at, before.ends_at) == (after.starts_at, after.ends_at)
    is_another = before.place_id is not None and after.place_id is not None and before.place_id != after.place_id
    return kept and (before.place_name != after.place_name or is_another)


def with_people(occurrences: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
    """Those that a change asks something of: somebody sits or waits there, and it was not called off."""
    return occurrences.filter(Q(seats_taken__gt=0) | Q(waiting__gt=0)).exclude(status=Occurrence.Status.CANCELLED)


class OccurrenceEditView(EditView):
    """Says after saving who hears of the change by itself, and who does not."""

    def save_instance(self) -> Occurrence:
        try:
            saved: Occurrence = super().save_instance()
        except (Occurrence.DoesNotExist, seats.OccurrenceGone) as gone:  # its rule changed since the page was asked for
            raise Http404 from gone
        return saved

    def get_page_subtitle(self) -> str:
        return f"{self.object.title}, {local(self.object.starts_at, self.object)}"

    def get_success_message(self, instance: Any = None) -> str:
        date: Occurrence = instance or self.object
        said = [gettext("Bewaard: %(title)s, %(when)s.") % {"title": date.title, "when": local(date.starts_at, date)}]
        if self.form.is_news:
            said += who_hears(date)
        return " ".join([*said, self.form.refused]).strip()

    def get_success_buttons(self) -> list[Any]:
        return []


def who_hears(*dates: Occurrence) -> list[str]:
    """In plain words, how many people of these dates are mailed after a change, and how many somebody has to tell."""
    unaware = SignUp.objects.filter(occurrence__in=dates, told_at=None).exclude(keyring=None)
    mailed = unaware.filter(WITH_ADDRESS).count()
    untold = unaware.count() - mailed
    said = []
    if mailed:
        said.append(ngettext("%(n)d mens krijgt een mail.", "%(n)d mensen krijgen een mail.", mailed) % {"n": mailed})
    if untold:
        said.append(
            ngettext(
                "%(n)d mens gaf geen mailadres: vraag wie ontvangt om het te vertellen.",
                "%(n)d mensen gaven geen mailadres: vraag wie ontvangt om het te vertellen.",
                untold,
            )
            % {"n": untold}
        )
    return said


class FromHereView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    """ "From this date on it is different"."""

    model: Any = None
    permission_policy: Any = None
    permission_required = "change"
    form_class = FromHereForm
    template_name = "meetings/cms/from_here.html"
    page_title = _("Vanaf deze datum verder anders")
    header_icon = "date"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        self.occurrence = get_object_or_404(Occurrence.objects.select_related("segment", "meeting"), pk=kwargs["pk"])
        self.back = reverse("wagtailsnippets_meetings_occurrence:edit", args=[self.occurrence.pk])
        if not dates.can_change_from_here(self.occurrence, self.now):
            messages.error(
                request, gettext("Vanaf deze datum kan het niet anders: kies een datum die nog komt, van de laatste regel van de reeks.")
            )
            return redirect(self.back)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "occurrence": self.occurrence, "now": self.now}

    def get_page_subtitle(self) -> str:
        return f"{self.occurrence.title}, {local(self.occurrence.starts_at, self.occurrence)}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = reverse("wagtailsnippets_meetings_occurrence:list")
        return [
            {"url": reverse("wagtailadmin_home"), "label": gettext("Begin")},
            {"url": here, "label": gettext("Data")},
            {"url": self.back, "label": self.get_page_subtitle()},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        segment = self.occurrence.segment
        at = self.occurrence.recurrence_at
        assert segment is not None
        assert at is not None
        zone = self.occurrence.meeting.zone
        later = self.later_with_people()
        return context | {
            "present": recurrence.describe(segment.rule, at.astimezone(zone)),
            "since": date_format(at.astimezone(zone), "l j F Y"),
            "people": [(local(date.starts_at, date), how_full(date)) for date in later],
            "preview_url": reverse("wagtailsnippets_meetings_meeting:preview_dates", args=[self.occurrence.meeting_id]),
            "action_url": self.request.path,
            "back": self.back,
            "media": context["form"].media,
        }

    def later_with_people(self) -> list[Occurrence]:
        """The dates from here on that a change of rule asks something of."""
        of_rule = self.occurrence.meeting.occurrences.filter(segment=self.occurrence.segment)
        return list(with_people(of_rule.filter(recurrence_at__gte=self.occurrence.recurrence_at)).order_by("starts_at"))

    def form_valid(self, form: FromHereForm) -> HttpResponse:
        before = self.later_with_people()
        form.save()
        messages.success(self.request, " ".join([gettext("Bewaard: vanaf deze datum is het anders."), *what_became_of(before)]))
        return redirect(reverse("wagtailsnippets_meetings_meeting:edit", args=[self.occurrence.meeting_id]))


def what_became_of(before: list[Occurrence]) -> list[str]:
    """In plain words, after another rule, which of these dates with people moved along and which stayed as they were."""
    said, after = [], Occurrence.objects.in_bulk([date.pk for date in before])
    for date in before:
        now = after[date.pk]
        if now.starts_at != date.starts_at or now.ends_at != date.ends_at:
            moved = gettext("De datum van %(old)s is nu %(new)s.")
            if date.starts_at is None:
                moved = gettext("Wie op een datum wachtte, komt nu op %(new)s.")
            said += [moved % {"old": local(date.starts_at, date), "new": local(now.starts_at, now)}, *who_hears(now)]
        elif now.is_exception:
            stays = gettext("Op %(when)s staan al mensen: die datum blijft zoals hij was.")
            said.append(stays % {"when": local(date.starts_at, date)})
    return said


class MeetingViewSet(OwnOnly):
    model = Meeting
    icon = "group"
    menu_label = _("Alle bijeenkomsten")
    index_view_class = MeetingIndexView
    add_view_class, edit_view_class = MeetingCreateView, MeetingEditView
    list_display = [
        "title",
        Column("next_at", label=_("Volgende datum"), accessor=lambda meeting: next_of(meeting)),
        Column("kind", label=_("Soort"), accessor="get_kind_display", sort_key="kind"),
        Column("neighbourhood", label=_("Wijk"), accessor=lambda meeting: meeting.neighbourhood or _("de hele stad")),
        Column("place", label=_("Plek"), accessor=lambda meeting: meeting.place or meeting.place_text),
    ]
    filterset_class = MeetingFilters
    search_fields = ["title", "text"]
    search_backend_name = None
    ordering = ["title"]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("text"),
            FieldRowPanel([FieldPanel("kind"), FieldPanel("visibility")]),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("begin"), FieldPanel("end")]),
                    FieldRowPanel([FieldPanel("repeat"), FieldPanel("until")]),
                    FieldPanel("rule"),
                    PreviewPanel(),
                    FieldRowPanel([FieldPanel("extra_begin"), FieldPanel("extra_end")]),
                    DatesPanel(),
                ],
                heading=_("Wanneer?"),
            ),
            MultiFieldPanel([FieldPanel("place"), FieldPanel("place_text"), FieldPanel("neighbourhood")], heading=_("Waar?")),
            MultiFieldPanel([FieldPanel("host_name"), FieldPanel("contact"), FieldPanel("initiative", widget=Select)], heading=_("Wie?")),
            MultiFieldPanel(
                [
                    FieldPanel("capacity"),
                    FieldPanel("balance"),
                    FieldRowPanel([FieldPanel("resident_seats"), FieldPanel("formal_start")]),
                    FieldPanel("extra_chair"),
                    FieldPanel("names"),
                    FieldPanel("total_only"),
                ],
                heading=_("De tafel"),
            ),
            MultiFieldPanel(
                [FieldPanel("languages"), FieldPanel("audience"), FieldPanel("access"), FieldPanel("costs")], heading=_("Goed om te weten")
            ),
        ],
        base_form_class=MeetingForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Meeting]:
        coming = Occurrence.objects.filter(meeting=OuterRef("pk"), ends_at__gt=timezone.now()).order_by("starts_at", "id")
        return meetings_of(request.user).select_related("neighbourhood", "place").annotate(next_at=Subquery(coming.values("starts_at")[:1]))

    @property
    def preview_dates_view(self) -> Callable[..., HttpResponse]:
        return self.construct_view(PreviewDates)

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("preview-dates/", self.preview_dates_view, name="preview_dates"),
            path("preview-dates/<str:pk>/", self.preview_dates_view, name="preview_dates"),
        ]


def next_of(meeting: Any) -> str:
    return local(meeting.next_at, meeting) if meeting.next_at else gettext("geen")


class OccurrenceViewSet(OwnOnly):
    model = Occurrence
    icon = "date"
    menu_label = _("Data")
    index_view_class = OccurrenceIndexView
    edit_view_class = OccurrenceEditView
    list_display = [
        "title",
        Column("starts_at", label=_("Wanneer"), accessor=lambda date: local(date.starts_at, date), sort_key="starts_at"),
        Column("full", label=_("Aan tafel"), accessor=how_full),
        Column("status", label=_("Gaat het door?"), accessor=goes_ahead),
        Column("place_name", label=_("Plek"), sort_key="place_name"),
        Column("neighbourhood_name", label=_("Wijk"), sort_key="neighbourhood_name"),
    ]
    filterset_class = OccurrenceFilters
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["starts_at"]
    edit_handler = ObjectList(
        [
            AboutDatePanel(heading=_("Deze datum")),
            FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")], heading=_("Wanneer?")),
            MultiFieldPanel([GuestsPanel(), FieldPanel("everybody_knows")], heading=_("Wie komen er?")),
            MultiFieldPanel([FieldPanel("capacity"), FieldPanel("is_closed")], heading=_("De tafel")),
            MultiFieldPanel([FieldPanel("is_cancelled"), FieldPanel("reason")], heading=_("Gaat het door?")),
        ],
        base_form_class=OccurrenceForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Occurrence]:
        return occurrences_of(request.user).filter(Q(ends_at__gt=timezone.now() - PAST) | Q(starts_at=None))

    @property
    def from_here_view(self) -> Callable[..., HttpResponse]:
        return self.construct_view(FromHereView)

    def get_urlpatterns(self) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("from-here/<str:pk>/", self.from_here_view, name="from_here")]


class InitiativeViewSet(OwnOnly):
    model = Initiative
    icon = "tag"
    menu_label = _("Initiatieven")
    index_view_class = InitiativeIndexView
    list_display = ["name", Column("slug", label=_("Adres"))]
    search_fields = ["name"]
    search_backend_name = None
    edit_handler = ObjectList(
        [FieldPanel("name"), FieldPanel("slug"), FieldPanel("text"), FieldPanel("is_listed")], base_form_class=InitiativeForm
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Initiative]:
        return initiatives_of(request.user)


class MeetingsGroup(SnippetViewSetGroup):
    menu_label = _("Bijeenkomsten")
    menu_icon = "date"
    menu_order = 150
    items = (MeetingViewSet, OccurrenceViewSet, InitiativeViewSet)
