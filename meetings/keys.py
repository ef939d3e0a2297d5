"""Keys: the secret links of people without an account.

A key is 26 characters of 5 random bits each (130 bits), written in groups of four so that it can be copied by hand:
``k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r5``. Case does not count, nor do hyphens, spaces and other marks, and letters that look like a
digit are read as that digit (Crockford's base 32). Only the SHA-256 of the bare characters is stored: with so much randomness there is
nothing to guess, so a slow hash would only slow us. Comparing is an index look-up on the hash, which tells nothing
about how much of a key was right.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language

from .models import Key, Keyring, Meeting
from .models.keyring import UNUSED

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
MAX_TYPED = 100  # characters of a key with everything that somebody may type around and between them
BORROWED_COOKIE = "geleend"
NOT_SHOWN, SHOWN = "nieuw", "gezien"  # what it says: whether the borrowed device showed the link already, which it does once
REMEMBER = 396 * 24 * 3600  # seconds that a device keeps its keyring
_LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})


def normalise(raw: str) -> str:
    """The bare characters of a key, as somebody typed it from paper."""
    return "".join(c for c in raw.lower() if c.isalnum()).translate(_LOOK_ALIKE)


def canonical(raw: str) -> str:
    """A key as we write it: in small letters and groups of four."""
    bare = normalise(raw)
    return "-".join(bare[i : i + 4] for i in range(0, len(bare), 4))


def hash_of(raw: str) -> str:
    return hashlib.sha256(normalise(raw).encode()).hexdigest()


def looks_like_key(raw: str) -> bool:
    if len(raw) > MAX_TYPED:
        return False
    bare = normalise(raw)
    return len(bare) == LENGTH and all(c in ALPHABET for c in bare)


def mint(
    scope: str,
    *,
    keyring: Keyring | None = None,
    meeting: Meeting | None = None,
    label: str | Promise = "",
    expires_at: datetime | None = None,
) -> str:
    """Make a key and return it, once: it can never be read back. Its label is kept in the language of the keyring."""
    bare = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with translation.override(keyring.language if keyring else get_language()):
        text = str(label)[:80]
    Key.objects.create(scope=scope, keyring=keyring, meeting=meeting, label=text, expires_at=expires_at, hash=hash_of(bare))
    return canonical(bare)


def works(now: datetime) -> Q:
    """Neither revoked, nor at its end, nor unused for thirteen months."""
    in_use = Q(last_used_on__gte=(now - UNUSED).date()) | Q(last_used_on=None, created_at__gte=now - UNUSED)
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)) & in_use


def resolve(raw: str, scope: str, *, now: datetime | None = None) -> Key | None:
    """The key behind a secret link, or None when it is unknown, revoked, ended or of another scope."""
    if not looks_like_key(raw):
        return None
    now = now or timezone.now()
    key = Key.objects.select_related("keyring", "meeting").filter(works(now), hash=hash_of(raw), scope=scope).first()
    if key is not None:
        _touch(key, now.date())
    return key


def links_of(keyring: Keyring, *, now: datetime) -> list[Key]:
    """The secret links that open a keyring at ``now``, the newest first."""
    return list(keyring.keys.filter(works(now), scope=Key.Scope.KEYRING).order_by("-created_at", "-id"))


def _touch(key: Key, today: date) -> None:
    """Note that a key is in use: at most one write a day, for reading must stay cheap."""
    if key.last_used_on != today:
        Key.objects.filter(pk=key.pk).update(last_used_on=today)
        key.last_used_on = today


def revoke_all(keyring: Keyring, *, now: datetime) -> None:
    """End every link of a keyring: the first half of renewing it."""
    keyring.keys.filter(revoked_at=None).update(revoked_at=now)


def revoke(keyring: Keyring, key_id: int, *, now: datetime) -> bool:
    """End one link of a keyring, at once. False when it has no such link; one that ended before stays as it was."""
    link = keyring.keys.filter(pk=key_id, scope=Key.Scope.KEYRING)
    return link.filter(revoked_at=None).update(revoked_at=now) == 1 or link.exists()


def keyring_of_cookie(value: str) -> Keyring | None:
    """The keyring that a device remembers. The cookie holds an ordinary key, so a link that is ended ends here too."""
    key = resolve(value, Key.Scope.KEYRING) if value else None
    return key.keyring if key else None


class Device:
    """The device that a request comes from, as its cookies tell. The database is asked whose it is when somebody asks, once."""

    def __init__(self, request: HttpRequest) -> None:
        cookie = request.COOKIES.get(settings.KEYRING_COOKIE, "")
        self.raw = canonical(cookie) if looks_like_key(cookie) else ""  # as links write it, whatever the device kept
        self.borrowed = request.COOKIES.get(BORROWED_COOKIE, "")  # NOT_SHOWN or SHOWN; empty on one's own

    @cached_property
    def key(self) -> Key | None:
        return resolve(self.raw, Key.Scope.KEYRING) if self.raw else None

    @property
    def keyring(self) -> Keyring | None:
        return self.key.keyring if self.key else None


def new_keyring() -> Keyring:
    return Keyring.objects.create(language=get_language() or settings.LANGUAGE_CODE)


def remember(response: HttpResponse, raw: str, *, is_own: bool) -> None:
    """Let the device keep ``raw``. A borrowed one keeps it until the browser closes, and shows the link one time more."""
    response.set_cookie(
        settings.KEYRING_COOKIE,
        raw,
        max_age=REMEMBER if is_own else None,
        path="/",
        secure=settings.TLS,
        httponly=True,
        samesite="Lax",
    )
    if is_own:
        response.delete_cookie(BORROWED_COOKIE)
    else:
        lend(response, NOT_SHOWN)


def lend(response: HttpResponse, state: str) -> None:
    """Note, until the browser closes, that this device is borrowed: NOT_SHOWN or SHOWN."""
    response.set_cookie(BORROWED_COOKIE, state, path="/", secure=settings.TLS, httponly=True, samesite="Lax")


def forget(response: HttpResponse) -> None:
    response.delete_cookie(BORROWED_COOKIE)
    response.set_cookie(settings.KEYRING_COOKIE, "", max_age=0, path="/", secure=settings.TLS, httponly=True, samesite="Lax")
