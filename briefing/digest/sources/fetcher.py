"""Every kind of source, read once in a run; nothing that a source does stops the others."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from briefing.digest.records import Item, Source
from briefing.digest.settings import FetchTable
from briefing.digest.sources.access import guard_for
from briefing.digest.sources.entry import content_id, distinct
from briefing.digest.sources.errors import SourceError, Transient
from briefing.digest.sources.feed import Feed, parse_feed
from briefing.digest.sources.files import (
    has_lines,
    list_folder,
    read_file,
    read_given,
    read_lines,
)
from briefing.digest.sources.hosts import origin
from briefing.digest.sources.pages import Page, completed, item_from, read_page
from briefing.digest.sources.robots import Robots
from briefing.digest.sources.state import FetchState, SourceResult
from briefing.digest.sources.urls import article_url, shown
from briefing.digest.sources.web import FEED_TYPES, MAX_WAIT, PAGE_TYPES, Answer, Web
from briefing.errors import BriefingError, FetchError, FetchRefused, InputError
from briefing.read.guard import Guard
from briefing.read.isolated import IsolatedReader, ReadLimits

READ_LIMITS = ReadLimits(seconds=60.0, memory=600_000_000)
"""What reading one feed or page may take, in a process of its own."""
MAX_WARNINGS = 20
"""Faults of one source that are told."""


class Fetcher:
    """Reads sources and pages. An async context manager.

    Any number of them may be asked for at once: how often a host is asked, and how many hosts at
    the same time, is seen to here.

    Args:
        settings: politeness and limits.
        guard: which addresses may be reached; by default what the settings say.
        now: the run's time, which no article is newer than; by default the current time.
        stdin: what a source of kind ``stdin`` reads.
        processes: how many read feeds and pages beside this one, once there is something to read.
    """

    def __init__(
        self,
        settings: FetchTable,
        guard: Guard | None = None,
        *,
        now: datetime | None = None,
        stdin: bytes | None = None,
        processes: int = 2,
    ) -> None:
        self._settings = settings
        self._now = now or datetime.now(UTC)
        self._stdin = stdin
        self._processes = processes
        self._web = Web(settings, guard or guard_for(settings))
        self._robots = Robots(self._web)
        self._resting: set[str] = set()
        self._reader: IsolatedReader | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._web.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)
        await self._web.__aexit__(kind, error, trace)

    async def source(self, source: Source, state: FetchState | None = None) -> SourceResult:
        """What ``source`` has now, given its ``state`` of last time.

        A failure is in the result, never raised.
        """
        state = _of(source, state)
        if state.retry_after and state.retry_after > self._now:
            return SourceResult(source, state, waiting=True, error=state.error)
        readers = {
            "feed": self._feed,
            "page": self._page_source,
            "folder": self._folder,
            "jsonl": self._jsonl,
            "stdin": self._standard_input,
        }
        try:
            result = await readers[source.kind](source, state)
        except BriefingError as error:
            return self._failure(source, state, error)
        return replace(result, state=result.state.succeeded(self._now))

    async def page(self, item: Item) -> Item:
        """``item`` with the whole text of its page; marked as a teaser where there is no more.

        Raises:
            FetchError: the page cannot be had. InputError: it cannot be read.
        """
        if item.url is None:
            return replace(item, extent="teaser")
        if self._settings.robots and not await self._robots.allow(item.url):
            return replace(item, extent="teaser")
        answer = await self._get_page(item.url)
        return completed(item, await self._read_page(answer), self._now)

    async def _get_page(self, url: str) -> Answer:
        """GET a page, unless its site has asked to be left alone for longer than a run may wait."""
        if origin(url) in self._resting:
            raise FetchError(f"{shown(url)}: the site wants fewer requests. Try again later")
        try:
            return await self._web.get(url, self._settings.max_page, headers={"Accept": PAGE_TYPES})
        except Transient as error:
            if error.wait and error.wait > MAX_WAIT:
                self._resting.add(origin(url))
            raise

    async def _feed(self, source: Source, state: FetchState) -> SourceResult:
        answer = await self._ask(source, state, self._settings.max_feed, FEED_TYPES)
        after = _after(state, answer)
        if answer.unchanged or after.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        job = partial(parse_feed, answer.content, answer.url, self._now, answer.charset)
        feed: Feed = await self._isolated(job)
        return SourceResult(source, after, feed.items, warnings=feed.warnings)

    async def _page_source(self, source: Source, state: FetchState) -> SourceResult:
        if self._settings.robots and not await self._robots.allow(source.location):
            raise FetchRefused(
                f"The robots.txt of {shown(source.location)} does not let programs read it. Ask "
                "the site, or remove the source"
            )
        answer = await self._ask(source, state, self._settings.max_page, PAGE_TYPES)
        after = _after(state, answer)
        if answer.unchanged or after.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        page = await self._read_page(answer)
        url = article_url(source.location) or source.location
        item = item_from(page.article, url, self._now, "teaser" if page.walled else "full")
        return SourceResult(source, after, (replace(item, url=url),))

    async def _folder(self, source: Source, state: FetchState) -> SourceResult:
        folder = Path(source.location)
        listing = await asyncio.to_thread(list_folder, folder)
        after = replace(state, digest=listing.digest)
        if listing.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        items: list[Item] = []
        faults: list[str] = []
        for path in listing.paths:
            try:
                items.append(await self._isolated(partial(read_file, path, folder, self._now)))
            except InputError as error:
                faults.append(f"{path.relative_to(folder)}: {error}")
        if faults and not items:
            raise SourceError(f"No file in {folder} could be read; the first: {faults[0]}")
        return SourceResult(source, after, distinct(items), warnings=_shortened(faults))

    async def _jsonl(self, source: Source, state: FetchState) -> SourceResult:
        path = Path(source.location)
        data = await asyncio.to_thread(read_given, path)
        return await self._given(source, state, data)

    async def _standard_input(self, source: Source, state: FetchState) -> SourceResult:
        if not (self._stdin or b"").strip():
            raise SourceError("Standard input is empty. Pipe articles in, or remove the source")
        return await self._given(source, state, self._stdin or b"")

    async def _given(self, source: Source, state: FetchState, data: bytes) -> SourceResult:
        """Items of JSON Lines, or the one article that standard input may be."""
        after = replace(state, digest=sha256(data).hexdigest())
        if after.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        if source.kind == "stdin" and not has_lines(data):
            page: Page = await self._isolated(partial(read_page, data, None, None, ""))
            item = item_from(replace(page.article, url=None), "", self._now)
            item = replace(item, guid=content_id(item.title, item.body))
            return SourceResult(source, after, (item,))
        items, faults = await asyncio.to_thread(read_lines, data, self._now)
        if faults and not items:
            raise SourceError(f"No line of {source.name} could be read; the first: {faults[0]}")
        return SourceResult(source, after, distinct(items), warnings=_shortened(faults))

    async def _ask(self, source: Source, state: FetchState, limit: int, types: str) -> Answer:
        """GET what may have changed since ``state``."""
        headers = {"Accept": types}
        if state.etag:
            headers["If-None-Match"] = state.etag
        if state.last_modified:
            headers["If-Modified-Since"] = state.last_modified
        return await self._web.get(state.moved_to or source.location, limit, headers=headers)

    async def _read_page(self, answer: Answer) -> Page:
        job = partial(read_page, answer.content, answer.content_type, answer.charset, answer.url)
        page: Page = await self._isolated(job)
        return page

    async def _isolated(self, job: Callable[[], Any]) -> Any:
        """What ``job`` returns in a process whose time and memory are bounded."""
        async with self._starting:
            if self._reader is None:
                reader = IsolatedReader(READ_LIMITS, self._processes)
                await asyncio.to_thread(reader.start)
                self._reader = reader
        return await self._reader.read(job)

    def _failure(self, source: Source, state: FetchState, error: BriefingError) -> SourceResult:
        wait = error.wait if isinstance(error, Transient) else None
        # A shorter pause was waited for already, in vain: the next run may ask again.
        later = self._now + timedelta(seconds=wait) if wait and wait > MAX_WAIT else None
        message = str(error)
        if state.moved_to and not isinstance(error, Transient):
            # What it had moved to is not good either: the next run asks where it was.
            state = replace(state, moved_to=None, etag=None, last_modified=None)
        return SourceResult(source, state.failed(message, self._now, later), error=message)


def _of(source: Source, state: FetchState | None) -> FetchState:
    """The state, if it is of where the source is now."""
    if state is None or state.location not in {None, source.location}:
        state = FetchState()
    return replace(state, location=source.location)


def _after(state: FetchState, answer: Answer) -> FetchState:
    """The state with what an answer says of itself; one without content confirms the old."""
    moved_to = answer.moved_to or state.moved_to
    if answer.unchanged:
        return replace(
            state,
            moved_to=moved_to,
            etag=answer.etag or state.etag,
            last_modified=answer.last_modified or state.last_modified,
        )
    return replace(
        state,
        moved_to=moved_to,
        etag=answer.etag,
        last_modified=answer.last_modified,
        digest=sha256(answer.content).hexdigest(),
    )


def _shortened(faults: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    if len(faults) <= MAX_WARNINGS:
        return tuple(faults)
    return (*faults[:MAX_WARNINGS], f"and {len(faults) - MAX_WARNINGS} more")
