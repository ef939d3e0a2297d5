"""What the head and the foot of every page need."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse, translate_url
from wagtail.models import Site

from home.models import FootLink, SiteSettings

register = template.Library()


def _settings(context: Context) -> SiteSettings | None:
    """The site's settings, asked once a page; None before the first site exists."""
    request = context.get("request")
    known = request and Site.find_for_request(request)
    return SiteSettings.for_request(request) if known else None


@register.simple_tag(takes_context=True)
def site_name(context: Context) -> str:
    found = _settings(context)
    return (found and found.name) or settings.WAGTAIL_SITE_NAME


@register.inclusion_tag("home/_foot.html", takes_context=True)
def site_foot(context: Context) -> dict:
    found = _settings(context)
    links = FootLink.objects.filter(settings=found).select_related("page") if found else []
    return {"settings": found, "links": links, "request": context.get("request")}


@register.simple_tag
def retention_days() -> int:
    return SiteSettings.longest_retention()


@register.simple_tag
def neighbourhoods_url() -> str:
    return reverse("wagtail_serve", args=["wijken/"])


@register.filter
def languages(request: HttpRequest | None) -> list[tuple[str, str]]:
    """(language, this same page in it) for the switch in the head."""
    address = request.get_full_path() if request else "/"
    return [(code, translate_url(address, code)) for code, _name in settings.LANGUAGES]
