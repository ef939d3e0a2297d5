"""Keys: secret links that open what is yours, and nothing once they ended."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from meetings import keys, seats
from meetings.models import Key, Keyring, Occurrence
from tests.factories import keyring, occurrence

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Keyring:
    """Someone with a chair next week."""
    who = keyring()
    seats.take(occurrence(starts_at=timezone.now() + timedelta(days=7)).pk, who, "bewoner", now=timezone.now())
    return who


def mint(who: Keyring, label: str = "", **more) -> str:
    return keys.mint(Key.Scope.KEYRING, keyring=who, label=label, **more)


def id_of(raw: str) -> int:
    return Key.objects.get(hash=keys.hash_of(raw)).pk


def device(raw: str) -> Client:
    """A phone that remembers a link."""
    client = Client()
    client.cookies[settings.KEYRING_COOKIE] = raw
    return client


def listed(page: str) -> list[str]:
    """The labels of "Jouw links"."""
    section = page.split('aria-labelledby="links"')[1].split("</section>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", heading).split()) for heading in re.findall(r"<h3>(.*?)</h3>", section)]


def test_a_key_has_130_random_bits_and_only_its_hash_is_stored():
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())

    assert len(raw.replace("-", "")) * 5 >= 128
    stored = Key.objects.get()
    assert raw not in str(stored.__dict__)
    assert stored.hash == keys.hash_of(raw)


def test_a_key_may_be_typed_from_paper_without_hyphens_and_in_capitals():
    who = keyring()
    raw = keys.mint(Key.Scope.KEYRING, keyring=who)

    assert keys.resolve(raw.replace("-", "").upper().replace("0", "O").replace("1", "I"), Key.Scope.KEYRING).keyring == who


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: {"revoked_at": timezone.now()},
        lambda key: {"expires_at": timezone.now() - timedelta(seconds=1)},
        lambda key: {"last_used_on": (timezone.now() - timedelta(days=400)).date()},
        lambda key: {"scope": Key.Scope.FEED},
    ],
    ids=["revoked", "ended", "unused for thirteen months", "of another scope"],
)
def test_a_key_that_ended_opens_nothing(spoil):
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())
    Key.objects.update(**spoil(None))

    assert keys.resolve(raw, Key.Scope.KEYRING) is None


@pytest.mark.parametrize(
    "raw", ["", "x", "a" * 10_000, "k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r\x00", "../../etc", "k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-é5"]
)
def test_what_is_no_key_opens_nothing(raw):
    assert keys.resolve(raw, Key.Scope.KEYRING) is None


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({}, "2028-01-04"),
        ({"last_used_on": datetime(2027, 1, 1, tzinfo=UTC).date()}, "2028-02-01"),
        ({"expires_at": datetime(2027, 3, 3, tzinfo=UTC)}, "2027-03-03"),
    ],
    ids=["thirteen months after it was made", "thirteen months after it was used", "its own end"],
)
def test_a_key_says_how_long_it_works(fields, day):
    key = Key(created_at=datetime(2026, 12, 4, tzinfo=UTC), **fields)

    assert key.ends_on.isoformat() == day


def test_a_label_is_in_the_language_of_the_keyring():
    with translation.override("en"):
        mint(keyring(language="nl"), gettext_lazy("nieuwe link"))
    mint(keyring(language="en"), gettext_lazy("Mijn stoelen"))

    assert set(Key.objects.values_list("label", flat=True)) == {"nieuwe link", "My chairs"}


def test_a_device_asks_the_database_once_and_only_when_asked(django_assert_num_queries):
    request = RequestFactory().get("/")
    request.COOKIES[settings.KEYRING_COOKIE] = mint(keyring())
    keys.Device(request).keyring  # noqa: B018  the first use of a day is noted

    with django_assert_num_queries(0):
        asked = keys.Device(request)
        assert keys.Device(RequestFactory().get("/")).keyring is None
    with django_assert_num_queries(1):
        assert asked.keyring == asked.keyring is not None


def test_mine_lists_each_link_that_works_and_no_secret(owner):
    here, mail = mint(owner, "apparaat"), mint(owner, "mail over Wijklunch", expires_at=timezone.now() + timedelta(days=90))
    mint(owner, "ging voorbij", expires_at=timezone.now() - timedelta(days=1))
    mint(keyring(), "van een ander")
    keys.revoke(owner, id_of(mint(owner, "gestopt")), now=timezone.now())

    page = device(here).get("/mijn/").text

    assert listed(page) == ["Mail over Wijklunch", "Apparaat dit apparaat"]
    assert "Nog niet gebruikt." in page
    assert "Voor het laatst gebruikt op" in page
    assert mail not in page
    assert not any(key.hash in page for key in Key.objects.all())


def test_one_link_is_stopped_at_once_and_the_others_go_on(owner):
    here, mail = mint(owner, "apparaat"), mint(owner, "mail over Wijklunch")
    client = device(here)

    answer = client.post(f"/mijn/link/{id_of(mail)}/", follow=True)

    assert answer.redirect_chain == [("/mijn/", 303)]
    assert "Die link werkt niet meer. Je stoelen blijven van jou." in answer.text
    assert listed(answer.text) == ["Apparaat dit apparaat"]
    assert Client().get(f"/mijn/{mail}/").status_code == 404
    assert client.post(f"/mijn/link/{id_of(mail)}/").status_code == 303  # pressed twice


def test_stopping_the_link_of_this_device_makes_it_forget(owner):
    here, mail = mint(owner, "apparaat"), mint(owner, "mail")
    client = device(here)
    assert "Dan weet dit apparaat niets meer van jou." in client.get("/mijn/").text

    answer = client.post(f"/mijn/link/{id_of(here)}/", follow=True)

    assert "Dit apparaat weet niets meer van jou." in answer.text
    assert client.cookies[settings.KEYRING_COOKIE].value == ""
    assert owner.sign_ups.exists()
    assert Client().get(f"/mijn/{mail}/").status_code == 200


def test_the_last_link_is_not_stopped_without_a_warning(owner):
    here = mint(owner)
    assert "dit is je enige link" in device(here).get("/mijn/").text

    mint(owner)
    assert "dit is je enige link" not in device(here).get("/mijn/").text


def test_links_stop_by_link_as_well_on_a_device_that_remembers_nothing(owner):
    card, mail = mint(owner, "kaartje"), mint(owner, "mail")
    client = Client()
    assert listed(client.get(f"/mijn/{card}/").text) == ["Mail", "Kaartje deze link"]

    assert client.post(f"/mijn/{card}/link/{id_of(mail)}/")["Location"] == f"/mijn/{card}/"
    assert client.post(f"/mijn/{card}/link/{id_of(card)}/")["Location"] == "/mijn/"

    assert [client.get(f"/mijn/{raw}/").status_code for raw in (card, mail)] == [404, 404]
    assert not client.cookies.get(settings.KEYRING_COOKIE)


@pytest.mark.parametrize("address", ["/mijn/link/{id}/", "/mijn/{raw}/link/{id}/"], ids=["device", "link"])
def test_nobody_stops_a_link_of_somebody_else(owner, address):
    theirs, mine = mint(owner), mint(keyring())

    for key_id in (id_of(theirs), 10**30):
        assert device(mine).post(address.format(id=key_id, raw=mine)).status_code == 404
    assert Client().get(f"/mijn/{theirs}/").status_code == 200


def test_a_link_is_stopped_by_a_button_of_ours_only(owner):
    raw = mint(owner)
    address, strict = f"/mijn/link/{id_of(raw)}/", Client(enforce_csrf_checks=True)
    strict.cookies[settings.KEYRING_COOKIE] = raw

    assert strict.post(address).status_code == 403
    assert strict.get(address).status_code == 303
    assert keys.resolve(raw, Key.Scope.KEYRING) is not None


def test_the_page_of_a_link_sets_no_cookie_and_its_buttons_need_none(owner):
    raw, mail, visitor = mint(owner), mint(owner, "mail"), Client(enforce_csrf_checks=True)

    page = visitor.get(f"/mijn/{raw}/")
    assert not page.cookies
    assert "csrfmiddlewaretoken" not in page.text
    buttons = re.findall(r'<form[^>]* action="([^"]+)"', page.text)
    assert {button.split("/")[3] for button in buttons} == {"opstaan", "onthoud", "link"}

    assert visitor.post(f"/mijn/{raw}/opstaan/{owner.sign_ups.get().pk}/").status_code == 303
    assert visitor.post(f"/mijn/{raw}/link/{id_of(mail)}/").status_code == 303
    assert not owner.sign_ups.exists()
    for rest in ("onthoud/", "opstaan/1/", f"link/{id_of(raw)}/"):
        assert visitor.get(f"/mijn/{raw}/{rest}")["Location"] == f"/mijn/{raw}/"
    assert visitor.post(f"/mijn/{raw}/").status_code == 405


OURS = [{}, {"origin": "http://testserver"}, {"origin": "null", "sec-fetch-site": "same-origin"}]
WHOSE = [{"origin": "null"}, {"origin": "https://elders.example"}, {"origin": "null", "sec-fetch-site": "cross-site"}]


@pytest.mark.parametrize("headers", OURS, ids=["no browser", "an old one", "a new one"])
def test_a_device_remembers_at_a_button_of_ours(owner, headers):
    visitor = Client(enforce_csrf_checks=True)

    answer = visitor.post(f"/mijn/{mint(owner)}/onthoud/", headers=headers)

    assert answer["Location"] == "/mijn/"
    assert keys.keyring_of_cookie(visitor.cookies[settings.KEYRING_COOKIE].value) == owner


@pytest.mark.parametrize("headers", WHOSE, ids=["cannot tell", "another site", "another site that hides"])
def test_no_other_site_plants_its_link_on_a_device(owner, headers):
    """Their link would collect what a visitor says of themselves. A browser that cannot tell is asked once more."""
    raw, visitor = mint(owner), Client(enforce_csrf_checks=True)

    asked = visitor.post(f"/mijn/{raw}/onthoud/", {"geleend": "ja"}, headers=headers)

    assert asked.status_code == 403
    assert "Druk nog één keer op de knop." in asked.text
    assert settings.KEYRING_COOKIE not in visitor.cookies
    forged = visitor.post(f"/mijn/{raw}/onthoud/", {"csrfmiddlewaretoken": "a" * 64}, headers=headers)
    assert forged.status_code == 403
    assert settings.KEYRING_COOKIE not in visitor.cookies

    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', asked.text)[1]
    answer = visitor.post(f"/mijn/{raw}/onthoud/", {"csrfmiddlewaretoken": token, "geleend": "ja"}, headers={"origin": "null"})
    assert answer["Location"] == "/mijn/"
    assert visitor.cookies[settings.KEYRING_COOKIE]["max-age"] == ""


@pytest.mark.parametrize(
    "typed",
    [
        lambda key: key.replace("-", " "),
        lambda key: key.replace("-", "").upper(),
        lambda key: f"“{key}”.",
        lambda key: key.replace("-", "–"),
        lambda key: f" {key.replace('-', ' - ')} ",
    ],
    ids=["spaces", "capitals", "quotes and a full stop", "dashes of a text editor", "wide"],
)
def test_a_link_typed_from_paper_leads_to_the_link(owner, typed):
    raw = mint(owner)

    for end in ("/", ""):
        answer = Client().get(f"/mijn/{quote(typed(raw))}{end}")
        assert (answer.status_code, answer["Location"]) == (303, f"/mijn/{raw}/")
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert not answer.cookies


def test_a_device_that_kept_its_key_with_spaces_shows_the_link_as_we_write_it(owner):
    raw = mint(owner)
    client = device(raw.replace("-", " ").upper())

    assert f"/mijn/{raw}/" in client.get("/mijn/").text
    assert f"/mijn/{raw}/" in client.get(owner.sign_ups.get().occurrence.get_absolute_url()).text


@pytest.mark.parametrize("by_link", [False, True], ids=["on the device", "by link"])
def test_nobody_is_offered_to_get_up_from_a_date_that_has_begun(owner, by_link):
    raw = mint(owner)
    where = owner.sign_ups.get().occurrence
    address = f"/mijn/{raw}/" if by_link else "/mijn/"
    assert "Ik sta weer op" in device(raw).get(address).text

    Occurrence.objects.update(starts_at=timezone.now() - timedelta(minutes=5))

    page = device(raw).get(address).text
    assert "Ik sta weer op" not in page
    assert f'href="{where.get_absolute_url()}">Bekijk de tafel' in page


def test_titles_and_places_are_marked_as_dutch_on_the_english_page(owner):
    where = owner.sign_ups.get().occurrence
    here = device(mint(owner))

    page = here.get("/en/mijn/").text
    assert f'lang="nl">{where.title}</a>' in page
    assert f'<p lang="nl">{where.place_name}' in page
    assert 'lang="nl">' not in here.get("/mijn/").text.partition("<main")[2].partition("</main>")[0]


def test_a_feed_is_no_link_that_opens_a_keyring(owner):
    here = mint(owner, "apparaat")
    feed = keys.mint(Key.Scope.FEED, keyring=owner, label="mijn agenda")

    assert listed(device(here).get("/mijn/").text) == ["Apparaat dit apparaat"]
    assert device(here).post(f"/mijn/link/{id_of(feed)}/").status_code == 404


def test_a_device_that_remembers_a_link_gets_one_of_its_own(owner):
    mail, client = mint(owner, "mail", expires_at=timezone.now() + timedelta(days=90)), Client()

    for _twice in range(2):
        client.post(f"/mijn/{mail}/onthoud/")

    assert listed(client.get("/mijn/").text) == ["Apparaat dat jouw link onthoudt dit apparaat", "Mail"]
    client.post(f"/mijn/link/{id_of(mail)}/")
    assert "Hier kom je" in client.get("/mijn/").text


def test_a_link_may_be_used_on_a_borrowed_device_to_change_something(owner):
    card, client = mint(owner, "kaartje"), Client()

    answer = client.post(f"/mijn/{card}/onthoud/", {"geleend": "ja"}, follow=True)

    assert listed(answer.text) == ["Geleend apparaat dit apparaat", "Kaartje"]
    assert "Iets veranderen" in answer.text
    assert client.cookies[settings.KEYRING_COOKIE]["max-age"] == ""
    assert client.cookies[settings.KEYRING_COOKIE].value not in answer.text
    assert "Klaar, vergeet mij" in answer.text
    assert Key.objects.get(label="geleend apparaat").expires_at < timezone.now() + timedelta(days=2)


def test_a_device_of_somebody_else_is_warned_before_it_remembers(owner):
    mine, theirs = mint(keyring()), mint(owner)

    assert "Dit apparaat onthoudt nu een andere link." in device(mine).get(f"/mijn/{theirs}/").text
    assert "Dit apparaat onthoudt nu een andere link." not in device(theirs).get(f"/mijn/{theirs}/").text


def test_a_link_opens_in_the_language_of_its_keyring(owner):
    owner.language = "en"
    owner.save()

    page = Client().get(f"/mijn/{mint(owner)}/")

    assert page["Content-Language"] == "en"
    assert '<html lang="en">' in page.text
    assert 'href="/en/agenda/"' in page.text
    assert "My chairs" in page.text


@pytest.mark.parametrize(
    ("method", "rest", "status"),
    [
        ("get", "", 404),
        ("post", "link/0/", 404),
        ("put", "onthoud/", 405),
        ("post", "", 405),
        ("get", "dat-is-er-niet/", 404),
    ],
)
def test_an_address_with_a_secret_in_it_keeps_it_whatever_the_answer(owner, method, rest, status):
    raw = mint(owner)
    if (method, rest) == ("get", ""):
        keys.revoke_all(owner, now=timezone.now())

    answer = getattr(Client(), method)(f"/mijn/{raw}/{rest}")

    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "Content-Encoding" not in Client(headers={"Accept-Encoding": "gzip"}).get(f"/mijn/{raw}/{rest}").headers
