"""The hub: one a process, between the database and the open pages.

It keeps the open sockets by table, renders a new version once for each audience and language, and hands the same message to
all of them: at most five times a second a table, the newest version only. Other processes tell it of changes through one
channel of the layer; every two seconds it asks the database itself, so Redis may be away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db.models import Q
from django.utils import timezone, translation

log = logging.getLogger(__name__)


class OnceAMinute(logging.Filter):
    """Let a fault that repeats through once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self.next_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.created < self.next_at:
            return False
        self.next_at = record.created + 60
        return True


# It tries again every second, with a traceback each time, for as long as Redis is away.
logging.getLogger("channels_redis.pubsub").addFilter(OnceAMinute())

GROUP = "tafels"
LOOK_EVERY = 2.0  # seconds between two looks at the database
FRAME_EVERY = 0.2  # seconds between two frames of one table
SENTENCE_EVERY = 5.0  # seconds between two spoken sentences of one table
LAYER_SECONDS = 1.0  # how long telling other processes may take
SEND_SECONDS = 5.0  # a socket that takes longer to accept a frame is dropped
PUBLIC = "public"  # meetings.table.PUBLIC, whose module needs the models
NOT_FOUND, TRY_AGAIN = 4404, 1013  # why a socket is closed: one of our own, and "try again later" (IANA's list under RFC 6455 7.4.1)
SENTENCE = '<span hx-swap-oob="innerHTML:#tafel-zin">'

Message = dict[str, Any]
Send = Callable[[Message], Coroutine[Any, Any, None]]
Kind = tuple[str, str]  # (audience, language)


class Socket:
    """One open page: what its ASGI ``send`` is, what it may see, and the newest version it was handed.

    ``shown`` is the version that it was loaded with, -1 when it did not say: a page that is of now needs no sentence.
    """

    __slots__ = ("audience", "close", "key_hash", "language", "next", "owes_sentence", "send", "sending", "shown", "spoke_at", "version")

    def __init__(
        self, send: Send, close: Callable[[int], Coroutine[Any, Any, None]], key_hash: str, audience: str, language: str, shown: int = -1
    ) -> None:
        self.send, self.close, self.key_hash, self.audience, self.language = send, close, key_hash, audience, language
        self.shown = shown
        self.version = -1
        self.spoke_at = float("-inf")
        self.owes_sentence = False  # it was shown a version without hearing of it
        self.sending: asyncio.Task[None] | None = None
        self.next: Message | None = None  # what a slow socket gets after the message it is taking; a newer one replaces it

    @property
    def kind(self) -> Kind:
        return self.audience, self.language

    def message(self, frame: Frame, now: float) -> Message:
        """What it gets of a frame: with its sentence, unless one was spoken less than five seconds ago. Then it is owed one."""
        self.owes_sentence = now - self.spoke_at < SENTENCE_EVERY
        if self.owes_sentence:
            return frame.silent
        self.spoke_at = now
        return frame.spoken


@dataclass(frozen=True)
class Frame:
    """One rendering of a table, for everyone of one kind."""

    occurrence_id: int
    version: int
    spoken: Message
    silent: Message
    rendered_at: float


@dataclass
class Open:
    """A table that somebody has open."""

    path: str
    sockets: set[Socket] = field(default_factory=set)
    occurrence_id: int | None = None
    wanted: int = -1  # the newest version heard of
    frames: dict[Kind, Frame] = field(default_factory=dict)
    rendering: dict[Kind, asyncio.Task[Frame | None]] = field(default_factory=dict)  # for who connects
    late_sentence: asyncio.TimerHandle | None = None
    is_late: bool = False  # the sentences that are owed may be spoken now
    task: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        return self.is_late or any(socket.version < self.wanted for socket in self.sockets)


def split(path: str) -> tuple[str, str] | None:
    """("slug", "2026-12-03") of "/agenda/slug/2026-12-03/"; None for another path."""
    parts = path.strip("/").split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "agenda" else None


def _render(path: str, audience: str, language: str) -> Frame | None:
    """A table as it is now."""
    from meetings import table
    from meetings.models import Occurrence

    key = split(path)
    occurrence = key and Occurrence.objects.select_related("meeting").at(*key).first()
    if not occurrence:
        return None
    with translation.override(language):
        text = table.frame(occurrence, audience, timezone.now())
    spoken, silent = ({"type": "websocket.send", "text": one} for one in (text, without_sentence(text)))
    return Frame(occurrence.pk, occurrence.version, spoken, silent, time.monotonic())


def _versions(ids: list[int]) -> dict[int, int]:
    """Versions of occurrences, in one query."""
    from meetings.models import Occurrence

    return dict(Occurrence.objects.filter(pk__in=ids).values_list("pk", "version"))


def _audiences(path: str, hashes: list[str]) -> dict[str, str]:
    """What the holders of keys may see now, without those who see what everyone sees.

    Who gave their chair back or whose link was ended is no longer among them. Only keyrings of this table are looked at, however
    many of its visitors have one.
    """
    from meetings import keys, table
    from meetings.models import Key, Occurrence

    key = split(path)
    occurrence = key and Occurrence.objects.select_related("meeting").at(*key).first()
    if not occurrence:
        return {}
    of_table = Q(keyring__in=occurrence.sign_ups.values("keyring")) | Q(keyring=occurrence.meeting.host_keyring_id)
    held = Key.objects.filter(of_table, keys.works(timezone.now()), hash__in=hashes, scope=Key.Scope.KEYRING).select_related("keyring")
    return {one.hash: table.audience(occurrence, one.keyring) for one in held}


class Hub:
    """The open tables of this process. Its methods run on one event loop, ``hint`` and ``announce`` anywhere."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.tables: dict[str, Open] = {}
        self.renders = 0  # frames rendered, for tests and figures
        self._tasks: list[asyncio.Task[None]] = []
        self._complained_at = float("-inf")
        self._layer_away_until = float("-inf")
        # A thread of its own: a change does not queue behind a thousand pages that connect.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub")

    def _in_thread(self, function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
        asked: Callable[..., Coroutine[Any, Any, Any]] = database_sync_to_async(function, thread_sensitive=False, executor=self._thread)
        return asked

    # --- sockets ----------------------------------------------------------------------------------------------------------

    async def watch(self, path: str, socket: Socket) -> bool:
        """Keep a socket at the newest version of a table, beginning with the present one. False: there is no such table.

        Raises what the database raises, and lets go of the socket then.
        """
        self._start()
        table = self.tables.setdefault(path, Open(path))
        table.sockets.add(socket)  # before it is rendered: a change in between reaches it too
        try:
            frame = await self._frame_now(table, socket.kind)
        except BaseException:
            self.unwatch(path, socket)
            raise
        if frame is None:
            self.unwatch(path, socket)
            return False
        if socket.version < frame.version:
            message = frame.silent if socket.shown >= frame.version else socket.message(frame, time.monotonic())
            self._hand(table, socket, frame.version, message)
        self._catch_up(table)
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

    async def _frame_now(self, table: Open, kind: Kind) -> Frame | None:
        """The present frame for someone who connects: a thousand who come at once share one rendering."""
        frame = table.frames.get(kind)
        if frame and frame.version >= table.wanted and time.monotonic() - frame.rendered_at < LOOK_EVERY:
            return frame
        rendering = table.rendering.get(kind)
        if rendering is None or rendering.done():
            rendering = table.rendering[kind] = asyncio.get_running_loop().create_task(self._rendered(table, kind))
        return await asyncio.shield(rendering)

    async def _rendered(self, table: Open, kind: Kind) -> Frame | None:
        frame: Frame | None = await self._in_thread(_render)(table.path, *kind)
        if frame is not None:
            self.renders += 1
            table.occurrence_id = frame.occurrence_id
            table.frames[kind] = frame
        return frame

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
        """A table may be at ``version``: render it soon, unless everyone was shown it already."""
        table = self.tables.get(path)
        if table is not None:
            table.wanted = max(table.wanted, version)
            self._catch_up(table)

    def _catch_up(self, table: Open) -> None:
        if table.is_behind and (table.task is None or table.task.done()):
            table.task = asyncio.get_running_loop().create_task(self._bring_up_to_date(table))

    async def _bring_up_to_date(self, table: Open) -> None:
        while table.sockets and table.is_behind:
            began, wanted = time.monotonic(), table.wanted
            try:
                newest = await self._show(table)
            except Exception:  # the next look begins again
                self.complain("the database did not answer; open tables wait")
                return
            if table.wanted == wanted:
                table.wanted = min(wanted, newest)  # the database is the truth, a hint is not
            await asyncio.sleep(max(0.0, FRAME_EVERY - (time.monotonic() - began)))

    async def _show(self, table: Open) -> int:
        """Render the present version once for each audience and language there is, and hand it out. The newest version shown."""
        with_key = [socket for socket in table.sockets if socket.key_hash]
        if with_key:
            audiences = await self._in_thread(_audiences)(table.path, list({socket.key_hash for socket in with_key}))
            for socket in with_key:
                socket.audience = audiences.get(socket.key_hash, PUBLIC)
        is_late, table.is_late = table.is_late, False
        newest = -1
        for kind in {socket.kind for socket in table.sockets}:
            frame = await self._rendered(table, kind)
            of_kind = [socket for socket in table.sockets if socket.kind == kind]
            if frame is None:  # gone: the page is told, and asks no more
                await asyncio.gather(*(self._drop(table, socket, NOT_FOUND) for socket in of_kind))
                continue
            newest, now = max(newest, frame.version), time.monotonic()
            for socket in of_kind:
                if socket.version < frame.version or socket.owes_sentence or (socket.version == frame.version and not is_late):
                    self._hand(table, socket, frame.version, socket.message(frame, now))
        self._speak_later(table)
        return newest

    def _speak_later(self, table: Open) -> None:
        """The last sentence always follows: once the five seconds are over, the present frame with its sentence."""
        owed = [socket.spoke_at for socket in table.sockets if socket.owes_sentence]
        if owed and table.late_sentence is None:
            wait = max(0.0, max(owed) + SENTENCE_EVERY - time.monotonic())
            table.late_sentence = asyncio.get_running_loop().call_later(wait, self._speak_late, table)

    def _speak_late(self, table: Open) -> None:
        table.late_sentence = None
        table.is_late = True
        self._catch_up(table)

    def _hand(self, table: Open, socket: Socket, version: int, message: Message) -> None:
        """Give a socket its message without waiting for it."""
        socket.version = version
        if socket.sending is not None and not socket.sending.done():
            socket.next = message
            return
        coroutine: Any = socket.send(message)
        try:
            # A socket that is not slow takes it at once: no task needed, which is half the cost. One that is slow stops before
            # it writes anything (uvicorn waits until it is writable), so it can begin again in a task.
            coroutine.send(None)
        except StopIteration:
            return
        except Exception:
            _keep(asyncio.get_running_loop().create_task(self._drop(table, socket)))
            return
        coroutine.close()
        socket.sending = asyncio.get_running_loop().create_task(self._send(table, socket, message))

    async def _send(self, table: Open, socket: Socket, message: Message | None) -> None:
        try:
            while message is not None:
                async with asyncio.timeout(SEND_SECONDS):
                    await socket.send(message)
                message, socket.next = socket.next, None
        except Exception:
            await self._drop(table, socket)

    async def _drop(self, table: Open, socket: Socket, why: int = TRY_AGAIN) -> None:
        """Let go of a socket, and close it as far as it listens: its page comes back, unless there is no table any more."""
        self.unwatch(table.path, socket)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(SEND_SECONDS):
                await socket.close(why)

    # --- other processes --------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Ask the database for the versions of the open tables: the worker, another process, or a time without Redis."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            ids = [table.occurrence_id for table in self.tables.values() if table.occurrence_id is not None]
            if not ids:
                continue
            try:
                versions = await self._in_thread(_versions)(ids)
            except Exception:
                self.complain("the database did not answer; open tables wait")
                continue
            for table in list(self.tables.values()):
                if table.occurrence_id not in ids:
                    continue
                version = versions.get(table.occurrence_id, table.wanted + 1)  # no row any more: rendering finds that out
                if version > table.wanted:
                    drop_cached(table.path)  # a page may fetch itself once it sees the frame
                self.hint(table.path, version)

    async def _listen(self) -> None:
        """Hear from other processes through one channel; without a layer the next look sees it anyway."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                if (me := asyncio.current_task()) and me.cancelling():
                    raise asyncio.CancelledError  # the Redis client may swallow it while it connects
                while True:
                    message = await layer.receive(channel)
                    drop_cached(message["path"])
                    self.hint(message["path"], message["version"])
            except asyncio.CancelledError:
                raise
            except Exception:
                self.complain("the channel layer is away; the database is asked instead")
                await asyncio.sleep(LOOK_EVERY)

    async def tell_others(self, path: str, version: int) -> None:
        """Hint at a change. A layer that just failed is left alone until others have looked: a series has hundreds of dates."""
        if time.monotonic() < self._layer_away_until:
            return
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await get_channel_layer().group_send(GROUP, {"type": "tafel", "path": path, "version": version})
        except Exception:
            self._layer_away_until = time.monotonic() + LOOK_EVERY
            self.complain("the channel layer is away; other processes see a change when they look")

    def complain(self, text: str) -> None:
        """Log the present fault, which may repeat for every page there is, once a minute."""
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
    """Forget every page at and below ``path``: of a date, of a meeting ("/agenda/soep/"), or all of them ("/agenda/")."""
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
