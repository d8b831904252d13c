"""The feed against feedparser and the rules of RFC 4287."""

import re
from dataclasses import replace
from datetime import date, timedelta

import feedparser
import pytest
from lxml import etree

from briefing.digest import EditionSection
from briefing.digest.rendering import Links, feed
from tests.digest.samples import NOW, SETTINGS, bridge, edition, full_edition, settings

ATOM = "{http://www.w3.org/2005/Atom}"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PUBLISHED = settings(base_url="https://news.example/digest/")
NEXT = edition(
    EditionSection(None, (bridge(2),)), date=date(2026, 3, 3), made=NOW + timedelta(days=1)
)


def root_of(*editions, table=SETTINGS):
    return etree.fromstring(feed(editions, table).encode())


def texts(root, path: str) -> list[str]:
    return [each.text for each in root.iterfind(path.replace("/", f"/{ATOM}"))]


def check_rules(root) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have, and once only."""
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        for once in ("id", "title", "updated"):
            assert len(element.findall(ATOM + once)) == 1, once
        for stamp in element.findall(f"{ATOM}updated") + element.findall(f"{ATOM}published"):
            assert re.fullmatch(DATE, stamp.text)
        links = [(each.get("rel"), each.get("type")) for each in element.findall(f"{ATOM}link")]
        assert links.count(("alternate", "text/html")) <= 1
        assert element.find(f"{ATOM}id").text.startswith("tag:")
    assert root.find(f"{ATOM}author/{ATOM}name").text
    assert len({each.find(f"{ATOM}id").text for each in entries}) == len(entries)
    for entry in entries:
        (content,) = entry.findall(f"{ATOM}content")
        assert content.get("type") == "html"
        assert content.text
        assert all(each.get("term") for each in entry.findall(f"{ATOM}category"))


@pytest.mark.parametrize("table", [SETTINGS, PUBLISHED])
@pytest.mark.parametrize("editions", [(), (edition(),), (full_edition(),), (full_edition(), NEXT)])
def test_it_is_valid(editions, table) -> None:
    text = feed(editions, table).encode()
    parsed = feedparser.parse(text)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert len(parsed.entries) == sum(len(each.stories) for each in editions)
    check_rules(etree.fromstring(text))


def test_newest_first() -> None:
    root = root_of(full_edition(), NEXT)
    stamps = texts(root, "./entry/updated")
    assert stamps == sorted(stamps, reverse=True)
    assert root.find(f"{ATOM}updated").text == "2026-03-03T06:00:00Z"


def test_an_entry_keeps_its_id_and_a_follow_up_has_its_own() -> None:
    ids = texts(root_of(full_edition(), table=PUBLISHED), "./entry/id")
    assert ids[0] == "tag:news.example,2026-03-02:story-1"
    remade = replace(full_edition(), made=NOW + timedelta(hours=5), title="Another")
    assert texts(root_of(remade, table=PUBLISHED), "./entry/id") == ids
    assert set(texts(root_of(NEXT, table=PUBLISHED), "./entry/id")).isdisjoint(ids)


def test_ids_are_the_same_at_every_address() -> None:
    one, other = (
        feed([full_edition()], PUBLISHED, Links(f"http://{host}/digest.atom", None))
        for host in ("127.0.0.1:8000", "localhost:8000")
    )
    assert one.replace("127.0.0.1", "localhost") == other


def test_links() -> None:
    root = root_of(full_edition(), table=PUBLISHED)
    assert root.find(f"{ATOM}link").attrib == {
        "rel": "self",
        "href": "https://news.example/digest/digest.atom",
        "type": "application/atom+xml",
    }
    links = [each.get("href") for each in root.find(f"{ATOM}entry").findall(f"{ATOM}link")]
    assert links == [
        "https://news.example/digest/2026-03-02.html#story-1",
        "https://news.example/11",
        "https://news.example/12",
    ]


def test_feeds_of_one_machine_are_told_apart() -> None:
    one, other = (root_of(full_edition(), table=settings(title=each)) for each in "ab")
    assert one.find(f"{ATOM}id").text != other.find(f"{ATOM}id").text
