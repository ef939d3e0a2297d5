"""The page of a table that many open: from the memory of the front, through Django, and an empty answer of the same server.

    python -m tests.load.hot_page

Requests a second of one process over connections that stay open, as a browser without a cookie sends them. The three take turns,
three runs each, of which the best counts.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from tests import servers
from tests.load.figures import ENVIRONMENT, ROOT, Figure, show

CONNECTIONS, SECONDS, RUNS = 8, 2.0, 3
PAGE, EMPTY, TEMPLATE = "/agenda/een-drukke-tafel/ooit/", "/leeg/", "/sjabloon/"
UNCACHED = PAGE + "?vers"  # the front leaves a query to Django


def figures() -> list[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-")))
        port, log = servers.free_port(), folder / "log"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "tests.load.hot_page", "serve", str(port)]
            environment = os.environ | ENVIRONMENT | {"VAR_DIR": str(folder)}
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        stack.callback(servers.stop, process, 9)
        servers.wait_for(port, process, log)
        best: dict[str, float] = {}
        for _ in range(RUNS):
            for path in (PAGE, EMPTY, UNCACHED, TEMPLATE):
                best[path] = max(best.get(path, 0.0), uvloop.run(requests_a_second(port, path)))
    hot, empty = best[PAGE], best[EMPTY]
    return [
        Figure("table from memory, beside an empty answer of Django", hot, empty, "≥ 5 ×", hot >= 5 * empty, "/s"),
        Figure("table through Django, beside its template alone", best[UNCACHED], best[TEMPLATE], "printed", True, "/s"),
    ]


class Visitor(asyncio.Protocol):
    """Asks for one page over and over on one connection, and counts the whole answers."""

    def __init__(self, port: int, path: str) -> None:
        self.ask = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        self.answers = 0
        self.status = b""
        self.missing = 0  # bytes of the present answer, 0 before its head
        self.rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.ask)

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            head, found, data = (self.rest + data).partition(b"\r\n\r\n")
            if not found:
                self.rest = head
                return
            self.rest, self.status = b"", head[9:12]
            self.missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.missing -= len(data)
        if not self.missing:
            self.answers += 1
            self.transport.write(self.ask)


async def requests_a_second(port: int, path: str) -> float:
    loop = asyncio.get_running_loop()
    visitors = [(await loop.create_connection(lambda: Visitor(port, path), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    await asyncio.sleep(0.3)
    before, began = sum(one.answers for one in visitors), time.perf_counter()
    await asyncio.sleep(SECONDS)
    found = (sum(one.answers for one in visitors) - before) / (time.perf_counter() - began)
    for one in visitors:
        one.transport.abort()
    if wrong := {one.status for one in visitors} - {b"200"}:
        raise RuntimeError(f"{path} answers {wrong}")
    return found


def serve(port: int) -> None:
    """The site with two addresses more: an empty answer, and the page's template with everything already asked for."""
    import django
    import uvicorn

    django.setup()
    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse
    from django.shortcuts import render
    from django.test import RequestFactory
    from django.urls import path
    from django.utils import timezone

    from aanschuiven import urls
    from aanschuiven.asgi import application
    from meetings import seats
    from meetings.models import Keyring, Perspective
    from meetings.views import meeting as views
    from tests import factories

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    now = timezone.now()
    made = factories.meeting(slug="een-drukke-tafel", title="Een drukke tafel", text="Koffie en praten over de wijk.")
    table = factories.occurrence(meeting=made, starts_at=now + timedelta(days=2), date_key="ooit", capacity=12)
    for perspective in Perspective:
        for _ in range(2):
            seats.take(table.pk, Keyring.objects.create(), perspective, now=now)

    asked: list[Any] = []

    def keep(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        asked.extend((template, context))
        return render(request, template, context)

    views.render = keep  # type: ignore[assignment]
    views.occurrence(RequestFactory().get(PAGE, HTTP_HOST="localhost"), "een-drukke-tafel", "ooit")
    views.render = render
    urls.urlpatterns[:0] = [
        path(EMPTY.lstrip("/"), lambda request: HttpResponse()),
        path(TEMPLATE.lstrip("/"), lambda request: render(request, *asked)),
    ]
    uvicorn.run(application, host="127.0.0.1", port=port, access_log=False, lifespan="off", log_level="warning")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        show(figures)
