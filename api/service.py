"""Service: run the process's briefer in threads behind the event loop.

Long articles are planned, and checked against, in another process, where that can be stopped.
"""

import asyncio
import logging
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import copy_context
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from typing import Any, TypeVar

from briefing import __version__
from briefing.api.bodies import Pending
from briefing.api.cache import ResultCache, Unkept, open_store
from briefing.api.metrics import Observer, Stage
from briefing.api.problems import Draining, NotReady, code_of, document_of
from briefing.api.requests import BriefOrder, RawSource, UrlSource
from briefing.api.scheduler import (
    LARGE,
    SMALL,
    Admission,
    Scheduler,
    SourceReader,
    WrittenLines,
    write_sections,
)
from briefing.api.schemas import CheckRequest
from briefing.briefer import Briefer
from briefing.briefs import Article, Brief, ModelInfo
from briefing.candidates import failures_of
from briefing.checker import check_summary, source_of
from briefing.config import Settings
from briefing.drafts import Draft
from briefing.drafts import draft as draft_of
from briefing.errors import (
    BriefingError,
    FetchError,
    FetchRefused,
    ModelError,
    TooComplex,
    UnsupportedLanguage,
)
from briefing.options import Device, Length
from briefing.planning import Plan, Planner
from briefing.reading.guard import Guard
from briefing.rendering import to_json
from briefing.sections import Section
from briefing.writing import LineRequest

PLANNERS = 2
"""Threads that plan, check and render; one more does so for long articles."""
LONG = 1_000
"""Sentences of a long article, which takes a second or more: others do not wait for it."""

_LONG_CLAIM = 2_000
"""Characters of a claim that takes long to check: a second for about 10,000."""


def is_long(article: Article) -> bool:
    """Whether an article takes long to plan and to check."""
    return len(article.sentences) > LONG or len(article.body) > LARGE


_LOADING = "The model is being loaded. Retry in a few seconds."
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Report = Callable[[Brief], None]


class Service:
    """A briefer whose model is shared by all requests, line by line.

    ``guard`` overrides the one from the settings. ``on_failure`` is called in the event loop when
    the model cannot be used.
    """

    def __init__(
        self,
        briefer: Briefer,
        settings: Settings,
        observer: Observer,
        guard: Guard | None = None,
    ) -> None:
        self._briefer = briefer
        self._extractive = briefer.extractive()
        self._settings = settings
        self._observer = observer
        self._reading = SourceReader(settings, guard, observer.reader_killed)
        self._planners = ThreadPoolExecutor(PLANNERS, thread_name_prefix="planner")
        self._patient_planner = ThreadPoolExecutor(1, thread_name_prefix="patient-planner")
        self._scheduler: Scheduler | None = None
        self._made_by = ""
        self._draining = False
        self._leaving = False
        self.languages: tuple[str, ...] = ("*",)
        self.admission = Admission(settings.queue, settings.max_bodies, observer)
        store = open_store(settings.cache_path, settings.cache_bytes, settings.cache_seconds)
        self.results = ResultCache(store, observer)
        self.work = Pending()
        self.bodies = Pending()
        self.failure: BriefingError | None = None
        self.on_failure: Callable[[], None] | None = None

    async def warm(self) -> None:
        """Load the model; afterwards the service is ready, or ``failure`` is set."""
        try:
            self._reading.start()
            await self.run(self._briefer.warm)
            self._scheduler = self._schedule()
            self._observer.model(self.model)
        except BriefingError as error:
            self._fail(error)
        except Exception as error:
            _log.exception("the model cannot be loaded")
            self._fail(ModelError(f"the model cannot be used: {type(error).__name__}: {error}"))

    def check_ready(self) -> None:
        """Raise NotReady while the model loads, Draining at shutdown, or the model's own error."""
        if self.failure:
            raise self.failure.with_traceback(None)
        if self._draining:
            raise Draining
        if not self._scheduler:
            raise NotReady(_LOADING)

    def check_staying(self) -> None:
        """Raise what `check_ready` raises, and Draining if the service is about to shut down."""
        self.check_ready()
        if self._leaving:
            raise Draining

    @property
    def ready(self) -> bool:
        """Whether the service accepts articles."""
        return self._scheduler is not None and not self.failure and not self._draining

    @property
    def model(self) -> ModelInfo:
        """The model in use, once it is loaded."""
        return self._briefer.model

    @asynccontextmanager
    async def fetched(self, order: BriefOrder, *, placed: bool) -> AsyncIterator[BriefOrder]:
        """Yield the order, its URL replaced by the page there; the page's bytes count meanwhile.

        Raises:
            QueueFull: the queue is full. FetchError: the URL cannot be fetched.
        """
        if not isinstance(order.source, UrlSource):
            yield order
            return
        with self.admission.body() as held:
            with nullcontext() if placed else self.admission.place(), self._stage("fetch"):
                page = await self._page(order.source)
            held.add(len(page.data))
            yield replace(order, source=page)

    async def _page(self, source: UrlSource) -> RawSource:
        try:
            page = await self._reading.page(source)
        except FetchError as error:
            refused = isinstance(error, FetchRefused)
            self._observer.fetch("refused" if refused else "failed")
            raise
        self._observer.fetch("ok")
        return page

    def problem_document(self, error: BriefingError) -> dict[str, Any]:
        """Return the problem document of one article among others, and count it."""
        document = document_of(error)
        self._observer.problem(code_of(error))
        return document

    async def key(self, order: BriefOrder) -> bytes:
        """Return the cache key of the result of ``order``: a hash of everything it depends on."""
        length = order.length or self._settings.length
        return await self.read(partial(order.digest, length, self._made_by))

    async def keep_article(self, key: bytes, html: str) -> str | None:
        """Keep the rendered article beside the result of ``key``, which has no paragraphs.

        Return the name of the two, None if they cannot be kept.
        """
        name = urlsafe_b64encode(key).decode()
        await self.results.store.put(_article_key(key), html.encode("utf-8", "replace"))
        return name if await self.kept(name) else None

    async def kept(self, name: str) -> tuple[bytes, str] | None:
        """Return the result and the article that are kept under ``name``, None if they are not."""
        try:
            key = urlsafe_b64decode(name)
        except ValueError:
            return None
        html = await self.results.store.get(_article_key(key))
        data = await self.results.store.get(key)
        return (data, html.decode()) if data and html else None

    async def article(self, order: BriefOrder) -> Article:
        """Read the article of an order whose page is fetched. Raises InputError."""
        assert not isinstance(order.source, UrlSource), "a URL must be fetched first"
        with self._stage("read"):
            article = await self._reading.article(order.source)
        self._observer.article(article)
        return article

    async def result(
        self,
        order: BriefOrder,
        key: bytes,
        flow: Hashable,
        *,
        placed: bool,
        article: Article | None = None,
        report: _Report | None = None,
    ) -> bytes:
        """Return the brief of ``order`` as JSON; ``key`` is its cache key.

        ``flow`` is the flow of its lines in the scheduler; ``placed`` means that the caller holds
        a slot already; ``article`` is the article, if it is read already. ``report`` receives the
        partial brief after each section but the last; it is not called for a brief that is cached
        or in progress.

        Raises:
            QueueFull: the queue is full. BriefingError: the article cannot be briefed.
        """
        make = partial(self._make, order, flow, placed, article, report)
        return await self.results.get(key, make)

    async def read(self, job: Callable[[], _Result], size: int = 0) -> _Result:
        """Run ``job``, which reads ``size`` bytes of input: see `SourceReader.run`."""
        return await self._reading.run(job, size)

    async def check(self, check: CheckRequest) -> dict[str, Any]:
        """Return the report of a check, as JSON.

        Raises:
            TooComplex: it takes too much time or memory.
        """
        verifier, size = self._settings.verifier, len(check.text) + len(check.claim)
        job = partial(report_of, check, verifier, self._settings.device)
        # The processes have no room for a model of one's own.
        if verifier != "bundled" or size <= SMALL:
            return await self.run(job, long=len(check.claim) > _LONG_CLAIM or size > LARGE)
        try:
            return await self._reading.judge(job, size)
        except TooComplex as error:
            raise TooComplex(
                "The check takes too much time or memory. Send a shorter article or claim."
            ) from error

    async def run(self, job: Callable[[], _Result], *, long: bool = False) -> _Result:
        """Run ``job``, which plans, checks or renders, in a planner thread.

        One that is ``long`` waits for others of its kind alone.
        """
        run = partial(copy_context().run, job)
        threads = self._patient_planner if long else self._planners
        return await asyncio.get_running_loop().run_in_executor(threads, run)

    def leave(self) -> None:
        """Be no longer ready, while requests are still accepted."""
        self._leaving = True

    def drain(self, grace: float) -> None:
        """Refuse new requests and those whose bodies have not arrived.

        What is not done after ``grace`` seconds is cancelled.
        """
        self._draining = True
        self.bodies.cut()
        asyncio.get_running_loop().call_later(grace, self.work.cut)

    async def close(self) -> None:
        """Cancel waiting work, and wait for running work, but not for a model's server."""
        self.work.cut()
        self._briefer.interrupt()
        await self._reading.close()
        for threads in (self._planners, self._patient_planner):
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)
        if self._scheduler:
            await self._scheduler.close()
        await self.results.store.close()
        self._observer.close()

    def _schedule(self) -> Scheduler:
        writer = self._briefer.writer
        if not writer:
            raise ModelError("the service needs a model; pass a briefer that is not extractive")
        info = writer.backend.info
        parts = (__version__, info.name, info.revision, info.backend, info.device, info.dtype)
        self._made_by = repr((*parts, writer.prompts))
        self.languages = writer.prompts.languages
        return Scheduler(
            writer.write,
            calls=writer.backend.calls,
            most=self._settings.batch_lines,
            wait=self._settings.batch_wait,
            observer=self._observer,
        )

    async def _make(
        self,
        order: BriefOrder,
        flow: Hashable,
        placed: bool,
        article: Article | None,
        report: _Report | None,
    ) -> bytes:
        with nullcontext() if placed else self.admission.place():
            article = article or await self.article(order)
            brief, whole = await self._brief(article, order, flow, report)
            data = await self.run(partial(_encoded, brief), long=is_long(article))
        self.admission.finished()
        return data if whole else Unkept(data)

    async def _brief(
        self, article: Article, order: BriefOrder, flow: Hashable, report: _Report | None
    ) -> tuple[Brief, bool]:
        """Return the brief, and whether the model's server answered all requests for it."""
        sections = order.sections
        length = order.length or self._settings.length
        briefer = self._extractive if order.extractive else self._briefer
        with self._stage("plan"):
            draft = await self._draft(briefer, article, sections, length)
        finish = partial(briefer.finish, draft)
        with self._stage("write"):
            written = await self._written(draft, order, flow, finish, report)
        with self._stage("check"):
            job = partial(finish, written, sections=sections)
            brief = await self.run(job, long=is_long(article))
        origins = [line.origin for line in brief.lines]
        self._observer.brief(
            generated=origins.count("generated"),
            extracted=origins.count("extracted"),
            refused=_refused(brief, written),
        )
        return brief, not failures_of(written)

    async def _draft(
        self, briefer: Briefer, article: Article, sections: tuple[Section, ...], length: Length
    ) -> Draft:
        """Plan an article; a long one in another process, which is stopped after a time."""
        if not is_long(article):
            return await self.run(partial(briefer.draft, article, sections=sections, length=length))
        prompts = briefer.writer.prompts if briefer.writer else None
        if prompts and not prompts.writes(article.language):
            raise UnsupportedLanguage(article.language, prompts.languages)
        plan = await self._reading.plan(partial(plan_of, article, sections, length))
        return await self.run(partial(draft_of, article, plan, prompts), long=True)

    async def _written(
        self,
        draft: Draft,
        order: BriefOrder,
        flow: Hashable,
        finish: Callable[..., Brief],
        report: _Report | None,
    ) -> list[WrittenLines]:
        write = partial(self._lines, flow=flow)
        if not report:
            return await write(draft.requests)

        async def done(written: Sequence[WrittenLines], sections: Sequence[Section]) -> None:
            job = partial(finish, written, sections=sections)
            report(await self.run(job, long=is_long(draft.article)))

        return await write_sections(draft, order.sections, write, done)

    async def _lines(self, requests: Sequence[LineRequest], flow: Hashable) -> list[WrittenLines]:
        if not self._scheduler:
            raise NotReady(_LOADING)
        return await self._scheduler.write(requests, flow)

    @contextmanager
    def _stage(self, name: Stage) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._observer.stage(name, time.perf_counter() - began)

    def _fail(self, error: BriefingError) -> None:
        _log.error("not ready: %s", error)
        self.failure = error
        if self.on_failure:
            self.on_failure()


def _article_key(key: bytes) -> bytes:
    return sha256(key + b"article").digest()


def _refused(brief: Brief, written: Sequence[WrittenLines]) -> int:
    """Count the written lines that have no candidate in the brief."""
    shown = [_normalised(line.text) for line in brief.lines]
    return sum(
        not any(text in _normalised(candidate.text) for candidate in candidates for text in shown)
        for candidates in written
    )


def _normalised(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".")


def _encoded(brief: Brief) -> bytes:
    return to_json(brief, indent=None).encode("utf-8", "replace")


def plan_of(article: Article, sections: tuple[Section, ...], length: Length) -> Plan:
    """Return the plan of an article, as a `Briefer` makes it; for another process."""
    return _planner().plan(article, length=length, sections=sections)


def report_of(check: CheckRequest, verifier: str, device: Device) -> dict[str, Any]:
    """Return the report of a check as JSON, with the article's sentences; for another process."""
    source = source_of(check.text)
    report = check_summary(check.claim, source, verifier, device)
    return {**report.to_dict(), "sentences": list(source.sentences)}


@cache
def _planner() -> Planner:
    return Planner()
