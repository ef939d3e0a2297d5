"""The history of the site in the CMS: an editor reads what happened in their own neighbourhoods.

Wagtail shows whoever may change some row of a model what happened to all of them, and by whom. It has no hook for that, but its
report, and the choices of its filters, all ask the manager of the log who may see what.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Case, Q, QuerySet, When
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry
from wagtail.models.audit_log import BaseLogEntryManager, ModelLogEntryManager

from .policy import POLICIES


def viewable_by_user(manager: BaseLogEntryManager, user: Any) -> QuerySet[ModelLogEntry]:
    """What Wagtail lets a user see, without the meetings, dates and initiatives that are not theirs; what is gone is nobody's."""
    entries: QuerySet[ModelLogEntry] = BaseLogEntryManager.viewable_by_user(manager, user)
    if user.is_superuser:
        return entries
    kinds = {policy: ContentType.objects.get_for_model(policy.model) for policy in POLICIES}
    of_ours = When(content_type__in=kinds.values(), then=Cast("object_id", BigIntegerField()))  # ids of other models may be no numbers
    may_see = ~Q(content_type__in=kinds.values())
    for policy, kind in kinds.items():
        may_see |= Q(content_type=kind, row__in=policy.own(user).values("pk"))
    return entries.alias(row=Case(of_ours)).filter(may_see)


ModelLogEntryManager.viewable_by_user = viewable_by_user
