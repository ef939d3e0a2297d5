"""Every address of the site. Dutch has no prefix, other languages do (languages.py)."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from home import urls as home
from meetings import urls as meetings
from places import urls as places
from places.read_only import read_only

from . import accounts, faults, health, media, well_known

handler400 = faults.bad_request
handler403 = faults.forbidden
handler404 = faults.not_found
handler500 = faults.server_error

SITEMAPS = {"paginas": well_known.PageSitemap, "bijeenkomsten": well_known.MeetingSitemap}

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", well_known.favicon, name="favicon"),
    path("robots.txt", well_known.robots, name="robots"),
    path(".well-known/security.txt", well_known.security, name="security"),
    path("sitemap.xml", read_only(sitemaps.index), {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", read_only(sitemaps.sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("account/link/<str:key>/", accounts.staff_link, name="staff_link"),
    path("cms/login/", accounts.cms_login),
    path("cms/failwhale/", accounts.not_here),
    path("cms/", include(wagtailadmin_urls)),
    path("documenten/", include(wagtaildocs_urls)),
    re_path(r"^media/(?P<path>.+)$", media.media, name="media"),
    *meetings.urlpatterns,
    *places.urlpatterns,
    *i18n_patterns(
        re_path(r"^account/(?:password|confirm-email)/", accounts.not_here),
        path("account/", include("allauth.urls")),
        *meetings.localised,
        *home.urlpatterns,
        path("_util/login/", accounts.cms_login),
        path("", include(wagtail_urls)),
        prefix_default_language=False,
    ),
]
