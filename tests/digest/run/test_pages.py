"""An edition of a feed whose pages are walls: it tells the feed's words and says so."""

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest

from briefing.digest import Edition
from briefing.digest.rendering import render_edition
from briefing.digest.run import run_digest
from briefing.digest.settings import DigestSettings
from tests.digest.feeds import body_of
from tests.digest.feeds_server import serving_feeds
from tests.digest.run.sites import DAY, HOUR, Digest, Entry, Site, page, rss
from tests.digest.run.worlds import NOW
from tests.quality.samples import SAMPLES
from tests.reading.pages import WALLS

pytestmark = pytest.mark.slow


def test_no_wall_is_told_and_the_edition_says_why(tmp_path: Path) -> None:
    with serving_feeds(hosts=1) as (url, _):
        settings = DigestSettings.model_validate(
            {
                "store": str(tmp_path / "store.sqlite"),
                "output": tmp_path / "editions",
                "sources": [{"name": "Walled", "feed": f"{url}/feed/walls"}],
                "edition": {"minutes": 200, "stories": 60, "formats": ["text"]},
                "fetch": {"delay": 0, "private": True, "ports": [int(url.rpartition(":")[2])]},
            }
        )
        outcome = run_digest(settings, now=NOW, extractive=True)
    told = [line for story in outcome.edition.stories for line in story.lines]
    feed = " ".join(body_of("walls", n)[0] for n in range(len(WALLS) + 2))
    page = " ".join(body_of("walls", len(WALLS) + 1))
    for line in told:
        for cited in line.evidence:
            assert cited.text.startswith("Council of") or cited.text in f"{feed} {page}"
    reasons = outcome.edition.failed
    assert all(why.startswith("Walled, “Council of ") for why in reasons)
    assert len({why.partition("that of the page. ")[2] for why in reasons}) == len(reasons) > 1
    # Walls are no failures of their host: the last page is read, after all of them.
    more = re.findall(r"So it is with (\d+) more of its pages", " ".join(reasons))
    assert len(reasons) + sum(map(int, more)) == len(WALLS) + 1
    assert any(line.evidence[0].text in page for line in told)
    assert "went wrong" in outcome.files[0].read_text(encoding="utf-8").lower()


def titles(edition: Edition) -> list[str | None]:
    return [reference.title for story in edition.stories for reference in story.references]


def alone(site: Site, number: int, **fields: object) -> Entry:
    """An entry of a title and a link to its page, which is there."""
    site.put(f"/pages/{number}", page(Entry(number)), "text/html")
    return Entry(number, text="", link=f"{site.url}/pages/{number}", **fields)


@pytest.mark.parametrize("down", ["/pages", "/robots.txt"])
def test_a_story_whose_host_was_down_is_told_when_it_is_up(
    digest: Digest, site: Site, down: str
) -> None:
    digest.feed("links", rss(alone(site, 5)))
    site.down = (down,)
    edition = digest.night(0)
    assert titles(edition) == []
    (why,) = edition.failed
    assert "it is not told, as the source gives its title alone" in why
    assert "status 503" in why
    site.down = ()
    again = digest.night(0, again=True)
    assert titles(again) == [SAMPLES[5].title]
    assert again.failed == ()
    # Told once: not by the next night too.
    assert titles(digest.night(1)) == []


def test_a_story_that_was_told_by_its_teaser_is_not_told_again(digest: Digest, site: Site) -> None:
    entry = alone(site, 5)
    entry.text = " ".join(SAMPLES[5].text.split()[:60]) + " …"
    digest.feed("short", rss(entry))
    site.down = ("/pages",)
    assert titles(digest.night(0)) == [SAMPLES[5].title]
    site.down = ()
    assert titles(digest.night(1)) == []
    assert "/pages/5" in site.asked


def test_a_title_alone_that_an_earlier_run_passed_over_is_told(digest: Digest, site: Site) -> None:
    """It came with the run of another day, or of less time."""
    digest.feed("links", rss(alone(site, 5, published=NOW - 2 * HOUR)))
    assert titles(digest.night(0, date=(NOW - DAY).date())) == []
    assert titles(digest.night(0, since=HOUR)) == []
    assert "/pages/5" not in site.asked
    assert titles(digest.night(0, since=DAY)) == [SAMPLES[5].title]


TEASER = "What there is to know about it in short."


def test_each_page_that_is_not_told_is_named_with_the_reason(digest: Digest, site: Site) -> None:
    """That robots.txt disallows it, that it has less than the feed, or that it broke off."""
    texts = {"barred": TEASER, "less": " ".join([TEASER] * 12), "cut": TEASER}
    site.put("/robots.txt", "User-agent: *\nDisallow: /pages/barred\n", "text/plain")
    for number, (name, text) in enumerate(texts.items(), 5):
        digest.feed(name, rss(Entry(number, text=text, link=f"{site.url}/pages/{name}")))
        site.put(f"/pages/{name}", page(Entry(number)), "text/html")
    site.put("/pages/less", page(Entry(6, text=SAMPLES[6].text[:300])), "text/html")
    kind, whole = site.bodies["/pages/cut"]
    packed = gzip.compress(whole)
    site.bodies["/pages/cut"] = kind, packed[: len(packed) * 2 // 3]
    edition = digest.night(0)
    assert {r.extent for story in edition.stories for r in story.references} == {"teaser"}
    reasons = {line.partition(",")[0]: line for line in edition.failed}
    assert "robots.txt disallows the page" in reasons["barred"]
    assert "less text than the feed gives" in reasons["less"]
    assert "broke off" in reasons["cut"]
    assert "/pages/barred" not in site.asked
    for form in ("html", "markdown", "text"):
        shown = " ".join(render_edition(edition, form, digest.settings).decode().split())
        assert "What went wrong".lower() in shown.lower()
        assert "disallows the page" in shown


def test_the_feeds_of_an_outline_have_the_settings_of_its_table(digest: Digest) -> None:
    names = ("one", "two")
    for first, name in enumerate(names):
        digest.feed(name, rss(*(Entry(first * 6 + n, guid=f"{name}-{n}") for n in range(4))))
    feeds = "".join(f'<outline text="{n}" xmlUrl="{digest.site.url}/{n}"/>' for n in names)
    outline = digest.folder / "feeds.opml"
    outline.write_text(f'<opml version="2.0"><body>{feeds}</body></opml>')
    digest.sources = {"list": {"opml": str(outline), "limit": 2, "weight": 0.5}}
    edition = digest.night(0)
    counts = Counter(r.source for story in edition.stories for r in story.references)
    assert counts == {"one": 2, "two": 2}


def test_a_recording_is_told_with_the_page_that_was_read(digest: Digest, site: Site) -> None:
    sound = "https://sound.example/episode.mp3"
    feed = rss(Entry(7, text=TEASER, link=f"{site.url}/pages/7"))
    enclosure = f"<enclosure url='{sound}' type='audio/mpeg' length='9'/></item>"
    digest.feed("podcast", feed.replace("</item>", enclosure))
    site.put("/pages/7", page(Entry(7)), "text/html")
    edition = digest.night(0)
    ((reference,),) = (story.references for story in edition.stories)
    assert (reference.url, reference.extent) == (f"{site.url}/pages/7", "full")
    assert reference.recording == sound
