"""What the pages of allauth need to look like ours."""

import segno
from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def as_input(field: BoundField) -> SafeString:
    """The field's widget with our class, and tied to its error and help text for whoever listens to the page."""
    attrs: dict[str, str | bool] = {"class": "" if field.widget_type in ("checkbox", "radioselect") else "input"}
    said = [f"{field.auto_id}-fout"] if field.errors else []
    said += [f"{field.auto_id}-uitleg"] if field.help_text else []
    if said:
        attrs["aria-describedby"] = " ".join(said)
    return field.as_widget(attrs=attrs)


@register.filter
def in_fours(secret: str) -> str:
    """A secret in groups of four, for whoever copies it by hand."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


@register.filter
def as_qr(address: str) -> str:
    """``address`` as a QR code for an ``img``: black on white, also on a dark page, where allauth's own has no ground."""
    return segno.make(address, error="m", micro=False).svg_data_uri(border=4, dark="#000", light="#fff")
