"""OpenAPI document: request bodies, responses and schemas that FastAPI cannot infer."""

import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from briefing.api.bodies import EVENT_STREAM, NDJSON, SECONDS_PATTERN
from briefing.api.bodies import TIMEOUT_HEADER as TIMEOUT
from briefing.api.cache import IDEMPOTENCY_HEADER as IDEMPOTENCY
from briefing.api.cache import KEY
from briefing.api.problems import MEDIA_TYPE, PROBLEM_KINDS, URN
from briefing.api.schemas import (
    LENGTH_PATTERN,
    ArticleRequest,
    BriefRequest,
    CheckAnswer,
    CheckRequest,
    Problem,
)
from briefing.digest.rendering import edition_schema
from briefing.reading import ARTICLE_TYPES
from briefing.rendering import schema

_COMPONENTS = "#/components/schemas/"


def _ref(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": _COMPONENTS + name}}


_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
BRIEF_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": _ref("BriefRequest"),
        **{kind: _TEXT if kind.startswith("text/") else _BINARY for kind in ARTICLE_TYPES},
    },
}
"""Request body of `POST /v1/briefs`."""
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
"""Request body of `POST /v1/briefs/batch`."""
JOB_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["articles"],
                "additionalProperties": False,
                "properties": {
                    "articles": BATCH_BODY["content"]["application/json"]["schema"],
                    "webhook": {
                        "type": ["string", "null"],
                        "maxLength": 2000,
                        "description": "URL that is called once the job is done, signed.",
                    },
                },
            }
        }
    },
}
"""Request body of `POST /v1/jobs`."""
CHECK_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    {"$ref": _COMPONENTS + "CheckRequest"},
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {"$ref": _COMPONENTS + "CheckRequest"},
                    },
                ]
            }
        }
    },
}
"""Request body of `POST /v1/check`."""
CHECK_ANSWER: dict[str, Any] = {
    "description": "Whether the text is supported; of a list, of each of its items.",
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    {"$ref": _COMPONENTS + "CheckAnswer"},
                    {"type": "array", "items": {"$ref": _COMPONENTS + "CheckItem"}},
                ]
            }
        }
    },
}
"""Response of `POST /v1/check`."""
BRIEF_ANSWER: dict[str, Any] = {
    "description": "The brief.",
    "headers": {"ETag": {"description": "A weak entity tag.", **_TEXT}},
    "content": {
        "application/json": _ref("Brief"),
        "text/markdown": _TEXT,
        "text/html": _TEXT,
        "text/plain": _TEXT,
        EVENT_STREAM: _TEXT,
    },
}
"""Response with a brief, in each format."""
BATCH_ANSWER: dict[str, Any] = {
    "description": "The result of each article.",
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": {"$ref": _COMPONENTS + "BatchItem"}}
        },
        NDJSON: _ref("BatchItem"),
    },
}
"""Response with many briefs, as a list or as NDJSON."""


def _item(name: str, schema: str) -> dict[str, Any]:
    """Return the schema of a list's item, with its result as ``name``, or a problem."""
    return {
        "type": "object",
        "required": ["index", "status"],
        "properties": {
            "index": {"type": "integer", "minimum": 0, "description": "Index in the request."},
            "status": {"type": "integer", "description": "Status of the item on its own."},
            name: {"$ref": _COMPONENTS + schema},
            "problem": {"$ref": _COMPONENTS + "Problem"},
        },
    }


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    schema = {"type": "string", **schema}
    return {"name": name, "in": "header", "description": description, "schema": schema}


HEADERS: list[dict[str, Any]] = [
    _header("X-Request-ID", "Returned with the response; generated if missing or invalid."),
    _header(
        TIMEOUT,
        "Timeout in seconds, at most the server's; then the status is 504.",
        pattern=f"^({SECONDS_PATTERN})$",
    ),
    _header(
        IDEMPOTENCY,
        "The same key for every retry of a request, so that its work is done once.",
        pattern=f"^({KEY})$",
    ),
]
"""Header parameters of every POST."""
EXTRACTIVE: dict[str, Any] = {
    "name": "extractive",
    "in": "query",
    "description": "Use only the article's own sentences; for bodies other than JSON.",
    "schema": {"type": "boolean", "default": False},
}
"""Query parameter of `POST /v1/briefs`."""
LENGTH: dict[str, Any] = {
    "name": "length",
    "in": "query",
    "description": "Length of the brief, as in JSON; for bodies other than JSON.",
    "schema": {"type": "string", "pattern": LENGTH_PATTERN},
}
"""Query parameter of `POST /v1/briefs`."""
NOT_READY = ("not-ready", "draining", "bad-model", "bad-prompt", "bad-device")
"""Problems of routes that need the model."""
BARRED = (
    *("key-missing", "key-wrong", "key-expired", "scope-missing", "rate-limited"),
    *("quota-exceeded", "too-many-at-once", "locked-out", "cross-site"),
)
"""Problems of routes that require a key."""
POSTED = (
    *BARRED,
    *("bad-request", "bad-header", "not-json", "body-too-slow", "body-too-large"),
    *("unsupported-media-type", "invalid-request", "empty-input", "idempotency-key-reused"),
    *("queue-full", "internal-error", *NOT_READY, "reader-busy", "deadline-passed"),
)
"""Problems of every POST."""

DIGEST_PROBLEMS = (
    *BARRED,
    "no-edition",
    "bad-store",
    "store-busy",
    "store-too-new",
    "internal-error",
)
"""Problems of routes that return editions."""
DIGESTS_ANSWER: dict[str, Any] = {"description": "The editions, newest first."}
"""Response with the list of editions; its schema is inferred."""
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
"""Response with an edition, in each format."""
FEED_ANSWER: dict[str, Any] = {
    "description": "An Atom feed (RFC 4287).",
    "headers": {"ETag": {"description": "An entity tag.", **_TEXT}},
    "content": {"application/atom+xml": _TEXT},
}
"""Response with the feed."""
LIMIT: dict[str, Any] = {
    "name": "limit",
    "in": "query",
    "description": "Maximum number of editions.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
}
"""Query parameter of `GET /v1/digests`."""

TOKEN: dict[str, Any] = {
    "name": "token",
    "in": "query",
    "description": "An API key with the scope `feed`, for feed readers, which send no headers.",
    "schema": {"type": "string"},
}
"""Query parameter of the digest's routes."""
SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
"""Security schemes for API keys."""


def secured(*scopes: str) -> list[dict[str, list[str]]]:
    """Return a route's security: a key with ``scopes``, optional as services may have no keys."""
    return [*({name: list(scopes)} for name in SCHEMES), {}]


def problem_answers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of a route with the problems ``codes``, by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[PROBLEM_KINDS[code].status].append(code)
    return {status: _problem(group) for status, group in sorted(by_status.items())}


def _problem(codes: list[str]) -> dict[str, Any]:
    described = "; ".join(f"{PROBLEM_KINDS[code].title} (`{URN}{code}`)" for code in codes)
    return {"description": f"{described}.", "content": {MEDIA_TYPE: _ref("Problem")}}


def install_openapi(app: FastAPI) -> None:
    """Add the schemas that routes refer to, and the security schemes, to the document.

    It is made once, as that takes long.
    """
    generate: Callable[[], dict[str, Any]] = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = _without_validation(generate())
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(_schemas())
        components["securitySchemes"] = SCHEMES
        return document

    @cache
    def encoded() -> bytes:
        return json.dumps(app.openapi(), ensure_ascii=False).encode()

    async def answer(_: Request) -> Response:
        return Response(await run_in_threadpool(encoded), media_type="application/json")

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_route("/openapi.json", answer, include_in_schema=False)


def _without_validation(document: dict[str, Any]) -> dict[str, Any]:
    """Drop the answer that FastAPI promises for parameters of a path, which may be any text."""
    for operations in document["paths"].values():
        for operation in operations.values():
            answer = operation["responses"].get("422", {})
            if "HTTPValidationError" in json.dumps(answer):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
    return document


def _schemas() -> dict[str, Any]:
    schemas = _components("Brief", "Brief", schema())
    schemas |= _components("Edition", "Edition", edition_schema())
    models: tuple[type[BaseModel], ...] = (
        *(ArticleRequest, BriefRequest, CheckRequest),
        *(CheckAnswer, Problem),
    )
    for model in models:
        schemas |= _components(model.__name__, "", model.model_json_schema())
    return schemas | {
        "BatchItem": _item("brief", "Brief"),
        "CheckItem": _item("check", "CheckAnswer"),
    }


def _components(name: str, prefix: str, document: dict[str, Any]) -> dict[str, Any]:
    """Split a JSON Schema into components: itself, and its ``$defs``, prefixed by ``prefix``."""
    names = {key: prefix + _camel(key) for key in document.get("$defs", {})}
    text = json.dumps(document)
    for key, component in names.items():
        text = text.replace(f'"#/$defs/{key}"', f'"{_COMPONENTS}{component}"')
    whole: dict[str, Any] = json.loads(text)
    parts = whole.pop("$defs", {})
    for key in ("$schema", "$id"):
        whole.pop(key, None)
    return {name: whole, **{names[key]: part for key, part in parts.items()}}


def _camel(name: str) -> str:
    """``role_line`` -> ``RoleLine``; ``RoleLine`` is unchanged."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
