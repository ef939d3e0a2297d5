"""The socket of an open page. It only ever receives: every change is a POST."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from meetings import keys, rate, table
from meetings.models import Kind, Occurrence

from .crowd import crowd
from .hub import NOT_FOUND, TRY_AGAIN, Socket, hub, split

NO_MESSAGES = 1003  # RFC 6455 7.4.1: data of a kind that is not taken


def _who(path: str, cookie: str) -> tuple[str, str] | None:
    """(hash of the device's key or "", audience) of a visitor at a table; None when the page of that address shows no table."""
    key = split(path)
    occurrence = key and Occurrence.objects.select_related("meeting").exclude(kind=Kind.KITCHEN_TABLE).at(*key).first()
    if not occurrence:
        return None
    keyring = keys.keyring_of_cookie(cookie)
    return keys.hash_of(cookie) if keyring else "", table.audience(occurrence, keyring)


class TableConsumer(AsyncWebsocketConsumer):
    """Keeps one open page at the newest version of its table.

    The query string of its address carries the page's language (``taal``) and the version it was loaded with (``versie``).
    A socket is opened before it is refused: a browser does not tell its page why a handshake failed, but does tell the code
    with which a socket was closed, and the page acts on it (4404: stop; anything else: come back later).
    """

    # No channel of its own: the hub listens for all, and a page that opens while Redis is away needs nothing of it.
    channel_layer_alias = "none"
    socket: Socket | None = None
    is_closed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        network = rate.network_of((scope.get("client") or ("",))[0], _header(scope, b"x-forwarded-for", b","))
        self.has_room = crowd.enter(network)
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.has_room:
                crowd.leave(network)
            if self.socket is not None:
                hub.unwatch(self.path, self.socket)

    async def connect(self) -> None:
        self.path = self.scope["path"].removeprefix("/ws")
        why = await self._watch() if self.has_room else TRY_AGAIN
        if why:
            if self.socket is None:
                await self.accept()
            await self.close(why)

    async def _watch(self) -> int | None:
        """Let the hub keep this page at the newest version; the code to close with when it cannot."""
        cookie = parse_cookie(_header(self.scope, b"cookie", b"; ")).get(settings.KEYRING_COOKIE, "")
        try:
            who = await database_sync_to_async(_who)(self.path, cookie)
        except Exception:
            hub.complain("the database did not answer; pages ask for a socket again later")
            return TRY_AGAIN
        if who is None:
            return NOT_FOUND
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        asked, shown = query.get("taal", [""])[0], query.get("versie", [""])[0]
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        await self.accept()
        self.socket = Socket(self.base_send, self.close, who[0], who[1], language, int(shown) if re.fullmatch("[0-9]{1,9}", shown) else -1)
        try:
            return None if await hub.watch(self.path, self.socket) else NOT_FOUND
        except Exception:
            hub.complain("the database did not answer; pages ask for a socket again later")
            return TRY_AGAIN

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close once: what came in before it was closed still arrives, and is answered with the same."""
        if not self.is_closed:
            self.is_closed = True
            await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(NO_MESSAGES)


def _header(scope: Any, name: bytes, separator: bytes) -> str:
    """A header of the handshake, its fields joined if there are several."""
    return separator.join(value for one, value in scope["headers"] if one == name).decode("latin-1")
