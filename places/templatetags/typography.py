"""Where a line may break, and where not.

{{ "di en do, 10:00 – 13:00"|together }}        a number, or a span of hours, stays on one line where there is room
{{ "https://…/mijn/7eee-meb5-…/"|in_pieces }}    a long link breaks before its key and after each dash, nowhere inside a group
"""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

INSIDE = re.compile(r"(?<=\d) (?=\d)|(?<=\d) (?=[–-] \d)|(?<=\d [–-]) (?=\d)")
PIECE = re.compile(r"(?<=[^/:]/)(?=[^/]+/?$)|(?<=[^/]-)(?=.)")


@register.filter
def together(text: str) -> str:
    """The same text with no-break spaces inside "06 12 34 56 78" and "10:00 – 13:00"."""
    return INSIDE.sub("\u00a0", text)


@register.filter
def in_pieces(link: str) -> SafeString:
    """The same link with <wbr> where a line may break: who copies it gets not a character more."""
    return mark_safe(PIECE.sub("<wbr>", conditional_escape(link)))  # noqa: S308 (escaped; only <wbr> is ours)
