"""A small front before Django: it answers the tables that many have open from the memory of this process.

Only a GET or HEAD of a table's page by a visitor without a cookie, and only what Django answered with 200, without a cookie and
without ``no-store``. Who has the same bytes already hears only that (304). A page lives two seconds; a change in this process drops it before whoever made it gets their answer
(``meetings.live.announce``), so it is never stale here, and two seconds at most elsewhere. Everything else goes to Django.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from meetings.live.hub import on_change

LIVES = 2.0  # seconds
MOST_PAGES = 500
OF_ONE_ANSWER = (b"content-length", b"content-encoding", b"vary", b"etag")
TABLE = re.compile(r"^(?:/[a-z]{2})?(/agenda/[a-z0-9-]+/(?:\d{4}-\d{2}-\d{2}(?:-\d{4})?|ooit)/)$")

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Variant:
    """A page in one encoding, as messages."""

    etag: bytes
    start: Message
    body: Message
    not_modified: Message  # the start of a 304


@dataclass(frozen=True)
class Kept:
    """A page as it is and gzipped (RFC 9110 8.4.1.3)."""

    until: float
    plain: Variant
    gzipped: Variant


@dataclass(eq=False)
class Asking:
    """A page that Django is making; ``changed`` once the table changed meanwhile, so that nobody keeps it."""

    done: asyncio.Future[None]
    began: float
    changed: bool = False


Key = tuple[bytes, bytes, str]  # (Host, X-Forwarded-Proto, path): what a page of everybody depends on


class Front:
    def __init__(self, application: Any) -> None:
        self.application = application
        self.pages: OrderedDict[Key, Kept] = OrderedDict()
        self.asking: dict[Key, Asking] = {}
        self._lock = threading.Lock()  # a change is announced from the thread that made it
        on_change(self.drop)

    def drop(self, path: str) -> None:
        """Forget the pages of a table, in every language and for every host."""
        with self._lock:
            for key in [key for key in self.pages if key[2].endswith(path)]:
                del self.pages[key]
            for key, asking in self.asking.items():
                if key[2].endswith(path):
                    asking.changed = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = TABLE.match(scope["path"]) if scope["method"] in ("GET", "HEAD") and not scope["query_string"] else None
        headers = dict(scope["headers"]) if match else {}
        if match is None or b"cookie" in headers or b"authorization" in headers or b"hx-request" in headers:
            await self.application(scope, receive, send)
            return
        key = (headers.get(b"host", b""), headers.get(b"x-forwarded-proto", b""), scope["path"])
        kept = self._page(key)
        if kept is None and (asking := self.asking.get(key)):
            await asyncio.shield(asking.done)  # one asks Django, the others wait; one that gives up takes nobody with it
            kept = self._page(key)
        if kept is None:
            await self._ask(key, scope, receive, send)
            return
        page = kept.gzipped if b"gzip" in headers.get(b"accept-encoding", b"") else kept.plain
        has_it = page.etag in headers.get(b"if-none-match", b"")
        await send(page.not_modified if has_it else page.start)
        await send(page.body if scope["method"] == "GET" and not has_it else {"type": "http.response.body", "body": b""})

    def _page(self, key: Key) -> Kept | None:
        kept = self.pages.get(key)
        return kept if kept and kept.until > time.monotonic() else None

    async def _ask(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, and keep what many may see."""
        asking = Asking(asyncio.get_running_loop().create_future(), time.monotonic())
        with self._lock:
            is_first = self.asking.setdefault(key, asking) is asking
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
            if is_first and scope["method"] == "GET" and _may_be_kept(start):
                self._keep(key, asking, _kept(start, b"".join(chunks), asking.began + LIVES))
        finally:
            asking.done.set_result(None)
            if is_first:
                with self._lock:
                    del self.asking[key]

    def _keep(self, key: Key, asking: Asking, page: Kept) -> None:
        with self._lock:
            if asking.changed:
                return
            self.pages[key] = page
            self.pages.move_to_end(key)
            while len(self.pages) > MOST_PAGES:
                self.pages.popitem(last=False)


def _kept(start: Message, body: bytes, until: float) -> Kept:
    """An answer of Django as it is, and as everyone may have it."""
    old = {name.lower(): value for name, value in start["headers"]}
    headers = [(name, value) for name, value in old.items() if name not in OF_ONE_ANSWER]
    headers.append((b"vary", b"Cookie, Accept-Encoding"))
    is_small = old.get(b"content-encoding") == b"gzip"
    plain = gzip.decompress(body) if is_small else body
    small = body if is_small else gzip.compress(plain, 6, mtime=0)
    tag = hashlib.blake2b(plain, digest_size=12).hexdigest().encode()
    return Kept(
        until, _variant(headers, plain, b'"%b"' % tag), _variant([*headers, (b"content-encoding", b"gzip")], small, b'"%b-gzip"' % tag)
    )


def _variant(headers: list[tuple[bytes, bytes]], body: bytes, etag: bytes) -> Variant:
    headers = [*headers, (b"etag", etag)]
    of_page = [*headers, (b"content-length", str(len(body)).encode())]
    unchanged = [(name, value) for name, value in headers if name not in (b"content-type", b"content-encoding")]
    return Variant(
        etag,
        {"type": "http.response.start", "status": 200, "headers": of_page},
        {"type": "http.response.body", "body": body},
        {"type": "http.response.start", "status": 304, "headers": unchanged},
    )


def _may_be_kept(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", [])}
    return start.get("status") == 200 and b"set-cookie" not in headers and b"no-store" not in headers.get(b"cache-control", b"")
