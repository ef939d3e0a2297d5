"""What the worker does for the dates every night."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from . import dates


@task()
def extend_horizon() -> int:
    """Write every series out to the horizon again."""
    return dates.extend_all(now=timezone.now())
