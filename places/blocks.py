"""The blocks of a page that know nothing of meetings."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Field
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageBlock

RICH = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class PictureBlock(blocks.StructBlock):
    """A picture with words for who does not see it (WCAG 1.1.1): the alt text is required."""

    image = ImageBlock(label=_("foto"))
    caption = blocks.CharBlock(label=_("onderschrift"), required=False, max_length=200)

    class Meta:
        icon = "image"
        label = _("Foto")
        template = "places/blocks/picture.html"


class QuoteBlock(blocks.StructBlock):
    quote = blocks.TextBlock(label=_("wat iemand zei"), max_length=300)
    who = blocks.CharBlock(label=_("wie"), required=False, max_length=80, help_text=_("Nooit meer dan deze persoon zelf wil."))

    class Meta:
        icon = "openquote"
        label = _("Citaat")
        template = "places/blocks/quote.html"


class PersonBlock(blocks.StructBlock):
    first_name = blocks.CharBlock(label=_("voornaam"), max_length=40)
    about = blocks.CharBlock(label=_("wat je aan hen hebt"), required=False, max_length=200)

    class Meta:
        icon = "user"
        label = _("Iemand")


class CallBlock(blocks.StructBlock):
    """A button to what you can do now."""

    text = blocks.CharBlock(label=_("op de knop"), max_length=40)
    page = blocks.PageChooserBlock(label=_("pagina"), required=False)
    address = blocks.URLBlock(label=_("of een adres"), required=False)

    class Meta:
        icon = "link"
        label = _("Knop")
        template = "places/blocks/call.html"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not cleaned["page"] and not cleaned["address"]:  # a button that leads nowhere
            raise StructBlockValidationError({"page": ValidationError(Field.default_error_messages["required"])})
        return cleaned


class MapBlock(blocks.StructBlock):
    place = blocks.PageChooserBlock(label=_("plek"), page_type="places.PlacePage")

    class Meta:
        icon = "site"
        label = _("Kaart")
        template = "places/blocks/map.html"


BODY = [
    ("text", blocks.RichTextBlock(label=_("Tekst"), features=RICH, template="places/blocks/text.html")),
    ("picture", PictureBlock()),
    ("quote", QuoteBlock()),
    ("people", blocks.ListBlock(PersonBlock(), label=_("Mensen"), icon="group", template="places/blocks/people.html")),
    ("map", MapBlock()),
    ("call", CallBlock()),
]
