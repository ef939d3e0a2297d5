"""How many sockets this process holds, in all and by network, so that nobody takes what all need.

A Huis van de Wijk or a block of flats shares one address, so the limit by network is wide. Both come from the environment
(SOCKETS_NETWORK, SOCKETS_PROCESS; 0 is no limit). A page without a socket asks every fifteen seconds, so it follows as well.
"""

from __future__ import annotations

from collections import Counter

from django.conf import settings


class Crowd:
    def __init__(self) -> None:
        self.by_network: Counter[str] = Counter()
        self.total = 0

    def enter(self, network: str) -> bool:
        """Count one more, if there is room; whoever came in leaves again."""
        most = settings.SOCKETS_NETWORK, settings.SOCKETS_PROCESS
        if any(limit and number >= limit for number, limit in zip((self.by_network[network], self.total), most, strict=True)):
            return False
        self.by_network[network] += 1
        self.total += 1
        return True

    def leave(self, network: str) -> None:
        self.total -= 1
        self.by_network[network] -= 1
        if not self.by_network[network]:
            del self.by_network[network]


crowd = Crowd()
