"""The address of the site in the CMS, after the first ``release`` of a server and ever after."""

from io import StringIO

import pytest
from django.conf import settings as project
from django.core.management import call_command
from wagtail.models import Site

from home.models import HomePage

pytestmark = pytest.mark.django_db


def release() -> str:
    told = StringIO()
    call_command("site_address", stderr=told)
    return told.getvalue()


@pytest.mark.parametrize(
    "base_url", ["https://aanschuiven.example", "http://localhost:8000", "http://127.0.0.1:8142", "http://aanschuiven.example"]
)
def test_a_fresh_site_gets_the_address_of_its_environment(settings, base_url):
    settings.BASE_URL = base_url

    assert release() == f"The site is at {base_url}\n"
    assert HomePage.objects.get().full_url == f"{base_url}/"


def test_a_second_release_and_one_after_an_editor_chose_an_address_change_nothing(settings):
    settings.BASE_URL = "https://aanschuiven.example"
    release()
    settings.BASE_URL = "https://elders.example"

    assert release() == ""
    assert Site.objects.get().root_url == "https://aanschuiven.example"


def test_it_is_part_of_every_release():
    line = next(line for line in (project.ROOT / "Procfile").read_text().splitlines() if line.startswith("release:"))

    assert line.index("manage.py migrate") < line.index("manage.py site_address")
