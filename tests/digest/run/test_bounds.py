"""What a run takes on: not more entries, pages and failures than the settings allow."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from briefing.digest.sources.web import MAX_FAILURES
from briefing.digest.store import StoreFull
from briefing.digest.store.articles import NEWEST_UNDATED
from tests.digest.run.sites import FIRST, Digest, Entry, Site, page, rss
from tests.quality.samples import SAMPLES

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)


def entries(count: int, **fields: object) -> list[Entry]:
    """Entries a minute apart, the oldest first, each on something of its own."""
    return [
        Entry(
            0,
            guid=str(number),
            title=f"{SAMPLES[number % 20].title}, part {number}",
            text=f"Part {number}: {SAMPLES[number % 20].key_points[0]}",
            **{"published": FIRST - (count - number) * MINUTE, **fields},
        )
        for number in range(count)
    ]


def test_the_newest_entries_of_a_feed_are_read(digest: Digest) -> None:
    digest.feed("long", rss(*entries(30)))
    edition = digest.night(0, fetch={"most_entries": 20})
    assert edition.articles == 20
    titles = " ".join(r.title for story in edition.stories for r in story.references)
    assert "part 29" in titles
    assert "part 9" not in titles
    (said,) = edition.failed
    assert said == (
        "long: It has 30 entries, of which the newest 20 were read. To read more, raise "
        "fetch.most_entries"
    )


def test_the_undated_entries_of_a_first_read_are_the_newest_few(digest: Digest) -> None:
    digest.feed("undated", rss(*entries(12, published=None)))
    assert digest.night(0).articles == NEWEST_UNDATED
    digest.feed("undated", rss(Entry(3, guid="new", published=None), *entries(12, published=None)))
    assert digest.night(1).articles == 1


def test_pages_are_asked_for_within_bounds(digest: Digest, site: Site) -> None:
    for name, count in (("few", 3), ("many", 12)):
        links = [f"{site.url}/pages/{name}/{number}" for number in range(count)]
        found = entries(count)
        for entry, link in zip(found, links, strict=True):
            entry.link = link
            if name == "few":
                whole = page(entry.but("", SAMPLES[4].text))
                site.put(link.removeprefix(site.url), whole, "text/html")
        digest.feed(name, rss(*found))
    site.down = ("/pages/many",)
    edition = digest.night(0, fetch={"most_pages": 9})
    asked = [path for path in site.asked if path.startswith("/pages/many")]
    # The host is left alone, and the feed's own text is told.
    assert len(asked) == MAX_FAILURES
    assert edition.articles == 15
    said, failed, left = edition.failed
    assert said.startswith("many: 12 entries are only teasers, and no more than the pages of the")
    assert f"So it is with {MAX_FAILURES - 1} more of its pages" in failed
    assert f"asked no more, after {MAX_FAILURES} failures in a row" in left


def test_a_host_that_has_not_these_pages_is_asked_for_the_next(digest: Digest, site: Site) -> None:
    found = entries(9)
    for number, entry in enumerate(found):
        entry.link = f"{site.url}/pages/{number}"
    digest.feed("gone", rss(*found))
    (said,) = digest.night(0).failed
    assert sum(path.startswith("/pages/") for path in site.asked) == 9
    assert "So it is with 8 more of its pages" in said


def test_a_full_disk_is_said_in_words_and_the_next_run_goes_on(digest: Digest) -> None:
    for number in range(6):
        text = f"{SAMPLES[number].text}\n\n" * 20
        digest.feed(f"feed{number}", rss(Entry(number, text=text)))

    def limit(connection, _record) -> None:
        # SQLite's own limit gives the error that a full disk gives.
        connection.execute("PRAGMA max_page_count = 80")

    event.listen(Engine, "connect", limit)
    try:
        with pytest.raises(StoreFull, match="Make room, then run again") as raised:
            digest.night(0)
    finally:
        event.remove(Engine, "connect", limit)
    assert raised.value.exit_code == 3
    assert len(digest.night(0).stories) == 6
