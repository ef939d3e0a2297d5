"""What the map in the CMS shows, on which an editor says where a place or a neighbourhood is."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from wagtail.models import Page

from places.models import Neighbourhood, NeighbourhoodPage, Place, PlacePage

register = template.Library()


@register.simple_tag
def picker_map(page: NeighbourhoodPage | PlacePage, parent: Page) -> dict[str, Any] | None:
    """The map for the form of ``page``, which stands (or will stand) below ``parent``; None when nothing is known to draw.

    ``outline``: GeoJSON geometry of the neighbourhood; ``middle``: its [latitude, longitude]; ``dots``: [latitude, longitude, name]
    of the other neighbourhoods and of what else is in this one; ``tiles``: the address of a map to lay under it, perhaps empty.
    """
    neighbourhood = page.neighbourhood if isinstance(page, NeighbourhoodPage) else parent.specific.neighbourhood
    areas, places = Neighbourhood.objects.all(), Place.objects.filter(neighbourhood=neighbourhood)
    if isinstance(page, PlacePage):
        places = places.exclude(pk=page.place_id)
    else:
        areas = areas.exclude(pk=page.neighbourhood_id)
    known: list[Neighbourhood | Place] = [*areas, *places]
    dots = [[row.latitude, row.longitude, row.name] for row in known if row.latitude is not None and row.longitude is not None]
    outline, middle = None, None
    if neighbourhood is not None:
        outline = neighbourhood.outline
        middle = None if neighbourhood.latitude is None else [neighbourhood.latitude, neighbourhood.longitude]
    if not (settings.MAP_TILES or outline or middle or dots):
        return None
    return {"tiles": settings.MAP_TILES, "outline": outline, "middle": middle, "dots": dots}
