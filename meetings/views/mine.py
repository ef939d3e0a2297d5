"""Mijn stoelen: what a keyring holds, on this device or by its secret link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from meetings import keys, notices, rate, seats
from meetings.forms import LostLinkForm
from meetings.models import Key, Keyring, SignUp
from places.read_only import read_only

from .chair import TOO_OFTEN, goodbye
from .meeting import keep_secret, see_other

BORROWED_FOR = timedelta(days=1)  # how long the link works that a borrowed device got of its own


def _chairs(request: HttpRequest, key: Key | None, raw: str, *, by_link: bool, status: int = 200, refused: str = "") -> HttpResponse:
    """What the keyring behind ``key`` holds; ``raw`` is that key, as the page shows it again."""
    now, device = timezone.now(), keys.Device(request)
    keyring = key.keyring if key else None
    sign_ups = list(keyring.sign_ups.select_related("occurrence__meeting__host").order_by("occurrence__starts_at", "id")) if keyring else []
    ahead = [s for s in sign_ups if not (s.occurrence.has_passed(now) or s.occurrence.is_cancelled)]
    response = render(
        request,
        "meetings/mine.html",
        {
            "keyring": keyring,
            "coming": [s for s in ahead if s.state == SignUp.State.SEATED],
            "waiting": [s for s in ahead if s.state == SignUp.State.WAITING],
            "cancelled": [s for s in sign_ups if s.occurrence.is_cancelled and not s.occurrence.has_passed(now)],
            "begun": {s.pk for s in sign_ups if s.occurrence.has_begun(now)},  # too late to get up
            "been": [s for s in reversed(sign_ups) if s.occurrence.has_passed(now)][:10],
            "links": keys.links_of(keyring, now=now) if keyring else [],
            "link_in_use": key,
            "link": request.build_absolute_uri(reverse("mine_by_key", args=[raw])) if keyring else "",
            "raw": raw,
            "by_link": by_link,
            "is_borrowed": bool(device.borrowed) and not by_link,
            "shows_link": by_link or device.borrowed != keys.SHOWN,
            "is_of_other": by_link and device.keyring not in (None, keyring),
            "refused": refused,
            "menu": "mijn",
        },
        status=status,
    )
    if keyring and device.borrowed == keys.NOT_SHOWN and not by_link and request.method == "GET":
        keys.lend(response, keys.SHOWN)
    return keep_secret(response)


@never_cache
@read_only
def mine(request: HttpRequest) -> HttpResponse:
    device = keys.Device(request)
    return _chairs(request, device.key, device.raw, by_link=False)


@dataclass(frozen=True)
class Opened:
    """What a secret link opens."""

    key: Key
    keyring: Keyring
    raw: str  # the key itself, for the addresses on its page


def opened_by_key(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view of a secret link the key behind it, in the language of its keyring: such an address has no prefix that says one.

    GET shows the page of the link, at the address as we write it; what the other addresses do takes a POST. Unknown and ended links
    get the same 404, and 429 when a network tries too many: a right one goes on working there.

    Such a page sets no cookie, so its forms carry no CSRF token: the secret is in their address, and who knows that needs no
    visitor's browser to send them. Where a browser would remember something, ``remember`` looks for itself.
    """

    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request: HttpRequest, key: str, **arguments: int) -> HttpResponse:
        here = reverse("mine_by_key", args=[key])
        if request.method != "POST" and request.path != here:
            return keep_secret(see_other(request, here))
        found = keys.resolve(key, Key.Scope.KEYRING)
        if found is None or found.keyring is None:
            translation.activate(translation.get_language_from_request(request))
            if rate.is_too_often(request, None, "wrong key"):
                return keep_secret(render(request, "429.html", status=429))
            raise Http404
        translation.activate(found.keyring.language)
        return keep_secret(view(request, Opened(found, found.keyring, key), **arguments))

    return wrapped


@opened_by_key
def by_key(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The same by link, on any device. Sets no cookie: a button does."""
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return _chairs(request, opened.key, opened.raw, by_link=True)


def _too_often(request: HttpRequest, opened: Opened) -> HttpResponse | None:
    """The page of a link with a sentence, for who pressed its buttons too often."""
    if not rate.is_too_often(request, opened.keyring, "mine"):
        return None
    return _chairs(request, opened.key, opened.raw, by_link=True, status=429, refused=str(TOO_OFTEN))


def _is_ours(request: HttpRequest) -> bool:
    """Whether a page of ours sent this form, as far as its browser says.

    From a page without referrer a browser says ``Origin: null``; then ``Sec-Fetch-Site`` tells, which browsers leave out on plain
    http and before 2023. One that says neither is no browser, or older than any that could be fooled. ``request.headers`` has what
    was sent, also where ``META`` was put right (``aanschuiven.csrf``).
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Origin") in (None, f"{request.scheme}://{request.get_host()}")


@opened_by_key
def remember(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The device gets a link of its own, so that it goes on when this one is ended, and ends without it.

    No other site may plant its link on a visitor's device: what they write there would be somebody else's to read. A form of which
    we cannot tell where it came from is asked again, with a token.
    """
    if too_often := _too_often(request, opened):
        return too_often
    if _is_ours(request):
        return _remember(request, opened)
    if "csrfmiddlewaretoken" not in request.POST:
        context = {"raw": opened.raw, "is_borrowed": bool(request.POST.get("geleend")), "menu": "mijn"}
        return render(request, "meetings/remember.html", context, status=403)
    return csrf_protect(_remember)(request, opened)


def _remember(request: HttpRequest, opened: Opened) -> HttpResponse:
    response, keyring = see_other(request, reverse("mine")), opened.keyring
    if keys.Device(request).keyring == keyring:
        return response
    if request.POST.get("geleend"):
        until = timezone.now() + BORROWED_FOR
        raw = keys.mint(Key.Scope.KEYRING, keyring=keyring, label=gettext_lazy("geleend apparaat"), expires_at=until)
        keys.remember(response, raw, is_own=False)
        keys.lend(response, keys.SHOWN)  # who came by a link has one
    else:
        raw = keys.mint(Key.Scope.KEYRING, keyring=keyring, label=gettext_lazy("apparaat dat jouw link onthoudt"))
        keys.remember(response, raw, is_own=True)
    return response


@opened_by_key
def leave_by_key(request: HttpRequest, opened: Opened, *, sign_up_id: int) -> HttpResponse:
    if too_often := _too_often(request, opened):
        return too_often
    sign_up = opened.keyring.sign_ups.select_related("occurrence").filter(pk=sign_up_id).first()
    if sign_up is not None:
        try:
            left = seats.leave(sign_up.occurrence_id, opened.keyring, now=timezone.now())
        except seats.OccurrenceGone:
            left = seats.Left.NOTHING
        except seats.OccurrenceClosed as closed:
            return _chairs(request, opened.key, opened.raw, by_link=True, status=422, refused=str(closed))
        messages.success(request, goodbye(left, sign_up.occurrence))
    return see_other(request, reverse("mine_by_key", args=[opened.raw]))


@opened_by_key
def end_link_by_key(request: HttpRequest, opened: Opened, *, key_id: int) -> HttpResponse:
    """One link of a keyring stops: who holds one can let a device remember it, and so do all of this already."""
    if too_often := _too_often(request, opened):
        return too_often
    back = reverse("mine") if opened.key.pk == key_id else reverse("mine_by_key", args=[opened.raw])
    return _end(request, opened.keyring, key_id, back)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_link(request: HttpRequest, key_id: int) -> HttpResponse:
    """One link of this device's keyring stops, and the others go on."""
    device = keys.Device(request)
    if request.method != "POST" or device.keyring is None:
        return see_other(request, reverse("mine"))
    if rate.is_too_often(request, device.keyring, "mine"):
        return _chairs(request, device.key, device.raw, by_link=False, status=429, refused=str(TOO_OFTEN))
    return _end(request, device.keyring, key_id, reverse("mine"))


def _end(request: HttpRequest, keyring: Keyring, key_id: int, back: str) -> HttpResponse:
    if not keys.revoke(keyring, key_id, now=timezone.now()):
        raise Http404
    response = see_other(request, back)
    held = keys.Device(request).raw
    if held and keyring.keys.filter(pk=key_id, hash=keys.hash_of(held)).exists():
        keys.forget(response)
        messages.success(request, _("Die link werkt niet meer. Dit apparaat weet niets meer van jou. Je stoelen blijven van jou."))
    else:
        messages.success(request, _("Die link werkt niet meer. Je stoelen blijven van jou."))
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest) -> HttpResponse:
    """The device forgets; the chairs stay. Who comes back to this address later is shown the buttons again.

    Not counted: it asks the database nothing, and on a borrowed device nobody should hear "wait an hour".
    """
    if request.method != "POST":
        return see_other(request, reverse("mine"))
    messages.success(request, _("Dit apparaat weet niets meer van jou. Je stoelen blijven van jou, met jouw link."))
    response = see_other(request, reverse("mine"))
    keys.forget(response)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """A new link; every old one ends at once."""
    if request.method != "POST":
        return see_other(request, reverse("mine"))
    device = keys.Device(request)
    response = see_other(request, reverse("mine"))
    if keyring := device.keyring:
        if rate.is_too_often(request, keyring, "mine"):
            return _chairs(request, device.key, device.raw, by_link=False, status=429, refused=str(TOO_OFTEN))
        with transaction.atomic():  # else who is cut off in between has no link at all
            keys.revoke_all(keyring, now=timezone.now())
            raw = keys.mint(Key.Scope.KEYRING, keyring=keyring, label=gettext_lazy("nieuwe link"))
        keys.remember(response, raw, is_own=not device.borrowed)
        messages.success(request, _("Dit is jouw nieuwe link. De oude werkt niet meer."))
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Everything of this keyring goes at once; coming chairs fall free for the next."""
    keyring = keys.Device(request).keyring
    if keyring is None:
        return see_other(request, reverse("mine"))
    is_too_often = request.method == "POST" and rate.is_too_often(request, keyring, "mine")
    if request.method != "POST" or is_too_often:
        context = {"menu": "mijn", "refused": TOO_OFTEN if is_too_often else ""}
        return keep_secret(render(request, "meetings/erase.html", context, status=429 if is_too_often else 200))
    seats.erase(keyring, now=timezone.now())
    messages.success(request, _("Alles van jou is weg. Je stoelen zijn vrij voor een ander."))
    response = see_other(request, reverse("mine"))
    keys.forget(response)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest) -> HttpResponse:
    """ "Stuur mijn link nog eens": the answer is the same whether or not we know the address."""
    form = LostLinkForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if rate.is_too_often(request, None, "lost"):
            form.add_error(None, TOO_OFTEN)
            status = 429
        elif form.is_valid():
            address = form.cleaned_data["email"]
            known = Keyring.objects.filter(Q(email__iexact=address) | Q(sign_ups__email__iexact=address)).distinct().order_by("-id")[:5]
            for keyring in filter(rate.may_mail, known):
                gave_it = keyring.sign_ups.filter(email__iexact=address).first()
                notices.send_link_again.enqueue(keyring.pk, gave_it.pk if gave_it else None)
            messages.success(
                request, _("Kennen we dit adres? Dan is er een mail onderweg met een nieuwe link. Kijk ook bij ongewenste mail.")
            )
            return see_other(request, reverse("lost"))
        else:
            status = 422
    return render(request, "meetings/lost.html", {"form": form, "menu": "mijn"}, status=status)
