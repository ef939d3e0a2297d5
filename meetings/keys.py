"""Keys: the secret links of people without an account.

A key is 26 characters of 5 random bits each (130 bits), written in groups of four so that it can be copied by hand:
``k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5``. Case and hyphens do not count, and letters that look like a digit are read as
that digit (Crockford's base 32). Only the SHA-256 of the bare characters is stored: with so much randomness there is
nothing to guess, so a slow hash would only slow us. Comparing is an index look-up on the hash, which tells nothing
about how much of a key was right.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from .models import Key, Keyring, Meeting

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
UNUSED = timedelta(days=396)  # a key that nobody used for thirteen months ends
BORROWED_COOKIE = "geleend"
REMEMBER = 396 * 24 * 3600  # seconds that a device keeps its keyring
_LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v", "-": "", " ": ""})


def normalise(raw: str) -> str:
    return raw.strip().lower().translate(_LOOK_ALIKE)


def hash_of(raw: str) -> str:
    return hashlib.sha256(normalise(raw).encode()).hexdigest()


def looks_like_key(raw: str) -> bool:
    bare = normalise(raw[:60])
    return len(bare) == LENGTH and all(c in ALPHABET for c in bare)


def mint(
    scope: str, *, keyring: Keyring | None = None, meeting: Meeting | None = None, label: str = "", expires_at: datetime | None = None
) -> str:
    """Make a key and return it, once: it can never be read back."""
    bare = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    Key.objects.create(scope=scope, keyring=keyring, meeting=meeting, label=label, expires_at=expires_at, hash=hash_of(bare))
    return "-".join(bare[i : i + 4] for i in range(0, LENGTH, 4))


def resolve(raw: str, scope: str, *, now: datetime | None = None) -> Key | None:
    """The key behind a secret link, or None when it is unknown, revoked, ended or of another scope."""
    if not looks_like_key(raw):
        return None
    now = now or timezone.now()
    key = (
        Key.objects.select_related("keyring", "meeting")
        .filter(hash=hash_of(raw), scope=scope, revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if key is None or (key.last_used_on or key.created_at.date()) < (now - UNUSED).date():
        return None
    _touch(key, now.date())
    return key


def _touch(key: Key, today: date) -> None:
    """Note that a key is in use: at most one write a day, for reading must stay cheap."""
    if key.last_used_on != today:
        Key.objects.filter(pk=key.pk).update(last_used_on=today)
        key.last_used_on = today


def revoke_all(keyring: Keyring, *, now: datetime) -> None:
    """End every link of a keyring: the first half of renewing it."""
    keyring.keys.filter(revoked_at=None).update(revoked_at=now)


def keyring_of_cookie(value: str) -> Keyring | None:
    """The keyring that a device remembers. The cookie holds an ordinary key, so a link that is ended ends here too."""
    key = resolve(value, Key.Scope.KEYRING) if value else None
    return key.keyring if key else None


def keyring_of(request: HttpRequest) -> Keyring | None:
    """The keyring of this device, asked once a request."""
    if not hasattr(request, "_keyring"):
        setattr(request, "_keyring", keyring_of_cookie(request.COOKIES.get(settings.KEYRING_COOKIE, "")))  # noqa: B010  the request has no field for it, and nobody else reads it
    found: Keyring | None = getattr(request, "_keyring")  # noqa: B009
    return found


def new_keyring() -> Keyring:
    return Keyring.objects.create(language=get_language() or settings.LANGUAGE_CODE)


def remember(response: HttpResponse, raw: str, *, this_session_only: bool = False) -> None:
    """Let the device keep ``raw``: until the browser closes on a borrowed one."""
    response.set_cookie(
        settings.KEYRING_COOKIE,
        raw,
        max_age=None if this_session_only else REMEMBER,
        path="/",
        secure=settings.TLS,
        httponly=True,
        samesite="Lax",
    )


def lend(response: HttpResponse, state: str) -> None:
    """Note, until the browser closes, that this device is borrowed: "nieuw" before the link was shown, "gezien" after."""
    response.set_cookie(BORROWED_COOKIE, state, path="/", secure=settings.TLS, httponly=True, samesite="Lax")


def forget(response: HttpResponse) -> None:
    response.delete_cookie(BORROWED_COOKIE)
    response.set_cookie(settings.KEYRING_COOKIE, "", max_age=0, path="/", secure=settings.TLS, httponly=True, samesite="Lax")
