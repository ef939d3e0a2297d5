import pytest

from places.models import NeighbourhoodIndexPage


@pytest.fixture
def index(db) -> NeighbourhoodIndexPage:
    """The empty list of neighbourhoods below the front page, as the migrations leave it."""
    return NeighbourhoodIndexPage.objects.get()
