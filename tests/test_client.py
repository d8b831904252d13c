"""Briefs from a running service: the same output as here, and errors that say what to do."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from briefing.briefs import Article
from briefing.cli.service import ArticleRefused, KeyRefused, ServerUnusable, brief_remotely
from briefing.errors import BriefingError, ConfigError
from briefing.reading import article_from_text, read
from briefing.sections import Section
from tests.api.test_server import SERVE, serving, wait_ready
from tests.commands import call_here

pytestmark = pytest.mark.slow

TEXT = "The council met on Monday to vote on the new bridge. It passed the plan by 5 to 2."


@pytest.fixture
def article() -> Article:
    return article_from_text(TEXT, title="Council votes on bridge")


def answering(respond: Callable[[httpx.Request], httpx.Response]) -> Callable[[Article], object]:
    transport = httpx.MockTransport(respond)
    return lambda article: brief_remotely(article, "http://127.0.0.1:1/", transport=transport)


def refusing(status: int, detail: str, **headers: str) -> Callable[[Article], object]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    document = {"type": "urn:briefing:problem:x", "title": "No", "detail": detail}
    return answering(lambda _: httpx.Response(status, json=document, headers=named))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving([*SERVE, "--port", "0"]) as (_, client):
        wait_ready(client)
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def environment() -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BRIEFING_")}
    return clean | {"BRIEFING_CONFIG": os.devnull}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Run ``briefing brief`` in this process."""

    def call(*arguments: object, **extra: str) -> subprocess.CompletedProcess:
        done = call_here("brief", *arguments, folder=tmp_path, environment=environment | extra)
        assert b"Traceback" not in done.stderr
        return done

    return call


@pytest.fixture
def run_installed(
    command: str, environment: dict[str, str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess]:
    """Run ``briefing brief`` in a process of its own."""

    def call(*arguments: object) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [command, "brief", *map(str, arguments)],
            capture_output=True,
            cwd=tmp_path,
            env=environment,
            check=False,
            timeout=120,
        )
        assert b"Traceback" not in done.stderr
        return done

    return call


@pytest.mark.parametrize("options", [["text", "--sources"], ["markdown"], ["html"], ["json"]])
def test_output_is_the_same_as_here(
    run, run_installed, server: str, ferry: Path, options: list[str]
) -> None:
    here = run(ferry, "--format", *options)
    there = run_installed(ferry, "--server", server, "--format", *options)
    assert (there.returncode, there.stderr) == (0, b"")
    assert there.stdout == here.stdout


def test_a_page_with_a_date_sections_and_a_title(run, server: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    paragraphs = "".join(f"<p>{TEXT} It was vote {n} of the year.</p>" for n in range(4))
    page.write_text(
        "<html><head><title>Old title</title>"
        '<meta property="article:published_time" content="2026-03-02"></head>'
        f"<body><article><h1>Old title</h1>{paragraphs}</article></body></html>"
    )
    options = (page, "--title", "A bridge is built", "--section", "key-points", "--format", "json")
    here = json.loads(run(*options).stdout)
    there = json.loads(run(*options, BRIEFING_SERVER=server).stdout)
    assert there == here
    assert here["article"]["published"]


def test_what_the_service_refuses_is_the_articles_fault(run, server: str, tmp_path: Path) -> None:
    text = tmp_path / "german.txt"
    text.write_text(
        "Der Gemeinderat von Mühlbach hat am Dienstag beschlossen, das alte Fährhaus zu schließen. "
        "Die Bürgermeisterin sagte, die Reparatur sei zu teuer und dauere mehrere Jahre."
    )
    done = run(text, "--server", server)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"'de'" in done.stderr
    assert b"use --extractive" in done.stderr
    made = run(text, "--server", server, "--extractive", "--format", "json")
    assert json.loads(made.stdout)["model"]["name"] == "none"


def test_a_server_that_is_not_there_ends_with_3(run, ferry: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run(ferry, "--server", f"http://127.0.0.1:{port}")
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"briefing serve" in done.stderr


@pytest.mark.parametrize("server", ["localhost:8000", "ftp://x", "http://", "", "http://[::1"])
def test_what_is_no_url_ends_with_2(run, ferry: Path, server: str) -> None:
    done = run(ferry, "--server", server)
    assert done.returncode == 2
    assert b"http://127.0.0.1:8000" in done.stderr


def test_a_model_of_ones_own_is_for_here(run, ferry: Path) -> None:
    done = run(ferry, "--server", "http://127.0.0.1:9", "--model", "bundled")
    assert done.returncode == 2
    assert b"--server" in done.stderr


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        *((401, KeyRefused, 2), (403, KeyRefused, 2)),
        *((413, ArticleRefused, 1), (415, ArticleRefused, 1), (422, ArticleRefused, 1)),
        *((429, ServerUnusable, 3), (500, ServerUnusable, 3), (503, ServerUnusable, 3)),
        *((504, ServerUnusable, 3), (404, ServerUnusable, 3)),
    ],
)
def test_each_problem_has_its_exit_code(article: Article, status, kind, code) -> None:
    with pytest.raises(BriefingError, match="Because of this") as raised:
        refusing(status, "Because of this.")(article)
    assert type(raised.value) is kind
    assert kind.exit_code == code


def test_a_busy_server_says_when_to_come_again(article: Article) -> None:
    with pytest.raises(ServerUnusable, match="again in 7 seconds"):
        refusing(429, "Too much.", retry_after="7")(article)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"schema": "briefing.brief/9"}),
        httpx.Response(404, text="nothing"),
        httpx.Response(500, json=["detail"]),
        httpx.Response(302, headers={"Location": "http://127.0.0.1:2"}),
    ],
)
def test_what_is_no_service_of_ours(article: Article, answer: httpx.Response) -> None:
    with pytest.raises(ServerUnusable, match="--server"):
        answering(lambda _: answer)(article)


def test_a_server_that_takes_too_long(article: Article) -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(ServerUnusable, match="in time"):
        answering(late)(article)


def test_the_key_and_what_is_wanted_are_sent(article: Article) -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(401, json={"detail": "No."})

    with pytest.raises(KeyRefused, match="--api-key"):
        brief_remotely(
            article,
            "https://briefs.example/base/",
            api_key="briefing_1_2",
            sections=[Section.HEADLINE],
            length="short",
            transport=httpx.MockTransport(respond),
        )
    (request,) = seen
    assert str(request.url) == "https://briefs.example/base/v1/briefs"
    assert request.headers["authorization"] == "Bearer briefing_1_2"
    asked = json.loads(request.content)
    assert (asked["sections"], asked["length"], asked["text"]) == (["headline"], "short", TEXT)


def test_surrogates_reach_the_server(article: Article) -> None:
    with pytest.raises(ConfigError):
        brief_remotely(article, "ftp://x")
    odd = article_from_text(TEXT + " The \ud800 sign fell.", title="Council")
    with pytest.raises(ArticleRefused):
        refusing(422, "no")(odd)


def test_nothing_of_a_model_is_imported(ferry: Path) -> None:
    code = (
        "import sys, httpx\n"
        "from briefing.cli.service import brief_remotely\n"
        "from briefing.reading import read\n"
        "no = httpx.MockTransport(lambda _: httpx.Response(429, json={'detail': 'x'}))\n"
        "try: brief_remotely(read(sys.argv[1]), 'http://127.0.0.1:1', transport=no)\n"
        "except Exception as error: assert 'x' in str(error), error\n"
        "heavy = ('torch', 'transformers', 'ctranslate2', 'sklearn')\n"
        "sys.exit(any(m in sys.modules for m in heavy))"
    )

    done = subprocess.run([sys.executable, "-c", code, ferry], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read(ferry).title
