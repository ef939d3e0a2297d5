"""Forms of visitors. Field names are Dutch: they are part of the URL contract."""

from __future__ import annotations

import secrets
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import Occurrence, SignUp
from .models.choices import Names, NameVisibility, Perspective
from .models.sign_up import MAX_MESSAGE, MAX_NAME, MAX_PARTY


def readable(value: str, *, lines: bool = False) -> str:
    """``value`` without outer space. Raises ValidationError for control and direction characters (Unicode Cc, Cf, Cs, Co),
    and for what did not arrive as it was typed.

    They can hide text or turn a line around; a joiner (U+200C, U+200D) is left alone, for some scripts need it.
    """
    allowed = "\r\n\t\u200c\u200d" if lines else "\u200c\u200d"
    if "\ufffd" in value:  # what Django puts where bytes were no UTF-8
        raise ValidationError(_("Een teken kwam niet goed over. Typ het nog eens."))
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in allowed for c in value):
        raise ValidationError(_("Hier staan tekens in die we niet kunnen laten zien. Typ het opnieuw, zonder plakken."))
    return unicodedata.normalize("NFC", value).strip()


class PlainTextField(forms.CharField):
    """Text as a visitor types it: plain, readable, of a bounded length."""

    def __init__(self, *, lines: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.lines = lines

    def to_python(self, value):
        text = "" if value in self.empty_values else str(value)
        if len(text) > 20 * (self.max_length or 100):  # not worth looking at; the length check below says it
            return text
        return readable(text.replace("\r\n", "\n"), lines=self.lines)


class ChairForm(forms.Form):
    """Take a chair, or change what you said of it. Only a session asks something: on which chair you sit today."""

    perspectief = forms.ChoiceField(
        choices=Perspective.choices,
        error_messages={"required": _("Kies op welke stoel je vandaag zit."), "invalid_choice": _("Kies een van de drie stoelen.")},
    )
    naam = PlainTextField(
        required=False,
        max_length=MAX_NAME,
        error_messages={"max_length": _("Je naam mag %(limit_value)d letters lang zijn. Je voornaam is genoeg.")},
    )
    zichtbaar = forms.ChoiceField(
        required=False, choices=NameVisibility.choices, error_messages={"invalid_choice": _("Kies wie je naam ziet.")}
    )
    aantal = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[(n, n) for n in range(1, MAX_PARTY + 1)],
        error_messages={"invalid_choice": _("Je kunt één tot vijf stoelen nemen. Zijn jullie met meer? Laat de anderen zelf aanschuiven.")},
    )
    bericht = PlainTextField(
        required=False,
        max_length=MAX_MESSAGE,
        lines=True,
        error_messages={"max_length": _("Je bericht mag %(limit_value)d letters lang zijn. Vertel de rest aan tafel.")},
    )
    email = forms.EmailField(
        required=False,
        max_length=254,
        error_messages={
            "invalid": _("Dit lijkt geen e-mailadres. Kijk het nog eens na, of laat het leeg."),
            "max_length": _("Dit e-mailadres is te lang."),
        },
    )
    loop_mee = forms.BooleanField(required=False)
    geleend = forms.BooleanField(required=False)
    voor = forms.ChoiceField(
        required=False, choices=[("mij", ""), ("ander", "")], error_messages={"invalid_choice": _("Kies voor wie de stoel is.")}
    )
    teken = forms.RegexField(
        r"^[A-Za-z0-9_-]{16,32}$",
        required=False,
        error_messages={"invalid": _("Dit formulier was al verstuurd, of het is te oud. Kijk het nog eens na en druk opnieuw op de knop.")},
    )
    webadres = forms.CharField(required=False)  # nobody sees it: a machine that fills in everything fills in this too
    vrij = forms.CharField(required=False)  # "1" when the visitor saw a free chair

    def __init__(self, *args, occurrence: Occurrence, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # Where whoever receives keeps all names to themselves, the form promises so: it holds when they change their mind.
        self.name_visibility = NameVisibility.HOST if occurrence.names == Names.HOST else NameVisibility.TABLE
        if not occurrence.asks_perspective:
            self.fields["perspectief"].required = False

    def clean_webadres(self) -> str:
        if self.cleaned_data["webadres"]:  # some browsers fill in what they find: whoever that happens to can go on
            raise ValidationError(_("Er was een vak ingevuld dat je niet ziet. Het is nu weer leeg. Druk nog eens op de knop."))
        return ""

    def as_seats(self) -> dict:
        """The arguments of ``seats.take``, in its words."""
        data = self.cleaned_data
        return {
            "perspective": data["perspectief"] or Perspective.RESIDENT,
            "party": data["aantal"] or 1,
            "name": data["naam"],
            "name_visibility": data["zichtbaar"] or self.name_visibility,
            "email": data["email"],
            "message": data["bericht"],
            "walks_along": data["loop_mee"],
            "form_token": data["teken"],
        }

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(18)

    @staticmethod
    def address_of(sign_up: SignUp) -> str:
        """Where mail about a sign-up goes; empty for nowhere."""
        return sign_up.email or (sign_up.keyring.email if sign_up.keyring else "")

    @staticmethod
    def of(sign_up: SignUp) -> dict:
        """What the form shows of a sign-up that is there."""
        return {
            "perspectief": sign_up.perspective,
            "naam": sign_up.name,
            "zichtbaar": sign_up.name_visibility,
            "aantal": sign_up.party,
            "bericht": sign_up.message,
            "email": ChairForm.address_of(sign_up),
            "loop_mee": sign_up.walks_along,
        }


class LostLinkForm(forms.Form):
    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": _("Vul het e-mailadres in dat je gaf."),
            "invalid": _("Dit lijkt geen e-mailadres. Kijk het nog eens na."),
        },
    )
