"""The files of an edition."""

from datetime import date

import feedparser
import pytest
from lxml import html

from briefing.digest.rendering import publish, write_whole
from briefing.errors import OutputError
from tests.digest.samples import edition, full_edition, settings

ALL = ["markdown", "html", "text", "json", "atom", "epub"]


def test_one_file_a_format(tmp_path) -> None:
    table = settings(formats=ALL).model_copy(update={"output": tmp_path / "new" / "folder"})
    files = publish(full_edition(), table)
    assert sorted(path.name for path in files) == [
        *("2026-03-02.epub", "2026-03-02.html", "2026-03-02.json"),
        *("2026-03-02.md", "2026-03-02.txt", "digest.atom", "index.html"),
    ]
    assert sorted((tmp_path / "new" / "folder").iterdir()) == sorted(files)
    before = {path: path.read_bytes() for path in files}
    publish(full_edition(), table)
    assert {path: path.read_bytes() for path in files} == before


def test_the_feed_holds_recent_editions_once(tmp_path) -> None:
    table = settings(formats=["atom"]).model_copy(update={"output": tmp_path})
    old = edition(*full_edition().sections, date=date(2026, 3, 1))
    (path,) = publish(full_edition(), table, [full_edition(), old])
    assert len(feedparser.parse(path.read_bytes()).entries) == 8


def test_every_page_is_found_from_the_index_and_back(tmp_path) -> None:
    table = settings(formats=["html", "atom"]).model_copy(update={"output": tmp_path})
    for name in ("2025-12-31.html", "2025-13-31.html", "about.html"):
        (tmp_path / name).write_text("Another page.")
    old = edition(*full_edition().sections, date=date(2026, 3, 1))
    publish(old, table)
    publish(full_edition(), table, [full_edition(), old])
    index = html.parse(tmp_path / "index.html").getroot()
    links = [link for link in index.xpath("//main//a/@href") if "#" not in link]
    assert links == ["2026-03-02.html", "2026-03-01.html", "2025-12-31.html"]
    for link in index.xpath("//a/@href"):
        name, _, anchor = link.partition("#")
        text = (tmp_path / name).read_text()
        assert f'id="{anchor}"' in text or not anchor
    assert "Port Alder votes to keep its ferry" in index.text_content()
    assert 'href="index.html"' in (tmp_path / "2026-03-02.html").read_text()


def test_the_feed_leads_to_pages_beside_it(tmp_path) -> None:
    """Without an address of its own too: links are relative to where it was read."""
    table = settings(formats=["html", "atom"]).model_copy(update={"output": tmp_path})
    publish(full_edition(), table)
    data = (tmp_path / "digest.atom").read_bytes()
    where = {"content-location": "http://127.0.0.1:8080/news/digest.atom"}
    parsed = feedparser.parse(data, response_headers=where)
    found = {link.rel: link.href for link in parsed.feed.links}
    assert found["self"] == "http://127.0.0.1:8080/news/digest.atom"
    assert found["alternate"] == "http://127.0.0.1:8080/news/index.html"
    assert parsed.entries[0].link == "http://127.0.0.1:8080/news/2026-03-02.html#story-1"


def test_no_link_leads_to_what_is_not_made(tmp_path) -> None:
    made = settings(formats=["atom"], base_url="https://news.example")
    publish(full_edition(), made.model_copy(update={"output": tmp_path}))
    assert b"news.example/2026" not in (tmp_path / "digest.atom").read_bytes()
    assert b"index.html" not in (tmp_path / "digest.atom").read_bytes()


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"before")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OutputError, match="No space left") as found:
        write_whole(path, b"after")
    assert found.value.exit_code == 2
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"digest\.toml"):
        write_whole(tmp_path / "file" / "a.txt", b"")
