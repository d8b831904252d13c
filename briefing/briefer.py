"""The one class that runs the stages: plan, write, check; reading is before it, rendering after."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.article import Article
from briefing.brief import Brief, ModelInfo, Section
from briefing.draft import Draft, draft
from briefing.errors import (
    BriefingError,
    DeviceError,
    InternalError,
    ModelError,
    UnsupportedLanguage,
)
from briefing.models import (
    Backend,
    BackendName,
    Device,
    Endpoint,
    Hypothesis,
    identify,
    open_backend,
)
from briefing.plan import Length, Plan, Planner
from briefing.read import sentence_texts
from briefing.select import prepare, select
from briefing.verifiers import verifier_for

if TYPE_CHECKING:
    from briefing.config import Settings
    from briefing.write import Prompts, Writer

_log = logging.getLogger(__name__)
GROUP = 32
"""Articles that go through the stages together where no model has a wish."""
_EXTRACTIVE = ModelInfo("none", "none", "none", "cpu", "none", "an extractive brief was asked for")
Result = Brief | BriefingError


@dataclass(frozen=True, slots=True)
class Planned:
    """An article with a plan made elsewhere, to be written and checked like any other."""

    article: Article
    plan: Plan


Given = Article | Planned | BriefingError
_STAGES = 4
"""Threads: the writer, the parser, and two that choose lines."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Articles on their way through the stages, failures in their places."""

    drafts: tuple[Draft | BriefingError, ...]
    written: "Future[list[tuple[Hypothesis, ...]]] | None"
    prepared: "Future[None]"


class Briefer:
    """Briefs articles with one loaded model.

    The model is loaded when it is first needed; ``extractive`` briefs need none.
    """

    def __init__(
        self,
        model: str = "bundled",
        *,
        device: Device = "auto",
        backend: BackendName = "auto",
        prompts: Path | None = None,
        threads: int | None = None,
        endpoint: Endpoint | None = None,
        verifier: str = "bundled",
        extractive: bool = False,
    ) -> None:
        self._verifier = (verifier, device)
        self._open = (model, device, backend, threads, endpoint)
        self._prompts_folder = prompts
        self._extractive = extractive
        self._writer: Writer | None = None
        self._planner = Planner()

    @classmethod
    def of(cls, settings: "Settings", *, extractive: bool = False) -> "Briefer":
        """The briefer that the settings describe."""
        return cls(
            settings.model,
            device=settings.device,
            backend=settings.backend,
            prompts=settings.prompts_folder,
            threads=settings.threads,
            endpoint=settings.model_endpoint,
            verifier=settings.verifier,
            extractive=extractive,
        )

    @classmethod
    def over(cls, backend: Backend, prompts: "Prompts", verifier: str = "bundled") -> "Briefer":
        """A briefer over a back end that is loaded already."""
        from briefing.write import Writer

        briefer = cls(backend.info.name, verifier=verifier)
        briefer._writer = Writer(backend, prompts)
        return briefer

    @property
    def model(self) -> ModelInfo:
        """The model in use (loads it)."""
        writer = self._load()
        return writer.backend.info if writer else _EXTRACTIVE

    @property
    def planner(self) -> Planner:
        """The planner, for a caller that makes a plan of its own (see `Planned`)."""
        return self._planner

    @property
    def writer(self) -> "Writer | None":
        """The model and its prompts (loads them); None where briefs are extractive."""
        return self._load()

    def warm(self) -> None:
        """Load the model and the planner and write one line, so that the next brief is fast."""
        from briefing.read import article_from_text

        text = "The council met on Monday to vote on the new bridge. It passed the plan by 5 to 2."
        self.brief(article_from_text(text, title="Council votes on bridge"))

    def brief(
        self,
        article: Article,
        *,
        sections: Collection[Section] = tuple(Section),
        length: Length = "standard",
    ) -> Brief:
        """Brief one article.

        Raises:
            BriefingError: the article cannot be briefed, or the model cannot be used.
        """
        (result,) = self.brief_many([article], sections=sections, length=length)
        if isinstance(result, BriefingError):
            raise result
        return result

    def brief_many(
        self,
        articles: Iterable[Given],
        *,
        sections: Collection[Section] = tuple(Section),
        length: Length = "standard",
        group: int | None = None,
    ) -> Iterator[Result]:
        """Brief a stream of articles, in order, in constant memory.

        One that is `Planned` is written from the plan that it brings. An input that is an error
        already, or that cannot be briefed, gives that error in its place; so do the articles of a
        group that the device fails on. The model writes one group's lines and its sentences are
        parsed while the next group is planned and the last one is checked; ``group`` is its size in
        articles (the back end's wish).

        Raises:
            ModelError, DeviceError: the model cannot be loaded.
        """
        wanted = _in_order(sections)
        writer = self._load()
        source = iter(articles)
        with ThreadPoolExecutor(max_workers=_STAGES, thread_name_prefix="stage") as pool:
            waiting: _Group | None = None
            while part := list(islice(source, group or _wish(writer))):
                made = tuple(self._plan(article, wanted, length, writer) for article in part)
                drafts = [one for one in made if isinstance(one, Draft)]
                written = self._submit(pool, writer, drafts)
                current = _Group(made, written, pool.submit(prepare, drafts))
                if waiting:
                    yield from self._finish(pool, waiting, wanted)
                waiting = current
            if waiting:
                yield from self._finish(pool, waiting, wanted)

    def draft(
        self,
        article: Article,
        *,
        sections: Collection[Section] = tuple(Section),
        length: Length = "standard",
    ) -> Draft:
        """Plan one article: what ``writer`` is to write, for a caller that batches lines itself.

        Raises:
            BriefingError: the article cannot be briefed, or the model cannot be used.
        """
        made = self._plan(article, _in_order(sections), length, self._load())
        if isinstance(made, BriefingError):
            raise made
        return made

    def finish(
        self,
        made: Draft,
        written: Sequence[Sequence[Hypothesis]],
        *,
        sections: Collection[Section] = tuple(Section),
    ) -> Brief:
        """Check what was written for each of ``made.jobs`` and choose the lines.

        Raises:
            BriefingError: a fault in briefing this article.
        """
        result = self._guarded(made, written, _in_order(sections))
        if isinstance(result, BriefingError):
            raise result
        return result

    def _load(self) -> "Writer | None":
        if self._extractive or self._writer:
            return self._writer
        from briefing.write import Writer, choose_family

        opened = open_backend(*self._open)
        found = identify(self._open[0])
        family = choose_family(found.name, found.architecture, self._prompts_folder)
        self._writer = Writer(opened, family.limited_to(found.languages))
        return self._writer

    def _plan(
        self,
        given: Given,
        sections: Sequence[Section],
        length: Length,
        writer: "Writer | None",
    ) -> Draft | BriefingError:
        if isinstance(given, BriefingError):
            return given
        article = given.article if isinstance(given, Planned) else given
        if writer and not writer.prompts.writes(article.language):
            return _unsupported(article.language, writer.prompts.languages)
        try:
            if isinstance(given, Planned):
                plan = given.plan
            else:
                plan = self._planner.plan(article, length=length, sections=sections)
            return draft(article, plan, writer.prompts if writer else None)
        except ModelError:
            raise
        except Exception as error:
            return _fault(error)

    @staticmethod
    def _submit(
        pool: ThreadPoolExecutor, writer: "Writer | None", made: Sequence[Draft]
    ) -> "Future[list[tuple[Hypothesis, ...]]] | None":
        jobs = [job for one in made for job in one.jobs]
        return pool.submit(writer.write, jobs) if writer and jobs else None

    def _finish(
        self, pool: ThreadPoolExecutor, group: _Group, sections: Sequence[Section]
    ) -> Iterator[Result]:
        try:
            written = group.written.result() if group.written else []
        except DeviceError as error:
            _log.error("the device failed on %d articles", len(group.drafts), exc_info=error)
            yield from (error if isinstance(made, Draft) else made for made in group.drafts)
            return
        wait([group.prepared])  # a fault of one article there is found again when it is its turn
        parts, start = [], 0
        for made in group.drafts:
            stop = start + (len(made.jobs) if isinstance(made, Draft) else 0)
            parts.append((made, written[start:stop], sections))
            start = stop
        # While the quality model reads the lines of one article, those of another are made.
        yield from pool.map(self._guarded, *zip(*parts, strict=True))

    def _guarded(
        self,
        made: Draft | BriefingError,
        written: Sequence[Sequence[Hypothesis]],
        sections: Sequence[Section],
    ) -> Result:
        if isinstance(made, BriefingError):
            return made
        try:
            return self._brief(made, written, sections)
        except Exception as error:
            return _fault(error)

    def _brief(
        self,
        made: Draft,
        written: Sequence[Sequence[Hypothesis]],
        sections: Sequence[Section],
    ) -> Brief:
        language = made.article.language
        verifier = verifier_for(language, *self._verifier) if made.jobs else None
        lines = select(made, written, sections, sentence_texts, verifier)
        foreign = (
            (f"The planner was trained on English; this article is in '{language}'.",)
            if self._extractive and language != "en"
            else ()
        )
        return Brief(
            headline=lines.headline,
            key_points=lines.key_points,
            context=lines.context,
            article=made.article,
            roles=made.plan.roles,
            salience=made.plan.salience,
            model=self.model,
            sections=tuple(sections),
            warnings=(*made.article.warnings, *foreign, *lines.warnings),
        )


def _wish(writer: "Writer | None") -> int:
    return writer.backend.articles if writer else GROUP


def _in_order(sections: Collection[Section]) -> tuple[Section, ...]:
    return tuple(section for section in Section if section in sections)


def _fault(error: Exception) -> BriefingError:
    """One article's fault as its result, so that it never ends the run of the others."""
    if isinstance(error, BriefingError):
        return error
    _log.error("a fault in briefing one article", exc_info=error)
    return InternalError(
        f"{type(error).__name__} while briefing this article: {error}; please report it with the "
        "article"
    )


def _unsupported(language: str, written: Sequence[str]) -> UnsupportedLanguage:
    return UnsupportedLanguage(
        f"the article is in '{language}', but this model writes {', '.join(written)}; name a model "
        "that writes it with --model (an mBART or mT5 folder, for example), or use --extractive "
        "for a brief made of the article's own sentences"
    )
