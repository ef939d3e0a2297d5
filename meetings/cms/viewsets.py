"""Meetings, dates and initiatives in the CMS, each user's own neighbourhoods only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.forms import Select
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, Panel
from wagtail.snippets.bulk_actions.delete import DeleteBulkAction
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import DeleteView as SnippetDeleteView
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from meetings import table
from meetings.dates import PAST
from meetings.models import Initiative, Meeting, Occurrence

from .forms import MeetingForm, OccurrenceForm
from .policy import initiatives_of, meetings_of, occurrences_of

NEXT_DATES = 5


class NoChooser(SnippetChooserViewSet):
    """No page or block chooses a meeting, so there is no list of them to leak."""

    def get_urlpatterns(self) -> list[Any]:
        return []


class AskedDeleteView(SnippetDeleteView):
    """Wagtail asks the policy about the model here; ours also refuses a row: what people have a chair at."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.user_has_permission_for_instance("delete", self.object):
            messages.error(
                request, _("Dit kan niet weg: er hoort nog iets bij. Laat het niet doorgaan, of haal eerst weg wat erbij hoort.")
            )
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)


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


class DatesPanel(Panel):
    """The coming dates of a meeting, each with its own form behind it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/dates.html"

        def is_shown(self) -> bool:
            return super().is_shown() and self.instance.pk is not None

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            coming = self.instance.occurrences.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None)).order_by("starts_at", "id")
            return {**super().get_context_data(parent_context), "dates": coming[:NEXT_DATES]}


class GuestsPanel(Panel):
    """Who comes, no wider than on the page that everyone sees: an editor does not receive these people."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "meetings/cms/guests.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            view = table.TableView(self.instance, table.PUBLIC, timezone.now())
            return {**super().get_context_data(parent_context), "view": view, "occurrence": self.instance}


class MeetingViewSet(OwnOnly):
    model = Meeting
    icon = "group"
    menu_label = _("Alle bijeenkomsten")
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
                [
                    FieldRowPanel([FieldPanel("begin"), FieldPanel("end")]),
                    FieldRowPanel([FieldPanel("repeat"), FieldPanel("until")]),
                    FieldPanel("rule"),
                    DatesPanel(),
                    FieldRowPanel([FieldPanel("extra_begin"), FieldPanel("extra_end")]),
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
            GuestsPanel(heading=_("Wie komen er?")),
            FieldPanel("capacity"),
            FieldPanel("is_closed"),
            MultiFieldPanel([FieldPanel("is_cancelled"), FieldPanel("reason")], heading=_("Gaat het door?")),
        ],
        base_form_class=OccurrenceForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Occurrence]:
        return occurrences_of(request.user).filter(Q(ends_at__gt=timezone.now() - PAST) | Q(starts_at=None))


class InitiativeViewSet(OwnOnly):
    model = Initiative
    icon = "tag"
    menu_label = _("Initiatieven")
    list_display = ["name"]
    search_fields = ["name"]
    search_backend_name = None
    edit_handler = ObjectList([FieldPanel("name"), FieldPanel("slug"), FieldPanel("text"), FieldPanel("is_listed")])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Initiative]:
        return initiatives_of(request.user)


class MeetingsGroup(SnippetViewSetGroup):
    menu_label = _("Bijeenkomsten")
    menu_icon = "date"
    menu_order = 150
    items = (MeetingViewSet, OccurrenceViewSet, InitiativeViewSet)
