"""Compression of what everybody may see.

A page with a secret in it is never compressed beside text that a visitor chose (BREACH): those pages say ``no-store``. A calendar
keeps its strong validator, so it stays as it is.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PublicGZipMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "no-store" in response.get("Cache-Control", "") or not response.get("Content-Type", "").startswith(
            ("text/html", "application/json")
        ):
            return response
        return super().process_response(request, response)
