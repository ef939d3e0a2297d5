"""``manage.py load_demo``: a city to look around in, on an empty site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from home.demo import load


class Command(BaseCommand):
    help = "Fill an empty site with the demo: neighbourhoods of Rotterdam, and made-up people and meetings around today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day to count from, instead of today")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, and say nothing, when the site has pages already")

    def handle(self, *args: Any, today: date | None, if_empty: bool, **options: Any) -> None:
        if not load.is_empty():
            if if_empty:
                return
            raise CommandError(
                "This site has pages, places or meetings of its own: the demo goes into an empty database only, so nothing was changed."
            )
        now = timezone.now()
        if today:
            now = datetime.combine(today, timezone.localtime(now).timetz())
        unlisted = load.load(now)
        self.stdout.write("The demo is in. One language lesson stands on no list; this is its link:")
        self.stdout.write(f"  {settings.BASE_URL}{unlisted.get_absolute_url()}")
