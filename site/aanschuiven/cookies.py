"""Cookies as browsers send them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: leave out a cookie with a NUL in it. No browser sends one (RFC 6265 4.1.1), and PostgreSQL cannot look for it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return get_response(request)

    return middleware
