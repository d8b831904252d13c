"""Authentication by API key: scopes, rate limits, lockout, cross-site checks.

A service without keys trusts the local machine, but not web pages open in its browsers. Routes
authenticate before anything else, so that requests without a key learn nothing.
"""

import ipaddress
import logging
import math
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from cachetools import TLRUCache
from fastapi import Request

from briefing.api.keys import Key, KeyFile, Usage
from briefing.api.metrics import Observer
from briefing.api.problems import RequestError, status_of
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError
from briefing.options import KeyScope

_log = logging.getLogger(__name__)
TRIES = 10
"""Wrong keys after which a client is locked out."""
LOCKOUT_SECONDS = 300
"""From a client's last wrong key until its lockout ends."""
MOST_GUESSERS = 10_000
"""Clients that are tracked; beyond, the one with the oldest wrong key is dropped."""


class KeyMissing(RequestError):
    """The service requires an API key, and the request has none."""

    code = "key-missing"

    def __init__(self) -> None:
        super().__init__(
            "An API key is required. Send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
            "the operator creates keys with `briefing keys add`.",
            {"WWW-Authenticate": 'Bearer realm="briefing"'},
            "An API key is required. Enter it in the form; ask the service's operator for one.",
        )


class KeyWrong(RequestError):
    """The API key is unknown or revoked; the response does not say which."""

    code = "key-wrong"

    def __init__(self) -> None:
        super().__init__(
            "The API key is not valid. Check that it is complete, or ask the service's operator "
            "for a new one.",
            {"WWW-Authenticate": 'Bearer realm="briefing", error="invalid_token"'},
        )


class KeyExpired(RequestError):
    """The API key's time is over."""

    code = "key-expired"

    def __init__(self, name: str, at: str) -> None:
        super().__init__(
            f"The API key '{name}' expired at {at}. Ask the service's operator for a new one.",
            {"WWW-Authenticate": 'Bearer realm="briefing", error="invalid_token"'},
        )


class QuotaExceeded(RequestError):
    """The API key's articles of the day are used up, or fewer are left than a request holds."""

    code = "quota-exceeded"

    def __init__(self, most: int, left: int, asked: int, seconds: int) -> None:
        fault = (
            f"The API key has {left:,} of its {most:,} articles of today left, and the request "
            f"holds {asked:,}. Send fewer, or retry"
            if left
            else f"The API key has used its {most:,} articles of today. Retry"
        )
        super().__init__(
            f"{fault} after {seconds} seconds, at midnight UTC, or ask the service's operator for "
            "more.",
            {"Retry-After": str(seconds)},
        )


class ScopeMissing(RequestError):
    """The API key lacks the required scope."""

    code = "scope-missing"

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(
            f"The API key '{name}' lacks the scope '{scope}'. Ask the service's operator for a "
            "key with it.",
            {
                "WWW-Authenticate": f'Bearer realm="briefing", error="insufficient_scope", '
                f'scope="{scope}"'
            },
        )


class CrossSite(RequestError):
    """A browser sent the request for a page of another site."""

    code = "cross-site"

    def __init__(self) -> None:
        super().__init__(
            "Cross-site request refused. Without API keys the service accepts requests from this "
            "machine only, by address or as localhost. The operator can add API keys, or allow "
            "the site in `cors_origins`.",
            on_page="This page works only on the machine that it runs on, as localhost or by "
            "address. Open it there, or ask the service's operator to add API keys.",
        )


class LockedOut(RequestError):
    """The client's address sent too many invalid API keys."""

    code = "locked-out"

    def __init__(self, seconds: int) -> None:
        detail = f"Too many invalid API keys from your address. Retry after {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds)})


class RateLimited(RequestError):
    """The API key's rate limit is exceeded."""

    code = "rate-limited"

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        detail = f"Rate limit of the API key exceeded. Retry after {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds), **headers})


class TooManyAtOnce(RequestError):
    """The API key's concurrency limit is exceeded."""

    code = "too-many-at-once"

    def __init__(self, most: int) -> None:
        detail = f"The API key has {most} requests in progress, its limit. Wait for one to end."
        super().__init__(detail, {"Retry-After": "1"})


class Lockout:
    """Slows clients that send wrong keys; IPv6 clients are counted by /64 (RFC 6177).

    Keys are too long to be guessed; this limits the log noise of those who try. Right keys are
    never refused: clients may share an address, and one must not lock out the others.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: TLRUCache[str, tuple[int, float]] = TLRUCache(
            MOST_GUESSERS, ttu=lambda _client, _value, now: now + LOCKOUT_SECONDS, timer=clock
        )

    def check(self, address: str) -> None:
        """Raise LockedOut if the client has sent too many wrong keys."""
        count, at = self._wrong.get(_client(address), (0, 0.0))
        if count >= TRIES:
            raise LockedOut(max(1, math.ceil(at + LOCKOUT_SECONDS - self._clock())))

    def wrong(self, address: str) -> None:
        """Count a wrong key."""
        client = _client(address)
        count, _ = self._wrong.get(client, (0, 0.0))
        self._wrong[client] = (count + 1, self._clock())


def _client(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)


_WINDOW = 60
"""Seconds of the rate limit's window; the bucket holds one window's tokens."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits: ``rate`` in articles per minute, ``concurrency`` in requests; 0 means no limit."""

    rate: float
    concurrency: int


class Quota:
    """A key's token bucket (one token per article) and its requests in progress.

    A request needs one token to start. A batch may overdraw the bucket, so that it can exceed the
    bucket's size; later requests then wait until the debt is repaid.
    """

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowance = allowance
        self._clock = clock
        self._tokens = self._capacity
        self._at = clock()
        self._running = 0

    @contextmanager
    def request(self, articles: int = 1) -> Iterator[None]:
        """Count a request with one article, or none, while the context lasts.

        Raises:
            RateLimited, TooManyAtOnce: a limit is exceeded.
        """
        if self.allowance.concurrency and self._running >= self.allowance.concurrency:
            raise TooManyAtOnce(self.allowance.concurrency)
        if articles and self.allowance.rate and self._left() < 1:
            raise RateLimited(self._seconds_until(1), self.headers())
        self.take(articles)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def take(self, articles: int) -> None:
        """Take the tokens of ``articles`` more articles."""
        if self.allowance.rate:
            self._tokens = self._left() - articles

    def headers(self) -> dict[str, str]:
        """Return RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        if not self.allowance.rate:
            return {}
        left = max(0, math.floor(self._left()))
        full = self._seconds_until(self._capacity)
        return {
            "RateLimit-Policy": f'"key";q={math.floor(self._capacity)};w={_WINDOW}',
            "RateLimit": f'"key";r={left};t={full}',
        }

    @property
    def _capacity(self) -> float:
        return max(1.0, self.allowance.rate)

    def _left(self) -> float:
        """Refill the bucket and return its tokens; negative if overdrawn."""
        now = self._clock()
        refill = (now - self._at) * self.allowance.rate / _WINDOW
        self._tokens, self._at = min(self._capacity, self._tokens + refill), now
        return self._tokens

    def _seconds_until(self, tokens: float) -> int:
        return max(0, math.ceil((tokens - self._left()) * _WINDOW / self.allowance.rate))


_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::\d*)?")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_site(request: Request, origins: Collection[str]) -> None:
    """Refuse requests that a browser sends for pages of other sites (CSRF, DNS rebinding).

    Browsers send Origin with every POST (Fetch standard, 3.1). A page that uses DNS rebinding
    sends its own host name in Host.

    Raises:
        CrossSite: Origin is neither this host nor one of ``origins``, or Host is neither an
            address nor localhost.
    """
    host = request.headers.get("host", "").lower()
    if server_address(request) and not _is_local(host):
        raise CrossSite
    origin = request.headers.get("origin", "").lower()
    if origin and not {origin, "*"} & set(origins) and origin.partition("//")[2] != host:
        raise CrossSite


def server_address(request: Request) -> _Address | None:
    """Return the address the request came to; None for a Unix socket or without a server."""
    return _address((request.scope.get("server") or ("",))[0])


def _is_local(host: str) -> bool:
    match = _HOST.fullmatch(host)
    name = (match[1] or match[2] or "localhost") if match else host
    return name == "localhost" or _address(name) is not None


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


_HEADER = "X-API-Key"
"""Alternative to ``Authorization: Bearer``."""
_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated client; the quotas are None without keys.

    Its ``id`` scopes jobs and idempotency keys: the name of a revoked key may be given to another.
    """

    id: str
    quota: Quota | None = None
    day: "DayQuota | None" = None

    def count(self, articles: int) -> None:
        """Count the articles of a request that was read; the rate has counted one of them already.

        Raises:
            QuotaExceeded: fewer are left of the day; none is counted.
        """
        if self.day:
            self.day.take(articles)
        if self.quota and articles > 1:
            self.quota.take(articles - 1)

    @contextmanager
    def counted(self, articles: int) -> Iterator[None]:
        """Count articles, which the day gets back if the context ends in an error: they are
        refused, or the service failed.

        Raises:
            QuotaExceeded: fewer are left of the day; none is counted.
        """
        self.count(articles)
        try:
            yield
        except Exception as error:
            given_up = isinstance(error, BriefingError) and status_of(error) in _WORKED
            if self.day and not given_up:
                self.day.give_back(articles)
            raise


_WORKED = (499, 504)
"""Statuses of requests that were given up while the service worked on them."""


@dataclass(frozen=True, slots=True)
class DayQuota:
    """A key's articles of a day (UTC), which all workers count together."""

    usage: Usage
    key: Key

    def check(self) -> None:
        """Raise QuotaExceeded if no article is left."""
        if self.key.daily is not None and self.usage.articles(self.key.id) >= self.key.daily:
            raise QuotaExceeded(self.key.daily, 0, 1, _seconds_of_day_left())

    def take(self, articles: int) -> None:
        """Count articles. Raises QuotaExceeded if fewer are left; none is counted then."""
        most = self.key.daily
        if most is None:
            self.usage.add(self.key.id, articles)
        elif not self.usage.add(self.key.id, articles, most):
            left = max(0, most - self.usage.articles(self.key.id))
            raise QuotaExceeded(most, left, articles, _seconds_of_day_left())

    def give_back(self, articles: int) -> None:
        """Count articles no more."""
        self.usage.add(self.key.id, -articles)


class Gate:
    """Authenticates requests once there are keys, and always on public addresses.

    Once there were keys, they are required: neither revoking the last one nor losing the file opens
    the service, here or in the next process.
    """

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self.keys = KeyFile(settings.keys_file, settings.keys_mark)
        self.usage = Usage(settings.usage_file)
        self._settings = settings
        self._observer = observer
        self._lockout = Lockout()
        self._quotas: dict[str, Quota] = {}
        self._had_keys = False
        with suppress(ConfigError):  # requests are told of it
            if self.asks and self.keys.lost:
                _log.warning("%s", self.keys.lost)

    @property
    def asks(self) -> bool:
        """Whether there are or were keys.

        Raises:
            ConfigError: the key file cannot be used.
        """
        self._had_keys = self._had_keys or self.keys.in_use()
        return self._had_keys

    def needs_key(self, request: Request) -> bool:
        """Whether the request requires an API key."""
        return self.asks or (not self._settings.without_keys and _public(request))

    @contextmanager
    def admit(self, request: Request, scopes: Sequence[str]) -> Iterator[Caller]:
        """Authenticate the request, require ``scopes``, and count it while the context lasts.

        Raises:
            KeyMissing, KeyWrong, KeyExpired, LockedOut, ScopeMissing, CrossSite: access is denied.
            RateLimited, QuotaExceeded, TooManyAtOnce: a limit is exceeded.
        """
        if not self.needs_key(request):
            if not self._settings.without_keys:
                check_site(request, self._settings.cors_origins)
            yield Caller(_LOCAL)
            return
        key, in_url = self._key(request, scopes)
        for scope in scopes:
            if not _may(key, scope, in_url):
                raise ScopeMissing(key.name, KeyScope.FEED if in_url else scope)
        paid = request.method == "POST" and {KeyScope.BRIEF, KeyScope.CHECK} & set(scopes)
        day, quota = DayQuota(self.usage, key), self._quota(key)
        if paid:
            day.check()
        with quota.request(int(bool(paid))):
            self.usage.add(key.id, 0)
            yield Caller(key.id, quota, day)

    def _key(self, request: Request, scopes: Sequence[str]) -> tuple[Key, bool]:
        """Return the key of a request, and whether it came in the URL."""
        secret = _secret(request)
        in_url = not secret and KeyScope.DIGEST in scopes
        if in_url:
            secret = request.query_params.get("token", "")
        if not secret:
            raise KeyMissing
        key = self.keys.find(secret)
        if not key:
            client = request.client.host if request.client else ""
            self._refuse(client)
        request.state.key = key.name
        if key.expired:
            raise KeyExpired(key.name, str(key.expires))
        return key, in_url

    def _refuse(self, client: str) -> NoReturn:
        """Count a wrong key. Raises LockedOut or KeyWrong."""
        try:
            self._lockout.check(client)
        except LockedOut:
            self._observer.wrong_key(locked_out=True)
            raise
        self._observer.wrong_key(locked_out=False)
        self._lockout.wrong(client)
        raise KeyWrong

    def _quota(self, key: Key) -> Quota:
        allowance = Allowance(
            self._settings.key_rate if key.rate is None else key.rate,
            self._settings.key_concurrency if key.concurrency is None else key.concurrency,
        )
        quota = self._quotas.get(key.id)
        if not quota:
            quota = self._quotas[key.id] = Quota(allowance)
        return quota


def _may(key: Key, scope: str, in_url: bool) -> bool:
    """Whether a key has a scope. URLs end up in logs and histories: those of feeds alone may hold
    keys, which can do nothing else.
    """
    if scope == KeyScope.DIGEST and KeyScope.FEED in key.scopes:
        return True
    return scope in key.scopes and not in_url


def _seconds_of_day_left() -> int:
    now = datetime.now(UTC)
    end = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return math.ceil((end - now).total_seconds())


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return request.headers.get(_HEADER, "").strip()


_FORWARDED = re.compile(r"forwarded|via|x-real-ip|x-forwarded-.+|cf-connecting-ip|true-client-ip")
"""Headers that proxies add (RFC 7239; RFC 9110, 7.6.3; and those in common use)."""


def _public(request: Request) -> bool:
    """Whether other machines can send such requests: it came to an address that they can reach, or
    through a proxy, which may serve anybody.
    """
    address = server_address(request)
    if address is not None and not address.is_loopback:
        return True
    return any(_FORWARDED.fullmatch(name) for name in request.headers)
