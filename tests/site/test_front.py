"""The front before Django: what it answers itself, and what it never keeps."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from aanschuiven import front as front_module
from aanschuiven.asgi import django_application
from aanschuiven.front import Front
from meetings.live import hub as hub_module
from meetings.models import Meeting
from meetings.repeated import go_unlisted
from tests.meetings.live.page import make_table, take_chair

PAGE = "/agenda/thee/2026-12-03/"


class Site:
    """Stands behind the front as Django does, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = [(b"Content-Type", b"text/html")]
        self.slow: asyncio.Event | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked += 1
        body = f"bladzijde {self.asked} ".encode() * 20
        if self.slow:
            await self.slow.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status = messages[0]["status"]
        self.headers = {name.lower().decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])


async def get(front: Front, path: str = PAGE, method: str = "GET", query: bytes = b"", **headers: str) -> Answer:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in ({"host": "a.example"} | headers).items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": names}
    waiting = [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else await asyncio.get_running_loop().create_future()

    await front(scope, receive, send)
    return Answer(sent)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def front(site: Site, monkeypatch: pytest.MonkeyPatch) -> Front:
    monkeypatch.setattr(hub_module, "_caches", [])
    return Front(site)


async def test_who_comes_second_is_answered_from_memory(site: Site, front: Front):
    first, second = await get(front), await get(front)

    assert site.asked == 1
    assert first.body == second.body
    assert second.headers["content-type"] == "text/html"
    assert second.headers["content-length"] == str(len(second.body))
    assert second.headers["vary"] == "Cookie, Accept-Encoding"


async def test_a_browser_gets_it_gzipped(site: Site, front: Front):
    plain, small = await get(front), await get(front, accept_encoding="br, gzip")

    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["content-length"] == str(len(small.body))
    assert gzip.decompress(small.body) == plain.body


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_who_has_the_page_already_hears_only_that(site: Site, front: Front, encoding: str):
    await get(front)
    page = await get(front, accept_encoding=encoding)
    other = await get(front, accept_encoding="identity" if encoding == "gzip" else "gzip")
    has_it = {"accept_encoding": encoding, "if_none_match": f'"iets", {page.headers["etag"]}'}

    again = await get(front, **has_it)

    assert (again.status, again.body) == (304, b"")
    assert again.headers == {"vary": "Cookie, Accept-Encoding", "etag": page.headers["etag"]}
    assert other.headers["etag"] != page.headers["etag"]
    hub_module.drop_cached(PAGE)
    await get(front)
    assert (await get(front, **has_it)).status == 200  # the page reads otherwise now


async def test_any_page_will_do_for_who_says_so(site: Site, front: Front):
    await get(front)

    assert (await get(front, if_none_match="*")).status == 304


@pytest.mark.parametrize(
    ("asked", "given"), [("gzip;q=0", None), ("br, gzip; q=0.0, deflate", None), ("gzip;q=0.5", "gzip"), ("x-gzip, gzip", "gzip")]
)
async def test_gzip_is_not_for_who_refuses_it(site: Site, front: Front, asked: str, given: str | None):
    await get(front)

    assert (await get(front, accept_encoding=asked)).headers.get("content-encoding") == given


async def test_what_django_gzipped_is_also_there_for_who_cannot_read_that(site: Site, front: Front):
    body = gzip.compress(b"klein")

    async def zipped(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Encoding", b"gzip")]})
        await send({"type": "http.response.body", "body": body})

    front.application = zipped
    await get(front, accept_encoding="gzip")

    assert (await get(front)).body == b"klein"
    assert (await get(front, accept_encoding="gzip")).body == body


async def test_a_head_has_the_heads_of_the_page_and_nothing_else(site: Site, front: Front):
    await get(front)
    page, head = await get(front), await get(front, method="HEAD")

    assert site.asked == 1
    assert head.body == b""
    assert head.headers == page.headers


async def test_who_asks_first_gets_the_head_and_body_of_who_asks_next(site: Site, front: Front):
    for options in ({}, {"accept_encoding": "gzip"}, {"method": "HEAD"}, {"method": "HEAD", "accept_encoding": "gzip"}):
        front.pages.clear()
        first, second = await get(front, **options), await get(front, **options)

        assert "etag" in first.headers
        assert (first.headers, first.body) == (second.headers, second.body)
    assert site.asked == 4


async def test_who_has_the_page_of_another_process_hears_only_that(site: Site, front: Front):
    page = await get(front)
    front.pages.clear()
    site.asked = 0  # the same bytes again

    again = await get(front, if_none_match=page.headers["etag"])

    assert (again.status, again.body, site.asked) == (304, b"", 1)


async def test_a_head_of_what_is_not_kept_has_no_body(site: Site, front: Front):
    site.status = 404

    head = await get(front, method="HEAD")

    assert (head.status, head.body) == (404, b"")


async def test_a_page_lives_two_seconds(site: Site, front: Front, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(front_module, "LIVES", 0.05)
    await get(front)
    await asyncio.sleep(0.06)
    await get(front)

    assert site.asked == 2


async def test_a_change_drops_it_in_every_language_and_leaves_others(site: Site, front: Front):
    pages = [PAGE, "/en" + PAGE, "/agenda/soep/2026-12-03/"]
    for path in pages:
        await get(front, path)

    hub_module.drop_cached(PAGE)

    for path in pages:
        await get(front, path)
    assert site.asked == 5


@pytest.mark.parametrize(("below", "asked"), [("/agenda/thee/", 5), ("/agenda/", 6)])
async def test_a_change_of_a_meeting_or_of_a_place_drops_every_page_below_it(site: Site, front: Front, below: str, asked: int):
    pages = [PAGE, "/en/agenda/thee/2026-12-10/", "/agenda/soep/2026-12-03/"]
    for path in pages:
        await get(front, path)

    hub_module.drop_cached(below)

    for path in pages:
        await get(front, path)
    assert site.asked == asked


async def test_a_page_that_changed_while_it_was_made_is_not_kept(site: Site, front: Front):
    site.slow = asyncio.Event()
    making = asyncio.create_task(get(front))
    await asyncio.sleep(0.01)

    hub_module.drop_cached(PAGE)
    site.slow.set()
    await making

    await get(front)
    assert site.asked == 2


async def test_of_many_who_come_at_once_one_asks(site: Site, front: Front):
    site.slow = asyncio.Event()
    making = [asyncio.create_task(get(front)) for _ in range(50)]
    await asyncio.sleep(0.01)
    site.slow.set()

    answers = await asyncio.gather(*making)

    assert site.asked == 1
    assert len({answer.body for answer in answers}) == 1


async def test_who_gives_up_waiting_takes_nobody_with_them(site: Site, front: Front):
    site.slow = asyncio.Event()
    making = [asyncio.create_task(get(front)) for _ in range(3)]
    await asyncio.sleep(0.01)

    making[1].cancel()
    await asyncio.sleep(0.01)
    site.slow.set()

    assert (await making[0]).body == (await making[2]).body == (await get(front)).body
    assert front.asking == {}


async def test_who_waited_for_a_page_that_may_not_be_kept_asks_themselves(site: Site, front: Front):
    site.slow, site.status = asyncio.Event(), 404
    making = [asyncio.create_task(get(front)) for _ in range(3)]
    await asyncio.sleep(0.01)
    site.slow.set()

    assert [answer.status for answer in await asyncio.gather(*making)] == [404] * 3
    assert front.asking == {}


@pytest.mark.parametrize(
    "options",
    [
        {"cookie": "sleutelbos=k7qm"},
        {"authorization": "Basic eA=="},
        {"hx_request": "true"},
        {"query": b"x=1"},
        {"method": "POST"},
        {"path": PAGE + "aanschuiven/"},
        {"path": "/mijn/k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5/"},
        {"path": "/agenda/"},
    ],
)
async def test_these_go_to_django(site: Site, front: Front, options: dict[str, Any]):
    for _ in range(2):
        await get(front)
        await get(front, **options)

    assert site.asked == 3


@pytest.mark.parametrize(
    ("status", "header"),
    [(302, None), (404, None), (500, None), (200, (b"Set-Cookie", b"sessie=1")), (200, (b"Cache-Control", b"private, no-store"))],
)
async def test_these_are_never_kept(site: Site, front: Front, status: int, header: tuple[bytes, bytes] | None):
    site.status = status
    if header:
        site.headers = [*site.headers, header]

    await get(front)
    await get(front)

    assert site.asked == 2
    assert front.pages == {}


async def test_a_page_belongs_to_its_host_and_its_scheme(site: Site, front: Front):
    await get(front)
    await get(front, host="b.example")
    await get(front, x_forwarded_proto="https")

    assert site.asked == 3


async def test_memory_has_room_for_so_many_pages(site: Site, front: Front, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(front_module, "MOST_PAGES", 3)
    for number in range(5):
        await get(front, f"/agenda/thee-{number}/ooit/")

    assert [key[2] for key in front.pages] == ["/agenda/thee-2/ooit/", "/agenda/thee-3/ooit/", "/agenda/thee-4/ooit/"]


async def test_a_fault_behind_it_reaches_who_asked_and_frees_the_others(site: Site, front: Front):
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    front.application = broken
    with pytest.raises(RuntimeError):
        await get(front)
    front.application = site

    assert (await get(front)).status == 200


@pytest.mark.django_db(transaction=True)
async def test_the_real_page_is_kept_and_shows_a_chair_as_soon_as_it_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "_caches", [])
    asked: list[str] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await django_application(scope, receive, send)

    front, table = Front(django), await make_table()
    path = f"/agenda/{table.slug}/{table.date_key}/"
    before = [await get(front, path, host="localhost") for _ in range(2)]
    assert before[0].status == 200
    assert asked == [path]
    assert all(b'data-taken="0"' in answer.body for answer in before)
    assert "etag" in before[0].headers
    assert before[1].headers == before[0].headers

    await take_chair(table)

    assert b'data-taken="1"' in (await get(front, path, host="localhost")).body


@pytest.mark.django_db(transaction=True)
async def test_what_goes_off_every_list_is_gone_at_its_known_address_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "_caches", [])
    front, table = Front(django_application), await make_table()
    assert (await get(front, table.path, host="localhost")).status == 200

    await sync_to_async(go_unlisted)(await Meeting.objects.aget(pk=table.meeting_id), now=timezone.now())

    assert (await get(front, table.path, host="localhost")).status == 404
