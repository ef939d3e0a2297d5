"""What follows by itself when a row that meetings point at changes: names on dates, and pages that a process has in memory."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import ModelLogEntry
from wagtail.signals import page_unpublished

from places.models import Contact, Neighbourhood, Place, PlacePage

from . import live, repeated
from .models import HostDetails, Initiative, Meeting, Occurrence

NAMELESS = {model._meta.model_name: model._meta.verbose_name for model in (Meeting, Occurrence, Initiative)}


def _drop_pages(path: str) -> None:
    """Forget the pages of tables below ``path`` that this process has in memory, once it is certain that they read otherwise."""
    transaction.on_commit(partial(live.drop_cached, path))


@receiver(post_save, sender=Meeting)
@receiver(post_delete, sender=Meeting)
def text_of_a_meeting(instance: Meeting, **kwargs: Any) -> None:
    _drop_pages(instance.path)


@receiver(post_save, sender=HostDetails)
def host_of_a_meeting(instance: HostDetails, **kwargs: Any) -> None:
    _drop_pages(instance.meeting.path)


@receiver(post_save, sender=Occurrence)
def time_of_a_date(instance: Occurrence, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """The pages of a meeting's other dates name it; a chair that is taken (``seats``) leaves ``changed_at`` as it was."""
    if update_fields is None or "changed_at" in update_fields:
        _drop_pages(instance.meeting.path)


@receiver(post_save, sender=Contact)
@receiver(post_delete, sender=Contact)
@receiver(page_unpublished, sender=PlacePage)
def contact_or_facts_of_a_place(**kwargs: Any) -> None:
    """Who you find there, and how you get in: of which tables is not worth finding out."""
    _drop_pages("/agenda/")


@receiver(post_save, sender=Place)
@receiver(post_save, sender=Neighbourhood)
def name_of_a_place(instance: Place | Neighbourhood, created: bool, **kwargs: Any) -> None:
    """A page that is published saves its row with it (``places``): then what it tells of getting in changed too."""
    if not created:
        repeated.copy_name(instance)
        _drop_pages("/agenda/")


@receiver(pre_save, sender=Initiative)
def goes_off_every_list(instance: Initiative, **kwargs: Any) -> None:
    instance.goes_off_lists = not instance.is_listed and Initiative.objects.filter(pk=instance.pk, is_listed=True).exists()


@receiver(post_save, sender=Initiative)
def name_of_an_initiative(instance: Initiative, created: bool, **kwargs: Any) -> None:
    if not created:
        repeated.copy_initiative(instance, went_off=instance.goes_off_lists, now=timezone.now())
        _drop_pages("/agenda/")


@receiver(pre_save, sender=ModelLogEntry)
def no_titles_in_the_log(instance: ModelLogEntry, **kwargs: Any) -> None:
    """The log of the CMS says "bijeenkomst 12": a title would outlive its meeting, and tell of one that went off every list."""
    kind = instance.content_type
    if kind is not None and kind.app_label == "meetings" and kind.model in NAMELESS:
        instance.label = f"{NAMELESS[kind.model]} {instance.object_id}"
