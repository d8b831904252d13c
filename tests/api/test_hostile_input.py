"""URLs, bombs, and each kind of bad input, through the service."""

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from functools import partial
from threading import current_thread, main_thread

import httpx
import psutil
import pytest

from briefing.api import create_app
from briefing.api.requests import MOST_URLS
from briefing.api.scheduler import FETCHES_PER_HOST
from briefing.config import Settings
from briefing.reading import guard as guard_module
from briefing.reading.guard import Guard, is_public
from tests.api.articles import BODY, PAGE, TITLE
from tests.api.fakes import Client, EchoBackend, echo_briefer, post, problem
from tests.reading.bombs import BOMBS
from tests.web import Site, serving

pytestmark = pytest.mark.slow

GERMAN = json.dumps({"text": "Der Rat hat am Dienstag beschlossen, das Haus zu verkaufen. " * 2})
PATIENCE = 60
"""Seconds more than the limit that a busy machine may take."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def reading(_no_settings_from_outside: None, site: Site) -> Iterator[Client]:
    """A service that reads URLs, for which this machine's site is the public internet."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if host.endswith("news.example") else "10.0.0.1"]

    guard = Guard(
        frozenset({site.port}),
        resolve,
        allows=lambda address: address == "127.0.0.1" or is_public(address),
    )
    settings = Settings(urls=True, max_body=1_500_000, url_timeout=5)
    app = create_app(settings, echo_briefer(EchoBackend()), guard=guard)
    asyncio.run(app.state.service.warm())
    yield Client(app)
    asyncio.run(app.state.service.close())


def test_an_article_is_read_from_its_url(reading: Client, site: Site) -> None:
    site.pages["/a"] = ("text/html", PAGE.encode())
    url = f"http://news.example:{site.port}/a"
    found = reading.post(json={"url": url}).json()
    assert (found["article"]["title"], found["article"]["url"]) == (TITLE, url)
    titled = reading.post(json={"url": url, "title": "Mine", "subtitle": "Too"}).json()
    assert (titled["article"]["title"], titled["article"]["subtitle"]) == ("Mine", "Too")


def test_a_page_that_changed_is_read_anew_and_one_that_did_not_is_not_briefed_again(
    reading: Client, site: Site
) -> None:
    url = f"http://news.example:{site.port}/changing"
    site.pages["/changing"] = ("text/html", PAGE.encode())
    first, second = (reading.post(json={"url": url}) for _ in range(2))
    assert first.headers["etag"] == second.headers["etag"]
    site.pages["/changing"] = ("text/plain", BODY.replace("Ann Lee", "Bo Dahl").encode())
    third = reading.post(json={"url": url})
    assert third.headers["etag"] != first.headers["etag"]
    assert "Bo Dahl" in third.text


def test_a_list_does_not_turn_the_service_against_a_host(reading: Client, site: Site) -> None:
    site.pages["/a"] = ("text/plain", BODY.encode())
    site.delay = 0.02
    url = f"http://news.example:{site.port}/a"
    answers = reading.post("/v1/briefs/batch", json=[{"url": url}] * (MOST_URLS + 5)).json()
    site.delay = 0
    statuses = [each["status"] for each in answers]
    assert statuses == [200] * MOST_URLS + [422] * 5
    assert "another request" in answers[-1]["problem"]["detail"]
    assert site.most <= FETCHES_PER_HOST


def test_certificates_are_loaded_once_and_not_in_the_event_loop(
    reading: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    make = ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda *a, **k: loaded.append(current_thread()) or make()
    )
    monkeypatch.setattr(guard_module, "_contexts", {})
    urls = [{"url": f"http://inner.example:{site.port}/{n}"} for n in range(30)]
    answers = reading.post("/v1/briefs/batch", json=urls).json()
    assert {each["problem"]["type"] for each in answers} == {"urn:briefing:problem:url-refused"}
    assert len(loaded) == 1
    assert main_thread() not in loaded


def test_urls_in_a_list(reading: Client, site: Site) -> None:
    site.pages["/a"] = ("text/html", PAGE.encode())
    good = f"http://news.example:{site.port}/a"
    asked = [{"url": good}, {"url": f"http://inner.example:{site.port}/"}, {"url": good + "x"}]
    answers = reading.post("/v1/briefs/batch", json=asked).json()
    assert [each["status"] for each in answers] == [200, 422, 502]
    assert answers[1]["problem"]["type"].endswith(":url-refused")


@pytest.mark.parametrize(
    ("url", "status", "code", "said"),
    [
        ("http://inner.example:{port}/", 422, "url-refused", "public internet"),
        ("http://news.example:{port}/inside", 422, "url-refused", "public internet"),
        ("http://news.example/", 422, "url-refused", "port 80"),
        ("file:///etc/passwd", 422, "url-refused", "not a web address"),
        ("javascript:alert(1)", 422, "url-refused", "not a web address"),
        ("news.example", 422, "url-refused", "not a web address"),
        ("http://news..example/", 422, "url-refused", "not a valid address"),
        ("http://news example/", 422, "url-refused", "not a valid address"),
        ("http://news.example:x/", 422, "url-refused", "not a web address"),
        ("http://[::1/", 422, "url-refused", "not a web address"),
        ("http://" + "a" * 70 + ".example/", 422, "url-refused", "not a valid address"),
        ("http://news.example/\x01", 422, "url-refused", "not a valid address"),
        ("http://ne<ws.example/", 422, "url-refused", "not a valid address"),
        ("http://news.example:{port}/none", 502, "fetch-failed", "status 404"),
        ("http://news.example:{port}/large", 502, "fetch-failed", "MB"),
        ("http://news.example:{port}/image", 502, "fetch-failed", "not an article"),
        ("http://news.example:{port}/loop", 502, "fetch-failed", "redirects"),
    ],
)
def test_urls_that_are_not_read(
    reading: Client, site: Site, url: str, status: int, code: str, said: str
) -> None:
    site.redirects["/inside"] = f"http://inner.example:{site.port}/"
    site.redirects["/loop"] = "/loop"
    site.pages["/large"] = ("text/plain", b"word " * 400_000)
    site.pages["/image"] = ("image/png", b"x")
    found = problem(reading.post(json={"url": url.format(port=site.port)}), status, code)
    assert said in found["detail"]


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_soon_and_small(reading: Client, site: Site, name: str) -> None:
    """From a body, from JSON and from a URL."""
    data = BOMBS[name]()
    kind = "application/pdf" if name.startswith("pdf") else "text/html"
    site.pages["/bomb"] = (kind, data)
    ways = [
        partial(post, reading, data, kind),
        partial(reading.post, json={"url": f"http://news.example:{site.port}/bomb"}),
    ]
    if kind == "text/html":
        ways.append(partial(reading.post, json={"html": data.decode()}))
    before = psutil.Process().memory_info().rss
    for way in ways:
        started = time.monotonic()
        answer = way()
        assert time.monotonic() - started < 5 + PATIENCE
        if answer.status_code != 200:
            kind_of_problem(answer)
    assert psutil.Process().memory_info().rss - before < 300_000_000


def kind_of_problem(answer: httpx.Response) -> None:
    codes = ("too-complex", "no-article", "not-text", "too-long", "too-short")
    assert answer.json()["type"].removeprefix("urn:briefing:problem:") in codes
    assert answer.status_code in (413, 415, 422)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "empty-input"),
        (b"{", 400, "not-json"),
        (b'{"text": 3}', 422, "invalid-request"),
        (b'{"txt": "a"}', 422, "invalid-request"),
        (b'{"text": "caf\xe9"}', 400, "not-json"),
        (rb'{"text": "\u0000\u0000\u0000"}', 422, "empty-input"),
        (rb'{"text": "\ud800\udfff\ud800"}', 422, "too-short"),
        (b'{"text": "... --- !!! 1 2 3"}', 422, "too-short"),
        (GERMAN.encode(), 422, "unsupported-language"),
        (b'{"html": "<nav>Home</nav>"}', 422, "no-article"),
        (b'{"html": "<p>\\u0000"}', 422, "no-article"),
    ],
)
def test_each_kind_of_bad_json_has_its_problem(
    client: Client, body: bytes, status: int, code: str
) -> None:
    found = problem(post(client, body, "application/json"), status, code)
    assert found["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "empty-input"),
        (b"\x00" * 40, 415, "not-text"),
        (b"... --- !!!", 422, "too-short"),
    ],
)
def test_each_kind_of_bad_text_has_its_problem(
    client: Client, body: bytes, status: int, code: str
) -> None:
    problem(post(client, body, "text/plain"), status, code)


def test_nul_bytes_and_lone_surrogates_inside_a_text_do_no_harm(client: Client) -> None:
    for inside in (r"\u0000", r"\ud800", r"\udc00\ud800"):
        text = BODY.replace("\n", r"\n").replace("Tuesday", f"Tues{inside}day")
        body = f'{{"text": "{text}"}}'
        answer = post(client, body.encode(), "application/json")
        assert answer.status_code == 200
        assert "\x00" not in answer.text
