"""One sign-up to a thousand and to two thousand open pages, beside a bare ``websockets`` broadcast of the same bytes.

    python -m tests.load.fanout

The clock runs from the rendered frame to the last socket; both servers stand on uvloop without compression and take turns, three
runs each, of which the best counts. From commit to frame is printed apart. CPU is of the loop's thread while it hands out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests import servers
from tests.load.figures import ENVIRONMENT, ROOT, Figure, show

SOCKETS = (1000, 2000)
RUNS, MESSAGES, BURST = 3, 30, 50
PAUSE = 0.3  # seconds between two messages: a table shows five frames a second at most
WARM = 50  # sockets that pay for what a server loads once
PATIENCE = 60.0
VERSION = re.compile(rb'data-version="(\d+)"')


@dataclass
class Run:
    """Of one run: seconds to the last socket a message, CPU seconds a delivery, seconds from commit to frame."""

    last: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    renders: list[int] = field(default_factory=list)
    kib: float = 0.0  # a socket that is open and hears nothing
    behind: int = 0  # sockets that are not at the last version after a burst

    @property
    def p50(self) -> float:
        return median(self.last)

    @property
    def p99(self) -> float:
        return sorted(self.last)[min(len(self.last) - 1, int(len(self.last) * 0.99))]


def figures() -> list[Figure]:
    _many_files()
    found: list[Figure] = []
    for number in SOCKETS:
        site, raw = [], []
        for _ in range(RUNS):
            text, run = asyncio.run(of_site(number))
            site.append(run)
            raw.append(asyncio.run(of_raw(number, text)))
        found += compare(number, site, raw)
    return found


def compare(number: int, site: list[Run], raw: list[Run]) -> list[Figure]:
    def best(name: str, runs: list[Run]) -> float:
        return min(median(getattr(run, name)) if name in ("cpu", "commit") else getattr(run, name) for run in runs)

    def beside(what: str, name: str, most: float, scale: float, unit: str) -> Figure:
        ours, theirs = best(name, site) * scale, best(name, raw) * scale
        return Figure(f"{number} sockets: {what}", ours, theirs, f"≤ {most:g} ×", ours <= most * theirs, unit)

    renders = [count for run in site for count in run.renders]
    kib, commit = best("kib", site), best("commit", site) * 1000
    return [
        beside("frame to last socket, p50", "p50", 1.5, 1000, "ms"),
        beside("frame to last socket, p99", "p99", 3, 1000, "ms"),
        beside("CPU a delivery", "cpu", 1.5, 1e6, "µs"),
        Figure(f"{number} sockets: commit to frame, p50", commit, None, "≤ 50", commit <= 50, "ms"),
        Figure(f"{number} sockets: memory a socket", kib, best("kib", raw), "≤ 30", kib <= 30, "KiB"),
        Figure(
            f"{number} sockets: left behind after {BURST} changes at once",
            sum(r.behind for r in site),
            None,
            "0",
            not any(r.behind for r in site),
        ),
        Figure(f"{number} sockets: renderings a change and kind, most", max(renders), None, "1", set(renders) == {1}),
    ]


# --- the client: pages that only count ---------------------------------------------------------------------------------


class Page(asyncio.Protocol):
    """An open page without a WebSocket library, so that two thousand of them leave the servers their core."""

    arrived: dict[int, list[float]] = defaultdict(list)  # moments by version

    def __init__(self, port: int, path: str) -> None:
        self.hello = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self.opened = asyncio.get_running_loop().create_future()
        self.rest = b""
        self.version = 0
        self.text = ""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.hello)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before it was open"))

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        if not self.opened.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if found:
                ok = head.startswith(b"HTTP/1.1 101")
                self.opened.set_result(True) if ok else self.opened.set_exception(ConnectionError(head[:80]))
            data = rest if found else data
            if not found:
                self.rest = data
                return
        at = 0
        while len(data) - at >= 2:
            size, head_size = data[at + 1] & 127, 2
            if size == 126:
                size, head_size = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            if len(data) - at < head_size + size:
                break
            if data[at] & 15 == 9:
                self.transport.write(b"\x8a\x80\0\0\0\0")
            elif data[at] & 15 == 1 and (found_version := VERSION.search(data, at + head_size, at + head_size + size)):
                self.version = int(found_version[1])
                Page.arrived[self.version].append(time.monotonic())
                if not self.text:
                    self.text = data[at + head_size : at + head_size + size].decode()
            at += head_size + size
        self.rest = data[at:]


async def open_pages(number: int, port: int, path: str, server: subprocess.Popen[bytes]) -> tuple[list[Page], float]:
    """The pages, and KiB of the server a page beyond the first."""
    pages: list[Page] = []
    before = 0

    for at in range(0, number, WARM):
        if at == WARM:
            await asyncio.sleep(0.5)
            before = memory(server.pid)
        made = [await asyncio.get_running_loop().create_connection(lambda: Page(port, path), "127.0.0.1", port) for _ in range(WARM)]
        pages += [page for _, page in made]
        await asyncio.wait_for(asyncio.gather(*(page.opened for _, page in made)), PATIENCE)
    await asyncio.sleep(1)
    return pages, (memory(server.pid) - before) / (number - WARM)


async def last_arrival(version: int, number: int) -> float:
    async with asyncio.timeout(PATIENCE):
        while len(Page.arrived[version]) < number:
            await asyncio.sleep(0.005)
    return Page.arrived[version][number - 1]


def memory(pid: int) -> int:
    """KiB that are this process's own (proportional set size)."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


async def of_site(number: int) -> tuple[str, Run]:
    Page.arrived.clear()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))
        port, server = start("site", stack, VAR_DIR=folder, SOCKETS_NETWORK="0", SOCKETS_PROCESS="0")
        path = (await ask(port, "path"))["path"]
        pages, kib = await open_pages(number, port, f"/ws{path}?taal=nl", server)
        run = Run(kib=kib)
        for _ in range(MESSAGES):
            done = await ask(port, "change")
            run.last.append(await last_arrival(done["version"], number) - done["rendered"])
            run.commit.append(done["rendered"] - done["committed"])
            run.cpu.append(done["cpu"] / number)
            run.renders.append(done["renders"])
            await asyncio.sleep(PAUSE)
        final = (await ask(port, "burst"))["version"]
        ends = time.monotonic() + 10
        while time.monotonic() < ends and any(page.version != final for page in pages):
            await asyncio.sleep(0.1)
        run.behind = sum(page.version != final for page in pages)
        english = [
            (await asyncio.get_running_loop().create_connection(lambda: Page(port, f"/ws{path}?taal=en"), "127.0.0.1", port))[1]
            for _ in range(20)
        ]
        await asyncio.gather(*(page.opened for page in english))
        await asyncio.sleep(PAUSE)
        run.renders.append((await ask(port, "change"))["renders"] // 2)
        text = pages[0].text
        for page in (*pages, *english):
            page.transport.abort()
        return text, run


async def of_raw(number: int, text: str) -> Run:
    from websockets.asyncio.client import connect

    Page.arrived.clear()
    with ExitStack() as stack:
        port, server = start("raw", stack)
        pages, kib = await open_pages(number, port, "/", server)
        run = Run(kib=kib)
        async with connect(f"ws://127.0.0.1:{port}/control", compression=None) as control:
            for version in range(1, MESSAGES + 1):
                await control.send(VERSION.sub(f'data-version="{version}"'.encode(), text.encode()).decode())
                done = json.loads(await control.recv())
                run.last.append(await last_arrival(version, number) - done["rendered"])
                run.cpu.append(done["cpu"] / number)
                await asyncio.sleep(PAUSE)
        for page in pages:
            page.transport.abort()
        return run


async def ask(port: int, what: str) -> dict[str, Any]:
    def get() -> dict[str, Any]:
        with closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/control/{what}", timeout=PATIENCE)) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    return await asyncio.to_thread(get)


def start(role: str, stack: ExitStack, **environment: str) -> tuple[int, subprocess.Popen[bytes]]:
    port = servers.free_port()
    log = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))) / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "tests.load.fanout", role, str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | ENVIRONMENT | environment, stdout=out, stderr=out)
    stack.callback(servers.stop, process, 9)
    servers.wait_for(port, process, log)
    return port, process


def _many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- the servers, in processes of their own ------------------------------------------------------------------------------


def serve_raw(port: int) -> None:
    import uvloop
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    pages: set[ServerConnection] = set()

    async def handler(socket: ServerConnection) -> None:
        if socket.request and socket.request.path != "/control":
            pages.add(socket)
            await socket.wait_closed()
            pages.discard(socket)
            return
        async for text in socket:
            rendered, cpu = time.monotonic(), time.thread_time()
            broadcast(pages, text)
            await socket.send(json.dumps({"rendered": rendered, "cpu": time.thread_time() - cpu}))

    async def main() -> None:
        async with serve(handler, "127.0.0.1", port, compression=None):
            await asyncio.get_running_loop().create_future()

    uvloop.run(main())


def serve_site(port: int) -> None:
    """The site itself, with an address before it that takes and gives back a chair and says when."""
    import uvicorn
    from django.core.management import call_command
    from django.utils import timezone

    from aanschuiven.asgi import application
    from meetings import live, seats
    from meetings.live import hub as hub_module
    from meetings.models import Keyring, Perspective
    from tests.factories import occurrence

    call_command("migrate", verbosity=0)
    now = timezone.now()
    table = occurrence(starts_at=now + timedelta(days=2), capacity=12)
    for perspective in Perspective:
        for _ in range(2):
            seats.take(table.pk, Keyring.objects.create(), perspective, now=now)
    table.refresh_from_db()
    guest = Keyring.objects.create()
    path = f"/agenda/{table.slug}/{table.date_key}/"
    hub, committed, handed = hub_module.hub, {}, {}
    hub_module.SENTENCE_EVERY = 0  # every frame with its sentence: none comes later, between two measurements
    announce, rendered, shown = live.announce, hub._rendered, hub._show

    def announced(path: str, version: int) -> None:
        committed[version] = time.monotonic()
        announce(path, version)

    async def render(*arguments: Any) -> Any:
        frame = await rendered(*arguments)
        handed[frame.version] = {"rendered": frame.rendered_at, "cpu": time.thread_time()}
        return frame

    async def show_all(table: Any) -> int:
        renders = hub.renders
        newest = await shown(table)
        handed[newest] |= {"cpu": time.thread_time() - handed[newest]["cpu"], "renders": hub.renders - renders}
        return newest

    live.announce, hub._rendered, hub._show = announced, render, show_all  # type: ignore[method-assign, assignment]

    def change() -> int:
        if table.taken == 6:
            seats.take(table.pk, guest, Perspective.RESIDENT, now=now)
        else:
            seats.leave(table.pk, guest, now=now)
        table.refresh_from_db()
        return table.version

    async def control(what: str) -> dict[str, Any]:
        if what == "path":
            return {"path": path}
        if what == "burst":
            return {"version": [await asyncio.to_thread(change) for _ in range(BURST)][-1]}
        version = await asyncio.to_thread(change)
        while "renders" not in handed.get(version, {}):
            await asyncio.sleep(0.005)
        return {"version": version, "committed": committed[version], **handed[version]}

    async def before(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/control/"):
            await application(scope, receive, send)
            return
        body = json.dumps(await control(scope["path"].removeprefix("/control/"))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(before, host="127.0.0.1", port=port, access_log=False, ws_per_message_deflate=False, lifespan="off", log_level="warning")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("raw", "site"):
        _many_files()
        (serve_raw if sys.argv[1] == "raw" else serve_site)(int(sys.argv[2]))
    else:
        show(figures)
