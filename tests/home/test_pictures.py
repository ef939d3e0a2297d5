"""Pictures of editors are kept without what the camera wrote into them."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.users.models import UserProfile

from tests.staff import signed_in

GPS, MAKER, ORIENTATION = 0x8825, 0x010F, 0x0112


AJAX = {"headers": {"x-requested-with": "XMLHttpRequest"}}


def photo(kind: str) -> SimpleUploadedFile:
    """80 wide and 40 high, turned a quarter, with a place and a maker in it; its left half is red."""
    picture = Picture.new("RGB", (80, 40), "white")
    picture.paste("red", (0, 0, 40, 40))
    exif = Picture.Exif()
    exif[MAKER], exif[ORIENTATION] = "Camera", 6
    exif.get_ifd(GPS).update({1: "N", 2: (51.0, 55.0, 0.0)})
    written = BytesIO()
    picture.save(written, kind, exif=exif, comment=b"van mij")
    return SimpleUploadedFile(f"foto.{kind.lower()}", written.getvalue(), f"image/{kind.lower()}")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_what_the_camera_wrote_is_gone_and_the_picture_stands_upright(admin_user, kind):
    answer = signed_in(admin_user).post(
        "/cms/images/add/", {"title": "Tafel", "file": photo(kind), "collection": 1, "description": "Een tafel."}
    )

    assert answer.status_code == 302
    image = get_image_model().objects.get()
    assert (image.width, image.height) == (40, 80)
    with image.open_file() as file, Picture.open(file) as kept:
        assert kept.format == kind
        assert dict(kept.getexif()) == {}
        assert {"exif", "comment", "xmp"} & set(kept.info) == set()
        red, green, _blue = kept.convert("RGB").getpixel((20, 10))
        assert (red > 200, green < 60) == (True, True)
    assert image.file_size == image.file.size


FORMS = {
    "on a page of its own": ("/cms/images/add/", ""),
    "in a chooser": ("/cms/images/chooser/create/", "image-chooser-upload-"),
}


@pytest.mark.parametrize("where", FORMS)
def test_a_picture_without_a_description_is_refused(admin_user, where):
    address, prefix = FORMS[where]
    values = {"title": "foto", "file": photo("JPEG"), "collection": 1, "description": ""}

    answer = signed_in(admin_user).post(address, {prefix + name: value for name, value in values.items()})

    assert list(answer.context["form"].errors) == ["description"]
    assert not get_image_model().objects.exists()


def test_the_alt_text_offered_in_a_chooser_is_the_description_and_never_the_name_of_the_file(admin_user):
    prefix = "image-chooser-upload-"
    values = {"title": "foto", "file": photo("JPEG"), "collection": 1, "description": "Een lange tafel met soep."}

    answer = signed_in(admin_user).post("/cms/images/chooser/create/", {prefix + name: value for name, value in values.items()})

    assert answer.json()["result"]["default_alt_text"] == "Een lange tafel met soep."


def test_many_pictures_at_once_are_kept_when_each_is_described(admin_user):
    editor = signed_in(admin_user)
    uploaded = editor.post("/cms/images/multiple/add/", {"title": "foto", "files[]": photo("JPEG"), "collection": 1}, **AJAX).json()
    assert uploaded["success"]
    assert not get_image_model().objects.exists()
    pk = uploaded["uploaded_file_id"]
    where, prefix = f"/cms/images/multiple/create_from_uploaded_image/{pk}/", f"uploaded-image-{pk}-"

    refused = editor.post(where, {prefix + "title": "foto", prefix + "description": "", prefix + "collection": 1}, **AJAX)
    editor.post(where, {prefix + "title": "foto", prefix + "description": "Een tafel.", prefix + "collection": 1}, **AJAX)

    assert not refused.json()["success"]
    assert get_image_model().objects.get().description == "Een tafel."


def test_the_portrait_of_an_editor_is_bare_too(admin_user):
    profile = UserProfile.get_for_user(admin_user)
    profile.avatar = photo("JPEG")
    profile.save()
    profile.save()  # the second time there is nothing new

    with profile.avatar.open() as file, Picture.open(file) as kept:
        assert dict(kept.getexif()) == {}
        assert kept.size == (40, 80)


def test_another_title_leaves_the_file_as_it_is(db):
    image = get_image_model().objects.create(title="Tafel", file=photo("JPEG"))
    name, written = image.file.name, bytes_of(image)
    image = get_image_model().objects.get()

    image.title = "Lange tafel"
    image.save()

    assert (image.file.name, bytes_of(image)) == (name, written)


def bytes_of(image: AbstractImage) -> bytes:
    with image.open_file() as file:
        return file.read()
