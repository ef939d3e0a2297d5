"""How often one network and one keyring may change something.

A Huis van de Wijk or a block of flats shares one address, so the limit by network is wide and the one by keyring does the
work; both come from the environment (RATE_NETWORK, RATE_KEYRING: requests an hour, 0 is no limit). Counted in the cache, in
windows of an hour, by a hash of the address: no address is kept.
"""

from __future__ import annotations

import hashlib
import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from .models import Keyring

MAILS = 3  # an hour, that somebody else may have sent to an address


def network(request: HttpRequest) -> str:
    """The network of a request: ``network_of`` its address."""
    return network_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def network_of(address: str, forwarded_for: str) -> str:
    """The visitor's network: an IPv4 address, or the /64 that one household has in IPv6; "?" for what is neither.

    Behind ``TRUSTED_PROXY_COUNT`` proxies the address is the one the outermost of them saw (``X-Forwarded-For``).
    """
    if count := settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        forwarded = [part.strip() for part in forwarded_for.split(",") if part.strip()]
        address = forwarded[-count] if len(forwarded) >= count else address
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def is_too_often(request: HttpRequest, keyring: Keyring | None, what: str) -> bool:
    """Count this request, and say whether it is one too many this hour."""
    counted = [(f"net:{network(request)}", settings.RATE_NETWORK)]
    if keyring is not None:
        counted.append((f"ring:{keyring.pk}", settings.RATE_KEYRING))
    over = [_times(who, what) > limit for who, limit in counted if limit]
    return any(over)


def may_mail(keyring: Keyring) -> bool:
    """Whether a keyring may get one more mail that anybody can ask for who knows its address. Counts it."""
    return _times(f"ring:{keyring.pk}", "asked mail") <= MAILS


def _times(who: str, what: str) -> int:
    """How often this happened in the present hour, this time counted."""
    hour = timezone.now().strftime("%Y%m%d%H")
    key = "rate:" + hashlib.sha256(f"{settings.SECRET_KEY}{what}{who}{hour}".encode()).hexdigest()[:32]
    cache.add(key, 0, timeout=3600)
    try:
        return int(cache.incr(key))
    except ValueError:  # evicted between the two: it counts anew
        return 1
