"""Who gets in: the key of a request, what it allows, and how much of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request

from api.errors import KeyMissing, KeyWrong, ScopeMissing
from api.keys import Key, KeyFile
from api.lockout import Lockout
from api.quota import Allowance, Quota
from api.site import check_site, server_address
from briefing.config import Settings

HEADER = "X-API-Key"
"""Takes a key, as ``Authorization: Bearer`` does."""
_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; idempotency keys are theirs alone. Without keys there is no ``quota``."""

    name: str
    quota: Quota | None = None

    def count(self, articles: int) -> None:
        """A request turned out to hold so many articles, not one."""
        if self.quota and articles > 1:
            self.quota.take(articles - 1)


class Gate:
    """Asks for keys once there are any, and on every address that others can reach.

    Keys that have been there are asked for until the process ends: revoking the last one, or
    losing the file, lets nobody in.
    """

    def __init__(self, settings: Settings) -> None:
        self.keys = KeyFile(settings.keys_file)
        self._settings = settings
        self._lockout = Lockout()
        self._quotas: dict[str, Quota] = {}
        self._asks = False

    @property
    def asks(self) -> bool:
        """Whether there are keys, or have been.

        Raises:
            ConfigError: the file of keys cannot be used.
        """
        self._asks = self._asks or bool(self.keys.all())
        return self._asks

    def needs_key(self, request: Request) -> bool:
        """Whether a request like this one is let in with a key only."""
        return self.asks or not self._is_open(request)

    @contextmanager
    def admit(self, request: Request, scopes: list[str]) -> Iterator[Caller]:
        """A caller who may use ``scopes``, for as long as the request lasts.

        Raises:
            KeyMissing, KeyWrong, LockedOut, ScopeMissing, CrossSite: it may not.
            RateLimited, TooManyAtOnce: not now.
        """
        if not self.needs_key(request):
            if not self._settings.without_keys:
                check_site(request, self._settings.cors_origins)
            yield Caller(_LOCAL)
            return
        key = self._key(request)
        for scope in scopes:
            if scope not in key.scopes:
                raise ScopeMissing(key.name, scope)
        quota = self._quota(key)
        with quota.request():
            yield Caller(key.name, quota)

    def _is_open(self, request: Request) -> bool:
        return self._settings.without_keys or not _public(request)

    def _key(self, request: Request) -> Key:
        secret = _secret(request)
        if not secret:
            raise KeyMissing
        client = request.client.host if request.client else ""
        self._lockout.check(client)
        key = self.keys.find(secret)
        if not key:
            self._lockout.wrong(client)
            raise KeyWrong
        return key

    def _quota(self, key: Key) -> Quota:
        allowance = Allowance(
            self._settings.key_rate if key.rate is None else key.rate,
            self._settings.key_concurrency if key.concurrency is None else key.concurrency,
        )
        quota = self._quotas.get(key.id)
        if not quota:
            quota = self._quotas[key.id] = Quota(allowance)
        return quota


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return request.headers.get(HEADER, "").strip()


def _public(request: Request) -> bool:
    """Whether the address that the request came to can be reached from elsewhere."""
    address = server_address(request)
    return address is not None and not address.is_loopback
