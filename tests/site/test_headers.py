import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from aanschuiven.csp import PolicyByPathMiddleware

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(header: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


def policy_of(path: str, **attributes: object) -> dict[str, str]:
    request = RequestFactory().get(path)
    for name, value in attributes.items():
        setattr(request, name, value)
    return policy(PolicyByPathMiddleware(lambda request: HttpResponse())(request)["Content-Security-Policy"])


@pytest.mark.parametrize("path", ["/", "/agenda/", "/en/agenda/", "/account/login/", "/cmsx/", "/media/images/a.jpg"])
def test_a_page_may_load_what_is_ours_and_nothing_inline(path):
    assert policy_of(path) == STRICT


def test_the_cms_has_a_policy_of_its_own_in_which_its_editor_works():
    cms = policy_of("/cms/pages/3/edit/")

    assert cms["script-src"] == "'self' 'unsafe-inline'"
    assert cms["frame-ancestors"] == "'self'"
    assert cms["default-src"] == "'self'"


def test_a_page_in_preview_may_stand_in_a_frame_of_the_cms_and_stays_strict():
    assert policy_of("/wijken/", is_preview=True) == STRICT | {"frame-ancestors": "'self'"}


@pytest.mark.django_db
def test_every_answer_carries_the_headers_that_keep_a_browser_careful(client):
    answer = client.get("/agenda/")

    assert policy(answer["Content-Security-Policy"]) == STRICT
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_page_carries_nothing_inline(client):
    text = client.get("/agenda/").text

    assert " style=" not in text
    assert "<style" not in text
    assert " onclick=" not in text
    assert not [tag for tag in text.split("<script")[1:] if "src=" not in tag.split(">")[0] and "application/json" not in tag.split(">")[0]]
