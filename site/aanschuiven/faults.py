"""Faults, answered in the house's style.

Every page here says what happened, that it is not the visitor's doing, and what to do next. Those for a broken site (500,
503) and a form that was too old (403) are rendered without a context processor, a query or a session, because each of those
may be what is broken.
"""

import logging
import sqlite3
import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import escape_leading_slashes

from .languages import language_of

log = logging.getLogger(__name__)

RETRY_AFTER = 30  # seconds


def is_database_away(fault: BaseException | None) -> bool:
    """Whether ``fault`` says that the database cannot be reached, opened or written to now.

    SQLite calls a mistake in a statement an OperationalError as well (SQLITE_ERROR, code 1): that is a bug of ours.
    """
    if not isinstance(fault, OperationalError | InterfaceError):
        return False
    cause = fault.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR
    return True


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    with translation.override(language_of(request.path_info)):
        response = HttpResponse(render_to_string(template, {"path": escape_leading_slashes(request.path)}), status=status)
        response["Content-Language"] = translation.get_language() or ""
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the right token: too old, or its cookie gone. One that another site sent is told so."""
    is_foreign = reason.endswith(REASON_BAD_ORIGIN.partition("%s")[2])  # Django says the same of Origin and Referer
    return _page(request, "403_origin.html" if is_foreign else "403_csrf.html", 403)


def pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: give a page to a 404 of ``not_found``, and to a 405, which Django answers with nothing at all (``Allow`` says what
    can be done there).

    The page of a 404 asks the database for the foot of the site. Django calls ``not_found`` in a thread of its own: a query there
    would hold a second connection while the request still has its first, and nothing would give it back. Here it is the same one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code not in (404, 405) or response.streaming or response.content:
            return response
        if response.status_code == 404:
            response.content = render_to_string("404.html", {}, request)
            return response
        page = _page(request, "405.html", 405)
        response.content = page.content
        for name, value in page.items():
            response[name] = value
        return response

    return middleware


def cms_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: an address of the CMS with something in it that Wagtail cannot read as a number or date is a 400, no fault."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValueError) and request.GET and request.path_info.startswith("/cms/"):
            log.warning("Not understood: %s", request.path_info, exc_info=exception)
            return bad_request(request)
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that is not there; unknown and unlisted look the same. ``pages`` writes the page."""
    return HttpResponse(status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """What Django calls for any exception nobody caught, in a view, a template or a middleware."""
    if is_database_away(sys.exc_info()[1]):
        response = _page(request, "503.html", 503)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    return _page(request, "500.html", 500)
