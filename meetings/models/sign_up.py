"""Sign-ups: a promise to come, and the chairs it takes."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .choices import NameVisibility, Perspective
from .keyring import Keyring
from .occurrence import Occurrence

MAX_PARTY = 5
MAX_NAME = 40
MAX_MESSAGE = 280
WITH_ADDRESS = ~models.Q(email="") | models.Q(keyring__isnull=False) & ~models.Q(keyring__email="")  # who can be mailed


class SignUp(models.Model):
    """One or more chairs for someone and those they bring.

    Written by ``seats``; ``retention`` forgets it when its date is over, and ``notices`` writes ``told_at``.
    """

    class State(models.TextChoices):
        SEATED = "seated", _("aan tafel")
        WAITING = "waiting", _("op de wachtlijst")

    occurrence = models.ForeignKey(Occurrence, models.CASCADE, related_name="sign_ups")
    keyring = models.ForeignKey(Keyring, models.SET_NULL, null=True, related_name="sign_ups")  # None: erased, it only counts
    state = models.CharField(max_length=7, choices=State.choices)
    perspective = models.CharField(max_length=8, choices=Perspective.choices)
    party = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_PARTY)])
    chairs = models.JSONField(default=list, blank=True)  # chair numbers, from 0, the own one first; empty while waiting
    name = models.CharField(max_length=MAX_NAME, blank=True)
    name_visibility = models.CharField(max_length=8, choices=NameVisibility.choices, default=NameVisibility.TABLE)
    email = models.EmailField(blank=True)
    message = models.CharField(max_length=MAX_MESSAGE, blank=True)
    walks_along = models.BooleanField(default=False)
    form_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the token in the last form: sent twice, it counts once
    form_at = models.DateTimeField(null=True, blank=True)  # when that form came in
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField()  # the order of the waiting list, ties by id
    promoted_at = models.DateTimeField(null=True, blank=True)  # from the waiting list to a chair
    told_at = models.DateTimeField(null=True, blank=True)  # when they last asked or were told; empty: a change they may not know of

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "keyring"], name="one_sign_up_a_keyring"),
            models.UniqueConstraint(fields=["form_hash"], condition=~models.Q(form_hash=""), name="a_form_counts_once"),
            models.CheckConstraint(condition=models.Q(party__gte=1, party__lte=MAX_PARTY), name="party_of_one_to_five"),
        ]
        indexes = [models.Index(fields=["occurrence", "state", "queued_at", "id"], name="waiting_list")]

    def __str__(self) -> str:
        return f"{self.occurrence} {self.get_state_display()}"
