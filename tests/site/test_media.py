import warnings

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient

pytestmark = pytest.mark.django_db  # a 404 page asks the site's name


@pytest.fixture
def stored():
    names = []

    def store(name: str, content: bytes = b"x") -> str:
        names.append(default_storage.save(name, ContentFile(content)))
        return names[-1]

    yield store
    for name in names:
        default_storage.delete(name)


def test_a_picture_is_served_from_our_own_path_and_kept_by_the_browser(client, stored):
    name = stored("images/tafel.jpg", b"\xff\xd8 a picture")

    answer = client.get(f"/media/{name}")

    assert b"".join(answer.streaming_content) == b"\xff\xd8 a picture"
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not answer.cookies


@pytest.mark.parametrize("name", ["images/kwaad.svg", "images/kwaad.html"])
def test_what_a_browser_could_run_is_a_download(client, stored, name):
    answer = client.get(f"/media/{stored(name, b'<script>')}")

    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


NOT_THERE = ["images/nooit.jpg", "images/", "../settings.py", "images/../../x", "documents/a.pdf", "original_images/a.jpg", "secret_key"]
NOT_THERE += [f"images/{up}/{kept}" for up in ("..", "%2e%2e", ".%2E") for kept in ("original_images/a.jpg", "documents/a.pdf")]
NOT_THERE += ["images/./is-er.jpg", "images//is-er.jpg"]
NOT_THERE += ["images/%00", f"images/{'a' * 300}.jpg", "images/is-er.jpg/y"]


@pytest.mark.parametrize("path", NOT_THERE)
def test_anything_else_is_not_there(client, stored, path):
    stored("original_images/a.jpg")
    stored("documents/a.pdf")
    stored("images/is-er.jpg")

    assert client.get(f"/media/{path}").status_code in (400, 404)


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_a_file_is_sent_as_it_is_read_and_no_warning_stands_in_the_log(stored, size):
    name, content = stored("images/groot.jpg", b"x" * size), b"x" * size

    async def ask() -> list[bytes]:
        return [piece async for piece in await AsyncClient().get(f"/media/{name}")]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pieces = async_to_sync(ask)()

    assert b"".join(pieces) == content
    assert all(len(piece) <= 65536 for piece in pieces)
