"""What programs look for at fixed addresses: robots.txt, sitemap.xml, security.txt and favicon.ico."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.models import Page, Site

from meetings.models import Meeting, Occurrence
from places.read_only import read_only

ICON = (Path(__file__).parent / "static/aanschuiven/icon.svg").read_bytes()

# Nothing here leads anywhere secret: a listed path is one that anybody could guess.
ROBOTS = """User-agent: *
Disallow: /cms/
Disallow: /account/
Disallow: /mijn/
Disallow: /beheer/
Disallow: /*/aanschuiven/
Disallow: /*/opstaan/

Sitemap: {base}/sitemap.xml
"""


@read_only
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS.format(base=settings.BASE_URL), content_type="text/plain; charset=utf-8")


@read_only
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon for what asks at the old address without reading the page: browsers go by its type, whatever its name."""
    response = HttpResponse(ICON, content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={30 * 24 * 3600}"  # no hash in the name: a new icon comes within a month
    return response


@read_only
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116. Expires must lie less than a year ahead (2.5.5), so it is counted from today."""
    expires = (timezone.now() + timedelta(days=180)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: nl, en",
        f"Canonical: {settings.BASE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


class OurSitemap(Sitemap[Any]):
    """Addresses start with BASE_URL, whichever host or port a request came in by."""

    limit = 10_000

    def get_protocol(self, protocol: str | None = None) -> str:
        return settings.BASE_URL.partition("://")[0]

    def get_domain(self, site: Any = None) -> str:
        return settings.BASE_URL.partition("://")[2]


class PageSitemap(OurSitemap):
    """Pages of the CMS that everybody may see."""

    def items(self) -> QuerySet[Page]:
        root = Site.objects.select_related("root_page").get(is_default_site=True).root_page
        return root.get_descendants(inclusive=True).live().public().order_by("path")

    def location(self, item: Page) -> str:
        return item.get_url() or "/"

    def lastmod(self, item: Page) -> datetime | None:
        return item.last_published_at


class MeetingSitemap(OurSitemap):
    """Meetings that lists may know and that still have a date to come."""

    def items(self) -> QuerySet[Meeting]:
        coming = Occurrence.objects.filter(meeting=OuterRef("pk"), listed=True, ends_at__gt=timezone.now())
        return Meeting.objects.filter(Exists(coming)).order_by("pk")  # not a join: each stops at the first of its dates

    def lastmod(self, item: Meeting) -> datetime:
        return item.changed_at
