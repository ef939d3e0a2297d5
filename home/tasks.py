"""Nightly work that depends on what an editor decided."""

from django.utils import timezone
from django_tasks import task

from meetings import retention

from .models import SiteSettings


@task()
def erase_past() -> int:
    """Erase what is personal of past dates, after the longest time that a site of this installation keeps it."""
    days = max(
        SiteSettings.objects.values_list("retention_days", flat=True), default=SiteSettings._meta.get_field("retention_days").default
    )
    return retention.erase_past(days, now=timezone.now())
