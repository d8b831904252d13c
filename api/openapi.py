"""The OpenAPI document: bodies and answers that are read and written by hand."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.problems import KINDS, MEDIA_TYPE, URN
from api.schemas import BriefRequest, Problem
from briefing.render import schema

_COMPONENTS = "#/components/schemas/"


def _ref(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": _COMPONENTS + name}}


_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
BRIEF_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": _ref("BriefRequest"),
        "text/plain": _TEXT,
        "text/html": _TEXT,
        "application/pdf": {"schema": {"type": "string", "format": "binary"}},
    },
}
"""The body of a request for a brief."""
BRIEF_ANSWER: dict[str, Any] = {
    "description": "The brief.",
    "content": {
        "application/json": _ref("Brief"),
        "text/markdown": _TEXT,
        "text/html": _TEXT,
        "text/plain": _TEXT,
    },
}
"""A brief in each format."""


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that may have the problems ``codes``, by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[KINDS[code].status].append(code)
    return {status: _problem(found) for status, found in sorted(by_status.items())}


def _problem(codes: list[str]) -> dict[str, Any]:
    described = "; ".join(f"{KINDS[code].title} (`{URN}{code}`)" for code in codes)
    return {"description": f"{described}.", "content": {MEDIA_TYPE: _ref("Problem")}}


def install_openapi(app: FastAPI) -> None:
    """Add the schemas that the routes name to the application's OpenAPI document."""
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_schemas())
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas() -> dict[str, Any]:
    found = _lifted("Brief", "Brief", schema())
    for model in (BriefRequest, Problem):
        found |= _lifted(model.__name__, "", _json_schema(model))
    return found


def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _lifted(name: str, prefix: str, found: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema as components: its ``$defs`` stand beside it, named ``prefix`` and theirs."""
    names = {key: prefix + _camel(key) for key in found.get("$defs", {})}
    text = json.dumps(found)
    for key, component in names.items():
        text = text.replace(f'"#/$defs/{key}"', f'"{_COMPONENTS}{component}"')
    whole: dict[str, Any] = json.loads(text)
    parts = whole.pop("$defs", {})
    for key in ("$schema", "$id"):
        whole.pop(key, None)
    return {name: whole, **{names[key]: part for key, part in parts.items()}}


def _camel(name: str) -> str:
    """``role_line`` -> ``RoleLine``; what begins with a capital stays as it is."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
