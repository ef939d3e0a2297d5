"""The browser ring: a real Chromium against real processes on a database in a file.

pytest-django's live server has no sockets, and its thread would share our connection; so uvicorn runs as it does on a site.
Playwright's thread holds an event loop, in which Django's ORM refuses to work: tests prepare rows with ``site.python(...)``,
which runs in a process of its own.

    def test_it_opens(site, phone):
        phone.goto(site.url + "/agenda/")
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
KEY = re.compile(r"/(?:[0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{2}\b")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NewPage = Callable[..., Page]


class Site:
    """Processes of one site: its data in ``folder``, web processes on free ports, a worker when asked."""

    def __init__(self, folder: Path, stack: ExitStack, **environment: str) -> None:
        self.folder = folder
        self.stack = stack
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.port = servers.free_port()
        self.url = f"http://localhost:{self.port}"
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
        self.environment = kept | {
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "BASE_URL": self.url,
            "RATE_NETWORK": "0",
            "RATE_KEYRING": "0",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            **environment,
        }

    def manage(self, *arguments: str) -> str:
        """Run ``manage.py`` and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def python(self, code: str) -> str:
        """Run Python with the ORM in a process of its own and return what it printed, without white space around it."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def start_web(self, name: str = "web", port: int | None = None) -> str:
        """Start a web process and return its address; a second one has another name and a port of its own."""
        port = port or (self.port if name == "web" else servers.free_port())
        command = [
            "-m",
            "uvicorn",
            "aanschuiven.asgi:application",
            "--port",
            str(port),
            "--no-access-log",
            "--ws-per-message-deflate",
            "false",
        ]
        self._start(name, command)
        address = f"http://localhost:{port}"
        wait_for(address + "/healthz", self.processes[name], self.log(name))
        return address

    def start_worker(self) -> None:
        self._start("worker", ["manage.py", "work", "--interval", "0.2"])

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for name in list(self.processes):
            self.stop(name)
        assert not KEY.search(self.logs()), "a secret link stands in a log"

    def _start(self, name: str, command: list[str]) -> None:
        with self.log(name).open("ab") as out:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the first ``bin/run`` leaves it: database with the demo, static files collected."""
    folder = tmp_path_factory.mktemp("prepared")
    with ExitStack() as stack:
        Site(folder, stack).manage("prepare")
    return folder


@pytest.fixture(scope="session")
def site(prepared: Path) -> Iterator[Site]:
    """The site that tests share: choose a meeting that no other test uses, or take ``new_site``."""
    with ExitStack() as stack:
        shared = Site(prepared, stack)
        stack.callback(shared.close)
        shared.start_web()
        yield shared


@pytest.fixture
def new_site(prepared: Path, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """``new_site(worker=True, redis=True)``: a site of its own, on a copy of the demo; ``site.redis_stop()`` pulls Redis away."""
    with ExitStack() as stack:

        def make(*, worker: bool = False, redis: bool = False, **environment: str) -> Site:
            folder = tmp_path / f"site{len(list(tmp_path.iterdir()))}"
            shutil.copytree(prepared, folder, ignore=shutil.ignore_patterns("*.log"))
            made = Site(folder, stack, **environment)
            if redis:
                (folder / "redis").mkdir()
                server = stack.enter_context(ExitStack())
                made.environment["REDIS_URL"] = servers.start_redis(folder / "redis", server)
                made.redis_stop = server.close  # type: ignore[attr-defined]
            stack.callback(made.close)
            made.start_web()
            if worker:
                made.start_worker()
            return made

        yield make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no Chromium: sudo apt-get install chromium, or name one in CHROMIUM"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """``new_page(width=360, scheme="dark", javascript=False)``: a page in a fresh browser profile.

    At the end of the test no page may have broken its own policy, thrown an error, or asked anything of another host.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(f"{page.url}: {said.text}"))
        page.on("request", lambda asked: is_elsewhere(asked.url) and wrong.append(f"{page.url} asked {asked.url}"))

    def make(
        *,
        width: int = 360,
        height: int = 800,
        scheme: str = "light",
        javascript: bool = True,
        reduced_motion: bool = False,
        **options: object,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            locale="nl-NL",
            timezone_id="Europe/Amsterdam",
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(10_000)
        context.on("page", listen)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("localhost", "127.0.0.1")


@pytest.fixture
def phone(new_page: NewPage) -> Page:
    return new_page(width=360)


@pytest.fixture
def desktop(new_page: NewPage) -> Page:
    return new_page(width=1280, height=900)


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")], ids=lambda param: f"{param[0]}px-{param[1]}")
def any_page(request: pytest.FixtureRequest, new_page: NewPage) -> Page:
    """A page at each of the widths and in each of the colour schemes we look at."""
    width, scheme = request.param
    return new_page(width=width, scheme=scheme, reduced_motion=True)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """``axe(page)``: open every ``details`` and find nothing wrong (WCAG 2.0 to 2.2 A and AA, best practice)."""

    def look(page: Page) -> None:
        page.wait_for_load_state("load")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        # A button that fades in as its script arrives has, for a moment, neither its old contrast nor its new one.
        page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
        violations = found.response["violations"]
        assert [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]] == [], page.url

    return look
