"""What routes depend on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.service import Service
from briefing.config import Settings


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; idempotency keys are theirs alone."""

    name: str


def settings_of(request: Request) -> Settings:
    """The settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


def service_of(request: Request) -> Service:
    """The service, ready or not."""
    service: Service = request.app.state.service
    return service


def ready_service(request: Request) -> Service:
    """The service, its model warm.

    Raises:
        NotReady: the model is being loaded. BriefingError: it cannot be.
    """
    service = service_of(request)
    service.check_ready()
    return service


def caller_of(request: Request) -> Caller:  # noqa: ARG001 - where keys are checked, once there are
    """Who sends the request: on loopback, anybody on this machine. Runs before its body is read."""
    return Caller("local")


InForce = Annotated[Settings, Depends(settings_of)]
Ready = Annotated[Service, Depends(ready_service)]
Asking = Annotated[Caller, Depends(caller_of)]
