"""The files of an edition."""

from datetime import date

import feedparser
import pytest

from briefing.digest.rendering import publish, write_whole
from briefing.errors import OutputError
from tests.digest.samples import edition, full_edition, settings

ALL = ["markdown", "html", "text", "json", "atom", "epub"]


def test_one_file_a_format(tmp_path) -> None:
    table = settings(formats=ALL).model_copy(update={"output": tmp_path / "new" / "folder"})
    files = publish(full_edition(), table)
    assert sorted(path.name for path in files) == [
        *("2026-03-02.epub", "2026-03-02.html", "2026-03-02.json"),
        *("2026-03-02.md", "2026-03-02.txt", "digest.atom"),
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
