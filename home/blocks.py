"""The blocks of a page, with what is coming."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from meetings.models import Kind
from places.blocks import BODY as PLACES_BODY


class ComingMeetingsBlock(blocks.StructBlock):
    """Coming meetings, filtered."""

    heading = blocks.CharBlock(label=_("Kop"), required=False, max_length=80)
    neighbourhood = blocks.PageChooserBlock(label=_("Wijk"), page_type="places.NeighbourhoodPage", required=False)
    place = blocks.PageChooserBlock(label=_("Plek"), page_type="places.PlacePage", required=False)
    kind = blocks.ChoiceBlock(
        label=_("Soort"), required=False, choices=[(Kind.ACTIVITY.value, Kind.ACTIVITY.label), (Kind.SESSION.value, Kind.SESSION.label)]
    )
    number = blocks.IntegerBlock(label=_("Hoeveel"), default=4, min_value=1, max_value=12)

    class Meta:
        icon = "date"
        label = _("Wat er komt")
        template = "home/blocks/coming.html"


class RetentionBlock(blocks.StaticBlock):
    """How long names are kept, as the site really does: an editor puts the sentence on a page, the setting fills in the days."""

    class Meta:
        icon = "time"
        label = _("Hoe lang we namen bewaren")
        admin_text = _("Een zin met het aantal dagen uit de instellingen van de site.")
        template = "home/blocks/retention.html"


BODY = [*PLACES_BODY, ("coming", ComingMeetingsBlock()), ("retention", RetentionBlock())]
