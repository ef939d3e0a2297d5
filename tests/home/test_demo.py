"""The demo as a visitor finds it, and the one meeting that no visitor finds."""

import re
import tomllib
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from home import demo
from home.demo import load
from meetings.models import Initiative, Meeting, Occurrence, SignUp
from meetings.models.choices import Kind
from places.models import Contact, Neighbourhood, Place

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FOLDER = Path(demo.__file__).parent
# design.md, section 2: words that never stand on a screen
NEVER = (
    "registreren", "aanmelden", "account aanmaken", "deelnemer", "gebruiker", "event", "submit", "doelgroep", "kwetsbaar", "cliënt", "de burger",
    "inzet", "opbrengst", "beheer", "gastheer", "keukentafel",
)  # fmt: skip


@pytest.fixture(scope="module")
def unlisted(_first_rows, django_db_setup, django_db_blocker):
    """The demo, loaded once for this module, at this very moment; the value is its unlisted meeting."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load.load(timezone.now())
        transaction.set_rollback(True)


@pytest.fixture
def city(unlisted, db):
    """The loaded demo; what a test changes is undone after it."""
    return unlisted


def coming(title: str) -> Occurrence:
    return Occurrence.objects.filter(title=title, starts_at__gt=timezone.now()).order_by("starts_at").first()


def test_there_are_neighbourhoods_places_people_and_some_forty_meetings(city):
    assert Neighbourhood.objects.count() >= 20
    assert Place.objects.count() >= 20
    assert Contact.objects.count() >= 15
    assert Meeting.objects.count() >= 40
    assert Meeting.objects.filter(kind=Kind.SESSION).count() >= 5
    assert set(Initiative.objects.filter(is_listed=True).values_list("name", flat=True)) >= {
        "Leeszaal", "Voedseltuin", "Repair café", "Wijklunch", "Klussendienst", "Opzoomeren", "Kerklunch Bloemhof", "Tafel van de moskee"
    }  # fmt: skip


def test_the_table_of_the_mock_up_has_seven_people_of_three_perspectives(city):
    table = coming("Wie zorgt er voor jou?")

    assert (table.seats_resident, table.seats_practice, table.seats_policy, table.capacity) == (4, 2, 1, 12)
    shown = table.sign_ups.filter(name_visibility="iedereen").order_by("id").values_list("name", flat=True)
    assert list(shown) == ["Joke", "Sunita, wijkzorg", "Ömer", "Bram, gemeente"]
    assert table.meeting.host.first_name == "Fatima"


def test_a_full_table_has_people_waiting(city):
    table = Occurrence.objects.filter(title="Fietsen maken met Hassan", waiting__gt=0).get()

    assert table.seats_taken == table.capacity


def test_at_a_balanced_table_practice_and_policy_wait_while_chairs_are_free(city):
    table = coming("De regel die in de weg zit")

    assert table.seats_practice + table.seats_policy == table.seats_resident
    assert table.free_seats > 0
    assert set(table.sign_ups.filter(state=SignUp.State.WAITING).values_list("perspective", flat=True)) == {"praktijk", "beleid"}


def test_the_officials_own_table_keeps_chairs_for_residents(city):
    table = coming("De tafel van de ambtenaren zelf")

    assert table.place_name == "Timmerhuis"
    assert (table.balance, table.resident_seats) == ("bewoners", 9)
    assert table.seats_policy > 0
    assert table.seats_resident > 0


def test_one_date_is_called_off_for_the_storm_and_people_sat_at_it(city):
    called_off = Occurrence.objects.get(status=Occurrence.Status.CANCELLED)

    assert (called_off.title, called_off.reason) == ("Zaterdagontbijt op straat", "storm")
    assert called_off.seats_taken > 0


def test_the_meal_in_the_mosque_moves_a_day_for_a_feast_and_keeps_its_address(city):
    weekdays = {
        occurrence.date_key: occurrence.starts_at.astimezone(AMSTERDAM)
        for occurrence in Occurrence.objects.filter(title="Samen eten in de moskee", starts_at__gt=timezone.now()).order_by("starts_at")[:4]
    }

    moved = [(key, moment) for key, moment in weekdays.items() if f"{moment:%Y-%m-%d}" != key]

    assert len(moved) == 1
    assert f"{moved[0][1]:%a %H:%M}" == "Sat 18:30"


def test_a_table_without_a_date_has_chairs_and_people_and_stands_in_no_list(city, client):
    table = Occurrence.objects.get(title="Een tafel voor jonge mantelzorgers")

    assert (table.date_key, table.starts_at, table.seats_taken) == ("ooit", None, 3)
    assert client.get(table.get_absolute_url()).status_code == 200
    assert table.title not in client.get("/agenda/").content.decode()


def test_people_are_first_names_only(city):
    names = {*Contact.objects.values_list("first_name", flat=True), *SignUp.objects.exclude(name="").values_list("name", flat=True)}
    names |= {meeting.host.first_name for meeting in Meeting.objects.select_related("host")}

    # One word with a capital; after a comma the work that someone does may follow, in small letters.
    assert [name for name in names if not re.fullmatch(r"[^\W\d_]+(, [^\W\d_A-Z]+)?", name)] == []


def test_every_place_says_that_nobody_checked_it_and_that_its_point_is_no_door(city, client):
    for place in Place.objects.all():
        assert place.is_approximate
        page = client.get(place.pages.get().url).content.decode()
        assert "Niemand keek na of deze plek er nog is" in page, place.slug
        assert "De stip op de kaart is ongeveer: het is niet de deur." in page, place.slug


@pytest.mark.parametrize("name", ["neighbourhoods", "places", "meetings", "pages"])
def test_the_demo_uses_no_word_that_may_not_stand_on_a_screen(name):
    words = " ".join(sentences(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))).lower()

    assert [word for word in NEVER if re.search(rf"\b{word}", words)] == []


def sentences(value, key=""):
    """Every text that a visitor reads: not the values of fields."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from sentences(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from sentences(inner, key)
    elif isinstance(value, str) and key not in ("slug", "names", "shown", "balance", "perspective"):
        yield value


# --- the meeting that stands on no list ---------------------------------------------------------------------------------------------


def traces_of(meeting: Meeting) -> list[str]:
    """What would give it away."""
    return [meeting.slug, meeting.title, meeting.initiative.slug, meeting.initiative.name, "Niemand vraagt naar je naam of je papieren"]


def given_away(meeting: Meeting, response) -> list[str]:
    body = unescape(b"".join(response).decode("utf-8", "replace"))
    return [trace for trace in traces_of(meeting) if trace.lower() in body.lower()]
