from datetime import timedelta

import pytest

from briefing.digest import Source
from briefing.digest.sources import check_source, discover_feed
from briefing.digest.sources.entry import source_url
from briefing.digest.sources.feed import feed_links
from briefing.errors import FetchError, FetchRefused, NotAFeed
from tests.digest.feeds import START


def test_a_check_says_what_there_is_and_what_to_do(reader) -> None:
    good = check_source(reader.source("good1"), reader.settings())
    assert (good.ok, good.items) == (True, 4)
    assert good.message == "4 articles"
    assert good.newest == START + timedelta(minutes=3)
    teasers = check_source(reader.source("teasers"), reader.settings())
    assert teasers.message == "4 articles, 4 of them only as a teaser"
    moved = check_source(reader.source("moved"), reader.settings())
    assert moved.moved_to == f"{reader.url}/feed/settled"
    assert moved.moved_to in moved.message
    quiet = check_source(reader.source("quiet"), reader.settings())
    assert (quiet.ok, quiet.items) == (True, 0)


def test_a_source_that_fails_is_not_ok(reader, tmp_path) -> None:
    page = check_source(reader.source("page"), reader.settings())
    assert not page.ok
    assert "Use the feed that it links" in page.message
    assert not check_source(Source("F", "folder", str(tmp_path / "no")), reader.settings()).ok
    empty = check_source(Source("F", "folder", str(tmp_path)), reader.settings())
    assert (empty.ok, empty.items) == (True, 0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("good1", "good1"),
        ("atom", "atom"),
        ("sitemaps", "sitemaps"),
        ("moved", "settled"),
        ("page", "good1"),
        ("blog", "json"),
    ],
)
def test_an_address_is_that_of_a_feed_or_of_a_page_that_names_one(reader, asked, found) -> None:
    assert discover_feed(f"{reader.url}/feed/{asked}", reader.settings()).endswith(f"/feed/{found}")


def test_a_host_alone_is_a_web_address(reader) -> None:
    bare = f"127.0.0.1:{reader.port}/feed/page"
    assert discover_feed(bare, reader.settings()) == f"{reader.url}/feed/good1"
    assert discover_feed(f"feed://{bare}", reader.settings()) == f"{reader.url}/feed/good1"


def test_an_address_without_a_feed_is_explained(reader) -> None:
    with pytest.raises(NotAFeed, match=r"is a web page, not a feed\. Find its RSS address"):
        discover_feed(f"{reader.url}/article/good1/1", reader.settings())
    with pytest.raises(NotAFeed, match="OPML"):
        discover_feed(f"{reader.url}/feed/list", reader.settings())
    with pytest.raises(FetchError, match="404"):
        discover_feed(f"{reader.url}/nothing", reader.settings())
    with pytest.raises(FetchRefused, match=r"fetch\.private"):
        discover_feed(f"{reader.url}/feed/good1", reader.settings(private=False))


def test_declared_feeds_come_first_and_those_of_comments_last() -> None:
    page = b"""<html><a href="/about/feeds">Feeds</a> <a href=/breakfeed>Food</a>
        <link rel=alternate type="application/rss+xml" title="Comments" href="/comments/feed/">
        <link href='http://[' type='application/atom+xml' rel='alternate'>
        <link href='/all.xml?a=1&amp;b=2' type='application/atom+xml' rel='alternate'></html>"""
    assert feed_links(page, "https://a.example/x/") == [
        "https://a.example/all.xml?a=1&b=2",
        "https://a.example/about/feeds",
        "https://a.example/comments/feed/",
    ]


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("feed://A.example/News.xml", "http://a.example/News.xml"),
        ("feed:https://a.example/x", "https://a.example/x"),
        ("pcast://a.example/x", "http://a.example/x"),
        (" HTTP://A.Example/X?Y=Z ", "http://a.example/X?Y=Z"),
        ("https://a.example", "https://a.example"),
        ("file:///etc/hosts", "file:///etc/hosts"),
        ("Example.org/Feed.xml", "https://example.org/Feed.xml"),
        ("example.org", "https://example.org"),
        ("example.org:8080/feed.xml", "https://example.org:8080/feed.xml"),
        ("intranet:8080/feed.xml", "https://intranet:8080/feed.xml"),
        ("127.0.0.1:9/feed.xml", "http://127.0.0.1:9/feed.xml"),
        ("[::1]:9/feed.xml", "http://[::1]:9/feed.xml"),
        ("localhost:9/feed.xml", "http://localhost:9/feed.xml"),
        ("feed.xml", "feed.xml"),
        ("news/feed.xml", "news/feed.xml"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_schemes_of_feed_readers_are_spelled_out(location: str, url: str) -> None:
    assert source_url(location) == url
