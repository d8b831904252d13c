import json
import os
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest import Item
from briefing.digest.sources.feed import parse_feed
from briefing.digest.sources.files import list_folder, read_file, read_lines
from briefing.errors import NotAFeed
from tests.digest.feeds import body_of
from tests.digest.sources.conftest import NOW

# What a JSON document can hold, lone surrogates and NUL included.
TEXT = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    ["\ud800", "a\x00b", "https://a.example/\ud800", "https://a.example/\x00", "2026-11-24"]
)
VALUE = TEXT | st.none() | st.integers() | st.booleans() | st.lists(TEXT, max_size=2)
LINE = "id title subtitle text url published updated author language topic".split()
ENTRY = (
    "id title url summary content_html content_text authors author date_published language".split()
)
ROWS = st.lists(st.dictionaries(st.sampled_from(LINE), VALUE), max_size=4)
ENTRIES = st.lists(st.dictionaries(st.sampled_from(ENTRY), VALUE), max_size=4)


def check_storable(items: tuple[Item, ...]) -> None:
    """Databases take neither lone surrogates nor NUL."""
    for item in items:
        for value in astuple(item):
            if isinstance(value, str):
                assert value.encode().decode() == value
                assert "\x00" not in value


@settings(deadline=None)
@given(ROWS)
def test_whatever_lines_hold_can_be_stored(rows: list[dict]) -> None:
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    items, faults = read_lines(lines, NOW)
    assert len(items) + len(faults) == len(rows)
    check_storable(items)


@settings(deadline=None)
@given(ENTRIES, TEXT)
def test_whatever_a_json_feed_holds_can_be_stored(entries: list[dict], title: str) -> None:
    data = json.dumps({"items": entries, "title": title, "language": title}).encode()
    try:
        feed = parse_feed(data, "https://feeds.example/", NOW)
    except NotAFeed:
        return
    assert len({item.guid for item in feed.items}) == len(feed.items)
    check_storable(feed.items)


def test_fields_of_a_line() -> None:
    row = {
        "id": "x", "title": "A &amp; B", "html": f"<html><body><article><p>{body_of('l', 1)[0]}</p>"
        f"<p>{body_of('l', 1)[1]}</p></article></body></html>", "url": "https://a.example/?utm_id=1",
        "published": "2026-11-24T08:00:00+01:00", "updated": "2099-01-01", "language": "en-GB",
        "author": "Ida\u202e", "topic": "Sea",
    }  # fmt: skip
    ((item,), faults) = read_lines(b"\xef\xbb\xbf" + json.dumps(row).encode() + b"\r\n\n", NOW)
    assert faults == ()
    assert (item.guid, item.title, item.url) == ("x", "A & B", "https://a.example/")
    assert (item.author, item.topic, item.language) == ("Ida", "Sea", "en")
    assert (item.published.hour, item.updated) == (7, NOW)
    assert item.body == "\n\n".join(body_of("l", 1)[:2])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"[1]", "line 1: it is not a JSON object"),
        (b'{"text": 3}', "line 1: 'text' must be a string"),
        (b'{"url": "ftp://a"}', "line 1: it has neither readable text nor a web address"),
        (b'{"title": "only"}', "line 1: give the article as 'text', 'html' or 'url'"),
        (b"[" * 100_000, "line 1 is not valid JSON"),
        (b"\xff\xfe", "line 1 is not valid JSON"),
    ],
)
def test_lines_that_give_no_article(line: bytes, fault: str) -> None:
    assert read_lines(line, NOW) == ((), (fault,))


def test_a_folder_lists_articles_and_nothing_else(tmp_path) -> None:
    for name in ("b.txt", "a.html", "note.docx", "sums.xlsx", ".x.txt", "sub/c.PDF", ".git/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "empty.txt").touch()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = list_folder(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in found.paths]
    assert names == ["a.html", "b.txt", "note.docx", "sub/c.PDF"]
    assert list_folder(tmp_path) == found
    (tmp_path / "b.txt").write_text("longer")
    assert list_folder(tmp_path).digest != found.digest


def test_a_file_name_that_is_not_utf_8(tmp_path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("The pier\n\n" + "\n\n".join(body_of("f", 1)), encoding="utf-8")
    item = read_file(list_folder(tmp_path).paths[0], tmp_path, NOW)
    assert item.guid == "caf\ufffd.txt"
    assert item.title == "The pier"
