"""What every test may count on: Wagtail's first rows are there, files go to a folder of their own, nothing is skipped in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.cache import cache
from django.db import transaction
from django.test.utils import override_settings
from django.utils import translation

FOLDER = Path(tempfile.mkdtemp(prefix="aanschuiven-tests-"))
collect_ignore = [] if os.environ.get("REDIS_URL") else ["site/test_production.py"]  # it is about real servers: the second ring runs it
FIRST_ROWS = ("wagtailcore", "home", "places", "auth.group")


def pytest_configure(config: pytest.Config) -> None:
    settings.MEDIA_ROOT = FOLDER / "media"
    settings.STATIC_ROOT = FOLDER / "static"
    settings.STATIC_ROOT.mkdir()
    # The manifest exists after collectstatic only; the browser ring runs on the real one.
    # Enabled as an override, which tells the storages that were made already.
    override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    ).enable()
    settings.ZEAL_ALLOWLIST = [{"model": "wagtailcore.Page", "field": "get()"}]  # Wagtail walks an address part by part
    settings.RATE_NETWORK = settings.RATE_KEYRING = 0
    if settings.REDIS_URL and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
        # Each process of xdist a cache and channels of its own; what is published on Redis reaches every database of it.
        settings.CACHES["default"]["LOCATION"] = f"{settings.REDIS_URL.rpartition('/')[0]}/{int(worker[2:]) + 1}"
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] += f"-{worker}"
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, as on a site: an in-memory database has locks of its own, and threads would see another one.
        database.setdefault("TEST", {})["NAME"] = str(FOLDER / "test.sqlite3")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def _first_rows(django_db_setup: None, django_db_blocker: object) -> str:
    """What the migrations put in: page tree, site, language, groups."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        models = [model for model in apps.get_models() if model._meta.app_label in FIRST_ROWS or model._meta.label_lower in FIRST_ROWS]
        models = serializers.sort_dependencies([(None, [model for model in models if model._meta.managed and not model._meta.proxy])])
        rows = chain.from_iterable(model._base_manager.order_by("pk") for model in models)
        return serializers.serialize("json", rows, use_natural_foreign_keys=True)


@pytest.fixture(autouse=True)
def _site_as_migrated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the first rows back when a flush (a test with ``transaction=True``) took them away."""
    from aanschuiven import zone
    from meetings import agenda

    cache.clear()
    zone.forget()
    monkeypatch.setattr(agenda, "_looked", None)  # the clock of tests stands still, and the dates are others
    translation.activate(settings.LANGUAGE_CODE)  # a request in English leaves its language behind in the thread
    marker = request.node.get_closest_marker("django_db")
    if marker is None and not {"db", "transactional_db"} & set(request.fixturenames):
        monkeypatch.setattr(zone, "zone_of_site", lambda: ZoneInfo(settings.TIME_ZONE))  # no database to ask
        return
    rows = request.getfixturevalue("_first_rows")
    transactional = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if transactional else "db")

    from django.contrib.contenttypes.models import ContentType
    from wagtail.models import Site

    if not Site.objects.exists():
        ContentType.objects.clear_cache()
        with transaction.atomic():  # a foreign key may point at a row that comes later
            for row in serializers.deserialize("json", rows):
                row.save()


@pytest.fixture(scope="session")
def no_repeated_queries() -> Callable[[], AbstractContextManager[None]]:
    """``with no_repeated_queries(): client.get(…)``: fail on a query a row (django-zeal).

    Around one request to a page of ours: Wagtail's editor repeats itself, and two requests ask the same things twice.
    """
    from zeal import zeal_context
    from zeal.constants import initialize_app_registry
    from zeal.patch import patch

    initialize_app_registry()
    patch()
    return zeal_context


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and with CI=true nothing may be: {report.longrepr}"
