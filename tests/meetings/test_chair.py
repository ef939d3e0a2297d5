"""The chair over HTTP: take, change, for somebody else, give back, and every way it can go wrong."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import Site

from home.models import SiteSettings
from meetings import keys, rate, seats
from meetings import table as table_of
from meetings.models import Balance, Key, Keyring, Kind, Meeting, Names, Occurrence, SignUp, Visibility
from tests.factories import keyring, meeting, occurrence

pytestmark = pytest.mark.django_db
SOON = timedelta(days=3)


@pytest.fixture
def table() -> Occurrence:
    return occurrence(starts_at=timezone.now() + SOON, capacity=3)


def chair(where: Occurrence) -> str:
    return where.get_absolute_url() + "aanschuiven/"


def token(page) -> str:
    return re.search(r'name="teken" value="([^"]+)"', page.content.decode()).group(1)


def test_a_visitor_takes_a_chair_without_an_account(client, table):
    answer = client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})

    assert (answer.status_code, answer["Location"]) == (303, table.get_absolute_url())
    assert client.cookies[settings.KEYRING_COOKIE]["httponly"]
    page = client.get(table.get_absolute_url()).content.decode()
    assert "Je zit aan tafel." in page
    assert "Jouw stoel is nummer 1." in page
    assert 'data-taken="1"' in page


def test_the_table_holds_no_form_and_sets_no_cookie(client, table):
    answer = client.get(table.get_absolute_url())

    assert answer.status_code == 200
    assert "<form" not in answer.content.decode()
    assert not answer.cookies
    assert 'id="tafel-zin">Nog niemand aan tafel. Alle stoelen zijn vrij. En een stoel extra' in answer.content.decode()


def test_the_contract_of_the_table(client, table):
    page = client.get(table.get_absolute_url()).content.decode()

    section = re.search(r'<section id="tafel"[^>]*>(.*?)</section>', page, re.DOTALL)
    for name, value in {"version": "0", "capacity": "3", "taken": "0", "waiting": "0"}.items():
        assert f'data-{name}="{value}"' in section.group(0)
    assert not re.search(r"<(a|button|input|select|textarea)\b|tabindex|role=.status", section.group(1))


def test_a_session_asks_one_thing_and_prefers_nothing(client, table):
    page = client.get(chair(table)).content.decode()

    assert "Op welke stoel zit je vandaag?" in page
    assert not re.search(r'name="perspectief"[^>]*checked', page)


def test_an_activity_asks_nothing(client):
    where = occurrence(starts_at=timezone.now() + SOON, kind=Kind.ACTIVITY, capacity=3)

    assert "Op welke stoel" not in client.get(chair(where)).content.decode()
    assert client.post(chair(where)).status_code == 303
    assert where.sign_ups.get().perspective == "bewoner"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Kies op welke stoel je vandaag zit."),
        ({"perspectief": "burgemeester"}, "Kies een van de drie stoelen."),
        ({"perspectief": "bewoner", "naam": "J" * 10_000}, "Je naam mag 40 letters lang zijn."),
        ({"perspectief": "bewoner", "naam": "Jo\x00ke"}, "Hier staan tekens in die we niet kunnen laten zien."),
        ({"perspectief": "bewoner", "naam": "Jo\u202eke"}, "Hier staan tekens in die we niet kunnen laten zien."),
        ({"perspectief": "bewoner", "bericht": "x" * 281}, "Je bericht mag 280 letters lang zijn."),
        ({"perspectief": "bewoner", "bericht": "\x1b[31m"}, "Hier staan tekens in die we niet kunnen laten zien."),
        ({"perspectief": "bewoner", "aantal": "6"}, "Je kunt één tot vijf stoelen nemen."),
        ({"perspectief": "bewoner", "aantal": "-1"}, "Je kunt één tot vijf stoelen nemen."),
        ({"perspectief": "bewoner", "email": "geen adres"}, "Dit lijkt geen e-mailadres."),
        ({"perspectief": "bewoner", "zichtbaar": "buurt"}, "Kies wie je naam ziet."),
        ({"perspectief": "bewoner", "voor": "niemand"}, "Kies voor wie de stoel is."),
        ({"perspectief": "bewoner", "teken": "<script>"}, "Dit formulier was al verstuurd, of het is te oud."),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(k for k in value if k != "perspectief") or "nothing",
)
def test_bad_input_gets_the_form_back_with_a_dutch_sentence(client, table, data, sentence):
    answer = client.post(chair(table), {"naam": "Joke", **data})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not table.sign_ups.exists()


@pytest.mark.parametrize("field", ["naam", "bericht"])
def test_bytes_that_are_no_utf_8_are_asked_again_and_nothing_else_is_lost(client, table, field):
    rest = "bericht=Rolstoel" if field == "naam" else "naam=Joke"
    body = f"perspectief=beleid&aantal=2&{rest}&{field}=Ren%ff".encode()

    answer = client.post(chair(table), body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert re.search(rf'id="{field}-fout">Een teken kwam niet goed over. Typ het nog eens.<', page)
    assert "Ren\ufffd" in page
    assert rest.partition("=")[2] in page
    assert re.search(r'value="beleid"[^>]* checked', page)
    assert re.search(r'value="2" checked', page)
    assert not table.sign_ups.exists()


@pytest.mark.parametrize("query", ["?naam=%ff", "?wat=%ff", "?voor=%ff&wat=%c3"])
def test_an_address_with_bytes_that_are_no_utf_8_opens_the_form(client, table, query):
    assert client.get(chair(table) + query).status_code == 200


def test_a_lost_link_with_an_address_that_is_no_utf_8_is_asked_again(client):
    answer = client.post("/mijn/kwijt/", b"email=jok%ff@example.org", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 422
    assert "Dit lijkt geen e-mailadres." in answer.content.decode()


def test_what_was_typed_survives_an_error(client, table):
    page = client.post(chair(table), {"naam": "Joke", "bericht": "Ik zit in een rolstoel", "aantal": "2", "email": "x"}).content.decode()

    assert 'value="Joke"' in page
    assert "Ik zit in een rolstoel" in page
    assert re.search(r'value="2" checked', page)


def test_the_same_form_sent_twice_is_one_chair(client, table):
    data = {"perspectief": "bewoner", "teken": token(client.get(chair(table)))}

    assert [client.post(chair(table), data).status_code for _ in range(2)] == [303, 303]
    assert table.sign_ups.count() == 1


def test_the_same_form_sent_twice_before_the_first_answer_is_one_chair_and_one_keyring(table):
    data = {"perspectief": "bewoner", "teken": "abcdefghijklmnop"}
    first, second = Client(), Client()  # the second request left before the cookie of the first answer came

    assert [one.post(chair(table), data).status_code for one in (first, second)] == [303, 303]
    assert (table.sign_ups.count(), Keyring.objects.count()) == (1, 1)
    assert "Je zit aan tafel." in second.get(table.get_absolute_url()).content.decode()


def test_a_form_of_one_table_counts_at_no_other(client, table):
    data = {"perspectief": "bewoner", "teken": token(client.get(chair(table)))}
    other = occurrence(starts_at=timezone.now() + SOON, capacity=3)
    client.post(chair(table), data)

    answer = client.post(chair(other), data)

    assert answer.status_code == 422
    assert "Dit formulier was al verstuurd, of het is te oud." in answer.content.decode()
    assert client.post(chair(other), data | {"teken": token(answer)}).status_code == 303


def test_a_form_that_was_refused_comes_back_with_another_token(client, table):
    answer = client.post(chair(table), {"perspectief": "bewoner", "teken": "kort"})

    assert answer.status_code == 422
    assert client.post(chair(table), {"perspectief": "bewoner", "teken": token(answer)}).status_code == 303


@pytest.mark.parametrize("voor", ["", "ander"])
def test_the_token_of_a_form_is_no_key_to_what_somebody_has(table, voor):
    victim, thief = Client(), Client()
    data = {"perspectief": "bewoner", "naam": "Joke", "email": "joke@example.org", "teken": "een-teken-van-joke"}
    victim.post(chair(table), data)
    SignUp.objects.update(form_at=timezone.now() - timedelta(minutes=3))

    answer = thief.post(chair(table), {"perspectief": "bewoner", "voor": voor, "teken": data["teken"]})

    assert answer.status_code == 422
    assert not {settings.KEYRING_COOKIE, "kaartje"} & set(thief.cookies)
    assert (Keyring.objects.count(), Key.objects.count(), table.sign_ups.count()) == (1, 1, 1)


def test_somebody_elses_token_takes_nothing_from_who_sends_it(client, table):
    Client().post(chair(table), {"perspectief": "bewoner", "naam": "Joke", "teken": "een-teken-van-joke"})
    client.post(chair(occurrence(starts_at=timezone.now() + SOON)), {"perspectief": "bewoner", "naam": "Annie"})
    own = client.cookies[settings.KEYRING_COOKIE].value

    answer = client.post(chair(table), {"perspectief": "bewoner", "teken": "een-teken-van-joke"})

    assert answer.status_code == 422
    assert client.cookies[settings.KEYRING_COOKIE].value == own
    assert keys.resolve(own, Key.Scope.KEYRING).keyring.sign_ups.get().name == "Annie"
    assert [sign_up.name for sign_up in table.sign_ups.all()] == ["Joke"]


def test_two_tabs_of_one_person_at_once_show_the_second_that_they_sit(client, table, monkeypatch):
    client.post(chair(occurrence(starts_at=timezone.now() + SOON)), {"perspectief": "bewoner"})
    who = Keyring.objects.get()

    def first_tab(*args: object) -> bool:
        """Comes in between, when the view has looked and not locked yet."""
        seats.take(table.pk, who, "bewoner", name="Joke", now=timezone.now())
        return False

    monkeypatch.setattr(rate, "is_too_often", first_tab)
    answer = client.post(chair(table), {"perspectief": "beleid", "naam": "Joke, tweede tabblad"})

    assert answer.status_code == 422
    assert "Je zit al aan tafel" in answer.content.decode()
    assert table.sign_ups.get().name == "Joke"


def test_what_only_a_machine_fills_in_is_asked_again_and_kindly(client, table):
    field = re.search(r'<p class="hide" aria-hidden="true">.*?</p>', client.get(chair(table)).text).group(0)
    assert 'name="webadres" tabindex="-1" autocomplete="off"' in field

    answer = client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke", "webadres": "https://pillen.example"})

    assert answer.status_code == 422
    assert "Er was een vak ingevuld dat je niet ziet." in answer.text
    assert 'value="Joke"' in answer.text
    assert "pillen" not in answer.text
    assert not table.sign_ups.exists()


def test_nobody_fills_a_mailbox_with_chairs_for_somebody_else(client, django_capture_on_commit_callbacks):
    where = occurrence(starts_at=timezone.now() + SOON, capacity=None)
    with django_capture_on_commit_callbacks(execute=True):
        answers = [
            client.post(chair(where), {"perspectief": "bewoner", "voor": "ander", "email": address})
            for address in ["z@example.org", "Z@example.org"] * 6 + ["ander@example.org"]
        ]

    assert {answer.status_code for answer in answers} == {303}
    assert where.sign_ups.count() == 13
    assert DBTaskResult.objects.filter(task_path="meetings.notices.tell_confirmed").count() == 11


def test_a_form_for_somebody_else_sent_twice_is_one_chair_one_keyring_and_the_same_card(client, table, django_capture_on_commit_callbacks):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})
    data = {"perspectief": "bewoner", "naam": "Annie", "voor": "ander", "email": "annie@example.org"}
    data["teken"] = token(client.get(chair(table) + "?voor=ander"))

    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post(chair(table), data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (table.sign_ups.count(), Keyring.objects.count()) == (2, 2)
    assert "Jouw stoel is nummer" in client.get(answers[1]["Location"]).content.decode()
    assert DBTaskResult.objects.filter(task_path="meetings.notices.tell_confirmed").count() == 1


def test_who_sits_already_is_told_so_and_nobody_is_overwritten(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})

    assert "Je zit al aan tafel" in client.get(chair(table)).content.decode()
    answer = client.post(chair(table), {"perspectief": "beleid", "naam": "Buurvrouw"})

    assert answer.status_code == 422
    assert "Je zit al aan tafel" in answer.content.decode()
    assert table.sign_ups.get().name == "Joke"


def test_your_own_chair_can_be_changed(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})

    assert 'value="Joke"' in client.get(chair(table) + "?wat=veranderen").content.decode()
    answer = client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke", "aantal": "2", "zichtbaar": "iedereen", "voor": "mij"})

    assert answer.status_code == 303
    assert (table.sign_ups.get().party, table.sign_ups.get().name_visibility) == (2, "iedereen")


def test_a_chair_for_somebody_else_has_a_keyring_of_its_own_and_a_card(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})

    answer = client.post(chair(table), {"perspectief": "bewoner", "naam": "Annie", "voor": "ander"})

    assert (answer.status_code, answer["Location"]) == (303, table.get_absolute_url() + "kaartje/?voor=ander")
    assert table.sign_ups.values("keyring").distinct().count() == 2
    assert client.cookies["kaartje"]["path"] == table.get_absolute_url() + "kaartje/"  # no other page is sent somebody else's key
    card = client.get(answer["Location"])
    link = re.search(r'id="kaart-link"[^>]*>(.+?)</code>', card.content.decode()).group(1).replace("<wbr>", "")
    assert "no-store" in card["Cache-Control"]
    assert card["Referrer-Policy"] == "no-referrer"
    assert "Je zit aan tafel." in client.get(table.get_absolute_url()).content.decode()  # the device still is Joke's
    mine = Client().get(link).content.decode()
    assert table.title in mine
    assert "Stoel 2" in mine


def test_the_chairs_of_a_party_are_named_in_order_on_the_page_and_on_the_card(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "aantal": "3"})
    Occurrence.objects.update(capacity=24)
    SignUp.objects.update(chairs=[10, 21, 12])

    assert "Jullie stoelen zijn nummers 11, 13 en 22." in client.get(table.get_absolute_url()).text
    assert "Jullie stoelen zijn nummers 11, 13 en 22<" in client.get(table.get_absolute_url() + "kaartje/").text


def test_an_expired_card_of_somebody_else_is_not_replaced_by_ones_own(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})
    own = client.cookies[settings.KEYRING_COOKIE].value
    card = client.post(chair(table), {"perspectief": "bewoner", "naam": "Annie", "voor": "ander"})["Location"]

    assert own in client.get(table.get_absolute_url() + "kaartje/").content.decode()  # one's own, also right after another's
    del client.cookies["kaartje"]
    answer = client.get(card, follow=True)

    assert answer.redirect_chain == [(table.get_absolute_url(), 303)]
    assert "Dit kaartje laten we niet nog eens zien." in answer.content.decode()


def test_a_guest_on_somebody_elses_phone_gets_a_card_and_the_phone_stays_its_owners(client, table):
    client.post(chair(occurrence(starts_at=timezone.now() + SOON, capacity=3)), {"perspectief": "bewoner", "naam": "Joke"})
    own = client.cookies[settings.KEYRING_COOKIE].value

    answer = client.post(chair(table), {"perspectief": "bewoner", "naam": "Annie", "geleend": "ja"})

    assert answer["Location"] == table.get_absolute_url() + "kaartje/?voor=ander"
    assert client.cookies[settings.KEYRING_COOKIE].value == own
    assert not client.cookies["geleend"].value
    assert table.sign_ups.get().keyring != keys.resolve(own, Key.Scope.KEYRING).keyring


def test_a_second_chair_on_a_borrowed_device_keeps_it_borrowed(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})
    client.get(table.get_absolute_url())
    other = occurrence(starts_at=timezone.now() + SOON, capacity=3)

    answer = client.post(chair(other), {"perspectief": "bewoner"})

    assert settings.KEYRING_COOKIE not in answer.cookies
    assert client.cookies[settings.KEYRING_COOKIE].value not in client.get(other.get_absolute_url()).content.decode()


def test_a_new_link_on_a_borrowed_device_is_shown_once_and_forgotten_when_it_closes(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})
    client.get(table.get_absolute_url())

    client.post("/mijn/link/")

    assert client.cookies[settings.KEYRING_COOKIE]["max-age"] == ""
    raw = client.cookies[settings.KEYRING_COOKIE].value
    assert [raw in client.get("/mijn/").content.decode() for _ in range(2)] == [True, False]


def test_a_borrowed_device_that_remembers_a_link_after_all_is_no_longer_borrowed(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})
    who = keyring()

    client.post(f"/mijn/{keys.mint(Key.Scope.KEYRING, keyring=who)}/onthoud/")

    assert client.cookies[settings.KEYRING_COOKIE]["max-age"] != ""
    assert client.cookies["geleend"].value == ""


def test_a_borrowed_device_forgets_when_it_closes(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})

    assert client.cookies[settings.KEYRING_COOKIE]["max-age"] == ""


def test_a_borrowed_device_shows_the_link_once_and_offers_to_forget(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})
    raw = client.cookies[settings.KEYRING_COOKIE].value

    first, second = (client.get(table.get_absolute_url()).content.decode() for _ in range(2))

    assert raw in first
    assert "kaartje/" not in first  # it would show the link a second time
    assert raw not in second
    assert raw not in client.get("/mijn/").content.decode()
    assert "Klaar, vergeet mij" in first
    assert "Klaar, vergeet mij" in second
    client.post("/mijn/vergeet/")
    assert "Dit toestel weet nog niets van jou." in client.get("/mijn/").content.decode()


def test_a_borrowed_device_shows_the_link_on_the_card_only_if_it_was_not_shown_yet(client, table):
    card = table.get_absolute_url() + "kaartje/"
    client.post(chair(table), {"perspectief": "bewoner", "geleend": "ja"})
    raw = client.cookies[settings.KEYRING_COOKIE].value

    assert client.head(table.get_absolute_url()).status_code == client.head(card).status_code == client.head("/mijn/").status_code == 200
    assert raw in client.get(card).text
    again = client.get(card, follow=True)

    assert again.redirect_chain == [(table.get_absolute_url(), 303)]
    assert "Jouw link zag je één keer." in again.text
    assert raw not in again.text


def test_who_waits_for_a_resident_did_not_lose_a_race(client):
    where = occurrence(starts_at=timezone.now() + SOON, capacity=12, balance="gelijk", formal_start=0)

    assert "Dan wacht je misschien tot er nog een bewoner aanschuift." in client.get(chair(where)).content.decode()
    page = client.post(chair(where), {"perspectief": "beleid", "vrij": "1"}, follow=True).content.decode()

    assert "Net te laat" not in page
    assert "Er komt een stoel vrij zodra er nog een bewoner aanschuift." in page


def test_a_past_table_offers_no_chair(client):
    where = occurrence(starts_at=timezone.now() - timedelta(days=3), capacity=12)

    page = client.get(where.get_absolute_url()).content.decode()

    assert "Niemand op de lijst." in page
    for text in ("Alle stoelen zijn vrij", "Jij kunt de eerste zijn", "jij?"):
        assert text not in page
    form = client.get(chair(where)).content.decode()
    assert "Hier kun je nu niet aanschuiven" in form
    assert "Iedereen kan erbij" not in form


@pytest.mark.parametrize("path", ["/mijn/vergeet/", "/mijn/link/"])
def test_coming_back_to_the_address_of_a_button_leads_to_mine(client, table, path):
    client.post(chair(table), {"perspectief": "bewoner"})

    assert client.get(path)["Location"] == "/mijn/"
    assert table.title in client.get("/mijn/").content.decode()


def test_a_full_table_puts_you_on_the_waiting_list_and_says_what_to_do(client, table):
    for _ in range(3):
        seats.take(table.pk, keyring(), "bewoner", now=timezone.now())

    client.post(chair(table), {"perspectief": "bewoner"})

    page = client.get(table.get_absolute_url()).content.decode()
    assert "Je staat op de wachtlijst" in page
    assert "Jij bent de eerste die wacht." in page
    assert "Of kom gewoon, meestal valt er iemand uit." in page
    assert "Schrijf op: kijk " in page


@pytest.mark.parametrize(
    ("fields", "walks_in"),
    [
        ({"status": Occurrence.Status.CANCELLED}, False),
        ({"starts_at": timezone.now() - timedelta(minutes=5)}, True),
        ({"starts_at": timezone.now() - timedelta(days=5), "ends_at": timezone.now() - timedelta(days=4)}, False),
    ],
    ids=["cancelled", "begun", "past"],
)
def test_who_waited_for_a_date_that_is_over_is_promised_no_chair(client, table, fields, walks_in):
    seats.take(table.pk, keyring(), "bewoner", party=3, now=timezone.now())
    client.post(chair(table), {"perspectief": "bewoner"})
    Occurrence.objects.update(**fields)

    page = client.get(table.get_absolute_url()).text

    assert "Je stond op de wachtlijst" in page
    assert "Komt er een stoel vrij?" not in page
    assert "opstaan/" not in page
    assert ("Kom gewoon, meestal valt er iemand uit." in page) is walks_in


@pytest.mark.parametrize("others", [0, 3], ids=["seated", "waiting"])
def test_who_had_a_chair_at_a_date_that_does_not_go_ahead_reads_that_first(client, table, others):
    if others:
        seats.take(table.pk, keyring(), "bewoner", party=others, now=timezone.now())
    client.post(chair(table), {"perspectief": "bewoner"})
    seats.cancel(table.pk, "de zaal is dicht", now=timezone.now())

    page = client.get(table.get_absolute_url()).text
    mine = client.get("/mijn/").text

    assert re.search(r"<title>Dit gaat niet door · ", page)
    assert re.findall(r"<h1[^>]*>([^<]*)", page) == ["Dit gaat niet door."]
    assert "De zaal is dicht." in page
    assert re.search(r"<s><time ", page)
    assert "Je zit aan tafel" not in page
    assert "Je komt" not in page
    assert "opstaan/" not in page
    assert "Hier kom je" not in mine
    assert re.search(r'<h2 id="afgelast">Gaat niet door</h2><ul class="rows"><li><article class="row off">', mine)
    assert "opstaan/" not in mine


def test_who_waits_reads_how_many_people_are_ahead(client, table):
    for party in (3, 2, 1):
        seats.take(table.pk, keyring(), "bewoner", party=party, now=timezone.now())

    client.post(chair(table), {"perspectief": "bewoner"})

    assert "Er wachten 3 mensen vóór jou." in client.get(table.get_absolute_url()).text


def test_a_chair_at_a_table_without_a_date_goes_in_no_calendar(client):
    where = occurrence(starts_at=None, capacity=3)
    client.post(chair(where), {"perspectief": "bewoner"})

    page = client.get(where.get_absolute_url()).text

    assert "Je zit aan tafel." in page
    assert "ooit.ics" not in page


def test_a_table_without_a_day_invites_nobody_to_walk_in(client):
    where = occurrence(starts_at=None, capacity=1)
    before = client.get(where.get_absolute_url()).text, client.get(chair(where)).text
    client.post(chair(where), {"perspectief": "bewoner"})
    seated, full = client.get(where.get_absolute_url()).text, Client().get(where.get_absolute_url()).text

    for page in (*before, seated, full):
        assert "binnen" not in re.sub(r'<dl class="facts.*?</dl>|data-[a-z]+="[^"]*"', "", page, flags=re.DOTALL)
        assert "kom gewoon" not in page
    assert 'class="walk-in"' in full  # it is drawn all the same
    assert "Er is nog geen dag." in seated
    assert "Je ziet het bij Mijn stoelen." in seated


@pytest.mark.parametrize("voor", ["", "?voor=ander"])
@pytest.mark.parametrize("ends", ["cancelled", "past"])
def test_there_is_no_card_for_a_chair_at_a_date_that_is_off_or_over(client, table, voor, ends):
    client.post(chair(table), {"perspectief": "bewoner", "voor": "ander"})
    client.post(chair(table), {"perspectief": "bewoner"})
    card = table.get_absolute_url() + "kaartje/" + voor
    assert client.get(card).status_code == 200
    if ends == "cancelled":
        seats.cancel(table.pk, "de zaal is dicht", now=timezone.now())
    else:
        Occurrence.objects.update(starts_at=timezone.now() - SOON, ends_at=timezone.now() - timedelta(days=2))

    answer = client.get(card, follow=True)

    assert answer.redirect_chain == [(table.get_absolute_url(), 303)]
    assert "kaartje/" not in answer.text


@pytest.mark.parametrize(
    "fields", [{"status": Occurrence.Status.CANCELLED}, {"starts_at": timezone.now() - timedelta(days=5)}], ids=["cancelled", "past"]
)
def test_a_date_that_is_off_or_over_offers_no_chair_on_paper(client, fields):
    where = occurrence(**{"starts_at": timezone.now() + SOON, **fields})

    page = client.get(chair(where)).text

    assert "Liever op papier?" not in page
    assert "Of kom gewoon" not in page


def test_who_waits_sees_so_at_the_top_without_javascript_too(client, table):
    seats.take(table.pk, keyring(), "bewoner", party=3, now=timezone.now())

    page = client.post(chair(table), {"perspectief": "bewoner"}, follow=True).text

    assert re.search(r"<title>Je staat op de wachtlijst · ", page)
    assert page.index('<a href="#wacht"><b>Je staat op de wachtlijst.</b></a>') < page.index('id="tafel"')
    assert '<h2 id="wachten">Hier wacht je</h2>' in client.get("/mijn/").text
    assert "Hier kom je" not in client.get("/mijn/").text


def test_the_heading_of_who_sits_is_described_by_the_number_of_the_chair(client, table):
    page = client.post(chair(table), {"perspectief": "bewoner"}, follow=True).text

    assert re.search(r'<h1[^>]*aria-describedby="jouw-stoel"', page)
    assert '<p id="jouw-stoel">Jouw stoel is nummer 1.' in page


def test_only_where_residents_are_missing_it_says_so(client):
    """A full table has no chair for another resident either."""
    gelijk = {"starts_at": timezone.now() + SOON, "kind": Kind.SESSION, "balance": Balance.EQUAL, "formal_start": 0}
    where, full = occurrence(capacity=4, **gelijk), occurrence(capacity=1, **gelijk)
    seats.take(full.pk, keyring(), "bewoner", now=timezone.now())
    sentence = "Er komt een stoel vrij zodra er nog een bewoner aanschuift."

    for table, says in ((where, True), (full, False)):
        client.post(chair(table), {"perspectief": "beleid"})
        for page in (client.get(table.get_absolute_url()).text, Client().get(table.get_absolute_url()).text):
            assert (sentence in page) is says
        assert ("Stuur door naar een bewoner" in client.get(table.get_absolute_url()).text) is says


@pytest.mark.parametrize(
    ("data", "field"), [({"aantal": "5"}, "veld-aantal"), ({"perspectief": "beleid"}, "veld-perspectief")], ids=["party", "balance"]
)
def test_a_change_that_does_not_fit_is_said_beside_its_field(client, data, field):
    where = occurrence(starts_at=timezone.now() + SOON, kind=Kind.SESSION, capacity=3, balance=Balance.EQUAL, formal_start=0)
    client.post(chair(where), {"perspectief": "bewoner"})

    answer = client.post(chair(where), {"perspectief": "bewoner", "voor": "mij"} | data)

    assert answer.status_code == 422
    assert f'<li><a href="#{field}">' in answer.text
    part = answer.text.split(f'id="{field}"')[1].split("</fieldset>")[0]
    assert 'class="error"' in part
    assert "Jouw stoel blijft van jou." in part


@pytest.mark.parametrize("rest", ["", "aanschuiven/?voor=ander", "opstaan/", "kaartje/", ".ics"])
def test_the_new_day_of_a_date_that_moved_leads_on_from_every_address(client, table, rest):
    table.starts_at += timedelta(days=1)
    table.ends_at += timedelta(days=1)
    table.save()
    new_day = f"/agenda/{table.slug}/{table.starts_at.astimezone(table.meeting.zone):%Y-%m-%d}"

    answer = client.get(new_day + (rest if rest == ".ics" else f"/{rest}"))

    assert (answer.status_code, answer["Location"]) == (
        302,
        table.get_absolute_url().rstrip("/") + (rest if rest == ".ics" else f"/{rest}"),
    )


def test_who_sits_reads_that_they_are_among_those_who_come_and_how_many_where_names_are_kept(client):
    where = occurrence(starts_at=timezone.now() + SOON, capacity=5, names=Names.HOST)
    seats.take(where.pk, keyring(), "bewoner", party=2, name="Annie", now=timezone.now())

    page = client.post(chair(where), {"perspectief": "bewoner", "naam": "Joke"}, follow=True).text

    assert "Jij zit erbij, als Joke." in page
    who = page.split('id="wie-komen">')[1].split("</section>")[0]
    assert "3 mensen komen. Namen ziet alleen wie ontvangt." in " ".join(who.split())
    assert "tafelgenoot" not in who


def test_a_party_that_waits_is_told_that_who_comes_alone_may_go_first(client, table):
    seats.take(table.pk, keyring(), "bewoner", party=3, now=timezone.now())

    page = client.post(chair(table), {"perspectief": "bewoner", "aantal": "2"}, follow=True).text

    assert "Jullie wachten op 2 stoelen tegelijk. Komt er één vrij, dan gaat die naar wie alleen komt." in page


@pytest.mark.parametrize(
    ("fields", "says", "says_not"),
    [
        ({}, ["Zet in je agenda", "Deze datum", "Print als poster", "Evenveel stemmen"], ["Op papier"]),
        ({"status": Occurrence.Status.CANCELLED}, [], ["Zet in je agenda", "Print als poster", "Evenveel stemmen", "Op papier"]),
        ({"starts_at": None}, ["Op papier", "Print als poster", "met genoeg mensen komt er een."], ["Zet in je agenda", "Deze datum"]),
    ],
    ids=["coming", "cancelled", "undated"],
)
def test_a_table_offers_for_a_diary_and_on_paper_what_there_is(client, fields, says, says_not):
    where = occurrence(**{"starts_at": timezone.now() + SOON, "kind": Kind.SESSION, "balance": Balance.EQUAL} | fields)

    page = client.get(where.get_absolute_url()).text

    assert [one for one in says if one not in page] == []
    assert [one for one in says_not if one in page] == []


def said_by(page: str) -> tuple[str, str]:
    """The title of the window and the heading, without what comes after a heading in small."""
    return re.search(r"<title>(.*?) · ", page)[1], re.search(r"<h1[^>]*>(.*?)(?: <small>|</h1>)", page)[1]


@pytest.mark.parametrize("kind", [Kind.SESSION, Kind.ACTIVITY])
def test_the_form_of_a_full_table_speaks_of_waiting_and_of_nothing_else(client, kind):
    where = occurrence(starts_at=timezone.now() + SOON, kind=kind, capacity=1)
    free = client.get(chair(where)).text
    assert said_by(free) == ("Ik schuif aan", "Ik schuif aan")
    assert "Alle stoelen zijn bezet." not in free
    seats.take(where.pk, keyring(), "bewoner", now=timezone.now())

    full = client.get(chair(where)).text
    sheet = re.search(r'id="blad-kop".*?</h2>', client.get(where.get_absolute_url()).text)[0]

    assert said_by(full) == ("Ik wacht op een stoel", "Ik wacht op een stoel")
    assert "Alle stoelen zijn bezet. Druk op de knop, dan sta je op de wachtlijst." in full
    for words in (full, sheet):
        assert "zet mij op de wachtlijst" in words
        assert "Ik schuif aan" not in words
        assert "ik kom" not in words
        assert "je stoel staat klaar" not in words


@pytest.mark.parametrize("others", [0, 3], ids=["seated", "waiting"])
def test_the_form_that_changes_a_chair_is_called_so_and_leads_to_getting_up(client, table, others):
    Meeting.objects.update(kind=Kind.ACTIVITY)
    Occurrence.objects.update(kind=Kind.ACTIVITY)
    if others:
        seats.take(table.pk, keyring(), "bewoner", party=others, now=timezone.now())
    client.post(chair(table))

    page = client.get(chair(table) + "?wat=veranderen").text

    assert said_by(page) == ("Iets veranderen", "Iets veranderen")
    assert "Druk op de knop" not in page
    words = "Ik wacht niet langer" if others else "Ik sta weer op"
    assert f'<a href="{table.get_absolute_url()}opstaan/">{words}</a>' in page
    already = "Je staat al op de wachtlijst" if others else "Je zit al aan tafel"
    assert said_by(client.get(chair(table)).text) == (already, already)


def test_the_form_says_how_long_we_keep_an_address_as_the_settings_have_it(client, table):
    assert "30 dagen na de datum gooien we alles weg." in client.get(chair(table)).text

    SiteSettings.objects.update_or_create(site=Site.objects.get(), defaults={"retention_days": 90})

    assert "90 dagen na de datum gooien we alles weg." in client.get(chair(table)).text


def test_a_lost_race_is_said(client, table):
    page = client.get(chair(table))
    for _ in range(3):
        seats.take(table.pk, keyring(), "bewoner", now=timezone.now())

    answer = client.post(chair(table), {"perspectief": "bewoner", "teken": token(page), "vrij": "1"}, follow=True)

    assert "Net te laat: iemand anders nam op hetzelfde moment de laatste stoel." in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": Occurrence.Status.CANCELLED, "reason": "storm"}, "gaat niet door"),
        ({"starts_at": timezone.now() - timedelta(minutes=5)}, "is al begonnen"),
        ({"starts_at": timezone.now() - timedelta(days=5)}, "is al geweest"),
        ({"is_closed": True}, "is dicht"),
    ],
    ids=["cancelled", "begun", "past", "closed"],
)
def test_a_closed_table_answers_with_a_sentence(client, fields, sentence):
    where = occurrence(**{"starts_at": timezone.now() + SOON, **fields})

    assert client.get(where.get_absolute_url()).status_code == 200
    assert sentence in client.get(chair(where)).content.decode()
    answer = client.post(chair(where), {"perspectief": "bewoner"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not where.sign_ups.exists()
    assert not Keyring.objects.exists()


def test_leaving_asks_first_and_gives_the_chair_to_the_next(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "aantal": "3"})
    waits = seats.take(table.pk, keyring(), "bewoner", now=timezone.now())
    address = table.get_absolute_url() + "opstaan/"

    assert client.get(address).status_code == 200
    assert table.sign_ups.count() == 2
    assert client.post(address).status_code == 303

    waits.refresh_from_db()
    assert waits.state == SignUp.State.SEATED
    page = client.get(table.get_absolute_url()).content.decode()
    assert "Je bent opgestaan. Je komt niet. Jouw stoel gaat naar de volgende." in page


@pytest.mark.parametrize("by_link", [False, True], ids=["on the device", "by link"])
def test_who_gets_up_while_nobody_waits_hears_that_the_chair_is_free(client, table, by_link):
    client.post(chair(table), {"perspectief": "bewoner"})
    taken, raw = table.sign_ups.get(), client.cookies[settings.KEYRING_COOKIE].value
    asks, gives = table.get_absolute_url() + "opstaan/", f"/mijn/{raw}/opstaan/{taken.pk}/"
    assert "Jouw stoel is dan weer vrij." in client.get(asks).content.decode()

    page = client.post(gives if by_link else asks, follow=True).content.decode()

    assert "Je bent opgestaan. Je komt niet. Jouw stoel is weer vrij." in page
    assert "naar de volgende" not in page


def test_who_waits_no_longer_where_no_chair_stands_extra_is_not_told_to_walk_in(client, table):
    Occurrence.objects.update(extra_chair=False)
    seats.take(table.pk, keyring(), "bewoner", party=3, now=timezone.now())
    client.post(chair(table), {"perspectief": "bewoner"})
    address = table.get_absolute_url() + "opstaan/"

    asked, left = client.get(address).text, client.post(address, follow=True).text

    assert "binnenlopen" not in asked
    assert "Je staat niet meer op de wachtlijst." in left
    assert "binnenlopen" not in left


def test_what_becomes_of_the_chairs_reads_the_same_before_and_on_the_form(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "aantal": "3"})
    pages = [table.get_absolute_url(), table.get_absolute_url() + "opstaan/"]

    assert all("Jullie stoelen zijn dan weer vrij." in client.get(page).text for page in pages)
    seats.take(table.pk, keyring(), "bewoner", now=timezone.now())
    assert all("Jullie stoelen gaan dan naar wie wacht." in client.get(page).text for page in pages)
    seats.cancel(table.pk, "storm", now=timezone.now())
    assert "Dit gaat niet door. Je hoeft niets te doen." in client.get(pages[1]).text


@pytest.mark.parametrize("by_link", [False, True], ids=["on the device", "by link"])
def test_who_waits_no_longer_hears_nothing_of_a_chair(client, table, by_link):
    for _ in range(3):
        seats.take(table.pk, keyring(), "bewoner", now=timezone.now())
    client.post(chair(table), {"perspectief": "bewoner"})
    raw = client.cookies[settings.KEYRING_COOKIE].value
    waits = keys.resolve(raw, Key.Scope.KEYRING).keyring.sign_ups.get()
    if by_link:
        assert "Ik wacht niet langer" in client.get(f"/mijn/{raw}/").content.decode()

    page = client.post(
        f"/mijn/{raw}/opstaan/{waits.pk}/" if by_link else table.get_absolute_url() + "opstaan/", follow=True
    ).content.decode()

    assert "Je staat niet meer op de wachtlijst." in page
    assert "opgestaan" not in page


def test_a_post_without_its_csrf_token_changes_nothing(table):
    answer = Client(enforce_csrf_checks=True).post(chair(table), {"perspectief": "bewoner"})

    assert answer.status_code == 403
    assert not table.sign_ups.exists()


@pytest.mark.parametrize("rest", ["aanschuiven/", "opstaan/", "", "kaartje/"])
def test_a_date_that_is_not_there_is_404(client, table, rest):
    assert client.get(f"/agenda/{table.slug}/2031-01-01/{rest}").status_code == 404
    assert client.get(f"/agenda/bestaat-niet/2031-01-01/{rest}").status_code == 404


def test_names_reach_those_their_owner_chose(client, table):
    for name, visibility in (("Openbaar", "iedereen"), ("Tafelgenoot", "tafel"), ("Geheim", "gastheer")):
        seats.take(table.pk, keyring(), "bewoner", name=name, name_visibility=visibility, now=timezone.now())
    seats.set_capacity(table.pk, 8, now=timezone.now())

    page = client.get(table.get_absolute_url()).content.decode()
    assert "Openbaar" in page
    assert "Tafelgenoot" not in page
    assert "Geheim" not in page

    client.post(chair(table), {"perspectief": "bewoner"})
    page = client.get(table.get_absolute_url()).content.decode()
    assert "Openbaar" in page
    assert "Tafelgenoot" in page
    assert "Geheim" not in page


def test_a_host_may_keep_names_to_themselves_and_show_one_total(client):
    where = occurrence(starts_at=timezone.now() + SOON, capacity=5, names=Names.HOST, total_only=True)
    seats.take(where.pk, keyring(), "beleid", name="Bram", name_visibility="iedereen", now=timezone.now())

    page = client.get(where.get_absolute_url()).content.decode()

    assert "Bram" not in page
    assert "1 van beleid" not in page
    assert 'stoel-beleid"' not in page.split('id="tafel"')[1].split("</section>")[0]
    assert "1 van de 5 stoelen bezet." in page


@pytest.mark.parametrize("narrowed", [False, True], ids=["each chooses", "the host narrows it"])
def test_who_reads_a_name_on_page_and_in_a_frame(narrowed):
    host = keyring()
    where = occurrence(
        meeting=meeting(host_keyring=host), starts_at=timezone.now() + SOON, capacity=8, names=Names.HOST if narrowed else Names.SELF
    )
    for visibility in ("iedereen", "tafel", "gastheer"):
        seats.take(where.pk, keyring(), "bewoner", name=f"Voor {visibility}", name_visibility=visibility, now=timezone.now())
    at_table, waits = keyring(), keyring()
    seats.take(where.pk, at_table, "bewoner", now=timezone.now())
    seats.set_capacity(where.pk, 4, now=timezone.now())
    seats.take(where.pk, waits, "bewoner", now=timezone.now())
    where.refresh_from_db()

    def read_by(who: Keyring | None) -> set[str]:
        visitor = Client()
        if who:
            visitor.cookies[settings.KEYRING_COOKIE] = keys.mint(Key.Scope.KEYRING, keyring=who)
        page = visitor.get(where.get_absolute_url()).content.decode()
        frame = table_of.frame(where, table_of.audience(where, who), timezone.now())
        names = {visibility for visibility in ("iedereen", "tafel", "gastheer") if f"Voor {visibility}<" in page}
        assert names == {visibility for visibility in ("iedereen", "tafel", "gastheer") if f"Voor {visibility}<" in frame}
        return names

    assert read_by(host) == {"iedereen", "tafel", "gastheer"}
    assert read_by(at_table) == (set() if narrowed else {"iedereen", "tafel"})
    assert read_by(waits) == read_by(None) == (set() if narrowed else {"iedereen"})
    assert "Voor" not in Client().get(f"/agenda/{where.slug}/{where.date_key}.ics").content.decode()


def test_a_name_given_to_the_host_alone_stays_there_when_the_host_changes_their_mind(client):
    where = occurrence(starts_at=timezone.now() + SOON, capacity=5, names=Names.HOST)
    client.post(chair(where), {"perspectief": "bewoner", "naam": "Annie"})

    Occurrence.objects.update(names=Names.SELF)

    neighbour = Client()
    neighbour.post(chair(where), {"perspectief": "bewoner"})
    assert "Annie" not in neighbour.get(where.get_absolute_url()).content.decode()


def test_changing_shows_what_was_given_and_an_address_that_is_emptied_is_gone(client, table):
    given = {
        "perspectief": "beleid",
        "naam": "Joke",
        "email": "j@example.org",
        "bericht": "Rolstoel",
        "zichtbaar": "iedereen",
        "aantal": "2",
    }
    client.post(chair(table), given | {"loop_mee": "ja"})

    page = client.get(chair(table) + "?wat=veranderen").content.decode()
    for piece in ('value="Joke"', 'value="j@example.org"', ">Rolstoel</textarea>", '<details class="more" open>'):
        assert piece in page
    for name, value in (("perspectief", "beleid"), ("zichtbaar", "iedereen"), ("aantal", "2"), ("loop_mee", "ja")):
        assert re.search(rf'name="{name}" value="{value}"[^>]* checked', page)
    client.post(chair(table), given | {"voor": "mij", "email": ""})

    assert table.sign_ups.get().email == Keyring.objects.get().email == ""


def test_an_address_that_is_given_later_gets_the_link_too(client, table, django_capture_on_commit_callbacks):
    client.post(chair(table), {"perspectief": "bewoner"})
    with django_capture_on_commit_callbacks(execute=True):
        for email in ("j@example.org", "j@example.org", "joke@example.org"):
            client.post(chair(table), {"perspectief": "bewoner", "voor": "mij", "email": email})

    assert Keyring.objects.get().email == "joke@example.org"
    assert DBTaskResult.objects.filter(task_path="meetings.notices.tell_confirmed").count() == 2


def test_an_unlisted_table_says_noindex_and_opens_by_its_address(client):
    where = occurrence(meeting=meeting(visibility=Visibility.LINK), starts_at=timezone.now() + SOON)

    answer = client.get(where.get_absolute_url())

    assert answer.status_code == 200
    assert answer["X-Robots-Tag"] == "noindex"


def test_a_kitchen_table_talk_is_unknown_at_its_address(client):
    where = occurrence(meeting=meeting(kind=Kind.KITCHEN_TABLE), starts_at=timezone.now() + SOON)

    assert client.get(where.get_absolute_url()).status_code == 404


def test_the_link_works_on_another_phone_and_sets_no_cookie_by_itself(client, table):
    client.post(chair(table), {"perspectief": "bewoner"})
    link = f"/mijn/{client.cookies[settings.KEYRING_COOKIE].value}/"
    other = Client()

    page = other.get(link)
    assert page.status_code == 200
    assert not other.cookies.get(settings.KEYRING_COOKIE)
    assert "no-store" in page["Cache-Control"]
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert other.post(link + "onthoud/").status_code == 303
    assert "Je zit aan tafel." in other.get(table.get_absolute_url()).content.decode()


def test_a_chair_can_be_given_back_by_link(client, table):
    who = keyring()
    taken = seats.take(table.pk, who, "bewoner", now=timezone.now())
    raw = keys.mint(Key.Scope.KEYRING, keyring=who)

    assert client.post(f"/mijn/{raw}/opstaan/{taken.pk}/").status_code == 303
    assert not table.sign_ups.exists()


def test_a_link_opens_only_its_own_chairs(client, table):
    taken = seats.take(table.pk, keyring(), "bewoner", now=timezone.now())
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())

    client.post(f"/mijn/{raw}/opstaan/{taken.pk}/")

    assert table.sign_ups.exists()


@pytest.mark.parametrize("typed", ["/mijn/k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5/", "/mijn/k7qm-3vrt/", "ended"])
def test_a_mistyped_link_and_one_that_ended_get_the_same_404_which_says_what_to_do(client, table, typed):
    if typed == "ended":
        client.post(chair(table), {"perspectief": "bewoner"})
        typed = f"/mijn/{client.cookies[settings.KEYRING_COOKIE].value}/"
        keys.revoke_all(Keyring.objects.get(), now=timezone.now())

    answer = Client().get(typed)

    assert answer.status_code == 404
    assert "Klopt elke letter van je link?" in answer.text
    assert 'href="/mijn/kwijt/"' in answer.text
    assert "op geen enkele lijst" not in answer.text
    if typed != "/mijn/k7qm-3vrt/":  # nothing of ours has such an address
        assert '<html lang="en"' in Client().get(typed, headers={"Accept-Language": "en-GB,en;q=0.9"}).text


def test_a_link_that_could_not_be_renewed_goes_on_working(client, table, monkeypatch):
    client.post(chair(table), {"perspectief": "bewoner"})
    monkeypatch.setattr(keys, "mint", lambda *args, **options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        client.post("/mijn/link/")

    assert Key.objects.get().revoked_at is None
    assert table.title in client.get("/mijn/").content.decode()


def test_a_renewed_link_ends_every_old_one(client, table):
    client.post(chair(table), {"perspectief": "bewoner"})
    old = client.cookies[settings.KEYRING_COOKIE].value

    assert client.post("/mijn/link/").status_code == 303

    assert client.cookies[settings.KEYRING_COOKIE].value != old
    assert Client().get(f"/mijn/{old}/").status_code == 404
    assert table.title in client.get("/mijn/").content.decode()


def test_forgetting_keeps_the_chair(client, table):
    client.post(chair(table), {"perspectief": "bewoner"})

    client.post("/mijn/vergeet/")

    assert "Dit toestel weet nog niets van jou." in client.get("/mijn/").content.decode()
    assert table.sign_ups.exists()


def test_erasing_takes_everything_at_once(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "naam": "Joke"})

    assert client.get("/mijn/wis/").status_code == 200
    assert table.sign_ups.exists()
    client.post("/mijn/wis/")

    assert not table.sign_ups.exists()
    assert not Keyring.objects.exists()


def test_a_lost_link_gets_the_same_answer_for_known_and_unknown_addresses(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "email": "joke@example.org"})
    pages = []
    for address in ("joke@example.org", "niemand@example.org"):
        answer = Client().post("/mijn/kwijt/", {"email": address}, follow=True)
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode()))
    assert pages[0] == pages[1]
    assert client.post("/mijn/kwijt/", {"email": "x"}).status_code == 422


def test_nobody_fills_a_mailbox_with_lost_links(client, table):
    client.post(chair(table), {"perspectief": "bewoner", "email": "joke@example.org"})

    answers = [client.post("/mijn/kwijt/", {"email": "joke@example.org"}) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {303}  # which tells nobody that the address is known
    assert DBTaskResult.objects.filter(task_path="meetings.notices.send_link_again").count() == 3


def test_too_often_from_one_keyring_is_429_with_a_sentence(client, table, settings):
    settings.RATE_KEYRING = 2
    client.post(chair(table), {"perspectief": "bewoner"})

    answers = [client.post(chair(table), {"perspectief": "bewoner", "voor": "mij"}) for _ in range(3)]

    assert [a.status_code for a in answers] == [303, 303, 429]
    assert "Dat ging te vaak achter elkaar." in answers[-1].content.decode()


@pytest.mark.parametrize(
    "path", ["{table}opstaan/", "/mijn/link/", "/mijn/link/1/", "/mijn/wis/", "{link}onthoud/", "{link}opstaan/1/", "{link}link/1/"]
)
def test_every_button_pressed_too_often_says_so_and_does_nothing(client, table, settings, path):
    client.post(chair(table), {"perspectief": "bewoner"})
    raw = client.cookies[settings.KEYRING_COOKIE].value
    where = path.format(table=table.get_absolute_url(), link=f"/mijn/{raw}/")
    settings.RATE_KEYRING = 1
    for what in ("leave", "mine"):
        cache.set(rate_key(what), 1)

    answer = client.post(where)

    assert answer.status_code == 429
    assert "Dat ging te vaak achter elkaar. Wacht een uur en probeer het dan weer." in answer.text
    assert table.sign_ups.exists()
    assert Key.objects.filter(revoked_at=None).count() == 1


def rate_key(what: str) -> str:
    """Where ``rate`` counts what this keyring does."""
    return rate._key(f"ring:{Keyring.objects.get().pk}", what)


def test_a_network_that_tries_wrong_links_is_stopped_and_the_right_ones_go_on(client, table, settings):
    settings.RATE_NETWORK = 3
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())
    wrong = "/mijn/k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5/"

    answers = [client.get(wrong) for _try in range(5)]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
    assert "Er zijn hier te veel links geprobeerd" in answers[-1].text
    assert (answers[-1]["Referrer-Policy"], "no-store" in answers[-1]["Cache-Control"]) == ("no-referrer", True)
    assert client.get(f"/mijn/{raw}/").status_code == 200


@pytest.mark.parametrize("rest", ["aanschuiven/", "opstaan/"])
def test_whoever_asks_for_the_head_of_a_form_gets_it(client, table, rest):
    client.post(chair(table), {"perspectief": "bewoner"})

    assert client.head(table.get_absolute_url() + rest).status_code == 200
    assert client.head("/mijn/kwijt/").status_code == client.head("/mijn/wis/").status_code == 200


def test_the_path_to_a_chair_reads_in_english_too(client, table):
    here = table.get_absolute_url()

    assert '<html lang="en">' in client.get(f"/en{here}aanschuiven/").content.decode()
    answer = client.post(f"/en{here}aanschuiven/", {"perspectief": "bewoner"})
    assert answer["Location"] == f"/en{here}"


def test_the_number_of_queries_for_the_table_does_not_grow_with_its_guests(client, table):
    seats.set_capacity(table.pk, 40, now=timezone.now())
    for _ in range(2):
        client.get(table.get_absolute_url())  # Wagtail remembers its sites after the first, the site its time zone after the second
    numbers = []
    for guests in (1, 12):
        for n in range(guests):
            seats.take(table.pk, keyring(), "bewoner", name=f"Buur {n}", name_visibility="iedereen", now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            client.get(table.get_absolute_url())
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 10


def fall_out(table: Occurrence) -> bool:
    """Another rule for the meeting, between looking the date up and holding it; in place of a look at who asks too often."""
    Occurrence.objects.filter(pk=table.pk).delete()
    return False


@pytest.mark.parametrize("whose", ["mij", "ander"])
def test_a_chair_at_a_date_that_falls_out_meanwhile_is_not_found_and_leaves_no_keyring(client, table, monkeypatch, whose):
    monkeypatch.setattr(rate, "is_too_often", lambda *_: fall_out(table))

    answer = client.post(chair(table), {"perspectief": "bewoner", "voor": whose})

    assert (answer.status_code, answer.templates[0].name) == (404, client.get(chair(table)).templates[0].name)
    assert not Keyring.objects.exists()


def test_giving_back_at_a_date_that_falls_out_meanwhile_is_not_found(client, table, monkeypatch):
    client.post(chair(table), {"perspectief": "bewoner"})
    monkeypatch.setattr(rate, "is_too_often", lambda *_: fall_out(table))

    assert client.post(f"{table.get_absolute_url()}opstaan/").status_code == 404


def test_giving_back_by_link_at_a_date_that_falls_out_meanwhile_says_that_there_is_no_chair(client, table, monkeypatch):
    client.post(chair(table), {"perspectief": "bewoner"})
    link = f"/mijn/{client.cookies[settings.KEYRING_COOKIE].value}/"
    taken, real = SignUp.objects.get(), seats.lock
    monkeypatch.setattr(seats, "lock", lambda pk: fall_out(table) or real(pk))

    answer = client.post(f"{link}opstaan/{taken.pk}/", follow=True)

    assert (answer.redirect_chain, answer.status_code) == ([(link, 303)], 200)
    assert "Je had hier geen stoel meer." in answer.text
