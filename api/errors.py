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


class BadHeader(RequestError):
    """A header with a value that is not allowed."""

    code = "bad-header"


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


class BodyTooSlow(RequestError):
    """The body did not arrive in time."""

    code = "body-too-slow"

    def __init__(self, seconds: float) -> None:
        detail = f"The body was not complete after {seconds:g} seconds. Send it again, faster."
        super().__init__(detail, {"Connection": "close"})


class PreconditionFailed(RequestError):
    """The client has the answer already: its If-None-Match names it."""

    code = "precondition-failed"

    def __init__(self, etag: str) -> None:
        super().__init__("The brief is the one that If-None-Match names.", {"ETag": etag})


class KeyReused(RequestError):
    """An Idempotency-Key that came with another request before."""

    code = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came with another request before. Use a new key for each "
            "request, and the same one only to send the same request again."
        )


class QueueFull(RequestError):
    """As much is waiting as may wait."""

    code = "queue-full"

    def __init__(self, seconds: int) -> None:
        detail = f"As many articles wait as may wait. Ask again in {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds)})


class DeadlinePassed(RequestError):
    """The request's time was up before its answer was there."""

    code = "deadline-passed"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"There was no answer within {seconds:g} seconds, and the work was dropped. Ask again "
            "when the service is less busy, or send a shorter article."
        )


class Draining(RequestError):
    """The service is shutting down."""

    code = "draining"

    def __init__(self) -> None:
        super().__init__(
            "The service is shutting down. Send the request again to another, or in a while.",
            {"Retry-After": "5", "Connection": "close"},
        )


class KeyMissing(RequestError):
    """The service asks for an API key, and the request has none."""

    code = "key-missing"

    def __init__(self) -> None:
        super().__init__(
            "This needs an API key. Send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
            "the service's operator has it from `briefing keys add`.",
            {"WWW-Authenticate": 'Bearer realm="briefing"'},
        )


class KeyWrong(RequestError):
    """A key that is unknown or revoked; which of the two is not said."""

    code = "key-wrong"

    def __init__(self) -> None:
        super().__init__(
            "This API key is not in use here. Check that it is complete, or ask the service's "
            "operator for another.",
            {"WWW-Authenticate": 'Bearer realm="briefing", error="invalid_token"'},
        )


class ScopeMissing(RequestError):
    """A key that is good for other things."""

    code = "scope-missing"

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(
            f"The API key {name!r} has no scope {scope!r}. Ask the service's operator for one "
            "that has.",
            {
                "WWW-Authenticate": f'Bearer realm="briefing", error="insufficient_scope", '
                f'scope="{scope}"'
            },
        )


class CrossSite(RequestError):
    """A page of another site sent the request, in the browser of somebody on this machine."""

    code = "cross-site"

    def __init__(self) -> None:
        super().__init__(
            "Without API keys this service answers this machine alone, not the pages of other "
            "sites or names that lead here. Its operator may add keys, or name the site in "
            "BRIEFING_CORS_ORIGINS."
        )


class LockedOut(RequestError):
    """Too many wrong keys came from the client's address."""

    code = "locked-out"

    def __init__(self, seconds: int) -> None:
        detail = f"Too many wrong API keys came from your address. Try in {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds)})


class RateLimited(RequestError):
    """The key has had its articles of this minute."""

    code = "rate-limited"

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        detail = f"This API key has had what it may ask. Ask again in {seconds} seconds."
        super().__init__(detail, {"Retry-After": str(seconds), **headers})


class TooManyAtOnce(RequestError):
    """The key has as many requests in progress as it may."""

    code = "too-many-at-once"

    def __init__(self, most: int) -> None:
        detail = f"This API key has {most} requests in progress, as many as it may. Wait for one."
        super().__init__(detail, {"Retry-After": "1"})


class ClientGone(RequestError):
    """The client went away before its answer; nobody reads what is answered."""

    code = "client-gone"


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


class NoEdition(RequestError):
    """An edition that is not there."""

    code = "no-edition"


class InvalidRequest(RequestError):
    """JSON that is not the object asked for."""

    code = "invalid-request"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{each.pointer}: {each.detail}" for each in mistakes))
        self.mistakes = tuple(mistakes)
