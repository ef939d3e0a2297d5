"""Mail to people without an account: plain text, in their language, one each.

Every mail that needs a link mints a key of its own, there and then, with a label and an end (design section 4, Keys): nobody
keeps a raw key until a mail is sent. The key of a mail that did not go out is taken back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from . import keys
from .models import Key, Keyring, SignUp

logger = logging.getLogger(__name__)
LINK_DAYS = 90  # how long the link in a mail works after the date, or after the mail when there is none


class MailNotSent(Exception):
    """The mail server did not take a mail now; it may later.

    Says nothing of the recipient: the traceback of a task is stored, and smtplib puts the address in its own errors.
    """


class RecipientRefused(MailNotSent):
    """The mail server will never deliver to this address (a reply 5xx to RCPT, RFC 5321 4.2.1): trying again has no use."""


@contextmanager
def _link(keyring: Keyring, label: str, sign_up: SignUp | None = None) -> Iterator[str]:
    """A link of its own for one mail; when that is not sent, the link ends."""
    ends = sign_up.occurrence.ends_at if sign_up else None
    raw = keys.mint(
        Key.Scope.KEYRING, keyring=keyring, label=label, expires_at=max(ends or timezone.now(), timezone.now()) + timedelta(days=LINK_DAYS)
    )
    try:
        yield settings.BASE_URL + reverse("mine_by_key", args=[raw])
    except BaseException:
        Key.objects.filter(hash=keys.hash_of(raw)).delete()
        raise


def _send(address: str, subject: str, template: str, context: dict[str, object]) -> None:
    """Raises MailNotSent or RecipientRefused."""
    body = re.sub(r"\n{3,}", "\n\n", render_to_string(f"meetings/mail/{template}.txt", context))
    message = EmailMessage(
        subject=" ".join(subject.split()), body=body.strip() + "\n", to=[address], headers={"Auto-Submitted": "auto-generated"}
    )
    try:
        message.send()
    except SMTPRecipientsRefused as refused:
        codes = [code for code, _reply in refused.recipients.values()]
        is_final = bool(codes) and all(500 <= code <= 599 for code in codes)
        raise (RecipientRefused if is_final else MailNotSent)(f"RCPT answered {codes}") from None
    except SMTPResponseException as refused:
        raise MailNotSent(f"{type(refused).__name__}: {refused.smtp_code}") from None
    except (SMTPException, ValueError) as fault:  # ValueError: an address that Python cannot write in a header
        raise MailNotSent(type(fault).__name__) from None


def _about(sign_up: SignUp, subject: str, template: str, *, with_link: bool = True) -> bool:
    """One mail about one chair; False when its owner gave no address, or one that takes no mail. Raises MailNotSent."""
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
            "is_seated": sign_up.state == SignUp.State.SEATED,
            "host_name": occurrence.meeting.host.first_name if hasattr(occurrence.meeting, "host") else "",
            "agenda": settings.BASE_URL + reverse("agenda"),
        }
        label = _("mail over %(title)s") % {"title": occurrence.title[:40]}
        try:
            with _link(keyring, label, sign_up) if with_link else nullcontext("") as link:
                _send(address, _(subject) % {"title": occurrence.title}, template, context | {"link": link})
        except RecipientRefused as refused:
            logger.warning("No mail about sign-up %s: %s", sign_up.pk, refused)
            return False
    return True


def confirmed(sign_up: SignUp) -> bool:
    if sign_up.state == SignUp.State.SEATED:
        return _about(sign_up, gettext_noop("Je zit aan tafel: %(title)s"), "confirmed")
    return _about(sign_up, gettext_noop("Je staat op de wachtlijst: %(title)s"), "confirmed")


def promoted(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Er is een stoel voor je: %(title)s"), "promoted")


def cancelled(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Gaat niet door: %(title)s"), "cancelled", with_link=False)


def reopened(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Gaat toch door: %(title)s"), "reopened")


def moved(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Andere tijd: %(title)s"), "moved")


def elsewhere(sign_up: SignUp) -> bool:
    return _about(sign_up, gettext_noop("Andere plek: %(title)s"), "elsewhere")


def link_again(keyring: Keyring, address: str, *, now: datetime) -> bool:
    """A new link to everything of a keyring, and what it holds of the days that come. Raises MailNotSent."""
    if not address:
        return False
    with translation.override(keyring.language):
        sign_ups = keyring.sign_ups.select_related("occurrence__place").order_by("occurrence__starts_at", "id")
        coming = [sign_up for sign_up in sign_ups if not sign_up.occurrence.has_passed(now)]
        try:
            with _link(keyring, _("mail met jouw link")) as link:
                _send(address, _("Jouw link"), "link_again", {"link": link, "coming": coming})
        except RecipientRefused as refused:
            logger.warning("No mail with the link of keyring %s: %s", keyring.pk, refused)
            return False
    return True
