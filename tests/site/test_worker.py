import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.utils import timezone
from django_tasks.base import TaskResultStatus

from aanschuiven import tasks
from aanschuiven.models import ATTEMPTS, Attempt, Heartbeat, ScheduledRun, StaffLink
from aanschuiven.worker import SCHEDULE, Job, Worker
from home.models import SiteSettings
from tests.site import work

NIGHT = datetime(2026, 11, 25, 2, 15, tzinfo=UTC)  # 03:15 in Rotterdam


def wait_until(claim: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = clock.monotonic() + seconds
    while not claim():
        assert clock.monotonic() < ends, f"not within {seconds} s"
        clock.sleep(0.05)


@pytest.fixture
def worker() -> Worker:
    return Worker(interval=0.05, schedule=())


@contextmanager
def working(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        worker.running = False
        thread.join(15)


@contextmanager
def database_disturbed(seconds: float) -> Iterator[None]:
    """SQLite: somebody holds the write lock for longer than we wait. PostgreSQL: every connection is cut."""
    if connection.vendor == "sqlite":
        holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        yield
        clock.sleep(seconds)
        holder.execute("ROLLBACK")
        holder.close()
    else:
        yield
        with connection.cursor() as cursor:
            for _ in range(10):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                clock.sleep(seconds / 10)


@pytest.fixture
def impatient() -> Iterator[None]:
    """New connections to SQLite wait a tenth of a second for a lock, not twenty."""

    def shorten(sender, connection, **kwargs):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 100")

    connection_created.connect(shorten)
    yield
    connection_created.disconnect(shorten)


@contextmanager
def worker_process() -> Iterator[subprocess.Popen]:
    """``manage.py work`` on this test's database."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "SECRET_KEY": "only-for-tests",
        "PYTHONPATH": f"{settings.ROOT}:{settings.ROOT / 'site'}",
    }
    command = [sys.executable, "manage.py", "work", "--interval", "0.1"]
    process = subprocess.Popen(command, cwd=settings.ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_queued_task_is_run_and_its_end_recorded(worker, tmp_path):
    result = work.write.enqueue(str(tmp_path / "done"), "yes")

    assert worker.run_next()

    assert (tmp_path / "done").read_text() == "yes"
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL
    assert result.worker_ids == [worker.worker_id]
    assert not worker.run_next()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_is_tried_again_later_and_later_and_then_stays_failed(worker, tmp_path):
    count = tmp_path / "count"
    task_id = work.fail.enqueue(str(count)).id
    waits = []
    for _ in range(ATTEMPTS):
        Attempt.objects.update(run_after=timezone.now())
        before = timezone.now()
        assert worker.run_next()
        waits.append(Attempt.objects.get(pk=task_id).run_after - before)

    attempt = Attempt.objects.get(pk=task_id)
    assert count.read_text() == str(ATTEMPTS)
    assert waits[:-1] == sorted(waits[:-1])
    assert timedelta(seconds=19) < waits[0] < timedelta(seconds=30)
    assert attempt.status == TaskResultStatus.FAILED
    assert "it does not work out" in attempt.traceback
    assert not worker.run_next()


@pytest.mark.django_db(transaction=True)
def test_a_task_waits_for_its_next_attempt(worker, tmp_path):
    work.fail.enqueue(str(tmp_path / "count"))
    worker.run_next()

    assert not worker.run_next()


@pytest.mark.django_db(transaction=True)
def test_a_locked_or_restarted_database_is_waited_for(worker, tmp_path, impatient):
    done = tmp_path / "done"
    with working(worker) as thread:
        wait_until(lambda: Heartbeat.objects.exists())
        with database_disturbed(1.0):
            pass
        assert thread.is_alive()
        work.write.enqueue(str(done), "after all")
        wait_until(done.exists)
        assert thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_asked_ever_later_up_to_half_a_minute_and_soon_again_once_it_was_there(worker, monkeypatch):
    waits: list[float] = []
    is_there = iter([False] * 7 + [True] + [False] * 2)

    def look_round(now: datetime) -> None:
        if not next(is_there):
            raise OperationalError("server closed the connection unexpectedly")

    def rest(seconds: float) -> None:
        waits.append(seconds)
        worker.running = len(waits) < 10

    monkeypatch.setattr(worker, "_look_round", look_round)
    monkeypatch.setattr(worker, "_rest", rest)
    worker.run()

    assert waits == [1, 2, 4, 8, 16, 30, 30, worker.interval, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_task_whose_worker_was_killed_is_done_by_the_next(worker, tmp_path):
    done = tmp_path / "done"
    task_id = work.sleep.enqueue(str(done), 60.0).id
    with worker_process() as process:
        wait_until(done.exists)
        process.send_signal(signal.SIGKILL)
        process.wait()
    now = timezone.now()

    worker.bring_back(now)
    assert Attempt.objects.get(pk=task_id).status == TaskResultStatus.RUNNING  # its worker was seen a moment ago
    worker.bring_back(now + timedelta(seconds=60))
    attempt = Attempt.objects.get(pk=task_id)

    assert attempt.status == TaskResultStatus.READY
    assert len(attempt.worker_ids) == 1


@pytest.mark.django_db(transaction=True)
def test_a_task_that_kills_its_worker_every_time_is_given_up(worker):
    task_id = work.write.enqueue("/nowhere", "").id
    Attempt.objects.update(status=TaskResultStatus.RUNNING, worker_ids=[f"dead-{n}" for n in range(ATTEMPTS)])

    worker.bring_back(timezone.now())

    assert Attempt.objects.get(pk=task_id).status == TaskResultStatus.FAILED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_the_worker_stops_when_asked_without_a_word_and_takes_its_sign_of_life_along(number, capfd):
    with worker_process() as process:
        wait_until(lambda: Heartbeat.objects.exists())
        process.send_signal(number)

        assert process.wait(10) == 0
    assert not Heartbeat.objects.exists()
    assert capfd.readouterr() == ("", "")


@pytest.mark.django_db(transaction=True)
def test_a_worker_asked_to_stop_finishes_what_it_is_doing(tmp_path):
    done = tmp_path / "done"
    task_id = work.sleep.enqueue(str(done), 1.0).id
    with worker_process() as process:
        wait_until(done.exists)
        process.terminate()

        assert process.wait(10) == 0
    assert done.read_text() == "done"
    assert Attempt.objects.get(pk=task_id).status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db
def test_a_worker_shows_that_it_lives(worker):
    worker.beat(NIGHT)
    worker.beat(NIGHT + timedelta(seconds=15))

    beat = Heartbeat.objects.get()
    assert (beat.started_at, beat.seen_at) == (NIGHT, NIGHT + timedelta(seconds=15))
    assert Heartbeat.alive(NIGHT + timedelta(seconds=59)).exists()
    assert not Heartbeat.alive(NIGHT + timedelta(seconds=60)).exists()


@pytest.fixture
def nightly() -> Worker:
    return Worker(schedule=(Job(work.write, time(3, 10)),))


@pytest.mark.django_db
def test_a_job_is_queued_once_a_day_from_its_time_on(nightly):
    nightly.enqueue_due(NIGHT - timedelta(minutes=6))  # 03:09
    assert not Attempt.objects.exists()

    nightly.enqueue_due(NIGHT)
    nightly.enqueue_due(NIGHT + timedelta(hours=8))
    assert Attempt.objects.count() == 1

    nightly.enqueue_due(NIGHT + timedelta(days=1))
    assert Attempt.objects.count() == 2
    assert [str(run.day) for run in ScheduledRun.objects.order_by("day")] == ["2026-11-25", "2026-11-26"]


@pytest.mark.django_db
def test_a_site_that_was_off_at_night_does_the_job_when_it_comes_back(nightly):
    nightly.enqueue_due(NIGHT + timedelta(hours=12))

    assert Attempt.objects.count() == 1


@pytest.mark.django_db
def test_of_two_workers_one_puts_the_job_in_the_queue(nightly, monkeypatch):
    ScheduledRun.objects.create(job=work.write.module_path, day="2026-11-25")
    # The other worker's row came after we looked.
    monkeypatch.setattr(ScheduledRun.objects, "filter", lambda **kwargs: ScheduledRun.objects.none())

    nightly.enqueue_due(NIGHT)

    assert not Attempt.objects.exists()


def test_every_night_series_are_extended_and_names_erased():
    assert {job.task.module_path for job in SCHEDULE} >= {
        "meetings.tasks.extend_horizon",
        "home.tasks.erase_past",
        "aanschuiven.tasks.clear_away",
    }


@pytest.mark.django_db
def test_what_only_mattered_while_it_was_fresh_is_cleared_away():
    now = timezone.now()
    old = now - timedelta(days=100)
    work.write.enqueue("/nowhere", "")
    Attempt.objects.update(status=TaskResultStatus.SUCCESSFUL, finished_at=old)
    ScheduledRun.objects.create(job="old", day=old.date())
    Heartbeat.objects.create(worker_id="dead", started_at=old, seen_at=old)
    StaffLink.objects.create(user=User.objects.create_user("anna"), hash="x", expires_at=old)
    waiting = work.write.enqueue("/nowhere", "").id

    tasks.clear_away.call()

    assert [str(attempt.pk) for attempt in Attempt.objects.all()] == [waiting]
    assert not ScheduledRun.objects.exists()
    assert not Heartbeat.objects.exists()
    assert not StaffLink.objects.exists()


@pytest.mark.django_db
def test_mail_in_files_goes_with_what_is_personal_of_a_date(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    days = SiteSettings.longest_retention()
    for name, age in (("oud.log", days + 1), ("nieuw.log", days - 1), ("geen-mail.txt", days + 1)):
        (tmp_path / name).write_text("To: z@example.org")
        then = (timezone.now() - timedelta(days=age)).timestamp()
        os.utime(tmp_path / name, (then, then))

    tasks.clear_away.call()

    assert {file.name for file in tmp_path.iterdir()} == {"nieuw.log", "geen-mail.txt"}


@pytest.mark.django_db
def test_a_site_that_never_wrote_mail_in_files_clears_away_as_well(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")

    tasks.clear_away.call()

    assert not (tmp_path / "mail").exists()
