"""Forms on pages that a secret link opens.

Such a page says ``Referrer-Policy: no-referrer``, and then a browser sends ``Origin: null`` with its forms (Fetch, "append a
request Origin header"), which Django takes for a foreign site. ``Sec-Fetch-Site`` cannot be set by a script and tells the
difference; browsers leave it out on plain http and before 2023. The token in the form is compared in any case, and its cookie
is ``SameSite=Lax``: a foreign page that posts without a referrer has neither.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def origin_without_referrer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before CsrfViewMiddleware: name the origin that the browser left out, when the form is ours."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.headers.get("Origin") == "null" and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
            request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
        return get_response(request)

    return middleware
