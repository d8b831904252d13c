"""A brief in the format that the client prefers, and its entity tag."""

import json
from hashlib import sha256

from fastapi import Request, Response

from api.errors import NotAcceptable, PreconditionFailed
from api.negotiation import choose
from briefing.render import Format, from_document, render, style_hash

FORMATS: dict[str, Format] = {
    "application/json": "json",
    "text/markdown": "markdown",
    "text/html": "html",
    "text/plain": "text",
}
"""Media types that a brief is written in, the default first."""
MEDIA_TYPES: dict[Format, str] = {form: name for name, form in FORMATS.items()}
_HEADERS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


def preferred(request: Request, offered: tuple[str, ...] = tuple(FORMATS)) -> str:
    """The media type to answer in.

    Raises:
        NotAcceptable: the client accepts none that is written.
    """
    found = choose(", ".join(request.headers.getlist("accept")), offered)
    if found is None:
        raise NotAcceptable(f"The answer can be had as {', '.join(offered)}.", {"Vary": "Accept"})
    return found


def entity_tag(key: bytes, media_type: str) -> str:
    """The tag of the brief kept under ``key`` in one format.

    It is a weak one (RFC 9110, 8.8.1): which other lines share a batch of the model may change
    the last digits of a score.
    """
    return f'W/"{sha256(key + media_type.encode()).hexdigest()[:32]}"'


def check_precondition(request: Request, etag: str) -> None:
    """Do no work for a client that has its result.

    Raises:
        PreconditionFailed: If-None-Match names ``etag``; for POST this is 412 and not 304
            (RFC 9110, 13.1.2).
    """
    named = ",".join(request.headers.getlist("if-none-match"))
    bare = etag.removeprefix("W/")
    if bare in (each.strip().removeprefix("W/") for each in named.split(",")):
        raise PreconditionFailed(etag)


def answer(data: bytes, media_type: str, etag: str) -> Response:
    """The brief ``data``, which is its JSON, as ``media_type``, one of ``FORMATS``."""
    form = FORMATS[media_type]
    headers = {**_HEADERS, "ETag": etag}
    if form == "html":
        headers |= {"Content-Security-Policy": _policy(), "Referrer-Policy": "no-referrer"}
    if form != "json":
        data = render(from_document(json.loads(data)), form).encode("utf-8", "replace")
    return Response(data, headers=headers, media_type=media_type)


def _policy() -> str:
    """Nothing but the page's own style sheet."""
    return (
        f"default-src 'none'; style-src '{style_hash()}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
