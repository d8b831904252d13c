import pytest

from briefing.digest import Source
from briefing.digest.settings import DigestSettings, Logins, SourceTable, load_digest_settings
from briefing.digest.sources import (
    SourceError,
    configured_sources,
    table_source,
    with_outlines,
)
from tests.digest.sources.test_outline import OPML


def settings(**given) -> DigestSettings:
    return DigestSettings.model_validate(given)


def test_each_kind_of_source_with_its_name_and_publisher(tmp_path) -> None:
    found = configured_sources(
        settings(
            sources=[
                {"feed": "https://feeds.bbci.co.uk/news/rss.xml", "topic": "World"},
                {"name": "Page", "page": "https://www.example.org/live", "publisher": "Example"},
                {"folder": str(tmp_path)},
                {"jsonl": str(tmp_path / "in.jsonl")},
                {"jsonl": "-"},
            ]
        )
    )
    assert [(each.name, each.kind, each.publisher) for each in found] == [
        ("feeds.bbci.co.uk/news/rss.xml", "feed", "bbci.co.uk"),
        ("Page", "page", "Example"),
        (tmp_path.name, "folder", tmp_path.name),
        ("in.jsonl", "jsonl", "in.jsonl"),
        ("standard input", "stdin", "standard input"),
    ]
    assert found[0].topic == "World"


def test_opml_files_are_read_and_nothing_is_there_twice(tmp_path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_bytes(OPML.encode("latin-1"))
    sources = [{"name": "B", "feed": "https://x.example/"}, {"feed": "https://c.example/rss"}]
    found = configured_sources(settings(sources=sources, opml=[str(path), str(path)]))
    assert [each.name for each in found] == [
        "B", "c.example/rss", "Zoë", "B (2)", "https://d.example/rss",
    ]  # fmt: skip
    assert found[2].publisher == "a.example"
    assert len({each.location for each in found}) == 5


def test_what_is_set_beside_an_outline_holds_for_each_of_its_feeds(tmp_path, monkeypatch) -> None:
    (tmp_path / "feeds.opml").write_text(OPML.replace("ISO-8859-1", "UTF-8"), encoding="utf-8")
    (tmp_path / "digest.toml").write_text("""
[[sources]]
feed = "https://b.example/rss"
name = "C"
[[sources]]
opml = "feeds.opml"
topic = "Other"
limit = 3
weight = 2.5
only = ["harbour"]
agent = "Reader"
user = "ida"
password_env = "OUTLINE_SECRET"
""")
    monkeypatch.setenv("OUTLINE_SECRET", "kiwi")
    expanded = with_outlines(load_digest_settings(tmp_path / "digest.toml"))
    own, *feeds = expanded.sources
    assert (own.limit, own.weight) == (None, 1)
    assert [(each.shown_name, each.topic) for each in feeds] == [
        ("Zoë", "Inner"), ("C (2)", "World"), ("https://d.example/rss", "Other"),
    ]  # fmt: skip
    assert {(each.limit, each.weight, each.only) for each in feeds} == {(3, 2.5, ("harbour",))}
    headers = Logins(expanded.sources).headers("https://c.example/rss")
    assert headers["User-Agent"] == "Reader"
    assert headers["Authorization"].startswith("Basic ")
    assert Logins(expanded.sources).headers("https://b.example/rss") == {}
    assert with_outlines(expanded) is expanded
    named = configured_sources(load_digest_settings(tmp_path / "digest.toml"))
    assert [each.name for each in named] == [each.shown_name for each in expanded.sources]


def test_opml_by_url(reader, tmp_path) -> None:
    fetch = reader.settings(timeout=5)
    place = f"{reader.url}/feed/missing"
    (standing_in,) = configured_sources(settings(opml=[place], fetch=fetch))
    assert standing_in == Source(
        f"OPML 127.0.0.1:{reader.port}/feed/missing", "feed", place,
        publisher=f"OPML 127.0.0.1:{reader.port}/feed/missing",
    )  # fmt: skip
    assert "status 404" in reader.read(standing_in).error
    listed = configured_sources(settings(opml=[f"{reader.url}/feed/list"], fetch=fetch))
    assert [each.name for each in listed] == ["First", "Second"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "x"}, "exactly one of"),
        ({"feed": "https://a.example/", "page": "https://a.example/"}, "exactly one of"),
        ({"feed": "a.example/rss"}, "not a web address"),
        ({"feed": "file:///etc/passwd"}, "not a web address"),
        ({"feed": "http://[::1"}, "not a web address"),
    ],
)
def test_a_source_that_is_not_given_rightly(table: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        table_source(SourceTable.model_validate(table))
    assert caught.value.exit_code == 2


def test_names_given_twice_and_files_that_are_not_there(tmp_path) -> None:
    twice = [{"name": "A", "feed": f"https://{n}.example/"} for n in range(2)]
    with pytest.raises(SourceError, match="Two sources are named 'A'"):
        configured_sources(settings(sources=twice))
    with pytest.raises(SourceError, match="cannot be read"):
        configured_sources(settings(opml=[str(tmp_path / "no.opml")]))
