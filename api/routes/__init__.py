"""Routes, one module per resource, and what they all begin with: dependencies and intake of POSTs.

FastAPI's dependencies give the settings, the service and the caller. Routes declare the caller
first: authentication precedes every other check.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import SecurityScopes

from briefing.api.auth import Caller, Gate
from briefing.api.bodies import BodyLimits, Deadline, deadline_of, receive_body
from briefing.api.cache import KeyClaim, idempotency_key
from briefing.api.problems import status_of
from briefing.api.scheduler import Held
from briefing.api.service import Service
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.options import KeyScope

_Order = TypeVar("_Order")


class Intake:
    """A POST request being read: its deadline, body limits and idempotency key."""

    def __init__(
        self, request: Request, service: Service, settings: Settings, caller: Caller, held: Held
    ) -> None:
        # People wait for the page, which shows them each section as it is written.
        patient = request.url.path == "/" or request.url.path.endswith("/batch")
        most = settings.batch_timeout if patient else settings.request_timeout
        self.deadline: Deadline = deadline_of(request, most)
        self._request = request
        self._service = service
        self._settings = settings
        self.caller = caller
        self._held = held
        self._key = idempotency_key(request)
        self._claim: KeyClaim | None = None

    async def order(self, parse: Callable[[bytes], _Order], *, aside: bool = True) -> _Order:
        """Read the body, parse it, and bind the idempotency key to it.

        A large body is parsed ``aside``, in another process, for which ``parse`` must be picklable.

        Raises:
            RequestError: reading, the deadline or the idempotency key failed.
            BriefingError: whatever ``parse`` raises.
        """
        self._service.admission.check()
        limits = BodyLimits(
            self._settings.max_body,
            self._settings.body_timeout,
            self.deadline,
            self._held.add,
        )
        receiving = receive_body(self._request, limits)
        body = await self._service.bodies.until(self.deadline, None, receiving)
        work = self._service.read(partial(parse, body), len(body) if aside else 0)
        order = await self._service.work.until(self.deadline, self._request, work)
        if self._key:
            url, declared = self._request.url, self._request.headers.get("content-type", "")
            parts = (url.path, url.query, "".join(declared.lower().split()))
            self._claim = KeyClaim(
                self._service.results.store,
                self._key,
                self.caller.id,
                *(part.encode() for part in parts),
                body,
            )
            await self._claim.bind()
        return order

    async def refused(self, error: BriefingError) -> None:
        """Make the idempotency key free again if ``error`` is one of the article itself."""
        if self._claim and status_of(error) in _REFUSALS:
            await self._claim.release()


_REFUSALS = (413, 415, 422)
"""Statuses of requests that cannot succeed as they are."""


@asynccontextmanager
async def intake(
    request: Request, service: Service, settings: Settings, caller: Caller
) -> AsyncIterator[Intake]:
    """Yield the intake of a request; its body's bytes count while the context lasts.

    Raises:
        BadHeader: the deadline or the idempotency key is invalid.
    """
    with service.admission.body() as held:
        incoming = Intake(request, service, settings, caller, held)
        try:
            yield incoming
        except BriefingError as error:
            await incoming.refused(error)
            raise


async def settings_of(request: Request) -> Settings:
    """Return the application's settings."""
    settings: Settings = request.app.state.settings
    return settings


async def ready_service(request: Request) -> Service:
    """Return the service once its model is loaded.

    Raises:
        NotReady: the model is being loaded. Draining: the service is shutting down.
        BriefingError: the model cannot be loaded.
    """
    service: Service = request.app.state.service
    service.check_ready()
    return service


async def caller_of(request: Request, needed: SecurityScopes) -> AsyncIterator[Caller]:
    """Authenticate the caller before the body is read; count its request until it is answered.

    Raises:
        KeyMissing, KeyWrong, LockedOut, ScopeMissing, CrossSite: access is denied.
        RateLimited, TooManyAtOnce: a limit is exceeded.
    """
    gate: Gate = request.app.state.gate
    with gate.admit(request, needed.scopes) as caller:
        request.state.quota = caller.quota
        yield caller


InForce = Annotated[Settings, Depends(settings_of)]
Ready = Annotated[Service, Depends(ready_service)]
AnyCaller = Annotated[Caller, Security(caller_of)]
"""A caller with any key."""
MayBrief = Annotated[Caller, Security(caller_of, scopes=[KeyScope.BRIEF])]
MayCheck = Annotated[Caller, Security(caller_of, scopes=[KeyScope.CHECK])]
MayDigest = Annotated[Caller, Security(caller_of, scopes=[KeyScope.DIGEST])]
MayScrape = Annotated[Caller, Security(caller_of, scopes=[KeyScope.METRICS])]
