"""Sources: read feeds, pages, folders and JSON Lines into items with clean text.

`Fetcher` reads them within rate and size limits; `FetchState` is the state of a source that is
stored between runs. `discover_feed` and `check_source` try sources out: is there a feed at an
address, or on the page there; what does a source give.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from briefing.digest import Source
from briefing.digest.settings import FetchTable, Logins
from briefing.digest.sources.configured import (
    add_source,
    configured_sources,
    export_opml,
    import_opml,
    read_opml,
    remove_source,
    table_source,
    with_outlines,
)
from briefing.digest.sources.entry import has_scheme, source_url
from briefing.digest.sources.fetcher import Fetcher, FetchState, SourceResult
from briefing.errors import FetchError, NotAFeed, SourceError

__all__ = [
    "Check",
    "FetchState",
    "Fetcher",
    "NotAFeed",
    "SourceError",
    "SourceResult",
    "add_source",
    "check_source",
    "configured_sources",
    "discover_feed",
    "export_opml",
    "import_opml",
    "read_opml",
    "remove_source",
    "table_source",
    "with_outlines",
]


def discover_feed(location: str, settings: FetchTable) -> str:
    """The address of the feed that ``location`` means: its own, or one that its page names.

    Without a scheme, https is tried before http. Not for use inside a running event loop.

    Raises:
        FetchError: it cannot be fetched. NotAFeed: it is no feed, and names none.
    """
    return asyncio.run(_discover(location, settings))


async def _discover(location: str, settings: FetchTable) -> str:
    bare = not has_scheme(location)
    first, *others = (
        [f"{scheme}://{location}" for scheme in ("https", "http")] if bare else [location]
    )
    async with Fetcher(settings, processes=1) as fetcher:
        try:
            return await fetcher.find_feed(source_url(first))
        except FetchError:
            for other in others:
                with suppress(FetchError):
                    return await fetcher.find_feed(source_url(other))
            raise


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking a source; ``message`` is one line.

    ``newest`` is the publication time of the latest article, ``moved_to`` the new address of a
    source that has moved permanently.
    """

    source: Source
    ok: bool
    message: str
    items: int = 0
    newest: datetime | None = None
    moved_to: str | None = None
    warnings: tuple[str, ...] = ()


def check_source(
    source: Source,
    settings: FetchTable,
    *,
    stdin: bytes | None = None,
    logins: Logins | None = None,
) -> Check:
    """Read ``source`` once and report its state. Not for use inside a running event loop."""
    return asyncio.run(_check(source, settings, stdin, logins))


async def _check(
    source: Source, settings: FetchTable, stdin: bytes | None, logins: Logins | None
) -> Check:
    async with Fetcher(settings, stdin=stdin, processes=1, logins=logins) as fetcher:
        result = await fetcher.source(source)
    if result.error is not None:
        return Check(source, False, result.error)
    times = [item.published for item in result.items if item.published]
    teasers = sum(item.extent == "teaser" for item in result.items)
    return Check(
        source,
        ok=True,
        message=_message(len(result.items), teasers, result.state.moved_to),
        items=len(result.items),
        newest=max(times, default=None),
        moved_to=result.state.moved_to,
        warnings=result.warnings,
    )


def _message(items: int, teasers: int, moved_to: str | None) -> str:
    if not items:
        return "It can be read, but has no articles at the moment"
    message = f"{items} article{'s' if items != 1 else ''}"
    if teasers:
        message += f", {teasers} of them only as a teaser"
    return f"{message}. It has moved permanently: use {moved_to}" if moved_to else message
