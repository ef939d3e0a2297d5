"""Who may edit which meetings: an editor's neighbourhoods are those whose pages they may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import page_permission_policy

from meetings.models import Initiative, Meeting, Occurrence
from places.models import NeighbourhoodPage


def neighbourhoods_of(user: Any) -> QuerySet[Any] | None:
    """The neighbourhoods a user edits, as ids for a subquery; None means all of them."""
    if user.is_superuser:
        return None
    pages = page_permission_policy.instances_user_has_permission_for(user, "change")
    return NeighbourhoodPage.objects.filter(pk__in=pages.values("pk")).exclude(neighbourhood=None).values("neighbourhood")


def meetings_of(user: Any) -> QuerySet[Meeting]:
    """What a user may see of meetings in the CMS: those of their own neighbourhoods. Unlisted ones nobody."""
    found = Meeting.objects.for_everyone()
    own = neighbourhoods_of(user)
    return found if own is None else found.filter(neighbourhood__in=own)


def occurrences_of(user: Any) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(meeting__in=meetings_of(user))


def initiatives_of(user: Any) -> QuerySet[Initiative]:
    found, own = Initiative.objects.filter(is_listed=True), neighbourhoods_of(user)
    if own is None:
        return found
    meets_here = Meeting.objects.filter(neighbourhood__in=own).exclude(initiative=None).values("initiative")
    return found.filter(pk__in=meets_here)


def shown_meetings(initiative: Initiative, own: QuerySet[Any] | None) -> QuerySet[Meeting]:
    """The meetings of an initiative that stand on lists as long as it does, in these neighbourhoods."""
    found = initiative.meetings.for_everyone_by_itself().order_by("title")
    return found if own is None else found.filter(neighbourhood__in=own)


class ByNeighbourhood(ModelPermissionPolicy):
    """Model permissions, narrowed to the rows that ``own`` gives a user; ``refusal`` is what an editor hears of a row that stays."""

    refusal: Any = gettext_lazy("Jij kunt dit niet weghalen.")

    def __init__(self, model: type, own: Callable[[Any], QuerySet[Any]]) -> None:
        super().__init__(model)
        self.own = own

    def user_has_permission(self, user: Any, action: str) -> bool:
        return not self.is_never(action) and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Any]:
        return self.own(user) if self.user_has_any_permission(user, actions) else self.model._default_manager.none()

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        if not self.user_has_permission(user, action) or self.is_refused(action, instance):
            return False
        return instance.pk is None or self.own(user).filter(pk=instance.pk).exists()

    def user_has_any_permission_for_instance(self, user: Any, actions: Any, instance: Any) -> bool:
        return any(self.user_has_permission_for_instance(user, action, instance) for action in actions)

    def is_never(self, action: str) -> bool:
        """What nobody does to any row here."""
        return False

    def is_refused(self, action: str, instance: Any) -> bool:
        """What nobody does to this row."""
        return False


class MeetingPolicy(ByNeighbourhood):
    """A meeting that people have a chair at is cancelled, so that they hear of it; it is not deleted."""

    refusal = gettext_lazy(
        "Deze bijeenkomst kan nog niet weg: er staan mensen op een datum die nog komt. "
        "Zet die datum op “gaat niet door”, dan horen zij het. Als de datum voorbij is, kan de bijeenkomst weg."
    )

    def is_refused(self, action: str, instance: Meeting) -> bool:
        if action != "delete":
            return False
        coming = instance.occurrences.filter(Q(ends_at__gt=timezone.now()) | Q(starts_at=None))
        return coming.filter(Q(seats_taken__gt=0) | Q(waiting__gt=0)).exists()


class OccurrencePolicy(ByNeighbourhood):
    """Dates come from the meeting's form, and one that falls out is cancelled: its address goes on saying so."""

    def is_never(self, action: str) -> bool:
        return action in ("add", "delete")


class InitiativePolicy(ByNeighbourhood):
    refusal = gettext_lazy("Dit initiatief kan nog niet weg: er horen bijeenkomsten bij. Geef die eerst een ander initiatief, of geen.")

    def is_refused(self, action: str, instance: Initiative) -> bool:
        return action == "delete" and instance.meetings.exists()


POLICIES = (
    MeetingPolicy(Meeting, meetings_of),
    OccurrencePolicy(Occurrence, occurrences_of),
    InitiativePolicy(Initiative, initiatives_of),
)
