"""FastAPI dependencies (settings, service, caller), and intake of POST requests.

Routes declare the caller first: authentication precedes every other check.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import SecurityScopes

from briefing.api.admission import Held
from briefing.api.auth import Caller, Gate
from briefing.api.bodies import BodyLimits, Deadline, deadline_of, receive_body
from briefing.api.cache import claim, idempotency_key
from briefing.api.keys import Scope
from briefing.api.service import Service
from briefing.config import Settings

_Order = TypeVar("_Order")


class Intake:
    """A POST request being read: its deadline, body limits and idempotency key."""

    def __init__(
        self, request: Request, service: Service, settings: Settings, caller: Caller, held: Held
    ) -> None:
        batch = request.url.path.endswith("/batch")
        most = settings.batch_timeout if batch else settings.request_timeout
        self.deadline: Deadline = deadline_of(request, most)
        self._request = request
        self._service = service
        self._settings = settings
        self._caller = caller
        self._held = held
        self._key = idempotency_key(request)

    async def order(self, parse: Callable[[bytes], _Order]) -> _Order:
        """Read the body, parse it in a thread, and bind the idempotency key to it.

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
        body = await receive_body(self._request, limits)
        work = self._service.read(partial(parse, body))
        order = await self._service.work.until(self.deadline, self._request, work)
        if self._key:
            await claim(
                self._service.results.store,
                self._key,
                caller=self._caller.name,
                path=self._request.url.path,
                body=body,
            )
        return order


@contextmanager
def intake(
    request: Request, service: Service, settings: Settings, caller: Caller
) -> Iterator[Intake]:
    """Yield the intake of a request; its body's bytes count while the context lasts.

    Raises:
        BadHeader: the deadline or the idempotency key is invalid.
    """
    with service.admission.body() as held:
        yield Intake(request, service, settings, caller, held)


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
MayBrief = Annotated[Caller, Security(caller_of, scopes=[Scope.BRIEF])]
MayCheck = Annotated[Caller, Security(caller_of, scopes=[Scope.CHECK])]
MayDigest = Annotated[Caller, Security(caller_of, scopes=[Scope.DIGEST])]
MayScrape = Annotated[Caller, Security(caller_of, scopes=[Scope.METRICS])]
