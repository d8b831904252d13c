"""A brief in the format that the client prefers."""

from fastapi import Request, Response

from api.errors import NotAcceptable
from api.negotiation import choose
from briefing.brief import Brief
from briefing.render import Format, render, style_hash, to_json

FORMATS: dict[str, Format] = {
    "application/json": "json",
    "text/markdown": "markdown",
    "text/html": "html",
    "text/plain": "text",
}
"""Media types that a brief is written in, the default first."""
_HEADERS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


def preferred(request: Request) -> str:
    """The media type to answer in.

    Raises:
        NotAcceptable: the client accepts none that is written.
    """
    found = choose(", ".join(request.headers.getlist("accept")), tuple(FORMATS))
    if found is None:
        raise NotAcceptable(f"A brief can be had as {', '.join(FORMATS)}.", {"Vary": "Accept"})
    return found


def answer(brief: Brief, media_type: str) -> Response:
    """``brief`` as ``media_type``, one of ``FORMATS``."""
    form = FORMATS[media_type]
    text = to_json(brief, indent=None) if form == "json" else render(brief, form)
    headers = dict(_HEADERS)
    if form == "html":
        headers |= {"Content-Security-Policy": _policy(), "Referrer-Policy": "no-referrer"}
    return Response(text.encode("utf-8", "replace"), headers=headers, media_type=media_type)


def _policy() -> str:
    """Nothing but the page's own style sheet."""
    return (
        f"default-src 'none'; style-src '{style_hash()}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
