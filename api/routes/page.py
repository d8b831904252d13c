"""Web page: a form, and its brief as a whole page or streamed part by part."""

import json
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from briefing import __version__
from briefing.api.auth import Gate
from briefing.api.bodies import NDJSON, Deadline, LineStream, preferred, shown_while
from briefing.api.problems import BriefMissing, document_of, known_error, problem_of
from briefing.api.requests import BriefOrder, Form, form_boundary, order_of, read_form
from briefing.api.routes import InForce, Intake, intake
from briefing.api.service import Service
from briefing.briefs import Article, Brief, Line, Sentence
from briefing.config import Settings
from briefing.errors import FRONT_END, BriefingError
from briefing.options import LENGTHS, KeyScope
from briefing.reading import ARTICLE_SUFFIXES
from briefing.rendering import from_document, to_json, to_markdown, to_text
from briefing.rendering.text import PARTS, ROLE_WORDS, blocks, inert, percent, warnings, web_url
from briefing.sections import SECTIONS, Section

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: no inline code, no other host."""
TAGS = {"generated": "Written", "extracted": "Extracted"}
"""Labels of the origins of lines."""
_Part = str
"""A part of the page that is filled in: "article", the name of a section, "about"."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence of a paragraph, and the text between it and the one before."""

    before: str
    index: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the displayed article; ``part`` is title, subtitle or body."""

    part: str
    pieces: tuple[Piece, ...]


def _paragraphs(article: Article) -> Iterator[Paragraph]:
    """Yield the article's paragraphs, split at the offsets of its sentences.

    Text outside of sentences, such as bullets, is kept between them.
    """
    parts = {"title": article.title or "", "subtitle": article.subtitle or "", "body": article.body}
    numbered = enumerate(article.sentences)
    end: dict[str, int] = {}
    for (part, _), group in groupby(numbered, lambda each: (each[1].part, each[1].paragraph)):
        pieces: list[Piece] = []
        for index, sentence in group:
            gap = parts[part][end.get(part, 0) : sentence.start]
            pieces.append(Piece(_between(gap, first=not pieces), index, sentence))
            end[part] = sentence.end
        yield Paragraph(part, tuple(pieces))


def _between(gap: str, *, first: bool) -> str:
    text = inert(gap)
    return f"{text} " if first and text else f" {text} " if text else "" if first else " "


def part_of_article(article: Article) -> str:
    """Render the article, whose sentences are the evidence of lines."""
    template = _ENVIRONMENT.get_template("article.html")
    return template.render(article=article, paragraphs=_paragraphs(article))


def parts_of_brief(brief: Brief) -> dict[Section, str]:
    """Render each section of the brief, in order."""
    template = _ENVIRONMENT.get_template("section.html")
    return {each.section: template.render(block=each) for each in blocks(brief)}


def part_about(brief: Brief, name: str | None) -> str:
    """Render what follows a complete brief: warnings, exports, model, the link to it.

    ``name`` is that under which the brief is kept, if it is.
    """
    return _ENVIRONMENT.get_template("about.html").render(
        brief=brief,
        notes=warnings(brief),
        markdown=to_markdown(_from_one(brief)),
        text=to_text(_from_one(brief)),
        json=to_json(brief),
        name=name,
    )


def _from_one(brief: Brief) -> Brief:
    """Return the brief with its sources counted from 1, as the page shows them, to be rendered."""
    sentences = brief.article.sentences

    def counted(line: Line) -> Line:
        return replace(line, evidence=tuple(i + 1 for i in line.evidence))

    # Nothing cites what then is at 0.
    article = replace(brief.article, sentences=(*sentences[:1], *sentences))
    return brief.mapped(counted, article=article)


def brief_page(
    settings: Settings,
    *,
    needs_key: bool,
    form: Form | None = None,
    parts: Mapping[_Part, str] | None = None,
    headline: str = "",
    problem: Mapping[str, Any] | None = None,
    wanted: str = "",
) -> str:
    """Render the page: empty, with a brief's ``parts``, or with a ``problem``.

    ``wanted`` is the name of a kept brief that the page's script has to fetch, with a key.
    """
    return _ENVIRONMENT.get_template("page.html").render(
        form=form or Form(),
        length=(form.value("length") if form else "") or settings.length,
        most=_most(form, settings),
        urls=settings.urls,
        endings=",".join(sorted(ARTICLE_SUFFIXES)),
        needs_key=needs_key,
        parts={name: Markup(text) for name, text in (parts or {}).items()},  # noqa: S704
        headline=headline,
        problem=problem,
        wanted=wanted,
        version=__version__,
    )


def _most(form: Form | None, settings: Settings) -> str:
    """Return the length that is none of the named ones: of the form, or else of the service."""
    if form and form.fields:
        return form.value("most")
    return "" if settings.length in LENGTHS else settings.length


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("briefing.api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clean=inert, percent=percent, web_url=web_url, capital=_capital)
    # People count from 1; ids and the JSON count from 0.
    environment.filters["number"] = lambda index: index + 1
    environment.globals.update(ROLES=ROLE_WORDS, TAGS=TAGS, PARTS=PARTS, SECTIONS=SECTIONS)
    return environment


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_ENVIRONMENT = _environment()


page_router = APIRouter(include_in_schema=False)
_log = logging.getLogger(__name__)
_HTML = "text/html"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    # With "no-referrer", browsers send no usable Origin, which `briefing.api.auth` checks.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}
Show = Callable[[_Part, str], None]


@dataclass(frozen=True, slots=True)
class _Visit:
    """An admitted form: its order, the article as read, and the deadline."""

    service: Service
    order: BriefOrder
    article: Article
    deadline: Deadline


@page_router.get("/")
async def get_page(request: Request, settings: InForce) -> Response:
    """Return the page with an empty form; with ``?brief=NAME``, with the brief that is kept under
    that name, as a whole page or, for the page's script, as NDJSON.
    """
    FRONT_END.set("page")
    name = request.query_params.get("brief", "")
    needs_key = _needs_key(request)
    if not name:
        return _answer(brief_page(settings, needs_key=needs_key))
    streamed = preferred(request, (_HTML, NDJSON)) == NDJSON
    if needs_key and not streamed:
        # A browser sends no key when it follows a link; the script then does.
        return _answer(brief_page(settings, needs_key=True, wanted=name))
    try:
        with _gate(request).admit(request, [KeyScope.BRIEF]):
            brief, article = await _kept(request.app.state.service, name)
    except BriefingError as error:
        if streamed:
            raise
        return _problem_page(request, settings, error, Form())
    parts = _parts(brief, article, name)
    if streamed:
        lines = [_encoded({"part": part, "html": html}) for part, html in parts.items()]
        return Response(b"".join(lines), headers=_HEADERS, media_type=NDJSON)
    headline = brief.headline.text if brief.headline else ""
    return _answer(brief_page(settings, needs_key=needs_key, parts=parts, headline=headline))


async def _kept(service: Service, name: str) -> tuple[Brief, str]:
    """Return a kept brief, and its article as HTML. Raises BriefMissing."""
    found = await service.kept(name)
    if found is None:
        raise BriefMissing
    data, article = found
    return await service.run(lambda: from_document(json.loads(data))), article


def _parts(brief: Brief, article: str, name: str) -> dict[_Part, str]:
    parts: dict[_Part, str] = {"article": article}
    parts |= {section.value: text for section, text in parts_of_brief(brief).items()}
    return parts | {"about": part_about(brief, name)}


@page_router.post("/")
async def filled_page(request: Request, settings: InForce) -> Response:
    """Brief the submitted form: return the page with the brief, or, for the page's script, NDJSON
    with one line per part of the page as it is completed.
    """
    FRONT_END.set("page")
    if preferred(request, (_HTML, NDJSON)) == NDJSON:
        return await _streamed(request, settings)
    return await _whole(request, settings)


async def _streamed(request: Request, settings: Settings) -> Response:
    async with AsyncExitStack() as stack:
        incoming = await _enter(request, settings, stack)
        visit = await _visit(incoming, await _form(request, incoming), request, stack)
        return LineStream(_lines(visit), stack.pop_all(), _HEADERS)


async def _whole(request: Request, settings: Settings) -> Response:
    form = Form()
    parts: dict[_Part, str] = {}
    try:
        async with AsyncExitStack() as stack:
            incoming = await _enter(request, settings, stack)
            form = await _form(request, incoming)
            visit = await _visit(incoming, form, request, stack)
            work = _brief(visit, parts.__setitem__)
            brief = await visit.service.work.until(visit.deadline, request, work)
    except BriefingError as error:
        return _problem_page(request, settings, error, form)
    headline = brief.headline.text if brief.headline else ""
    needs_key = _needs_key(request)
    page = brief_page(settings, needs_key=needs_key, form=form, parts=parts, headline=headline)
    return _answer(page)


def _problem_page(
    request: Request, settings: Settings, error: BriefingError, form: Form
) -> Response:
    response = problem_of(error)
    request.state.problem = response.code
    headers = {k: v for k, v in response.headers.items() if not k.startswith("content-")}
    needs_key = _needs_key(request)
    page = brief_page(settings, needs_key=needs_key, form=form, problem=document_of(error))
    return _answer(page, response.status_code, headers)


async def _enter(request: Request, settings: Settings, stack: AsyncExitStack) -> Intake:
    """Authenticate and admit the request, as the API does."""
    caller = stack.enter_context(_gate(request).admit(request, [KeyScope.BRIEF]))
    request.state.quota = caller.quota
    service: Service = request.app.state.service
    service.check_ready()
    return await stack.enter_async_context(intake(request, service, settings, caller))


async def _form(request: Request, incoming: Intake) -> Form:
    return await incoming.order(partial(read_form, boundary=form_boundary(request)))


async def _visit(incoming: Intake, form: Form, request: Request, stack: AsyncExitStack) -> _Visit:
    """Read the article before the response starts, so that errors set its status."""
    service: Service = request.app.state.service
    settings: Settings = request.app.state.settings
    order = order_of(form, urls=settings.urls)
    stack.enter_context(incoming.caller.counted(1))
    stack.enter_context(service.admission.place())

    async def read() -> _Visit:
        fetched = await stack.enter_async_context(service.fetched(order, placed=True))
        return _Visit(service, fetched, await service.article(fetched), incoming.deadline)

    return await service.work.until(incoming.deadline, request, read())


async def _brief(visit: _Visit, show: Show) -> Brief:
    """Brief the article, calling ``show`` once with each part of the page."""
    service, article = visit.service, visit.article
    seen: set[str] = set()

    def report(brief: Brief) -> None:
        for section, text in parts_of_brief(brief).items():
            if section not in seen:
                seen.add(section)
                show(section.value, text)

    html = await service.run(partial(part_of_article, article))
    show("article", html)
    key = await service.key(visit.order)
    data = await service.result(
        visit.order, key, object(), placed=True, article=article, report=report
    )
    brief = await service.run(lambda: from_document(json.loads(data)))
    report(brief)
    name = await service.keep_article(key, html)
    show("about", await service.run(partial(part_about, brief, name)))
    return brief


async def _lines(visit: _Visit) -> AsyncGenerator[bytes]:
    """Yield each part of the page when it is done, and a problem if the brief fails."""
    service = visit.service

    async def brief(show: Callable[[bytes], None]) -> None:
        def show_part(part: _Part, html: str) -> None:
            show(_encoded({"part": part, "html": html}))

        await service.work.until(visit.deadline, None, _brief(visit, show_part))

    try:
        async for line in shown_while(brief, b"\n"):
            yield line
    except Exception as error:
        yield _encoded({"problem": service.problem_document(known_error(error, _log))})


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode("ascii") + b"\n"


def _needs_key(request: Request) -> bool:
    return _gate(request).needs_key(request)


def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


def _answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    data = text.encode("utf-8", "replace")
    return Response(data, status, {**_HEADERS, **(headers or {})}, media_type=_HTML)
