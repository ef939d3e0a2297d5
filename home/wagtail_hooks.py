"""What every page of the CMS gets."""

from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks


@hooks.register("insert_global_admin_js")
def keep_what_is_typed() -> str:
    return format_html('<script src="{}"></script>', static("home/typed_dates.js"))
