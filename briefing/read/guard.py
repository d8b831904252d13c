"""Which URLs may be fetched on behalf of strangers: those of the public internet, and no other.

A name is resolved once, its addresses are checked, and the connection is made to a checked one, so
that a name cannot lead elsewhere between check and use (DNS rebinding). Each redirect is a request
of its own and goes the same way.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from briefing.errors import FetchRefused

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port -> IP addresses. Raises OSError where there are none."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_ADDRESSES = 4
"""Addresses of one name that are tried."""

# IANA's special-purpose registries (RFC 6890) as of 2024, and the metadata services of clouds;
# `ipaddress.is_global` is older than some of them.
_REFUSED_4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's, in public address space
    )
)
# Whatever is not global unicast (loopback, unique local, link-local, site-local, multicast,
# IPv4-mapped and -compatible, NAT64) is outside of it; within it, these are refused: protocol
# assignments with Teredo, documentation, 6to4.
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""Upper halves of an interface identifier whose lower half is an IPv4 address (RFC 5214)."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and holds no other address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _REFUSED_4)
    if found.scope_id or found not in _GLOBAL_6 or any(found in each for each in _REFUSED_6):
        return False
    return (int(found) >> 32) & 0xFFFFFFFF not in _ISATAP


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host``, by the system's resolver. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets a fetch reach public addresses alone, on ``ports`` alone.

    ``tls`` replaces the certificates that are trusted; ``resolve`` and ``allows`` are what tests
    replace beside it.
    """

    ports: frozenset[int] = frozenset({80, 443})
    resolve: Resolver = resolve
    allows: Callable[[str], bool] = is_public
    tls: ssl.SSLContext | None = None

    def check(self, url: str) -> None:
        """Refuse a URL by what it says, before anything is looked up. Raises `FetchRefused`."""
        parsed = httpx.URL(url)
        if parsed.userinfo:
            raise FetchRefused("The URL has a user name or password in it. Leave them out.")
        if _port(parsed) not in self.ports:
            allowed = " or ".join(map(str, sorted(self.ports)))
            raise FetchRefused(f"The URL names port {_port(parsed)}; only {allowed} may be read.")

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses that ``host`` may be reached at, of which all must be allowed.

        Raises:
            FetchRefused: one is not. OSError: there are none.
        """
        found = list(dict.fromkeys(await self.resolve(host, port)))
        if not all(map(self.allows, found)):
            raise FetchRefused(
                f"{host[:200]} is not on the public internet. Give the address of a public page, "
                "or send the article itself."
            )
        return found[:MOST_ADDRESSES]

    def transport(self) -> httpx.AsyncBaseTransport:
        """What an httpx client reaches guarded addresses through, without any proxy."""
        return _Pinned(self)


class _Pinned(httpx.AsyncBaseTransport):
    """Connects to checked addresses. Host header, TLS server name and certificate are the URL's."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # A kept connection is known by its address, and would serve another name at the same one
        # under the first one's certificate.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(
            verify=guard.tls or True, trust_env=False, limits=limits
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address that takes the connection."""
        self._guard.check(str(request.url))
        host = request.url.raw_host.decode("ascii")
        failed: httpx.TransportError = httpx.ConnectError(f"{host} has no address")
        for address in await self._addresses(host, _port(request.url)):
            try:
                return await self._inner.handle_async_request(_to(request, address, host))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return await self._guard.addresses(host, port)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error


def _to(request: httpx.Request, address: str, host: str) -> httpx.Request:
    """The same request to one address of its host."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
