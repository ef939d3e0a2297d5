"""The pages of neighbourhoods and places. What meetings point at are flat rows (rows.py); publishing a page writes its row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import chain, count
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone, translation
from django.utils.dates import WEEKDAYS
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from modelsearch import index
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.signals import post_page_move
from wagtail.url_routing import RouteResult

from places import hours
from places.blocks import BODY

from .rows import Chair, Floor, Neighbourhood, Place

WEEKDAY_CHOICES = [(n, name) for n, name in WEEKDAYS.items()]


class LeadsOn(Page):
    """A page under which an earlier address of a row leads to its present one."""

    class Meta:
        abstract = True

    def route_earlier(self, components: list[str], model: type[Neighbourhood] | type[Place]) -> RouteResult | None:
        """The way to where an address went, or None when it is of today."""
        if not components or self.get_children().live().filter(slug=components[0]).exists():
            return None
        row = model.by_slug(components[0])
        page = row and row.pages.live().first()
        return RouteResult(self, kwargs={"moved_to": page, "rest": components[1:]}) if page else None

    def serve(
        self, request: HttpRequest, *args: Any, moved_to: Page | None = None, rest: Sequence[str] = (), **kwargs: Any
    ) -> HttpResponse:
        if moved_to is not None:
            return HttpResponsePermanentRedirect(moved_to.get_url(request) + "".join(f"{part}/" for part in rest))
        return super().serve(request, *args, **kwargs)


class RowPage(Page):
    """A page that edits a flat row. Its slug is the row's: unique on the whole site, whatever page it stands under."""

    slug: str  # Wagtail has no types
    row_model: type[Neighbourhood] | type[Place]
    row_field: str

    class Meta:
        abstract = True

    @property
    def row(self) -> Any:
        return getattr(self, self.row_field)

    @classmethod
    def is_taken(cls, slug: str, row: Any = None) -> bool:
        """Whether another row has this slug. One whose page was removed does not count for a new page: it takes the row over."""
        others = cls.row_model.objects.filter(slug=slug)
        return (others.exclude(pk=row.pk) if row is not None else others.exclude(pages=None)).exists()

    def clean(self) -> None:
        super().clean()
        slug = self.slug or slugify(self.title)
        wrong: dict[str, Any] = {}
        for field, value, column in (("title", self.title, "name"), ("slug", slug, "slug")):
            longest = cast("models.CharField[str, str]", self.row_model._meta.get_field(column)).max_length
            try:
                MaxLengthValidator(longest)(value)
            except ValidationError as too_long:
                wrong[field] = too_long
        if self.is_taken(slug, self.row):
            wrong["slug"] = _("Dit adres is al van een andere wijk of plek. Kies een ander, bijvoorbeeld met de straat erbij.")
        if wrong:
            raise ValidationError(wrong)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            # A draft saves the names of some fields only; an alias shows the row of the page that it follows.
            if kwargs.get("update_fields") is None and not self.alias_of_id:
                self.write_row()
            super().save(*args, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """Take over a revision, but not which row the page edits, nor an address that became another row's since."""
        page = super().with_content_json(content)
        setattr(page, self.row_field, self.row)
        if self.is_taken(page.slug, self.row):
            page.slug = self.slug
        return page

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the row as publishing would leave it; nothing is saved."""
        row = self.row or self.row_model(slug=self.slug or slugify(self.title))
        for name, value in self.row_values().items():
            setattr(row, name, value)
        setattr(self, self.row_field, row)
        return super().serve_preview(request, mode_name)

    def row_values(self) -> dict[str, Any]:
        raise NotImplementedError

    def write_row(self) -> None:
        """Make or change the row behind a page that is (going) live; a draft leaves it as it is."""
        values = self.row_values()
        if self.row is None:
            setattr(self, self.row_field, self.new_row(values))
        elif self.live:
            row = self.row
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
            if self.slug:
                row.rename(self.slug)

    def new_row(self, values: dict[str, Any]) -> Any:
        """A row for a page that has none; pages copied with the one above them get an address of their own."""
        slug: str = self.slug or slugify(self.title)
        for row in self.row_model.objects.filter(slug=slug, pages=None):
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            return row
        free = next(name for name in chain([slug], (f"{slug[:70]}-{n}" for n in count(2))) if not self.is_taken(name))
        self.slug = free
        return self.row_model.objects.create(slug=free, **values)


class LocatedPage(RowPage):
    """A page of what has a point on the map, typed or picked."""

    latitude = models.FloatField(
        gettext_lazy("breedtegraad"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        gettext_lazy("lengtegraad"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    point_panels = [
        HelpPanel(template="places/admin/map_picker.html"),
        FieldRowPanel([FieldPanel("latitude"), FieldPanel("longitude")]),
    ]

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if (self.latitude is None) != (self.longitude is None):
            raise ValidationError({"latitude": _("Vul breedtegraad en lengtegraad allebei in, of geen van de twee.")})


def _plain(text: str) -> str:
    """Without capitals, accents or dashes: whoever types "ijsselmonde" or "kralingen crooswijk" finds it."""
    return slugify(text).replace("-", " ")


class NeighbourhoodIndexPage(LeadsOn, Page):
    """ "Wijken": all neighbourhoods, by area; with ``?q=`` those whose name, area or place has it in it."""

    lead = models.TextField(gettext_lazy("inleiding"), blank=True, max_length=400)

    max_count = 1
    subpage_types = ["places.NeighbourhoodPage"]
    content_panels = [*Page.content_panels, FieldPanel("lead")]
    template = "places/neighbourhood_index.html"

    class Meta:
        verbose_name = gettext_lazy("wijkenlijst")

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        """Send an earlier address of a neighbourhood or place on to the present one (301)."""
        return self.route_earlier(path_components, Neighbourhood) or super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        pages = NeighbourhoodPage.objects.child_of(self).live().select_related("neighbourhood").order_by("neighbourhood__area", "title")
        q = " ".join(request.GET.get("q", "").split())[:80]
        wanted = _plain(q)
        places: dict[int, list[str]] = {}
        if q:
            for name, neighbourhood in PlacePage.objects.descendant_of(self).live().values_list("title", "place__neighbourhood"):
                if wanted in _plain(name):
                    places.setdefault(neighbourhood, []).append(name)
        areas: dict[str, list[tuple[NeighbourhoodPage, list[str]]]] = {}
        for page in pages:
            found = places.get(page.neighbourhood_id, [])
            if found or wanted in _plain(page.title) or wanted in _plain(page.neighbourhood.area):
                areas.setdefault(page.neighbourhood.area, []).append((page, found))
        return context | {"areas": areas, "q": q, "number": sum(map(len, areas.values())), "menu": "wijken"}


class NeighbourhoodPage(LeadsOn, LocatedPage):
    """A wijk: its places, the people you can find, what is coming."""

    row_model, row_field = Neighbourhood, "neighbourhood"
    exclude_fields_in_copy = ["neighbourhood"]  # a copy is another wijk

    neighbourhood = models.ForeignKey(Neighbourhood, models.PROTECT, null=True, editable=False, related_name="pages")
    area = models.CharField(
        gettext_lazy("gebied"), max_length=80, blank=True, help_text=gettext_lazy("Het grotere geheel, bijvoorbeeld: Delfshaven.")
    )
    floor = models.CharField(
        gettext_lazy("vloerkleur"), max_length=8, choices=Floor.choices, blank=True, help_text=gettext_lazy("Leeg: volgt uit de naam.")
    )
    lead = models.TextField(gettext_lazy("inleiding"), blank=True, max_length=400)
    how_we_do_it = models.TextField(gettext_lazy("hoe we het hier doen"), blank=True, max_length=600)
    body = StreamField(BODY, blank=True, verbose_name=gettext_lazy("tekst en beeld"))

    parent_page_types = ["places.NeighbourhoodIndexPage"]
    subpage_types = ["places.PlacePage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        FieldRowPanel([FieldPanel("area"), FieldPanel("floor")]),
        MultiFieldPanel(LocatedPage.point_panels, heading=gettext_lazy("Waar is het midden van de wijk?")),
        FieldPanel("how_we_do_it"),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.AutocompleteField("title"), index.SearchField("body")]
    template = "places/neighbourhood.html"

    class Meta:
        verbose_name = gettext_lazy("wijk")
        verbose_name_plural = gettext_lazy("wijken")

    def row_values(self) -> dict[str, Any]:
        return {
            "name": self.title,
            "area": self.area,
            "floor": self.floor,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """Take over a revision; one of before a wijk had a point says nothing of it."""
        page = super().with_content_json(content)
        for name in {"latitude", "longitude"} - content.keys():
            setattr(page, name, getattr(self, name))
        return page

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        return self.route_earlier(path_components, Place) or super().route(request, path_components)

    @cached_property
    def place_pages(self) -> list[PlacePage]:
        return list(
            PlacePage.objects.child_of(self)
            .live()
            .select_related("place")
            .prefetch_related("opening_hours", "other_hours", "contacts__walk_in_hours")
            .order_by("title")
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        now = timezone.now()
        return context | {
            "places": [(page, page.open_status(now)) for page in self.place_pages],
            "people": [contact for page in self.place_pages for contact in page.contacts.all()],
            "menu": "wijken",
        }


class PlacePage(LocatedPage):
    """A plek: where it is, when it is open, who you meet there."""

    row_model, row_field = Place, "place"
    exclude_fields_in_copy = ["place"]  # a copy is another plek

    place = models.ForeignKey(Place, models.PROTECT, null=True, editable=False, related_name="pages")
    lead = models.TextField(gettext_lazy("inleiding"), blank=True, max_length=400)
    photo = models.ForeignKey(
        "wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("foto")
    )
    photo_alt = models.CharField(gettext_lazy("wat er op de foto staat"), max_length=200, blank=True)
    street = models.CharField(gettext_lazy("straat en nummer"), max_length=120, blank=True)
    postcode = models.CharField(gettext_lazy("postcode"), max_length=10, blank=True)
    is_approximate = models.BooleanField(gettext_lazy("de stip is ongeveer"), default=False)
    chair = models.CharField(
        gettext_lazy("de stoel extra"),
        max_length=10,
        choices=Chair.choices,
        blank=True,
        help_text=gettext_lazy("De stoel met een jas over de leuning, in de tekening van de tafel. Leeg: een gewone keukenstoel."),
    )

    step_free = models.CharField(gettext_lazy("drempel"), max_length=160, blank=True)
    toilet = models.CharField(gettext_lazy("rolstoel-wc"), max_length=160, blank=True)
    hearing = models.CharField(
        gettext_lazy("horen"), max_length=160, blank=True, help_text=gettext_lazy("Bijvoorbeeld: ringleiding in de grote zaal.")
    )
    quiet_corner = models.CharField(gettext_lazy("rustige hoek"), max_length=160, blank=True)
    transport = models.CharField(gettext_lazy("tram en halte"), max_length=200, blank=True)
    assistance_dog = models.CharField(gettext_lazy("hulphond"), max_length=160, blank=True)
    languages = models.CharField(gettext_lazy("talen"), max_length=160, blank=True)
    children = models.CharField(gettext_lazy("kinderen"), max_length=160, blank=True)
    costs = models.CharField(gettext_lazy("geld"), max_length=160, blank=True)
    checked_by = models.CharField(gettext_lazy("nagekeken door"), max_length=40, blank=True)
    checked_on = models.DateField(gettext_lazy("nagekeken op"), null=True, blank=True)
    note = models.CharField(gettext_lazy("kanttekening"), max_length=300, blank=True, help_text=gettext_lazy("Staat onder het adres."))
    body = StreamField(BODY, blank=True, verbose_name=gettext_lazy("tekst en beeld"))

    parent_page_types = ["places.NeighbourhoodPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        MultiFieldPanel([FieldPanel("photo"), FieldPanel("photo_alt")], heading=gettext_lazy("Foto")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("street"), FieldPanel("postcode")]),
                *LocatedPage.point_panels,
                FieldPanel("is_approximate"),
                FieldPanel("note"),
            ],
            heading=gettext_lazy("Waar is het?"),
        ),
        InlinePanel("opening_hours", label=gettext_lazy("openingstijd"), heading=gettext_lazy("Wanneer is het open?")),
        InlinePanel("other_hours", label=gettext_lazy("uitzondering"), heading=gettext_lazy("Uitzonderingen: feestdagen, vakantie")),
        InlinePanel("contacts", label=gettext_lazy("iemand"), heading=gettext_lazy("Wie vind je hier?")),
        FieldPanel("chair"),
        MultiFieldPanel(
            [
                FieldPanel(name)
                for name in (
                    "step_free",
                    "toilet",
                    "hearing",
                    "quiet_corner",
                    "transport",
                    "assistance_dog",
                    "languages",
                    "children",
                    "costs",
                )
            ]
            + [FieldRowPanel([FieldPanel("checked_by"), FieldPanel("checked_on")])],
            heading=gettext_lazy("Kan iedereen erin?"),
        ),
        FieldPanel("body"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lead"),
        index.SearchField("street"),
        index.SearchField("access_words"),
        index.RelatedFields("contacts", [index.SearchField("first_name")]),
        index.AutocompleteField("title"),
        index.SearchField("body"),
    ]
    template = "places/place.html"

    class Meta:
        verbose_name = gettext_lazy("plek")
        verbose_name_plural = gettext_lazy("plekken")

    def clean(self) -> None:
        super().clean()
        if self.photo and not self.photo_alt:
            raise ValidationError({"photo_alt": _("Schrijf in gewone woorden wat er op de foto staat, voor wie hem niet ziet.")})

    def row_values(self) -> dict[str, Any]:
        parent = self.get_parent()
        neighbourhood = parent.specific.neighbourhood  # a place page stands below its neighbourhood, or cannot be saved
        return {
            "name": self.title,
            "neighbourhood": neighbourhood,
            "street": self.street,
            "postcode": self.postcode,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "is_approximate": self.is_approximate,
            "chair": self.chair,
        }

    @property
    def zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    def shifts(self) -> list[hours.Shift]:
        return [hours.Shift(row.weekday, row.since, row.until) for row in self.opening_hours.all()]

    def exceptions(self) -> list[hours.OtherHours]:
        return [
            hours.OtherHours(row.first_on, row.last_on or row.first_on, row.since, row.until, row.note) for row in self.other_hours.all()
        ]

    def open_status(self, now: datetime) -> str | None:
        """ "Nu open tot 17:00", in words; None for a place that says nothing of its hours."""
        state = hours.status(self.shifts(), self.exceptions(), self.zone, now)
        return None if state is None else hours.in_words(state, now, self.zone)

    def week(self, now: datetime) -> list[hours.Line]:
        return hours.week(self.shifts(), self.exceptions(), now.astimezone(self.zone).date())

    def coming_exceptions(self, now: datetime) -> list[hours.Line]:
        return hours.coming_exceptions(self.exceptions(), now.astimezone(self.zone).date())

    def access_facts(self) -> list[tuple[str, str]]:
        """(label, fact) of what is filled in."""
        names = ("step_free", "toilet", "hearing", "quiet_corner", "transport", "assistance_dog", "languages", "children", "costs")
        return [(str(self._meta.get_field(name).verbose_name).capitalize(), value) for name in names if (value := getattr(self, name))]

    def access_words(self) -> str:
        """What somebody who looks for a lift, a "rolstoel-wc" or a hearing loop finds the place by, in Dutch."""
        with translation.override("nl"):
            return " ".join(f"{label} {fact}" for label, fact in self.access_facts())

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        now = timezone.now()
        state = hours.status(self.shifts(), self.exceptions(), self.zone, now)
        return context | {
            "status": state,
            "open_status": self.open_status(now),
            "is_near": state is not None and hours.is_near(state, now),
            "week": self.week(now),
            "coming_exceptions": self.coming_exceptions(now),
            "contacts": self.contacts.prefetch_related("walk_in_hours")
            if self.pk and not getattr(request, "is_preview", False)
            else self.contacts.all(),
            "menu": "wijken",
        }


@receiver(post_page_move)
def follow_to_another_neighbourhood(instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any) -> None:
    """Moving a page saves no more than its path, so its row is told here."""
    page = instance.specific
    if isinstance(page, PlacePage) and page.place and parent_page_before.pk != parent_page_after.pk:
        page.place.neighbourhood = parent_page_after.specific.neighbourhood
        page.place.save(update_fields=["neighbourhood"])


class OpeningHours(Orderable):
    page = ParentalKey(PlacePage, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(gettext_lazy("dag"), choices=WEEKDAY_CHOICES)
    since = models.TimeField(pgettext_lazy("tijd", "van"))
    until = models.TimeField(pgettext_lazy("tijd", "tot"), help_text=gettext_lazy("Na middernacht mag: 18:00 tot 01:00."))

    panels = [FieldRowPanel([FieldPanel("weekday"), FieldPanel("since"), FieldPanel("until")])]

    class Meta(Orderable.Meta):
        verbose_name = gettext_lazy("openingstijd")

    def clean(self) -> None:
        super().clean()
        hours.check_length(self.since, self.until)


class OtherHours(Orderable):
    """Other hours on a day or from one day to another: empty times mean closed."""

    page = ParentalKey(PlacePage, related_name="other_hours")
    first_on = models.DateField(pgettext_lazy("dag", "van"))
    last_on = models.DateField(gettext_lazy("tot en met"), null=True, blank=True)
    since = models.TimeField(gettext_lazy("open van"), null=True, blank=True, help_text=gettext_lazy("Leeg: gesloten."))
    until = models.TimeField(gettext_lazy("open tot"), null=True, blank=True)
    note = models.CharField(gettext_lazy("waarom"), max_length=80, blank=True, help_text=gettext_lazy("Bijvoorbeeld: Eerste Kerstdag."))

    panels = [
        FieldRowPanel([FieldPanel("first_on"), FieldPanel("last_on")]),
        FieldRowPanel([FieldPanel("since"), FieldPanel("until")]),
        FieldPanel("note"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = gettext_lazy("uitzondering")

    def clean(self) -> None:
        super().clean()
        if self.last_on and self.last_on < self.first_on:
            raise ValidationError({"last_on": _("De laatste dag komt vóór de eerste.")})
        if (self.since is None) != (self.until is None):
            raise ValidationError({"until": _("Vul allebei de tijden in, of geen: dan is het gesloten.")})
        hours.check_length(self.since, self.until)


class Contact(Orderable, ClusterableModel):
    """Someone with a first name whom you can find at a place."""

    class Perspective(models.TextChoices):
        RESIDENT = "bewoner", gettext_lazy("bewoner")
        PRACTICE = "praktijk", gettext_lazy("praktijk")
        POLICY = "beleid", gettext_lazy("beleid")

    page = ParentalKey(PlacePage, related_name="contacts")
    first_name = models.CharField(gettext_lazy("voornaam"), max_length=40)
    perspective = models.CharField(gettext_lazy("stoel"), max_length=8, choices=Perspective.choices, blank=True)
    about = models.CharField(gettext_lazy("wat je aan hen hebt"), max_length=200, blank=True)
    where = models.CharField(
        gettext_lazy("waar zij zitten"), max_length=80, blank=True, help_text=gettext_lazy("Bijvoorbeeld: tafel bij het raam.")
    )
    phone = models.CharField(
        gettext_lazy("telefoon"), max_length=20, blank=True, help_text=gettext_lazy("Alleen als deze persoon dat zelf wil.")
    )
    phone_hours = models.CharField(gettext_lazy("wanneer bellen of appen"), max_length=80, blank=True)

    panels = [
        FieldRowPanel(
            [
                FieldPanel("first_name"),
                FieldPanel(
                    "perspective",
                    heading=gettext_lazy("Zit hier als"),
                    help_text=gettext_lazy(
                        "Bewoner: woont hier of helpt mee. Praktijk: zorg, welzijn, school. Beleid: maakt plannen, bijvoorbeeld bij de gemeente."
                    ),
                ),
            ]
        ),
        FieldPanel("about"),
        FieldPanel("where"),
        InlinePanel("walk_in_hours", label=gettext_lazy("inloopuur"), heading=gettext_lazy("Wanneer kun je binnenlopen?")),
        FieldRowPanel([FieldPanel("phone"), FieldPanel("phone_hours")]),
    ]

    class Meta(Orderable.Meta):
        verbose_name = gettext_lazy("iemand die je hier vindt")

    def __str__(self) -> str:
        return f"{self.first_name} ({self.page.title})"

    def hours_text(self) -> str:
        """ "dinsdag en donderdag, 10:00 – 13:00", days with the same hours together."""
        grouped: dict[tuple[int, Any, Any], list[int]] = {}
        for row in self.walk_in_hours.all():
            grouped.setdefault((row.week, row.since, row.until), []).append(row.weekday)
        lines = []
        for (week, since, until), days in grouped.items():
            listed = hours.day_names(days)
            if week:
                listed = _("%(nth)s %(day)s van de maand") % {"nth": dict(WalkInHours.WEEKS)[week], "day": listed}
            lines.append(f"{listed}, {hours.span(since, until)}")
        return "; ".join(lines)


class WalkInHours(Orderable):
    WEEKS = [
        (0, gettext_lazy("elke week")),
        (1, gettext_lazy("eerste")),
        (2, gettext_lazy("tweede")),
        (3, gettext_lazy("derde")),
        (4, gettext_lazy("vierde")),
    ]
    contact = ParentalKey(Contact, related_name="walk_in_hours")
    week = models.PositiveSmallIntegerField(gettext_lazy("welke week"), choices=WEEKS, default=0)
    weekday = models.PositiveSmallIntegerField(gettext_lazy("dag"), choices=WEEKDAY_CHOICES)
    since = models.TimeField(pgettext_lazy("tijd", "van"))
    until = models.TimeField(pgettext_lazy("tijd", "tot"))

    panels = [FieldRowPanel([FieldPanel("week"), FieldPanel("weekday"), FieldPanel("since"), FieldPanel("until")])]

    class Meta(Orderable.Meta):
        verbose_name = gettext_lazy("inloopuur")

    def clean(self) -> None:
        super().clean()
        hours.check_length(self.since, self.until)
