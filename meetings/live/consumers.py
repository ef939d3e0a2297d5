"""The socket of an open page. It only ever receives: every change is a POST."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from .hub import NOT_FOUND, Socket, hub, split

NO_MESSAGES = 1003  # RFC 6455 7.4.1: data of a kind that is not taken


def _who(path: str, cookie: str) -> tuple[str, str] | None:
    """(hash of the device's key or "", audience) of a visitor at a table; None when the page of that address shows no table."""
    from meetings import keys, table
    from meetings.models import Kind, Occurrence

    key = split(path)
    occurrence = (
        key and Occurrence.objects.select_related("meeting").exclude(kind=Kind.KITCHEN_TABLE).filter(slug=key[0], date_key=key[1]).first()
    )
    if not occurrence:
        return None
    keyring = keys.keyring_of_cookie(cookie)
    return keys.hash_of(cookie) if keyring else "", table.audience(occurrence, keyring)


class TableConsumer(AsyncWebsocketConsumer):
    """Keeps one open page at the newest version of its table."""

    # No channel of its own: the hub listens for all, and a page that opens while Redis is away needs nothing of it.
    channel_layer_alias = "none"
    socket: Socket | None = None

    async def connect(self) -> None:
        self.path = self.scope["path"].removeprefix("/ws")
        headers = dict(self.scope["headers"])
        cookie = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.KEYRING_COOKIE, "")
        who = await database_sync_to_async(_who)(self.path, cookie)
        if who is None:
            await self.close(NOT_FOUND)
            return
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("taal", [""])[0]
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        await self.accept()
        self.socket = Socket(self.base_send, self.close, who[0], who[1], language)
        if not await hub.watch(self.path, self.socket):
            await self.close(NOT_FOUND)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(NO_MESSAGES)

    async def disconnect(self, code: Any) -> None:
        if self.socket is not None:
            hub.unwatch(self.path, self.socket)
