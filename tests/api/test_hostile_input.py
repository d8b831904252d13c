"""URLs, bombs, and each kind of bad input, through the service."""

import asyncio
import gzip
import json
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from threading import current_thread, main_thread

import httpx
import psutil
import pytest

from briefing.api import create_app
from briefing.api.bodies import ACCEPTED, JSON
from briefing.api.requests import MOST_URLS
from briefing.api.scheduler import FETCHES_PER_HOST
from briefing.config import Settings
from briefing.reading import guard as guard_module
from briefing.reading.guard import Guard, is_public
from tests.api.articles import BODY, PAGE, TITLE
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, EchoBackend, echo_briefer, post, problem, running
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


@contextmanager
def service(site: Site, **more: object) -> Iterator[Client]:
    """A service that reads URLs, for which this machine's site is the public internet."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if host.endswith("news.example") else "10.0.0.1"]

    guard = Guard(
        frozenset({site.port}),
        resolve,
        allows=lambda address: address == "127.0.0.1" or is_public(address),
    )
    settings = Settings(urls=True, max_body=1_500_000, url_timeout=5, **more)
    app = create_app(settings, echo_briefer(EchoBackend()), guard=guard)
    asyncio.run(app.state.service.warm())
    yield Client(app)
    asyncio.run(app.state.service.close())


@pytest.fixture(scope="module")
def reading(_no_settings_from_outside: None, site: Site) -> Iterator[Client]:
    with service(site) as client:
        yield client


@pytest.fixture(scope="module")
def impatient(_no_settings_from_outside: None, site: Site) -> Iterator[Client]:
    """One that takes a second for a document: a bomb takes all the time that there is."""
    with service(site, read_timeout=1) as client:
        yield client


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
def test_bombs_end_soon_and_small(impatient: Client, site: Site, name: str) -> None:
    """From a body, from JSON and from a URL."""
    data = BOMBS[name]()
    kind = "application/pdf" if name.startswith("pdf") else "text/html"
    site.pages["/bomb"] = (kind, data)
    ways = [
        partial(post, impatient, data, kind),
        partial(impatient.post, json={"url": f"http://news.example:{site.port}/bomb"}),
    ]
    if kind == "text/html":
        ways.append(partial(impatient.post, json={"html": data.decode()}))
    before = psutil.Process().memory_info().rss
    for way in ways:
        started = time.monotonic()
        answer = way()
        assert time.monotonic() - started < 2 + PATIENCE
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


GIANT = "a" * 500_001
"""More than an article may have."""


@pytest.mark.parametrize("kind", ["text/html", "application/xml", "text/markdown"])
def test_a_text_without_end_between_two_tags_is_refused(reading: Client, kind: str) -> None:
    page = f"<article><h1>{TITLE}</h1><p>{BODY}</p><p>{GIANT}</p></article>"
    detail = problem(post(reading, page.encode(), kind), 413, "too-long")["detail"]
    assert "500,000 characters" in detail


def test_scripts_and_styles_may_be_of_any_length(reading: Client) -> None:
    head = f"<head><script>{GIANT}</script><style>{GIANT}</style></head>"
    page = PAGE.replace("<head>", head, 1)
    assert post(reading, page.encode(), "text/html").status_code == 200


def test_every_kind_of_input_has_the_same_time() -> None:
    """Text too, in JSON or on its own, and what is planned."""
    text = " ".join(f"Councillor {n} spoke for the pier on Tuesday." for n in range(9_000))
    app = create_app(Settings(read_timeout=0.02), echo_briefer())
    sent = [
        ("text/plain", text),
        ("text/markdown", f"# Pier\n\n{text}"),
        ("text/html", f"<article><p>{text}</p></article>"),
        (JSON, json.dumps({"text": text})),
    ]

    async def scenario() -> None:
        async with running(app) as client:
            for kind, data in sent:
                headers = {"Content-Type": kind}
                answer = await client.post("/v1/briefs", content=data.encode(), headers=headers)
                problem(answer, 422, "too-complex")
            told = (await client.get("/metrics")).text
            (kills,) = re.findall(r'briefing_reader_kills_total\{reason="time"\} (\d+)', told)
            assert int(kills) >= len(sent)

    asyncio.run(scenario())


def test_outcomes_of_fetches_are_counted(reading: Client, site: Site) -> None:
    def counts() -> dict[str, float]:
        found = re.findall(
            r'briefing_fetches_total\{outcome="(\w+)"\} (\S+)', reading.get("/metrics").text
        )
        return {outcome: float(count) for outcome, count in found}

    site.pages["/a"] = ("text/html", PAGE.encode())
    before = counts()
    for path in ("news.example:{port}/a", "news.example:{port}/gone", "inner.example:{port}/"):
        reading.post(json={"url": f"http://{path.format(port=site.port)}"})
    assert {name: count - before[name] for name, count in counts().items()} == {
        "ok": 1,
        "failed": 1,
        "refused": 1,
    }


FIELDS = (
    *("title", "subtitle", "text", "html", "url", "sections", "length", "format"),
    *("extractive", "claim", "articles", "webhook", "__proto__"),
)
VALUES = (
    *("null", "0", "-1", "1e999", "-0.0", "NaN", "true", "[]", "{}", '""', '" "', '"\\u0000"'),
    *(r'"\ud800"', r'"\udfff\ud800"', '"../../etc/passwd"', '"{{7*7}}${7*7}"', '"<script>"'),
    *('"\\u202eevil"', "1" * 400, '"' + "a" * 9_000 + '"', '["headline", "headline"]', "[[[]]]"),
)
"""JSON of one field."""
SHAPES = (
    *("", " ", "null", "0", '"text"', "[]", "[null]", "[[]]", "[0, 1]", "{}", "{}{}", "{]", '{"a"'),
    *('{"text": "a", "text": "b"}', '{"text"', "\ufeff{}", "[" * 20_000, "{'text': 'a'}", "True"),
    *('{"text": "a",}', '// c\n{"text": "a"}', '{"": ""}', "[{}, {}, {}]", "1" * 9_000, "\x00"),
)
"""JSON of other shapes than an object with fields."""
DATA = {
    "nothing": b"",
    "nul": b"\x00" * 300,
    "high": bytes(range(128, 256)) * 20,
    "all bytes": bytes(range(256)) * 20,
    "utf-16": ("\ufeff" + BODY).encode("utf-16-le"),
    "utf-32": BODY.encode("utf-32"),
    "cut utf-8": BODY.encode() + b"\xe2\x82",
    "overlong": b"\xc0\xaf\xe0\x80\xaf" * 40 + BODY.encode(),
    "marks": ("a" + "\u0301" * 40).encode() * 200,
    "bidi": ("\u202e" + BODY + "\u2066" * 50).encode(),
    "no spaces": b"a" * 20_000,
    "line ends": BODY.replace("\n", "\r\x0b\x0c\x85\u2028").encode(),
    "open tags": b"<p><b><i><!-- <![CDATA[ <?xml <script>" * 200,
    "deep": b"<div>" * 4_000 + BODY.encode(),
    "entities": b'<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "zip": b"PK\x03\x04" + b"\x00" * 200,
    "pdf": b"%PDF-1.7\n1 0 obj<</Kids[1 0 R]/Type/Pages>>endobj trailer<</Root 1 0 R>>",
    "rtf": rb"{\rtf1{\*\bin99999 x}" + rb"{\b " * 3_000,
    "gzip": gzip.compress(BODY.encode()),
    "mail": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 900,
    "times": b"00:00:01,000 --> 00:00:00,000\n" * 400,
    "matter": b"---\na: &a [*a, *a]\n---\n" + BODY.encode(),
}
"""Bodies that are not what any content type says."""


def bodies() -> Iterator[tuple[str, str, str, bytes]]:
    """Name, path, content type and data of each."""
    for field, value in product(FIELDS, VALUES):
        inside = "" if field == "text" else f', "text": {json.dumps(BODY)}'
        yield (
            f"{field}={value[:20]}",
            "/v1/briefs",
            JSON,
            f'{{"{field}": {value}{inside}}}'.encode(),
        )
    for path, shape in product(("/v1/briefs", "/v1/briefs/batch", "/v1/check", "/v1/jobs"), SHAPES):
        yield shape[:20], path, JSON, shape.encode()
    for kind, (name, data) in product(ACCEPTED, DATA.items()):
        yield name, "/v1/briefs", kind, data
    for name, data in DATA.items():
        for boundary in ("x", "a"):
            yield name, "/", f"multipart/form-data; boundary={boundary}", data
        head = b"--x\r\nContent-Disposition: form-data; name="
        kind, file = b'"kind"\r\n\r\nfile\r\n', b'"file"; filename="a"\r\n\r\n'
        form = head + kind + head + file + data + b"\r\n--x--\r\n"
        yield name, "/", "multipart/form-data; boundary=x", form


def test_hundreds_of_bodies_are_answered_or_refused_in_words() -> None:
    """By one service, many at once: none fails in it, and none keeps it busy."""
    app = create_app(Settings(max_body=MAX_BODY, cache_bytes=0, queue=2_000), echo_briefer())
    found: dict[str, httpx.Response] = {}

    async def scenario() -> None:
        async with running(app) as client:
            turns = asyncio.Semaphore(16)

            async def ask(number: int, name: str, path: str, kind: str, data: bytes) -> None:
                headers = {"Content-Type": kind, "Accept": "application/json, application/x-ndjson"}
                async with turns:
                    answer = await client.post(path, content=data, headers=headers)
                found[f"{number} {path} {kind} {name}"] = answer

            await asyncio.wait_for(
                asyncio.gather(*(ask(n, *each) for n, each in enumerate(bodies()))), 10 * PATIENCE
            )
            assert (await client.post("/v1/briefs", json={"text": BODY})).status_code == 200

    asyncio.run(scenario())
    assert len(found) > 200
    for name, answer in found.items():
        assert answer.status_code in {200, 202, 400, 413, 415, 422}, (name, answer.text)
        if answer.status_code >= 400:
            document = answer.json()
            assert document["detail"], name
            assert "Traceback" not in answer.text, name
            assert len(answer.content) < 5_000, name
        assert b"root:" not in answer.content, name
