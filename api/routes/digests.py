"""Routes for digest editions: list, one edition in the accepted format, Atom feed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from briefing.api.bodies import preferred
from briefing.api.openapi import (
    DIGEST_ANSWER,
    DIGEST_PROBLEMS,
    DIGESTS_ANSWER,
    FEED_ANSWER,
    LIMIT,
    TOKEN,
    problem_answers,
    secured,
)
from briefing.api.problems import EditionMissing, InvalidRequest, Mistake
from briefing.api.routes import MayDigest
from briefing.api.schemas import DigestItem, DigestsAnswer
from briefing.config import Settings
from briefing.digest import Edition
from briefing.digest.rendering import Links, feed, page_policy, render_edition
from briefing.options import EditionFormat

if TYPE_CHECKING:
    from briefing.digest.settings import DigestSettings
    from briefing.digest.store import Store

LATEST = "latest"
"""Stands for the date of the newest edition."""


class Digests:
    """The digest that the service shows; opens its store per request, to see new editions.

    Raises:
        ConfigError: on creation, if digest.toml is missing or invalid.
    """

    def __init__(self, path: Path | None) -> None:
        self._settings: DigestSettings | None = None
        if path:
            from briefing.digest.settings import load_digest_settings

            self._settings = load_digest_settings(path)

    @classmethod
    def of(cls, settings: Settings) -> "Digests":
        """Return the digest of the service's settings, which may be none."""
        return cls(settings.digest)

    @property
    def settings(self) -> "DigestSettings":
        """The settings of the digest.

        Raises:
            EditionMissing: no digest is configured.
        """
        if self._settings is None:
            raise EditionMissing(
                "This service has no digest; the operator can set one in `digest`."
            )
        return self._settings

    @contextmanager
    def store(self) -> Iterator["Store"]:
        """Open the store; a file that is not there yet is left to the digest's own user to make.

        Raises:
            EditionMissing: no digest is configured. StoreError: the store cannot be read.
        """
        from briefing.digest.store import Store, database_url

        place = self.settings.store
        url = database_url(place)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            place = _EMPTY
        with Store.open(place) as store:
            yield store


def day_of(text: str, store: "Store") -> date:
    """Return the date in a path, which may be "latest".

    Raises:
        EditionMissing: the date is invalid, or there is no edition yet.
    """
    if text == LATEST:
        days = store.editions()
        if not days:
            raise EditionMissing("There is no edition yet.")
        return days[0]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EditionMissing(
            f"Name an edition by its date, such as 2026-03-02, or as {LATEST}."
        ) from None


_EMPTY = "sqlite://"
"""A store in memory, without an edition."""
_MOST = 100
"""Maximum number of editions in a list."""
FEED = 14
"""Editions in the feed: two weeks, so that feed readers miss none while offline."""
_FORMATS: dict[str, EditionFormat] = {
    "application/json": "json",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/plain": "text",
    "application/epub+zip": "epub",
}
"""Media types of an edition, the default first."""

digests_router = APIRouter(tags=["digests"])


async def digests_of(request: Request) -> Digests:
    """Return the application's digest."""
    shown: Digests = request.app.state.digests
    return shown


Shown = Annotated[Digests, Depends(digests_of)]


@digests_router.get(
    "/v1/digests",
    summary="List editions of the digest",
    responses={200: DIGESTS_ANSWER, **problem_answers(*DIGEST_PROBLEMS, "invalid-request")},
    openapi_extra={"security": secured("digest"), "parameters": [LIMIT, TOKEN]},
)
def digests(request: Request, _caller: MayDigest, shown: Shown) -> DigestsAnswer:
    """Return up to ``limit`` editions (default 30), newest first."""
    limit = _limit(request.query_params.get("limit", "30"))
    with shown.store() as store:
        editions = store.latest(limit)
    return DigestsAnswer(digests=[_item(edition) for edition in editions])


@digests_router.get(
    "/v1/digests/{date}",
    summary="Get one edition",
    response_class=Response,
    responses={200: DIGEST_ANSWER, **problem_answers(*DIGEST_PROBLEMS, "not-acceptable")},
    openapi_extra={"security": secured("digest"), "parameters": [TOKEN]},
)
def digest(request: Request, date: str, _caller: MayDigest, shown: Shown) -> Response:
    """Return the edition of a date, or the latest, in the format of Accept."""
    media_type = preferred(request, tuple(_FORMATS))
    with shown.store() as store:
        edition = store.edition(day_of(date, store))
    if edition is None:
        raise EditionMissing(f"There is no edition of {date}.")
    # Relative, so that it leads there below the path of a proxy too.
    atom = f"../../digest.atom{_token_query(request)}"
    data = render_edition(edition, _FORMATS[media_type], shown.settings, atom=atom)
    headers = {"Vary": "Accept"}
    if media_type == "text/html":
        headers["Content-Security-Policy"] = page_policy(shown.settings.edition)
    return _answer(request, data, media_type, headers)


@digests_router.get(
    "/digest.atom",
    summary="The digest as an Atom feed",
    response_class=Response,
    responses={200: FEED_ANSWER, **problem_answers(*DIGEST_PROBLEMS)},
    openapi_extra={"security": secured("digest"), "parameters": [TOKEN]},
)
def digest_feed(request: Request, _caller: MayDigest, shown: Shown) -> Response:
    """Return the stories of the latest editions, one entry each."""
    with shown.store() as store:
        editions = store.latest(FEED)
    base = str(request.base_url).rstrip("/")
    query = _token_query(request)
    links = Links(f"{base}/digest.atom{query}", f"{base}/v1/digests/{{date}}{query}")
    data = feed(editions, shown.settings, links).encode()
    return _answer(request, data, "application/atom+xml", {})


def _token_query(request: Request) -> str:
    """Return the query with the request's token, "" if it has none: what follows a link of a feed
    or a page sends no header either.
    """
    token = request.query_params.get("token", "")
    return f"?token={quote(token)}" if token else ""


def _answer(request: Request, data: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Return ``data``, or status 304 if the client has it (RFC 9110, 13.1.2)."""
    etag = f'"{sha256(media_type.encode() + data).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", **headers, "ETag": etag}
    if etag in _known_tags(request):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def _known_tags(request: Request) -> Iterator[str]:
    """Yield the entity tags in If-None-Match, compared as weak ones (RFC 9110, 8.8.3.2)."""
    named = ",".join(request.headers.getlist("if-none-match"))
    return (each.strip().removeprefix("W/") for each in named.split(","))


def _limit(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= _MOST and len(text) < 4:
        return int(text)
    raise InvalidRequest([Mistake("limit", f"must be an integer from 1 to {_MOST}")])


def _item(edition: Edition) -> DigestItem:
    stories = edition.stories
    return DigestItem(
        date=edition.date,
        title=edition.title,
        made=edition.made,
        stories=len(stories),
        minutes=edition.minutes,
        headline=stories[0].headline.text if stories else None,
        url=f"/v1/digests/{edition.date.isoformat()}",
    )
