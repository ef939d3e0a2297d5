"""How much a request may carry: read no further than the largest picture or document that an editor may give.

Django keeps a whole body in a file before any view sees it, also one that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from .languages import language_of

POLICY = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()).encode()
MOST = 16 * 1024 * 1024  # bytes; pictures in the CMS may have 12 MB

Message = dict[str, Any]


class TooMuch(Exception):
    """The body went on past ``MOST``."""


class BodyLimit:
    """ASGI: 413 (RFC 9110 15.5.14) to a request that says it carries more than ``MOST`` bytes, or does."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length[:20]) > MOST:
            await _refuse(scope, send)
            return
        came, began = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > MOST:
                raise TooMuch
            return message

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.application(scope, counted, watched)
        except TooMuch:
            if not began:
                await _refuse(scope, send)


async def _refuse(scope: dict[str, Any], send: Callable[[Message], Awaitable[None]]) -> None:
    body = await sync_to_async(_page)(scope["path"])
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"content-language", language_of(scope["path"]).encode()),
        (b"content-security-policy", POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _page(path: str) -> bytes:
    with translation.override(language_of(path)):
        return render_to_string("413.html").encode()
