import hashlib
import os
from io import StringIO

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def fingerprint_of_static_files() -> str:
    """Changes when a static file of ours or of a package does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    help = "Bring a site as it stands up to date: database, static files, demo, first sign-in. Does nothing twice."

    def handle(self, *args: object, **options: object) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stderr.write("Setting up the database …")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("site_address", stderr=StringIO())
        stamp = settings.STATIC_ROOT / ".collected"
        fingerprint = fingerprint_of_static_files()
        if not stamp.exists() or stamp.read_text() != fingerprint:
            self.stderr.write("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.write_text(fingerprint)
        if os.environ.get("DEMO") != "no":
            call_command("load_demo", if_empty=True, stdout=self.stdout)
        self.invite_first_administrator()

    def invite_first_administrator(self) -> None:
        link = StringIO()
        call_command("staff_link", first=True, stdout=link)
        if link.getvalue():
            self.stdout.write(f"Your way into the CMS (works once, for a day): {link.getvalue().strip()}")
