from .rows import EarlierSlug, Neighbourhood, Place

__all__ = ["EarlierSlug", "Neighbourhood", "Place"]
