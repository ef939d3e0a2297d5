"""Notices: who is mailed when something changes, outside the request that changed it.

Tasks carry ids only: their arguments, results and errors are stored, and neither a secret nor an address has a place there.
One of them (``tell_all``) puts a mail in the queue for each who has to hear of a change; ``SignUp.told_at`` says who knows, so
that a task that runs twice mails nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django_tasks import task

from . import mail
from .models import Keyring, SignUp
from .models.sign_up import WITH_ADDRESS


@task()
def tell_confirmed(sign_up_id: int) -> None:
    """Mail someone who gave an address that their chair stands ready, with a link of its own."""
    if sign_up := _still_there(sign_up_id):
        mail.confirmed(sign_up)


@task()
def tell_promoted(sign_up_id: int) -> None:
    """Mail someone who waited that they have a chair; without an address the host's list goes on saying "weet het nog niet"."""
    sign_up = _still_there(sign_up_id)
    if sign_up and sign_up.state == SignUp.State.SEATED and not sign_up.occurrence.is_cancelled:
        _tell(mail.promoted, sign_up)


@task()
def tell_cancelled(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and sign_up.occurrence.is_cancelled:
        _tell(mail.cancelled, sign_up)


@task()
def tell_reopened(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and not sign_up.occurrence.is_cancelled:
        _tell(mail.reopened, sign_up)


@task()
def tell_moved(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and not sign_up.occurrence.is_cancelled:
        _tell(mail.moved, sign_up)


@task()
def tell_elsewhere(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and not sign_up.occurrence.is_cancelled:
        _tell(mail.elsewhere, sign_up)


@task()
def send_link_again(keyring_id: int, sign_up_id: int | None = None) -> None:
    """A new key by mail to the address of a keyring, or to the one that it gave with a sign-up."""
    keyring = Keyring.objects.filter(pk=keyring_id).first()
    if keyring:
        sign_up = keyring.sign_ups.filter(pk=sign_up_id).first() if sign_up_id else None
        mail.link_again(keyring, sign_up.email if sign_up else keyring.email, now=timezone.now())


CHANGES = {"cancelled": tell_cancelled, "elsewhere": tell_elsewhere, "moved": tell_moved, "reopened": tell_reopened}


@task()
def tell_all(change: str, occurrence_id: int) -> int:
    """Queue a mail for each who sits or waits at a date, gave an address and does not know of a change; how many.

    ``change`` is one of ``CHANGES``. A thousand of these rows are more than a request should wait for.
    """
    unaware = SignUp.objects.filter(WITH_ADDRESS, occurrence_id=occurrence_id, told_at=None, keyring__isnull=False)
    ids = list(unaware.order_by("id").values_list("id", flat=True))
    for sign_up_id in ids:
        CHANGES[change].enqueue(sign_up_id)
    return len(ids)


def _tell(send: Callable[[SignUp], bool], sign_up: SignUp) -> None:
    """Mail someone who does not know yet, and remember that they do."""
    if sign_up.told_at is None and send(sign_up):
        SignUp.objects.filter(pk=sign_up.pk).update(told_at=timezone.now())


def _still_there(sign_up_id: int) -> SignUp | None:
    """The sign-up, unless it was given back since the task was made."""
    return (
        SignUp.objects.select_related("occurrence__meeting", "occurrence__place", "keyring")
        .filter(pk=sign_up_id, keyring__isnull=False)
        .first()
    )
