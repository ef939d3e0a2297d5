"""A small front before Django: it answers the tables that many have open from the memory of this process.

Only a GET or HEAD of a table's page by a visitor without a cookie, and only what Django answered with 200, without a cookie and
without ``no-store``. Who has the same bytes already hears only that (304). A page lives two seconds. What it says of its meeting (chairs,
dates, texts, who receives, place, initiative, addresses that are no more) is never stale here: a change in this process drops it
before whoever made it gets their answer (``meetings.live.announce``, ``meetings.follow``). Elsewhere, and in what surrounds the
meeting, such as the menu, it is two seconds at most. Everything else goes to Django.
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
GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")  # named, and not refused (RFC 9110 12.5.3)
TABLE = re.compile(r"^(?:/[a-z]{2})?(/agenda/[a-z0-9-]+/(?:\d{4}-\d{2}-\d{2}(?:-\d{4})?|ooit)/)$")

Scope = dict[str, Any]
Message = dict[str, Any]
Headers = dict[bytes, bytes]  # of a request
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
        """Forget the pages at and below ``path`` ("/agenda/soep/": every date of it), in every language and for every host."""
        with self._lock:
            for key in [key for key in self.pages if path in key[2]]:
                del self.pages[key]
            for key, asking in self.asking.items():
                if path in key[2]:
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
            await self._ask(key, scope, headers, receive, send)
            return
        await _send(kept, scope, headers, send)

    def _page(self, key: Key) -> Kept | None:
        kept = self.pages.get(key)
        return kept if kept and kept.until > time.monotonic() else None

    async def _ask(self, key: Key, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Let Django answer, and keep what many may see: who asks first gets the very bytes and headers of who comes after."""
        asking = Asking(asyncio.get_running_loop().create_future(), time.monotonic())
        with self._lock:
            is_first = self.asking.setdefault(key, asking) is asking
        answer: list[Message] = []

        async def listen(message: Message) -> None:
            answer.append(message)

        try:
            # As a GET, for the answer to a HEAD has the same headers (RFC 9110 9.3.2), and its ETag is that of the page.
            await self.application(scope | {"method": "GET"}, receive, listen)
            kept = _kept(answer, asking.began + LIVES) if _may_be_kept(answer) else None
            if is_first and kept:
                self._keep(key, asking, kept)
        finally:
            asking.done.set_result(None)
            if is_first:
                with self._lock:
                    del self.asking[key]
        if kept:
            await _send(kept, scope, headers, send)
            return
        for message in answer:
            is_body = message["type"] == "http.response.body" and scope["method"] == "HEAD"
            await send(message | {"body": b""} if is_body else message)

    def _keep(self, key: Key, asking: Asking, page: Kept) -> None:
        with self._lock:
            if asking.changed:
                return
            self.pages[key] = page
            self.pages.move_to_end(key)
            while len(self.pages) > MOST_PAGES:
                self.pages.popitem(last=False)


async def _send(kept: Kept, scope: Scope, headers: Headers, send: Send) -> None:
    """Answer with a page in the encoding that was asked for, or with 304 to who has it."""
    page = kept.gzipped if GZIP.search(headers.get(b"accept-encoding", b"")) else kept.plain
    asked = headers.get(b"if-none-match", b"")
    has_it = page.etag in asked or asked.strip() == b"*"  # RFC 9110 13.1.2
    await send(page.not_modified if has_it else page.start)
    await send(page.body if scope["method"] == "GET" and not has_it else {"type": "http.response.body", "body": b""})


def _kept(answer: list[Message], until: float) -> Kept:
    """An answer of Django as everyone may have it."""
    old = {name.lower(): value for name, value in answer[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in answer[1:])
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


def _may_be_kept(answer: list[Message]) -> bool:
    """Whether it came whole (a client that left gets none), and is anybody's."""
    if not answer or answer[-1].get("more_body"):
        return False
    headers = {name.lower(): value for name, value in answer[0]["headers"]}
    return answer[0]["status"] == 200 and b"set-cookie" not in headers and b"no-store" not in headers.get(b"cache-control", b"")
