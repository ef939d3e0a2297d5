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
CONFIRMATIONS = 10  # a day to one address


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
        ip = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return "?"
    if ip.version == 6 and ip.ipv4_mapped:  # ::ffff:192.0.2.1, as a server that listens to both writes IPv4
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def _without_port(address: str) -> str:
    """``192.0.2.1`` of ``192.0.2.1:51000``, ``2001:db8::1`` of ``[2001:db8::1]:51000``: some proxies add the port."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


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


def may_confirm(address: str) -> bool:
    """Whether one more chair may be confirmed by mail to this address today: anybody can type anybody's. Counts it."""
    return _times(f"mail:{address.lower()}", "confirmation", hours=24) <= CONFIRMATIONS


def _key(who: str, what: str, *, hours: int = 1) -> str:
    window = timezone.now().strftime("%Y%m%d%H" if hours == 1 else "%Y%m%d")
    return "rate:" + hashlib.sha256(f"{settings.SECRET_KEY}{what}{who}{window}".encode()).hexdigest()[:32]


def _times(who: str, what: str, *, hours: int = 1) -> int:
    """How often this happened in the present hour (or day, for 24), this time counted."""
    key = _key(who, what, hours=hours)
    cache.add(key, 0, timeout=hours * 3600)
    try:
        return int(cache.incr(key))
    except ValueError:  # evicted between the two: it counts anew
        return 1
