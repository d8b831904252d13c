"""Editions over HTTP: which there are, each in each format, their feed, and who may see them."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import jsonschema
import pytest

from briefing.api import create_app
from briefing.api.keys import KeyFile
from briefing.config import Settings
from briefing.digest import Edition
from briefing.digest.rendering import edition_from_document, edition_schema
from briefing.digest.store import Store
from briefing.digest.store.editions import Step, advance, keep_document, open_edition
from briefing.errors import ConfigError, StoreBusy, StoreTooNew
from briefing.options import KeyScope
from tests.api.fakes import Client, echo_briefer, problem
from tests.api.test_escaping import PAYLOADS, Page
from tests.digest.samples import NOW, edition, full_edition, hostile_edition

OLD = edition(date=date(2026, 3, 1), made=NOW - timedelta(days=1))
READABLE = ("text/html", "text/markdown", "text/plain")


def keep(folder: Path, *editions: Edition) -> Path:
    """A digest with these editions; its settings."""
    path = folder / "digest.toml"
    path.write_text("")
    with Store.open(str(folder / "digest.sqlite")) as store, store.writing() as connection:
        for each in editions:
            row = open_edition(
                connection,
                each.date,
                zone=each.zone,
                since=each.since,
                until=each.made,
                made=each.made,
                previous=each.previous,
            )
            keep_document(connection, row.id, each)
            advance(connection, row.id, Step.DONE)
    return path


def client_of(path: Path | None, **more) -> Client:
    return Client(create_app(Settings(digest=path, **more), echo_briefer()))


@pytest.fixture(scope="module")
def shown(_no_settings_from_outside: None, tmp_path_factory) -> Iterator[Client]:
    """A service that shows two editions; its model is not even loaded."""
    client = client_of(keep(tmp_path_factory.mktemp("digest"), OLD, full_edition()))
    yield client
    asyncio.run(client.app.state.service.close())


def test_which_there_are(shown: Client) -> None:
    answer = shown.get("/v1/digests")
    assert answer.status_code == 200
    first, second = answer.json()["digests"]
    assert first == {
        "date": "2026-03-02",
        "title": "The briefing",
        "made": "2026-03-02T06:00:00Z",
        "stories": 4,
        "minutes": 3.4,
        "headline": "Port Alder votes to keep its ferry",
        "url": "/v1/digests/2026-03-02",
    }
    assert (second["date"], second["headline"]) == ("2026-03-01", None)
    assert shown.get(first["url"]).status_code == 200
    assert len(shown.get("/v1/digests?limit=1").json()["digests"]) == 1


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "", "9" * 5000, "1.5", "٣"])
def test_a_limit_that_is_none(shown: Client, limit: str) -> None:
    problem(shown.get("/v1/digests", params={"limit": limit}), 422, "invalid-request")


@pytest.mark.parametrize("day", ["2026-03-02", "latest"])
def test_one_as_json(shown: Client, day: str) -> None:
    answer = shown.get(f"/v1/digests/{day}")
    jsonschema.Draft202012Validator(edition_schema()).validate(answer.json())
    assert edition_from_document(answer.json()) == full_edition()


@pytest.mark.parametrize("accept", READABLE)
def test_one_to_read(shown: Client, accept: str) -> None:
    answer = shown.get("/v1/digests/latest", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(accept)
    assert "Accept" in answer.headers["vary"]
    assert "Port Alder votes to keep its ferry" in answer.text


def test_one_as_a_book(shown: Client) -> None:
    answer = shown.get("/v1/digests/latest", headers={"Accept": "application/epub+zip"})
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


def test_the_page_may_do_nothing_but_show_its_style(shown: Client) -> None:
    policy = shown.get("/v1/digests/latest", headers={"Accept": "text/html"}).headers[
        "content-security-policy"
    ]
    assert "default-src 'none'" in policy
    assert "style-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("query", ["", "?token=briefing_a%26b"])
@pytest.mark.parametrize("day", ["latest", "2026-03-02"])
def test_its_page_links_to_the_feed(shown: Client, day: str, query: str) -> None:
    path = f"/v1/digests/{day}"
    page = shown.get(path + query, headers={"Accept": "text/html"}).text
    links = re.findall(r'type="application/atom\+xml"[^>]* href="([^"]+)"', page)
    assert [urljoin(path, link) for link in links] == [f"/digest.atom{query}"]
    assert shown.get(urljoin(path, links[0])).status_code == 200


def test_a_format_that_is_not_written(shown: Client) -> None:
    answer = shown.get("/v1/digests/latest", headers={"Accept": "image/png"})
    assert "application/epub+zip" in problem(answer, 406, "not-acceptable")["detail"]


@pytest.mark.parametrize("path", ["/v1/digests/latest", "/digest.atom"])
def test_what_the_client_has_is_not_sent_again(shown: Client, path: str) -> None:
    first = shown.get(path)
    etag = first.headers["etag"]
    for named in (etag, f'"other", W/{etag}'):
        again = shown.get(path, headers={"If-None-Match": named})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert shown.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_format_has_a_tag_of_its_own(shown: Client) -> None:
    tags = {
        shown.get("/v1/digests/latest", headers={"Accept": accept}).headers["etag"]
        for accept in READABLE
    }
    assert len(tags) == 3


def test_the_feed(shown: Client) -> None:
    answer = shown.get("/digest.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert len(parsed.entries) == 4
    assert parsed.entries[0].link == "http://test/v1/digests/2026-03-02#story-1"
    assert parsed.feed.links[0]["href"] == "http://test/digest.atom"


@pytest.mark.parametrize("day", ["2026-02-28", "2026-02-30", "yesterday", "%00", "a%2Fb", "１"])
def test_one_that_is_not_there(shown: Client, day: str) -> None:
    answer = shown.get(f"/v1/digests/{day}")
    assert answer.status_code == 404
    assert answer.json()["type"].startswith("urn:briefing:problem:no")


def test_no_edition_is_named(shown: Client) -> None:
    problem(shown.get("/v1/digests/2020-01-01"), 404, "no-edition")


def test_none_yet(tmp_path: Path) -> None:
    client = client_of(keep(tmp_path))
    assert client.get("/v1/digests").json() == {"digests": []}
    problem(client.get("/v1/digests/latest"), 404, "no-edition")
    assert not feedparser.parse(client.get("/digest.atom").content).bozo


def test_a_store_is_made_by_the_digest_and_not_by_the_service(tmp_path: Path) -> None:
    config = keep(tmp_path)
    store = tmp_path / "digest.sqlite"
    store.unlink()
    client = client_of(config)
    assert client.get("/v1/digests").json() == {"digests": []}
    problem(client.get("/v1/digests/latest"), 404, "no-edition")
    assert not store.exists()


def test_a_service_without_a_digest(client: Client) -> None:
    for path in ("/v1/digests", "/v1/digests/latest", "/digest.atom"):
        assert "digest" in problem(client.get(path), 404, "no-edition")["detail"]


def test_an_edition_of_a_later_run_is_seen_at_once(tmp_path: Path) -> None:
    client = client_of(keep(tmp_path, OLD))
    assert len(client.get("/v1/digests").json()["digests"]) == 1
    keep(tmp_path, full_edition())
    assert len(client.get("/v1/digests").json()["digests"]) == 2


def test_settings_that_are_wrong_stop_the_service(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="briefing digest init"):
        client_of(tmp_path / "none.toml")


def test_a_store_that_cannot_be_read(tmp_path: Path) -> None:
    path = keep(tmp_path)
    (tmp_path / "digest.sqlite").write_bytes(b"not a database" * 1000)
    found = problem(client_of(path).get("/v1/digests"), 503, "bad-store")
    assert str(tmp_path) not in json.dumps(found)


@pytest.mark.parametrize(
    ("error", "code"), [(StoreBusy, "store-busy"), (StoreTooNew, "store-too-new")]
)
def test_a_store_that_cannot_be_read_now(tmp_path: Path, monkeypatch, error, code) -> None:
    """503, "store-busy" and 503, "store-too-new": as the store raises them."""
    client = client_of(keep(tmp_path))

    def fail(_: str) -> Store:
        raise error("secret")

    monkeypatch.setattr(Store, "open", fail)
    assert "secret" not in json.dumps(problem(client.get("/digest.atom"), 503, code))


def test_keys(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    reader = KeyFile(keys).add("reader", [KeyScope.DIGEST])
    other = KeyFile(keys).add("writer", [KeyScope.BRIEF])
    client = client_of(keep(tmp_path, OLD), keys_path=keys)
    for path in ("/v1/digests", "/v1/digests/latest", "/digest.atom"):
        problem(client.get(path), 401, "key-missing")
        problem(client.get(path, headers={"X-API-Key": other}), 403, "scope-missing")
        assert client.get(path, headers={"X-API-Key": reader}).status_code == 200


def test_the_pages_of_other_sites_learn_nothing(shown: Client) -> None:
    answer = shown.get("/v1/digests", headers={"Origin": "https://elsewhere.example"})
    problem(answer, 403, "cross-site")


def test_described(shown: Client) -> None:
    document = shown.get("/openapi.json").json()
    described = {"$ref": "#/components/schemas/Edition", "components": document["components"]}
    jsonschema.Draft202012Validator(described).validate(shown.get("/v1/digests/latest").json())
    answers = document["paths"]["/v1/digests/{date}"]["get"]["responses"]
    assert set(answers["200"]["content"]) == {"application/json", *READABLE, "application/epub+zip"}
    assert "urn:briefing:problem:no-edition`" in json.dumps(answers["404"])


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_stays_text(tmp_path: Path, payload: str) -> None:
    client = client_of(keep(tmp_path, hostile_edition(payload)))
    page = Page(client.get("/v1/digests/latest", headers={"Accept": "text/html"}).text)
    assert [
        each for each in page.active if each not in ("link", "link href=../../digest.atom")
    ] == []


def test_a_feed_reader_sends_its_key_in_the_url(tmp_path: Path) -> None:
    """It sends no header: neither for the feed nor where a reader follows a link of it."""
    keys = KeyFile(tmp_path / "keys.json")
    feed = keys.add("reader", [KeyScope.FEED])
    other = keys.add("all", [each for each in KeyScope if each != KeyScope.FEED])
    client = client_of(keep(tmp_path, OLD, full_edition()), keys_path=keys.path)
    answer = client.get(f"/digest.atom?token={feed}")
    assert answer.status_code == 200
    parsed = feedparser.parse(answer.content)
    links = {link.href for entry in parsed.entries for link in entry.links}
    pages = [link for link in links if "/v1/digests/" in link]
    assert pages
    for link in pages:
        path = link.partition("://")[2].partition("/")[2].partition("#")[0]
        assert client.get(f"/{path}", headers={"Accept": "text/html"}).status_code == 200
    assert client.get(f"/v1/digests?token={feed}").status_code == 200
    assert client.get("/digest.atom", headers={"X-API-Key": feed}).status_code == 200
    # What such a key lets do is no more than that; what lets do more is in no URL.
    problem(client.get(f"/v1/models?token={feed}"), 401, "key-missing")
    problem(client.get(f"/v1/info?token={feed}"), 401, "key-missing")
    assert client.get("/v1/info", headers={"X-API-Key": feed}).status_code == 200
    problem(client.post(headers={"X-API-Key": feed}, json={}), 403, "scope-missing")
    problem(client.get(f"/digest.atom?token={other}"), 403, "scope-missing")
    problem(client.get("/digest.atom?token=x"), 401, "key-wrong")
    keys.revoke("reader")
    problem(client.get(f"/digest.atom?token={feed}"), 401, "key-wrong")
    asyncio.run(client.app.state.service.close())
