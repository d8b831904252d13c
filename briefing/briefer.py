"""`Briefer`: runs the stages plan, write and check on articles, with one loaded model."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from briefing.briefs import Article, Brief, ModelInfo
from briefing.checker import verifier_for
from briefing.drafts import Draft, draft, unasked
from briefing.errors import (
    BriefingError,
    DeviceError,
    InternalError,
    ModelError,
    UnsupportedLanguage,
)
from briefing.models import Backend, Endpoint, Hypothesis, identify, open_backend
from briefing.options import (
    BACKENDS,
    DEVICES,
    BackendName,
    Device,
    Length,
    check_choice,
    checked_length,
    name_or_path,
)
from briefing.planning import Plan, Planner
from briefing.reading import read, sentence_texts
from briefing.sections import Section, sections_named
from briefing.select import judge_titles, prepare, select, title_stands

if TYPE_CHECKING:
    from briefing.config import Settings
    from briefing.writing import Prompts, Writer

_log = logging.getLogger(__name__)
GROUP = 32
"""Articles in a group if no back end sets the size."""
_EXTRACTIVE = ModelInfo("none", "none", "none", "cpu", "none", "an extractive brief was requested")
Result = Brief | BriefingError


@dataclass(frozen=True, slots=True)
class Planned:
    """An article of a publisher with a precomputed plan.

    Its title is trusted as the headline (`Draft.titled`), that of a ``follow_up``, whose story was
    told before, in any case (`Draft.follow_up`). It is briefed by its own sentences if the model
    does not write its language.
    """

    article: Article
    plan: Plan
    follow_up: bool = False


BatchItem = Article | Planned | BriefingError
_STAGES = 5
"""Threads: one for the planner, the writer and the parser each, two for line selection."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of articles in the pipeline; an article that failed has its error in its place."""

    drafts: tuple[Draft | BriefingError, ...]
    written: "Future[list[tuple[Hypothesis, ...]]] | None"
    prepared: "Future[None]"


class Briefer:
    """Briefs articles with one loaded model.

    The model is loaded on first use; ``extractive`` briefs need no model.
    """

    def __init__(
        self,
        model: str | PathLike[str] = "bundled",
        *,
        device: Device = "auto",
        backend: BackendName = "auto",
        prompts: str | PathLike[str] | None = None,
        threads: int | None = None,
        endpoint: Endpoint | None = None,
        verifier: str | PathLike[str] = "bundled",
        extractive: bool = False,
    ) -> None:
        """Choose the model and what runs it; see docs/models.md.

        Raises:
            TypeError, ValueError: an argument is invalid.
        """
        check_choice("device", device, DEVICES)
        check_choice("back end", backend, BACKENDS)
        model, verifier = name_or_path("model", model), name_or_path("verifier", verifier)
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ValueError(f"threads must be a positive number, not {threads!r}")
        if not isinstance(endpoint, Endpoint | None):
            raise TypeError(f"the endpoint must be an Endpoint, not {type(endpoint).__name__}")
        self._verifier = (verifier, device)
        self._open = (model, device, backend, threads, endpoint)
        self._prompts_folder = (
            None if prompts is None else Path(name_or_path("folder of prompts", prompts))
        )
        self._extractive = extractive
        self._writer: Writer | None = None
        self._planner = Planner()

    @classmethod
    def of(cls, settings: "Settings", *, extractive: bool = False) -> "Briefer":
        """Create a briefer from settings."""
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
        """Create a briefer from a loaded back end."""
        from briefing.writing import Writer

        briefer = cls(backend.info.name, verifier=verifier)
        briefer._writer = Writer(backend, prompts)
        return briefer

    def extractive(self) -> "Briefer":
        """Return a briefer that uses no model, and shares this one's planner."""
        verifier, device = self._verifier
        briefer = Briefer(device=device, verifier=verifier, extractive=True)
        briefer._planner = self._planner
        return briefer

    @property
    def model(self) -> ModelInfo:
        """The model in use (loads it)."""
        writer = self._load()
        return writer.backend.info if writer else _EXTRACTIVE

    @property
    def verifier(self) -> str:
        """The name of the verifier."""
        return self._verifier[0]

    @property
    def planner(self) -> Planner:
        """The planner, for callers that make their own plans (see `Planned`)."""
        return self._planner

    @property
    def writer(self) -> "Writer | None":
        """The model and its prompts (loads them); None for extractive briefs."""
        return self._load()

    @property
    def trouble(self) -> str:
        """What requests to the model's server failed, and why; empty if none did."""
        return self._writer.trouble if self._writer else ""

    def warm(self) -> None:
        """Load all models and brief a sample, so that the next brief is fast."""
        from briefing.reading import article_from_text

        text = "The council met on Monday to vote on the new bridge. It passed the plan by 5 to 2."
        self.brief(article_from_text(text, title="Council votes on bridge"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def interrupt(self) -> None:
        """End what a model's server is still asked, for a program that is about to end."""
        if self._writer:
            self._writer.close()

    def close(self) -> None:
        """Release the model and its memory; the next brief loads the one of that name again."""
        self._writer = None

    def brief(
        self,
        article: Article | str | PathLike[str] | bytes | BinaryIO,
        *,
        title: str | None = None,
        subtitle: str | None = None,
        sections: Iterable[str] = tuple(Section),
        length: Length = "standard",
    ) -> Brief:
        """Brief one article: an `Article`, or a source that `briefing.read` accepts.

        Raises:
            TypeError, ValueError: an argument is invalid.
            BriefingError: the article cannot be read or briefed, or the model cannot be used.
        """
        if not isinstance(article, Article):
            article = read(article, title=title, subtitle=subtitle)
        elif title is not None or subtitle is not None:
            raise TypeError("title and subtitle cannot be combined with an Article; omit them")
        (result,) = self.brief_many([article], sections=sections, length=length)
        if isinstance(result, BriefingError):
            raise result
        return result

    def brief_many(
        self,
        articles: Iterable[BatchItem],
        *,
        sections: Iterable[str] = tuple(Section),
        length: Length = "standard",
        group: int | None = None,
    ) -> Iterator[Result]:
        """Brief a stream of articles, in order, in constant memory.

        A `Planned` article is written from its own plan. An input that is an error, or that cannot
        be briefed, gives an error in its place; if the device fails on a group, all its articles
        do. ``group`` is the number of articles in a group (default: the back end's). While one
        group is written and parsed, the next is planned and the previous one checked: results come
        once two groups are read. If ``articles`` raises, what it gave before is briefed first.

        Raises:
            TypeError, ValueError: an argument is invalid.
            ModelError, DeviceError: the model or the verifier cannot be loaded.
        """
        wanted, length = sections_named(sections), checked_length(length)
        if isinstance(articles, (str, bytes, Article)) or not isinstance(articles, Iterable):
            raise TypeError(
                "articles must be a list or another iterable of Articles, not "
                f"{type(articles).__name__}; make each with briefing.read"
            )
        if group is not None and not isinstance(group, int):
            raise TypeError(f"group must be a number of articles, not {type(group).__name__}")
        if group is not None and group < 1:
            raise ValueError(f"group must be a positive number, not {group!r}")
        return self._stream(iter(articles), wanted, length, group)

    def _stream(
        self,
        source: Iterator[BatchItem],
        wanted: tuple[Section, ...],
        length: Length,
        group: int | None,
    ) -> Iterator[Result]:
        loaded = self._load()
        run: AbstractContextManager[Writer | None] = loaded.run() if loaded else nullcontext()
        # The pool waits for its threads, which wait for a server: that ends before.
        with ThreadPoolExecutor(_STAGES, thread_name_prefix="stage") as pool, run as writer:
            waiting: _Group | None = None
            for part in _groups(source, group or _group_size(writer)):
                if isinstance(part, Exception):
                    if waiting:
                        yield from self._finish(pool, waiting, wanted)
                    raise part
                # In a thread, so that what signal handlers raise here is not taken for its error.
                planning = pool.submit(self._plan_all, part, wanted, length, writer)
                planned = planning.result()
                drafts = [item for item in planned if isinstance(item, Draft)]
                written = self._submit(pool, writer, drafts)
                current = _Group(planned, written, pool.submit(prepare, drafts))
                if waiting:
                    yield from self._finish(pool, waiting, wanted)
                waiting = current
            if waiting:
                yield from self._finish(pool, waiting, wanted)

    def _plan_all(
        self,
        items: Sequence[BatchItem],
        wanted: tuple[Section, ...],
        length: Length,
        writer: "Writer | None",
    ) -> tuple[Draft | BriefingError, ...]:
        made = [self._plan(item, wanted, length, writer) for item in items]
        judge_titles(
            [item for item in made if isinstance(item, Draft) and _asks_beside_title(item)]
        )
        return tuple(map(self._settled, made))

    @staticmethod
    def _settled(item: Draft | BriefingError) -> Draft | BriefingError:
        """Return a draft without requests for a headline if its title needs none."""
        if not isinstance(item, Draft) or not _asks_beside_title(item):
            return item
        try:
            return unasked(item, Section.HEADLINE) if title_stands(item) else item
        except ModelError:
            raise
        except Exception as error:
            return _fault(error)

    def draft(
        self,
        article: Article,
        *,
        sections: Iterable[str] = tuple(Section),
        length: Length = "standard",
    ) -> Draft:
        """Plan one article and return the requests for ``writer``, for callers that batch lines.

        Raises:
            TypeError, ValueError: an argument is invalid.
            BriefingError: the article cannot be briefed, or the model cannot be used.
        """
        wanted, length = sections_named(sections), checked_length(length)
        (result,) = self._plan_all([article], wanted, length, self._load())
        if isinstance(result, BriefingError):
            raise result
        return result

    def finish(
        self,
        made: Draft,
        written: Sequence[Sequence[Hypothesis]],
        *,
        sections: Iterable[str] = tuple(Section),
    ) -> Brief:
        """Check the hypotheses of each of ``made.requests`` and select the lines of the brief.

        Raises:
            BriefingError: this article cannot be briefed.
        """
        result = self._guarded(made, written, sections_named(sections))
        if isinstance(result, BriefingError):
            raise result
        return result

    def _load(self) -> "Writer | None":
        if self._extractive or self._writer:
            return self._writer
        from briefing.writing import Writer, choose_family

        if self.verifier != "bundled":  # one that cannot be used is told at the start
            verifier_for("en", *self._verifier)
        backend = open_backend(*self._open)
        model = identify(self._open[0])
        family = choose_family(model.name, model.architecture, self._prompts_folder)
        self._writer = Writer(backend, family.limited_to(model.languages))
        return self._writer

    def _plan(
        self,
        item: BatchItem,
        sections: Sequence[Section],
        length: Length,
        writer: "Writer | None",
    ) -> Draft | BriefingError:
        if isinstance(item, BriefingError):
            return item
        article = item.article if isinstance(item, Planned) else item
        if not isinstance(article, Article):
            raise TypeError(
                f"an Article is briefed, not {type(article).__name__}; make one with briefing.read"
            )
        if writer and not writer.prompts.writes(article.language):
            if not isinstance(item, Planned):
                return UnsupportedLanguage(article.language, writer.prompts.languages)
            writer = None
        try:
            prompts = writer.prompts if writer else None
            if isinstance(item, Planned):
                made = draft(article, item.plan, prompts)
                return replace(made, titled=True, follow_up=item.follow_up)
            plan = self._planner.plan(article, length=length, sections=sections)
            return draft(article, plan, prompts)
        except ModelError:
            raise
        except Exception as error:
            return _fault(error)

    @staticmethod
    def _submit(
        pool: ThreadPoolExecutor, writer: "Writer | None", drafts: Sequence[Draft]
    ) -> "Future[list[tuple[Hypothesis, ...]]] | None":
        requests = [request for draft in drafts for request in draft.requests]
        return pool.submit(writer.write, requests) if writer and requests else None

    def _finish(
        self, pool: ThreadPoolExecutor, group: _Group, sections: Sequence[Section]
    ) -> Iterator[Result]:
        try:
            written = group.written.result() if group.written else []
        except DeviceError as error:
            _log.error("device failure on %d articles", len(group.drafts), exc_info=error)
            yield from (error if isinstance(item, Draft) else item for item in group.drafts)
            return
        wait([group.prepared])  # an error of one article is raised again when it is finished
        parts, start = [], 0
        for item in group.drafts:
            stop = start + (len(item.requests) if isinstance(item, Draft) else 0)
            parts.append((item, written[start:stop], sections))
            start = stop
        # While the quality model scores the lines of one article, another's are generated.
        yield from pool.map(self._guarded, *zip(*parts, strict=True))

    def _guarded(
        self,
        item: Draft | BriefingError,
        written: Sequence[Sequence[Hypothesis]],
        sections: Sequence[Section],
    ) -> Result:
        if isinstance(item, BriefingError):
            return item
        try:
            return self._brief(item, written, sections)
        except Exception as error:
            return _fault(error)

    def _brief(
        self,
        draft: Draft,
        written: Sequence[Sequence[Hypothesis]],
        sections: Sequence[Section],
    ) -> Brief:
        language = draft.article.language
        writer = self._load()
        model = writer.backend.info if writer else _EXTRACTIVE
        if writer and not writer.prompts.writes(language):
            model = replace(_EXTRACTIVE, reason=f"{model.name} does not write '{language}'")
        verifier = verifier_for(language, *self._verifier) if draft.requests else None
        lines = select(draft, written, sections, sentence_texts, verifier)
        foreign = (
            (f"The planner was trained on English; this article is in '{language}'.",)
            if model.name == _EXTRACTIVE.name and language != "en"
            else ()
        )
        return Brief.of_lines(
            lines.sections,
            article=draft.article,
            roles=draft.plan.roles,
            salience=draft.plan.salience,
            model=model,
            sections=tuple(sections),
            warnings=(*draft.article.warnings, *foreign, *lines.warnings),
        )


def _asks_beside_title(made: Draft) -> bool:
    """Whether a model is asked for the headline of an article that has a title."""
    asked = {slot.section for slots in made.asked for slot in slots}
    return bool(made.plan.title_sources) and Section.HEADLINE in asked


def _groups(source: Iterator[BatchItem], size: int) -> Iterator[list[BatchItem] | Exception]:
    """Yield groups of a stream; if it raises, what it gave before, and then the exception."""
    part: list[BatchItem] = []
    try:
        for item in source:
            part.append(item)
            if len(part) == size:
                yield part
                part = []
    except Exception as error:
        if part:
            yield part
        yield error
    else:
        if part:
            yield part


def _group_size(writer: "Writer | None") -> int:
    return writer.backend.articles if writer else GROUP


def _fault(error: Exception) -> BriefingError:
    """Convert an exception to the result of one article, so that the others continue."""
    if isinstance(error, BriefingError):
        return error
    _log.error("unexpected error while briefing an article", exc_info=error)
    return InternalError(
        f"{type(error).__name__} while briefing this article: {error}; please report it with the "
        "article"
    )


@cache
def _default() -> Briefer:
    return Briefer()


@cache
def _extractive() -> Briefer:
    return _default().extractive()


def brief(
    source: Article | str | PathLike[str] | bytes | BinaryIO,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    sections: Iterable[str] = tuple(Section),
    length: Length = "standard",
    extractive: bool = False,
) -> Brief:
    """Brief one article with the bundled model, which stays loaded.

    ``source`` is a text, a path, a URL, bytes, a binary file (see `briefing.read`), or an
    `Article`. An ``extractive`` brief uses only its own sentences, in any language. For another
    model or device, or for many articles, use a `Briefer`.

    Raises:
        TypeError, ValueError: an argument is invalid.
        BriefingError: the article cannot be read or briefed.
    """
    briefer = _extractive() if extractive else _default()
    return briefer.brief(source, title=title, subtitle=subtitle, sections=sections, length=length)
