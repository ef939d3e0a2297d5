"""The address of the site in the CMS: what the addresses of pages in e-mails, feeds and the sitemap begin with."""

from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Site


def take_over() -> Site | None:
    """Put BASE_URL in Wagtail's Site while that is still as it was made (localhost:80); None when somebody chose another."""
    site = Site.objects.filter(is_default_site=True, hostname="localhost", port=80).first()
    if site is None:
        return None
    address = urlsplit(settings.BASE_URL)
    assert address.hostname  # settings refuse a BASE_URL without a host
    site.hostname, site.port = address.hostname, address.port or (443 if address.scheme == "https" else 80)
    site.save()
    return site
