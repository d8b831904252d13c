"""A service without keys trusts this machine, but not the pages that a browser shows on it."""

import ipaddress
import re
from collections.abc import Collection

from fastapi import Request

from api.errors import CrossSite

_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::\d*)?")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_site(request: Request, origins: Collection[str]) -> None:
    """Refuse requests that a page of another site sends from the user's browser.

    A browser names the page's origin on every POST (Fetch standard, 3.1). A page whose host name
    was made to lead to this machine (DNS rebinding) gives itself away by that name in Host.

    Raises:
        CrossSite: the origin is neither this host nor one of ``origins``; or Host is a name, not
            an address or localhost.
    """
    host = request.headers.get("host", "").lower()
    if server_address(request) and not _is_local(host):
        raise CrossSite
    origin = request.headers.get("origin", "").lower()
    if origin and not {origin, "*"} & set(origins) and origin.partition("//")[2] != host:
        raise CrossSite


def server_address(request: Request) -> Address | None:
    """The address that the request came to; None for a Unix socket, or no server at all."""
    return _address((request.scope.get("server") or ("",))[0])


def _is_local(host: str) -> bool:
    found = _HOST.fullmatch(host)
    name = (found[1] or found[2] or "localhost") if found else host
    return name == "localhost" or _address(name) is not None


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
