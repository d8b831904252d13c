"""Articles that change after they were told: what is new in them is told, the rest is not."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from briefing.digest import Edition, StoryBrief
from briefing.digest.rendering import render_edition
from tests.digest.run.sites import LATER, Digest, Entry, Site, atom, json_feed, page, rss
from tests.digest.run.worlds import NOW
from tests.quality.samples import SAMPLES

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


def told_by(edition: Edition, source: str) -> list[StoryBrief]:
    return [s for s in edition.stories if any(r.source == source for r in s.references)]


Feed = Callable[..., str]
SEARCH = "The coast guard searched the waters off Skarvoy through the night, with two helicopters."
SAID = "The operator said on Friday that it had lost 12,000 passengers."
# Of each: the feed, the entry of the first night, and what is another in the second.
CASES: dict[str, tuple[Feed, Entry, Entry, str]] = {}


def case(name: str, kind: Feed, before: Entry, after: Entry, said: str) -> None:
    CASES[name] = kind, before, after, said


case(
    "atom-updated", atom, Entry(9),
    Entry(9).but("at least 17 people", "at least 23 people", updated=LATER), "23 people",
)  # fmt: skip
case(
    "rss-same-guid", rss, Entry(1),
    Entry(1).but("jailed for seven years on Thursday", "jailed for nine years on Thursday"),
    "nine years",
)  # fmt: skip
case(
    "rss-later-date", rss, Entry(2),
    Entry(2).but("as much as 11 percent", "as much as 18 percent", published=LATER), "18 percent",
)  # fmt: skip
case("no-date", rss, Entry(3, published=None), Entry(3, published=None).but(
    "at least one partner", "at least two partners"), "two partners")  # fmt: skip
case(
    "teaser-extended", rss, Entry(5, text="Office workers who got up had lower blood pressure."),
    Entry(5), "trial",
)  # fmt: skip
case(
    "title-alone", rss,
    Entry(0, title="Two feared lost as trawler Mathilde sinks off Skarvoy", text=SEARCH),
    Entry(0, title="Crew of trawler Mathilde found alive off Skarvoy", text=SEARCH), "alive",
)  # fmt: skip
case(
    "correction-notice", rss, Entry(6),
    Entry(6).but("", "Correction: An earlier version of this article misstated the year in which "
                     "the exemption begins."),
    "misstated",
)  # fmt: skip
case(
    "corrected-figure", atom, Entry(7), Entry(7).but(
        "rehire 212 workers", "rehire 121 workers", title="CORRECTED - " + SAMPLES[7].title,
        updated=LATER), "121 workers",
)  # fmt: skip
case("json-feed", json_feed, Entry(8), Entry(8).but(
    "a fine of £70", "a fine of £90", updated=LATER), "£90")  # fmt: skip
case("json-feed-undated", json_feed, Entry(10), Entry(10).but(
    "the cause was heart failure", "the cause was pneumonia"), "pneumonia")  # fmt: skip
case("denial", rss, Entry(12), Entry(12).but(
    "Two are still missing", "None is still missing"), "None is")  # fmt: skip
case("certainty", rss, Entry(13), Entry(13).but(
    "hold almost twice as much", "may hold almost twice as much"), "may hold")  # fmt: skip
case("outcome", rss, Entry(14), Entry(14).but(
    "touched down on the comet", "crashed on the comet"), "crashed")  # fmt: skip
case("new-paragraph", rss, Entry(17), Entry(17).but("", SAID), "12,000 passengers")
case("guid-changes", rss, Entry(18, link="https://news.example/zaravan"), Entry(
    18, link="https://news.example/zaravan", guid="id-18-v2").but(
    "at least 38 percent", "at least 33 percent"), "33 percent")  # fmt: skip
case("date-changes", rss, Entry(19), Entry(19).but(
    "from 6pm on Friday until noon on Sunday", "from 6pm on Friday until noon on Monday"),
    "Monday")  # fmt: skip
case(
    "german", rss,
    Entry(0, title="Fähre nach Grauholm bleibt", text="Die Einwohner von Altenhafen haben für die "
          "Fähre nach Grauholm gestimmt. Sie kostet 400.000 Euro im Jahr. Der Rat wollte sie "
          "im Mai einstellen."),
    Entry(0, title="Fähre nach Grauholm bleibt", text="Die Einwohner von Altenhafen haben für die "
          "Fähre nach Grauholm gestimmt. Sie kostet 600.000 Euro im Jahr. Der Rat wollte sie "
          "im Mai einstellen."),
    "600.000",
)  # fmt: skip
PAGES = {
    "page-and-teaser": (
        15,
        "reach the Continental Shield final",
        "reach the annulled Shield final",
    ),
    "page-by-date": (16, "go on sale in March for $249", "go on sale in June for $299"),
}


def test_what_is_new_in_an_article_is_told(digest: Digest, site: Site) -> None:
    cases = CASES
    teaser = "What there is to know about it in short."
    for name, (kind, before, _, _) in cases.items():
        digest.feed(name, kind(before))
    for name, (number, _, _) in PAGES.items():
        link = f"{site.url}/pages/{name}"
        digest.feed(name, atom(Entry(number, text=teaser, link=link)))
        site.put(f"/pages/{name}", page(Entry(number)), "text/html")
    digest.page("page", Entry(11))
    assert len(digest.sources) == 20
    first = digest.night(0)
    assert not [s for s in first.stories if s.changes]
    assert all(told_by(first, name) for name in digest.sources)

    for name, (kind, _, after, _) in cases.items():
        digest.feed(name, kind(after))
    for name, (number, old, new) in PAGES.items():
        link = f"{site.url}/pages/{name}"
        text = teaser if name == "page-by-date" else f"{teaser} It has changed."
        digest.feed(name, atom(Entry(number, text=text, link=link, updated=LATER)))
        site.put(f"/pages/{name}", page(Entry(number).but(old, new)), "text/html")
    digest.page("page", Entry(11).but("counted 48,000 visits", "counted 84,000 visits"))
    second = digest.night(1)
    expected = {name: said for name, (_, _, _, said) in cases.items()}
    expected |= {"page-and-teaser": "annulled", "page-by-date": "$299", "page": "84,000"}
    lost = {}
    for name, said in expected.items():
        changes = [change for story in told_by(second, name) for change in story.changes]
        texts = [passage.after.text for change in changes for passage in change.passages]
        if not any(said in text for text in texts):
            lost[name] = texts
    assert lost == {}
    corrected = {
        name for name in expected for story in told_by(second, name)
        for change in story.changes if change.kind == "corrected"
    }  # fmt: skip
    assert corrected == {"correction-notice", "corrected-figure"}
    for form in ("html", "markdown", "text", "atom"):
        shown = " ".join(render_edition(second, form, digest.settings).decode().split())
        assert "at least 23 people" in shown
        assert "at least 17 people" in shown
        assert "updated" in shown.lower()
    assert digest.night(2).stories == ()


def test_what_is_not_new_is_not_told(digest: Digest) -> None:
    same = {
        "spelling": (Entry(0).but("youngest winner", "yuongest winner"), Entry(0)),
        "quotes": (Entry(1), Entry(1).but('"', "”")),
        "stamp": (
            Entry(2).but("", "Last updated at 14:05 GMT."),
            Entry(2).but("", "Last updated at 18:40 GMT on 24 November 2026."),
        ),
        "title": (Entry(3), Entry(3, title="Civic Front wins in Ostravia, short of majority")),
        "order": (Entry(5), Entry(5, text="\n\n".join(reversed(SAMPLES[5].text.split("\n\n"))))),
        "later": (Entry(6), Entry(6, published=LATER)),
        "shorter": (Entry(7), Entry(7, text="\n\n".join(SAMPLES[7].text.split("\n\n")[:-1]))),
        "cut": (Entry(8), Entry(8, text=SAMPLES[8].text[:300] + "…")),
        "caption": (Entry(9), Entry(9).but("", "Rescuers in San Eloy. Photo: Ana Lima / Wire")),
        "numerals": (Entry(12), Entry(12).but("two men and a woman", "2 men and a woman")),
        "synonym": (Entry(13), Entry(13).but("according to a study", "according to a study,")),
        "live": (Entry(14), Entry(14, title="UPDATE 2 - " + SAMPLES[14].title)),
    }
    furniture = "Subscribe to our newsletter to get stories like this one every morning."
    crowd = [Entry(number) for number in (15, 16, 17)]
    for name, (before, _) in same.items():
        digest.feed(name, rss(before))
    digest.feed("furniture", rss(*crowd))
    assert len(digest.night(0).stories) == len(same) + 3
    for name, (_, after) in same.items():
        digest.feed(name, rss(after))
    digest.feed("furniture", rss(*(each.but("", furniture) for each in crowd)))
    second = digest.night(1)
    told = {r.source for story in second.stories for r in story.references}
    assert told == set()
    # What was cut off since has not lost its text.
    digest.feed("cut", rss(Entry(8).but("a fine of £70", "a fine of £90")))
    (story,) = digest.night(2).stories
    (passage,) = story.changes[0].passages
    assert "£70" in passage.before
    assert "£90" in passage.after.text


def test_an_update_is_compared_with_what_was_told(digest: Digest) -> None:
    """Not with the version of the night before, if that was not told."""
    digest.feed("a", rss(Entry(9)))
    digest.night(0)
    digest.feed("a", rss(Entry(9).but("at least 17 people", "at least 19 people")))
    digest.night(1, dry_run=True)
    digest.feed("a", rss(Entry(9).but("at least 17 people", "at least 23 people")))
    (story,) = digest.night(1).stories
    assert [p.before.count("17") for p in story.changes[0].passages] == [1]
    (reference,) = story.references
    assert (reference.new, reference.change) == (False, "updated")
    assert story.since == NOW.date()


def test_a_copy_that_is_updated_is_a_copy_no_more(digest: Digest) -> None:
    digest.feed("a", rss(Entry(9)))
    digest.feed("b", rss(Entry(9, guid="b")))
    (story,) = digest.night(0).stories
    assert len(story.references) == 1
    digest.feed("b", rss(Entry(9, guid="b").but("at least 17 people", "at least 23 people")))
    (story,) = digest.night(1).stories
    (change,) = story.changes
    assert [p.after.text.count("23 people") for p in change.passages] == [1]
    new = [line for line in story.lines if line.novelty == "new"]
    assert new
    assert all("23" in line.text for line in new)


def test_an_address_that_tells_another_story_is_new(digest: Digest) -> None:
    digest.page("today", Entry(9))
    digest.night(0)
    digest.page("today", Entry(15))
    (story,) = digest.night(1).stories
    assert (story.since, story.changes) == (None, ())
    assert story.references[0].title == SAMPLES[15].title


def test_an_article_that_was_never_told_is_told_as_it_is(digest: Digest) -> None:
    digest.feed("a", rss(Entry(9, published=NOW - 60 * HOUR)))
    assert digest.night(0).stories == ()
    digest.feed("a", rss(Entry(9).but("at least 17 people", "at least 23 people")))
    (story,) = digest.night(1).stories
    assert (story.since, story.changes) == (None, ())


def test_a_page_that_fails_when_it_is_read_again_keeps_what_was_read(
    digest: Digest, site: Site
) -> None:
    link = f"{site.url}/pages/p"
    teaser = Entry(15, text="What there is to know about it in short.", link=link)
    digest.feed("a", atom(teaser))
    site.put("/pages/p", page(Entry(15)), "text/html")
    assert len(digest.night(0).stories) == 1
    digest.feed("a", atom(teaser.but("", updated=LATER)))
    site.put("/pages/p", "", "text/html")
    assert digest.night(1).stories == ()
    assert site.asked.count("/pages/p") == 2
    digest.feed("a", atom(teaser.but("", updated=LATER + 20 * HOUR)))
    site.put(
        "/pages/p", page(Entry(15).but("a 93rd-minute winner", "a 96th-minute winner")), "text/html"
    )
    (story,) = digest.night(2).stories
    assert "93rd" in story.changes[0].passages[0].before
