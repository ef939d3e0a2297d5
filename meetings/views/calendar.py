"""One date, or one series, for a calendar."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from meetings.calendars import write
from places.read_only import read_only

from .meeting import find_meeting, find_occurrence, follows_a_move


def _answer(request: HttpRequest, body: bytes, filename: str, changed_at: datetime) -> HttpResponse:
    """text/calendar with a strong validator; If-None-Match goes before If-Modified-Since (RFC 9110 13.2.2)."""
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{filename}.ics"'
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["Last-Modified"] = http_date(changed_at.timestamp())
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-cache"
    last_modified = int(changed_at.timestamp())
    return get_conditional_response(request, etag=response["ETag"], last_modified=last_modified, response=response) or response


@read_only
@follows_a_move
def occurrence_ics(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    occurrence = find_occurrence(slug, date_key)
    if occurrence.starts_at is None:
        raise Http404  # a table without a date has no place in a calendar yet
    changed_at = write.changed_at([occurrence], occurrence.meeting)
    return _answer(request, write.one_date(occurrence, settings.BASE_URL), occurrence.date_key, changed_at)


@read_only
def meeting_ics(request: HttpRequest, slug: str) -> HttpResponse:
    meeting = find_meeting(slug)
    dates = list(meeting.occurrences.select_related("meeting", "place").order_by("starts_at", "id"))
    now = timezone.now()
    body = write.series(meeting, dates, settings.BASE_URL, now=now)
    return _answer(request, body, meeting.slug, write.changed_at(dates, meeting, now=now))
