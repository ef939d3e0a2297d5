"""Logs without secrets: a part of a path that may be a key is written as ``#`` and the start of its hash.

A secret link is 22 or more URL-safe characters in one part of a path (a key of ours has 26 and its hyphens). Paths reach
the logs from places that do not know this: uvicorn writes ``"WebSocket /ws/tafel/<key>/" [accepted]``, Django writes
``Not Found: /mijn/<key>/``, and a traceback repeats what it was given. So the last step, the formatter, reads the whole
text once more. For a key of ours the eight characters are those of ``Key.hash``, so that a line can be traced to a row.

>>> masked("Not Found: /mijn/k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5/")
'Not Found: /mijn/#034b3524/'
"""

import logging
import re
from hashlib import sha256

_PART = re.compile(r"(?<=/)[A-Za-z0-9_~-]{22,}")


def _hash(part: re.Match[str]) -> str:
    bare = part[0].lower().replace("-", "")
    return "#" + sha256(bare.encode()).hexdigest()[:8]


def masked(text: str) -> str:
    return _PART.sub(_hash, text)


class KeysAsHashes(logging.Formatter):
    """A formatter that writes no key, whichever part of the record it stood in."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
