"""The addresses of the agenda, the table and what is yours (design: the URL contract)."""

from django.urls import path, re_path, register_converter

from . import keys
from .views import agenda, calendar, chair, invite, meeting, mine


class SlugConverter:
    """A meeting's slug: no dot (`.ics` follows it), no date, none of the reserved words."""

    regex = r"(?!nieuw/|ooit/|\d{4}-\d{2}-\d{2})[a-z0-9]+(?:-[a-z0-9]+)*"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


class DateKeyConverter(SlugConverter):
    """RECURRENCE-ID as a local date, with -HHMM when that day was taken; or a table without a date."""

    regex = r"\d{4}-\d{2}-\d{2}(?:-\d{4})?|ooit"


class KeyConverter:
    """A secret link, as it may be typed from paper: a view gets it as we write it, and leads there."""

    regex = rf"[^/]{{20,{keys.MAX_TYPED}}}"

    def to_python(self, value: str) -> str:
        if not keys.looks_like_key(value):
            raise ValueError("no key has this form")
        return keys.canonical(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(SlugConverter, "meeting")
register_converter(DateKeyConverter, "date_key")
register_converter(KeyConverter, "key")

# In every language, under its prefix.
localised = [
    path("agenda/", agenda.agenda, name="agenda"),
    path("agenda/nieuw/", invite.invite, name="invite"),
    path("agenda/<meeting:slug>/", meeting.meeting, name="meeting"),
    path("agenda/<meeting:slug>/<date_key:date_key>/", meeting.occurrence, name="occurrence"),
    path("agenda/<meeting:slug>/<date_key:date_key>/aanschuiven/", chair.chair, name="chair"),
    path("agenda/<meeting:slug>/<date_key:date_key>/kaartje/", chair.card, name="card"),
    path("agenda/<meeting:slug>/<date_key:date_key>/opstaan/", chair.leave, name="leave"),
    path("mijn/", mine.mine, name="mine"),
    path("mijn/kwijt/", mine.lost, name="lost"),
    path("mijn/vergeet/", mine.forget, name="forget"),
    path("mijn/wis/", mine.erase, name="erase"),
    path("mijn/link/", mine.renew, name="renew"),
    path("mijn/link/<int:key_id>/", mine.end_link, name="end_link"),
]

# Without a prefix: what a calendar or a piece of paper holds.
urlpatterns = [
    re_path(r"^agenda/(?P<slug>(?!\d{4}-)[a-z0-9]+(?:-[a-z0-9]+)*)\.ics$", calendar.meeting_ics, name="meeting_ics"),
    path("agenda/<meeting:slug>/<date_key:date_key>.ics", calendar.occurrence_ics, name="occurrence_ics"),
    path("mijn/<key:key>/", mine.by_key, name="mine_by_key"),
    path("mijn/<key:key>", mine.by_key),  # Django's own way to the slash says nothing of referrers
    path("mijn/<key:key>/onthoud/", mine.remember, name="remember"),
    path("mijn/<key:key>/opstaan/<int:sign_up_id>/", mine.leave_by_key, name="leave_by_key"),
    path("mijn/<key:key>/link/<int:key_id>/", mine.end_link_by_key, name="end_link_by_key"),
]
