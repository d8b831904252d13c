"""Pipeline steps of a run: fetch, cluster, select, brief, compose, deliver.

Each step stores its results as they come, so that a run that was killed can resume.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Protocol

from briefing.briefer import GROUP
from briefing.digest import Edition, Item, Story, StoryBrief
from briefing.digest.edition import choose_stories, compose, rank_stories, wanted_items
from briefing.digest.grouping import HORIZON, Grouper, Known, in_order, is_current, signature
from briefing.digest.settings import DigestSettings, Logins, SourceTable
from briefing.digest.sources import Fetcher, SourceResult
from briefing.digest.sources.web import MAX_FAILURES, origin
from briefing.digest.store import Store
from briefing.digest.store.articles import content_hash, take_in
from briefing.digest.store.editions import (
    EditionRow,
    SourceRow,
    Step,
    advance,
    fetched,
    find_edition,
    keep_document,
    record_fetch,
    source_problems,
    source_warnings,
    to_fetch,
)
from briefing.digest.store.pages import (
    Wanted,
    failed_pages,
    failures_in_a_row,
    record_page,
    want_pages,
    wanted_pages,
)
from briefing.digest.store.stories import (
    Placed,
    briefs_of,
    decide_news,
    decide_nothing_new,
    drop_signatures,
    failures_of,
    keep_placements,
    keep_signatures,
    last_story,
    news_count,
    placed,
    record_brief,
    record_choice,
    revised,
    stories_in_news,
    stories_of,
    to_brief,
    told_before,
    told_versions,
    undecided,
    unplaced,
    unsigned,
)
from briefing.digest.telling import StoryBriefers
from briefing.digest.telling.changes import compare, furniture_of
from briefing.errors import BriefingError, Transient

_log = logging.getLogger("briefing.digest")


class Progress(Protocol):
    """Receives the progress of a run."""

    def step(self, name: str, total: int | None) -> None:
        """Begin a step of ``total`` items; None if the number is unknown."""

    def advance(self, count: int = 1) -> None:
        """Report ``count`` items as done."""


class Silent:
    """A `Progress` that ignores all updates."""

    def step(self, name: str, total: int | None) -> None:
        """See `Progress`."""

    def advance(self, count: int = 1) -> None:
        """See `Progress`."""


@dataclass(frozen=True, slots=True)
class Work:
    """Context of a run: the edition in progress, and what creates the story briefer when needed."""

    store: Store
    settings: DigestSettings
    edition: EditionRow
    progress: Progress
    briefers: StoryBriefers
    stdin: bytes | None = None

    @property
    def keep(self) -> timedelta:
        """Retention period of articles."""
        return timedelta(days=self.settings.keep_days)

    def table_of(self, source: str) -> SourceTable | None:
        """The settings of the source with that name; None for a feed of an outline."""
        return next((each for each in self.settings.sources if each.shown_name == source), None)


def log(event: str, **fields: Any) -> None:
    """Log an event of the run with its fields."""
    _log.info(event, extra={"fields": fields})


def warn(event: str, **fields: Any) -> None:
    """Log an error that the run recovered from."""
    _log.warning(event, extra={"fields": fields})


def fetch_sources(work: Work) -> None:
    """Fetch the sources not yet fetched for this edition."""
    with work.store.reading() as connection:
        rows = to_fetch(connection, work.edition.id)
    work.progress.step("sources", len(rows))
    if rows:
        asyncio.run(_fetch_all(work, rows))
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.FETCHED)


async def _fetch_all(work: Work, rows: Iterable[SourceRow]) -> None:
    async with _fetcher(work) as fetcher:
        await _all(_fetch(work, fetcher, row) for row in rows)


async def _all(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all jobs at once; the first error, such as a full disk, ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _fetch(work: Work, fetcher: Fetcher, row: SourceRow) -> None:
    try:
        result = await fetcher.source(row.source, row.state)
        if table := work.table_of(row.source.name):
            result = replace(result, items=wanted_items(result.items, table))
    except Exception as error:
        result = _internal_error(work, row, error)
    with work.store.writing() as connection:
        record_fetch(connection, work.edition.id, row.id, result, work.edition.made)
    work.progress.advance()
    report = warn if result.error else log
    report("source", source=row.source.name, items=len(result.items), error=result.error)


def _internal_error(work: Work, row: SourceRow, error: Exception) -> SourceResult:
    """The result for a source that raised an unexpected error, so that the run continues."""
    _log.error("unexpected error reading %s", row.source.name, exc_info=error)
    message = (
        f"{type(error).__name__} while reading the source: {error}; please report it with the "
        "source's address"
    )
    return SourceResult(row.source, row.state.failed(message, work.edition.made), error=message)


def take_in_articles(work: Work) -> None:
    """Store the fetched items as articles, in the order of the configured sources, and mark pages.

    In order of response, article ids would depend on server speed, and a resumed run could make a
    different edition.
    """
    work.progress.step("articles", None)
    count, fetch = 0, work.settings.fetch
    with work.store.writing() as connection:
        for result in fetched(connection, work.edition.id):
            new = take_in(connection, result, work.edition, keep=work.keep)
            work.progress.advance(new)
            count += new
        want_pages(connection, work.edition, fetch.most_pages if fetch.pages else 0)
        advance(connection, work.edition.id, Step.TAKEN)
    log("articles", new=count)


def read_pages(work: Work) -> None:
    """Fetch the pages of articles of which the sources give only a teaser."""
    with work.store.reading() as connection:
        pages = wanted_pages(connection)
    work.progress.step("pages", len(pages))
    if pages:
        asyncio.run(_read_pages(work, pages))
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.READ)


async def _read_pages(work: Work, pages: Iterable[Wanted]) -> None:
    hosts: dict[str, list[Wanted]] = {}
    for page in pages:
        hosts.setdefault(origin(page.url), []).append(page)
    with work.store.reading() as connection:
        failures = failures_in_a_row(connection, work.edition)
    async with _fetcher(work) as fetcher:
        await _all(
            _read_host(work, fetcher, wanted, failures[host]) for host, wanted in hosts.items()
        )


async def _read_host(work: Work, fetcher: Fetcher, pages: Sequence[Wanted], failures: int) -> None:
    """Read the pages of one host, in order, until it has failed several times in a row.

    A host that answers has not failed, though it has no such page, or one that is no article.
    """
    for page in pages:
        if failures >= MAX_FAILURES:
            _record_page(
                work, page, None, f"Its host was asked no more, after {failures} failures in a row"
            )
        else:
            failures = 0 if await _read_page(work, fetcher, page) else failures + 1


async def _read_page(work: Work, fetcher: Fetcher, page: Wanted) -> bool:
    """Read a page; whether its host answered."""
    item, message, answered = None, None, True
    try:
        item = await fetcher.page(page.item)
    except BriefingError as error:
        message, answered = str(error), not isinstance(error, Transient)
    except Exception as error:
        _log.error("unexpected error reading a page", exc_info=error)
        message = f"{type(error).__name__}: {error}"
    _record_page(work, page, item, message, answered=answered)
    return answered


def _record_page(
    work: Work, page: Wanted, item: Item | None, message: str | None, *, answered: bool = False
) -> None:
    with work.store.writing() as connection:
        record_page(connection, page.url, item, message, work.edition, answered=answered)
    work.progress.advance()
    if message:
        warn("page", url=page.url, error=message)


def _fetcher(work: Work) -> Fetcher:
    logins = Logins(work.settings.sources)
    return Fetcher(work.settings.fetch, now=work.edition.made, stdin=work.stdin, logins=logins)


_SIGNATURE_BATCH = 200
"""Articles whose signatures are stored in one transaction."""


def group_articles(work: Work) -> None:
    """Assign every new article to a story, in one transaction.

    Signatures, which take most of the time, depend on nothing else and are stored as computed.
    """
    since, until = work.edition.since, work.edition.until
    after = since - HORIZON
    _decide_revisions(work)
    _drop_stale_signatures(work)
    _sign(work)
    with work.store.reading() as connection:
        found = (*unplaced(connection, after, until), *revised(connection, since, until))
        new = {article.id: (article, mark) for article, mark in found}
        known = (
            [each for each in placed(connection, after) if each.article not in new] if new else []
        )
        newest = last_story(connection)
    work.progress.step("stories", len(new))
    grouper = Grouper(map(_known, known))
    placements: list[tuple[int, int | None, int]] = []
    opened = 0
    for article in in_order(article for article, _ in new.values()):
        placement = grouper.add(article, new[article.id][1])
        story = placement.story
        if story is None:
            opened += 1
            story = newest + opened
            grouper.place(article.id, story)
        placements.append((article.id, placement.duplicate_of, story))
        work.progress.advance()
    with work.store.writing() as connection:
        keep_placements(connection, work.edition.made, opened, placements)
        advance(connection, work.edition.id, Step.GROUPED)
    copies = sum(copied is not None for _, copied, _ in placements)
    log("stories", articles=len(placements), copies=copies, new_stories=opened)


def _decide_revisions(work: Work) -> None:
    """Find out which new versions of articles say something new: these are news again."""
    with work.store.writing() as connection:
        by_source = sorted(undecided(connection), key=lambda each: each.source)
        for _, found in groupby(by_source, key=lambda each: each.source):
            revisions = list(found)
            furniture = furniture_of([(each.old, each.new) for each in revisions])
            for each in revisions:
                compared = compare(each.old, each.new, furniture)
                if compared.said:
                    decide_news(connection, each, compared.kind, new=compared.rewritten)
                else:
                    decide_nothing_new(connection, each, content_hash(each.old))


def _known(each: Placed) -> Known:
    return Known(each.article, each.story, each.time, each.publisher, each.signature)


def _drop_stale_signatures(work: Work) -> None:
    """Drop signatures of another format version, to be computed again."""
    with work.store.reading() as connection:
        after = work.edition.since - HORIZON
        stale = [p.article for p in placed(connection, after) if not is_current(p.signature)]
    if stale:
        with work.store.writing() as connection:
            drop_signatures(connection, stale)


def _sign(work: Work) -> None:
    after, until = work.edition.since - HORIZON, work.edition.until
    work.progress.step("signatures", None)
    while True:
        with work.store.reading() as connection:
            articles = unsigned(connection, after, until, _SIGNATURE_BATCH)
        if not articles:
            return
        signatures = {article.id: signature(article.item) for article in articles}
        with work.store.writing() as connection:
            keep_signatures(connection, signatures)
        work.progress.advance(len(signatures))


def choose_what_to_tell(work: Work) -> None:
    """Select the stories of the edition."""
    edition = work.edition
    work.progress.step("choice", None)
    with work.store.reading() as connection:
        count = news_count(connection, edition.since, edition.until)
        stories = stories_in_news(connection, edition.since, edition.until, edition.since - HORIZON)
        last = told_before(connection, [story.id for story in stories], edition.day)
        stories = told_versions(connection, stories, last)
    briefs = {story: before.brief for story, before in last.items()}
    ranked = rank_stories(stories, work.settings, edition.made, briefs)
    taken = choose_stories(stories, work.settings, edition.made, briefs)
    with work.store.writing() as connection:
        record_choice(connection, edition.id, taken)
        advance(
            connection,
            edition.id,
            Step.CHOSEN,
            left_out=len(ranked) - len(taken),
            articles=count,
        )
    log("choice", stories=len(stories), chosen=len(taken), articles=count)


def tell_stories(work: Work) -> None:
    """Brief the selected stories and store the briefs one group at a time.

    On some back ends the last digit of a score depends on what else is in the model's batch. A
    resumed run therefore starts at a group boundary, so that it writes the same briefs.
    """
    stories = _unbriefed(work)
    work.progress.step("briefs", len(stories))
    pending: list[tuple[Story, StoryBrief | BriefingError]] = []
    for result in _brief(work, stories):
        pending.append(result)
        work.progress.advance()
        if len(pending) == GROUP:
            _record(work, pending)
            pending.clear()
    _record(work, pending)
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.BRIEFED)


def _unbriefed(work: Work) -> list[Story]:
    """Selected stories without a result, best first, each under its selected topic."""
    edition = work.edition
    with work.store.reading() as connection:
        topics = to_brief(connection, edition.id)
        stories = stories_of(connection, topics, edition.since - HORIZON, edition.until)
    by_id = {story.id: replace(story, topic=topics[story.id]) for story in stories}
    return [by_id[number] for number in topics]


def _brief(work: Work, stories: list[Story]) -> Iterator[tuple[Story, StoryBrief | BriefingError]]:
    if not stories:
        return
    with work.store.reading() as connection:
        last = told_before(connection, [story.id for story in stories], work.edition.day)
        stories = told_versions(connection, stories, last)
    until = work.edition.until.astimezone(work.settings.edition.zone)
    with work.briefers(work.settings.edition.length, until) as briefer:
        briefs = briefer.brief(
            stories,
            {story: before.brief for story, before in last.items()},
            {story: before.date for story, before in last.items()},
        )
        yield from zip(stories, briefs, strict=True)


def _record(work: Work, results: list[tuple[Story, StoryBrief | BriefingError]]) -> None:
    with work.store.writing() as connection:
        for story, result in results:
            if isinstance(result, BriefingError):
                title = story.articles[-1].item.title or f"story {story.id}"
                record_brief(connection, work.edition.id, story.id, None, f"{title}: {result}")
                warn("brief", story=story.id, error=str(result))
            else:
                record_brief(connection, work.edition.id, story.id, result, None)


def compose_edition(work: Work) -> None:
    """Compose the edition from its briefs and store it; it is final."""
    work.progress.step("edition", None)
    with work.store.reading() as connection:
        row = find_edition(connection, work.edition.day)
        assert row is not None
        edition: Edition = compose(
            row.day,
            row.made,
            row.since,
            briefs_of(connection, row.id),
            work.settings,
            problems=source_problems(connection, row.id),
            failed=(
                *failures_of(connection, row.id),
                *source_warnings(connection, row.id),
                *failed_pages(connection, row),
            ),
            left_out=row.left_out,
            articles=row.articles,
            previous=row.previous,
            until=row.until,
        )
    with work.store.writing() as connection:
        keep_document(connection, work.edition.id, edition)
        advance(connection, work.edition.id, Step.COMPOSED)
    log("edition", date=str(edition.date), stories=len(edition.stories))
