"""What is too large is refused before it is read, or as soon as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aanschuiven import bodies
from aanschuiven.asgi import django_application
from aanschuiven.bodies import BodyLimit


async def post(
    chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None, method: str = "POST"
) -> tuple[list[dict[str, Any]], int]:
    """What is sent back, and how many chunks were read, of a POST to /healthz through Django."""
    sent: list[dict[str, Any]] = []
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        if read == len(chunks):
            return await asyncio.get_running_loop().create_future()  # the visitor waits for an answer
        read += 1
        return {"type": "http.request", "body": chunks[read - 1], "more_body": read < len(chunks)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/en/agenda/", "query_string": b"", "headers": headers or [], "http_version": "1.1"}
    await BodyLimit(django_application)(scope, receive, send)
    return sent, read


async def test_who_says_that_it_is_too_large_is_refused_unread():
    sent, read = await post([b"x"], [(b"content-length", str(bodies.MOST + 1).encode())])

    assert sent[0]["status"] == 413
    assert read == 0
    assert b'lang="en"' in sent[1]["body"]
    headers = dict(sent[0]["headers"])
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'; script-src 'self'; ")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"same-origin"
    assert headers[b"content-language"] == b"en"


async def test_who_does_not_say_it_is_stopped_on_the_way():
    piece = b"x" * (bodies.MOST // 4)

    sent, read = await post([piece] * 40)

    assert sent[0]["status"] == 413
    assert read == 5


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"9" * 5000, b"x"])
async def test_a_length_that_is_none_is_refused(length: bytes):
    sent, _read = await post([b""], [(b"content-length", length)])

    assert sent[0]["status"] == 413


@pytest.mark.django_db(transaction=True)
async def test_an_ordinary_form_is_read_whole():
    sent, read = await post([b"a=1&", b"b=2"], [(b"host", b"localhost"), (b"content-length", b"7")])

    assert sent[0]["status"] == 405  # it came, to a page that takes no form
    assert read == 2
