"""Who may edit which meetings: an editor's neighbourhoods are those whose pages they may change."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import page_permission_policy

from meetings.models import Kind, Meeting, Visibility
from places.models import NeighbourhoodPage

LISTED_ONLY = Q(visibility=Visibility.EVERYONE) & ~Q(kind=Kind.KITCHEN_TABLE) & (Q(initiative=None) | Q(initiative__is_listed=True))


def neighbourhoods_of(user: Any) -> list[int] | None:
    """The neighbourhoods a user edits, by id; None means all of them."""
    if user.is_superuser:
        return None
    pages = page_permission_policy.instances_user_has_permission_for(user, "change").values_list("pk", flat=True)
    return list(NeighbourhoodPage.objects.filter(pk__in=list(pages)).exclude(neighbourhood=None).values_list("neighbourhood", flat=True))


def meetings_of(user: Any) -> QuerySet[Meeting]:
    """What a user may see of meetings in the CMS: listed ones, of their own neighbourhoods. Unlisted ones nobody."""
    found = Meeting.objects.filter(LISTED_ONLY)
    own = neighbourhoods_of(user)
    return found if own is None else found.filter(neighbourhood__in=own)


class ByNeighbourhood(ModelPermissionPolicy):
    """Model permissions, narrowed to the user's neighbourhoods. ``path`` leads from the model to its meeting ("" or "meeting")."""

    def __init__(self, model: type, path: str = "") -> None:
        super().__init__(model)
        self.path = path

    def _own(self, user: Any) -> QuerySet[Any]:
        own = meetings_of(user)
        return own if not self.path else self.model._default_manager.filter(**{f"{self.path}__in": own})

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Any]:
        return self._own(user) if self.user_has_any_permission(user, actions) else self.model._default_manager.none()

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return self.user_has_permission(user, action) and (instance.pk is None or self._own(user).filter(pk=instance.pk).exists())

    def user_has_any_permission_for_instance(self, user: Any, actions: Any, instance: Any) -> bool:
        return any(self.user_has_permission_for_instance(user, action, instance) for action in actions)
