"""Every error becomes a problem document."""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from api.errors import RequestError
from api.problems import ProblemResponse, plain_problem, problem, problem_of
from briefing.errors import BriefingError, InputError

_log = logging.getLogger(__name__)


def install_handlers(app: FastAPI) -> None:
    """Answer errors of the library and of the framework; `api.envelope` has unexpected ones."""
    app.add_exception_handler(BriefingError, _briefing_error)
    app.add_exception_handler(HTTPException, _http_error)


async def _briefing_error(request: Request, error: Any) -> Response:
    answer = problem_of(error)
    if answer.status_code >= 500 and not isinstance(error, (RequestError, InputError)):
        _log.error("%s %s: %s: %s", request.method, request.url.path, error.code, error)
    return answer


async def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 404:
        detail = "There is no such address. See /docs for those there are."
        return ProblemResponse(problem("not-found", detail), error.headers)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail = f"{request.method} is not allowed here; use {allowed}."
        return ProblemResponse(problem("method-not-allowed", detail), error.headers)
    return plain_problem(error.status_code, error.headers)
