"""Pull up a chair, change it, get one for somebody else, give it back."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from meetings import keys, notices, rate, seats, table
from meetings.forms import ChairForm
from meetings.models import Key, Keyring, Occurrence, SignUp
from meetings.models.sign_up import MAX_PARTY
from places.read_only import read_only

from .meeting import find_occurrence, follows_a_move, host_name, keep_secret, not_indexed, see_other

TOO_OFTEN = gettext_lazy("Dat ging te vaak achter elkaar. Wacht een uur en probeer het dan weer.")
FIELD_OF = {seats.FormSentBefore: "teken", seats.NotEnoughSeats: "aantal", seats.BalanceWouldTip: "perspectief"}
CARD_COOKIE = "kaartje"
CARD_SECONDS = 600  # how long the card of somebody else's chair can be opened again on this device


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@follows_a_move
def chair(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    occurrence, now = find_occurrence(slug, date_key), timezone.now()
    device = keys.Device(request)
    keyring = device.keyring
    sign_up = _sign_up_of(occurrence, keyring)
    if request.method != "POST":
        what = request.GET.get("wat", "")
        initial = ChairForm.of(sign_up) if sign_up and what == "veranderen" else {}
        form = ChairForm(initial=initial, occurrence=occurrence)
        return _form_page(
            request, occurrence, form, sign_up, _purpose(sign_up, "mij" if what == "veranderen" else request.GET.get("voor", ""))
        )

    form = ChairForm(request.POST, occurrence=occurrence)
    purpose = _purpose(sign_up, request.POST.get("voor", ""))
    if rate.is_too_often(request, keyring, "chair"):
        form.is_valid()
        form.add_error(None, _("Dat ging te vaak achter elkaar. Wacht een uur, of kom gewoon langs: je bent welkom."))
        return _form_page(request, occurrence, form, sign_up, purpose, status=429)
    if not form.is_valid():
        return _form_page(request, occurrence, form, sign_up, purpose, status=422)
    if keyring and sign_up is None and purpose == "mine" and form.cleaned_data["geleend"]:
        purpose = "other"  # the device keeps the link of its owner
    try:
        if purpose == "other":
            return _for_somebody_else(request, occurrence, form, now)
        return _for_me(request, occurrence, form, device, sign_up, now, may_change=purpose == "change")
    except seats.SeatsError as refused:
        occurrence = find_occurrence(slug, date_key)
        sign_up = _sign_up_of(occurrence, keyring)
        if isinstance(refused, seats.AlreadySits):
            purpose = "already"
        else:
            form.add_error(FIELD_OF.get(type(refused)), str(refused))
        return _form_page(request, occurrence, form, sign_up, purpose, status=422)


def _sign_up_of(occurrence: Occurrence, keyring: Keyring | None) -> SignUp | None:
    return occurrence.sign_ups.select_related("keyring").filter(keyring=keyring).first() if keyring else None


def _purpose(sign_up: SignUp | None, voor: str) -> str:
    """What the form is for: "mine" (a chair), "change" (my chair), "other" (somebody else's), "already" (I sit: choose)."""
    if voor == "ander":
        return "other"
    if sign_up is None:
        return "mine"
    return "change" if voor == "mij" else "already"


def _form_page(
    request: HttpRequest, occurrence: Occurrence, form: ChairForm, sign_up: SignUp | None, purpose: str, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    is_closed = occurrence.is_cancelled or occurrence.is_closed or occurrence.has_begun(now) or occurrence.has_passed(now)
    response = render(
        request,
        "meetings/chair.html",
        {
            "heading": _heading(occurrence, sign_up, purpose, is_closed=is_closed),
            "is_new": purpose == "mine" and not is_closed,
            "occurrence": occurrence,
            "meeting": occurrence.meeting,
            "form": form,
            "sign_up": sign_up,
            "purpose": purpose,
            "token": (not form["teken"].errors and form["teken"].value()) or ChairForm.new_token(),  # a refused one stays refused
            "host_name": host_name(occurrence.meeting),
            "view": table.TableView(occurrence, table.PUBLIC, now),
            "is_closed": is_closed,
            "why_closed": str(seats.OccurrenceClosed(occurrence, now)),
            "party_choices": [("1", _("Nee")), *((str(n), f"+{n - 1}") for n in range(2, MAX_PARTY + 1))],
            "menu": "agenda",
        },
        status=status,
    )
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return not_indexed(response)


def _heading(occurrence: Occurrence, sign_up: SignUp | None, purpose: str, *, is_closed: bool) -> str:
    """What the form is called, on its page and in the title of the window."""
    if is_closed:
        return _("Hier kun je nu niet aanschuiven")
    if purpose == "other":
        return _("Een stoel voor iemand anders")
    if purpose == "change":
        return _("Iets veranderen")
    if purpose == "already" and sign_up is not None:
        return _("Je zit al aan tafel") if sign_up.state == SignUp.State.SEATED else _("Je staat al op de wachtlijst")
    return _("Ik wacht op een stoel") if occurrence.is_full else _("Ik schuif aan")


def _seat_with_key(
    occurrence: Occurrence,
    form: ChairForm,
    keyring: Keyring | None,
    label: Promise,
    *,
    was: SignUp | None = None,
    may_change: bool = False,
    keeps_address: bool = False,
    now: datetime,
) -> tuple[SignUp, str]:
    """A chair for ``keyring``, or for a new one. The sign-up, and a key to the keyring when it is new; else empty.

    ``was``: what the keyring had here; a new address gets the link by mail. A form that somebody new sent twice is answered twice:
    one keyring, and a key for each answer, for only one of them arrives.
    """
    try:
        with transaction.atomic():
            owner = keyring or keys.new_keyring()
            address = ChairForm.address_of(was) if was else ""
            taken = seats.take(occurrence.pk, owner, **form.as_seats(), may_change=may_change, now=now)
            raw = "" if keyring else keys.mint(Key.Scope.KEYRING, keyring=owner, label=label)
            is_news = taken.told_at == now  # and not the same form once more
            if is_news and keeps_address:
                _keep_address(owner, was=address, given=taken.email)
            if is_news and taken.email not in ("", address) and rate.may_confirm(taken.email):
                transaction.on_commit(partial(notices.tell_confirmed.enqueue, taken.pk))
            return taken, raw
    except seats.FormSentBefore as sent:
        if keyring is not None or sent.again is None or sent.again.keyring is None:
            raise
        return sent.again, keys.mint(Key.Scope.KEYRING, keyring=sent.again.keyring, label=label)


def _for_me(
    request: HttpRequest,
    occurrence: Occurrence,
    form: ChairForm,
    device: keys.Device,
    sign_up: SignUp | None,
    now: datetime,
    *,
    may_change: bool,
) -> HttpResponse:
    is_borrowed = form.cleaned_data["geleend"]
    label = gettext_lazy("geleend apparaat") if is_borrowed else gettext_lazy("apparaat waarmee je aanschoof")
    taken, raw = _seat_with_key(occurrence, form, device.keyring, label, was=sign_up, may_change=may_change, keeps_address=True, now=now)
    if taken.state == SignUp.State.WAITING and taken.occurrence.is_full and form.cleaned_data["vrij"] == "1" and sign_up is None:
        messages.info(request, _("Net te laat: iemand anders nam op hetzelfde moment de laatste stoel."))
    response = see_other(request, occurrence.get_absolute_url())
    if raw:
        keys.remember(response, raw, is_own=not is_borrowed)
    elif sign_up is None and not device.borrowed:
        keys.remember(response, device.raw, is_own=True)  # thirteen months from now on
    return response


def _keep_address(keyring: Keyring, *, was: str, given: str) -> None:
    """A keyring keeps the last address that was given with a chair, and none that was taken away."""
    if given != was and (given or keyring.email == was):
        keyring.email = given
        keyring.save(update_fields=["email"])


def _for_somebody_else(request: HttpRequest, occurrence: Occurrence, form: ChairForm, now: datetime) -> HttpResponse:
    """A keyring of its own that this device does not keep: the link stands on a card, which opens for ten minutes."""
    _taken, raw = _seat_with_key(occurrence, form, None, gettext_lazy("kaartje"), now=now)
    address = reverse("card", args=[occurrence.slug, occurrence.date_key])
    response = see_other(request, address + "?voor=ander")
    response.set_cookie(CARD_COOKIE, raw, max_age=CARD_SECONDS, path=address, secure=settings.TLS, httponly=True, samesite="Strict")
    return response


@never_cache
@read_only
@follows_a_move
def card(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    """The card that goes with a chair: the one of this device, or somebody else's, for a while after it was taken."""
    occurrence = find_occurrence(slug, date_key)
    if occurrence.is_cancelled or occurrence.has_passed(timezone.now()):
        return see_other(request, occurrence.get_absolute_url())  # where it says so: no chair stands ready
    is_other = request.GET.get("voor") == "ander"
    device = keys.Device(request)
    raw = request.COOKIES.get(CARD_COOKIE, "") if is_other else device.raw
    key = keys.resolve(raw, Key.Scope.KEYRING)
    sign_up = occurrence.sign_ups.filter(keyring=key.keyring).first() if key else None
    if sign_up is None:
        if is_other:  # never the card of this device instead: it would be given away
            messages.info(request, _("Dit kaartje laten we niet nog eens zien."))
        return see_other(request, occurrence.get_absolute_url())
    is_borrowed = bool(device.borrowed) and not is_other
    if is_borrowed and device.borrowed == keys.SHOWN:
        messages.info(request, _("Jouw link zag je één keer. Wij laten hem hier niet nog eens zien."))
        return see_other(request, occurrence.get_absolute_url())
    response = render(
        request,
        "meetings/card.html",
        {
            "occurrence": occurrence,
            "meeting": occurrence.meeting,
            "sign_up": sign_up,
            "link": request.build_absolute_uri(reverse("mine_by_key", args=[raw])),
            "is_other": is_other,
            "host_name": host_name(occurrence.meeting),
            "menu": "mijn",
        },
    )
    if is_borrowed and request.method == "GET":
        keys.lend(response, keys.SHOWN)
    return keep_secret(response)


def goodbye(left: seats.Left, occurrence: Occurrence) -> str:
    """What someone who got up is told."""
    match left:
        case seats.Left.PASSED_ON:
            return _("Je bent opgestaan. Je komt niet. Jouw stoel gaat naar de volgende.")
        case seats.Left.FREE:
            return _("Je bent opgestaan. Je komt niet. Jouw stoel is weer vrij.")
        case seats.Left.PLACE_IN_LINE:
            gone = _("Je staat niet meer op de wachtlijst.")
            return f"{gone} {_('Je mag altijd zo binnenlopen.')}" if occurrence.may_walk_in and not occurrence.is_cancelled else gone
        case seats.Left.NOTHING:
            return _("Je had hier geen stoel meer.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@follows_a_move
def leave(request: HttpRequest, slug: str, date_key: str) -> HttpResponse:
    """GET asks, POST gives the chair back."""
    occurrence = find_occurrence(slug, date_key)
    keyring = keys.Device(request).keyring
    sign_up = _sign_up_of(occurrence, keyring)
    if sign_up is None or keyring is None:
        return see_other(request, occurrence.get_absolute_url())
    refused, status = "", 200
    if request.method == "POST" and rate.is_too_often(request, keyring, "leave"):
        refused, status = str(TOO_OFTEN), 429
    elif request.method == "POST":
        try:
            left = seats.leave(occurrence.pk, keyring, now=timezone.now())
        except seats.OccurrenceGone as gone:
            raise Http404 from gone
        except seats.OccurrenceClosed as closed:
            refused, status = str(closed), 422
        else:
            messages.success(request, goodbye(left, occurrence))
            return see_other(request, occurrence.get_absolute_url())
    context = {
        "occurrence": occurrence,
        "meeting": occurrence.meeting,
        "sign_up": sign_up,
        "host_name": host_name(occurrence.meeting),
        "refused": refused,
        "menu": "mijn",
    }
    return keep_secret(render(request, "meetings/leave.html", context, status=status))
