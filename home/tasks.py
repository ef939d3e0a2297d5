"""Nightly work that depends on what an editor decided."""

from django.utils import timezone
from django_tasks import task

from meetings import retention

from .models import SiteSettings


@task()
def erase_past() -> int:
    """Erase what is personal of past dates."""
    return retention.erase_past(SiteSettings.longest_retention(), now=timezone.now())
