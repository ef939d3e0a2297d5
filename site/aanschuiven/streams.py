"""Files to whoever asks, without Django's warning that a file is no asynchronous iterator.

Whitenoise, Wagtail's documents and our pictures answer with a file that is read as it is sent. Under ASGI Django would read
it whole first, and say so in the log; here it is read bit by bit, in a thread, as fast as the visitor takes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

AT_ONCE = 16  # pieces of a file: 4096 bytes each


def read_in_thread(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware that stands outermost: nothing after it looks at what is sent."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(request, ASGIRequest) and response.streaming and not response.is_async:  # type: ignore[attr-defined]
            response.streaming_content = _read(iter(response.streaming_content))  # type: ignore[attr-defined]
        return response

    return middleware


async def _read(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    next_piece = sync_to_async(lambda: b"".join(islice(pieces, AT_ONCE)))
    while piece := await next_piece():
        yield piece
