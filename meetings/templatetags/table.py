"""The table in templates."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from meetings import round_table, table
from meetings.models import Occurrence

register = template.Library()


@register.simple_tag
def round_table_of(occurrence: Occurrence) -> table.TableView:
    """A listed table as the public sees it, for pages that show one: ``.drawing`` and ``.sentence``."""
    return table.TableView(occurrence, table.PUBLIC, timezone.now())


@register.simple_tag(name="round_table")
def drawing(occurrence: Occurrence) -> SafeString:
    return round_table_of(occurrence).drawing


@register.simple_tag
def mini_table(occurrence: Occurrence) -> SafeString:
    return round_table.mini(occurrence.taken, occurrence.capacity)


@register.filter
def chair_numbers(chairs: list[int]) -> str:
    """The numbers of chairs as they are counted from one, in order: "11", "11, 13 en 22"."""
    *most, last = [str(number + 1) for number in sorted(chairs)]
    return _("%(days)s en %(last)s") % {"days": ", ".join(most), "last": last} if most else last


@register.simple_tag
def shape(perspective: str) -> SafeString:
    """The shape of a perspective, to stand beside its word."""
    return format_html(
        '<svg class="shape {}" viewBox="-14 -14 28 28" aria-hidden="true"><use href="#stoel-{}"/></svg>',
        round_table.LOOKS[perspective],
        perspective,
    )
