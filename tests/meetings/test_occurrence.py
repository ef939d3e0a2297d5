"""The row of a date: how it is found."""

import pytest
from django.db import connection

from meetings.models import Kind, Occurrence
from tests.factories import occurrence

pytestmark = pytest.mark.django_db


def test_a_date_is_found_by_its_address_through_indexes_alone():
    made, other = occurrence(), occurrence()
    asked = Occurrence.objects.select_related("meeting").exclude(kind=Kind.KITCHEN_TABLE).at(made.slug, made.date_key)
    # For a table of a handful of rows PostgreSQL prefers to read it whole.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = asked.explain()

    assert list(asked) == [made]
    assert not Occurrence.objects.at(made.slug, "ooit").exists()
    assert other.slug != made.slug
    assert "slug" in plan  # the unique index of the meeting's slug
    assert "date_key_once" in plan or "(meeting_id=? AND date_key=?)" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
