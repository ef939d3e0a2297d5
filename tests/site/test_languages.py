import pytest

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
