"""Every error becomes a problem document."""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.errors import InvalidRequest, RequestError
from api.problems import INTERNAL, ProblemResponse, plain_problem, problem_of
from api.schemas import mistakes
from briefing.errors import BriefingError

_log = logging.getLogger(__name__)


def install_handlers(app: FastAPI) -> None:
    """Answer errors of the library, of the framework, and unexpected ones."""
    app.add_exception_handler(BriefingError, _briefing_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _briefing_error(request: Request, error: Any) -> Response:
    answer = problem_of(error)
    if answer.status_code >= 500 and not isinstance(error, RequestError):
        _log.error("%s %s: %s: %s", request.method, request.url.path, error.code, error)
    return answer


async def _validation_error(_request: Request, error: Any) -> Response:
    return problem_of(InvalidRequest(mistakes(error.errors())))


async def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 404:
        detail = "There is no such address. See /docs for those there are."
        return ProblemResponse("not-found", detail, error.headers)
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail = f"{request.method} is not allowed here; use {allowed}."
        return ProblemResponse("method-not-allowed", detail, error.headers)
    return plain_problem(error.status_code, error.headers)


async def _unexpected(_request: Request, _error: Exception) -> Response:
    """The framework raises the error again afterwards, so that the server logs it."""
    return ProblemResponse("internal-error", INTERNAL)
