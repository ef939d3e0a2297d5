"""What the CMS learns of meetings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.models import Page
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from places.models import NeighbourhoodPage, PlacePage

from . import repeated
from .cms import history  # noqa: F401  who reads what in the log
from .cms.policy import POLICIES, neighbourhoods_of, shown_meetings
from .cms.viewsets import MeetingsGroup, OwnDelete
from .models import Initiative, Meeting, Occurrence

for policy in POLICIES:
    register_permission_policy(policy.model, policy)
register_snippet(MeetingsGroup)
hooks.register("register_bulk_action", OwnDelete, order=100)  # after Wagtail's own, whose place it takes


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def show_the_link_once(request: HttpRequest, instance: Any) -> None:
    """What just went off every list is not to be found here any more: the editor gets its link, and the CMS forgets it."""
    if isinstance(instance, Meeting) and not instance.is_for_everyone:
        repeated.forget_revisions(instance)
        link = settings.BASE_URL + instance.get_absolute_url()
        messages.warning(request, _("Deze bijeenkomst staat nu nergens meer. Bewaar de link: %(link)s") % {"link": link})
    if isinstance(instance, Initiative) and not instance.is_listed:
        repeated.forget_log(instance)
        found = shown_meetings(instance, neighbourhoods_of(request.user))
        links = ", ".join(f"{meeting.title}: {settings.BASE_URL}{meeting.get_absolute_url()}" for meeting in found)
        if links:
            messages.warning(request, _("Dit initiatief staat nu nergens meer. Bewaar de links: %(links)s") % {"links": links})


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
    coming = Occurrence.objects.filter(ends_at__gt=timezone.now(), listed=True)
    return (coming.filter(place__in=places) | coming.filter(neighbourhood__in=neighbourhoods)).count()


def _refusal(number: int) -> str:
    return ngettext(
        "Hier staat nog %(n)d datum in de agenda. Verplaats of schrap die eerst, dan kan deze pagina weg.",
        "Hier staan nog %(n)d data in de agenda. Verplaats of schrap die eerst, dan kan deze pagina weg.",
        number,
    ) % {"n": number}


@hooks.register("before_delete_page")
@hooks.register("before_unpublish_page")
def keep_a_page_with_coming_dates(request: HttpRequest, page: Page) -> HttpResponse | None:
    if number := coming_dates_under([page]):
        messages.error(request, _refusal(number))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("before_bulk_action")
def keep_pages_with_coming_dates(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    pages = [one for one in objects if isinstance(one, Page)]
    if action_type in ("delete", "unpublish") and pages and (number := coming_dates_under(pages)):
        messages.error(request, _refusal(number))
        return redirect("wagtailadmin_explore", pages[0].get_parent().pk)
    return None
