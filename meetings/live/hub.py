"""The hub: one a process, between the database and the open pages.

It keeps the open sockets by table, renders a new version once for each audience and language, and hands the same message to
all of them: at most five times a second a table, the newest version only. Other processes tell it of changes through one
channel of the layer; every two seconds it asks the database itself, so Redis may be away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db.models import Q
from django.utils import timezone, translation

log = logging.getLogger(__name__)

GROUP = "tafels"
LOOK_EVERY = 2.0  # seconds between two looks at the database
FRAME_EVERY = 0.2  # seconds between two frames of one table
SENTENCE_EVERY = 5.0  # seconds between two spoken sentences of one table
LAYER_SECONDS = 1.0  # how long telling other processes may take
SEND_SECONDS = 5.0  # a socket that takes longer to accept a frame is dropped
SENTENCE = '<span hx-swap-oob="innerHTML:#tafel-zin">'

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class Socket:
    """One open page: what its ASGI ``send`` is, and what it may see."""

    __slots__ = ("audience", "busy", "close", "keyring_id", "language", "send")

    def __init__(
        self, send: Send, close: Callable[[], Coroutine[Any, Any, None]], keyring_id: int | None, audience: str, language: str
    ) -> None:
        self.send, self.close, self.keyring_id, self.audience, self.language = send, close, keyring_id, audience, language
        self.busy: asyncio.Task[None] | None = None


@dataclass
class Open:
    """A table that somebody has open."""

    path: str
    version: int
    sockets: set[Socket] = field(default_factory=set)
    wanted: int = 0  # the newest version heard of
    spoke_at: float = 0.0
    task: asyncio.Task[None] | None = None
    late_sentence: asyncio.TimerHandle | None = None


def split(path: str) -> tuple[str, str] | None:
    """("slug", "2026-12-03") of "/agenda/slug/2026-12-03/"; None for another path."""
    parts = path.strip("/").split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "agenda" else None


def _render(path: str, audience: str, language: str) -> tuple[int, str] | None:
    """(version, frame) of a table as it is now, in a thread."""
    from meetings import table
    from meetings.models import Occurrence

    key = split(path)
    occurrence = key and Occurrence.objects.select_related("meeting").filter(slug=key[0], date_key=key[1]).first()
    if not occurrence:
        return None
    with translation.override(language):
        return occurrence.version, table.frame(occurrence, audience, timezone.now())


def _versions(paths: list[str]) -> dict[str, int]:
    """Versions of tables by path, in one query."""
    from meetings.models import Occurrence

    keys = [key for path in paths if (key := split(path))]
    if not keys:
        return {}
    rows = Occurrence.objects.filter(reduce(or_, (Q(slug=slug, date_key=date_key) for slug, date_key in keys)))
    return {f"/agenda/{slug}/{date_key}/": version for slug, date_key, version in rows.values_list("slug", "date_key", "version")}


def _audiences(path: str, keyring_ids: list[int]) -> dict[int, str]:
    """What each keyring may see now: who gave their chair back is public again."""
    from meetings import table
    from meetings.models import Keyring, Occurrence

    key = split(path)
    occurrence = key and Occurrence.objects.select_related("meeting").filter(slug=key[0], date_key=key[1]).first()
    rings = Keyring.objects.in_bulk(keyring_ids)
    return {pk: table.audience(occurrence, rings.get(pk)) if occurrence else table.PUBLIC for pk in keyring_ids}


class Hub:
    """The open tables of this process. Its methods run on one event loop, ``hint`` and ``announce`` anywhere."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.tables: dict[str, Open] = {}
        self.renders = 0  # frames rendered, for tests and figures
        self._tasks: list[asyncio.Task[None]] = []
        self._complained_at = 0.0
        self._lock = threading.Lock()

    # --- sockets ----------------------------------------------------------------------------------------------------------

    async def watch(self, path: str, socket: Socket) -> bool:
        """Keep a socket at the newest version of a table, beginning with the present one. False: there is no such table."""
        self._start()
        rendered = await database_sync_to_async(_render)(path, socket.audience, socket.language)
        if rendered is None:
            return False
        version, frame = rendered
        self.renders += 1
        table = self.tables.setdefault(path, Open(path, version))
        table.sockets.add(socket)
        self._hand(socket, {"type": "websocket.send", "text": frame})
        if version < table.version:
            self.hint(path, table.version)
        return True

    def unwatch(self, path: str, socket: Socket) -> None:
        table = self.tables.get(path)
        if table is None:
            return
        table.sockets.discard(socket)
        if not table.sockets:
            if table.late_sentence:
                table.late_sentence.cancel()
            del self.tables[path]

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self.loop is loop and all(not task.done() for task in self._tasks):
            return
        if self.loop is not loop:
            self.tables.clear()
        self.loop = loop
        self._tasks = [loop.create_task(self._look()), loop.create_task(self._listen())]

    # --- news -------------------------------------------------------------------------------------------------------------

    def hint(self, path: str, version: int) -> None:
        """A table may be at ``version``: render it soon, unless it was shown already."""
        table = self.tables.get(path)
        if table is None or version <= table.version:
            return
        table.wanted = max(table.wanted, version)
        if table.task is None or table.task.done():
            table.task = asyncio.get_running_loop().create_task(self._bring_up_to_date(table))

    async def _bring_up_to_date(self, table: Open) -> None:
        while table.wanted > table.version and table.sockets:
            began = time.monotonic()
            await self._show(table)
            await asyncio.sleep(max(0.0, FRAME_EVERY - (time.monotonic() - began)))

    async def _show(self, table: Open) -> None:
        """Render the present version once for each audience and language there is, and hand it out."""
        with_keyring = {socket.keyring_id for socket in table.sockets if socket.keyring_id is not None}
        if with_keyring:
            audiences = await database_sync_to_async(_audiences)(table.path, [pk for pk in with_keyring if pk is not None])
            for socket in table.sockets:
                if socket.keyring_id is not None:
                    socket.audience = audiences[socket.keyring_id]
        by_kind: dict[tuple[str, str], list[Socket]] = {}
        for socket in list(table.sockets):
            by_kind.setdefault((socket.audience, socket.language), []).append(socket)
        speaks = time.monotonic() - table.spoke_at >= SENTENCE_EVERY
        lowest = None
        for (audience, language), sockets in by_kind.items():
            rendered = await database_sync_to_async(_render)(table.path, audience, language)
            if rendered is None:  # gone, or gone off the list: the page finds out when it is loaded again
                for socket in sockets:
                    await self._drop(table.path, socket)
                continue
            self.renders += 1
            version, frame = rendered
            lowest = version if lowest is None else min(lowest, version)
            message = {"type": "websocket.send", "text": frame if speaks else without_sentence(frame)}
            for socket in sockets:
                self._hand(socket, message)
        if lowest is not None:
            table.version = max(table.version, lowest)
        if speaks:
            table.spoke_at = time.monotonic()
        elif table.late_sentence is None and self.loop:
            table.late_sentence = self.loop.call_later(SENTENCE_EVERY - (time.monotonic() - table.spoke_at), self._speak_late, table)

    def _speak_late(self, table: Open) -> None:
        """The last sentence always follows: once the five seconds are over, the present frame with its sentence."""
        table.late_sentence = None
        if table.sockets and self.loop:
            _keep(self.loop.create_task(self._show(table)))

    def _hand(self, socket: Socket, message: dict[str, Any]) -> None:
        """Give a socket its message without waiting for it; one that did not take the one before in time is dropped."""
        if socket.busy is not None and not socket.busy.done():
            return  # it is slow: the next version comes, or _send drops it
        sending = socket.send(message)
        coroutine: Any = sending
        try:
            coroutine.send(None)  # a socket that is not slow takes it at once: no task needed, which is half the cost
        except StopIteration:
            return
        except Exception:
            socket.busy = asyncio.get_running_loop().create_task(socket.close())
            return
        coroutine.close()
        socket.busy = asyncio.get_running_loop().create_task(self._send(socket, message))

    async def _send(self, socket: Socket, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send(message)
        except Exception:
            with contextlib.suppress(Exception):
                await socket.close()

    async def _drop(self, path: str, socket: Socket) -> None:
        self.unwatch(path, socket)
        with contextlib.suppress(Exception):
            await socket.close()

    # --- other processes --------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Ask the database for the versions of the open tables: the worker, another process, or a time without Redis."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if not self.tables:
                continue
            try:
                versions = await database_sync_to_async(_versions)(list(self.tables))
            except Exception:
                self._complain("the database did not answer; open tables wait")
                continue
            for path, version in versions.items():
                self.hint(path, version)

    async def _listen(self) -> None:
        """Hear from other processes through one channel; without a layer the next look sees it anyway."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    message = await layer.receive(channel)
                    drop_cached(message["path"])
                    self.hint(message["path"], message["version"])
            except asyncio.CancelledError:
                raise
            except Exception:
                self._complain("the channel layer is away; the database is asked instead")
                await asyncio.sleep(LOOK_EVERY)

    async def tell_others(self, path: str, version: int) -> None:
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await get_channel_layer().group_send(GROUP, {"type": "tafel", "path": path, "version": version})
        except Exception:
            self._complain("the channel layer is away; other processes see a change when they look")

    def _complain(self, text: str) -> None:
        """Log a fault that repeats once a minute."""
        if time.monotonic() - self._complained_at > 60:
            self._complained_at = time.monotonic()
            log.warning(text, exc_info=True)


def without_sentence(frame: str) -> str:
    """A frame that changes the drawing and says nothing."""
    before, found, after = frame.partition(SENTENCE)
    return before + after.partition("</span>")[2] if found else frame


_under_way: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """Hold a task until it is done: the loop itself keeps only a weak reference."""
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


hub = Hub()
_caches: list[Callable[[str], None]] = []


def on_change(drop: Callable[[str], None]) -> None:
    """Register something that keeps pages in memory: it hears of a change before ``announce`` returns."""
    _caches.append(drop)


def drop_cached(path: str) -> None:
    for drop in _caches:
        drop(path)


def announce(path: str, version: int) -> None:
    """Tell everyone who watches ``path`` ("/agenda/slug/2026-12-03/") that it is at ``version``.

    From any thread or process, after the commit. Never raises, and waits a second at most.
    """
    drop_cached(path)
    loop = hub.loop
    if loop is not None and loop.is_running():
        with contextlib.suppress(RuntimeError):  # the loop stopped in between: the process ends
            loop.call_soon_threadsafe(_heard_here, path, version)
        return
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        with contextlib.suppress(Exception):
            async_to_sync(hub.tell_others)(path, version)
    else:
        _keep(running.create_task(hub.tell_others(path, version)))


def _heard_here(path: str, version: int) -> None:
    hub.hint(path, version)
    _keep(asyncio.get_running_loop().create_task(hub.tell_others(path, version)))
