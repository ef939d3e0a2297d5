"""What the site itself keeps: signs of life of its workers, what was scheduled, and the first sign-in of its staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

BEAT = 15  # seconds between two signs of life of a worker
SILENT = timedelta(seconds=3 * BEAT)  # after this it counts as dead
ATTEMPTS = 6  # how often a task is tried before it stays failed
FIRST_DELAY = timedelta(seconds=20)  # before the second attempt; each next one waits three times as long


class Heartbeat(models.Model):
    """A worker that is alive: it writes ``seen_at`` every ``BEAT`` seconds and takes its row along when it stops."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.worker_id} {self.seen_at:%H:%M:%S}"

    @classmethod
    def alive(cls, now: datetime) -> models.QuerySet[Heartbeat]:
        return cls.objects.filter(seen_at__gt=now - SILENT)


class ScheduledRun(models.Model):
    """A job that was put in the queue for a day: the constraint makes it once, however many workers there are."""

    job = models.CharField(max_length=100)
    day = models.DateField()
    enqueued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "day"], name="once_a_day")]

    def __str__(self) -> str:
        return f"{self.job} {self.day}"


class Attempt(DBTaskResult):
    """A task in the queue, with the patience that django_tasks_db leaves to us: failing is not final at once."""

    class Meta:
        proxy = True

    def set_failed(self, exc: BaseException) -> None:
        """Record what went wrong, and put the task back for later until it had its ``ATTEMPTS``."""
        super().set_failed(exc)
        self.put_back(timezone.now() + FIRST_DELAY * 3 ** (len(self.worker_ids) - 1))

    def put_back(self, at: datetime) -> None:
        """Return it to the queue, to run from ``at`` on; one that had its ``ATTEMPTS`` stays failed."""
        if len(self.worker_ids) < ATTEMPTS:
            self.status, self.run_after, self.finished_at = TaskResultStatus.READY, at, None
        else:
            self.status, self.finished_at = TaskResultStatus.FAILED, timezone.now()
        self.save(update_fields=["status", "run_after", "finished_at"])


class StaffLink(models.Model):
    """A link that signs one member of staff in, once, so that they can add a passkey. Only its hash is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} #{self.hash[:8]}"
