"""OPML 2.0 (http://opml.org/spec2.opml), the way feed readers hand on their subscriptions."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from briefing.digest.records import Source
from briefing.digest.sources.errors import SourceError
from briefing.read.clean import clean

MAX_DEPTH = 20
MAX_FEEDS = 5_000


def read_opml(data: bytes | str) -> list[Source]:
    """The feeds of an outline; the folder that a feed is in is its topic.

    A broken file gives the feeds that can be had. External and internal entities are not read.

    Raises `SourceError` where there is no feed in it.
    """
    from lxml import etree

    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if isinstance(data, str):
        raw = _without_declaration(raw)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(raw.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or str(root.tag).lower() != "opml":
        raise SourceError("This is no OPML file. Export one from your feed reader")
    body = next((child for child in root if str(child.tag).lower() == "body"), None)
    found = list(_feeds(body, None, 0)) if body is not None else []
    if not found:
        raise SourceError("The OPML file has no feed in it. Export it again from your feed reader")
    return found[:MAX_FEEDS]


def export_opml(sources: Iterable[Source], title: str = "Briefing") -> str:
    """An outline of those ``sources`` that are feeds, in folders by topic."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    feeds = [source for source in sources if source.kind == "feed"]
    for topic, group in groupby(_by_topic(feeds), key=lambda source: source.topic):
        parent = body if topic is None else etree.SubElement(body, "outline", text=topic)
        for source in group:
            etree.SubElement(
                parent, "outline", type="rss", text=source.name, title=source.name,
                xmlUrl=source.location,
            )  # fmt: skip
    text: str = etree.tostring(
        root, encoding="utf-8", xml_declaration=True, pretty_print=True
    ).decode()
    return text


def _by_topic(sources: list[Source]) -> list[Source]:
    """Sources of one topic together, topics in the order in which they first appear."""
    order = list(dict.fromkeys(source.topic for source in sources))
    return sorted(sources, key=lambda source: order.index(source.topic))


def _feeds(parent: Any, topic: str | None, depth: int) -> Iterator[Source]:
    for outline in parent:
        if str(outline.tag).lower() != "outline":
            continue
        given = {str(name).lower(): clean(value) for name, value in outline.attrib.items()}
        name = given.get("title") or given.get("text") or ""
        if url := given.get("xmlurl"):
            category = given.get("category", "").split(",")[0].strip("/ ").split("/")[-1]
            yield Source(name or url, "feed", url, topic or category or None)
        elif depth < MAX_DEPTH:
            yield from _feeds(outline, name or topic, depth + 1)


def _without_declaration(raw: bytes) -> bytes:
    """Text is encoded by us; what it says of its encoding is of before."""
    raw = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    return raw.partition(b"?>")[2] if raw.startswith(b"<?xml") else raw
