"""Logs without secrets: a part of a path that may be a key is written as ``#`` and the start of its hash.

A secret link is 22 or more URL-safe characters in one part of a path (a key of ours has 26 and its hyphens), or whatever
somebody typed from paper behind ``/mijn/``, ``/beheer/``, ``/tafel/`` or ``/account/link/``: with spaces, quotes or dots. Paths reach
the logs from places that do not know this: uvicorn writes ``"WebSocket /ws/tafel/<key>/" [accepted]``, Django writes
``Not Found: /mijn/<key>/``, and a traceback repeats what it was given. So the last step, the formatter, reads the whole
text once more. For a key of ours the eight characters are those of ``Key.hash``, so that a line can be traced to a row.

>>> masked("Not Found: /mijn/k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5/")
'Not Found: /mijn/#034b3524/'
"""

import logging
import re
from hashlib import sha256
from urllib.parse import unquote

# Up to the end of the line: who mistypes a key may type a slash as well.
_BEHIND = re.compile(r"(?<!/agenda)(/(?:mijn|beheer|tafel|account/link)/)([^\n]+)")
_PART = re.compile(r"(?<=/)[A-Za-z0-9_~-]{22,}")
_WORDS = re.compile(r"(?:kwijt|vergeet|wis|link)(?![^/\s?\"'])|\?|[^0-9A-Za-z%]*(?:HTTP/\d.*)?$")  # what is no secret behind /mijn/
_KEY = re.compile(r"[^/\s?\"']{20,}(?=[/\s?\"']|$)")


def _hash(text: str) -> str:
    bare = re.sub(r"[^0-9a-z]", "", unquote(text).lower())
    return "#" + sha256(bare.encode()).hexdigest()[:8]


def _hide(behind: re.Match[str]) -> str:
    start, rest = behind[1], behind[2]
    if _WORDS.match(rest):
        return start + rest
    if key := _KEY.match(rest):  # what stands behind a whole key is no part of it
        return start + _hash(key[0]) + rest[key.end() :]
    typed, end = re.fullmatch(r"(.*?)(/?(?: HTTP/\d.*)?)", rest).groups()  # type: ignore[union-attr]  # it matches anything
    return start + _hash(typed) + end


def masked(text: str) -> str:
    return _PART.sub(lambda part: _hash(part[0]), _BEHIND.sub(_hide, text))


class KeysAsHashes(logging.Formatter):
    """A formatter that writes no key, whichever part of the record it stood in."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
