"""What routes depend on."""

from typing import Annotated

from fastapi import Depends, Request

from api.service import Service
from briefing.config import Settings


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


InForce = Annotated[Settings, Depends(settings_of)]
Ready = Annotated[Service, Depends(ready_service)]
