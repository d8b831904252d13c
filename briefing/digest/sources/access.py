"""Which addresses the sources of a digest may be at."""

import ipaddress

from briefing.digest.settings import FetchTable
from briefing.read.guard import Guard, is_public


def guard_for(settings: FetchTable) -> Guard:
    """The service's address guard, as the settings open it."""
    ports = frozenset(settings.ports)
    return Guard(ports=ports, allows=is_near if settings.private else is_public)


def is_near(address: str) -> bool:
    """Whether an address is public, private or loopback; link-local ones, where the metadata of
    cloud machines is served, are never meant.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    private = found.is_private and not (found.is_link_local or found.is_unspecified)
    return is_public(address) or (private and not found.is_multicast)
