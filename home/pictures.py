"""Editors' pictures lose what a camera wrote into them (where, when, with which device) before they are kept.

Each is described in words: Wagtail would otherwise offer the name of the file as the alt text (WCAG 1.1.1).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from PIL import Image as Picture
from PIL import ImageOps
from wagtail.images import get_image_model
from wagtail.images.forms import BaseImageForm
from wagtail.images.models import AbstractImage
from wagtail.users.models import UserProfile

QUALITY = 92  # of 100; for the formats that lose something when written again


class DescribedImageForm(BaseImageForm):
    """Every form of a picture in the CMS, also the one in a chooser and the one for many at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["description"]
        field.required = True
        field.label = _("Wat er op de foto staat")
        field.help_text = _("In gewone woorden, voor wie de foto niet ziet.")


def without_metadata(data: bytes) -> bytes:
    """The same picture in the same format, turned as the camera said, with its colour profile and nothing else."""
    with Picture.open(BytesIO(data)) as picture:
        turned = ImageOps.exif_transpose(picture)
        turned.info = {key: value for key, value in picture.info.items() if key in ("icc_profile", "transparency")}
        written = BytesIO()
        turned.save(written, picture.format, quality=QUALITY, icc_profile=picture.info.get("icc_profile"))
    return written.getvalue()


@receiver(pre_save, sender=get_image_model())
def strip(instance: AbstractImage, raw: bool = False, **kwargs: Any) -> None:
    """Only a file that was just given is written again; a change of title leaves the picture as it is."""
    if raw or getattr(instance.file, "_committed", True):
        return
    with instance.open_file() as file:
        data = file.read()
    instance.file = ContentFile(without_metadata(data), name=instance.file.name)
    instance._set_image_file_metadata()


@receiver(pre_save, sender=UserProfile)
def strip_portrait(instance: UserProfile, raw: bool = False, **kwargs: Any) -> None:
    """The picture an editor puts by their own name, which anybody may load who knows its address."""
    if raw or not instance.avatar or instance.avatar._committed:
        return
    instance.avatar = ContentFile(without_metadata(instance.avatar.read()), name=instance.avatar.name)
