from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from meetings.models import Visibility
from tests import factories

pytestmark = pytest.mark.django_db


def test_robots_stay_out_of_what_is_personal_and_find_the_sitemap(client):
    answer = client.get("/robots.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /mijn/" in answer.text
    assert "Disallow: /cms/" in answer.text
    assert "Sitemap: http://localhost:8000/sitemap.xml" in answer.text


def test_who_asks_for_an_icon_at_the_old_address_gets_ours_and_keeps_it(client):
    answer = client.get("/favicon.ico")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")
    assert answer["Cache-Control"] == "public, max-age=2592000"
    assert not answer.cookies


def test_whoever_finds_a_hole_knows_where_to_say_so(client):
    fields = dict(line.split(": ", 1) for line in client.get("/.well-known/security.txt").text.splitlines())

    assert fields["Contact"].startswith("mailto:")
    assert fields["Preferred-Languages"] == "nl, en"
    expires = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=90) < expires - timezone.now() < timedelta(days=365)  # RFC 9116 2.5.5


def test_the_sitemap_leads_to_pages_and_to_meetings_that_lists_may_know(client):
    soon = timezone.now() + timedelta(days=3)
    listed = factories.occurrence(title="Koffie", starts_at=soon)
    unlisted = factories.occurrence(title="Taalles", visibility=Visibility.LINK, starts_at=soon)
    past = factories.occurrence(title="Vroeger", starts_at=soon - timedelta(days=30))

    index = client.get("/sitemap.xml").text
    meetings = client.get("/sitemap-bijeenkomsten.xml").text

    assert "/sitemap-bijeenkomsten.xml" in index
    assert "/sitemap-paginas.xml" in index
    assert "<loc>http://localhost:8000/</loc>" in client.get("/sitemap-paginas.xml").text
    assert f"<loc>http://localhost:8000/agenda/{listed.slug}/</loc>" in meetings
    assert unlisted.slug not in meetings
    assert past.slug not in meetings
