import tomllib
from errno import ENOSPC

import pytest

from briefing.digest.settings import SourceTable, load_digest_settings
from briefing.digest.sources import (
    SourceError,
    add_source,
    export_opml,
    import_opml,
    read_opml,
    remove_source,
)
from tests.digest.sources.test_outline import EXPECTED, OPML

CONFIG = """# My morning paper
store = "x.sqlite"   # here

[edition]
title = "Morning"  # the title

# The harbour's own paper
[[sources]]
name = "Harbour"
feed = "https://harbour.example/rss"  # slow

# Somebody's blog
[[sources]]
name = "Blog"
feed = "https://blog.example/rss"
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "digest.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def feeds(path) -> list[str]:
    return [each["feed"] for each in tomllib.loads(path.read_text("utf-8"))["sources"]]


def test_a_source_is_added_and_comments_stay(path) -> None:
    path.chmod(0o640)
    table = SourceTable(name='Zoë "Q"', feed="https://zoe.example/rss", topic="Art")
    assert add_source(path, table).name == 'Zoë "Q"'
    text = path.read_text("utf-8")
    assert text.startswith(CONFIG.rstrip("\n"))
    assert tomllib.loads(text)["sources"][2] == {
        "name": 'Zoë "Q"', "feed": "https://zoe.example/rss", "topic": "Art"
    }  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["digest.toml"]


def test_the_first_source_of_a_file(tmp_path) -> None:
    path = tmp_path / "digest.toml"
    path.write_text("# nothing yet\n")
    add_source(path, SourceTable(feed="https://a.example/rss"))
    add_source(path, SourceTable(folder=tmp_path))
    assert path.read_text().startswith("# nothing yet\n")
    assert tomllib.loads(path.read_text())["sources"] == [
        {"feed": "https://a.example/rss"}, {"folder": str(tmp_path)}
    ]  # fmt: skip


def test_a_source_is_removed_and_the_rest_stays(path) -> None:
    remove_source(path, "Harbour")
    assert feeds(path) == ["https://blog.example/rss"]
    harbour = CONFIG.index("# The harbour"), CONFIG.index("# Somebody")
    assert path.read_text("utf-8") == CONFIG[: harbour[0]] + CONFIG[harbour[1] :]
    remove_source(path, "Blog")
    assert path.read_text("utf-8") == CONFIG[: harbour[0]]
    with pytest.raises(SourceError, match="has no source 'Blog'"):
        remove_source(path, "Blog")
    add_source(path, SourceTable(feed="https://a.example/rss"))
    assert feeds(path) == ["https://a.example/rss"]


@pytest.mark.parametrize("name", ["Harbour", "Blog"])
def test_a_source_is_removed_with_its_own_tables(path, name: str) -> None:
    own = '# The login\n[sources.headers]\nCookie = "a=1"\n\n'
    text = CONFIG.replace("# Somebody", own + "# Somebody") + "\n" + own + "[fetch]\ndelay = 2\n"
    path.write_text(text, encoding="utf-8")
    remove_source(path, name)
    kept = tomllib.loads(path.read_text("utf-8"))
    (source,) = kept["sources"]
    assert source == {
        "name": "Blog" if name == "Harbour" else "Harbour",
        "feed": f"https://{'blog' if name == 'Harbour' else 'harbour'}.example/rss",
        "headers": {"Cookie": "a=1"},
    }
    assert kept["fetch"] == {"delay": 2}
    assert path.read_text("utf-8").count("# The login") == 1


def test_a_source_in_a_notation_of_its_own_is_left_to_its_owner(path) -> None:
    text = CONFIG.replace("# Somebody", 'topic = """\n[ports]"""\n# Somebody')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="by hand"):
        remove_source(path, "Harbour")
    assert path.read_text("utf-8") == text


def test_comments_below_the_last_source_stay(path) -> None:
    path.write_text(CONFIG + "# topic = 'Sea'\n\n# [mail]\n# host = 'x'\n", encoding="utf-8")
    remove_source(path, "Blog")
    assert path.read_text("utf-8").endswith("\n# topic = 'Sea'\n\n# [mail]\n# host = 'x'\n")


def test_a_source_in_an_inline_list_is_left_to_its_owner(path) -> None:
    path.write_text("sources = [{name = 'A', feed = 'https://a.example/'}]\n")
    with pytest.raises(SourceError, match="by hand"):
        remove_source(path, "A")


def test_what_is_there_already_is_not_added(path) -> None:
    with pytest.raises(SourceError, match="already, as 'Blog'"):
        add_source(path, SourceTable(name="Other", feed="https://blog.example/rss"))
    with pytest.raises(SourceError, match="a source 'Blog' already"):
        add_source(path, SourceTable(name="Blog", feed="https://other.example/rss"))
    assert path.read_text("utf-8") == CONFIG


def test_an_outline_is_imported_once(path) -> None:
    add_source(path, SourceTable(name="B", feed="https://x.example/"))
    added, _ = import_opml(path, OPML)
    assert [each.location for each in added] == [each.location for each in EXPECTED]
    assert [each.name for each in added] == ["Zoë", "B (2)", "C", "https://d.example/rss"]
    assert import_opml(path, OPML)[0] == []
    assert len(feeds(path)) == 7
    assert "# Somebody's blog" in path.read_text("utf-8")
    exported = read_opml(export_opml(added))
    assert sorted(e.location for e in exported) == sorted(e.location for e in added)


def test_addresses_that_are_not_of_the_web_are_not_imported(path) -> None:
    bad = "<opml><body><outline text='x' xmlUrl='file:///etc/passwd'/></body></opml>"
    added, (why,) = import_opml(path, bad)
    assert added == []
    assert "file:///etc/passwd" in why
    assert path.read_text("utf-8") == CONFIG


def test_one_address_in_other_letters_is_the_same(path) -> None:
    outlines = "".join(
        f"<outline xmlUrl='{url}'/>"
        for url in ("HTTPS://Blog.Example/rss", "feed://new.example/rss")
    )
    added, left_out = import_opml(path, f"<opml><body>{outlines}</body></opml>")
    assert [each.location for each in added] == ["http://new.example/rss"]
    assert left_out == []
    with pytest.raises(SourceError, match="already, as 'Blog'"):
        add_source(path, SourceTable(feed="HTTPS://BLOG.example/rss"))


@pytest.mark.parametrize("text", ["[[", "sources = 3", "sources = [{feed = 'https://a.example/'}]",
                                  "[[sources]]\nwrong = 1\n"])  # fmt: skip
def test_a_file_that_cannot_be_changed_stays_as_it_is(path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        add_source(path, SourceTable(feed="https://b.example/rss"))
    assert "\n" not in str(caught.value)
    assert path.read_text() == text
    path.unlink()
    with pytest.raises(SourceError, match="digest init"):
        add_source(path, SourceTable(feed="https://b.example/rss"))


def test_a_full_disk_leaves_the_file_and_nothing_beside_it(path, monkeypatch) -> None:
    def fail(_: int) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(SourceError, match="cannot be written: No space left"):
        remove_source(path, "Blog")
    assert path.read_text("utf-8") == CONFIG
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_changed_where_its_link_leads(path) -> None:
    link = path.with_name("link.toml")
    link.symlink_to(path.name)
    remove_source(link, "Blog")
    assert link.is_symlink()
    assert feeds(path) == ["https://harbour.example/rss"]


def test_a_file_with_a_byte_order_mark_is_read_and_edited(tmp_path) -> None:
    config = tmp_path / "digest.toml"
    config.write_bytes(b'\xef\xbb\xbf[[sources]]\nfeed = "https://kell.example/feed"\n')
    add_source(config, SourceTable(feed="https://holm.example/feed"))
    feeds = [source.feed for source in load_digest_settings(config).sources]
    assert feeds == ["https://kell.example/feed", "https://holm.example/feed"]
