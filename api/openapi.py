"""The OpenAPI document: bodies and answers that are read and written by hand."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.deadline import HEADER as TIMEOUT
from api.deadline import SECONDS
from api.idempotency import HEADER as IDEMPOTENCY
from api.idempotency import KEY
from api.problems import KINDS, MEDIA_TYPE, URN
from api.schemas import ArticleRequest, BriefRequest, CheckRequest, Problem
from api.streams import NDJSON
from briefing.digest.render import schema as edition_schema
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
BATCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": _COMPONENTS + "ArticleRequest"},
            }
        }
    },
}
"""The body of a request for many briefs."""
CHECK_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": _ref("CheckRequest")},
}
"""The body of a request to check a text."""
BRIEF_ANSWER: dict[str, Any] = {
    "description": "The brief.",
    "headers": {"ETag": {"description": "A weak entity tag.", **_TEXT}},
    "content": {
        "application/json": _ref("Brief"),
        "text/markdown": _TEXT,
        "text/html": _TEXT,
        "text/plain": _TEXT,
    },
}
"""A brief in each format."""
BATCH_ANSWER: dict[str, Any] = {
    "description": "What became of each article.",
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": {"$ref": _COMPONENTS + "BatchItem"}}
        },
        NDJSON: _ref("BatchItem"),
    },
}
"""Many briefs: a list, or a line each."""
_ITEM = {
    "type": "object",
    "required": ["index", "status"],
    "properties": {
        "index": {"type": "integer", "minimum": 0, "description": "Place in the list sent."},
        "status": {"type": "integer", "description": "What the article alone would be answered."},
        "brief": {"$ref": _COMPONENTS + "Brief"},
        "problem": {"$ref": _COMPONENTS + "Problem"},
    },
}


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    schema = {"type": "string", **schema}
    return {"name": name, "in": "header", "description": description, "schema": schema}


HEADERS: list[dict[str, Any]] = [
    _header("X-Request-ID", "Comes back with the answer; made up where it is not usable."),
    _header(
        TIMEOUT,
        "Seconds until the client gives up, at most the server's; then the answer is 504.",
        pattern=f"^({SECONDS})$",
    ),
    _header(
        IDEMPOTENCY,
        "The same for each try of one request: what is done already is not done again.",
        pattern=f"^({KEY})$",
    ),
]
"""Headers that every POST reads."""
NOT_READY = ("not-ready", "draining", "bad-model", "bad-prompt", "bad-device")
"""Problems of a route that needs the model."""
BARRED = (
    *("key-missing", "key-wrong", "scope-missing", "rate-limited", "too-many-at-once"),
    *("locked-out", "cross-site"),
)
"""Problems of a route that asks for a key."""
POSTED = (
    *BARRED,
    *("bad-request", "bad-header", "not-json", "body-too-slow", "body-too-large"),
    *("unsupported-media-type", "invalid-request", "empty-input", "idempotency-key-reused"),
    *("queue-full", "internal-error", *NOT_READY, "deadline-passed"),
)
"""Problems of every POST."""

READ = (*BARRED, "no-edition", "bad-store", "store-busy", "store-too-new", "internal-error")
"""Problems of every route that shows editions."""
DIGESTS_ANSWER: dict[str, Any] = {"description": "The editions, newest first."}
"""The list of editions; its shape is that of the route's result."""
DIGEST_ANSWER: dict[str, Any] = {
    "description": "The edition.",
    "headers": {"ETag": {"description": "An entity tag.", **_TEXT}},
    "content": {
        "application/json": _ref("Edition"),
        "text/html": _TEXT,
        "text/markdown": _TEXT,
        "text/plain": _TEXT,
        "application/epub+zip": {"schema": {"type": "string", "format": "binary"}},
    },
}
"""An edition in each format."""
FEED_ANSWER: dict[str, Any] = {
    "description": "An Atom feed (RFC 4287).",
    "headers": {"ETag": {"description": "An entity tag.", **_TEXT}},
    "content": {"application/atom+xml": _TEXT},
}
"""The feed."""
LIMIT: dict[str, Any] = {
    "name": "limit",
    "in": "query",
    "description": "How many, at most.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
}
"""How long a list may be."""

SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}
"""How an API key is sent."""


def secured(*scopes: str) -> list[dict[str, list[str]]]:
    """What a route asks of its caller: a key with ``scopes``, or none where there are none."""
    return [*({name: list(scopes)} for name in SCHEMES), {}]


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
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(_schemas())
        components["securitySchemes"] = SCHEMES
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas() -> dict[str, Any]:
    found = _lifted("Brief", "Brief", schema()) | _lifted("Edition", "Edition", edition_schema())
    for model in (ArticleRequest, BriefRequest, CheckRequest, Problem):
        found |= _lifted(model.__name__, "", _json_schema(model))
    return found | {"BatchItem": _ITEM}


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
