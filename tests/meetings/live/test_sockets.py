"""The socket of a page: what it is given, what it may see, and who may open one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from meetings import keys, repeated, seats
from meetings.live import consumers
from meetings.live import hub as hub_module
from meetings.live.consumers import NO_MESSAGES
from meetings.live.crowd import crowd
from meetings.live.hub import NOT_FOUND, TRY_AGAIN, Hub, hub
from meetings.models import Key, Kind, Meeting, Occurrence
from tests.meetings.live.page import address, make_table, opened, page, take_chair

pytestmark = pytest.mark.django_db(transaction=True)


def taken(frame: str) -> int:
    found = re.search(r'data-taken="(\d+)"', frame)
    assert found
    return int(found[1])


async def test_a_page_that_opens_gets_the_table_as_it_is():
    table = await make_table()
    await take_chair(table)

    async with opened(table) as socket:
        frame = await socket.frame()

    assert taken(frame) == 1
    assert "#tafel-zin" in frame


@pytest.mark.parametrize(
    ("query", "speaks"), [("versie=1", False), ("versie=0", True), ("", True), ("versie=%C2%B2", True), ("versie=" + "9" * 5000, True)]
)
async def test_a_page_that_has_the_table_as_it_is_gets_it_without_its_sentence(query, speaks):
    table = await make_table()
    await take_chair(table)

    async with opened(table, query=query) as socket:
        frame = await socket.frame()

    assert taken(frame) == 1
    assert ("#tafel-zin" in frame) is speaks


async def test_a_taken_chair_reaches_an_open_page():
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await take_chair(table)

        assert taken(await socket.frame(1)) == 1


async def test_each_sees_no_more_than_they_may():
    table = await make_table()
    host = await sync_to_async(keys.new_keyring)()
    await sync_to_async(Meeting.objects.filter(pk=table.meeting_id).update)(host_keyring=host)
    guest = await take_chair(table, name="Annie", name_visibility="tafel")
    await take_chair(table, name="Bep", name_visibility="gastheer")
    mint = sync_to_async(keys.mint)
    of_guest, of_host = await mint(Key.Scope.KEYRING, keyring=guest), await mint(Key.Scope.KEYRING, keyring=host)

    async def names(key: str) -> set[str]:
        async with opened(table, key=key) as socket:
            frame = await socket.frame()
            return {name for name in ("Annie", "Bep") if name in frame}

    assert await names("") == set()
    assert await names(of_guest) == {"Annie"}
    assert await names(of_host) == {"Annie", "Bep"}


async def test_who_gets_up_sees_what_a_passer_by_sees():
    table = await make_table()
    await take_chair(table, name="Annie", name_visibility="tafel")
    guest = await take_chair(table)
    key = await sync_to_async(keys.mint)(Key.Scope.KEYRING, keyring=guest)
    async with opened(table, key=key) as socket:
        assert "Annie" in await socket.frame()

        await sync_to_async(seats.leave)(table.pk, guest, now=timezone.now())

        assert "Annie" not in await socket.frame(1)


@pytest.mark.parametrize(
    "ended",
    [{"revoked_at": timedelta(0)}, {"expires_at": timedelta(0)}, {"last_used_on": timedelta(days=-400)}],
    ids=["revoked", "at its end", "unused for thirteen months"],
)
async def test_whose_link_was_ended_sees_what_a_passer_by_sees(ended):
    table = await make_table()
    await take_chair(table, name="Annie", name_visibility="tafel")
    guest = await take_chair(table)
    key = await sync_to_async(keys.mint)(Key.Scope.KEYRING, keyring=guest)
    async with opened(table, key=key) as socket:
        assert "Annie" in await socket.frame()

        await Key.objects.aupdate(**{name: timezone.now() + ago for name, ago in ended.items()})
        await take_chair(table)

        assert "Annie" not in await socket.frame(1)


async def test_who_sits_at_another_table_costs_this_one_no_query(django_assert_max_num_queries):
    table, other = await make_table(), await make_table()
    guests = [await take_chair(other) for _ in range(5)]
    minted = [await sync_to_async(keys.mint)(Key.Scope.KEYRING, keyring=guest) for guest in guests]

    def ask() -> dict[str, str]:
        with django_assert_max_num_queries(2):
            return hub_module._audiences(f"/agenda/{table.slug}/{table.date_key}/", [keys.hash_of(raw) for raw in minted])

    assert await sync_to_async(ask)() == {}


async def test_a_page_in_english_gets_english():
    table = await make_table()

    async with opened(table, query="taal=en") as english, opened(table, query="taal=xx") as unknown:
        texts = [await socket.frame() for socket in (english, unknown)]

    assert 'aria-label="The table"' in texts[0]
    assert 'aria-label="De tafel"' in texts[1]


@pytest.mark.parametrize(
    "origin", ["https://elders.example", "http://localhost.elders.example", "null", "", "http://localhost:1", "http://[", "ftp://localhost"]
)
async def test_a_page_of_another_site_is_refused(origin):
    table = await make_table()
    async with page(address(table), origin=origin) as socket:
        connected = await socket.connect()

    assert not connected


async def test_another_site_is_refused_where_every_host_is_allowed(settings):
    settings.ALLOWED_HOSTS = ["*"]
    table = await make_table()
    async with page(address(table), origin="http://elders.example") as foreign, page(address(table)) as own:
        answers = [await socket.connect() for socket in (foreign, own)]

    assert answers == [False, True]


@pytest.mark.parametrize("path", ["/ws/elders/", "/ws/agenda/a/b/c/", "/agenda/a/2026-12-03/"])
async def test_an_address_of_another_kind_is_refused(path):
    async with page(path) as socket:
        connected = await socket.connect()

    assert not connected


async def test_a_page_whose_table_is_not_there_is_told_so_and_asks_no_more():
    table = await make_table()
    kitchen_table = await make_table(kind=Kind.KITCHEN_TABLE)
    paths = ["/ws/agenda/bestaat-niet/2026-12-03/", f"/ws/agenda/{table.slug}/2020-01-01/", address(kitchen_table)]
    for path in paths:
        async with page(path) as socket:
            assert await socket.closed_with() == NOT_FOUND


async def test_a_page_of_a_meeting_that_went_off_every_list_is_told_so(monkeypatch):
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.1)
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await sync_to_async(repeated.go_unlisted)(await Meeting.objects.aget(pk=table.meeting_id), now=timezone.now())

        message = await socket.receive_output(3)
    assert (message["type"], message["code"]) == ("websocket.close", NOT_FOUND)


async def test_a_page_that_opens_while_the_database_is_away_is_asked_to_come_later(monkeypatch, caplog):
    def away(*arguments: object) -> None:
        raise OperationalError("weg")

    table = await make_table()
    monkeypatch.setattr(hub, "_complained_at", float("-inf"))
    with monkeypatch.context() as at_first:
        at_first.setattr(consumers, "_who", away)
        for _ in range(2):
            async with page(address(table)) as socket:
                assert await socket.closed_with() == TRY_AGAIN
    monkeypatch.setattr(hub_module, "_render", away)
    async with page(address(table)) as socket:  # it goes away a moment later
        assert await socket.closed_with() == TRY_AGAIN

    assert hub.tables == {}
    assert len(caplog.records) == 1


async def test_a_network_and_a_process_hold_so_many_sockets_and_no_more(settings):
    settings.SOCKETS_NETWORK, settings.SOCKETS_PROCESS = 2, 3
    table = await make_table()
    path = address(table)
    async with opened(table, client="192.0.2.1"):
        async with opened(table, client="192.0.2.1"):
            async with page(path, client="192.0.2.1") as third:
                assert await third.closed_with() == TRY_AGAIN
            async with opened(table, client="192.0.2.2") as neighbour:
                await neighbour.frame()
                async with page(path, client="192.0.2.3") as fourth:
                    assert await fourth.closed_with() == TRY_AGAIN
        async with opened(table, client="192.0.2.1") as again:
            await again.frame()
    assert crowd.total == 0
    assert not crowd.by_network


async def test_behind_a_proxy_each_network_counts_for_itself(settings):
    settings.SOCKETS_NETWORK, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1
    table = await make_table()
    async with opened(table, forwarded="192.0.2.1") as one, opened(table, forwarded="192.0.2.2") as other:
        await one.frame()
        await other.frame()
        assert sorted(crowd.by_network.values()) == [1, 1]


async def test_without_a_limit_any_number_of_sockets_is_held(settings):
    settings.SOCKETS_NETWORK = settings.SOCKETS_PROCESS = 0
    table = await make_table()
    async with opened(table) as one, opened(table) as other:
        await one.frame()
        await other.frame()
        (held,) = hub_module.hub.tables.values()
        assert len(held.sockets) == 2


async def test_a_socket_only_receives():
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        for _ in range(2):  # as two that came in one packet
            await socket.send_input({"type": "websocket.receive", "text": "ik wil een stoel"})

        assert await socket.receive_output(1) == {"type": "websocket.close", "code": NO_MESSAGES}
        assert await socket.receive_nothing()
    await sync_to_async(table.refresh_from_db)()
    assert (table.taken, table.version) == (0, 0)


async def test_a_change_that_nobody_announced_is_seen_at_the_next_look(monkeypatch):
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.2)
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await Occurrence.objects.filter(pk=table.pk).aupdate(version=7, seats_resident=3)

        assert taken(await socket.frame(2)) == 3


async def test_one_look_for_all_open_tables(monkeypatch):
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 0.2)
    asked: list[list[int]] = []
    real = hub_module._versions
    monkeypatch.setattr(hub_module, "_versions", lambda ids: asked.append(ids) or real(ids))
    tables = [await make_table() for _ in range(3)]

    async with opened(tables[0]) as one, opened(tables[1]) as two, opened(tables[2]) as three:
        for socket in (one, two, three):
            await socket.frame()
        assert await one.receive_nothing(timeout=0.5)

    assert sorted(asked[-1]) == sorted(table.pk for table in tables)


async def test_a_hint_from_another_process_is_heard():
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()
        await Occurrence.objects.filter(pk=table.pk).aupdate(version=7, seats_resident=3)

        await Hub().tell_others(f"/agenda/{table.slug}/{table.date_key}/", 7)

        assert taken(await socket.frame(1)) == 3


async def test_without_the_channel_layer_the_page_still_follows(monkeypatch):
    class Away:
        async def new_channel(self) -> str:
            raise ConnectionError

        async def group_send(self, *arguments: object) -> None:
            raise ConnectionError

    monkeypatch.setattr(hub_module, "get_channel_layer", Away)
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await take_chair(table)

        assert taken(await socket.frame(1)) == 1
    assert hub.tables == {}


async def test_a_page_that_opens_while_redis_is_away_follows_as_well(settings):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1"]}}
    }
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await take_chair(table)

        assert taken(await socket.frame(1)) == 1
