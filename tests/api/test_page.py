"""The page without a browser: what is sent, in parts and whole, and what is in it."""

import asyncio
import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.api import create_app
from briefing.api.keys import KeyFile
from briefing.api.routes.page import _paragraphs
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.options import KeyScope
from briefing.reading import article_from_text
from briefing.rendering.text import inert
from tests.api.articles import BODY, LEAD, PAGE, TEXT, TITLE, pdf
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, EchoBackend, GatedBackend, echo_briefer, problem, running, until

NDJSON = "application/x-ndjson"
PARTS = ["article", "headline", "key-points", "context", "about"]
HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror=alert(2)> "onfocus=alert(3) '
    "{{ 7 * 7 }} </textarea><a href='javascript:alert(4)'>x</a> \u202egnp.exe\u202c"
)


class Tags(HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def send(client: Client, accept: str = "text/html", **fields: str) -> httpx.Response:
    return client.post("/", files=form(**{"text": TEXT, **fields}), headers={"Accept": accept})


def form(**fields: str) -> dict:
    """Fields as a browser sends them."""
    return {name: (None, value.encode()) for name, value in fields.items()}


def lines(response: httpx.Response) -> list[dict]:
    assert response.headers["content-type"] == NDJSON
    return [json.loads(line) for line in response.text.splitlines()]


def test_the_empty_page(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Briefing" in response.text
    assert 'id="url"' not in response.text
    assert 'id="key"' not in response.text


def test_the_page_loads_its_own_files_and_has_nothing_inline(client: Client) -> None:
    for text in (client.get("/").text, send(client).text):
        for tag, attributes in Tags(text).found:
            assert tag != "style"
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            if tag == "script":
                assert attributes["src"].startswith("static/")
            if tag in ("script", "link"):
                name = attributes.get("src") or attributes["href"]
                assert client.get(f"/{name}").status_code == 200, name


def test_parts_come_in_order(client: Client) -> None:
    found = lines(send(client, NDJSON))
    assert [line["part"] for line in found] == PARTS
    assert LEAD in found[0]["html"]
    assert "Key points" in found[2]["html"]


def test_the_whole_page_has_the_same_parts(client: Client) -> None:
    page = send(client)
    assert page.status_code == 200
    for line in lines(send(client, NDJSON)):
        assert line["html"].strip() in page.text
    assert f"{TITLE}" in page.text
    assert '<details class="compose" id="compose" >' in page.text


def test_lines_name_sentences_that_are_in_the_article(client: Client) -> None:
    tags = Tags(send(client).text).found
    named = [each["data-evidence"].split() for _, each in tags if "data-evidence" in each]
    there = {each["id"] for _, each in tags if each.get("class") == "sentence"}
    assert len(named) >= 2
    assert {f"s{index}" for indices in named for index in indices} <= there


def test_a_kept_brief_is_shown_in_the_same_parts() -> None:
    app = create_app(Settings(), echo_briefer())
    asyncio.run(app.state.service.warm())
    client = Client(app)
    assert lines(send(client, NDJSON)) == lines(send(client, NDJSON))
    asyncio.run(app.state.service.close())


def test_the_brief_is_that_of_the_api(client: Client) -> None:
    body = {"text": TEXT.partition("\n\n")[2], "title": TITLE}
    by_api = client.post(json=body, headers={"Accept": "text/markdown"}).text
    page = send(client, text=body["text"], title=TITLE).text
    assert _UNCITED.sub("", by_api) in _UNCITED.sub("", unescape(page))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("page.html", PAGE.encode(), "text/html"), LEAD),
        (("page.pdf", pdf(BODY.splitlines()), "application/pdf"), "council of Millbrook"),
        (("page.txt", TEXT.encode("utf-16"), "text/plain"), LEAD),
    ],
)
def test_files(client: Client, file, said) -> None:
    response = client.post("/", files={**form(kind="file"), "file": file})
    assert response.status_code == 200
    assert said in response.text


@pytest.mark.parametrize(
    ("fields", "status", "code", "title"),
    [
        ({"text": ""}, 422, "empty-input", "There is no text"),
        ({"text": "Too short."}, 422, "too-short", "The text is too short"),
        (
            {"kind": "url", "url": "https://news.example"},
            422,
            "url-input-off",
            "URL input is disabled",
        ),
        ({"text": "Der Rat stimmte am Dienstag für den Bau der Brücke, sagte der Bürgermeister. "
          "Die Kosten betragen zwei Millionen Euro und werden vom Land getragen." },
         422, "unsupported-language", "Unsupported language"),
        ({"text": "x " * MAX_BODY}, 413, "body-too-large", "too large"),
    ],
)  # fmt: skip
def test_problems_are_shown_and_keep_the_form(client: Client, fields, status, code, title) -> None:
    page = send(client, title="My title", **fields)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert title in page.text
    if code != "body-too-large":
        assert 'value="My title"' in page.text
    streamed = send(client, NDJSON, **fields)
    if code == "unsupported-language":  # the article is shown before it is planned
        (*_, last) = lines(streamed)
        assert last["problem"]["type"].endswith(code)
    else:
        problem(streamed, status, code)


def test_what_is_no_form(client: Client) -> None:
    for body, kind, status in (
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
    ):
        response = client.post("/", content=body, headers={"Content-Type": kind})
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")


def test_another_site_cannot_send_the_form(client: Client) -> None:
    headers = {"Origin": "https://elsewhere.example", "Accept": NDJSON}
    problem(client.post("/", files=form(text=TEXT), headers=headers), 403, "cross-site")


def test_a_failing_model_is_a_problem_in_the_stream() -> None:
    backend = EchoBackend(error=RuntimeError("secret"))
    app = create_app(Settings(cache_bytes=0), echo_briefer(backend))
    asyncio.run(app.state.service.warm())
    backend.broken = True
    client = Client(app)
    first, last = lines(send(client, NDJSON, text=BODY))
    assert first["part"] == "article"
    assert last["problem"]["type"] == "urn:briefing:problem:internal-error"
    assert "secret" not in json.dumps(last)
    asyncio.run(app.state.service.close())


def test_keys(tmp_path) -> None:
    path = tmp_path / "keys.json"
    key = KeyFile(path).add("desk", [KeyScope.BRIEF])
    other = KeyFile(path).add("probe", [KeyScope.METRICS])
    app = create_app(Settings(keys_path=path), echo_briefer())
    asyncio.run(app.state.service.warm())
    client = Client(app)
    page = client.get("/")
    assert 'id="key" type="password"' in page.text
    assert page.text.count('name="key"') == 0  # it is in no form that is sent
    for said, status in ((None, 401), ("wrong", 401), (other, 403), (key, 200)):
        headers = {"Authorization": f"Bearer {said}"} if said else {}
        response = client.post(
            "/", files=form(text=TEXT), headers={**headers, "Accept": "text/html"}
        )
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")
        assert key not in response.text
        assert ("www-authenticate" in response.headers) == (status in (401, 403))
    assert "ratelimit" in response.headers
    asyncio.run(app.state.service.close())


def test_text_stays_text(client: Client) -> None:
    body = f"{LEAD} {HOSTILE} The mayor said so on Monday.\n\n{BODY}"
    page = send(client, text=body, title=HOSTILE, length="short")
    assert page.status_code == 200
    allowed = {tag for tag, _ in Tags(client.get("/").text + send(client).text).found}
    for tag, attributes in Tags(page.text).found:
        assert tag in allowed
        assert not any(name.startswith("on") for name in attributes)
        assert not (attributes.get("href") or "").startswith("javascript")
    assert "49" not in page.text.partition("json")[0]
    shown = "".join(line["html"] for line in lines(send(client, NDJSON, text=body, title=HOSTILE)))
    assert "\u202e" not in shown.partition("<textarea")[0]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("Ab c.\n\r\t•-é\u2028\u00ad\ufeff'\"!?1"), max_size=300))
def test_paragraphs_hold_the_article(text) -> None:
    """Every sentence once, in order, and nothing of the body lost between them."""
    try:
        article = article_from_text(f"The council met on Monday to vote. {text}", title="")
    except BriefingError:
        return
    pieces = [piece for each in _paragraphs(article) for piece in each.pieces]
    assert [piece.index for piece in pieces] == list(range(len(article.sentences)))
    shown = "".join(piece.before + piece.sentence.text for piece in pieces)
    body = article.body[: article.sentences[-1].end]
    assert _letters(shown) == _letters(body)


def _letters(text: str) -> str:
    """What can be seen of a text."""
    return "".join(inert(text).replace("\u00ad", "").split())


@pytest.fixture
def keeping(tmp_path) -> Iterator[Client]:
    """A client of an application that keeps its results in a file."""
    settings = Settings(cache_path=tmp_path / "kept.sqlite")
    app = create_app(settings, echo_briefer())
    asyncio.run(app.state.service.warm())
    yield Client(app)
    asyncio.run(app.state.service.close())


def link_of(text: str) -> str:
    """Where the link to the brief leads, for this client."""
    (found,) = [each["href"] for _, each in Tags(text).found if each.get("id") == "link"]
    assert found.startswith("?brief=")
    return f"/{found}"


def test_a_kept_brief_has_a_lasting_link(keeping: Client) -> None:
    whole = send(keeping)
    link = link_of(whole.text)
    again = keeping.get(link)
    assert again.status_code == 200
    assert again.headers["cache-control"] == "no-store"
    for line in lines(send(keeping, NDJSON)):
        assert line["html"].strip() in again.text
    streamed = keeping.get(link, headers={"Accept": NDJSON})
    assert lines(streamed) == lines(send(keeping, NDJSON))
    assert keeping.app.state.service.admission.taken == 0


def test_the_link_outlives_the_process(tmp_path) -> None:
    links = set()
    for _ in range(2):
        app = create_app(Settings(cache_path=tmp_path / "kept.sqlite"), echo_briefer())
        asyncio.run(app.state.service.warm())
        client = Client(app)
        for link in links or {link_of(send(client).text)}:
            assert LEAD in client.get(link).text
            links = {link}
        asyncio.run(app.state.service.close())


@pytest.mark.parametrize("name", ["x", "A" * 43 + "=", "%00", "..%2F..", "é", "A" * 5_000])
def test_what_is_not_kept_is_told_so(keeping: Client, name: str) -> None:
    page = keeping.get(f"/?brief={name}")
    assert page.status_code == 404
    assert "Brief not found" in page.text
    assert 'id="text"' in page.text
    problem(keeping.get(f"/?brief={name}", headers={"Accept": NDJSON}), 404, "no-brief")


def test_without_a_store_there_is_no_link(client: Client) -> None:
    assert 'id="link"' not in send(client).text


def test_a_kept_brief_asks_for_a_key_too(tmp_path) -> None:
    path = tmp_path / "keys.json"
    key, other = (KeyFile(path).add(scope, [scope]) for scope in (KeyScope.BRIEF, KeyScope.CHECK))
    app = create_app(Settings(keys_path=path), echo_briefer())
    asyncio.run(app.state.service.warm())
    client = Client(app)
    right = {"Authorization": f"Bearer {key}"}
    answer = client.post("/", files=form(text=TEXT), headers={**right, "Accept": "text/html"})
    link = link_of(answer.text)
    page = client.get(link)
    assert page.status_code == 200
    assert LEAD not in page.text
    assert f'data-wanted="{link.partition("=")[2]}"' in page.text
    for headers, status, code in (
        ({}, 401, "key-missing"),
        ({"X-API-Key": other}, 403, "scope-missing"),
    ):
        problem(client.get(link, headers={**headers, "Accept": NDJSON}), status, code)
    assert LEAD in lines(client.get(link, headers={**right, "Accept": NDJSON}))[0]["html"]
    asyncio.run(app.state.service.close())


def test_people_count_sources_from_one(client: Client) -> None:
    text = send(client).text
    numbers = {
        each["id"]: each["data-index"] for _, each in Tags(text).found if "data-index" in each
    }
    assert numbers["s0"] == "1"
    assert all(int(number) == int(id[1:]) + 1 for id, number in numbers.items())
    for match in re.finditer(r'data-evidence="([\d ]+)".*?Source ([\d, ]+)<', text, re.S):
        shown = [int(number) - 1 for number in match[2].split(", ")]
        assert shown == [int(index) for index in match[1].split()]


def test_text_of_any_direction_and_as_plain_text(client: Client) -> None:
    for name in ("text", "title"):
        (field,) = [each for _, each in Tags(client.get("/").text).found if each.get("id") == name]
        assert field["dir"] == "auto"
    plain = client.post(json={"text": BODY, "title": TITLE}, headers={"Accept": "text/plain"}).text
    shown = exported(send(client, text=BODY, title=TITLE).text, "plain")
    assert _UNCITED.sub("", shown) == _UNCITED.sub("", plain)


_UNCITED = re.compile(r"\[[\d,]+\]")


def exported(page: str, name: str) -> str:
    """What the page holds to be copied."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert found
    return unescape(found[1])


def test_what_is_copied_counts_sources_from_one_as_the_page_does(client: Client) -> None:
    page = send(client, text=BODY, title=TITLE).text
    shown = [each.split(", ") for each in re.findall(r"Source ([\d, ]+)<", page)]
    for name in ("plain", "markdown"):
        copied = exported(page, name).partition("## Sources")[0]
        assert [each.split(",") for each in re.findall(r"\[([\d,]+)\]", copied)] == shown
    sources = exported(page, "markdown").partition("## Sources")[2]
    assert f"[1] Title: {TITLE}" in sources
    api = client.post(json={"text": BODY, "title": TITLE}).json()
    assert json.loads(exported(page, "json"))["headline"] == api["headline"]


def test_the_form_takes_any_length(client: Client) -> None:
    least = send(client, text=TEXT, length="long", most="1 sentence")
    assert least.text.count('<li><p dir="auto">') == 1
    assert 'value="1 sentence"' in least.text
    wrong = send(client, text=TEXT, most="5 miles")
    assert wrong.status_code == 422
    assert "5 sentences" in unescape(wrong.text)
    app = create_app(Settings(length="20%"), echo_briefer())
    assert 'value="20%"' in Client(app).get("/").text


def test_a_slow_model_is_waited_for(monkeypatch) -> None:
    """Longer than a request to the API; meanwhile the stream says that it lives."""
    monkeypatch.setattr("briefing.api.bodies.HEARTBEAT", 0.02)
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(request_timeout=0.2, cache_bytes=0), echo_briefer(backend))

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            known = len(backend.sizes)
            asked = [
                asyncio.create_task(
                    client.post("/", files=form(text=TEXT), headers={"Accept": accept})
                )
                for accept in (NDJSON, "text/html")
            ]
            await until(lambda: len(backend.sizes) > known)
            await asyncio.sleep(0.6)
            backend.go.set()
            streamed, whole = await asyncio.gather(*asked)
            assert whole.status_code == 200
            rows = streamed.text.split("\n")
            assert rows.count("") > 5
            assert [json.loads(row)["part"] for row in rows if row] == PARTS

    asyncio.run(scenario())
