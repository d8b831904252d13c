"""HTTP service. It imports `briefing`; `briefing` imports it only to serve.

``uvicorn briefing.api:app`` serves with settings from the environment; ``create_app`` builds a
custom application.
"""

from fastapi import FastAPI

from briefing.api.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> FastAPI:
    """Create ``app`` on first access, so that importing the package reads no settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = app = create_app()
    return app
