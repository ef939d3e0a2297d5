"""What follows by itself when a row that meetings point at changes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import ModelLogEntry

from places.models import Neighbourhood, Place

from . import dates
from .models import Initiative, Meeting, Occurrence

NAMELESS = {model._meta.model_name: model._meta.verbose_name for model in (Meeting, Occurrence, Initiative)}


@receiver(post_save, sender=Place)
@receiver(post_save, sender=Neighbourhood)
def name_of_a_place(instance: Place | Neighbourhood, created: bool, **kwargs: Any) -> None:
    if not created:
        dates.copy_name(instance)


@receiver(post_save, sender=Initiative)
def name_of_an_initiative(instance: Initiative, created: bool, **kwargs: Any) -> None:
    if not created:
        dates.copy_initiative(instance, now=timezone.now())


@receiver(pre_save, sender=ModelLogEntry)
def no_titles_in_the_log(instance: ModelLogEntry, **kwargs: Any) -> None:
    """The log of the CMS says "bijeenkomst 12": a title would outlive its meeting, and tell of one that went off every list."""
    kind = instance.content_type
    if kind is not None and kind.app_label == "meetings" and kind.model in NAMELESS:
        instance.label = f"{NAMELESS[kind.model]} {instance.object_id}"
