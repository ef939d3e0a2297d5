"""What a first visit weighs: home, agenda and one table, in a real Chromium, from a real server with the demo.

    python -m tests.load.page_weight

Counted are document, styles and scripts as they come over the wire, heads included (limits of design section 8); pictures apart.
"""

from __future__ import annotations

import re
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Site
from tests.load.figures import Figure, show

MOST, MOST_SCRIPT, MOST_REQUESTS = 47.0, 24.0, 6  # kB of 1,000 bytes
COUNTED = ("Document", "Stylesheet", "Script")


def figures() -> list[Figure]:
    with ExitStack() as stack:
        site = Site(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))), stack)
        site.manage("prepare")
        site.start_web()
        stack.callback(site.close)
        agenda = urllib.request.urlopen(site.url + "/agenda/").read().decode()
        table = re.search(r'<h3><a href="([^"]+)"', agenda)
        assert table, "the demo's agenda is empty"
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        stack.callback(browser.close)
        return [
            one
            for name, path in (("home", "/"), ("agenda", "/agenda/"), ("table", table[1]))
            for one in of_page(name, weigh(browser, site.url + path))
        ]


def weigh(browser: Browser, address: str) -> list[tuple[str, str, int]]:
    """(type, address, bytes over the wire) of everything a fresh visitor's browser fetched."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = (event["type"], event["response"]["url"])

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    wire = context.new_cdp_session(page)
    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", finished)
    wire.send("Network.enable")
    page.goto(address, wait_until="load")
    page.wait_for_timeout(500)
    context.close()
    return [(*kinds[request], size) for request, size in sizes.items() if request in kinds]


def of_page(name: str, fetched: list[tuple[str, str, int]]) -> list[Figure]:
    counted = [(kind, size) for kind, _address, size in fetched if kind in COUNTED]
    weight = sum(size for _kind, size in counted) / 1000
    script = sum(size for kind, size in counted if kind == "Script") / 1000
    return [
        Figure(f"{name}: document, styles and scripts", weight, None, f"≤ {MOST:.0f} kB", weight <= MOST, "kB"),
        Figure(f"{name}: of it script", script, None, f"≤ {MOST_SCRIPT:.0f} kB", script <= MOST_SCRIPT, "kB"),
        Figure(f"{name}: their requests", len(counted), None, f"≤ {MOST_REQUESTS}", len(counted) <= MOST_REQUESTS),
    ]


if __name__ == "__main__":
    show(figures)
