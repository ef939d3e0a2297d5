"""The words of the domain that are stored: their values are part of the URL contract, so they are Dutch."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Perspective(models.TextChoices):
    """Where someone speaks from today. Nobody checks it, nothing remembers it but the chair."""

    RESIDENT = "bewoner", _("bewoner")
    PRACTICE = "praktijk", _("praktijk")
    POLICY = "beleid", _("beleid")


class Kind(models.TextChoices):
    ACTIVITY = "activiteit", _("Activiteit")
    SESSION = "ontmoeting", _("Open ontmoeting")
    KITCHEN_TABLE = "keukentafel", _("Mijn tafel")


class Visibility(models.TextChoices):
    EVERYONE = "iedereen", _("Iedereen")
    LINK = "met-link", _("Wie de link heeft")


class Balance(models.TextChoices):
    """Gelijkwaardigheid: who may take the next free chair."""

    NONE = "geen", _("Wie het eerst komt")
    RESIDENTS = "bewoners", _("Een aantal stoelen voor bewoners")
    EQUAL = "gelijk", _("Nooit meer praktijk en beleid dan bewoners")


class Names(models.TextChoices):
    """Who may see a name: as each chooses, or (the host's choice) whoever receives alone."""

    SELF = "zelf", _("Ieder kiest zelf")
    HOST = "gastheer", _("Alleen wie ontvangt")


class NameVisibility(models.TextChoices):
    EVERYONE = "iedereen", _("Iedereen")
    TABLE = "tafel", _("Wie aan tafel zit")
    HOST = "gastheer", _("Alleen wie ontvangt")


class Repeat(models.TextChoices):
    """A rule in plain words; anything else is an RRULE (RFC 5545 3.3.10) that an editor types."""

    ONCE = "niet", _("Eén keer")
    WEEKLY = "wekelijks", _("Elke week")
    FORTNIGHTLY = "tweewekelijks", _("Om de week")
    MONTHLY_BY_WEEKDAY = "maandelijks-dag", _("Elke maand op dezelfde weekdag")
    MONTHLY_BY_DATE = "maandelijks-datum", _("Elke maand op dezelfde datum")
