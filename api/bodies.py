"""Request bodies: their declared type, and their bytes up to a limit."""

import re
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.errors import BadRequest, BodyTooLarge, UnsupportedMediaType

JSON = "application/json"
ACCEPTED = (JSON, "text/plain", "text/html", "application/pdf")
"""Content types that are read."""
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]{1,40})", re.I)


@dataclass(frozen=True, slots=True)
class ContentType:
    """A content type that is read, and the declared character set."""

    name: str
    charset: str | None


def content_type(request: Request) -> ContentType:
    """The declared type of the body.

    Raises:
        UnsupportedMediaType: names those that are read.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        detail = f"Content-Encoding {encoding[:40]!r} is not read. Send the body uncompressed."
        raise UnsupportedMediaType(detail, {"Accept-Encoding": "identity"})
    declared = request.headers.get("content-type", "")
    name = declared.partition(";")[0].strip().lower()
    if name not in ACCEPTED:
        said = f"Content-Type {name[:80]!r} is not read" if name else "There is no Content-Type"
        detail = f"{said}. Send one of {', '.join(ACCEPTED)}."
        raise UnsupportedMediaType(detail, {"Accept": ", ".join(ACCEPTED)})
    charset = _CHARSET.search(declared)
    return ContentType(name, charset[1] if charset else None)


async def read_body(request: Request, most: int) -> bytes:
    """The body, of at most ``most`` bytes; what is larger is not read to its end.

    Raises:
        BodyTooLarge: by its declared length, or once more than ``most`` bytes have come.
        BadRequest: the client went before the end.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise _too_large(most)
    except ClientDisconnect as error:
        raise BadRequest("The body ended before it was complete.") from error
    return bytes(body)


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than {most:,} bytes. Send the article's text only, or raise "
        "BRIEFING_MAX_BODY on the server.",
        {"Connection": "close"},
    )
