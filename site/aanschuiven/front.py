"""A small front before Django: it answers the tables that many have open from the memory of this process.

Only a GET or HEAD of a table's page by a visitor without a cookie, and only what Django answered with 200, without a cookie and
without ``no-store``. A page lives two seconds; a change in this process drops it before whoever made it gets their answer
(``meetings.live.announce``), so it is never stale here, and two seconds at most elsewhere. Everything else goes to Django.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from meetings.live.hub import on_change

LIVES = 2.0  # seconds
MOST_PAGES = 500
TABLE = re.compile(r"^(?:/[a-z]{2})?(/agenda/[a-z0-9-]+/(?:\d{4}-\d{2}-\d{2}(?:-\d{4})?|ooit)/)$")

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Kept:
    """A page: the messages of its answer, as it is and gzipped (RFC 9110 8.4.1.3)."""

    until: float
    plain: tuple[Message, Message]
    gzipped: tuple[Message, Message]


class Front:
    def __init__(self, application: Any) -> None:
        self.application = application
        self.pages: OrderedDict[tuple[bytes, str], Kept] = OrderedDict()
        self.keys_of: dict[str, set[tuple[bytes, str]]] = {}
        self.under_way: dict[tuple[bytes, str], asyncio.Future[None]] = {}
        self.drops: dict[str, int] = {}  # how often a table changed: an answer from before a change is not kept
        on_change(self.drop)

    def drop(self, path: str) -> None:
        """Forget the pages of a table, in every language and for every host."""
        self.drops[path] = self.drops.get(path, 0) + 1
        for key in self.keys_of.pop(path, ()):
            self.pages.pop(key, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = TABLE.match(scope["path"]) if scope["method"] in ("GET", "HEAD") and not scope["query_string"] else None
        headers = dict(scope["headers"]) if match else {}
        if match is None or b"cookie" in headers or b"authorization" in headers or b"hx-request" in headers:
            await self.application(scope, receive, send)
            return
        key = (headers.get(b"host", b""), scope["path"])
        kept = self.pages.get(key)
        if kept is None or kept.until < time.monotonic():
            waiting = self.under_way.get(key)
            if waiting is not None:
                await waiting  # one asks Django, the others wait for it
                kept = self.pages.get(key)
            if kept is None or kept.until < time.monotonic():
                await self._ask(key, match[1], scope, receive, send)
                return
        start, body = kept.gzipped if b"gzip" in headers.get(b"accept-encoding", b"") else kept.plain
        await send(start)
        await send(body if scope["method"] == "GET" else {"type": "http.response.body", "body": b""})

    async def _ask(self, key: tuple[bytes, str], path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, and keep what many may see."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.setdefault(key, done)
        change = self.drops.get(path, 0)
        start: Message = {}
        chunks: list[bytes] = []

        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))
            await send(message)

        try:
            await self.application(scope, receive, listen)
            if scope["method"] == "GET" and self.drops.get(path, 0) == change and _may_be_kept(start):
                self._keep(key, path, start, b"".join(chunks))
        finally:
            done.set_result(None)
            if self.under_way.get(key) is done:
                del self.under_way[key]

    def _keep(self, key: tuple[bytes, str], path: str, start: Message, body: bytes) -> None:
        names = [(name, value) for name, value in start["headers"] if name.lower() not in (b"content-length", b"content-encoding", b"vary")]
        names.append((b"vary", b"Cookie, Accept-Encoding"))
        encoded = dict(start["headers"]).get(b"Content-Encoding", dict(start["headers"]).get(b"content-encoding", b""))
        plain = gzip.decompress(body) if encoded == b"gzip" else body
        small = body if encoded == b"gzip" else gzip.compress(plain, 6, mtime=0)
        self.pages[key] = Kept(
            time.monotonic() + LIVES,
            _answer([*names, (b"content-length", str(len(plain)).encode())], plain),
            _answer([*names, (b"content-encoding", b"gzip"), (b"content-length", str(len(small)).encode())], small),
        )
        self.pages.move_to_end(key)
        self.keys_of.setdefault(path, set()).add(key)
        while len(self.pages) > MOST_PAGES:
            old, _kept = self.pages.popitem(last=False)
            match = TABLE.match(old[1])
            if match and old in self.keys_of.get(match[1], ()):
                self.keys_of[match[1]].discard(old)
        if len(self.drops) > 10 * MOST_PAGES and not self.under_way:
            self.drops.clear()


def _answer(headers: list[tuple[bytes, bytes]], body: bytes) -> tuple[Message, Message]:
    return {"type": "http.response.start", "status": 200, "headers": headers}, {"type": "http.response.body", "body": body}


def _may_be_kept(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", [])}
    return start.get("status") == 200 and b"set-cookie" not in headers and b"no-store" not in headers.get(b"cache-control", b"")
