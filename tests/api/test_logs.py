"""Logs: what a request's line holds, and what no line holds."""

import asyncio
import io
import json
import logging
import threading
from pathlib import Path

import pytest

from briefing.api import create_app
from briefing.api.keys import KeyFile
from briefing.api.logs import MOST_WAITING, logging_to
from briefing.config import Settings
from briefing.options import KeyScope
from tests.api.articles import BODY, TITLE
from tests.api.fakes import EchoBackend, echo_briefer, running

SECRET = "Quillfeather"
ASKED = {"title": TITLE, "text": f"{BODY}\n\nOnly Barnaby {SECRET} abstained from the vote."}


def logged(asked, backend: EchoBackend | None = None, *, form: str = "json", **settings) -> str:
    """All that is logged while ``asked`` is answered once or more."""
    stream = io.StringIO()
    given = Settings(log_format=form, **settings)
    app = create_app(given, echo_briefer(backend))

    async def scenario() -> None:
        async with running(app) as client:
            if backend and backend.error:
                backend.broken = True
            for each in asked:
                await client.post("/v1/briefs", json=each, headers={"X-Request-ID": "request-1"})

    with logging_to(stream, given):
        asyncio.run(scenario())
    return stream.getvalue()


def lines_of(text: str, message: str = "request") -> list[dict]:
    found = [json.loads(line) for line in text.splitlines()]
    return [
        each for each in found if each["message"] == message and "/v1" in each.get("route", "/v1")
    ]


def test_a_request_is_one_line_with_sizes_stages_and_id() -> None:
    first, second = lines_of(logged([ASKED, ASKED]))
    assert (first["route"], first["method"], first["status"]) == ("/v1/briefs", "POST", 200)
    assert first["request_id"] == "request-1"
    assert first["level"] == "info"
    assert first["received_bytes"] > len(BODY)
    assert first["sent_bytes"] > len(BODY)
    assert set(first["stages"]) == {"read", "plan", "write", "check"}
    assert all(0 <= seconds <= first["seconds"] for seconds in first["stages"].values())
    assert first["generated"] + first["extracted"] >= 2
    assert (first["cache_misses"], second["cache_hits"]) == (1, 1)
    assert "stages" not in second


def test_no_line_holds_the_article() -> None:
    text = logged([ASKED])
    assert lines_of(text)
    assert SECRET not in text
    assert TITLE not in text


def test_the_article_is_logged_where_that_is_asked_for() -> None:
    (line,) = lines_of(logged([ASKED], log_text=True), "article")
    assert SECRET in line["text"]
    assert line["request_id"] == "request-1"


@pytest.mark.parametrize("texts", [False, True])
def test_an_exceptions_message_may_quote_the_article(texts: bool) -> None:
    backend = EchoBackend(RuntimeError(f"cannot write {SECRET}"))
    text = logged([ASKED], backend, log_text=texts)
    failed = [json.loads(line) for line in text.splitlines() if "exception" in line]
    assert failed
    assert all("RuntimeError" in each["exception"] for each in failed)
    assert all(each["request_id"] == "request-1" for each in failed)
    assert (SECRET in text) is texts


def test_causes_are_logged_with_what_they_caused() -> None:
    stream = io.StringIO()
    with logging_to(stream, Settings(log_format="json")):
        try:
            try:
                raise KeyError("a")
            except KeyError as error:
                raise ValueError("b") from error
        except ValueError:
            logging.getLogger("briefing.api").exception("it failed")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["exception"].index("KeyError") < line["exception"].index("ValueError")
    assert "test_logs.py" in line["exception"]


def test_text_is_for_people() -> None:
    text = logged([ASKED], form="text")
    assert "briefing: request route=/v1/briefs method=POST status=200" in text


def test_levels_and_other_libraries() -> None:
    stream = io.StringIO()
    with logging_to(stream, Settings(log_format="json", log_level="warning")):
        logging.getLogger("briefing.api.access").info("quiet")
        logging.getLogger("trafilatura").info("quiet")
        logging.getLogger("uvicorn.error").warning("loud %s", "enough")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["logger"], line["level"], line["message"]) == (
        *("uvicorn.error", "warning"),
        "loud enough",
    )
    assert logging.getLogger("briefing.api").level == logging.NOTSET


def test_a_log_that_nobody_reads_is_not_waited_for() -> None:
    """The stream takes nothing until the test has logged more than may wait."""

    class Stuck(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.go = threading.Event()

        def write(self, text: str) -> int:
            assert self.go.wait(60)
            return super().write(text)

    stream = Stuck()
    with logging_to(stream, Settings(log_format="json")):
        for n in range(MOST_WAITING + 100):
            logging.getLogger("briefing.api").info("line %d", n)
        stream.go.set()
    assert MOST_WAITING <= len(stream.getvalue().splitlines()) < MOST_WAITING + 100


class Visit:
    """Requests to one application, and the lines that it logs."""

    def __init__(self, tmp_path: Path, **settings) -> None:
        self.keys = KeyFile(tmp_path / "keys.json")
        self.settings = Settings(log_format="json", keys_path=self.keys.path, **settings)
        self.stream = io.StringIO()

    def lines(self, *asked: tuple[str, str, object, dict[str, str]]) -> list[dict]:
        app = create_app(self.settings, echo_briefer())

        async def scenario() -> None:
            async with running(app) as client:
                for method, path, body, headers in asked:
                    await client.request(method, path, json=body, headers=headers)

        with logging_to(self.stream, self.settings):
            asyncio.run(scenario())
        found = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in found if line["message"] == "request" and line["route"] != "none"]


def test_who_asked_and_what_was_wrong(tmp_path: Path) -> None:
    visit = Visit(tmp_path, trusted_proxies=["127.0.0.1"])
    key = visit.keys.add("newsroom", [KeyScope.BRIEF])
    wrong = {"X-API-Key": "briefing_00000000_" + "x" * 43}
    right = {"X-API-Key": key, "X-Forwarded-For": "203.0.113.9"}
    short = {"text": "Ja."}
    asked = [
        ("POST", "/v1/briefs", ASKED, right),
        ("POST", "/v1/briefs", ASKED, wrong),
        ("POST", "/v1/briefs", short, right),
        ("POST", "/v1/check", {"text": "a", "claim": "b"}, right),
        ("POST", "/v1/briefs/batch", [short, ASKED, short], right),
    ]
    good, refused, bad, barred, many = [
        line for line in visit.lines(*asked) if line["route"] not in ("/readyz", "/healthz")
    ]
    assert (good["key"], good["client"]) == ("newsroom", "203.0.113.9")
    assert "problem" not in good
    assert (refused["problem"], refused["client"]) == ("key-wrong", "127.0.0.1")
    assert "key" not in refused
    assert (bad["problem"], bad["key"]) == ("too-short", "newsroom")
    assert (barred["problem"], barred["key"]) == ("scope-missing", "newsroom")
    assert "problem" not in many
    assert many["problems"] == {"too-short": 2}
    assert key not in visit.stream.getvalue()


@pytest.mark.parametrize(("level", "count"), [("info", 0), ("debug", 3)])
def test_probes_are_for_debugging(tmp_path: Path, level: str, count: int) -> None:
    visit = Visit(tmp_path, log_level=level)
    probes = [("GET", path, None, {}) for path in ("/healthz", "/readyz", "/metrics")]
    assert len(visit.lines(*probes)) == count


def test_a_probe_that_is_refused_is_told(tmp_path: Path) -> None:
    visit = Visit(tmp_path)
    visit.keys.add("a", [])
    (line,) = visit.lines(("GET", "/metrics", None, {}))
    assert (line["status"], line["problem"]) == (401, "key-missing")


def test_lines_have_the_ids_of_the_clients_trace(tmp_path: Path) -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = {"traceparent": f"00-{trace}-{span}-01"}
    visit = Visit(tmp_path, log_text=True)
    (line,) = visit.lines(("POST", "/v1/briefs", ASKED, headers))
    assert (line["trace_id"], line["span_id"]) == (trace, span)
    logged = [json.loads(each) for each in visit.stream.getvalue().splitlines()]
    assert [each["trace_id"] for each in logged if each["message"] == "article"] == [trace]
    (line,) = Visit(tmp_path).lines(("POST", "/v1/briefs", ASKED, {"traceparent": "00-1-2-3"}))
    assert "trace_id" not in line


def test_files_of_the_service_have_their_route(tmp_path: Path) -> None:
    paths = ("/openapi.json", "/static/page.css", "/static/none", "/docs/ui/swagger-ui.css")
    lines = Visit(tmp_path).lines(*(("GET", path, None, {}) for path in paths))
    assert [line["route"] for line in lines] == ["/openapi.json", "/static", "/static", "/docs/ui"]
