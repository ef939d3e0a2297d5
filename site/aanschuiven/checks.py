"""Checks that `manage.py check --deploy` makes for a site of ours."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_base_url(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if settings.TLS:
        return []
    return [
        Warning(
            f"BASE_URL is {settings.BASE_URL}: cookies travel in the clear.",
            hint="Set BASE_URL to the address that visitors type, with https.",
            id="aanschuiven.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_proxies(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Without it everybody behind the proxy shares one rate limit, and TLS is not seen."""
    if not settings.TLS or settings.ALLAUTH_TRUSTED_PROXY_COUNT or urlsplit(settings.BASE_URL).hostname == "localhost":
        return []
    return [
        Warning(
            "TRUSTED_PROXY_COUNT is 0 while BASE_URL has https: nobody can tell visitors apart.",
            hint="Set TRUSTED_PROXY_COUNT to the number of proxies in front of the site (1 behind one nginx or Caddy).",
            id="aanschuiven.W002",
        )
    ]
