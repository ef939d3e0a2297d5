"""``manage.py import_places FILE…``: neighbourhoods and places from CSV or GeoJSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import translation

from places import imports
from places.models import NeighbourhoodIndexPage


class Command(BaseCommand):
    help = (
        "Make or change neighbourhoods and places from CSV or GeoJSON files; running it twice changes nothing. Files are taken in "
        "turn: what a later one says of the same slug counts, so keep areas and neighbourhoods with the same names apart. "
        "Ends with an error when a file cannot be read or when not one of its rows went in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, files: list[Path], dry_run: bool, **options: Any) -> None:
        index = NeighbourhoodIndexPage.objects.first()
        if index is None:
            raise CommandError("There is no page of neighbourhoods yet: make one in the CMS, below the front page.")
        in_vain = []
        for path in files:
            try:
                with transaction.atomic(), translation.override("en"):  # the reasons of the pages' own checks, too
                    report = imports.load(path, index)
                    transaction.set_rollback(dry_run)
            except imports.Unreadable as wrong:
                raise CommandError(str(wrong)) from wrong
            index.refresh_from_db()
            self.stdout.write(
                f"{path.name}: {report.made} new, {report.changed} changed, {report.same} the same, {len(report.skipped)} skipped"
            )
            for line in report.skipped:
                self.stdout.write(f"  skipped {line}")
            if report.unused:
                self.stdout.write(f"  columns not used: {', '.join(report.unused)}")
            if report.nothing_went_in:
                in_vain.append(path.name)
        if in_vain:
            raise CommandError(f"Not one row went in of: {', '.join(in_vain)}. Each stands above with the reason.")
