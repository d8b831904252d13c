"""The page for people: a form, and the brief of what it is sent, whole or part by part."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import preferred
from api.deadline import Deadline
from api.deps import InForce
from api.forms import Form, form_boundary, order_of, read_form
from api.gate import Gate
from api.intake import Intake, intake
from api.keys import Scope
from api.orders import Order
from api.page import POLICY, Part, page, part_about, part_of_article, parts_of_brief
from api.problems import INTERNAL, document_of, problem, problem_of
from api.service import Service
from api.streams import NDJSON, LineStream
from briefing.article import Article
from briefing.brief import Brief
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.render import from_document

router = APIRouter(include_in_schema=False)
_log = logging.getLogger(__name__)
_HTML = "text/html"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    # With "no-referrer" a browser would not say whose page the form is on: see `api.site`.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
Show = Callable[[Part, str], None]


@dataclass(frozen=True, slots=True)
class _Visit:
    """A form that was let in and read: what it asks for, and the time that it has."""

    service: Service
    order: Order
    article: Article
    deadline: Deadline


@router.get("/")
async def empty_page(request: Request, settings: InForce) -> Response:
    """The form."""
    return _answer(page(settings, needs_key=_needs_key(request)))


@router.post("/")
async def filled_page(request: Request, settings: InForce) -> Response:
    """What the form is sent to: the page with the brief in it, or, for the page's own script, a
    line of JSON for each part of the page as soon as it is done.
    """
    if preferred(request, (_HTML, NDJSON)) == NDJSON:
        return await _streamed(request, settings)
    return await _whole(request, settings)


async def _streamed(request: Request, settings: Settings) -> Response:
    async with AsyncExitStack() as stack:
        incoming = _enter(request, settings, stack)
        visit = await _visit(incoming, await _form(request, incoming), request, stack)
        return LineStream(_lines(visit), stack.pop_all(), _HEADERS)


async def _whole(request: Request, settings: Settings) -> Response:
    form = Form()
    parts: dict[Part, str] = {}
    shown = partial(page, settings, needs_key=_needs_key(request))
    try:
        async with AsyncExitStack() as stack:
            incoming = _enter(request, settings, stack)
            form = await _form(request, incoming)
            visit = await _visit(incoming, form, request, stack)
            work = _brief(visit, parts.__setitem__)
            brief = await visit.service.work.until(visit.deadline, request, work)
    except BriefingError as error:
        as_json = problem_of(error)
        headers = {k: v for k, v in as_json.headers.items() if not k.startswith("content-")}
        text = shown(form=form, problem=document_of(error))
        return _answer(text, as_json.status_code, headers)
    headline = brief.headline.text if brief.headline else ""
    return _answer(shown(form=form, parts=parts, headline=headline))


def _enter(request: Request, settings: Settings, stack: AsyncExitStack) -> Intake:
    """Let the request in, as a request to the API: this page is one more client of it."""
    gate: Gate = request.app.state.gate
    caller = stack.enter_context(gate.admit(request, [Scope.BRIEF]))
    request.state.quota = caller.quota
    service: Service = request.app.state.service
    service.check_ready()
    return stack.enter_context(intake(request, service, settings, caller))


async def _form(request: Request, incoming: Intake) -> Form:
    return await incoming.order(partial(read_form, boundary=form_boundary(request)))


async def _visit(incoming: Intake, form: Form, request: Request, stack: AsyncExitStack) -> _Visit:
    """Read the article before anything is answered, so that what is wrong with it has a status."""
    service: Service = request.app.state.service
    settings: Settings = request.app.state.settings
    order = order_of(form, urls=settings.urls)
    stack.enter_context(service.admission.place())

    async def read() -> _Visit:
        whole = await stack.enter_async_context(service.fetched(order, placed=True))
        return _Visit(service, whole, await service.article(whole), incoming.deadline)

    return await service.work.until(incoming.deadline, request, read())


async def _brief(visit: _Visit, show: Show) -> Brief:
    """Brief the article; ``show`` is given each part of the page once."""
    service, article = visit.service, visit.article
    seen: set[str] = set()

    def report(brief: Brief) -> None:
        for section, text in parts_of_brief(brief).items():
            if section not in seen:
                seen.add(section)
                show(section.value, text)

    show("article", await service.run(partial(part_of_article, article)))
    key = await service.key(visit.order)
    data = await service.result(
        visit.order, key, object(), placed=True, article=article, report=report
    )
    brief = await service.run(lambda: from_document(json.loads(data)))
    report(brief)
    show("about", await service.run(partial(part_about, brief)))
    return brief


async def _lines(visit: _Visit) -> AsyncGenerator[bytes]:
    """Each part of the page when it is done; a problem in place of those that will not be."""
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def show(part: Part, html: str) -> None:
        lines.put_nowait({"part": part, "html": html})

    def ended(task: asyncio.Task[Brief]) -> None:
        if not task.cancelled():
            task.exception()  # nobody may be left to ask for it
        lines.put_nowait(None)

    work = visit.service.work.until(visit.deadline, None, _brief(visit, show))
    task = asyncio.create_task(work)
    task.add_done_callback(ended)
    try:
        while line := await lines.get():
            yield _encoded(line)
        if found := _problem(task):
            yield _encoded({"problem": found})
    finally:
        task.cancel()


def _problem(task: "asyncio.Task[Brief]") -> dict[str, Any] | None:
    error = task.exception()
    if isinstance(error, BriefingError):
        return document_of(error)
    if error:
        _log.error("a brief for the page failed", exc_info=error)
        return problem("internal-error", INTERNAL)
    return None


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode("ascii") + b"\n"


def _needs_key(request: Request) -> bool:
    gate: Gate = request.app.state.gate
    return gate.needs_key(request)


def _answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    data = text.encode("utf-8", "replace")
    return Response(data, status, {**_HEADERS, **(headers or {})}, media_type=_HTML)
