"""Trying a source: is it there, what does it give, what should be done about it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from briefing.digest.records import Source
from briefing.digest.settings import FetchTable
from briefing.digest.sources.fetcher import Fetcher


@dataclass(frozen=True, slots=True)
class Check:
    """How a source is: ``message`` in one line, ``items`` it has, ``teasers`` among them.

    ``newest`` is when its latest article was published, ``moved_to`` the address that it should
    be given with.
    """

    source: Source
    ok: bool
    message: str
    items: int = 0
    teasers: int = 0
    newest: datetime | None = None
    moved_to: str | None = None
    warnings: tuple[str, ...] = ()


def check_source(source: Source, settings: FetchTable, *, stdin: bytes | None = None) -> Check:
    """Read ``source`` once and say how it is. Not for use inside a running event loop."""
    return asyncio.run(_check(source, settings, stdin))


async def _check(source: Source, settings: FetchTable, stdin: bytes | None) -> Check:
    async with Fetcher(settings, stdin=stdin, processes=1) as fetcher:
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
        teasers=teasers,
        newest=max(times, default=None),
        moved_to=result.state.moved_to,
        warnings=result.warnings,
    )


def _message(items: int, teasers: int, moved_to: str | None) -> str:
    if not items:
        return "It can be read, and has no article at the moment"
    said = f"{items} article{'s' if items != 1 else ''}"
    if teasers:
        said += f", {teasers} of them only as a teaser"
    return f"{said}. It has moved for good: give {moved_to}" if moved_to else said
