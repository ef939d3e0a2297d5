"""The hub: one rendering for everyone, five frames a second, one sentence in five seconds, and nobody waited for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from meetings.live import announce
from meetings.live import hub as hub_module
from meetings.live.hub import NOT_FOUND, SENTENCE, TRY_AGAIN, Frame, Hub, Socket, drop_cached, on_change, without_sentence

PATH = "/agenda/thee/2026-12-03/"


class Database:
    """The truth about one table: its version, None once it is gone."""

    def __init__(self) -> None:
        self.version: int | None = 1
        self.rendered: list[tuple[str, str]] = []
        self.slow = 0.0  # seconds that rendering takes, after the version was read

    def render(self, path: str, audience: str, language: str) -> Frame | None:
        version = self.version
        time.sleep(self.slow)
        if version is None:
            return None
        self.rendered.append((audience, language))
        text = f"{audience} {language} {version} {SENTENCE}zin {version}</span>"
        spoken, silent = ({"type": "websocket.send", "text": one} for one in (text, without_sentence(text)))
        return Frame(1, version, spoken, silent, time.monotonic())


class Page(Socket):
    """A socket that keeps what it was sent; ``slow`` ones take nothing until they are let go."""

    def __init__(self, audience: str = "public", language: str = "nl", slow: bool = False, shown: int = -1) -> None:
        self.got: list[dict[str, Any]] = []
        self.closed_with: int | None = None
        self.ready = asyncio.Event()
        if not slow:
            self.ready.set()
        super().__init__(self._take, self._closed, "", audience, language, shown)

    async def _take(self, message: dict[str, Any]) -> None:
        await self.ready.wait()
        self.got.append(message)

    async def _closed(self, code: int) -> None:
        self.closed_with = code

    @property
    def versions(self) -> list[int]:
        return [int(message["text"].split()[2]) for message in self.got]

    @property
    def sentences(self) -> list[str]:
        return [message["text"] for message in self.got if SENTENCE in message["text"]]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    monkeypatch.setattr(hub_module, "_render", made.render)
    monkeypatch.setattr(hub_module, "_versions", lambda ids: {1: made.version} if made.version else {})
    return made


@pytest.fixture
async def hub(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    made = Hub()
    monkeypatch.setattr(hub_module, "hub", made)
    yield made
    for task in made._tasks:
        task.cancel()
    await asyncio.gather(*made._tasks, return_exceptions=True)


async def until(condition: Any, seconds: float = 2.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def change(hub: Hub, database: Database, version: int) -> None:
    database.version = version
    hub.hint(PATH, version)


async def test_a_version_is_rendered_once_for_each_audience_and_language(hub: Hub, database: Database):
    pages = [Page(audience, language) for audience in ("public", "table") for language in ("nl", "en") for _ in range(50)]
    await asyncio.gather(*(hub.watch(PATH, page) for page in pages))
    assert hub.renders == 4

    change(hub, database, 2)
    await until(lambda: all(page.versions[-1:] == [2] for page in pages))

    assert hub.renders == 8
    assert len({id(page.got[-1]) for page in pages}) == 4  # the same message, not a copy a socket


async def test_a_burst_ends_at_the_last_version_in_few_frames(hub: Hub, database: Database):
    page = Page()
    await hub.watch(PATH, page)
    began = time.monotonic()

    for version in range(2, 52):
        change(hub, database, version)
        await asyncio.sleep(0.01)
    await until(lambda: page.versions[-1] == 51)

    assert len(page.got) <= 2 + (time.monotonic() - began) / 0.2 + 1


async def test_the_sentence_comes_once_in_five_seconds_and_the_last_one_always(
    hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub_module, "SENTENCE_EVERY", 1.0)
    page = Page(shown=1)
    await hub.watch(PATH, page)
    assert page.versions == [1]
    assert page.sentences == []

    for version in (2, 3, 4):
        change(hub, database, version)
        await until(lambda version=version: page.versions[-1:] == [version])
    assert [text.split()[2] for text in page.sentences] == ["2"]

    await until(lambda: len(page.sentences) == 2)
    assert "zin 4" in page.sentences[-1]
    await asyncio.sleep(1.2)
    assert len(page.sentences) == 2


async def test_a_page_that_heard_a_sentence_when_it_opened_hears_the_next_in_five_seconds(
    hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub_module, "SENTENCE_EVERY", 1.0)
    stale, fresh = Page(shown=0), Page(shown=1)
    await hub.watch(PATH, stale)
    await hub.watch(PATH, fresh)
    assert len(stale.sentences) == 1

    change(hub, database, 2)
    await until(lambda: stale.versions[-1] == fresh.versions[-1] == 2)
    assert len(stale.sentences) == 1
    assert "zin 2" in fresh.sentences[-1]

    await until(lambda: "zin 2" in stale.sentences[-1])
    await asyncio.sleep(1.2)
    assert len(stale.sentences) == 2
    assert (fresh.versions, len(fresh.sentences)) == ([1, 2], 1)


async def test_a_page_that_opens_while_rendering_fails_is_let_go_of(hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch):
    def away(*arguments: str) -> None:
        raise OSError

    monkeypatch.setattr(hub_module, "_render", away)
    with pytest.raises(OSError):
        await hub.watch(PATH, Page())

    assert hub.tables == {}


async def test_a_slow_page_is_not_waited_for_and_has_the_newest_version_when_it_is_ready(hub: Hub, database: Database):
    slow, quick = Page(slow=True), Page()
    await hub.watch(PATH, slow)
    await hub.watch(PATH, quick)

    for version in (2, 3):
        change(hub, database, version)
        await until(lambda version=version: quick.versions[-1] == version)
    assert slow.got == []
    slow.ready.set()

    await until(lambda: slow.versions == [1, 3])


async def test_a_page_that_takes_nothing_is_dropped(hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "SEND_SECONDS", 0.1)
    stuck, quick = Page(slow=True), Page()
    await hub.watch(PATH, stuck)
    await hub.watch(PATH, quick)

    await until(lambda: stuck.closed_with == TRY_AGAIN)

    assert hub.tables[PATH].sockets == {quick}


async def test_a_page_whose_socket_broke_is_dropped(hub: Hub, database: Database):
    page, other = Page(), Page()
    await hub.watch(PATH, page)
    await hub.watch(PATH, other)

    async def broken(message: dict[str, Any]) -> None:
        raise OSError

    page.send = broken
    change(hub, database, 2)

    await until(lambda: page.closed_with == TRY_AGAIN and other.versions == [1, 2])
    assert hub.tables[PATH].sockets == {other}


async def test_a_page_that_opens_while_a_change_is_rendered_does_not_miss_it(hub: Hub, database: Database):
    first, second = Page(), Page("table")
    await hub.watch(PATH, first)
    database.slow = 0.1

    opening = asyncio.create_task(hub.watch(PATH, second))
    await asyncio.sleep(0.05)  # it has read version 1
    change(hub, database, 2)
    await opening

    await until(lambda: first.versions[-1] == second.versions[-1] == 2)
    assert first.versions == [1, 2]


async def test_a_hint_beyond_the_database_is_forgotten(hub: Hub, database: Database):
    page = Page()
    await hub.watch(PATH, page)

    hub.hint(PATH, 99)
    await asyncio.sleep(0.7)

    assert page.versions == [1, 1]


async def test_a_database_that_does_not_answer_is_asked_again(hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.1)
    page = Page()
    await hub.watch(PATH, page)
    real = hub_module._render

    def away(*arguments: str) -> None:
        raise OSError

    monkeypatch.setattr(hub_module, "_render", away)
    change(hub, database, 2)
    await asyncio.sleep(0.3)
    assert page.versions == [1]
    monkeypatch.setattr(hub_module, "_render", real)

    await until(lambda: page.versions[-1] == 2)


async def test_pages_of_a_table_that_is_gone_are_closed(hub: Hub, database: Database):
    page = Page()
    await hub.watch(PATH, page)

    database.version = None
    hub.hint(PATH, 2)

    await until(lambda: page.closed_with == NOT_FOUND)
    assert hub.tables == {}
    assert not await hub.watch(PATH, Page())
    assert hub.tables == {}


async def test_pages_of_a_date_that_fell_out_are_closed_at_the_next_look(hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.1)
    page = Page()
    await hub.watch(PATH, page)

    database.version = None

    await until(lambda: page.closed_with == NOT_FOUND)
    assert hub.tables == {}


async def test_a_look_that_finds_something_new_drops_the_page_in_memory(hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch):
    dropped: list[str] = []
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(hub_module, "_caches", [dropped.append])
    page = Page()
    await hub.watch(PATH, page)

    database.version = 2
    await until(lambda: page.versions[-1] == 2)
    await asyncio.sleep(0.3)

    assert dropped == [PATH]


async def test_a_change_announced_in_a_thread_arrives(hub: Hub, database: Database):
    page = Page()
    await hub.watch(PATH, page)
    database.version = 2

    await asyncio.to_thread(announce, PATH, 2)

    await until(lambda: len(page.versions) > 1, seconds=0.5)
    assert page.versions == [1, 2]


@pytest.mark.parametrize("fault", [ConnectionError, TypeError])
async def test_announcing_never_fails_and_never_keeps_waiting(monkeypatch: pytest.MonkeyPatch, fault: type[Exception]):
    class Away:
        async def group_send(self, *arguments: object) -> None:
            if fault is TypeError:
                raise fault
            await asyncio.sleep(60)

    monkeypatch.setattr(hub_module, "hub", Hub())  # no page is open in this process
    monkeypatch.setattr(hub_module, "get_channel_layer", Away)
    monkeypatch.setattr(hub_module, "LAYER_SECONDS", 0.2)
    began = time.monotonic()

    await asyncio.to_thread(announce, PATH, 2)  # as the worker does
    announce(PATH, 2)  # on a loop

    assert time.monotonic() - began < 1


async def test_a_series_of_many_dates_waits_once_for_a_layer_that_hangs_and_is_told_again_after_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
):
    told: list[str] = []

    class Hangs:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            told.append(message["path"])
            await asyncio.sleep(60)

    monkeypatch.setattr(hub_module, "hub", Hub())
    monkeypatch.setattr(hub_module, "get_channel_layer", Hangs)
    monkeypatch.setattr(hub_module, "LAYER_SECONDS", 0.05)
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.2)

    for number in range(50):
        await asyncio.to_thread(announce, f"/agenda/thee/{number}/", 2)
    await asyncio.sleep(0.25)
    await asyncio.to_thread(announce, "/agenda/soep/ooit/", 2)

    assert "/agenda/soep/ooit/" in told
    assert len(told) < 10


async def test_a_process_that_ends_while_redis_connects_does_not_listen_on(monkeypatch: pytest.MonkeyPatch):
    class Connecting:
        """Swallows being cancelled, as the Redis client may while it connects."""

        async def new_channel(self) -> str:
            return "kanaal"

        async def group_add(self, *arguments: object) -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

        async def receive(self, channel: str) -> None:
            await asyncio.sleep(60)

    monkeypatch.setattr(hub_module, "get_channel_layer", Connecting)
    listening = asyncio.create_task(Hub()._listen())
    await asyncio.sleep(0.05)

    listening.cancel()
    await asyncio.wait({listening}, timeout=1)

    assert listening.cancelled()


async def test_pages_in_memory_are_dropped_before_announce_returns(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    dropped: list[str] = []
    monkeypatch.setattr(hub_module, "_caches", [])
    on_change(dropped.append)

    announce(PATH, 2)

    assert dropped == [PATH]
    drop_cached("/agenda/iets/ooit/")
    assert len(dropped) == 2


def test_a_redis_that_stays_away_is_told_once_a_minute(caplog: pytest.LogCaptureFixture):
    fault = logging.getLogger("channels_redis.pubsub")
    records = [fault.makeRecord(fault.name, logging.ERROR, "", 0, "weg", (), None) for _ in range(4)]
    records[0].created = time.time() + 3600  # after whatever another test let through
    for seconds, record in zip((0, 1, 59, 61), records, strict=True):
        record.created = records[0].created + seconds
        fault.handle(record)

    assert [record for record in caplog.records if record.name == fault.name] == [records[0], records[3]]
