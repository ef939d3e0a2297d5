"""One date, or one series, for a calendar."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from meetings.calendars import write

from .meeting import find_meeting, find_occurrence

PAST = timedelta(days=90)


def _answer(request: HttpRequest, body: bytes, filename: str, changed_at) -> HttpResponse:
    """text/calendar with a strong validator; If-None-Match goes before If-Modified-Since (RFC 9110 13.2.2)."""
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{filename}.ics"'
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["Last-Modified"] = http_date(changed_at.timestamp())
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-cache"
    return (
        get_conditional_response(request, etag=response["ETag"], last_modified=int(changed_at.timestamp()), response=response) or response
    )


@require_safe
def occurrence_ics(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    occurrence = find_occurrence(slug, date_key)
    if occurrence.starts_at is None:
        raise Http404  # a table without a date has no place in a calendar yet
    return _answer(request, write.one_date(occurrence, settings.BASE_URL), occurrence.date_key, occurrence.changed_at)


@require_safe
def meeting_ics(request: HttpRequest, slug: str) -> HttpResponse:
    meeting = find_meeting(slug)
    since = timezone.now() - PAST
    dates = list(meeting.occurrences.filter(ends_at__gt=since).select_related("meeting", "segment", "place").order_by("starts_at", "id"))
    changed_at = max((o.changed_at for o in dates), default=meeting.changed_at)
    return _answer(request, write.series(meeting, dates, settings.BASE_URL), meeting.slug, changed_at)
