"""The shape of a neighbourhood for the large map (RFC 7946)."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control

from places.read_only import read_only

from .models import Neighbourhood


@read_only
@cache_control(public=True, max_age=3600)
def outline(request: HttpRequest, slug: str) -> JsonResponse:
    """A Feature; 404 for a neighbourhood without an outline."""
    found = get_object_or_404(Neighbourhood.objects.exclude(outline__isnull=True), slug=slug)
    feature = {"type": "Feature", "properties": {"name": found.name}, "geometry": found.outline}
    return JsonResponse(feature, content_type="application/geo+json")
