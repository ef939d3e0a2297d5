"""The blocks of a page that know nothing of meetings."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import Field
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.telepath import register
from wagtail.blocks.struct_block import StructBlockAdapter, StructBlockValidationError
from wagtail.images.blocks import ImageBlock, ImageChooserBlock
from wagtail.images.models import AbstractImage

RICH = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class DescribedImageBlock(ImageBlock):
    """Wagtail's picture with words of its own, which are required: it leaves no choice to call a picture decorative (WCAG 1.1.1).

    An editor puts a picture on a page to be seen. One that was kept as decorative before is shown with the description of the
    picture itself, and asks for words when its page is next saved.
    """

    decorative = None

    def __init__(self, required: bool = True, **kwargs: Any) -> None:
        children = [
            ("image", ImageChooserBlock(label=_("Welke foto"), required=required)),
            (
                "alt_text",
                blocks.CharBlock(label=_("Wat er op de foto staat"), help_text=_("In gewone woorden, voor wie de foto niet ziet.")),
            ),
        ]
        super(ImageBlock, self).__init__(children, **kwargs)

    def _struct_value_to_image(self, struct_value: Any) -> AbstractImage | None:
        image: AbstractImage | None = struct_value.get("image")
        if image:
            image.contextual_alt_text = (struct_value.get("alt_text") or "").strip()
            image.decorative = False
        return image

    def normalize(self, value: Any) -> AbstractImage | None:
        if isinstance(value, dict):
            value = {name: value[name] for name in self.child_blocks if name in value}
        found: AbstractImage | None = super().normalize(value)
        return found

    def clean(self, value: AbstractImage | None) -> AbstractImage | None:
        try:
            self.child_blocks["image"].clean(value)
        except ValidationError as error:
            raise StructBlockValidationError(block_errors={"image": error}) from error
        if value and not value.contextual_alt_text and not self.is_deferred_validation:
            raise StructBlockValidationError(block_errors={"alt_text": ValidationError(_("Schrijf wat er op de foto staat."))})
        return value


class DescribedImageAdapter(StructBlockAdapter):
    js_constructor = "places.blocks.DescribedImageBlock"

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(js=["places/described_image.js"])


register(DescribedImageAdapter(), DescribedImageBlock)


class PictureBlock(blocks.StructBlock):
    """A picture with words for who does not see it."""

    image = DescribedImageBlock(label=_("Foto"))
    caption = blocks.CharBlock(label=_("Onderschrift"), required=False, max_length=200)

    class Meta:
        icon = "image"
        label = _("Foto")
        template = "places/blocks/picture.html"


class QuoteBlock(blocks.StructBlock):
    quote = blocks.TextBlock(label=_("Wat iemand zei"), max_length=300)
    who = blocks.CharBlock(label=_("Wie"), required=False, max_length=80, help_text=_("Nooit meer dan deze persoon zelf wil."))

    class Meta:
        icon = "openquote"
        label = _("Citaat")
        template = "places/blocks/quote.html"


class PersonBlock(blocks.StructBlock):
    first_name = blocks.CharBlock(label=_("Voornaam"), max_length=40)
    about = blocks.CharBlock(label=_("Wat je aan hen hebt"), required=False, max_length=200)

    class Meta:
        icon = "user"
        label = _("Iemand")


class CallBlock(blocks.StructBlock):
    """A button to what you can do now."""

    text = blocks.CharBlock(label=_("Op de knop"), max_length=40)
    page = blocks.PageChooserBlock(label=_("Pagina"), required=False)
    address = blocks.URLBlock(label=_("Of een adres"), required=False)

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
    place = blocks.PageChooserBlock(label=_("Plek"), page_type="places.PlacePage")

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
