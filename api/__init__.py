"""The HTTP service. It imports `briefing`; `briefing` imports it only to serve.

``uvicorn api:app`` serves with the settings of the environment; ``create_app`` makes an
application of one's own.
"""

from fastapi import FastAPI

from api.factory import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> FastAPI:
    """Make ``app`` when it is first asked for, so that importing this reads no settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = made = create_app()
    return made
