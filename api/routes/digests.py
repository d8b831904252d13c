"""Editions of the digest: which there are, each by Accept, and their feed."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.answers import preferred
from api.deps import MayDigest
from api.digests import Digests, day_of
from api.errors import InvalidRequest, Mistake, NoEdition
from api.openapi import DIGEST_ANSWER, DIGESTS_ANSWER, FEED_ANSWER, LIMIT, READ, problems, secured
from api.schemas import DigestItem, DigestsAnswer
from briefing.digest.records import Edition
from briefing.digest.render import Links, feed, page_policy, render
from briefing.digest.settings import Format

MOST = 100
"""Editions that one list names."""
FEED = 14
"""Editions in the feed: two weeks, for readers that were off."""
FORMATS: dict[str, Format] = {
    "application/json": "json",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/plain": "text",
    "application/epub+zip": "epub",
}
"""Media types that an edition is shown in, the default first."""

router = APIRouter(tags=["digests"])
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


async def digests_of(request: Request) -> Digests:
    """The application's digest."""
    found: Digests = request.app.state.digests
    return found


Shown = Annotated[Digests, Depends(digests_of)]


@router.get(
    "/v1/digests",
    summary="The editions of the digest",
    responses={200: DIGESTS_ANSWER, **problems(*READ, "invalid-request")},
    openapi_extra={"security": secured("digest"), "parameters": [LIMIT]},
)
def digests(request: Request, _caller: MayDigest, shown: Shown) -> DigestsAnswer:
    """Newest first, as many as ``limit`` says (30 unless it is given)."""
    limit = _limit(request.query_params.get("limit", "30"))
    with shown.store() as store:
        editions = store.latest(limit)
    return DigestsAnswer(digests=[_item(edition) for edition in editions])


@router.get(
    "/v1/digests/{date}",
    summary="One edition",
    response_class=Response,
    responses={200: DIGEST_ANSWER, **problems(*READ, "not-acceptable")},
    openapi_extra={"security": secured("digest")},
)
def digest(request: Request, date: str, _caller: MayDigest, shown: Shown) -> Response:
    """The edition of a date, or the latest; Accept names the format."""
    media_type = preferred(request, tuple(FORMATS))
    with shown.store() as store:
        edition = store.edition(day_of(date, store))
    if edition is None:
        raise NoEdition(f"There is no edition of {date}.")
    data = render(edition, FORMATS[media_type], shown.settings)
    headers = {"Vary": "Accept"}
    if media_type == "text/html":
        headers["Content-Security-Policy"] = page_policy(shown.settings.edition)
    return _answer(request, data, media_type, headers)


@router.get(
    "/digest.atom",
    summary="The digest as an Atom feed",
    response_class=Response,
    responses={200: FEED_ANSWER, **problems(*READ)},
    openapi_extra={"security": secured("digest")},
)
def digest_feed(request: Request, _caller: MayDigest, shown: Shown) -> Response:
    """The stories of the last editions, an entry each."""
    with shown.store() as store:
        editions = store.latest(FEED)
    base = str(request.base_url).rstrip("/")
    links = Links(f"{base}/digest.atom", f"{base}/v1/digests/{{date}}")
    data = feed(editions, shown.settings, links).encode()
    return _answer(request, data, "application/atom+xml", {})


def _answer(request: Request, data: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """``data``, or 304 where the client has it (RFC 9110, 13.1.2)."""
    etag = f'"{sha256(media_type.encode() + data).hexdigest()[:32]}"'
    headers = {**_HEADERS, **headers, "ETag": etag}
    if etag in _named(request):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def _named(request: Request) -> Iterator[str]:
    """Entity tags that the client has; weak ones count (RFC 9110, 8.8.3.2)."""
    named = ",".join(request.headers.getlist("if-none-match"))
    return (each.strip().removeprefix("W/") for each in named.split(","))


def _limit(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= MOST and len(text) < 4:
        return int(text)
    raise InvalidRequest([Mistake("limit", f"must be a number from 1 to {MOST}")])


def _item(edition: Edition) -> DigestItem:
    stories = edition.stories
    facts: dict[str, Any] = {
        "date": edition.date,
        "title": edition.title,
        "made": edition.made,
        "stories": len(stories),
        "minutes": edition.minutes,
        "headline": stories[0].headline.text if stories else None,
    }
    return DigestItem(url=f"/v1/digests/{edition.date.isoformat()}", **facts)
