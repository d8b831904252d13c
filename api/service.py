"""The briefer of this process behind the event loop: threads work, the loop waits."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import TypeVar

from api.admission import Admission
from api.deadline import Work
from api.errors import Draining, NotReady
from api.observer import Observer, Stage
from api.orders import Order, UrlSource
from api.reading import Reading
from api.results import Results
from api.scheduler import Lines, Scheduler
from api.sections import write_sections
from api.store import open_store
from briefing import __version__
from briefing.article import Article
from briefing.brief import Brief, ModelInfo, Section
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.draft import Draft
from briefing.errors import BriefingError, ModelError
from briefing.plan import Length
from briefing.read.guard import Guard
from briefing.render import to_json
from briefing.write import Job

PLANNERS = 2
"""Articles that are planned or checked at once, beside those that are read."""

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
Report = Callable[[Brief], None]


class Service:
    """One briefer, its model shared line by line by all requests.

    ``guard`` replaces the one of the settings. ``on_failure`` is called in the event loop when the
    model turns out to be unusable.
    """

    def __init__(
        self,
        briefer: Briefer,
        settings: Settings,
        observer: Observer,
        guard: Guard | None = None,
    ) -> None:
        self._briefer = briefer
        self._settings = settings
        self._observer = observer
        self._reading = Reading(settings, guard)
        self._planners = ThreadPoolExecutor(PLANNERS, thread_name_prefix="planner")
        self._scheduler: Scheduler | None = None
        self._made_by = ""
        self._draining = False
        self.languages: tuple[str, ...] = ("*",)
        self.admission = Admission(settings.queue, settings.max_bodies, observer)
        store = open_store(settings.cache_path, settings.cache_bytes, settings.cache_seconds)
        self.results = Results(store, observer)
        self.work = Work()
        self.failure: BriefingError | None = None
        self.on_failure: Callable[[], None] | None = None

    async def warm(self) -> None:
        """Load the model; afterwards the service is ready, or ``failure`` says why not."""
        try:
            self._reading.start()
            await self.run(self._briefer.warm)
            self._scheduler = self._schedule()
            self._observer.model(self.model)
        except BriefingError as error:
            self._fail(error)
        except Exception as error:
            _log.exception("the model cannot be warmed")
            self._fail(ModelError(f"the model cannot be used: {type(error).__name__}: {error}"))

    def check_ready(self) -> None:
        """Raise NotReady while the model loads, and the model's own error where it cannot."""
        if self.failure:
            raise self.failure.with_traceback(None)
        if self._draining:
            raise Draining
        if not self._scheduler:
            raise NotReady("The model is being loaded. Ask again in a few seconds.")

    @property
    def ready(self) -> bool:
        """Whether articles are taken."""
        return self._scheduler is not None and not self.failure and not self._draining

    @property
    def model(self) -> ModelInfo:
        """The model in use, once it is warm."""
        return self._briefer.model

    @asynccontextmanager
    async def fetched(self, order: Order, *, placed: bool) -> AsyncIterator[Order]:
        """The order with its page where it names a URL, whose bytes count as long as it lasts.

        Raises:
            QueueFull: there is no place. FetchError: the URL cannot be read.
        """
        if not isinstance(order.source, UrlSource):
            yield order
            return
        with self.admission.body() as held:
            with nullcontext() if placed else self.admission.place(), self._stage("fetch"):
                page = await self._reading.page(order.source)
            held.add(len(page.data))
            yield replace(order, source=page)

    async def key(self, order: Order) -> bytes:
        """What the result of ``order`` is kept under: a hash of all that it is made from."""
        length = order.length or self._settings.length
        return await self.read(partial(order.digest, length, self._made_by))

    async def article(self, order: Order) -> Article:
        """The article of an order whose page is here. Raises InputError."""
        assert not isinstance(order.source, UrlSource), "it is fetched first"
        with self._stage("read"):
            article = await self._reading.article(order.source)
        self._observer.article(article)
        return article

    async def result(
        self,
        order: Order,
        key: bytes,
        flow: Hashable,
        *,
        placed: bool,
        article: Article | None = None,
        report: Report | None = None,
    ) -> bytes:
        """The brief of ``order`` as JSON; ``key`` is its key.

        ``flow`` is whose turn its lines take in the shared batches; ``placed`` says that the
        caller holds a place already; ``article`` is what it reads as, where that is known.
        ``report`` is given the brief each time that another section of it is done, before the
        last one; it is not called for a brief that is kept or in the making already.

        Raises:
            QueueFull: there is no place. BriefingError: it cannot be briefed.
        """
        make = partial(self._make, order, flow, placed, article, report)
        return await self.results.get(key, make)

    async def read(self, job: Callable[[], _Result]) -> _Result:
        """Run ``job``, which reads a body, in a thread."""
        return await self._reading.run(job)

    async def run(self, job: Callable[[], _Result]) -> _Result:
        """Run ``job``, which plans, checks or renders, in a thread."""
        run = partial(copy_context().run, job)
        return await asyncio.get_running_loop().run_in_executor(self._planners, run)

    def drain(self, grace: float) -> None:
        """Take nothing new, and end what is not done after ``grace`` seconds."""
        self._draining = True
        asyncio.get_running_loop().call_later(grace, self.work.cut)

    async def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self.work.cut()
        await self._reading.close()
        await asyncio.to_thread(self._planners.shutdown, cancel_futures=True)
        if self._scheduler:
            await self._scheduler.close()
        await self.results.store.close()
        self._observer.close()

    def _schedule(self) -> Scheduler:
        writer = self._briefer.writer
        if not writer:
            raise ModelError("a service needs a model; give it a briefer that is not extractive")
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
        order: Order,
        flow: Hashable,
        placed: bool,
        article: Article | None,
        report: Report | None,
    ) -> bytes:
        with nullcontext() if placed else self.admission.place():
            article = article or await self.article(order)
            brief = await self._brief(article, order, flow, report)
            data = await self.run(partial(_encoded, brief))
        self.admission.finished()
        return data

    async def _brief(
        self, article: Article, order: Order, flow: Hashable, report: Report | None
    ) -> Brief:
        wanted: Collection[Section] = order.sections
        length: Length = order.length or self._settings.length
        with self._stage("plan"):
            made = await self.run(
                partial(self._briefer.draft, article, sections=wanted, length=length)
            )
        with self._stage("write"):
            written = await self._written(made, order, flow, report)
        with self._stage("check"):
            brief = await self.run(partial(self._briefer.finish, made, written, sections=wanted))
        origins = [line.origin for line in brief.lines]
        self._observer.brief(
            generated=origins.count("generated"),
            extracted=origins.count("extracted"),
            refused=_refused(brief, written),
        )
        return brief

    async def _written(
        self, made: Draft, order: Order, flow: Hashable, report: Report | None
    ) -> list[Lines]:
        write = partial(self._lines, flow=flow)
        if not report:
            return await write(made.jobs)

        async def done(written: Sequence[Lines], sections: Sequence[Section]) -> None:
            job = partial(self._briefer.finish, made, written, sections=sections)
            report(await self.run(job))

        return await write_sections(made, order.sections, write, done)

    async def _lines(self, jobs: Sequence[Job], flow: Hashable) -> list[Lines]:
        if not self._scheduler:
            raise NotReady("The model is being loaded. Ask again in a few seconds.")
        return await self._scheduler.write(jobs, flow)

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


def _refused(brief: Brief, written: Sequence[Lines]) -> int:
    """How many of the lines written are in the brief with none of their candidates."""
    shown = [_bare(line.text) for line in brief.lines]
    return sum(
        not any(text in _bare(candidate.text) for candidate in candidates for text in shown)
        for candidates in written
    )


def _bare(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".")


def _encoded(brief: Brief) -> bytes:
    return to_json(brief, indent=None).encode("utf-8", "replace")
