"""An open page, as far as the server can tell: a socket of the whole application.

``channels.testing`` itself asks for daphne, which this site has no use for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.utils import timezone

from aanschuiven.asgi import application
from meetings import seats
from meetings.models import Keyring, Occurrence
from tests import factories

PATIENCE = 5.0  # seconds


class Page(ApplicationCommunicator):
    def __init__(
        self, path: str, query: str = "", origin: str = "http://localhost", key: str = "", client: str = "127.0.0.1", forwarded: str = ""
    ) -> None:
        headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
        if key:
            headers.append((b"cookie", f"{settings.KEYRING_COOKIE}={key}".encode()))
        if forwarded:
            headers.append((b"x-forwarded-for", forwarded.encode()))
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
            "client": (client, 40000),
        }
        super().__init__(application, scope)

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(PATIENCE))["type"] == "websocket.accept"

    async def closed_with(self) -> int | None:
        """The code with which the server closes; None when the handshake itself is refused, of which a browser tells nothing."""
        if not await self.connect():
            return None
        message = await self.receive_output(PATIENCE)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def frame(self, timeout: float = PATIENCE) -> str:
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return str(message["text"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(PATIENCE)


@asynccontextmanager
async def page(path: str, **options: Any) -> AsyncIterator[Page]:
    """A page that asks for a socket, and goes away afterwards."""
    made = Page(path, **options)
    try:
        yield made
    finally:
        await made.leave()


@asynccontextmanager
async def opened(table: Occurrence, **options: Any) -> AsyncIterator[Page]:
    """A page whose socket is open; the first frame is still to be read."""
    async with page(address(table), **options) as made:
        assert await made.connect()
        yield made


def address(table: Occurrence) -> str:
    return f"/ws/agenda/{table.slug}/{table.date_key}/"


@sync_to_async
def make_table(**fields: Any) -> Occurrence:
    return factories.occurrence(starts_at=timezone.now() + timedelta(days=2), **{"capacity": 12} | fields)


@sync_to_async
def take_chair(table: Occurrence, **fields: Any) -> Keyring:
    keyring = factories.keyring()
    seats.take(table.pk, keyring, "bewoner", now=timezone.now(), **fields)
    return keyring
