"""The demo as a visitor finds it, and the one meeting that no visitor finds."""

import re
import tomllib
from datetime import date, datetime, time, timedelta
from html import unescape
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import get_resolver, reverse
from django.utils import timezone
from wagtail.models import Page

from home import demo
from home.demo import load
from home.models import SiteSettings
from meetings.models import Initiative, Meeting, Occurrence, SignUp
from meetings.models.choices import Kind, Visibility
from places.hours import intervals
from places.models import Contact, Neighbourhood, Place, PlacePage
from tests.staff import signed_in

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FOLDER = Path(demo.__file__).parent
# design.md, section 2: words that never stand on a screen
NEVER = (
    "registreren", "aanmelden", "account aanmaken", "deelnemer", "gebruiker", "event", "submit", "doelgroep", "kwetsbaar", "cliënt", "de burger",
    "inzet", "opbrengst", "beheer", "gastheer", "keukentafel",
)  # fmt: skip


@pytest.fixture(scope="module")
def printed(_first_rows, django_db_setup, django_db_blocker):
    """The demo, loaded once for this module, at this very moment; the value is what the command printed."""
    told = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", stdout=told)
        yield told.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def city(printed, db):
    """The loaded demo, by its unlisted meeting; what a test changes is undone after it."""
    return Meeting.objects.get(visibility=Visibility.LINK)


def coming(title: str) -> Occurrence:
    on = Occurrence.objects.filter(title=title, starts_at__gt=timezone.now(), status=Occurrence.Status.CONFIRMED)
    return on.order_by("starts_at").first()


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
    called_off = Occurrence.objects.get(reason="storm")

    assert (called_off.title, called_off.status) == ("Zaterdagontbijt op straat", Occurrence.Status.CANCELLED)
    assert called_off.seats_taken > 0


def test_the_meal_in_the_mosque_moves_a_day_for_a_feast_and_keeps_its_address(city):
    weekdays = {
        occurrence.date_key: occurrence.starts_at.astimezone(AMSTERDAM)
        for occurrence in Occurrence.objects.filter(title="Samen eten in de moskee", starts_at__gt=timezone.now()).order_by("starts_at")[:4]
    }

    moved = [(key, moment) for key, moment in weekdays.items() if f"{moment:%Y-%m-%d}" != key]

    assert len(moved) == 1
    assert f"{moved[0][1]:%a %H:%M}" == "Sat 18:30"


def test_some_tables_have_no_limit_and_some_show_less_than_others(city):
    coming_ones = Occurrence.objects.filter(listed=True, starts_at__gt=timezone.now())

    assert coming_ones.filter(kind=Kind.ACTIVITY, capacity=None).values("meeting").distinct().count() >= 10
    assert coming_ones.filter(names="gastheer").exists()
    assert coming_ones.filter(total_only=True).exists()
    assert coming_ones.filter(extra_chair=False).exists()


def test_bram_sits_in_the_leeszaal_once_a_month_and_the_others_every_week(city, client):
    page = unescape(client.get(Place.objects.get(slug="leeszaal-rotterdam-west").pages.get().url).content.decode())

    assert "erste woensdag van de maand, 16:00\u00a0–\u00a018:00" in page
    assert "insdag en donderdag, 10:00\u00a0–\u00a013:00" in page


def test_one_place_opens_on_a_day_of_its_own_and_another_closes(city, client):
    pages = {slug: unescape(client.get(Place.objects.get(slug=slug).pages.get().url).content.decode()) for slug in (
        "verhalenhuis-belvedere", "gemaal-op-zuid",
    )}  # fmt: skip

    assert "Extra open: we plakken foto’s in" in pages["verhalenhuis-belvedere"]
    assert "De keuken krijgt een nieuwe vloer" in pages["gemaal-op-zuid"]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (30, "30 dagen na de datum wissen we namen, e-mailadressen en berichten."),
        (1, "Een dag na de datum wissen we namen, e-mailadressen en berichten."),
    ],
)
def test_how_long_names_are_kept_is_what_the_settings_say(city, client, days, sentence):
    SiteSettings.objects.update(retention_days=days)

    page = unescape(client.get("/jouw-gegevens/").content.decode())

    assert sentence in page
    assert page.index("Hoe lang</h2>") < page.index(sentence) < page.index("Wil je alles meteen weg?")


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
    body = unescape(b"".join(response).decode("utf-8", "replace")).lower()
    return [trace for trace in traces_of(meeting) if trace.lower() in body]


def public_addresses(meeting: Meeting) -> list[str]:
    """Where a visitor can come: every page, the agenda by each filter that would hold ``meeting``, and what is said of all others."""
    pages = [urlsplit(page.url).path for page in Page.objects.live().filter(depth__gte=2).specific()]
    others = []
    for other in Meeting.objects.exclude(pk=meeting.pk):
        occurrence = other.occurrences.order_by("starts_at").first()
        others += [other.get_absolute_url(), f"/agenda/{other.slug}.ics", occurrence.get_absolute_url()]
        others += [] if occurrence.date_key == "ooit" else [f"/agenda/{other.slug}/{occurrence.date_key}.ics"]
    day = meeting.occurrences.order_by("starts_at").first().date_key
    filters = [
        "", f"wijk={meeting.neighbourhood.slug}", f"plek={meeting.place.slug}", "soort=activiteit", "wanneer=week", f"van={day}&tot={day}",
        "q=zachtjes", "q=papieren", "q=vertrouwt", "q=woord",
    ]  # fmt: skip
    return [
        *pages,
        *(f"/en{path}" for path in pages),
        *(f"/agenda/?{choice}" for choice in filters),
        *(f"/en/agenda/?{choice}" for choice in filters),
        *(f"/zoeken/?q={word}" for word in ("zachtjes", "papieren", "vertrouwt", "woord", "nederlands leren")),
        *others,
        "/agenda/nieuw/", "/mijn/", "/robots.txt", "/sitemap.xml",
    ]  # fmt: skip


def test_the_unlisted_lesson_opens_for_who_has_the_link(city, client):
    table = city.occurrences.order_by("starts_at").first()

    page = client.get(table.get_absolute_url())

    assert page.status_code == 200
    assert city.title in unescape(page.content.decode())
    assert "noindex" in page.content.decode()
    assert len(city.slug) == 26


def test_the_unlisted_lesson_is_on_no_page_list_feed_or_search(city, client):
    call_command("rebuild_modelsearch_index", stdout=StringIO())
    addresses = public_addresses(city)
    assert len(addresses) > 250

    for where in addresses:
        answer = client.get(where)
        assert answer.status_code == 200, where
        assert given_away(city, answer) == [], where


def test_the_unlisted_lesson_is_nowhere_further_on_in_the_agenda(city, client):
    """Its neighbourhood's and its place's lists, followed by "Verder kijken" as far as they go; others of that place are there."""
    for where in (f"/agenda/?wijk={city.neighbourhood.slug}", f"/agenda/?plek={city.place.slug}"):
        seen, followed = "", 0
        while where:
            answer = client.get(where)
            assert given_away(city, answer) == [], where
            seen += answer.content.decode()
            following = re.search(r'class="button plain" href="(/agenda/\?[^"]*\bna=[^"]*)"', answer.content.decode())
            where, followed = following and unescape(following[1]), followed + 1
        assert "Naaien met Aïsha" in unescape(seen)
        assert followed > 2


def test_the_sitemap_has_the_other_meetings_and_not_the_unlisted_lesson(city, client):
    sections = [urlsplit(found).path for found in re.findall("<loc>(.*?)</loc>", client.get("/sitemap.xml").content.decode())]
    answers = [client.get(section) for section in sections]

    assert [given_away(city, answer) for answer in answers] == [[] for _section in sections]
    assert any("wie-zorgt-er-voor-jou" in answer.content.decode() for answer in answers)


def test_its_initiative_gets_the_answer_of_a_name_that_nobody_has(city, client):
    known = client.get(f"/agenda/?voor={city.initiative.slug}")
    unknown = client.get("/agenda/?voor=zo-heet-niemand")

    assert known.status_code == unknown.status_code
    assert known.content.decode().replace(city.initiative.slug, "zo-heet-niemand") == unknown.content.decode()


def test_the_unlisted_lesson_is_in_no_list_of_the_cms(city):
    client = signed_in(get_user_model().objects.create_superuser("baas", "baas@voorbeeld.nl"))
    assert client.get("/cms/").status_code == 200
    lists = ["/cms/", "/cms/reports/site-history/", "/cms/pages/search/?q=zachtjes"]
    for model in ("meeting", "occurrence", "initiative"):
        namespace = f"wagtailsnippets_meetings_{model}"
        names = {name for name in get_resolver().namespace_dict[namespace][1].reverse_dict if isinstance(name, str)}
        for name in names & {"list", "list_results", "add", "choose", "index_results"}:
            lists += [reverse(f"{namespace}:{name}"), reverse(f"{namespace}:{name}") + "?q=zachtjes"]
    assert len(lists) > 8

    for where in lists:
        answer = client.get(where, follow=True)
        assert answer.status_code == 200, where
        assert given_away(city, answer) == [], where


# --- loading -------------------------------------------------------------------------------------------------------------------------


def test_the_link_of_the_unlisted_lesson_is_printed_once_where_the_demo_is_loaded(city, printed):
    assert f"{settings.BASE_URL}{city.get_absolute_url()}" in printed.splitlines()[-1]


def test_loading_twice_is_refused_and_changes_nothing(city):
    before = (Meeting.objects.count(), Page.objects.count(), SignUp.objects.count())

    with pytest.raises(CommandError, match="goes into an empty database only, so nothing was changed"):
        call_command("load_demo")
    call_command("load_demo", if_empty=True)

    assert (Meeting.objects.count(), Page.objects.count(), SignUp.objects.count()) == before


def test_hours_of_one_day_give_way_to_a_feast_day():
    specs = [{"day": "vr", "ahead": 1, "hours": "11:00-14:00", "note": "Extra open"}]

    feasts = load.feast_days(date(2026, 12, 23))
    assert load.other_hours(specs, feasts, date(2026, 12, 23)) == feasts
    extra = load.other_hours(specs, feasts, date(2026, 12, 10))[-1]
    assert (extra.first_on, extra.since, extra.until) == (date(2026, 12, 11), time(11), time(14))


def test_places_are_closed_at_every_feast_that_the_demo_has_dates_of():
    assert [f"{row.first_on}" for row in load.feast_days(date(2026, 11, 25))] == ["2026-12-25", "2027-01-01", "2027-12-25", "2028-01-01"]
    assert [f"{row.first_on}" for row in load.feast_days(date(2027, 1, 10))] == ["2026-12-25", "2027-01-01", "2027-12-25", "2028-01-01"]
    assert [f"{row.first_on}" for row in load.feast_days(date(2027, 6, 1))] == ["2027-12-25", "2028-01-01"]


def test_who_you_meet_somewhere_is_there_while_it_is_open(city):
    out = []
    for page in PlacePage.objects.all():
        for contact in page.contacts.all():
            for row in contact.walk_in_hours.all():
                monday = date(2027, 3, 1)
                begin, end = (datetime.combine(monday + timedelta(days=row.weekday), at, AMSTERDAM) for at in (row.since, row.until))
                if not any(since <= begin and end <= until for since, until in intervals(begin.date(), 1, page.shifts(), [], AMSTERDAM)):
                    out.append(str(contact))

    assert out == []
