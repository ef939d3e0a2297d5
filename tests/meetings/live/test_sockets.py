"""The socket of a page: what it is given, what it may see, and who may open one."""

from __future__ import annotations

import re

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from meetings import keys, seats
from meetings.live import hub as hub_module
from meetings.live.hub import Hub, hub
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


async def test_whose_link_was_ended_sees_what_a_passer_by_sees():
    table = await make_table()
    await take_chair(table, name="Annie", name_visibility="tafel")
    guest = await take_chair(table)
    key = await sync_to_async(keys.mint)(Key.Scope.KEYRING, keyring=guest)
    async with opened(table, key=key) as socket:
        assert "Annie" in await socket.frame()

        await sync_to_async(keys.revoke_all)(guest, now=timezone.now())
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


@pytest.mark.parametrize("path", ["/ws/agenda/bestaat-niet/2026-12-03/", "/ws/elders/", "/ws/agenda/a/b/c/", "/agenda/a/2026-12-03/"])
async def test_an_address_without_a_table_is_closed(path):
    async with page(path) as socket:
        connected = await socket.connect()

    assert not connected


async def test_a_kitchen_table_has_no_socket():
    table = await make_table(kind=Kind.KITCHEN_TABLE)
    async with page(address(table)) as socket:
        connected = await socket.connect()

    assert not connected


async def test_a_socket_only_receives():
    table = await make_table()
    async with opened(table) as socket:
        await socket.frame()

        await socket.send_input({"type": "websocket.receive", "text": "ik wil een stoel"})

        assert (await socket.receive_output(1))["type"] == "websocket.close"
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
