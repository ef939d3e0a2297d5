import pytest
from wagtail.models import Page, Site

from home.models import HomePage
from places.models import NeighbourhoodIndexPage


@pytest.fixture
def index(db) -> NeighbourhoodIndexPage:
    """A site with a front page and an empty list of neighbourhoods."""
    root = Page.get_first_root_node()
    home = root.add_child(instance=HomePage(title="Schuif aan.", slug="voorpagina-proef"))
    Site.objects.update(root_page=home)
    return home.add_child(instance=NeighbourhoodIndexPage(title="Wijken", slug="wijken"))
