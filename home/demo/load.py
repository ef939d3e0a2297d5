"""Put the demo in an empty site: the page tree with its rows, then the tables."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.html import escape
from wagtail.models import Page, Revision, Site

from home import address
from home.models import ChosenNeighbourhood, FootLink, HomePage, PlainPage, SiteSettings, StoryIndexPage, StoryPage
from meetings.dates import horizon
from meetings.models import Meeting
from places.models import (
    Contact,
    Neighbourhood,
    NeighbourhoodIndexPage,
    NeighbourhoodPage,
    OpeningHours,
    OtherHours,
    Place,
    PlacePage,
    WalkInHours,
)

from .days import BEFORE, WEEKDAYS, on_weekday, time_of
from .tables import lay

FOLDER = Path(__file__).parent
NTH = ("eerste", "tweede", "derde", "vierde")
FACTS = {"hearing_loop": "hearing", "stop": "transport"}  # what places.toml calls a field of PlacePage otherwise


def told(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def is_empty() -> bool:
    """No page but the root and the two that the migrations make, nothing written in the CMS, no place and no meeting."""
    untouched = Page.objects.count() <= 3 and not Revision.objects.exists()
    return untouched and not Place.objects.exists() and not Meeting.objects.exists()


def load(now: datetime) -> Meeting:
    """Load the demo as of ``now``. Returns the meeting that stands on no list."""
    today = timezone.localdate(now)
    with transaction.atomic():
        home = front_page()
        neighbourhoods(home, today)
        plain_pages(home)
        stories(home, today)
        finish(home)
        return lay(now)


def front_page() -> HomePage:
    """The front page with its words, and the site with its name, at BASE_URL."""
    spec, home = told("pages")["home"], HomePage.objects.get()
    home.title, home.lead, home.body = spec["title"], spec["lead"], body([spec["notice"]])
    home.save()
    address.take_over()
    site = Site.objects.get(is_default_site=True)
    site.site_name = told("pages")["site"]["name"]
    site.save()
    return home


def body(paragraphs: list[str], quote: dict[str, str] | None = None) -> list[tuple[str, Any]]:
    blocks: list[tuple[str, Any]] = [("text", "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs))] if paragraphs else []
    if quote:
        blocks.append(("quote", {"quote": quote["text"], "who": quote["who"]}))
    return blocks


def neighbourhoods(home: HomePage, today: date) -> None:
    index = NeighbourhoodIndexPage.objects.child_of(home).get()
    index.lead = "Kies jouw wijk. Of een wijk om de hoek."
    index.save()
    pages: dict[str, NeighbourhoodPage] = {}
    for spec in told("neighbourhoods")["neighbourhood"]:
        page = NeighbourhoodPage(
            title=spec["name"],
            slug=spec["slug"],
            area=spec["area"],
            floor=spec.get("floor", ""),
            latitude=spec["point"][0],
            longitude=spec["point"][1],
            lead=spec["lead"],
            body=body(spec.get("text", [])),
            how_we_do_it=spec.get(
                "how", "Iedereen mag uitnodigen. Staat iets liever op geen enkele lijst? Dat mag. Dan ziet alleen wie de link heeft het."
            ),
        )
        index.add_child(instance=page)
        pages[spec["slug"]] = page
    given = told("places")
    for spec in given["place"]:
        place(pages[spec["neighbourhood"]], spec, given["note"], today)


def place(parent: NeighbourhoodPage, spec: dict[str, Any], note: str, today: date) -> None:
    facts = {FACTS.get(name, name): text for name, text in spec.get("access", {}).items()}
    page = PlacePage(
        title=spec["name"],
        slug=spec["slug"],
        lead=spec.get("lead", ""),
        street=spec.get("street", ""),
        postcode=spec.get("postcode", ""),
        latitude=spec["point"][0],
        longitude=spec["point"][1],
        is_approximate=True,
        note=note,
        **facts,
    )
    page.opening_hours = [OpeningHours(weekday=day, since=since, until=until) for day, since, until in shifts(spec.get("hours", []))]
    if spec.get("hours"):
        feasts = [] if spec.get("open_on_feast_days") else feast_days(today)
        page.other_hours = other_hours(spec.get("other_hours", []), feasts, today)
    contacts = []
    for person in spec.get("person", []):
        contact = Contact(
            first_name=person["name"],
            perspective=person["perspective"],
            about=person["about"],
            phone=person.get("phone", ""),
            phone_hours=person.get("phone_hours", ""),
        )
        contact.walk_in_hours = walk_in_hours(person.get("hours", []))
        contacts.append(contact)
    page.contacts = contacts
    parent.add_child(instance=page)


def feast_days(today: date) -> list[OtherHours]:
    """Closed at Christmas and New Year, as far as the demo has dates: from eight weeks back to the horizon."""
    found = []
    for year in range(today.year - 1, today.year + 2):
        found.append(OtherHours(first_on=date(year, 12, 25), last_on=date(year, 12, 26), note="Kerst"))
        found.append(OtherHours(first_on=date(year + 1, 1, 1), last_on=date(year + 1, 1, 1), note="Nieuwjaar"))
    first, last = today - BEFORE - timedelta(days=6), horizon(datetime.combine(today, time())).date()
    return [row for row in found if first <= row.first_on <= last]


def other_hours(specs: list[dict[str, Any]], feasts: list[OtherHours], today: date) -> list[OtherHours]:
    """The feast days, and what a place has of its own, counted from ``today``; without hours it is closed that day."""
    found = list(feasts)
    for spec in specs:
        day = on_weekday(spec["day"], today + timedelta(days=spec["ahead"]))
        since, until = hours_of(spec["hours"]) if "hours" in spec else (None, None)
        if not any(row.first_on <= day <= (row.last_on or row.first_on) for row in found):
            found.append(OtherHours(first_on=day, last_on=day, since=since, until=until, note=spec["note"]))
    return found


def walk_in_hours(lines: list[str]) -> list[WalkInHours]:
    """As ``shifts``, perhaps with the week of the month before it: "eerste wo 16:00-18:00"."""
    found = []
    for line in lines:
        nth, _space, every_week = line.partition(" ")
        week = NTH.index(nth) + 1 if nth in NTH else 0
        for day, since, until in shifts([every_week if week else line]):
            found.append(WalkInHours(week=week, weekday=day, since=since, until=until))
    return found


def shifts(lines: list[str]) -> list[tuple[int, time, time]]:
    """(weekday, from, until) of "di-vr 10:00-20:00" or "di,do 10:00-13:00"."""
    found = []
    for line in lines:
        days, hours = line.split(" ")
        since, until = hours_of(hours)
        for part in days.split(","):
            first, _dash, last = part.partition("-")
            found += [(day, since, until) for day in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)]
    return found


def hours_of(text: str) -> tuple[time, time]:
    """From and until of "10:00-20:00"."""
    since, until = (time_of(part) for part in text.split("-"))
    return since, until


def plain_pages(home: HomePage) -> None:
    for spec in told("pages")["page"]:
        home.add_child(instance=PlainPage(title=spec["title"], slug=spec["slug"], lead=spec["lead"], body=sections(spec["section"])))


def sections(specs: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Sections in one block of text, broken only by the sentence that follows a setting."""
    blocks: list[tuple[str, Any]] = []
    text = ""
    for spec in specs:
        text += f"<h2>{escape(spec['heading'])}</h2>"
        if spec.get("retention"):
            blocks += [("text", text), ("retention", None)]
            text = ""
        text += "".join(f"<p>{escape(paragraph)}</p>" for paragraph in spec["text"])
    return [*blocks, ("text", text)]


def stories(home: HomePage, today: date) -> None:
    index = StoryIndexPage(title="Verhalen", slug="verhalen")
    home.add_child(instance=index)
    for spec in told("pages")["story"]:
        index.add_child(
            instance=StoryPage(
                title=spec["title"],
                slug=spec["slug"],
                told_on=today - timedelta(days=spec["days_ago"]),
                lead=spec["lead"],
                neighbourhood=Neighbourhood.objects.get(slug=spec["neighbourhood"]),
                body=body(spec["text"], spec.get("quote")),
            )
        )


def finish(home: HomePage) -> None:
    """The front page's neighbourhoods, and the foot."""
    pages = told("pages")
    for order, slug in enumerate(pages["home"]["neighbourhoods"]):
        ChosenNeighbourhood.objects.create(home=home, page=NeighbourhoodPage.objects.get(slug=slug), sort_order=order)
    found = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    found.name, found.foot_call = pages["site"]["name"], pages["site"]["footer"]
    found.foot_links = [FootLink(text=page.title, page=page, sort_order=n) for n, page in enumerate(PlainPage.objects.order_by("path"))]
    found.save()
