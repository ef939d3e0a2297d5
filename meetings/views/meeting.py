"""A meeting and one date of it: the table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from meetings import dates, keys, recurrence, seats, table
from meetings.models import Meeting, Occurrence, SignUp
from meetings.models.choices import Kind
from places.read_only import read_only

OTHER_DATES = 6


def find_meeting(slug: str) -> Meeting:
    """The meeting at an address; a kitchen-table talk opens by its key alone, so here it is unknown."""
    found = (
        Meeting.objects.select_related("place__neighbourhood", "neighbourhood", "initiative", "host", "contact__page")
        .exclude(kind=Kind.KITCHEN_TABLE)
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise Http404
    return found


def find_occurrence(slug: str, date_key: str) -> Occurrence:
    found = (
        Occurrence.objects.select_related(
            "meeting__host", "meeting__contact__page", "meeting__initiative", "segment", "place__neighbourhood", "neighbourhood"
        )
        .exclude(kind=Kind.KITCHEN_TABLE)
        .at(slug, date_key)
        .first()
    )
    if found is None:
        raise Http404
    return found


def host_name(meeting: Meeting) -> str:
    return meeting.host.first_name if hasattr(meeting, "host") else ""


def not_indexed(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    return response


@read_only
def meeting(request: HttpRequest, slug: str) -> HttpResponse:
    """Leads to the next date; without one it shows what was and says so."""
    found, now = find_meeting(slug), timezone.now()
    coming = list(found.occurrences.filter(ends_at__gt=now).order_by("starts_at", "id")[: OTHER_DATES + 1])
    undated = found.occurrences.filter(starts_at=None).first()
    response = render(
        request,
        "meetings/meeting.html",
        {
            "meeting": found,
            "next": coming[0] if coming else undated,
            "others": coming[1:],
            "last": None if coming else found.occurrences.filter(ends_at__lte=now).order_by("-starts_at").first(),
            "repeats": describe(found),
            "host_name": host_name(found),
            "menu": "agenda",
            "view": table.TableView(coming[0], table.PUBLIC, now) if coming else None,
            "occurrence": coming[0] if coming else None,
        },
    )
    response["Cache-Control"] = "no-cache"
    return response if found.is_listed else not_indexed(response)


def describe(meeting: Meeting) -> str:
    """The rule in plain words, empty for a meeting that happens once."""
    segment = meeting.segments.order_by("starts_at", "id").last()
    if segment is None or not segment.rule or segment.starts_at is None:
        return ""
    return recurrence.describe(segment.rule, segment.starts_at.astimezone(meeting.zone))


def access_facts(occurrence: Occurrence) -> list[tuple[str, str]]:
    """What the page of a place says about getting in, as (label, fact)."""
    page = occurrence.place and occurrence.place.pages.filter(live=True).first()
    return page.access_facts() if page else []


def follows_a_move(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The new day of a date that moved leads to its address, where that day has no date of its own (design section 4)."""

    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
        try:
            return view(request, slug, date_key)
        except Http404:
            if request.method not in ("GET", "HEAD") or Occurrence.objects.at(slug, date_key).exists():
                raise
            moved = dates.moved_to(find_meeting(slug), date_key)
            if moved is None:
                raise
            return HttpResponseRedirect(request.get_full_path().replace(f"/{date_key}", f"/{moved.date_key}", 1))

    return wrapped


@read_only
@follows_a_move
def occurrence(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    """The table. Without a keyring that sits here, everyone gets the same page: no form, no cookie."""
    now = timezone.now()
    found = find_occurrence(slug, date_key)
    device = keys.Device(request)
    keyring = device.keyring
    sign_up = found.sign_ups.filter(keyring=keyring).first() if keyring else None
    audience = table.audience(found, keyring)
    is_seated = sign_up is not None and sign_up.state == SignUp.State.SEATED
    view = table.TableView(found, audience, now, mine=sign_up if is_seated else None)
    context = {
        "occurrence": found,
        "meeting": found.meeting,
        "view": view,
        "with_drawing": True,
        "sign_up": sign_up,
        "is_seated": is_seated,
        "falls_out": sign_up is not None and found.is_cancelled and not found.has_passed(now),  # what who has a chair here sees first
        "host_name": host_name(found.meeting),
        "others": list(found.meeting.occurrences.filter(starts_at__gt=now).exclude(pk=found.pk).order_by("starts_at", "id")[:OTHER_DATES]),
        "repeats": describe(found.meeting),
        "has_begun": found.has_begun(now),
        "has_passed": found.has_passed(now),
        "can_join": not (found.is_cancelled or found.is_closed or found.has_begun(now)),
        "menu": "mijn" if sign_up else "agenda",
        "table_path": found.path,
        "page_url": request.build_absolute_uri(found.get_absolute_url()),
        "access_facts": access_facts(found),
        "somebody_waits_for_residents": seats.somebody_waits_for_residents(found),
    }
    context |= {"is_borrowed": bool(device.borrowed), "shows_link": device.borrowed != keys.SHOWN}
    if sign_up:
        context["link"] = request.build_absolute_uri(reverse("mine_by_key", args=[device.raw]))
        if not is_seated:
            context |= {
                "ahead": seats.people_ahead(sign_up),
                "why": seats.why_waiting(found, sign_up),
                "waits_for_residents": seats.waits_for_residents(found, sign_up),
            }
    response = render(request, "meetings/occurrence.html", context)
    patch_vary_headers(response, ["Cookie"])
    if sign_up:
        keep_secret(response)
        if device.borrowed == keys.NOT_SHOWN and request.method == "GET":
            keys.lend(response, keys.SHOWN)
    else:
        response["Cache-Control"] = "no-cache"
    if not found.listed:
        not_indexed(response)
    return response


def keep_secret(response: HttpResponse) -> HttpResponse:
    """What a page that shows a secret link says about itself (design section 4, Keys)."""
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return not_indexed(response)


def see_other(request: HttpRequest, address: str) -> HttpResponse:
    """303, so that reloading does not post again (RFC 9110 15.4.4); htmx is told to go there as a whole page."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
