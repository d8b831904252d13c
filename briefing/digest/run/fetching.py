"""The steps that read: sources, then the pages of teasers; each result is kept as it comes."""

import asyncio
import logging
from collections.abc import Iterable

from briefing.digest.run.work import Work, log, warn
from briefing.digest.sources import Fetcher, SourceResult
from briefing.digest.store.articles import Wanted, record_page, take_in, wanted_pages
from briefing.digest.store.editions import Step, advance
from briefing.digest.store.sources import SourceRow, fetched, record_fetch, to_fetch
from briefing.errors import BriefingError

_log = logging.getLogger(__name__)


def fetch_sources(work: Work) -> None:
    """Ask every source that this edition has not asked yet."""
    with work.store.reading() as connection:
        rows = to_fetch(connection, work.edition.id)
    work.progress.step("sources", len(rows))
    if rows:
        asyncio.run(_ask_all(work, rows))
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.FETCHED)


async def _ask_all(work: Work, rows: Iterable[SourceRow]) -> None:
    async with _fetcher(work) as fetcher, asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(_ask(work, fetcher, row))


async def _ask(work: Work, fetcher: Fetcher, row: SourceRow) -> None:
    try:
        result = await fetcher.source(row.source, row.state)
    except Exception as error:
        result = _fault(work, row, error)
    with work.store.writing() as connection:
        record_fetch(connection, work.edition.id, row.id, result, work.edition.made)
    work.progress.advance()
    report = warn if result.error else log
    report("source", source=row.source.name, items=len(result.items), error=result.error)


def _fault(work: Work, row: SourceRow, error: Exception) -> SourceResult:
    """One source's fault as its result, so that it never ends the edition of the others."""
    _log.error("a fault in reading %s", row.source.name, exc_info=error)
    said = f"{type(error).__name__} while reading it: {error}; please report it with its address"
    return SourceResult(row.source, row.state.failed(said, work.edition.made), error=said)


def take_in_articles(work: Work) -> None:
    """Make articles of what the sources gave, in the order of the settings.

    Not as the answers come: an article's id would hang on which server was faster, and a run that
    was killed would make another edition than one that was not.
    """
    work.progress.step("articles", None)
    count = 0
    with work.store.writing() as connection:
        for given in fetched(connection, work.edition.id):
            new = take_in(
                connection,
                given,
                work.edition,
                pages=work.settings.fetch.pages,
                keep=work.keep,
            )
            work.progress.advance(new)
            count += new
        advance(connection, work.edition.id, Step.TAKEN)
    log("articles", new=count)


def read_pages(work: Work) -> None:
    """Read in full what the sources only tease."""
    with work.store.reading() as connection:
        pages = wanted_pages(connection)
    work.progress.step("pages", len(pages))
    if pages:
        asyncio.run(_read_all(work, pages))
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.READ)


async def _read_all(work: Work, pages: Iterable[Wanted]) -> None:
    async with _fetcher(work) as fetcher, asyncio.TaskGroup() as group:
        for page in pages:
            group.create_task(_read(work, fetcher, page))


async def _read(work: Work, fetcher: Fetcher, page: Wanted) -> None:
    item, said = None, None
    try:
        item = await fetcher.page(page.item)
    except BriefingError as error:
        said = str(error)
    except Exception as error:
        _log.error("a fault in reading a page", exc_info=error)
        said = f"{type(error).__name__}: {error}"
    with work.store.writing() as connection:
        record_page(connection, page.url, item, said)
    work.progress.advance()
    if said:
        warn("page", url=page.url, error=said)


def _fetcher(work: Work) -> Fetcher:
    return Fetcher(work.settings.fetch, now=work.edition.made, stdin=work.stdin)
