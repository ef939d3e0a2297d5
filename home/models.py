"""The pages that editors make, and the settings of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from modelsearch import index
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page

from meetings.models import Kind, Occurrence
from places.models import Contact, NeighbourhoodPage

from .blocks import BODY


@register_setting(icon="site", order=1)
class SiteSettings(BaseSiteSetting, ClusterableModel):
    """What an editor decides for the whole site."""

    name = models.CharField(_("naam van de site"), max_length=80, blank=True)
    foot_call = models.CharField(_("grote regel onderaan"), max_length=80, blank=True)
    contact_name = models.CharField(_("wie je kunt vragen"), max_length=80, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    contact_phone = models.CharField(_("telefoon"), max_length=20, blank=True)
    time_zone = models.CharField(
        _("tijdzone"),
        max_length=40,
        default="Europe/Amsterdam",
        choices=[(zone, zone) for zone in settings.WAGTAIL_USER_TIME_ZONES],
        help_text=_("Hoe laat het is op de pagina’s van deze site. Een bijeenkomst houdt de tijdzone waarin ze is gemaakt."),
    )
    retention_days = models.PositiveSmallIntegerField(
        _("namen bewaren (dagen na de datum)"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    panels = [
        MultiFieldPanel(
            [FieldPanel("name"), FieldPanel("foot_call"), InlinePanel("foot_links", label=_("link"))], heading=_("Naam en voet")
        ),
        MultiFieldPanel(
            [FieldPanel("contact_name"), FieldRowPanel([FieldPanel("contact_email"), FieldPanel("contact_phone")])], heading=_("Contact")
        ),
        MultiFieldPanel([FieldPanel("time_zone"), FieldPanel("retention_days")], heading=_("Tijd en bewaren")),
    ]

    class Meta:
        verbose_name = _("instellingen van de site")

    @classmethod
    def longest_retention(cls) -> int:
        """Days that names are kept after a date: the longest that a site of this installation asks for, as they share their meetings."""
        return max(cls.objects.values_list("retention_days", flat=True), default=cls._meta.get_field("retention_days").default)


class FootLink(Orderable):
    settings = ParentalKey(SiteSettings, related_name="foot_links")
    text = models.CharField(_("tekst"), max_length=60)
    page = models.ForeignKey("wagtailcore.Page", models.CASCADE, related_name="+", verbose_name=_("pagina"))

    panels = [FieldRowPanel([FieldPanel("text"), FieldPanel("page")])]


class HomePage(Page):
    lead = models.TextField(_("inleiding"), blank=True, max_length=400)
    body = StreamField(BODY, blank=True, verbose_name=_("tekst en beeld"))

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["places.NeighbourhoodIndexPage", "home.PlainPage", "home.StoryIndexPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        InlinePanel("chosen_neighbourhoods", label=_("wijk"), heading=_("Wijken op de voorpagina"), max_num=8),
        FieldPanel("body"),
    ]
    template = "home/home.html"

    class Meta:
        verbose_name = _("voorpagina")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        first = (
            Occurrence.objects.filter(listed=True, kind=Kind.SESSION, starts_at__gt=timezone.now(), status=Occurrence.Status.CONFIRMED)
            .order_by("starts_at", "id")
            .first()
        )
        chosen = [c.page for c in self.chosen_neighbourhoods.select_related("page__neighbourhood") if c.page.live]
        people = [
            c
            for c in Contact.objects.filter(page__live=True)
            .select_related("page__place__neighbourhood")
            .prefetch_related("walk_in_hours")[:24]
            if c.walk_in_hours.all()
        ]
        return context | {"first": first, "neighbourhoods": chosen, "people": people[:3]}


class ChosenNeighbourhood(Orderable):
    home = ParentalKey(HomePage, related_name="chosen_neighbourhoods")
    page = models.ForeignKey(NeighbourhoodPage, models.CASCADE, related_name="+", verbose_name=_("wijk"))

    panels = [FieldPanel("page")]


class PlainPage(Page):
    lead = models.TextField(_("inleiding"), blank=True, max_length=400)
    body = StreamField(BODY, blank=True, verbose_name=_("tekst en beeld"))

    subpage_types = ["home.PlainPage"]
    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.SearchField("body"), index.AutocompleteField("title")]
    template = "home/plain.html"

    class Meta:
        verbose_name = _("gewone pagina")
        verbose_name_plural = _("gewone pagina’s")


class StoryIndexPage(Page):
    max_count = 1
    subpage_types = ["home.StoryPage"]
    template = "home/story_index.html"

    class Meta:
        verbose_name = _("verhalen")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        stories = StoryPage.objects.child_of(self).live().order_by("-told_on")[:50]
        return super().get_context(request, *args, **kwargs) | {"stories": stories}


class StoryPage(Page):
    told_on = models.DateField(_("datum"), default=timezone.localdate)
    lead = models.TextField(_("inleiding"), blank=True, max_length=400)
    neighbourhood = models.ForeignKey(
        "places.Neighbourhood", models.SET_NULL, null=True, blank=True, related_name="stories", verbose_name=_("wijk")
    )
    body = StreamField(BODY, blank=True, verbose_name=_("tekst en beeld"))

    parent_page_types = ["home.StoryIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("told_on"), FieldPanel("neighbourhood")]),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.SearchField("body"), index.AutocompleteField("title")]
    template = "home/story.html"

    class Meta:
        verbose_name = _("verhaal")
        verbose_name_plural = _("verhalen")
