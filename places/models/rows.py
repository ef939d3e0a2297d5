"""Neighbourhoods and places as flat rows: what meetings point at.

A page of the CMS edits a row (one page a language may edit the same one), so that a page can be moved, copied or translated
while the slug stays unique on the whole site. An earlier slug is kept, so that an address on paper goes on working.
"""

from __future__ import annotations

import zlib

from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

FLOORS = ("roos", "munt", "lucht", "perzik", "lila", "kalk", "zon")


class Floor(models.TextChoices):
    """The colour under the table (tokens.css); empty on a row means: follows from the slug."""

    ROSE = "roos", _("roos")
    MINT = "munt", _("munt")
    SKY = "lucht", _("lucht")
    PEACH = "perzik", _("perzik")
    LILAC = "lila", _("lila")
    CHALK = "kalk", _("kalk")
    SUN = "zon", _("zon")


class Chair(models.TextChoices):
    """The drawing of the chair that stands extra at a place's tables (templates/_shapes.html); empty on a row: a kitchen chair."""

    FOLDING = "klapstoel", _("klapstoel")
    STOOL = "kruk", _("kruk")
    ARMCHAIR = "fauteuil", _("fauteuil")
    BENCH = "bankje", _("bankje")


class SlugKeeper(models.Model):
    """A row whose address may change while the old one goes on leading to it."""

    slug = models.SlugField(_("adres"), max_length=80, unique=True)

    class Meta:
        abstract = True

    def rename(self, slug: str) -> None:
        """Take ``slug`` and keep the present one as an earlier slug. Saves the row."""
        if slug == self.slug:
            return
        with transaction.atomic():
            EarlierSlug.objects.filter(kind=self._meta.model_name, slug=slug).delete()
            EarlierSlug.objects.update_or_create(kind=self._meta.model_name, slug=self.slug, defaults={"row_id": self.pk})
            self.slug = slug
            self.save(update_fields=["slug"])

    @classmethod
    def by_slug(cls, slug: str):
        """The row with this slug, now or earlier; None when no row ever had it."""
        if row := cls._default_manager.filter(slug=slug).first():
            return row
        earlier = EarlierSlug.objects.filter(kind=cls._meta.model_name, slug=slug).first()
        return earlier and cls._default_manager.filter(pk=earlier.row_id).first()


class EarlierSlug(models.Model):
    """A slug that a neighbourhood or place had before."""

    kind = models.CharField(max_length=20)
    slug = models.SlugField(max_length=80)
    row_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="earlier_slug_once")]

    def __str__(self) -> str:
        return self.slug


class Neighbourhood(SlugKeeper):
    """A wijk."""

    name = models.CharField(_("naam"), max_length=80)
    area = models.CharField(_("gebied"), max_length=80, blank=True, help_text=_("Het grotere geheel, bijvoorbeeld: Delfshaven."))
    floor = models.CharField(_("vloerkleur"), max_length=8, choices=Floor.choices, blank=True)
    latitude = models.FloatField(_("breedtegraad"), null=True, blank=True)
    longitude = models.FloatField(_("lengtegraad"), null=True, blank=True)
    outline = models.JSONField(_("omtrek"), null=True, blank=True, help_text=_("GeoJSON-geometrie (RFC 7946): Polygon of MultiPolygon."))

    class Meta:
        verbose_name = _("wijk")
        verbose_name_plural = _("wijken")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def floor_class(self) -> str:
        """The class for ``<body>``; without a choice the slug decides, the same for ever."""
        return self.floor or FLOORS[zlib.crc32(self.slug.encode()) % len(FLOORS)]


class Place(SlugKeeper):
    """Somewhere you can walk in."""

    name = models.CharField(_("naam"), max_length=120)
    neighbourhood = models.ForeignKey(Neighbourhood, models.PROTECT, related_name="places", verbose_name=_("wijk"))
    street = models.CharField(_("straat en nummer"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    latitude = models.FloatField(_("breedtegraad"), null=True, blank=True)
    longitude = models.FloatField(_("lengtegraad"), null=True, blank=True)
    is_approximate = models.BooleanField(_("de plek op de kaart is ongeveer"), default=False)
    chair = models.CharField(_("de stoel extra"), max_length=10, choices=Chair.choices, blank=True)

    class Meta:
        verbose_name = _("plek")
        verbose_name_plural = _("plekken")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def has_page(self) -> bool:
        """Whether there is a page of it that anybody may see: else a link to it leads nowhere."""
        return self.pages.filter(live=True).exists()  # type: ignore[attr-defined]
