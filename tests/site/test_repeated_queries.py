"""No public page asks the database a question a row. Every kind of page, on the demo, which has many rows of everything."""

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import Page
from zeal import NPlusOneError

from meetings.models import Kind, Occurrence

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> list[str]:
    call_command("load_demo")
    coming = Occurrence.objects.filter(listed=True, starts_at__gt=timezone.now()).select_related("meeting").order_by("starts_at")
    addresses = ["/", "/agenda/", "/en/agenda/", "/agenda/?wanneer=week", "/zoeken/?q=koffie", "/mijn/", "/agenda/nieuw/"]
    for kind in (Kind.ACTIVITY, Kind.SESSION):
        occurrence = coming.filter(kind=kind).first()
        addresses += [occurrence.meeting.get_absolute_url(), occurrence.get_absolute_url(), occurrence.get_absolute_url() + "aanschuiven/"]
    seen = set()
    for page in Page.objects.live().filter(depth__gt=1).specific():
        if type(page) not in seen:
            seen.add(type(page))
            addresses.append(page.get_url())
    return addresses


def test_no_public_page_asks_a_question_a_row(client, pages, no_repeated_queries):
    assert len(pages) > 12
    wrong = []
    for address in pages:
        try:
            with no_repeated_queries():
                assert client.get(address).status_code == 200, address
        except NPlusOneError as repeated:
            wrong.append(f"{address}: {repeated}")
    assert wrong == []
