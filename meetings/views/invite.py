"""Nodig uit: until somebody can post by themselves, the people who do it together with you."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from places.models import Contact


@require_safe
def invite(request: HttpRequest) -> HttpResponse:
    people = [
        contact
        for contact in Contact.objects.filter(page__live=True)
        .select_related("page__place__neighbourhood")
        .prefetch_related("walk_in_hours")
        if contact.hours_text()
    ]
    return render(request, "meetings/invite.html", {"people": people[:24], "menu": "nodig-uit"})
