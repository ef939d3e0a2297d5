"""What the CMS learns of meetings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from places.models import NeighbourhoodPage, PlacePage

from .cms.policy import ByNeighbourhood
from .cms.viewsets import MeetingsGroup
from .models import Meeting, Occurrence

register_permission_policy(Meeting, ByNeighbourhood(Meeting))
register_permission_policy(Occurrence, ByNeighbourhood(Occurrence, "meeting"))
register_snippet(MeetingsGroup)


def coming_dates_under(pages: list[Page]) -> int:
    """How many dates are still to come at the places and neighbourhoods that these pages, or pages below them, describe."""
    places: set[int] = set()
    neighbourhoods: set[int] = set()
    for page in pages:
        below = page.get_descendants(inclusive=True)
        places.update(PlacePage.objects.filter(pk__in=below.values("pk")).exclude(place=None).values_list("place", flat=True))
        neighbourhoods.update(
            NeighbourhoodPage.objects.filter(pk__in=below.values("pk")).exclude(neighbourhood=None).values_list("neighbourhood", flat=True)
        )
    coming = Occurrence.objects.filter(ends_at__gt=timezone.now())
    return (coming.filter(place__in=places) | coming.filter(neighbourhood__in=neighbourhoods)).count()


def _refusal(number: int) -> str:
    return _("Hier staan nog %(n)d data in de agenda. Verplaats of schrap die eerst, dan kan deze pagina weg.") % {"n": number}


@hooks.register("before_delete_page")
def keep_a_page_with_coming_dates(request: HttpRequest, page: Page) -> HttpResponse | None:
    if request.method == "POST" and (number := coming_dates_under([page])):
        messages.error(request, _refusal(number))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("before_bulk_action")
def keep_pages_with_coming_dates(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    pages = [one for one in objects if isinstance(one, Page)]
    if action_type == "delete" and pages and (number := coming_dates_under(pages)):
        messages.error(request, _refusal(number))
        return redirect("wagtailadmin_explore", pages[0].get_parent().pk)
    return None
