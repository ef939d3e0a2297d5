"""Views that only read."""

from __future__ import annotations

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


def read_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer GET and HEAD with ``view``, anything else with 405 and ``Allow`` (RFC 9110 15.5.6).

    Django compares the token of a form before it looks at the method, and would call whatever is sent here a form that was too
    old. Nothing unsafe gets past ``require_safe``, so there is no form to protect.
    """
    return csrf_exempt(require_safe(view))
