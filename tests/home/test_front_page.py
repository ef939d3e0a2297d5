"""A site of which nobody made anything yet."""

from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from wagtail.models import Page, Site

from home.demo import load
from home.models import HomePage
from places.models import NeighbourhoodIndexPage

pytestmark = pytest.mark.django_db


def test_a_new_site_opens_with_its_own_front_page_and_an_empty_list_of_neighbourhoods(client):
    page = client.get("/").content.decode()

    assert "Schuif aan." in page
    assert "Wagtail" not in page
    assert client.get("/wijken/").status_code == 200
    assert Site.objects.get(is_default_site=True).root_page.specific == HomePage.objects.get()
    assert Page.find_problems() == ([], [], [], [], [])


def test_the_front_page_of_a_new_site_takes_neighbourhoods_and_goes_through_the_editor():
    index = NeighbourhoodIndexPage.objects.get()
    home = HomePage.objects.get()
    home.lead = "Kom erbij."
    home.save_revision().publish()

    assert index.get_parent() == home.page_ptr
    assert HomePage.objects.get().lead == "Kom erbij."
    assert index.url == "/wijken/"


@pytest.mark.parametrize(
    ("path", "title", "description"),
    [
        ("/", "Schuif aan. · Aanschuiven", "Kom erbij. Koffie, eten, klussen of samen praten over de wijk."),
        ("/en/", "Pull up a chair. · Aanschuiven", "Come along. Coffee, food, odd jobs or talking about the neighbourhood."),
        ("/wijken/", "Wijken · Aanschuiven", "Kom erbij. Koffie, eten, klussen of samen praten over de wijk."),
    ],
)
def test_a_page_without_words_of_its_own_says_the_name_and_what_the_site_is_for(client, path, title, description):
    page = unescape(client.get(path).content.decode())

    assert f"<title>{title}</title>" in page
    assert f'<meta name="description" content="{description}">' in page


def test_the_front_page_is_described_by_its_own_words(client):
    HomePage.objects.update(lead="Schuif aan in “West”.")

    assert '<meta name="description" content="Schuif aan in “West”.">' in client.get("/").content.decode()


def test_a_site_with_pages_of_its_own_keeps_them():
    before = list(Page.objects.order_by("path").values_list("pk", "title"))

    import_module("home.migrations.0003_front_page").lay_front_page(apps, None)

    assert list(Page.objects.order_by("path").values_list("pk", "title")) == before


def test_the_demo_goes_into_a_new_site_and_not_over_what_an_editor_wrote():
    assert load.is_empty()

    HomePage.objects.get().save_revision()

    assert not load.is_empty()
