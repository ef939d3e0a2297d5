import pytest
from wagtail.contrib.redirects.models import Redirect

from home.models import HomePage, PlainPage

pytestmark = pytest.mark.django_db


def test_an_address_without_prefix_reads_dutch_whatever_the_browser_prefers(client):
    answer = client.get("/agenda/", headers={"accept-language": "en-GB,en;q=0.9"})

    assert answer.status_code == 200
    assert answer["Content-Language"] == "nl"
    assert '<html lang="nl">' in answer.text


def test_an_address_with_a_prefix_reads_english_whatever_the_browser_prefers(client):
    answer = client.get("/en/agenda/", headers={"accept-language": "nl"})

    assert answer["Content-Language"] == "en"
    assert '<html lang="en">' in answer.text


def test_choosing_a_language_is_a_link_that_sets_nothing(client):
    answer = client.get("/en/agenda/")

    assert not answer.cookies
    assert 'href="/agenda/"' in answer.text
    assert "Accept-Language" not in answer.get("Vary", "")


def test_the_language_of_one_request_does_not_stay_for_the_next(client):
    client.get("/en/agenda/")

    assert client.get("/agenda/")["Content-Language"] == "nl"


def test_there_is_no_second_address_for_dutch(client):
    assert client.get("/nl/agenda/").status_code == 404


@pytest.fixture
def page(django_capture_on_commit_callbacks) -> PlainPage:
    home = HomePage.objects.first()
    made = home.add_child(instance=PlainPage(title="Hoe het werkt", slug="zo-werkt-het"))
    made.save_revision().publish()
    with django_capture_on_commit_callbacks(execute=True):
        made.slug = "hoe-het-werkt"
        made.save_revision().publish()
    return made


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_an_address_that_a_page_had_before_leads_to_it_in_every_language(client, page, prefix):
    answer = client.get(f"{prefix}/zo-werkt-het/")

    assert (answer.status_code, answer["Location"]) == (301, f"{prefix}/hoe-het-werkt/")


@pytest.mark.parametrize(
    ("link", "in_english"),
    [("/agenda/?wijk=x", "/en/agenda/?wijk=x"), ("https://elders.example/x/", "https://elders.example/x/"), ("/robots.txt", "/robots.txt")],
)
def test_what_an_editor_sends_on_goes_on_in_every_language(client, link, in_english):
    Redirect.add_redirect("/oud", link, is_permanent=False)

    dutch, english = client.get("/oud/?van=hier"), client.get("/en/oud/?van=hier")

    assert (dutch.status_code, dutch["Location"]) == (302, link)
    assert (english.status_code, english["Location"]) == (302, in_english)
