"""Errors that only a request can have; `api.problems` says how each is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefing.errors import BriefingError


class RequestError(BriefingError):
    """Root of them. ``headers`` go with the answer."""

    code = "bad-request"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})


class BadRequest(RequestError):
    """The request cannot be read to its end."""


class NotJson(RequestError):
    """A body that is declared as JSON and is none."""

    code = "not-json"


class NotAcceptable(RequestError):
    """No format that is written here is one that the client accepts."""

    code = "not-acceptable"


class BodyTooLarge(RequestError):
    """The body is larger than the service takes."""

    code = "body-too-large"


class UnsupportedMediaType(RequestError):
    """A content type or content encoding that is not read."""

    code = "unsupported-media-type"


class UrlInputOff(RequestError):
    """The request names a URL to read, which the service does not do."""

    code = "url-input-off"


class NotReady(RequestError):
    """The model is not loaded yet."""

    code = "not-ready"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Retry-After": "2"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a JSON body: where (a JSON pointer as a URI fragment) and what."""

    pointer: str
    detail: str


class InvalidRequest(RequestError):
    """JSON that is not the object asked for."""

    code = "invalid-request"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{each.pointer}: {each.detail}" for each in mistakes))
        self.mistakes = tuple(mistakes)
