import logging

import pytest
from django.conf import settings

from aanschuiven.logs import KeysAsHashes, masked
from meetings import keys

KEY = "k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5"


def test_a_key_in_a_path_is_written_as_the_start_of_its_hash():
    assert masked(f'"WebSocket /ws/tafel/{KEY}/" [accepted]') == f'"WebSocket /ws/tafel/#{keys.hash_of(KEY)[:8]}/" [accepted]'
    assert masked(f"Not Found: /mijn/{KEY}/onthoud/") == f"Not Found: /mijn/#{keys.hash_of(KEY)[:8]}/onthoud/"


def test_a_key_without_hyphens_and_one_in_capitals_are_hidden_too():
    assert keys.normalise(KEY) not in masked(f"/beheer/{keys.normalise(KEY)}/")
    assert KEY.upper() not in masked(f"/beheer/{KEY.upper()}/")


@pytest.mark.parametrize("start", ["/mijn/", "/en/mijn/", "http://localhost:8000/beheer/", "/ws/tafel/", "/account/link/"])
@pytest.mark.parametrize(
    "typed",
    [
        "xgqh 5hwd a41x 9xwd",
        "“xgqh-5hwd-a41x-9xwd”",
        "xgqh.5hwd.a41x",
        "xgqh–5hwd–a41x",
        "xgqh%205hwd%20a41x",
        "xgqh/5hwd/a41x",
        " xgqh-5hwd",
    ],
)
def test_whatever_is_typed_instead_of_a_key_is_hidden_whole(start, typed):
    for line in (f"Not Found: {start}{typed}/", f'"GET {start}{typed} HTTP/1.1" 404', f"{start}{typed}/\nTraceback"):
        written = masked(line)
        assert not any(group in written for group in ("xgqh", "5hwd", "a41x", "9xwd"))
        assert f"{start}#" in written
    assert masked(f"{start}{typed}/\nTraceback").endswith("\nTraceback")


def test_a_key_typed_in_groups_is_written_as_the_hash_of_its_row():
    assert masked(f"Not Found: /mijn/{KEY.replace('-', ' ')}/") == f"Not Found: /mijn/#{keys.hash_of(KEY)[:8]}/"


@pytest.mark.parametrize(
    "path",
    ["/agenda/koffie-op-dinsdag/2026-12-03/", "/mijn/", "/mijn/kwijt/", "/en/mijn/link/12/", "/mijn/wis/", "/agenda/tafel/2026-12-03/"],
)
def test_an_ordinary_path_stays_readable(path):
    for line in (f"Not Found: {path}", f'"GET {path} HTTP/1.1" 404', f"Bad Request: {path}?q=x"):
        assert masked(line) == line


def test_a_traceback_holds_no_key_either():
    formatter = KeysAsHashes("{message}", style="{")
    try:
        raise ValueError(f"no such page: /mijn/{KEY}/")
    except ValueError as fault:
        record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "At %s", (f"/mijn/{KEY}/",), (type(fault), fault, None))

    written = formatter.format(record)

    assert KEY not in written
    assert written.count("#" + keys.hash_of(KEY)[:8]) == 2


def test_everything_that_is_logged_passes_through_it():
    handlers = settings.LOGGING["handlers"]
    formatters = settings.LOGGING["formatters"]

    assert all(formatters[handler["formatter"]]["()"] == "aanschuiven.logs.KeysAsHashes" for handler in handlers.values())
    assert all(set(logger["handlers"]) <= set(handlers) for logger in settings.LOGGING["loggers"].values())
    assert {"uvicorn", "uvicorn.error", "uvicorn.access", "django"} <= set(settings.LOGGING["loggers"])
