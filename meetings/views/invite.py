"""Nodig uit: until somebody can post by themselves, the people who do it together with you."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from places.models import Contact, WalkInHours
from places.read_only import read_only

MOST = 24  # people on the page


@read_only
def invite(request: HttpRequest) -> HttpResponse:
    with_hours = Contact.objects.filter(Exists(WalkInHours.objects.filter(contact=OuterRef("pk"))), page__live=True)
    people = with_hours.select_related("page__place__neighbourhood").prefetch_related("walk_in_hours")[:MOST]
    return render(request, "meetings/invite.html", {"people": people, "menu": "nodig-uit"})
