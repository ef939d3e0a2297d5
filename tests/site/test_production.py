"""A site in production, for once: the commands of the Procfile, the environment of the README, PostgreSQL and Redis, two web
processes and a worker, as a proxy with TLS in front of it asks them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from websockets.sync.client import ClientConnection, connect

from tests import servers
from tests.site.test_deploy import environment_of_the_readme

pytestmark = pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="needs PostgreSQL and Redis: bin/test postgres")

HOST = "aanschuiven.example"
PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}  # what it says of whoever asks
TABLE = """
from datetime import timedelta
from django.utils import timezone
from meetings import dates
from meetings.models import Meeting
now = timezone.now()
meeting = dates.create(Meeting(title="Thee", text="Er is thee.", capacity=8), starts_at=now + timedelta(days=2), host_name="Naima", now=now)
print(meeting.occurrences.get().get_absolute_url())
"""


@dataclass
class Production:
    environment: dict[str, str]
    stack: ExitStack
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)

    def run(self, command: str) -> str:
        done = subprocess.run(["bash", "-c", command], cwd=settings.ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def start(self, name: str, command: str, log: Path, **environment: str) -> None:
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=settings.ROOT,
                env=self.environment | environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.processes[name] = process
        self.stack.callback(servers.stop, process, signal.SIGTERM)

    def stop(self, name: str) -> None:
        servers.stop(self.processes.pop(name), signal.SIGTERM)

    def ask(self, path: str, process: int = 0, **headers: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.ports[process]}{path}", headers=PROXY | headers, timeout=30)

    def send(self, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
        return httpx.post(f"http://127.0.0.1:{self.ports[0]}{path}", headers=PROXY | headers, data=data, timeout=30)

    def listen(self, path: str, process: int, origin: str) -> ClientConnection:
        taken = socket.create_connection(("127.0.0.1", self.ports[process]))
        return connect(f"ws://{HOST}/ws{path}", sock=taken, origin=origin, additional_headers={"X-Forwarded-Proto": "https"})  # type: ignore[arg-type]


@dataclass
class Away:
    """How to take a server away."""

    postgres: Callable[[], None]
    redis: Callable[[], None]


@pytest.fixture
def production() -> Iterator[tuple[Production, Away]]:
    commands = dict(line.split(": ", 1) for line in (settings.ROOT / "Procfile").read_text().splitlines() if line)
    with ExitStack() as stack:
        # Not in tmp_path: PostgreSQL may run as somebody else, who cannot look in there.
        folders = {
            name: Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"aanschuiven-{name}-")))
            for name in ("postgres", "redis", "var", "log")
        }
        postgres, redis = stack.enter_context(ExitStack()), stack.enter_context(ExitStack())
        site = Production(
            {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
            | environment_of_the_readme()
            | {
                "DATABASE_URL": servers.start_postgres(folders["postgres"], postgres),
                "REDIS_URL": servers.start_redis(folders["redis"], redis),
                "EMAIL_URL": "filemail://",
                "VAR_DIR": str(folders["var"]),
                "DATABASE_POOL": "4",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            stack,
        )
        site.run(commands["release"])
        for number in range(2):
            site.ports.append(servers.free_port())
            site.start(f"web{number}", commands["web"], folders["log"] / f"web{number}", PORT=str(site.ports[number]))
        site.start("worker", commands["worker"], folders["log"] / "worker")
        for number, port in enumerate(site.ports):
            servers.wait_for(port, site.processes[f"web{number}"], folders["log"] / f"web{number}")
        yield site, Away(postgres.close, redis.close)


def parts(site: Production) -> tuple[int, dict[str, str]]:
    answer = site.ask("/readyz")
    return answer.status_code, answer.json()


def test_it_seats_a_neighbour_behind_its_proxy_and_says_which_part_is_away(production: tuple[Production, Away]):
    site, away = production
    table = site.run(f"python manage.py shell --no-imports -c '{TABLE}'")
    ends = time.monotonic() + 60
    while parts(site)[0] != 200 and time.monotonic() < ends:
        time.sleep(0.2)
    assert parts(site) == (200, {"database": "ok", "channel_layer": "ok", "worker": "ok"})

    # more visitors at once with an old link than there are connections, each of which is the only one of its request
    with ThreadPoolExecutor(40) as crowd:
        assert {answer.status_code for answer in crowd.map(site.ask, [f"/agenda/oud-{number}/" for number in range(40)])} == {404}
    assert site.ask("/agenda/").status_code == 200

    # addresses: https and the site's own name, whatever the load balancer's
    bare = httpx.get(f"http://127.0.0.1:{site.ports[0]}/agenda/", headers={"Host": HOST})
    assert (bare.status_code, bare.headers["location"]) == (301, f"https://{HOST}/agenda/")
    assert site.ask("/agenda/", Host="elders.example").status_code == 400
    assert f"<loc>https://{HOST}/" in site.ask("/sitemap.xml").text

    # every file that a page names is there, in any process, for ever
    page = site.ask(table)
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(files) >= 5
    for file in files:
        answer = site.ask(file, process=1)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True), file

    # a chair, taken in one process and seen in the other
    form = site.ask(f"{table}aanschuiven/")
    cookie = form.headers["set-cookie"]
    assert re.fullmatch(r"__Host-formulier=\w+; HttpOnly; Path=/; SameSite=Lax; Secure", cookie)
    fields = {name: re.search(rf'name="{name}" value="([^"]+)"', form.text)[1] for name in ("csrfmiddlewaretoken", "teken")}
    asked = {"Cookie": cookie.split(";")[0], "Referer": f"https://{HOST}{table}"}
    refused = site.send(f"{table}aanschuiven/", fields | {"aantal": "1"}, Origin="https://elders.example", **asked)
    assert refused.status_code == 403
    with site.listen(table, 1, f"https://{HOST}") as listening:
        assert 'data-taken="0"' in listening.recv(timeout=10)
        seated = site.send(f"{table}aanschuiven/", fields | {"aantal": "1"}, Origin=f"https://{HOST}", **asked)
        assert (seated.status_code, seated.headers["location"]) == (303, table)
        assert 'data-taken="1"' in listening.recv(timeout=10)
    keyring = next(one for one in seated.headers.get_list("set-cookie") if "sleutelbos" in one)
    assert keyring.startswith("__Host-sleutelbos=")
    assert keyring.endswith("; HttpOnly; Max-Age=34214400; Path=/; SameSite=Lax; Secure")
    assert "Thee" in site.ask("/mijn/", process=1, Cookie=keyring.split(";")[0]).text

    # staff
    link = site.run("python manage.py staff_link anna --email anna@aanschuiven.example")
    assert link.startswith(f"https://{HOST}/account/link/")
    door = site.ask(link.removeprefix(f"https://{HOST}"))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', door.text)[1]
    entered = site.send(
        link.removeprefix(f"https://{HOST}"),
        {"csrfmiddlewaretoken": token},
        Cookie=door.headers["set-cookie"].split(";")[0],
        Origin=f"https://{HOST}",
    )
    assert entered.status_code == 303
    assert "__Host-sessie=" in entered.headers["set-cookie"]

    # parts that go away, one by one
    away.redis()
    assert parts(site) == (503, {"database": "ok", "channel_layer": "away", "worker": "ok"})
    assert site.ask("/agenda/").status_code == 200
    site.stop("worker")
    assert parts(site) == (503, {"database": "ok", "channel_layer": "away", "worker": "away"})
    away.postgres()
    assert parts(site) == (503, {"database": "away", "channel_layer": "away", "worker": "away"})
    without = site.ask("/agenda/")
    assert (without.status_code, without.headers["retry-after"]) == (503, "30")
    assert "Even geduld" in without.text
    assert site.ask("/healthz").status_code == 200
