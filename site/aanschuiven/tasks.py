"""Tasks of the site itself."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from .models import Heartbeat, ScheduledRun, StaffLink


@task()
def clear_away() -> None:
    """Delete what only mattered while it was fresh: finished tasks, old schedules, dead workers, links and sessions that ended."""
    now = timezone.now()
    DBTaskResult.objects.finished().filter(finished_at__lt=now - timedelta(days=7)).delete()
    ScheduledRun.objects.filter(day__lt=now.date() - timedelta(days=60)).delete()
    Heartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    StaffLink.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    call_command("clearsessions")
