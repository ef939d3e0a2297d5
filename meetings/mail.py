"""Mail to people without an account: plain text, in their language, one each.

Every mail that needs a link mints a key of its own, there and then, with a label and an end (design section 4, Keys): nobody
keeps a raw key until a mail is sent.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from . import keys
from .models import Key, Keyring, SignUp

LINK_DAYS = 90  # how long the link in a mail works after the date, or after the mail when there is none


def _link(keyring: Keyring, label: str, sign_up: SignUp | None = None) -> str:
    ends = sign_up.occurrence.ends_at if sign_up else None
    raw = keys.mint(
        Key.Scope.KEYRING, keyring=keyring, label=label, expires_at=max(ends or timezone.now(), timezone.now()) + timedelta(days=LINK_DAYS)
    )
    return settings.BASE_URL + reverse("mine_by_key", args=[raw])


def _send(address: str, subject: str, template: str, context: dict[str, object]) -> bool:
    if not address:
        return False
    body = re.sub(r"\n{3,}", "\n\n", render_to_string(f"meetings/mail/{template}.txt", context))
    EmailMessage(
        subject=" ".join(subject.split()), body=body.strip() + "\n", to=[address], headers={"Auto-Submitted": "auto-generated"}
    ).send()
    return True


def _about(sign_up: SignUp, subject: str, template: str, *, with_link: bool = True) -> bool:
    """One mail about one chair; False when its owner gave no address."""
    keyring = sign_up.keyring
    address = sign_up.email or (keyring.email if keyring else "")
    if keyring is None or not address:
        return False
    with translation.override(keyring.language):
        occurrence = sign_up.occurrence
        context = {
            "sign_up": sign_up,
            "occurrence": occurrence,
            "page": settings.BASE_URL + occurrence.get_absolute_url(),
            "link": _link(keyring, _("mail over %(title)s") % {"title": occurrence.title[:40]}, sign_up) if with_link else "",
            "is_seated": sign_up.state == SignUp.State.SEATED,
            "host_name": occurrence.meeting.host.first_name if hasattr(occurrence.meeting, "host") else "",
            "agenda": settings.BASE_URL + reverse("agenda"),
        }
        return _send(address, _(subject) % {"title": occurrence.title}, template, context)


def confirmed(sign_up: SignUp) -> bool:
    if sign_up.state == SignUp.State.SEATED:
        return _about(sign_up, gettext_noop("Je zit aan tafel: %(title)s"), "confirmed")
    return _about(sign_up, gettext_noop("Je staat op de wachtlijst: %(title)s"), "confirmed")


def promoted(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Er is een stoel voor je: %(title)s"), "promoted")


def cancelled(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Gaat niet door: %(title)s"), "cancelled", with_link=False)


def moved(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Andere tijd: %(title)s"), "moved")


def link_again(keyring: Keyring, address: str, *, now: datetime) -> bool:
    """A new link to everything of a keyring, and what it holds of the days that come."""
    with translation.override(keyring.language):
        sign_ups = keyring.sign_ups.select_related("occurrence__place").order_by("occurrence__starts_at", "id")
        coming = [sign_up for sign_up in sign_ups if not sign_up.occurrence.has_passed(now)]
        return _send(address, _("Jouw link"), "link_again", {"link": _link(keyring, _("mail met jouw link")), "coming": coming})
