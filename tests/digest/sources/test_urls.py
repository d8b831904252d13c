import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest.sources.entry import article_url, publisher_of
from briefing.reading.fetch import readable_url


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://Example.org/a?utm_source=x&id=3&fbclid=2#top", "https://example.org/a?id=3"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/story?id=7&source=9&ref=1", "https://example.org/story?id=7&source=9&ref=1"),
        ("https://www.example.org/x?at_medium=RSS&at_campaign=K", "https://www.example.org/x"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/#!/story/9", "https://example.org/#!/story/9"),
        ("https://ann:secret@example.org/a", "https://example.org/a"),
        ("  https://example.org/a b\n", "https://example.org/a%20b"),
        ("//other.example/x", "https://other.example/x"),
        ("../up", "https://base.example/up"),
        ("?page=2", "https://base.example/feed/rss?page=2"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
    ],
)  # fmt: skip
def test_a_link_becomes_an_identity(link: str, url: str) -> None:
    assert article_url(link, "https://base.example/feed/rss") == url


@pytest.mark.parametrize(
    "link",
    [None, "", "mailto:a@b.c", "javascript:alert(1)", "http://", "http://[::1", "http://a:99999/",
     "https://example.org/" + "a" * 5_000],
)  # fmt: skip
def test_what_is_no_address_is_none(link: str | None) -> None:
    assert article_url(link) is None


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from([None, "https://base.example/a/b?c"]))
def test_an_identity_is_its_own(link: str, base: str | None) -> None:
    url = article_url(link, base)
    assert url is None or article_url(url) == url


def test_a_publisher_is_a_registrable_domain() -> None:
    assert publisher_of("https://feeds.bbci.co.uk/news/rss.xml") == "bbci.co.uk"
    assert publisher_of("https://one.blogspot.com/x") == "one.blogspot.com"
    assert publisher_of("https://feeds.feedburner.com/outlet") is None
    assert publisher_of("http://news.town.example/x") == "town.example"
    assert publisher_of("http://127.0.0.1:80/x") is None
    assert publisher_of("http://[::1]/x") is None


def test_a_password_is_not_shown() -> None:
    assert readable_url("https://ann:secret@example.org/a\n") == "https://example.org/a"
    assert len(readable_url("https://example.org/" + "a" * 900)) < 210
