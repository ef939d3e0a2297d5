"""What the pages of allauth need to look like ours."""

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
