"""The row of a date: how it is found."""

import re

import pytest
from django.db import connection

from meetings.models import Kind, Meeting, Occurrence
from tests.factories import meeting, occurrence, place

pytestmark = pytest.mark.django_db


def test_a_date_is_found_by_its_address_through_indexes_alone():
    here = place()
    meetings = Meeting.objects.bulk_create(Meeting(slug=f"m-{n}", title="Thee", kind=Kind.SESSION, place=here) for n in range(500))
    Occurrence.objects.bulk_create(Occurrence(meeting=one, date_key="2026-12-03", slug=one.slug, kind=one.kind) for one in meetings)
    made = occurrence(meeting=meeting(slug="m-eigen", place=here))
    asked = Occurrence.objects.select_related("meeting").exclude(kind=Kind.KITCHEN_TABLE).at("m-eigen", "2026-12-03")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # the planner goes by what it knows of the rows
    plan = asked.explain()

    assert list(asked) == [made]
    assert not Occurrence.objects.at("m-eigen", "ooit").exists()
    assert re.search(r"slug(=|\)::text = )", plan)
    assert re.search(r"\(meeting_id=\? AND date_key=\?\)|Index Cond: \(+meeting_id = ", plan)
    assert not re.search(r"\bSCAN\b|Seq Scan", plan)
