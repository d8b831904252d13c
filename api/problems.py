"""Request errors, and problem documents (RFC 9457) for all errors over HTTP.

Errors of keys and limits stand in `briefing.api.auth`, where they are raised.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Response
from starlette.types import Receive, Scope, Send

from briefing.errors import (
    FRONT_END,
    BriefingError,
    InputError,
    InternalError,
    UnsupportedLanguage,
)


class RequestError(BriefingError):
    """Base class of request errors; ``headers`` are added to the response.

    ``on_page`` is what visitors of the page are told where ``detail`` would mean nothing to them.
    """

    code = "bad-request"

    def __init__(
        self, detail: str, headers: Mapping[str, str] | None = None, on_page: str = ""
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self._on_page = on_page

    def __str__(self) -> str:
        """Return the message, in the words of the front end."""
        return self._on_page if self._on_page and FRONT_END.get() == "page" else super().__str__()


class BadRequest(RequestError):
    """The request is malformed."""


class BadHeader(RequestError):
    """A header has an invalid value."""

    code = "bad-header"


class NotJson(RequestError):
    """The body is declared as JSON and is not valid JSON."""

    code = "not-json"


class NotAcceptable(RequestError):
    """No available format matches the Accept header."""

    code = "not-acceptable"


class BodyTooLarge(RequestError):
    """The body exceeds the size limit."""

    code = "body-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The body exceeds the limit of {most:,} bytes. Send only the article's text, or ask "
            "the service's operator to raise `max_body`.",
            on_page=f"The text or file is larger than {most:,} bytes. Paste only the article.",
        )


class UnsupportedMediaType(RequestError):
    """The content type or content encoding is not supported."""

    code = "unsupported-media-type"


class BodyTooSlow(RequestError):
    """The body did not arrive in time."""

    code = "body-too-slow"

    def __init__(self, seconds: float) -> None:
        detail = f"The body timed out after {seconds:g} seconds. Retry on a faster connection."
        super().__init__(detail, {"Connection": "close"})


class PreconditionFailed(RequestError):
    """The client has the brief already: If-None-Match contains its entity tag."""

    code = "precondition-failed"

    def __init__(self, etag: str) -> None:
        super().__init__("The brief matches If-None-Match; use your copy of it.", {"ETag": etag})


class KeyReused(RequestError):
    """The Idempotency-Key was used for a different request."""

    code = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for a different request. Use a new key for each "
            "request, and the same key only to retry it."
        )


class QueueFull(RequestError):
    """The queue is full; ``detail`` says which one, and what helps."""

    code = "queue-full"

    def __init__(self, seconds: int, detail: str = "") -> None:
        detail = detail or f"The queue is full. Retry after {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds)})


class ReaderBusy(RequestError):
    """The machine was too busy to read the document."""

    code = "reader-busy"

    def __init__(self, seconds: int = 10) -> None:
        super().__init__(
            f"The service is too busy to read the document. Retry after {seconds} seconds.",
            {"Retry-After": str(seconds)},
        )


class DeadlinePassed(RequestError):
    """The request timed out."""

    code = "deadline-passed"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The request timed out after {seconds:g} seconds and was cancelled. Retry when the "
            "service is less busy, or send a shorter article."
        )


class Draining(RequestError):
    """The service is shutting down."""

    code = "draining"

    def __init__(self) -> None:
        super().__init__(
            "The service is shutting down. Retry in a few seconds, or on another instance.",
            {"Retry-After": "5", "Connection": "close"},
        )


class Crowded(RequestError):
    """Too many connections are open."""

    code = "too-many-connections"

    def __init__(self) -> None:
        super().__init__(
            "The service has too many connections. Retry in a few seconds.",
            {"Retry-After": "5", "Connection": "close"},
        )


class ClientGone(RequestError):
    """The client disconnected before its response."""

    code = "client-gone"


class UrlInputOff(RequestError):
    """The request has a URL, and URL input is disabled."""

    code = "url-input-off"


class NotReady(RequestError):
    """The model is not loaded yet."""

    code = "not-ready"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Retry-After": "2"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """One validation error of a JSON body; ``pointer`` is a JSON pointer as a URI fragment."""

    pointer: str
    detail: str


class EditionMissing(RequestError):
    """The edition does not exist."""

    code = "no-edition"


class JobMissing(RequestError):
    """The caller has no such job."""

    code = "no-job"

    def __init__(self) -> None:
        super().__init__("There is no such job; its results may have expired.")


class WebhookRefused(RequestError):
    """The service may not call this webhook."""

    code = "webhook-refused"


class BriefMissing(RequestError):
    """No brief is kept under this name."""

    code = "no-brief"

    def __init__(self) -> None:
        super().__init__("This brief is not kept any more. Send its article again.")


class InvalidRequest(RequestError):
    """The request fails validation."""

    code = "invalid-request"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(
            "; ".join(f"{each.pointer}: {each.detail}" for each in mistakes),
            on_page="; ".join(f"{_field(each.pointer)}: {each.detail}" for each in mistakes),
        )
        self.mistakes = tuple(mistakes)


def _field(pointer: str) -> str:
    """Return the name of a field of the form, at a pointer: ``#/length`` is "Length"."""
    name = pointer.removeprefix("#/")
    return name[:1].upper() + name[1:]


MEDIA_TYPE = "application/problem+json"
URN = "urn:briefing:problem:"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """The status and the title of a problem type."""

    status: int
    title: str


PROBLEM_KINDS: dict[str, ProblemKind] = {
    "bad-request": ProblemKind(400, "Malformed request"),
    "not-json": ProblemKind(400, "The body is not valid JSON"),
    "bad-header": ProblemKind(400, "Invalid header"),
    "key-missing": ProblemKind(401, "API key required"),
    "key-wrong": ProblemKind(401, "Invalid API key"),
    "key-expired": ProblemKind(401, "The API key has expired"),
    "scope-missing": ProblemKind(403, "The API key lacks a scope"),
    "cross-site": ProblemKind(403, "Cross-site request refused"),
    "not-found": ProblemKind(404, "Not found"),
    "no-edition": ProblemKind(404, "Edition not found"),
    "no-brief": ProblemKind(404, "Brief not found"),
    "no-job": ProblemKind(404, "Job not found"),
    "method-not-allowed": ProblemKind(405, "Method not allowed"),
    "not-acceptable": ProblemKind(406, "No acceptable format"),
    "head-too-slow": ProblemKind(408, "Request head timed out"),
    "body-too-slow": ProblemKind(408, "Request body timed out"),
    "precondition-failed": ProblemKind(412, "Precondition failed"),
    "body-too-large": ProblemKind(413, "The request body is too large"),
    "too-long": ProblemKind(413, "The article is too long"),
    "unsupported-media-type": ProblemKind(415, "Unsupported media type"),
    "not-text": ProblemKind(415, "The body is not a readable text, page or document"),
    "invalid-request": ProblemKind(422, "Invalid request"),
    "url-input-off": ProblemKind(422, "URL input is disabled"),
    "url-refused": ProblemKind(422, "The URL is not allowed"),
    "webhook-refused": ProblemKind(422, "The webhook is not allowed"),
    "too-complex": ProblemKind(422, "The document is too complex"),
    "bad-input": ProblemKind(422, "The article cannot be briefed"),
    "empty-input": ProblemKind(422, "There is no text"),
    "too-short": ProblemKind(422, "The text is too short"),
    "no-article": ProblemKind(422, "No article was found"),
    "unsupported-language": ProblemKind(422, "Unsupported language"),
    "idempotency-key-reused": ProblemKind(422, "Idempotency key reused"),
    "queue-full": ProblemKind(429, "The queue is full"),
    "rate-limited": ProblemKind(429, "Rate limit exceeded"),
    "quota-exceeded": ProblemKind(429, "Daily quota exceeded"),
    "too-many-at-once": ProblemKind(429, "Concurrency limit exceeded"),
    "locked-out": ProblemKind(429, "Too many invalid API keys"),
    "client-gone": ProblemKind(499, "Client disconnected"),
    "internal-error": ProblemKind(500, "Internal error"),
    "fetch-failed": ProblemKind(502, "The URL could not be fetched"),
    "not-ready": ProblemKind(503, "The model is being loaded"),
    "reader-busy": ProblemKind(503, "The service is too busy to read the document"),
    "draining": ProblemKind(503, "The service is shutting down"),
    "too-many-connections": ProblemKind(503, "Too many connections"),
    "bad-model": ProblemKind(503, "The model cannot be used"),
    "bad-prompt": ProblemKind(503, "The model's prompts cannot be used"),
    "bad-device": ProblemKind(503, "The model's device cannot be used"),
    "bad-store": ProblemKind(503, "The editions cannot be read"),
    "store-busy": ProblemKind(503, "The editions are locked"),
    "store-too-new": ProblemKind(503, "The editions have a newer format"),
    "deadline-passed": ProblemKind(504, "Request timed out"),
}
INTERNAL = "An unexpected error occurred; see the server's log. Please report it."
_CONFIDENTIAL = "See the server's log for the cause, or tell its operator."


class ProblemResponse(Response):
    """The HTTP response for a problem document."""

    media_type = MEDIA_TYPE

    def __init__(
        self, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(
            _encoded(document),
            status_code=document["status"],
            headers=headers,
        )
        self.code = document["type"].removeprefix(URN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, and note the problem for log and metrics."""
        scope.setdefault("state", {})["problem"] = self.code
        await super().__call__(scope, receive, send)


def problem_of(error: BriefingError) -> ProblemResponse:
    """Return the response for ``error``.

    Details of server faults (paths, devices) are only logged.
    """
    headers = error.headers if isinstance(error, RequestError) else None
    return ProblemResponse(document_of(error), headers)


def known_error(error: Exception, log: logging.Logger) -> BriefingError:
    """Return ``error``, or log one that nobody expected and return what clients are told of it."""
    if isinstance(error, BriefingError):
        return error
    log.error("a brief failed", exc_info=error)
    return InternalError(INTERNAL)


def document_of(error: BriefingError) -> dict[str, Any]:
    """Return the problem document of ``error``."""
    code = code_of(error)
    # Whoever asks over HTTP has no command line of ours at hand.
    detail = _COMMAND.sub("", str(error)) if isinstance(error, InputError) else str(error)
    if PROBLEM_KINDS[code].status >= 500 and not isinstance(error, (RequestError, InputError)):
        detail = INTERNAL if code == "internal-error" else _CONFIDENTIAL
    document = problem(code, detail)
    if isinstance(error, InvalidRequest):
        document["errors"] = [asdict(mistake) for mistake in error.mistakes]
    if isinstance(error, UnsupportedLanguage):
        document |= {"language": error.language, "supported": list(error.supported)}
    return document


_COMMAND = re.compile(r",? or [^,.]*\bbriefing [a-z]+[^,.]*(?=\.)")
"""A clause that advises a command: ", or add the feed to a digest: briefing digest ..."."""


def status_of(error: BriefingError) -> int:
    """Return the status of ``error``."""
    return PROBLEM_KINDS[code_of(error)].status


def problem(code: str, detail: str) -> dict[str, Any]:
    """Return a problem document."""
    kind = PROBLEM_KINDS[code]
    return {"type": URN + code, "title": kind.title, "status": kind.status, "detail": detail}


def plain_problem(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem of type ``about:blank``: its status says all (RFC 9457, 4.2.1)."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status}
    return Response(_encoded(document), status, headers=headers, media_type=MEDIA_TYPE)


def code_of(error: BriefingError) -> str:
    """Return the problem type of ``error`` or of the nearest class above it, without its URN."""
    kinds = (kind for kind in type(error).__mro__ if issubclass(kind, BriefingError))
    return next((kind.code for kind in kinds if kind.code in PROBLEM_KINDS), "internal-error")


def _encoded(document: Mapping[str, Any]) -> bytes:
    """Encode as ASCII: a detail may quote input that UTF-8 cannot encode."""
    return json.dumps(document).encode("ascii")
