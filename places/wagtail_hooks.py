"""What the CMS learns of places."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from .models.pages import RowPage


@hooks.register("before_copy_page")
def keep_an_address_of_its_own(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Wagtail asks whether an address is free beside the copy only; a wijk's or plek's is unique on the whole site."""
    page = page.specific
    if request.method == "POST" and isinstance(page, RowPage) and page.is_taken(request.POST.get("new_slug", "")):
        messages.error(request, _("Dit adres is al van een andere wijk of plek. Kies een ander, bijvoorbeeld met de straat erbij."))
        return redirect("wagtailadmin_pages:copy", page.pk)
    return None
