"""Protection against server-side request forgery (SSRF): fetch only from the public internet.

A host name is resolved once, its addresses are checked, and the connection uses a checked address,
so that the name cannot resolve differently between check and use (DNS rebinding). Each redirect is
checked in the same way.
"""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from briefing.errors import FetchRefused

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Resolve a host name and port to IP addresses. Raises OSError if there are none."""
MOST_ADDRESSES = 4
"""Maximum number of addresses to try for a host name."""

# IANA's special-purpose registries (RFC 6890) as of 2024, and cloud metadata services;
# `ipaddress.is_global` lacks some of them.
_REFUSED_4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's metadata service, in public address space
    )
)
# Global unicast excludes loopback, unique local, link-local, site-local, multicast, IPv4-mapped,
# IPv4-compatible and NAT64 addresses. Refused within it: protocol assignments with Teredo,
# documentation, 6to4.
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""Upper halves of an interface identifier whose lower half is an IPv4 address (RFC 5214)."""


def is_public(address: str) -> bool:
    """Whether an IP address is public, and embeds no other address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _REFUSED_4)
    if ip.scope_id or ip not in _GLOBAL_6 or any(ip in network for network in _REFUSED_6):
        return False
    return (int(ip) >> 32) & 0xFFFFFFFF not in _ISATAP


_NEAR_4 = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
_NEAR_6 = tuple(map(ipaddress.IPv6Network, ("::1/128", "fc00::/7")))
_METADATA_6 = tuple(
    map(ipaddress.IPv6Network, ("fd00:c1::/32", "fd00:ec2::/32", "fd20:ce::/32"))
)  # of Oracle, Amazon and Google


def is_near(address: str) -> bool:
    """Whether an IP address is public, private or loopback, and embeds no other address.

    Link-local and other addresses at which clouds serve the metadata of their machines are not.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return is_public(address) or any(ip in network for network in _NEAR_4)
    private = not ip.scope_id and any(ip in network for network in _NEAR_6)
    return is_public(address) or (private and not any(ip in each for each in _METADATA_6))


async def resolve(host: str, port: int) -> list[str]:
    """Resolve ``host`` by the system's resolver. Raises OSError."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in infos]


_contexts: dict[bool, ssl.SSLContext] = {}
_loading = threading.Lock()


def tls_context(*, trust_env: bool) -> ssl.SSLContext:
    """Return the default TLS context; its certificates are loaded once, which takes a while.

    ``trust_env``: variables such as SSL_CERT_FILE may name others.
    """
    with _loading:
        if trust_env not in _contexts:
            _contexts[trust_env] = httpx.create_ssl_context(trust_env=trust_env)
        return _contexts[trust_env]


@dataclass(frozen=True, slots=True)
class Guard:
    """Restricts a fetch to public addresses and to ``ports``.

    ``tls`` replaces the default TLS context; ``resolve`` and ``allows`` can be replaced in tests.
    ``advice`` is what to do about a private address, ``port_advice`` about another port.
    """

    ports: frozenset[int] = frozenset({80, 443})
    resolve: Resolver = resolve
    allows: Callable[[str], bool] = is_public
    tls: ssl.SSLContext | None = None
    advice: str = "Use the URL of a public page, or send the article itself."
    port_advice: str = "Use the URL of a page on one of these."

    def check(self, url: str) -> None:
        """Check the user name and port of a URL, before DNS resolution. Raises `FetchRefused`."""
        parsed = httpx.URL(url)
        if parsed.userinfo:
            raise FetchRefused("The URL has a user name or password in it. Remove them.")
        if _port(parsed) not in self.ports:
            allowed = " or ".join(map(str, sorted(self.ports)))
            raise FetchRefused(
                f"The URL uses port {_port(parsed)}; only {allowed} is allowed. {self.port_advice}"
            )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Resolve ``host`` and check its addresses.

        Raises:
            FetchRefused: an address is not allowed. OSError: there are none.
        """
        addresses = list(dict.fromkeys(await self.resolve(host, port)))
        if not all(map(self.allows, addresses)):
            raise FetchRefused(f"{host[:200]} is not on the public internet. {self.advice}")
        return addresses[:MOST_ADDRESSES]

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return an httpx transport that connects to checked addresses only, without a proxy."""
        return _Pinned(self)


class _Pinned(httpx.AsyncBaseTransport):
    """Connects to checked addresses; Host header, SNI and certificate check use the URL's host."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # The pool's key is the address: a kept-alive connection would be reused for another host
        # at the same address, with the first host's certificate.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(
            verify=guard.tls or tls_context(trust_env=False), trust_env=False, limits=limits
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address that accepts a connection."""
        self._guard.check(str(request.url))
        host = request.url.raw_host.decode("ascii")
        failure: httpx.TransportError = httpx.ConnectError(f"{host} has no address")
        for address in await self._addresses(host, _port(request.url)):
            try:
                return await self._inner.handle_async_request(_to(request, address, host))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close the transport."""
        await self._inner.aclose()

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return await self._guard.addresses(host, port)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error


def _to(request: httpx.Request, address: str, host: str) -> httpx.Request:
    """Return the request, directed to one address of its host."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
