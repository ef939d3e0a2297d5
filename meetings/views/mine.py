"""Mijn stoelen: what a keyring holds, on this device or by its secret link."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from meetings import keys, rate, seats, tasks
from meetings.forms import LostLinkForm
from meetings.models import Key, Keyring

from .meeting import keep_secret, see_other


def _chairs(
    request: HttpRequest, keyring: Keyring | None, raw: str, *, by_link: bool, status: int = 200, refused: str = ""
) -> HttpResponse:
    now = timezone.now()
    sign_ups = list(keyring.sign_ups.select_related("occurrence__meeting__host").order_by("occurrence__starts_at", "id")) if keyring else []
    response = render(
        request,
        "meetings/mine.html",
        {
            "keyring": keyring,
            "coming": [s for s in sign_ups if not s.occurrence.has_passed(now)],
            "been": [s for s in reversed(sign_ups) if s.occurrence.has_passed(now)][:10],
            "link": request.build_absolute_uri(reverse("mine_by_key", args=[raw])) if keyring else "",
            "raw": raw,
            "by_link": by_link,
            "is_borrowed": keys.BORROWED_COOKIE in request.COOKIES and not by_link,
            "shows_link": by_link or keys.BORROWED_COOKIE not in request.COOKIES,
            "refused": refused,
            "menu": "mijn",
        },
        status=status,
    )
    return keep_secret(response)


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    return _chairs(request, keys.keyring_of(request), request.COOKIES.get(settings.KEYRING_COOKIE, ""), by_link=False)


def _keyring_behind(request: HttpRequest, raw: str) -> Keyring:
    """The keyring of a link. Unknown, ended and mistyped links get the same 404; guessing is slowed down."""
    key = keys.resolve(raw, Key.Scope.KEYRING)
    if key is None or key.keyring is None:
        rate.is_too_often(request, None, "wrong key")
        raise Http404
    return key.keyring


@never_cache
@require_safe
def by_key(request: HttpRequest, key: str) -> HttpResponse:
    """The same by link, on any device. Sets no cookie: a button does."""
    return _chairs(request, _keyring_behind(request, key), key, by_link=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remember(request: HttpRequest, key: str) -> HttpResponse:
    if request.method != "POST":
        return see_other(request, reverse("mine_by_key", args=[key]))
    _keyring_behind(request, key)
    response = see_other(request, reverse("mine"))
    keys.remember(response, key)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave_by_key(request: HttpRequest, key: str, sign_up_id: int) -> HttpResponse:
    if request.method != "POST":
        return see_other(request, reverse("mine_by_key", args=[key]))
    keyring = _keyring_behind(request, key)
    sign_up = keyring.sign_ups.filter(pk=sign_up_id).first()
    if sign_up is not None:
        try:
            seats.leave(sign_up.occurrence_id, keyring, now=timezone.now())
        except seats.OccurrenceClosed as closed:
            return _chairs(request, keyring, key, by_link=True, status=422, refused=str(closed))
        messages.success(request, _("Je bent opgestaan. Je komt niet. Jouw stoel gaat naar de volgende."))
    return see_other(request, reverse("mine_by_key", args=[key]))


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
    keyring = keys.keyring_of(request)
    response = see_other(request, reverse("mine"))
    if keyring:
        keys.revoke_all(keyring, now=timezone.now())
        keys.remember(response, keys.mint(Key.Scope.KEYRING, keyring=keyring, label=_("nieuwe link")))
        messages.success(request, _("Dit is jouw nieuwe link. De oude werkt niet meer."))
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Everything of this keyring goes at once; coming chairs fall free for the next."""
    keyring = keys.keyring_of(request)
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
            for keyring in known:
                tasks.send_link_again.enqueue(keyring.pk)
            messages.success(
                request, _("Kennen we dit adres? Dan is er een mail onderweg met een nieuwe link. Kijk ook bij ongewenste mail.")
            )
            return see_other(request, reverse("lost"))
        else:
            status = 422
    return render(request, "meetings/lost.html", {"form": form, "menu": "mijn"}, status=status)
