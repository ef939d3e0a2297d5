from .pages import Contact, NeighbourhoodIndexPage, NeighbourhoodPage, OpeningHours, OtherHours, PlacePage, WalkInHours
from .rows import EarlierSlug, Neighbourhood, Place

__all__ = [
    "Contact",
    "EarlierSlug",
    "Neighbourhood",
    "NeighbourhoodIndexPage",
    "NeighbourhoodPage",
    "OpeningHours",
    "OtherHours",
    "Place",
    "PlacePage",
    "WalkInHours",
]
