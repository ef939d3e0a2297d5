import sqlite3
from types import ModuleType

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.urls import path

from aanschuiven import faults
from tests.staff import signed_in


def away() -> OperationalError:
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    fault = OperationalError("database is locked")
    fault.__cause__ = cause
    return fault


def bug() -> OperationalError:
    cause = sqlite3.OperationalError('near "SELEKT": syntax error')
    cause.sqlite_errorcode = sqlite3.SQLITE_ERROR
    fault = OperationalError(str(cause))
    fault.__cause__ = cause
    return fault


def raises(fault: Exception):
    def view(request):
        raise fault

    return view


def refuses(request):
    raise SuspiciousOperation("a path with a NUL")


BROKEN = {"weg/": raises(away()), "stuk/": raises(bug()), "kapot/": raises(ZeroDivisionError()), "raar/": refuses}


@pytest.fixture
def visitor(settings) -> Client:
    """Someone on a site with addresses that break."""
    from aanschuiven import urls

    broken = ModuleType("broken")
    broken.urlpatterns = [path(prefix + address, view) for address, view in BROKEN.items() for prefix in ("", "en/")] + urls.urlpatterns
    broken.handler400, broken.handler500 = urls.handler400, urls.handler500
    settings.ROOT_URLCONF = broken
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "fault", [away(), InterfaceError("connection already closed"), OperationalError("server closed the connection")], ids=str
)
def test_a_database_that_cannot_be_reached_is_told_apart(fault):
    assert faults.is_database_away(fault)


@pytest.mark.parametrize("fault", [bug(), DatabaseError("value too long"), ZeroDivisionError(), None], ids=str)
def test_a_mistake_of_ours_is_no_database_away(fault):
    assert not faults.is_database_away(fault)


def test_without_database_the_visitor_is_asked_to_wait(visitor):
    answer = visitor.get("/weg/")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    assert "Het ligt niet aan jou" in answer.text
    assert 'lang="nl"' in answer.text
    assert 'href="/weg/"' in answer.text


def test_the_way_on_never_leads_to_another_site():
    request = RequestFactory().get("/weg/")
    request.path = "//elders.example/weg/"

    try:
        raise away()
    except OperationalError:
        answer = faults.server_error(request)

    assert 'href="/%2Felders.example/weg/"' in answer.text


def test_without_database_an_english_address_answers_as_an_english_page(visitor):
    answer = visitor.get("/en/weg/")

    assert answer.status_code == 503
    assert answer["Content-Language"] == "en"
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize("address", ["/stuk/", "/kapot/"])
def test_a_mistake_of_ours_is_a_500_in_the_house_style_that_tells_nothing(visitor, address):
    answer = visitor.get(address)

    assert answer.status_code == 500
    assert "Er ging iets mis bij ons" in answer.text
    assert "SELEKT" not in answer.text
    assert "aanschuiven/site.css" in answer.text


@pytest.mark.django_db
def test_a_cookie_that_no_browser_sends_is_left_out(client):
    client.cookies["sessie"] = "a" * 10
    client.cookies["sessie"].set("sessie", "a\0b", '"aaaaaaaaaa\\000bbbb"')

    for address in ("/account/login/", "/agenda/", "/cms/"):
        assert client.get(address).status_code in (200, 302)


def test_a_request_that_makes_no_sense_is_a_400_with_a_way_on(visitor):
    answer = visitor.get("/raar/")

    assert answer.status_code == 400
    assert 'href="/agenda/"' in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "language"), [("/geen-pagina/", "nl"), ("/en/no-page/", "en"), ("/agenda/niets/", "nl"), ("/media/x.jpg", "nl")]
)
def test_an_address_that_is_not_there_is_a_404_in_the_house_style(client, address, language):
    answer = client.get(address)

    assert answer.status_code == 404
    assert f'<html lang="{language}">' in answer.text
    assert 'class="brand"' in answer.text
    assert "noindex" in answer.text


@pytest.mark.django_db
def test_what_django_calls_in_another_thread_for_a_404_asks_the_database_nothing(rf, django_assert_num_queries):
    """A query there would take a second connection, which nothing gives back."""
    with django_assert_num_queries(0):
        assert faults.not_found(rf.get("/geen-pagina/")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "language"), [("/agenda/", "nl"), ("/en/agenda/", "en"), ("/mijn/", "nl")])
def test_what_an_address_does_not_do_is_a_405_with_a_way_on(client, address, language):
    answer = client.post(address)

    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert f'<html lang="{language}">' in answer.text
    assert answer["Content-Language"] == language
    assert 'agenda/">' in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/healthz",
        "/readyz",
        "/robots.txt",
        "/sitemap.xml",
        "/sitemap-paginas.xml",
        "/.well-known/security.txt",
        "/favicon.ico",
        "/media/images/x.jpg",
        "/agenda/",
        "/agenda/thee/",
        "/agenda/thee.ics",
        "/agenda/thee/2026-12-03/",
        "/agenda/thee/2026-12-03.ics",
        "/agenda/thee/2026-12-03/kaartje/",
        "/mijn/",
        "/zoeken/",
        "/agenda/nieuw/",
    ],
)
@pytest.mark.parametrize("method", ["post", "options"])
def test_where_nothing_can_be_sent_it_says_so_and_speaks_of_no_form(address, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(address)

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


def test_a_form_without_its_token_is_told_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/mijn/vergeet/", {})

    assert answer.status_code == 403
    assert "Dit formulier was te oud" in answer.text
    assert "Er is niets veranderd" in answer.text
    assert 'href="/mijn/vergeet/"' in answer.text


TOKEN = "a" * 32


def post_a_form(**headers: str) -> int:
    visitor = Client(enforce_csrf_checks=True)
    visitor.cookies["formulier"] = TOKEN
    return visitor.post(
        "/account/signup/", {"csrfmiddlewaretoken": TOKEN}, headers={name.replace("_", "-"): value for name, value in headers.items()}
    ).status_code


@pytest.mark.django_db
def test_a_form_of_our_own_is_taken():
    assert post_a_form(origin="http://testserver") == 200
    assert post_a_form() == 200


def test_a_form_from_another_site_is_refused():
    assert post_a_form(origin="https://elsewhere.example") == 403
    assert post_a_form(origin="null", sec_fetch_site="cross-site") == 403
    assert post_a_form(origin="null", sec_fetch_site="same-site") == 403


@pytest.mark.parametrize(
    ("https", "headers"),
    [
        (False, {"origin": "https://elsewhere.example"}),
        (False, {"origin": "null", "sec-fetch-site": "cross-site"}),
        (True, {"referer": "https://elsewhere.example/x"}),
    ],
    ids=["origin", "an origin that hides", "referer"],
)
def test_a_form_from_another_site_is_told_so(https, headers):
    answer = Client(enforce_csrf_checks=True).post("/mijn/vergeet/", {}, secure=https, headers=headers)

    assert answer.status_code == 403
    assert "Dit formulier kwam van een andere site" in answer.text
    assert "Er is niets veranderd" in answer.text
    assert "te oud" not in answer.text
    assert 'href="/mijn/vergeet/"' in answer.text


@pytest.mark.django_db
def test_a_form_on_a_page_without_referrer_is_taken():
    # What a browser sends from a page that a secret link opened, over https and over plain http.
    assert post_a_form(origin="null", sec_fetch_site="same-origin") == 200
    assert post_a_form(origin="null") == 200


def test_without_referrer_the_token_still_counts():
    visitor = Client(enforce_csrf_checks=True)

    assert visitor.post("/account/signup/", {}, headers={"origin": "null", "sec-fetch-site": "same-origin"}).status_code == 403


def test_the_pages_of_a_broken_site_need_neither_database_nor_session():
    request = RequestFactory().get("/")

    # No mark for the database: a query here would fail the test.
    assert faults.csrf_failure(request).status_code == 403
    assert faults.server_error(request).status_code == 500
    assert faults.forbidden(request).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/cms/failwhale/", 404),
        ("/cms/choose-page/chosen-multiple/?id=all", 400),
        ("/cms/api/main/pages/find/?id=x", 400),
        ("/cms/api/main/images/find/?id=x", 400),
    ],
)
def test_no_address_of_the_cms_is_a_fault_by_itself(admin_user, address, status):
    assert signed_in(admin_user).get(address).status_code == status
