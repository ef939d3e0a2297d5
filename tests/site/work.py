"""Tasks for test_worker.py: a queue holds the import path of a task, so they stand in a module."""

import time
from pathlib import Path

from django_tasks import task


@task()
def write(path: str, text: str) -> None:
    Path(path).write_text(text)


@task()
def fail(path: str) -> None:
    """Fail, and count how often in a file."""
    file = Path(path)
    file.write_text(str(int(file.read_text() or 0) + 1) if file.exists() else "1")
    raise ValueError("it does not work out")


@task()
def sleep(path: str, seconds: float) -> None:
    """Say that it began, then take long."""
    Path(path).write_text("began")
    time.sleep(seconds)
    Path(path).write_text("done")
