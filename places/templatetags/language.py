"""The language of what editors and visitors wrote, where the page around it is in another (WCAG 3.1.2, Language of Parts)."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


def _is_translated() -> bool:
    return get_language() not in (None, settings.LANGUAGE_CODE)


@register.simple_tag
def content_lang() -> SafeString:
    """The attribute for an element around written content: ``lang="nl"`` on an English page, nothing on a Dutch one."""
    return format_html(' lang="{}"', settings.LANGUAGE_CODE) if _is_translated() else SafeString("")


@register.simple_tag
def page_lang() -> SafeString:
    """The attribute for our own words within such an element: ``lang="en"`` on an English page, nothing on a Dutch one."""
    return format_html(' lang="{}"', get_language()) if _is_translated() else SafeString("")
