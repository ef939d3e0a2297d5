"""Search: one box, two lists. Ranks of pages and of meetings do not compare, so they do not mix."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from meetings import agenda
from places.read_only import read_only

MOST = 12


def _found(pages: PageQuerySet, q: str) -> list[Page]:
    """Pages whose title begins like this first, then those that have the words anywhere in them."""
    by_title = list(pages.autocomplete(q)[:MOST])
    anywhere = [page for page in pages.search(q)[:MOST] if page not in by_title]
    return (by_title + anywhere)[:MOST]


@read_only
def search(request: HttpRequest) -> HttpResponse:
    """An empty box shows the box; what has nothing to look for in it gets a sentence and 400."""
    asked = request.GET.get("q", "")
    context: dict[str, object] = {"q": "", "menu": ""}
    status = 200
    if asked:
        try:
            q = agenda.searchable(asked)
        except agenda.BadFilter as bad:
            context["problem"], status = str(bad), 400
        else:
            site = Site.find_for_request(request)
            pages = Page.objects.live().public()
            if site:
                pages = pages.descendant_of(site.root_page, inclusive=True)
            context |= {
                "q": q,
                "pages": _found(pages, q),
                "meetings": agenda.search_meetings(q, limit=MOST, now=timezone.now()),
            }
    return render(request, "home/search.html", context, status=status)
