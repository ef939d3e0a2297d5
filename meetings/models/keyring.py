"""Keyrings and keys: someone without an account, and the secret links that open what is theirs."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

UNUSED = timedelta(days=396)  # a key that nobody used for thirteen months ends


class Keyring(models.Model):
    """Someone without an account: where they sit, what they host, their language, perhaps an e-mail address."""

    language = models.CharField(max_length=8, default="nl")
    email = models.EmailField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"sleutelbos {self.pk}"


class Key(models.Model):
    """A secret link. Only its hash is stored: whoever reads the database can open nothing."""

    class Scope(models.TextChoices):
        KEYRING = "keyring", _("mijn stoelen")
        MANAGE = "manage", _("jouw bijeenkomst")
        FEED = "feed", _("mijn agenda")

    scope = models.CharField(max_length=8, choices=Scope.choices)
    keyring = models.ForeignKey(Keyring, models.CASCADE, null=True, blank=True, related_name="keys")
    meeting = models.ForeignKey("meetings.Meeting", models.CASCADE, null=True, blank=True, related_name="keys")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_on = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope="manage", meeting__isnull=False) | models.Q(scope__in=["keyring", "feed"], keyring__isnull=False),
                name="key_opens_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} #{self.hash[:8]}"

    @property
    def ends_on(self) -> date:
        """The last day it works when nobody uses it any more; using it moves that on, up to its end."""
        unused = (self.last_used_on or self.created_at.date()) + UNUSED
        return min(unused, self.expires_at.date()) if self.expires_at else unused
