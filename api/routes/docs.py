"""The API's description for people: Swagger UI, from this host alone."""

from importlib.resources import files

from fastapi import APIRouter, FastAPI, Response
from starlette.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)
_PAGE = files("api").joinpath("static/docs.html")
# Swagger UI writes style attributes and draws with data URIs; nothing comes from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@router.get("/docs")
async def docs() -> Response:
    """Swagger UI over /openapi.json."""
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(_PAGE.read_bytes(), headers=headers, media_type="text/html")


def mount_files(app: FastAPI) -> None:
    """Serve the package's own static files, and Swagger UI's out of the package it comes in."""
    app.mount("/docs/ui", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.mount("/static", StaticFiles(packages=[("api", "static")]))
