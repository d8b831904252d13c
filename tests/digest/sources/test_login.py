"""Logins reach the site of their source, and no other."""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import ValidationError

from briefing.digest import Source
from briefing.digest.settings import FetchTable, Logins, SourceTable
from briefing.digest.sources import Fetcher
from tests.digest.feeds import rss
from tests.serving import answering

LOGIN = "Basic " + base64.b64encode("käthe:päss:word".encode()).decode()


class Site:
    """A site that wants a login, and what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.got: list[tuple[str, dict[str, str]]] = []
        self.moved_to: str | None = None


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """Two sites on ports of their own: two sites to HTTP."""
    with ExitStack() as stack:

        def start() -> Site:
            site = Site()

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    site.got.append((self.path, headers))
                    if site.moved_to:
                        self.send_response(302)
                        self.send_header("Location", site.moved_to)
                        self.end_headers()
                        return
                    self.send_response(200 if headers.get("authorization") else 401)
                    self.end_headers()
                    self.wfile.write(rss("good1", site.url, range(2)).encode())

                def log_message(self, *_args: object) -> None:
                    pass

            server = stack.enter_context(answering(Handler))
            site.port = server.server_port
            site.url = f"http://127.0.0.1:{site.port}"
            return site

        yield start(), start()


def read(site: Site, other: Site, *tables: dict[str, object]):
    """Read the feed of ``site`` with these settings of sources."""
    fetch = FetchTable(
        private=True, ports=(site.port, other.port), delay=0, retries=0, robots=False
    )
    logins = Logins(SourceTable.model_validate(table) for table in tables)

    async def run():
        async with Fetcher(fetch, processes=1, logins=logins) as fetcher:
            return await fetcher.source(Source("F", "feed", f"{site.url}/feed"))

    return asyncio.run(run())


def test_without_a_login_it_is_said_which_settings_there_are(sites) -> None:
    result = read(*sites)
    assert result.error is not None
    assert "sources.user" in result.error


def test_a_login_an_agent_and_a_cookie(sites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASS", "päss:word")
    monkeypatch.setenv("COOKIE", "session=1")
    site, other = sites
    table = {
        "feed": f"{site.url}/feed",
        "user": "käthe",
        "password_env": "PASS",
        "headers": {"Cookie": "$COOKIE", "X-Plain": "yes"},
        "agent": "Reader/1.0",
    }
    result = read(site, other, table)
    assert (result.error, len(result.items)) == (None, 2)
    ((_, headers),) = site.got
    assert headers["authorization"] == LOGIN
    assert (headers["cookie"], headers["x-plain"]) == ("session=1", "yes")
    assert headers["user-agent"] == "Reader/1.0"


def test_where_it_redirects_gets_no_login(sites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASS", "word")
    site, other = sites
    site.moved_to = f"{other.url}/feed"
    table = {"feed": f"{site.url}/feed", "user": "x", "password_env": "PASS", "agent": "Reader/1"}
    assert read(site, other, table).error is not None
    assert site.got[0][1]["authorization"].startswith("Basic ")
    ((_, headers),) = other.got
    assert "authorization" not in headers
    assert headers["user-agent"] != "Reader/1"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://news.example/feed", "one"),
        ("https://news.example/other", "two"),
        ("https://NEWS.example:443/article/1", "one"),
        ("http://news.example/feed", None),
        ("https://news.example:8443/feed", None),
        ("https://news.example.evil/feed", None),
        ("https://news.example@evil.example/feed", None),
        ("https://sub.news.example/feed", None),
    ],
)
def test_whose_headers_an_address_gets(url: str, sent: str | None) -> None:
    logins = Logins(
        SourceTable(feed=f"https://news.example/{path}", headers={"X": name})
        for path, name in (("feed", "one"), ("other", "two"))
    )
    assert logins.headers(url) == ({"X": sent} if sent else {})


def test_a_secret_that_is_not_set_is_a_failure_of_the_source(sites, monkeypatch) -> None:
    monkeypatch.delenv("PASS", raising=False)
    site, other = sites
    table = {"feed": f"{site.url}/feed", "user": "x", "password_env": "PASS", "name": "Paid news"}
    result = read(site, other, table)
    assert result.error is not None
    assert "Paid news" in result.error
    assert "PASS" in result.error
    assert site.got == []


@pytest.mark.parametrize(
    "table",
    [
        {"user": "x"},
        {"password_env": "PASS"},
        {"user": "x:y", "password_env": "PASS"},
        {"headers": {"X\r\nY": "1"}},
        {"headers": {"X": "1\r\nY: 2"}},
        {"agent": "a\nb"},
    ],
)
def test_settings_that_are_wrong(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SourceTable.model_validate({"feed": "https://news.example/feed", **table})
