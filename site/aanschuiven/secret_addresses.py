"""Addresses with a secret in them: whatever is answered there, nothing keeps it, indexes it or passes it on (design section 4, Keys)."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from meetings.views.meeting import keep_secret

SECRET = re.compile(r"(/[a-z]{2})?/(mijn|beheer|tafel|account/link)/.")


def kept_secret(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a link that ended, was mistyped or asked for what it does not do says as little as one that opens."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        return keep_secret(response) if SECRET.match(request.path_info) else response

    return middleware
