"""Clients that guess keys, and for how long they are not listened to."""

import ipaddress
import math
import time
from collections.abc import Callable

from cachetools import TLRUCache

from api.errors import LockedOut

TRIES = 10
"""Wrong keys before a client is locked out."""
SECONDS = 300
"""Since its last wrong key, until it is forgotten."""
MOST = 10_000
"""Clients that are remembered; beyond, those whose last wrong key is longest ago are forgotten."""


class Lockout:
    """Counts wrong keys by client; an IPv6 client is a network of 64 bits (RFC 6177).

    No key can be guessed in any number of tries. This keeps those that try, and their noise, from
    costing anything.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: TLRUCache[str, tuple[int, float]] = TLRUCache(
            MOST, ttu=lambda _client, _value, now: now + SECONDS, timer=clock
        )

    def check(self, address: str) -> None:
        """Raise LockedOut where the client had its tries."""
        count, at = self._wrong.get(_client(address), (0, 0.0))
        if count >= TRIES:
            raise LockedOut(max(1, math.ceil(at + SECONDS - self._clock())))

    def wrong(self, address: str) -> None:
        """Count a wrong key."""
        client = _client(address)
        count, _ = self._wrong.get(client, (0, 0.0))
        self._wrong[client] = (count + 1, self._clock())


def _client(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False).network_address)
