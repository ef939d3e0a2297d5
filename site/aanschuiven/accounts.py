"""Staff: the only people with an account, and how they get in.

Nobody signs up: whoever has access to the CMS makes an account for the next. Signing in takes a passkey, or a code by mail
and a second factor. The very first one gets in by a link that works once (``manage.py staff_link``) and adds a passkey;
until an account has a passkey or a second factor, and this session used it, the CMS stays closed. Nobody has a password, so
there is no way to ask for one or to come in with one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from places.read_only import read_only

from .models import StaffLink

LINK_LASTS = timedelta(hours=24)
FACTORS = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)
STAFF_LINK = "staff_link"
BEHIND_FACTOR = re.compile(r"/cms/|(/[a-z]{2})?/account/email/")  # an address that a code is mailed to is a way in
STRONG = {"mfa", STAFF_LINK}  # ways of signing in that open the CMS: a passkey or second factor, the link that works once


class StaffOnlyAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The passkey first, for who has one: the first is what somebody is asked for."""
        words = {"mfa_reauthenticate:webauthn": _("Gebruik je passkey"), "mfa_reauthenticate": _("Gebruik een code")}
        methods = [
            method | {"description": words[method["id"]]} for method in super().get_reauthentication_methods(user) if method["id"] in words
        ]
        return sorted(methods, key=lambda method: list(words).index(method["id"]))


class PasskeyForm(AddWebAuthnForm):
    """A key that signs in by itself, unless someone has a reason not to: only then is it a second factor."""

    name = forms.CharField(label=_("Naam van deze passkey"), required=False)
    passwordless = forms.BooleanField(label=_("Hiermee kom ik binnen, zonder code."), required=False, initial=True)


@receiver(pre_save, sender=User)
def say_that_there_is_no_password(sender: type[User], instance: User, **kwargs: object) -> None:
    """The CMS makes users without a password field; Django calls an empty one usable, and allauth would ask for it."""
    if not instance.password:
        instance.set_unusable_password()


@receiver(authenticator_added)
def making_one_shows_who_you_are(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Whoever just made a passkey or added an app has used it: asking for it again, or for a code nobody has yet, helps nobody."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


def has_factor(user: AbstractBaseUser) -> bool:
    """Whether this account has a passkey or a second factor."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def anyone_has_factor() -> bool:
    """Whether somebody can already reach everything in the CMS."""
    return Authenticator.objects.filter(user__is_superuser=True, user__is_active=True, type__in=FACTORS).exists()


def factor_first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: before the CMS, or the list of their addresses, opens, lead staff to the page where they use their passkey or
    second factor, or add one.

    That the account has one is not enough: whoever came in by a mailed code alone has only shown that they can read a mailbox.

    It is the innermost middleware and knows no async on purpose: then Django runs the whole chain in one thread a request,
    instead of crossing from the event loop to a thread and back for each middleware.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if BEHIND_FACTOR.match(request.path_info) and request.user.is_authenticated:
            if not has_factor(request.user):
                return redirect("mfa_index")
            if not any(record["method"] in STRONG for record in get_authentication_records(request, request.user)):
                first = get_adapter().get_reauthentication_methods(request.user)[0]
                return redirect(f"{first['url']}?{urlencode({'next': request.get_full_path()})}")
        return get_response(request)

    return middleware


@read_only
def cms_login(request: HttpRequest) -> HttpResponse:
    """Wagtail's own sign-in page asks a password that nobody has."""
    goal = request.GET.get("next") or reverse("wagtailadmin_home")
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': goal})}")


def not_here(request: HttpRequest) -> HttpResponse:
    """Where allauth sets, changes and resets passwords, which would be a way in beside the passkey, and confirms addresses; and where
    Wagtail shows what a fault looks like.
    """
    raise Http404


def hash_of(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def make_link(user: User, *, now: datetime) -> str:
    """A link (its path) that signs ``user`` in once within ``LINK_LASTS``; earlier links of theirs end."""
    raw = secrets.token_urlsafe(32)
    with transaction.atomic():
        StaffLink.objects.filter(user=user, used_at=None).delete()
        StaffLink.objects.create(user=user, hash=hash_of(raw), expires_at=now + LINK_LASTS)
    return reverse("staff_link", args=[raw])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_link(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows a button, so that whatever fetches links beforehand uses none up; POST signs in."""
    now = timezone.now()
    links = StaffLink.objects.filter(hash=hash_of(key), used_at=None, expires_at__gt=now, user__is_active=True)
    link = links.select_related("user").first()
    if link is not None and request.method == "POST" and links.filter(pk=link.pk).update(used_at=now):
        get_adapter().login(request, link.user)
        record_authentication(request, link.user, method=STAFF_LINK, reauthenticated=True)  # so that what follows asks nothing twice
        response: HttpResponse = redirect("mfa_index")
        response.status_code = 303
    else:
        is_spent = link is None or request.method == "POST"
        response = render(request, "account/staff_link.html", {"is_spent": is_spent}, status=410 if is_spent else 200)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
