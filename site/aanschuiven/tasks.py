"""Tasks of the site itself."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from home.models import SiteSettings

from .models import Heartbeat, ScheduledRun, StaffLink


@task()
def clear_away() -> None:
    """Delete what only mattered while it was fresh: finished tasks, old schedules, dead workers, links and sessions that ended.

    Mail in files (the embedded default) holds addresses and links: it stays as long as what is personal of a date.
    """
    now = timezone.now()
    DBTaskResult.objects.finished().filter(finished_at__lt=now - timedelta(days=7)).delete()
    ScheduledRun.objects.filter(day__lt=now.date() - timedelta(days=60)).delete()
    Heartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    StaffLink.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    _delete_mail_in_files(now - timedelta(days=SiteSettings.longest_retention()))
    call_command("clearsessions")


def _delete_mail_in_files(before: datetime) -> None:
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return
    for file in folder.glob("*.log"):  # as Django's file backend names them
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
