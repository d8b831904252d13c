"""A run over a web of feeds that misbehave: what can be had is had, the rest is named."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from briefing.digest import Item, Source
from briefing.digest.sources import FetchState
from briefing.errors import FetchError, FetchRefused, InputError, NoArticle
from tests.digest.feeds import body_of, title_of
from tests.digest.feeds_server import BAD, GOOD, ODD
from tests.digest.sources.conftest import NOW

pytestmark = pytest.mark.slow

LATER = NOW + timedelta(hours=1)
REASONS = {
    "missing": "status 404. Check the address",
    "gone": "status 410. It is gone permanently",
    "broken": "status 500. Try again later",
    "hang": "did not respond completely within 4 seconds",
    "drip": "did not respond completely within 4 seconds",
    "loop": "redirects in a loop",
    "endless": "more than 8 redirects",
    "huge": "has more than 1 MB",
    "bomb": "has more than 1 MB",
    "page": "is a web page, not a feed. Use the feed that it links: http://127",
    "busy": "status 429. Too many requests",
    "empty": "is empty",
}


@pytest.fixture(scope="module")
def results(reader):
    return reader.read_all([*GOOD[:3], *ODD, "quiet", "walled"])


@pytest.fixture(scope="module")
def failures(reader):
    return reader.read_all([*BAD, "endless"], timeout=4)


@pytest.mark.parametrize("name", [*GOOD[:3], *ODD])
def test_articles_come_out_of_good_and_odd_feeds(results, name) -> None:
    result = results[name]
    assert result.error is None
    assert result.problem is None
    assert len(result.items) == 4
    assert len({item.guid for item in result.items}) == 4
    assert result.state.last_success == NOW
    for item in result.items:
        assert item.url
        assert item.url.startswith("http://127.0.0.")
        assert "utm" not in item.url
        assert "#" not in item.url
        assert item.published is None or item.published <= NOW
    if name not in {"teasers", "truncated", "changing", "moved"}:
        assert all(item.extent == "full" for item in result.items)
        assert results[name].items[1].body == "\n\n".join(body_of(name, 1))


def test_what_is_odd_is_put_right(results) -> None:
    assert results["latin1"].items[0].title == "Zoë opens a café in Orléans"
    assert results["lying"].items[0].title == "Zoë’s café in Orléans"
    assert results["htmltitles"].items[0].title == "Fish & chips for all"
    assert results["cdata"].items[2].title == f"{title_of('cdata', 2)} & more"
    assert all(item.published is None for item in results["nodates"].items)
    assert all(item.published == NOW for item in results["future"].items)
    assert results["json"].items[0].author == "Ida Marsh"
    assert results["relative"].items[3].url.endswith("/article/relative/3")
    assert "not well-formed" in results["truncated"].warnings[0]
    assert all(item.extent == "teaser" for item in results["teasers"].items)


def test_a_feed_without_articles_is_no_failure(results) -> None:
    assert results["quiet"].items == ()
    assert results["quiet"].error is None


@pytest.mark.parametrize("name", [*BAD, "endless"])
def test_a_failure_says_what_happened_and_since_when(failures, name) -> None:
    result = failures[name]
    assert REASONS[name] in result.error
    assert "\n" not in result.error
    assert result.items == ()
    assert (result.state.failures, result.state.failing_since) == (1, NOW)
    assert result.problem.source == name
    assert result.problem.since == NOW


def test_failures_are_counted_from_the_first_and_end_with_a_success(reader) -> None:
    missing = reader.source("missing")
    first = reader.read(missing)
    second = reader.read(missing, first.state, now=LATER)
    assert (second.state.failures, second.problem.since) == (2, NOW)
    good = replace(second.state, location=reader.source("good1").location)
    third = reader.read(reader.source("good1"), good, now=LATER)
    assert (third.state.failures, third.state.failing_since, third.state.error) == (0, None, None)


@pytest.mark.parametrize(("name", "validator"), [("good4", "etag"), ("dated", "last_modified")])
def test_what_has_not_changed_is_not_sent_again(reader, name, validator) -> None:
    first = reader.read(reader.source(name))
    assert getattr(first.state, validator)
    again = reader.read(reader.source(name), first.state, now=LATER)
    assert again.unchanged
    assert again.items == ()
    assert getattr(again.state, validator) == getattr(first.state, validator)
    assert again.state.last_success == LATER


def test_the_same_bytes_without_a_validator_are_no_change_either(reader) -> None:
    first = reader.read(reader.source("cdata"))
    assert reader.read(reader.source("cdata"), first.state).unchanged
    changing = reader.read(reader.source("changing"))
    reader.feeds.turn += 1
    after = reader.read(reader.source("changing"), changing.state)
    assert not after.unchanged
    assert {i.guid for i in after.items}.isdisjoint(i.guid for i in changing.items)


def test_a_permanent_redirect_is_remembered(reader) -> None:
    first = reader.read(reader.source("moved"))
    assert first.state.moved_to == f"{reader.url}/feed/settled"
    before = reader.feeds.counts["/feed/moved"]
    assert reader.read(reader.source("moved"), first.state).unchanged
    assert reader.feeds.counts["/feed/moved"] == before


def test_a_move_to_nowhere_is_forgotten(reader) -> None:
    source = reader.source("good7")
    state = FetchState(location=source.location, moved_to=f"{reader.url}/feed/gone")
    failed = reader.read(source, state)
    assert "status 410" in failed.error
    assert len(reader.read(source, failed.state).items) == 4


def test_a_source_that_was_given_another_address_starts_anew(reader) -> None:
    state = reader.read(reader.source("good5")).state
    moved = replace(reader.source("good5"), location=f"{reader.url}/feed/good6")
    result = reader.read(moved, state)
    assert not result.unchanged
    assert len(result.items) == 4
    assert result.state.location == moved.location


def test_who_wants_to_be_left_alone_is(reader) -> None:
    busy = reader.source("busy")
    first = reader.read(busy)
    assert first.state.retry_after == NOW + timedelta(hours=2)
    asked = reader.feeds.counts["/feed/busy"]
    second = reader.read(busy, first.state, now=LATER)
    assert second.waiting
    assert second.error == first.error
    assert second.state == first.state
    assert second.problem.failures == 1
    assert reader.feeds.counts["/feed/busy"] == asked
    reader.read(busy, first.state, now=NOW + timedelta(hours=3))
    assert reader.feeds.counts["/feed/busy"] == asked + 1


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not(reader) -> None:
    for name, attempts in (("broken", 3), ("missing", 1)):
        before = reader.feeds.counts[f"/feed/{name}"]
        reader.read(reader.source(name), retries=2)
        assert reader.feeds.counts[f"/feed/{name}"] == before + attempts


def test_a_host_is_asked_once_at_a_time_with_a_pause(reader) -> None:
    names = [f"polite{number}" for number in range(4)]
    begun = len(reader.feeds.times)

    async def job(fetcher):
        return await asyncio.gather(*(fetcher.source(reader.source(name)) for name in names))

    assert all(not result.error for result in reader.run(job, delay=0.3))
    times = [when for when, path in reader.feeds.times[begun:] if "polite" in path]
    pauses = [after - before for before, after in pairwise(times)]
    assert len(pauses) == 3
    assert min(pauses) > 0.25


def test_private_addresses_are_refused_unless_the_settings_let_them(reader) -> None:
    result = reader.read(reader.source("good1"), private=False)
    assert "not on the public internet" in result.error
    assert "fetch.private" in result.error
    assert "only 443" in reader.read(reader.source("good1"), ports=(443,)).error


def item_at(url: str, body: str = "The council has voted. […]") -> Item:
    return Item("1", url, "A title", None, body, NOW, extent="teaser")


def test_a_page_completes_a_teaser(reader) -> None:
    item = item_at(f"{reader.url}/article/teasers/2")
    found = reader.run(lambda fetcher: fetcher.page(item))
    assert found.extent == "full"
    assert found.body == "\n\n".join(body_of("teasers", 2))
    assert (found.title, found.guid, found.published) == ("A title", "1", NOW)


def test_what_a_paywall_shows_stays_a_teaser(reader) -> None:
    item = item_at(f"{reader.url}/walled/walled/2")
    found = reader.run(lambda fetcher: fetcher.page(item))
    assert found.extent == "teaser"
    assert len(found.body) > len(item.body)


def test_a_page_with_less_than_the_feed_gave_changes_nothing(reader) -> None:
    title = title_of("teasers", 2)
    item = replace(item_at(f"{reader.url}/article/teasers/2", "A word. " * 400), title=title)
    with pytest.raises(NoArticle, match="less text than the feed gives"):
        reader.run(lambda fetcher: fetcher.page(item))


def test_a_page_that_broke_off_in_its_compressed_data_is_not_taken(reader) -> None:
    url = f"{reader.url}/cut/teasers/2"
    item = replace(item_at(url), title=title_of("teasers", 2))
    with pytest.raises(FetchError, match=r"cut/teasers/2 broke off\. Try again later"):
        reader.run(lambda fetcher: fetcher.page(item))
    result = reader.read(Source("Cut", "page", url))
    assert "broke off" in (result.error or "")
    assert result.items == ()


def test_robots_are_asked_once_and_obeyed(reader) -> None:
    before = reader.feeds.counts["/robots.txt"]

    async def job(fetcher):
        paths = ["private/robots/1", "private/robots/2", "article/robots/3"]
        pages = (fetcher.page(item_at(f"{reader.url}/{p}")) for p in paths)
        return await asyncio.gather(*pages, return_exceptions=True)

    *barred, third = reader.run(job)
    assert third.extent == "full"
    assert all(isinstance(each, FetchRefused) for each in barred)
    assert all("robots.txt disallows the page" in str(each) for each in barred)
    assert reader.feeds.counts["/private/robots/1"] == 0
    assert reader.feeds.counts["/robots.txt"] == before + 1
    item = item_at(f"{reader.url}/private/robots/1")
    assert reader.run(lambda f: f.page(item), robots=False).extent == "full"


def test_the_pause_that_robots_ask_for_is_kept(reader, monkeypatch) -> None:
    monkeypatch.setattr(reader.feeds, "robots", "User-agent: *\nCrawl-delay: 0.4\n")
    begun = len(reader.feeds.times)

    async def job(fetcher):
        items = [item_at(f"{reader.url}/article/slow/{number}") for number in range(3)]
        return await asyncio.gather(*map(fetcher.page, items))

    reader.run(job)
    times = [when for when, path in reader.feeds.times[begun:] if "slow" in path]
    assert min(after - before for before, after in pairwise(times)) > 0.35


def test_a_page_that_is_not_there_is_an_error(reader) -> None:
    with pytest.raises(FetchError, match="status 404"):
        reader.run(lambda fetcher: fetcher.page(item_at(f"{reader.url}/nowhere")))
    with pytest.raises(InputError, match="Hardly any text"):
        reader.run(lambda fetcher: fetcher.page(item_at(f"{reader.url}/feed/page")))


def test_a_site_that_wants_fewer_requests_gets_no_more_for_pages(reader) -> None:
    async def job(fetcher):
        for _ in range(3):
            with pytest.raises(FetchError, match=r"(?i)too many requests"):
                await fetcher.page(item_at(f"{reader.url}/feed/busy"))

    before = reader.feeds.counts["/feed/busy"]
    reader.run(job)
    assert reader.feeds.counts["/feed/busy"] == before + 1


def test_a_page_can_be_a_source(reader) -> None:
    source = Source("Page", "page", f"{reader.url}/article/solo/1")
    first = reader.read(source)
    (item,) = first.items
    assert item.title == title_of("solo", 1)
    assert item.guid == item.url == source.location
    assert reader.read(source, first.state).unchanged
    barred = reader.read(Source("Barred", "page", f"{reader.url}/private/solo/1"))
    assert "robots.txt" in barred.error


def test_a_folder_gives_its_files_and_names_those_that_cannot_be_read(reader, tmp_path) -> None:
    text = "A new pier for the town\n\n" + "\n\n".join(body_of("folder", 1))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_text(text, encoding="utf-8")
    (tmp_path / "two.html").write_bytes(b"<html><body></body></html>")
    (tmp_path / ".hidden.txt").write_text(text, encoding="utf-8")
    source = Source("Folder", "folder", str(tmp_path))
    first = reader.read(source)
    assert [(item.guid, item.title) for item in first.items] == [
        ("a/one.txt", "A new pier for the town")
    ]
    assert first.items[0].body == "\n\n".join(body_of("folder", 1))
    assert first.items[0].published == NOW  # changed later than the run began
    assert first.warnings[0].startswith("two.html: No article")
    assert reader.read(source, first.state).unchanged
    (tmp_path / "a" / "three.txt").write_text(text, encoding="utf-8")
    assert len(reader.read(source, first.state).items) == 2
    gone = reader.read(replace(source, location=str(tmp_path / "no")))
    assert "There is no folder" in gone.error


def test_json_lines(reader, tmp_path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 7, "title": "T", "text": "One.\\n\\nTwo."}\nnonsense\n{"id": 8}\n')
    result = reader.read(Source("Lines", "jsonl", str(path)))
    assert [(item.guid, item.title, item.body) for item in result.items] == [
        ("7", "T", "One.\n\nTwo.")
    ]
    assert result.warnings == (
        "line 2 is not valid JSON",
        "line 3: give the article as 'text', 'html' or 'url'",
    )
    path.write_text("nonsense")
    assert "No line of Lines" in reader.read(Source("Lines", "jsonl", str(path))).error
    path.unlink()
    assert "cannot be read" in reader.read(Source("Lines", "jsonl", str(path))).error


def test_standard_input_is_lines_or_one_article(reader) -> None:
    source = Source("In", "stdin", "-")
    lines = reader.read(source, stdin=b'{"url": "https://example.org/a?utm_source=x"}\n')
    assert lines.items[0].url == lines.items[0].guid == "https://example.org/a"
    assert lines.items[0].extent == "teaser"
    text = ("The pier is open\n\n" + "\n\n".join(body_of("in", 1))).encode()
    one = reader.read(source, stdin=text)
    assert one.items[0].title == "The pier is open"
    assert one.items[0].guid == reader.read(source, stdin=text).items[0].guid
    assert "Standard input is empty" in reader.read(source, stdin=b" ").error


def test_a_port_that_is_not_allowed_is_named_with_its_setting(reader) -> None:
    result = reader.read(reader.source("good1"), ports=(80,))
    assert f"port {reader.port}" in result.error
    assert "fetch.ports" in result.error


def test_what_broke_off_is_told_and_asked_for_again(reader) -> None:
    first = reader.read(reader.source("brokenoff"))
    assert 0 < len(first.items) < reader.feeds.articles
    assert (first.state.etag, first.state.last_modified) == (None, None)
    assert "broke off" in "".join(first.warnings)
    again = reader.read(reader.source("brokenoff"), first.state)
    assert len(again.items) == reader.feeds.articles
    assert again.state.etag


@pytest.mark.parametrize(("name", "each"), [("paged", 4), ("jsonpaged", 1)])
def test_further_pages_are_read_while_all_on_the_last_one_is_new(reader, name, each) -> None:
    first = reader.read(reader.source(name))
    assert len(first.items) == 3 * each
    read = reader.feeds.counts[f"/feed/{name}"]
    known = replace(first.state, last_success=NOW, digest=None)
    assert len(reader.read(reader.source(name), known).items) == each
    assert reader.feeds.counts[f"/feed/{name}"] == read + 1


@pytest.mark.parametrize(("status", "later"), [(503, True), (404, False)])
def test_a_further_page_that_fails_for_the_moment_is_read_later(
    reader, monkeypatch, status, later
) -> None:
    source = reader.source("paged")
    monkeypatch.setattr(reader.feeds, "part_status", status)
    first = reader.read(source, retries=0)
    assert len(first.items) == 4
    assert f"answered with status {status}" in first.warnings[0]
    assert first.state.last_success == (NOW - timedelta(days=1) if later else NOW)
    assert (first.state.digest is None) == later
    monkeypatch.setattr(reader.feeds, "part_status", 200)
    second = reader.read(source, first.state, now=NOW + timedelta(hours=1))
    assert len(second.items) == (12 if later else 0)
    assert second.state.last_success == NOW + timedelta(hours=1)
    assert second.state.digest


def test_json_feeds_have_authors_and_need_no_titles(reader) -> None:
    item = reader.read(reader.source("jsonpaged")).items[0]
    assert (item.guid, item.title, item.author) == ("1", None, "Ida")


def test_sitemaps_name_pages_that_are_read(reader) -> None:
    result = reader.read(reader.source("sitemaps"))
    assert [item.title for item in result.items] == [title_of("urlset", n) for n in (3, 2, 1, 0)]
    assert {(item.body, item.extent, item.language) for item in result.items} == {
        ("", "teaser", "en")
    }
    assert "status 404" in result.warnings[0]
    assert result.state.etag is None, "an index stays the same while its sitemaps change"
    page = reader.run(lambda fetcher: fetcher.page(result.items[0]))
    assert page.body == "\n\n".join(body_of("urlset", 3))
