"""Fetch sources of every kind, with errors isolated per source; conditional requests.

`FetchState` is the state of a source between runs.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from briefing.digest import Item, Source, SourceProblem
from briefing.digest.settings import FetchTable, Logins
from briefing.digest.sources.configured import guard_for
from briefing.digest.sources.entry import article_url, content_id, distinct
from briefing.digest.sources.feed import Feed, feed_links, parse_feed
from briefing.digest.sources.files import (
    Page,
    completed,
    has_lines,
    item_from,
    list_folder,
    read_file,
    read_given,
    read_lines,
    read_page,
)
from briefing.digest.sources.web import (
    FEED_TYPES,
    MAX_WAIT,
    PAGE_TYPES,
    Answer,
    Robots,
    Web,
    origin,
)
from briefing.errors import (
    BriefingError,
    FetchRefused,
    InputError,
    NotAFeed,
    SourceError,
    Transient,
)
from briefing.reading.fetch import readable_url
from briefing.reading.isolated import IsolatedReader, ReadLimits


@dataclass(frozen=True, slots=True)
class FetchState:
    """The stored state of a source; the default is one that was never read.

    ``location`` is that of the source when last read: a changed location resets the state.
    ``moved_to`` is the target of permanent redirects. ``etag`` and ``last_modified`` are the
    server's validators (RFC 9110), ``digest`` the SHA-256 of the last body (of a folder: of its
    listing). A source is not requested before ``retry_after``. ``failures`` counts failures since
    the last success, the first of them at ``failing_since``; ``error`` is the last message. All
    times are aware and UTC.
    """

    location: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    moved_to: str | None = None
    last_success: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_after: datetime | None = None
    error: str | None = None

    def failed(
        self, error: str, now: datetime, retry_after: datetime | None = None
    ) -> "FetchState":
        """The state after another failure."""
        return replace(
            self,
            failures=self.failures + 1,
            failing_since=self.failing_since or now,
            retry_after=retry_after,
            error=error,
        )

    def succeeded(self, now: datetime) -> "FetchState":
        """The state after a success, with the same validators."""
        return replace(
            self, last_success=now, failures=0, failing_since=None, retry_after=None, error=None
        )


@dataclass(frozen=True, slots=True)
class SourceResult:
    """The result of one attempt to read a source.

    Store ``state`` in the same transaction as ``items``: it marks them as seen. ``unchanged``
    means that there is nothing new since ``state``. ``error`` says what went wrong and what to do;
    None for success. ``waiting`` means that the source was not requested because of
    ``state.retry_after``; the error is the earlier one. ``warnings`` are non-fatal problems.
    ``complete_to`` is set if what came after it was not read whole: the next run reads it again.
    """

    source: Source
    state: FetchState
    items: tuple[Item, ...] = ()
    unchanged: bool = False
    waiting: bool = False
    error: str | None = None
    warnings: tuple[str, ...] = ()
    complete_to: datetime | None = None

    @property
    def problem(self) -> SourceProblem | None:
        """The failure as reported in an edition; None for success."""
        if self.error is None or self.state.failing_since is None:
            return None
        return SourceProblem(
            self.source.name, self.error, self.state.failing_since, self.state.failures
        )


READ_LIMITS = ReadLimits(seconds=60.0, memory=600_000_000)
"""Limits for parsing one feed or page in an isolated process."""
MAX_PARTS = 5
"""Maximum number of further parts of a feed that are read in one run."""
_FIRST = timedelta(hours=24)
"""What a source covers that is read for the first time."""
_PARTS_AGAIN = timedelta(days=14)
"""How long a part that fails is asked for again: a source that it fails for ever goes on."""
_BROKEN_OFF = "The compressed response broke off; what came before was read. Try again later"
MAX_WARNINGS = 20
"""Maximum number of warnings reported per source."""


class Fetcher:
    """Reads sources and pages. An async context manager.

    Calls may run concurrently: the fetcher limits the request rate per host and the number of
    concurrent hosts.

    Args:
        settings: rate and size limits, and the addresses allowed.
        now: the time of the run, an upper bound on article times; default: the current time.
        stdin: the input of a source of kind ``stdin``.
        processes: number of parser processes, started on first use.
        logins: headers of the sources that need some.
    """

    def __init__(
        self,
        settings: FetchTable,
        *,
        now: datetime | None = None,
        stdin: bytes | None = None,
        processes: int = 2,
        logins: Logins | None = None,
    ) -> None:
        self._settings = settings
        self._now = now or datetime.now(UTC)
        self._stdin = stdin
        self._processes = processes
        self._web = Web(settings, guard_for(settings), logins)
        self._robots = Robots(self._web)
        self._paused_origins: set[str] = set()
        self._reader: IsolatedReader | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._web.__aenter__()
        return self

    async def __aexit__(self, *exc: Any) -> None:
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)
        await self._web.__aexit__(*exc)

    async def source(self, source: Source, state: FetchState | None = None) -> SourceResult:
        """Read ``source``, given its ``state`` after the last attempt.

        A `BriefingError` is returned in the result, never raised.
        """
        state = _current(source, state)
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
        return replace(result, state=result.state.succeeded(result.complete_to or self._now))

    async def find_feed(self, url: str) -> str:
        """The address of the feed at ``url``, or of one that the page there names.

        Raises:
            FetchError: it cannot be fetched. NotAFeed: it is no feed, and names none.
        """
        answer = await self._get_feed(url)
        try:
            await self._parse(answer)
        except NotAFeed as error:
            job = partial(feed_links, answer.content, answer.url, answer.charset)
            named: list[str] = await self._isolated(job)
            for link in named[:MAX_PARTS]:
                with suppress(InputError):
                    await self._parse(await self._get_feed(link))
                    return link
            raise error
        return answer.moved_to or url

    async def page(self, item: Item) -> Item:
        """Complete ``item`` with the full text of its page; a teaser if it has no page.

        Raises:
            FetchError: the page cannot be fetched, or robots.txt disallows it. InputError: it
                cannot be read, or has another text or less of it.
        """
        if item.url is None:
            return replace(item, extent="teaser")
        if not await self._allowed(item.url):
            raise FetchRefused(
                "robots.txt disallows the page. If it does so every day, turn fetch.pages off"
            )
        answer = await self._get_page(item.url)
        return completed(item, await self._read_page(answer), self._now)

    async def _allowed(self, url: str) -> bool:
        """Whether robots.txt allows ``url``, or is ignored by the settings."""
        return not self._settings.robots or await self._robots.allow(url)

    async def _get_page(self, url: str) -> Answer:
        """GET a page, unless a Retry-After of its site is longer than a run may wait."""
        if origin(url) in self._paused_origins:
            raise Transient(f"{readable_url(url)}: too many requests. Try again later")
        try:
            return await self._web.get(url, self._settings.max_page, headers={"Accept": PAGE_TYPES})
        except Transient as error:
            if error.wait and error.wait > MAX_WAIT:
                self._paused_origins.add(origin(url))
            raise

    async def _feed(self, source: Source, state: FetchState) -> SourceResult:
        answer = await self._get(source, state, self._settings.max_feed, FEED_TYPES)
        after = _updated(state, answer)
        if answer.unchanged or after.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        feed = await self._parse(answer)
        since = state.last_success or self._now - _FIRST
        several, warnings, whole = await self._all_parts(feed, answer.url, since)
        if feed.parts or not whole:  # the parts change, or come, while the first one does not
            after = replace(after, etag=None, last_modified=None, digest=None)
        complete_to = None if whole else max(since, self._now - _PARTS_AGAIN)
        items, most = distinct(several), self._settings.most_entries
        if len(items) > most:
            warnings += (
                f"It has {len(items):,} entries, of which the newest {most:,} were read. To read "
                "more, raise fetch.most_entries",
            )
            items = _newest(items, most)
        return SourceResult(source, after, items, warnings=warnings, complete_to=complete_to)

    async def _get_feed(self, url: str) -> Answer:
        return await self._web.get(url, self._settings.max_feed, headers={"Accept": FEED_TYPES})

    async def _parse(self, answer: Answer) -> Feed:
        job = partial(parse_feed, answer.content, answer.url, self._now, answer.charset)
        feed: Feed = await self._isolated(job)
        if answer.whole:
            return feed
        return replace(feed, warnings=(*feed.warnings, _BROKEN_OFF))

    async def _all_parts(
        self, feed: Feed, url: str, since: datetime
    ) -> tuple[list[Item], tuple[str, ...], bool]:
        """The items and warnings of a feed and of its further parts, `MAX_PARTS` at most.

        The next part is read only while all items of the last one are newer than ``since``. A part
        that cannot be read is told by a warning; the last result is false if one of them may be
        read later.
        """
        items, warnings, whole = list(feed.items), feed.warnings, True
        seen, todo = {url}, [*feed.parts]
        while len(seen) <= MAX_PARTS and len(items) <= self._settings.most_entries:
            if feed.following and _all_after(feed.items, since):
                todo.append(feed.following)
            todo = [each for each in todo if each not in seen]
            if not todo:
                break
            seen.add(todo[0])
            try:
                feed = await self._parse(await self._get_feed(todo[0]))
                whole = whole and _BROKEN_OFF not in feed.warnings
            except InputError as error:
                feed = Feed(None, (), (f"A further part of the feed was not read: {error}",))
                whole = whole and not isinstance(error, Transient)
            items += feed.items
            warnings += feed.warnings
        return items, warnings, whole

    async def _page_source(self, source: Source, state: FetchState) -> SourceResult:
        if not await self._allowed(source.location):
            raise FetchRefused(
                f"robots.txt disallows {readable_url(source.location)}. Ask the site for "
                "permission, or remove the source"
            )
        answer = await self._get(source, state, self._settings.max_page, PAGE_TYPES)
        after = _updated(state, answer)
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
        errors: list[str] = []
        for path in listing.paths:
            try:
                items.append(await self._isolated(partial(read_file, path, folder, self._now)))
            except InputError as error:
                errors.append(f"{path.relative_to(folder)}: {error}")
        if errors and not items:
            raise SourceError(f"No file in {folder} could be read; first error: {errors[0]}")
        return SourceResult(source, after, distinct(items), warnings=_shortened(errors))

    async def _jsonl(self, source: Source, state: FetchState) -> SourceResult:
        path = Path(source.location)
        data = await asyncio.to_thread(read_given, path)
        return await self._from_bytes(source, state, data)

    async def _standard_input(self, source: Source, state: FetchState) -> SourceResult:
        if not (self._stdin or b"").strip():
            raise SourceError("Standard input is empty. Pipe articles in, or remove the source")
        return await self._from_bytes(source, state, self._stdin or b"")

    async def _from_bytes(self, source: Source, state: FetchState, data: bytes) -> SourceResult:
        """Read JSON Lines, or a single article from standard input."""
        after = replace(state, digest=sha256(data).hexdigest())
        if after.digest == state.digest:
            return SourceResult(source, after, unchanged=True)
        if source.kind == "stdin" and not has_lines(data):
            page: Page = await self._isolated(partial(read_page, data, None, None, ""))
            item = item_from(replace(page.article, url=None), "", self._now)
            item = replace(item, guid=content_id(item.title, item.body))
            return SourceResult(source, after, (item,))
        items, errors = await asyncio.to_thread(read_lines, data, self._now)
        if errors and not items:
            raise SourceError(f"No line of {source.name} could be read; first error: {errors[0]}")
        return SourceResult(source, after, distinct(items), warnings=_shortened(errors))

    async def _get(self, source: Source, state: FetchState, limit: int, types: str) -> Answer:
        """Conditional GET with the validators in ``state``."""
        headers = {"Accept": types}
        if state.etag:
            headers["If-None-Match"] = state.etag
        if state.last_modified:
            headers["If-Modified-Since"] = state.last_modified
        return await self._web.get(state.moved_to or source.location, limit, headers=headers)

    async def _read_page(self, answer: Answer) -> Page:
        """Read a page. Of one that broke off nothing is taken: it would end in mid-sentence."""
        if not answer.whole:
            raise Transient(
                f"The compressed response of {readable_url(answer.url)} broke off. Try again later"
            )
        job = partial(read_page, answer.content, answer.content_type, answer.charset, answer.url)
        page: Page = await self._isolated(job)
        return page

    async def _isolated(self, job: Callable[[], Any]) -> Any:
        """Run ``job`` in a process with time and memory limits and return its result."""
        async with self._starting:
            if self._reader is None:
                reader = IsolatedReader(READ_LIMITS, self._processes)
                await asyncio.to_thread(reader.start)
                self._reader = reader
        return await self._reader.read(job)

    def _failure(self, source: Source, state: FetchState, error: BriefingError) -> SourceResult:
        wait = error.wait if isinstance(error, Transient) else None
        # A shorter pause was already waited for; the next run may try again.
        later = self._now + timedelta(seconds=wait) if wait and wait > MAX_WAIT else None
        message = str(error)
        if state.moved_to and not isinstance(error, Transient):
            # The redirect target fails too: the next run tries the original address.
            state = replace(state, moved_to=None, etag=None, last_modified=None)
        return SourceResult(source, state.failed(message, self._now, later), error=message)


def _newest(items: Sequence[Item], most: int) -> tuple[Item, ...]:
    """The newest items, in their order; those without a date count as new, the first first."""
    dated = sorted(
        range(len(items)),
        key=lambda place: (
            items[place].published is not None,
            -(each.timestamp() if (each := items[place].published) else 0.0),
            place,
        ),
    )
    return tuple(items[place] for place in sorted(dated[:most]))


def _all_after(items: Sequence[Item], since: datetime) -> bool:
    """Whether all items have a date after ``since``, and there are any."""
    return bool(items) and all(item.published and item.published > since for item in items)


def _current(source: Source, state: FetchState | None) -> FetchState:
    """The state, reset if the location of the source has changed."""
    if state is None or state.location not in {None, source.location}:
        state = FetchState()
    return replace(state, location=source.location)


def _updated(state: FetchState, answer: Answer) -> FetchState:
    """The state with the validators of an answer; a 304 confirms the old digest."""
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


def _shortened(errors: Sequence[str]) -> tuple[str, ...]:
    if len(errors) <= MAX_WARNINGS:
        return tuple(errors)
    return (*errors[:MAX_WARNINGS], f"and {len(errors) - MAX_WARNINGS} more")
