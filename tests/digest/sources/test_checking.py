from datetime import timedelta

from briefing.digest.records import Source
from briefing.digest.sources import check_source
from tests.digest.feeds import START


def test_a_check_says_what_there_is_and_what_to_do(reader) -> None:
    good = check_source(reader.source("good1"), reader.settings())
    assert (good.ok, good.items, good.teasers) == (True, 4, 0)
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
