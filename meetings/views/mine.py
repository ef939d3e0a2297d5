"""Mijn stoelen: what a keyring holds, on this device or by its secret link."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from meetings import keys, rate, seats, tasks
from meetings.forms import LostLinkForm
from meetings.models import Key, Keyring

from .chair import goodbye
from .meeting import keep_secret, see_other

BORROWED_FOR = timedelta(days=1)  # how long the link works that a borrowed device got of its own


def _chairs(request: HttpRequest, key: Key | None, raw: str, *, by_link: bool, status: int = 200, refused: str = "") -> HttpResponse:
    """What the keyring behind ``key`` holds; ``raw`` is that key, as the page shows it again."""
    now, device = timezone.now(), keys.Device(request)
    keyring = key.keyring if key else None
    sign_ups = list(keyring.sign_ups.select_related("occurrence__meeting__host").order_by("occurrence__starts_at", "id")) if keyring else []
    response = render(
        request,
        "meetings/mine.html",
        {
            "keyring": keyring,
            "coming": [s for s in sign_ups if not s.occurrence.has_passed(now)],
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
    if keyring and device.borrowed == keys.NOT_SHOWN and not by_link:
        keys.lend(response, keys.SHOWN)
    return keep_secret(response)


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    device = keys.Device(request)
    return _chairs(request, device.key, device.raw, by_link=False)


def _opened(request: HttpRequest, raw: str) -> tuple[Key, Keyring]:
    """The key of a link and its keyring, and from here on its language: such an address has no prefix that says one.

    Unknown, ended and mistyped links get the same 404; guessing is slowed down.
    """
    key = keys.resolve(raw, Key.Scope.KEYRING)
    if key is None or key.keyring is None:
        rate.is_too_often(request, None, "wrong key")
        raise Http404
    translation.activate(key.keyring.language)
    return key, key.keyring


@never_cache
@require_safe
def by_key(request: HttpRequest, key: str) -> HttpResponse:
    """The same by link, on any device. Sets no cookie: a button does."""
    opened, _keyring = _opened(request, key)
    return _chairs(request, opened, key, by_link=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remember(request: HttpRequest, key: str) -> HttpResponse:
    """The device gets a link of its own, so that it goes on when this one is ended, and ends without it."""
    if request.method != "POST":
        return see_other(request, reverse("mine_by_key", args=[key]))
    _key, keyring = _opened(request, key)
    response = see_other(request, reverse("mine"))
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave_by_key(request: HttpRequest, key: str, sign_up_id: int) -> HttpResponse:
    if request.method != "POST":
        return see_other(request, reverse("mine_by_key", args=[key]))
    opened, keyring = _opened(request, key)
    sign_up = keyring.sign_ups.filter(pk=sign_up_id).first()
    if sign_up is not None:
        try:
            left = seats.leave(sign_up.occurrence_id, keyring, now=timezone.now())
        except seats.OccurrenceClosed as closed:
            return _chairs(request, opened, key, by_link=True, status=422, refused=str(closed))
        messages.success(request, goodbye(left))
    return see_other(request, reverse("mine_by_key", args=[key]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_link(request: HttpRequest, key_id: int) -> HttpResponse:
    """One link of this device's keyring stops, and the others go on."""
    keyring = keys.Device(request).keyring
    if request.method != "POST" or keyring is None:
        return see_other(request, reverse("mine"))
    return _end(request, keyring, key_id, reverse("mine"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_link_by_key(request: HttpRequest, key: str, key_id: int) -> HttpResponse:
    """The same by link: who holds one can let a device remember it, and so do all of this already."""
    here = reverse("mine_by_key", args=[key])
    if request.method != "POST":
        return see_other(request, here)
    opened, keyring = _opened(request, key)
    return _end(request, keyring, key_id, reverse("mine") if opened.pk == key_id else here)


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
    """The device forgets; the chairs stay. Who comes back to this address later is shown the buttons again."""
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
        keys.revoke_all(keyring, now=timezone.now())
        raw = keys.mint(Key.Scope.KEYRING, keyring=keyring, label=gettext_lazy("nieuwe link"))
        keys.remember(response, raw, is_own=not device.borrowed)
        messages.success(request, _("Dit is jouw nieuwe link. De oude werkt niet meer."))
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Everything of this keyring goes at once; coming chairs fall free for the next."""
    keyring = keys.Device(request).keyring
    if keyring is None:
        return see_other(request, reverse("mine"))
    if request.method == "GET":
        return keep_secret(render(request, "meetings/erase.html", {"menu": "mijn"}))
    seats.erase(keyring, now=timezone.now())
    messages.success(request, _("Alles van jou is weg. Je stoelen zijn vrij voor een ander."))
    response = see_other(request, reverse("mine"))
    keys.forget(response)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def lost(request: HttpRequest) -> HttpResponse:
    """ "Stuur mijn link nog eens": the answer is the same whether or not we know the address."""
    form = LostLinkForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if rate.is_too_often(request, None, "lost"):
            form.add_error(None, _("Dat ging te vaak achter elkaar. Wacht een uur en probeer het dan weer."))
            status = 429
        elif form.is_valid():
            address = form.cleaned_data["email"]
            known = Keyring.objects.filter(Q(email__iexact=address) | Q(sign_ups__email__iexact=address)).distinct().order_by("-id")[:5]
            for keyring in filter(rate.may_mail, known):
                gave_it = keyring.sign_ups.filter(email__iexact=address).first()
                tasks.send_link_again.enqueue(keyring.pk, gave_it.pk if gave_it else None)
            messages.success(
                request, _("Kennen we dit adres? Dan is er een mail onderweg met een nieuwe link. Kijk ook bij ongewenste mail.")
            )
            return see_other(request, reverse("lost"))
        else:
            status = 422
    return render(request, "meetings/lost.html", {"form": form, "menu": "mijn"}, status=status)
