"""The worker: runs queued tasks, and what is due today, through whatever happens to the database.

It wraps django_tasks_db's Worker, which runs one task and records how that went. Around it:

- a locked, restarted or lost database is waited for, ever longer up to half a minute, instead of ending the process;
- a task that failed is tried again, ever later, up to ``ATTEMPTS`` times;
- a task whose worker died (kill -9, a power cut) goes back in the queue: so tasks are idempotent, and get ids only;
- the jobs of ``SCHEDULE`` are put in the queue once a day, whichever worker is first;
- a thread writes a sign of life every ``BEAT`` seconds, also during a long task: ``/readyz`` reads it.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time as clock
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from types import FrameType
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections, connections, transaction
from django.utils import timezone
from django_tasks.base import Task
from django_tasks_db.management.commands import db_worker
from django_tasks_db.utils import exclusive_transaction

from home import tasks as home
from meetings import tasks as meetings

from . import tasks as site
from .models import BEAT, Attempt, Heartbeat, ScheduledRun
from .zone import zone_of_site

logger = logging.getLogger(__name__)

LOOK_ROUND = 10  # seconds between two looks at the schedule and at tasks of dead workers
LONGEST_WAIT = 30.0  # seconds between two tries to reach the database
DATABASE_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Job:
    """A task to run every day, from ``at`` on: a time on the site's clock."""

    task: Task[Any, Any]
    at: time


SCHEDULE = (
    Job(meetings.extend_horizon, time(3, 10)),
    Job(home.erase_past, time(3, 30)),
    Job(site.clear_away, time(3, 50)),
)


class Worker(db_worker.Worker):
    """One process that works; ``worker_id`` says which in every row it touches."""

    def __init__(self, *, interval: float = 1.0, schedule: tuple[Job, ...] = SCHEDULE) -> None:
        super().__init__(
            queue_names=["*"],
            interval=interval,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{socket.gethostname()[:30]}-{os.getpid()}-{os.urandom(4).hex()}",
            excluded_queue_names=[],
        )
        self.schedule = schedule
        self._stopped = threading.Event()
        self._looked_round = float("-inf")
        self._rests = False

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Finish what is running and stop, without a word: who asked knows. Asked twice, stop at once and say so."""
        if not self.running:
            super().shutdown(signum, frame)
        self.running = False
        if self._rests:
            sys.exit(0)  # not in the middle of a query: the pool writes a warning about each that is cut off

    def _rest(self, seconds: float) -> None:
        """Sleep, until a signal says stop."""
        self._rests = True
        try:
            if self.running:
                clock.sleep(seconds)
        finally:
            self._rests = False

    def run(self) -> None:
        """Work until a signal says stop."""
        pulse = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        pulse.start()
        wait = 1.0
        try:
            while self.running:
                try:
                    close_old_connections()
                    self._look_round(timezone.now())
                    found_work = self.run_next()
                    wait = 1.0
                except DATABASE_AWAY as fault:
                    logger.warning("The database is away, next try in %.0f s: %s", wait, fault)
                    connections.close_all()
                    self._rest(wait)
                    wait = min(wait * 2, LONGEST_WAIT)
                else:
                    if not found_work:
                        self._rest(self.interval)
        finally:
            self._stopped.set()
            pulse.join(timeout=2)
            self._leave()

    def run_next(self) -> bool:
        """Claim one task that is ready and run it; False when there is none."""
        ready = Attempt.objects.ready().filter(backend_name=self.backend_name)
        if not ready.exists():  # without the write lock that SQLite's claim takes
            return False
        with exclusive_transaction(ready.db):
            attempt = ready.get_locked()
            if attempt is not None:
                attempt.claim(self.worker_id)
        if attempt is None:
            return False
        self.run_task(attempt)
        return True

    def beat(self, now: datetime) -> None:
        Heartbeat.objects.update_or_create(
            worker_id=self.worker_id, defaults={"seen_at": now}, create_defaults={"seen_at": now, "started_at": now}
        )

    def enqueue_due(self, now: datetime) -> None:
        """Put each job that is due today, and was not put yet, in the queue."""
        local = timezone.localtime(now, zone_of_site())
        due = {job.task.module_path: job for job in self.schedule if job.at <= local.time()}
        done = set(ScheduledRun.objects.filter(day=local.date(), job__in=due).values_list("job", flat=True))
        for name, job in due.items():
            if name in done:
                continue
            try:
                with transaction.atomic():
                    ScheduledRun.objects.create(job=name, day=local.date())
                    job.task.enqueue()
            except IntegrityError:
                continue  # another worker was first

    def bring_back(self, now: datetime) -> None:
        """Return tasks whose worker is gone to the queue, and our own that the database lost the end of."""
        alive = set(Heartbeat.alive(now).values_list("worker_id", flat=True)) - {self.worker_id}
        attempts: Iterable[Attempt] = Attempt.objects.running().filter(backend_name=self.backend_name)  # type: ignore[assignment]  # proxy
        for attempt in attempts:
            worker = attempt.worker_ids[-1] if attempt.worker_ids else None
            if worker not in alive:
                logger.warning("Task %s of worker %s goes back in the queue", attempt.pk, worker)
                attempt.put_back(now)

    def _look_round(self, now: datetime) -> None:
        if clock.monotonic() - self._looked_round < LOOK_ROUND:
            return
        self.enqueue_due(now)
        self.bring_back(now)
        self._looked_round = clock.monotonic()

    def _keep_beating(self) -> None:
        """In a thread of its own, so that a long task does not look like a dead worker."""
        while True:
            try:
                self.beat(timezone.now())
            except DATABASE_AWAY as fault:
                logger.info("No sign of life written: %s", fault)
            finally:
                connections.close_all()
            if self._stopped.wait(BEAT):
                return

    def _leave(self) -> None:
        try:
            Heartbeat.objects.filter(worker_id=self.worker_id).delete()
        except DATABASE_AWAY as fault:
            logger.info("The last sign of life stays: %s", fault)
        finally:
            connections.close_all()
