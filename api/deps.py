"""What routes depend on. Callers come first: nobody without a key learns more than that."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import SecurityScopes

from api.gate import Caller, Gate
from api.keys import Scope
from api.service import Service
from briefing.config import Settings


async def settings_of(request: Request) -> Settings:
    """The settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


async def service_of(request: Request) -> Service:
    """The service, ready or not."""
    service: Service = request.app.state.service
    return service


async def ready_service(request: Request) -> Service:
    """The service, its model warm.

    Raises:
        NotReady: the model is being loaded. BriefingError: it cannot be.
    """
    service = await service_of(request)
    service.check_ready()
    return service


async def caller_of(request: Request, needed: SecurityScopes) -> AsyncIterator[Caller]:
    """Who sends the request, until its answer is sent. Runs before its body is read.

    Raises:
        KeyMissing, KeyWrong, LockedOut, ScopeMissing: they may not.
        RateLimited, TooManyAtOnce: not now.
    """
    gate: Gate = request.app.state.gate
    with gate.admit(request, needed.scopes) as caller:
        request.state.quota = caller.quota
        yield caller


InForce = Annotated[Settings, Depends(settings_of)]
Ready = Annotated[Service, Depends(ready_service)]
Known = Annotated[Caller, Security(caller_of)]
"""A caller with any key."""
MayBrief = Annotated[Caller, Security(caller_of, scopes=[Scope.BRIEF])]
MayCheck = Annotated[Caller, Security(caller_of, scopes=[Scope.CHECK])]
MayDigest = Annotated[Caller, Security(caller_of, scopes=[Scope.DIGEST])]
MayScrape = Annotated[Caller, Security(caller_of, scopes=[Scope.METRICS])]
