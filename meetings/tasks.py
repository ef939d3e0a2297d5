"""Work outside a request. Tasks carry ids only: their arguments and errors are stored, and a secret has no place there."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

from . import dates, mail
from .models import Keyring, SignUp
from .models.sign_up import WITH_ADDRESS


@task()
def extend_horizon() -> int:
    """Write every series out to the horizon again."""
    return dates.extend_all(now=timezone.now())


@task()
def tell_confirmed(sign_up_id: int) -> None:
    """Mail someone who gave an address that their chair stands ready, with a link of its own."""
    if sign_up := _still_there(sign_up_id):
        mail.confirmed(sign_up)


@task()
def tell_promoted(sign_up_id: int) -> None:
    """Mail someone who waited that they have a chair; without an address the host's list goes on saying "weet het nog niet"."""
    sign_up = _still_there(sign_up_id)
    if sign_up and sign_up.state == SignUp.State.SEATED and sign_up.told_at is None and mail.promoted(sign_up):
        _told(sign_up_id)


@task()
def tell_cancelled(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and sign_up.occurrence.is_cancelled and mail.cancelled(sign_up):
        _told(sign_up_id)


@task()
def tell_moved(sign_up_id: int) -> None:
    sign_up = _still_there(sign_up_id)
    if sign_up and not sign_up.occurrence.is_cancelled and mail.moved(sign_up):
        _told(sign_up_id)


@task()
def send_link_again(keyring_id: int, sign_up_id: int | None = None) -> None:
    """A new key by mail to the address of a keyring, or to the one that it gave with a sign-up."""
    keyring = Keyring.objects.filter(pk=keyring_id).first()
    if keyring:
        sign_up = keyring.sign_ups.filter(pk=sign_up_id).first() if sign_up_id else None
        mail.link_again(keyring, sign_up.email if sign_up else keyring.email, now=timezone.now())


def tell_everyone(tell: Task[[int], None], occurrence_id: int) -> None:
    """Queue a mail for each who sits or waits at a date and gave an address."""
    for sign_up_id in SignUp.objects.filter(WITH_ADDRESS, occurrence_id=occurrence_id).values_list("id", flat=True):
        tell.enqueue(sign_up_id)


def _told(sign_up_id: int) -> None:
    SignUp.objects.filter(pk=sign_up_id).update(told_at=timezone.now())


def _still_there(sign_up_id: int) -> SignUp | None:
    """The sign-up, unless it was given back since the task was made."""
    return (
        SignUp.objects.select_related("occurrence__meeting", "occurrence__place", "keyring")
        .filter(pk=sign_up_id, keyring__isnull=False)
        .first()
    )
