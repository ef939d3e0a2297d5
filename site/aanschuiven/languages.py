"""The language of a page is in its address, and nowhere else.

Dutch has no prefix, other languages do: an address reads the same for everyone, whatever their browser prefers and whatever
they read before. So nothing redirects, no cookie is set, and no cache needs to know about Accept-Language.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import translate_url
from django.utils import translation
from wagtail.contrib.redirects.middleware import RedirectMiddleware, get_redirect
from wagtail.contrib.redirects.models import Redirect


def language_of(path: str) -> str:
    return translation.get_language_from_path(path) or settings.LANGUAGE_CODE


def language_by_path(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that reads the language from the path."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = language_of(request.path_info)
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]  # Django's own LocaleMiddleware puts it there too
        response = get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or language)
        return response

    return middleware


class RedirectInEveryLanguage(RedirectMiddleware):  # type: ignore[misc]  # Wagtail has no types
    """Editors' redirects, which are written without a prefix, for the same address in another language too."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        answer: HttpResponse = super().process_response(request, response)
        language = language_of(request.path_info)
        if answer.status_code != 404 or language == settings.LANGUAGE_CODE:
            return answer
        path = Redirect.normalise_path(request.get_full_path().removeprefix(f"/{language}"), decode_unicode=False)
        found = get_redirect(request, path) or get_redirect(request, urlsplit(path).path)
        with translation.override(settings.LANGUAGE_CODE):
            link = found and found.link
            if link and link.startswith("/"):  # of this site
                link = translate_url(link, language)
        if found is None or not link:
            return answer
        return (HttpResponsePermanentRedirect if found.is_permanent else HttpResponseRedirect)(link)
