"""Meetings, dates and initiatives in the CMS, each user's own neighbourhoods only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from meetings.models import Initiative, Meeting, Occurrence

from .forms import MeetingForm, OccurrenceForm
from .policy import meetings_of, neighbourhoods_of


class NoChooser(SnippetChooserViewSet):
    """No page or block chooses a meeting, so there is no list of them to leak."""

    def get_urlpatterns(self) -> list[Any]:
        return []


class OwnOnly(SnippetViewSet):
    """Every view of one row, whatever it shows (edit, history, usage, revisions), is 404 outside the user's own rows."""

    chooser_viewset_class = NoChooser
    add_to_reference_index = False
    copy_view_enabled = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def construct_view(self, view_class: Any, **kwargs: Any) -> Callable[..., HttpResponse]:
        view = super().construct_view(view_class, **kwargs)

        @wraps(view)
        def own_rows_only(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            pk = named.get("pk", args[0] if args else None)
            if pk is not None and not self.get_queryset(request).filter(pk=unquote(str(pk))).exists():
                raise Http404
            return view(request, *args, **named)

        return own_rows_only


class MeetingViewSet(OwnOnly):
    model = Meeting
    icon = "group"
    menu_label = _("Bijeenkomsten")
    list_display = ["title", "kind", "neighbourhood", "place"]
    list_filter = ["kind", "neighbourhood"]
    search_fields = ["title", "text"]
    search_backend_name = None
    ordering = ["title"]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("text"),
            FieldRowPanel([FieldPanel("kind"), FieldPanel("visibility")]),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("begin"), FieldPanel("end")]), FieldPanel("repeat"), FieldPanel("rule")], heading=_("Wanneer?")
            ),
            MultiFieldPanel([FieldPanel("place"), FieldPanel("place_text"), FieldPanel("neighbourhood")], heading=_("Waar?")),
            MultiFieldPanel([FieldPanel("host_name"), FieldPanel("contact"), FieldPanel("initiative")], heading=_("Wie?")),
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
        return meetings_of(request.user).select_related("neighbourhood", "place")


class OccurrenceViewSet(OwnOnly):
    model = Occurrence
    icon = "date"
    menu_label = _("Data")
    list_display = ["title", "starts_at", "place_name", "neighbourhood_name", "status", "seats_taken", "capacity", "waiting"]
    list_filter = ["status", "kind"]
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["starts_at"]
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
            FieldPanel("capacity"),
            FieldPanel("is_closed"),
            MultiFieldPanel([FieldPanel("is_cancelled"), FieldPanel("reason")], heading=_("Gaat het door?")),
        ],
        base_form_class=OccurrenceForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Occurrence]:
        return Occurrence.objects.filter(meeting__in=meetings_of(request.user))


class InitiativeViewSet(OwnOnly):
    model = Initiative
    icon = "tag"
    menu_label = _("Initiatieven")
    list_display = ["name"]
    search_fields = ["name"]
    search_backend_name = None
    edit_handler = ObjectList([FieldPanel("name"), FieldPanel("slug"), FieldPanel("text"), FieldPanel("is_listed")])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Initiative]:
        found, own = Initiative.objects.filter(is_listed=True), neighbourhoods_of(request.user)
        return found if own is None else found.filter(meetings__neighbourhood__in=own).distinct()


class MeetingsGroup(SnippetViewSetGroup):
    menu_label = _("Agenda")
    menu_icon = "date"
    menu_order = 150
    items = (MeetingViewSet, OccurrenceViewSet, InitiativeViewSet)
