"""Parse sitemaps, which name a site's pages with dates but without texts.

The protocol: https://www.sitemaps.org/protocol.html; titles and times of publication are those of
news sitemaps (https://www.google.com/schemas/sitemap-news/0.9).
"""

import re
from datetime import datetime, timedelta
from typing import Any

from briefing.digest.sources.dates import DateReader
from briefing.digest.sources.entry import Entry

_SITEMAP = re.compile(r"\s*(?:<[!?].{0,1000}?>\s*)*<(?:\w+:)?(urlset|sitemapindex)\b", re.S)
MAX_MAPS = 5
"""Maximum number of sitemaps that are read of an index: the newest, and those of news."""
_RECENT = timedelta(days=7)
"""Older pages of a sitemap that has dates are not read: a sitemap has all of a site."""


def is_sitemap(text: str) -> bool:
    """Whether an XML document is a sitemap, or an index of them."""
    return bool(_SITEMAP.match(text[:5_000]))


def sitemap_entries(text: str, now: datetime) -> tuple[list[Entry], tuple[str, ...]]:
    """The pages that a sitemap names, newest first, and the addresses of the sitemaps to read next.

    A sitemap without dates gives all of its pages, in its order.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(text.encode(), parser)
    if root is None:
        return [], ()
    dates = DateReader(now)
    if etree.QName(root).localname == "sitemapindex":
        return [], _newest_maps(root, dates)
    entries = [entry for each in root if (entry := _entry(_texts(each), dates)) is not None]
    dated = [entry for entry in entries if entry.published or entry.updated]
    recent = [entry for entry in dated if _time(entry) > now - _RECENT]
    return sorted(recent, key=_time, reverse=True) if dated else entries, ()


def _newest_maps(root: Any, dates: DateReader) -> tuple[str, ...]:
    def rank(texts: dict[str, str]) -> tuple[bool, float]:
        time = dates.read(texts.get("lastmod"))
        return "news" not in texts["loc"], -(time.timestamp() if time else 0.0)

    maps = [texts for texts in map(_texts, root) if texts.get("loc")]
    return tuple(texts["loc"] for texts in sorted(maps, key=rank))[:MAX_MAPS]


def _entry(texts: dict[str, str], dates: DateReader) -> Entry | None:
    if not texts.get("loc"):
        return None
    return Entry(
        guid=None,
        link=texts["loc"],
        title=texts.get("title"),
        summary="",
        content="",
        published=dates.read(texts.get("publication_date")),
        updated=dates.read(texts.get("lastmod")),
        language=texts.get("language"),
        title_is_text=True,
    )


def _texts(element: Any) -> dict[str, str]:
    """The texts below an element by their names, those of pictures and films left out."""
    from lxml import etree

    texts: dict[str, str] = {}
    for each in element.iterdescendants(tag=etree.Element):
        name = etree.QName(each)
        if not _MEDIA.search(name.namespace or ""):
            texts.setdefault(name.localname, (each.text or "").strip())
    return texts


_MEDIA = re.compile(r"sitemap-(?:image|video)")


def _time(entry: Entry) -> datetime:
    time = entry.published or entry.updated
    assert time is not None, "only entries with a date are sorted"
    return time
