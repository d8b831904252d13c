"""Problem documents (RFC 9457): what each error code becomes over HTTP.

``type`` is ``urn:briefing:problem:`` and the error's code; both stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Response

from api.errors import InvalidRequest, RequestError
from briefing.errors import BriefingError, InputError

MEDIA_TYPE = "application/problem+json"
URN = "urn:briefing:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status and its title, which is the same each time."""

    status: int
    title: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, "The request cannot be read"),
    "not-json": Kind(400, "The body is not JSON"),
    "bad-header": Kind(400, "A header cannot be read"),
    "key-missing": Kind(401, "An API key is needed"),
    "key-wrong": Kind(401, "The API key is not in use"),
    "scope-missing": Kind(403, "The API key does not allow this"),
    "cross-site": Kind(403, "Another site sent the request"),
    "not-found": Kind(404, "There is nothing at this address"),
    "no-edition": Kind(404, "There is no such edition"),
    "method-not-allowed": Kind(405, "This address does not take this method"),
    "not-acceptable": Kind(406, "No format that the client accepts"),
    "head-too-slow": Kind(408, "The request came too slowly"),
    "body-too-slow": Kind(408, "The request body came too slowly"),
    "precondition-failed": Kind(412, "The client has this answer already"),
    "body-too-large": Kind(413, "The request body is too large"),
    "too-long": Kind(413, "The article is too long"),
    "unsupported-media-type": Kind(415, "The body is of a type that is not read"),
    "not-text": Kind(415, "The body is no text, HTML or PDF that can be read"),
    "invalid-request": Kind(422, "The request has mistakes in it"),
    "url-input-off": Kind(422, "URLs are not read here"),
    "url-refused": Kind(422, "The URL leads where the service does not go"),
    "too-complex": Kind(422, "The document takes too much to read"),
    "bad-input": Kind(422, "The article cannot be briefed"),
    "empty-input": Kind(422, "There is no text"),
    "too-short": Kind(422, "The text is too short"),
    "no-article": Kind(422, "No article was found"),
    "unsupported-language": Kind(422, "The article's language is not supported"),
    "idempotency-key-reused": Kind(422, "The idempotency key belongs to another request"),
    "queue-full": Kind(429, "Too much is waiting"),
    "rate-limited": Kind(429, "The API key asks too much"),
    "too-many-at-once": Kind(429, "The API key asks too much at once"),
    "locked-out": Kind(429, "Too many wrong API keys"),
    "client-gone": Kind(499, "The client went away"),
    "internal-error": Kind(500, "The service failed"),
    "fetch-failed": Kind(502, "The URL could not be read"),
    "not-ready": Kind(503, "The model is being loaded"),
    "draining": Kind(503, "The service is shutting down"),
    "bad-model": Kind(503, "The model cannot be used"),
    "bad-prompt": Kind(503, "The model's prompts cannot be used"),
    "bad-device": Kind(503, "The model's device cannot be used"),
    "bad-store": Kind(503, "The editions cannot be read"),
    "store-busy": Kind(503, "The editions cannot be read now"),
    "store-too-new": Kind(503, "The editions are of a newer version"),
    "deadline-passed": Kind(504, "The answer took too long"),
}
INTERNAL = "An unexpected error; it is in the server's log. Please report it."
_CONFIDENTIAL = "The server's log says why; tell its operator."


class ProblemResponse(Response):
    """The answer that a problem document is."""

    media_type = MEDIA_TYPE

    def __init__(
        self, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(
            _encoded(document),
            status_code=document["status"],
            headers={"X-Content-Type-Options": "nosniff", **(headers or {})},
        )


def problem_of(error: BriefingError) -> ProblemResponse:
    """The answer to a request that failed with ``error``.

    The detail of what is wrong with the server itself (paths, devices) stays in its log.
    """
    document = document_of(error)
    headers = error.headers if isinstance(error, RequestError) else None
    return ProblemResponse(document, headers)


def document_of(error: BriefingError) -> dict[str, Any]:
    """The problem document of ``error``, as ``problem_of`` answers it."""
    code = _code(error)
    detail = str(error)
    if KINDS[code].status >= 500 and not isinstance(error, (RequestError, InputError)):
        detail = _CONFIDENTIAL
    found = problem(code, detail)
    if isinstance(error, InvalidRequest):
        found["errors"] = [asdict(mistake) for mistake in error.mistakes]
    return found


def problem(code: str, detail: str) -> dict[str, Any]:
    """A problem document."""
    kind = KINDS[code]
    return {"type": URN + code, "title": kind.title, "status": kind.status, "detail": detail}


def plain_problem(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A status that needs no more than its name: ``about:blank``, as the RFC has it."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status}
    return Response(_encoded(document), status, headers=headers, media_type=MEDIA_TYPE)


def _code(error: BriefingError) -> str:
    if error.code in KINDS:
        return error.code
    return "bad-input" if isinstance(error, InputError) else "internal-error"


def _encoded(document: Mapping[str, Any]) -> bytes:
    """ASCII, so that whatever of the input is named in a detail can be sent and shown."""
    return json.dumps(document).encode("ascii")
