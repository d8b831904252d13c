"""Parse feeds (RSS, Atom, JSON Feed) and sitemaps into items. Pure: can run in an isolated process.

JSON Feed 1.0 and 1.1: https://www.jsonfeed.org/version/1.1/. A sitemap names a site's pages with
dates but without texts (https://www.sitemaps.org/protocol.html); its titles and times of
publication are those of news sitemaps (https://www.google.com/schemas/sitemap-news/0.9).
"""

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape, unescape
from io import BytesIO
from itertools import islice
from typing import Any

from briefing.digest import Item
from briefing.digest.sources.dates import DateReader
from briefing.digest.sources.entry import Entry, distinct, is_anchored, item_of, joined_url
from briefing.errors import NotAFeed, NotText
from briefing.reading.encoding import decode
from briefing.reading.fetch import readable_url

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
    entries = [entry for each in root if (entry := _sitemap_entry(_texts(each), dates)) is not None]
    dated = [entry for entry in entries if entry.published or entry.updated]
    recent = [entry for entry in dated if _sitemap_time(entry) > now - _RECENT]
    return sorted(recent, key=_sitemap_time, reverse=True) if dated else entries, ()


def _newest_maps(root: Any, dates: DateReader) -> tuple[str, ...]:
    def rank(texts: dict[str, str]) -> tuple[bool, float]:
        time = dates.read(texts.get("lastmod"))
        return "news" not in texts["loc"], -(time.timestamp() if time else 0.0)

    maps = [texts for texts in map(_texts, root) if texts.get("loc")]
    return tuple(texts["loc"] for texts in sorted(maps, key=rank))[:MAX_MAPS]


def _sitemap_entry(texts: dict[str, str], dates: DateReader) -> Entry | None:
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
        if not _SITEMAP_MEDIA.search(name.namespace or ""):
            texts.setdefault(name.localname, (each.text or "").strip())
    return texts


_SITEMAP_MEDIA = re.compile(r"sitemap-(?:image|video)")


def _sitemap_time(entry: Entry) -> datetime:
    time = entry.published or entry.updated
    assert time is not None, "only entries with a date are sorted"
    return time


def _json_feed(text: str, url: str, now: datetime) -> "Feed":
    """Parse a JSON Feed; members of the wrong type are ignored. Raises `NotAFeed`."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"{readable_url(url)} is broken JSON. Try again later") from error
    items = feed.get("items")
    if not isinstance(items, list):
        raise NotAFeed(f"{readable_url(url)} is JSON, but not a JSON Feed. Check the address")
    language, author = _field(feed, "language"), _author(feed)
    dates = DateReader(now)
    dates.learn(each.get(name) for each in items if isinstance(each, dict) for name in _JSON_DATES)
    entries = (_entry(each, language, author, dates) for each in items if isinstance(each, dict))
    return _feed(_field(feed, "title"), entries, url, now, following=_field(feed, "next_url"))


_JSON_DATES = ("date_published", "date_modified")


def _entry(
    item: dict[str, Any], language: str | None, author: str | None, dates: DateReader
) -> Entry:
    plain = _field(item, "content_text")
    return Entry(
        guid=_identifier(item),
        link=_field(item, "url") or _field(item, "external_url"),
        title=_field(item, "title"),
        summary=escape(_field(item, "summary") or "", quote=False),
        # Plain text becomes markup, so that all entries are handled alike.
        content=_field(item, "content_html") or _marked_up(plain or ""),
        published=_date(item, "date_published", dates),
        updated=_date(item, "date_modified", dates),
        author=_author(item) or author,
        language=_field(item, "language") or language,
        title_is_text=True,
        enclosure=_attached(item),
    )


def _attached(item: dict[str, Any]) -> str | None:
    """The URL of the first attachment that is no picture."""
    given = item.get("attachments")
    attached = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return _recording((_field(each, "url"), _field(each, "mime_type")) for each in attached)


def _recording(enclosures: Iterable[tuple[str | None, str | None]]) -> str | None:
    """The first URL of those with a media type other than that of a picture."""
    return next((url for url, kind in enclosures if url and "image/" not in (kind or "")), None)


def _field(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None


def _date(item: dict[str, Any], name: str, dates: DateReader) -> datetime | None:
    """A date as the specification wants it, or as a number."""
    value = item.get(name)
    return dates.read(value) if isinstance(value, str | int | float) else None


def _identifier(item: dict[str, Any]) -> str | None:
    """The id as a string; the specification requires readers to accept numbers."""
    value = item.get("id")
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if usable else None


def _author(item: dict[str, Any]) -> str | None:
    """The names in ``authors`` (1.1), else in ``author`` (1.0)."""
    several = item.get("authors")
    authors = several if isinstance(several, list) else [item.get("author")]
    names = [_field(author, "name") for author in authors if isinstance(author, dict)]
    return ", ".join(name for name in names if name) or None


def _marked_up(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line)


MAX_ITEMS = 5_000
"""Maximum number of entries read per feed, in its order (mostly newest first)."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.I)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HTML = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_OPML = re.compile(r"\s*(?:<[!?].{0,1000}?>\s*)*<opml\b", re.I | re.S)
_IS_LINK = re.compile(r"https?://|/", re.I)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.I)
_ALTERNATE = re.compile(
    r"<link\b(?=[^>]*\brel\s*=\s*[\"']?alternate)(?=[^>]*\btype\s*=\s*[\"']?application/"
    r"(?:rss\+xml|atom\+xml|feed\+json))[^>]*\bhref\s*=\s*[\"']?([^\"'>\s]{1,500})",
    re.I,
)
_ANCHOR = re.compile(r"<a\b[^>]*\bhref\s*=\s*[\"']?([^\"'>\s]{1,500})", re.I)
_FEED_PATH = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?)(?:\.xml|\.json)?(?:[/?]|$)", re.I)


def feed_links(data: bytes, url: str, charset: str | None = None) -> list[str]:
    """The addresses of feeds that a web page names, the likeliest first.

    Those that it declares come before those that it only links to, those of comments last.
    """
    text = _text(data, url, charset)[:1_000_000]
    links = (link for link in _ANCHOR.findall(text) if _FEED_PATH.search(link))
    found = (joined_url(unescape(link), url) for link in (*_ALTERNATE.findall(text), *links))
    return sorted(dict.fromkeys(filter(None, found)), key=lambda link: "comment" in link.lower())


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed, or a part of one: its title, items and warnings.

    ``following`` is the address of the next part, with older items (RFC 5005, JSON Feed); ``parts``
    are the addresses of all parts of a feed that has no items itself (an index of sitemaps).
    """

    title: str | None
    items: tuple[Item, ...]
    warnings: tuple[str, ...] = ()
    following: str | None = None
    parts: tuple[str, ...] = ()


def parse_feed(data: bytes, url: str, now: datetime, charset: str | None = None) -> Feed:
    """Parse the feed fetched from ``url``; ``charset`` is that of the Content-Type header.

    A malformed feed gives the items that can be recovered, and a warning.

    Raises:
        NotAFeed: it is not a feed; the message says what it is and what to do.
    """
    text = _text(data, url, charset)
    if not text.strip():
        raise NotAFeed(f"{readable_url(url)} is empty. Check the address")
    if text.lstrip().startswith("{"):
        return _json_feed(text, url, now)
    if _OPML.match(text[:5_000]):
        raise NotAFeed(
            f"{readable_url(url)} is a list of feeds (OPML). Add it to 'opml', or import it with: "
            "briefing digest sources import"
        )
    if is_sitemap(text):
        entries, parts = sitemap_entries(_DECLARATION.sub("", text).lstrip(), now)
        return replace(_feed(None, iter(entries), url, now), parts=parts)
    return _xml_feed(text, url, now)


def _text(data: bytes, url: str, charset: str | None) -> str:
    declared = _DECLARED.search(data[:1_000])
    try:
        text = decode(data, declared[1].decode("ascii") if declared else charset).text
    except NotText as error:
        raise NotAFeed(f"{readable_url(url)} is not a feed: {error}") from error
    return _ILLEGAL.sub("", text)


def _xml_feed(text: str, url: str, now: datetime) -> Feed:
    import feedparser

    # The text is already decoded; the encoding declared in it may be wrong.
    body = _renamed_captions(_DECLARATION.sub("", text).lstrip())
    data = b'<?xml version="1.0" encoding="utf-8"?>' + body.encode()
    # No base URL: identifiers would be resolved against it, and change with it.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = feedparser.parse(
                BytesIO(data),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except MemoryError:
        raise
    except Exception as error:  # the lenient parser fails in many ways on hostile markup
        raise NotAFeed(f"{readable_url(url)} is too damaged to parse. Try again later") from error
    if not parsed.entries and not parsed.version:
        raise NotAFeed(_not_a_feed(text, url))
    problems = (f"The feed is not well-formed: {_reason(parsed)}",) if parsed.bozo else ()
    links = parsed.feed.get("links") or []
    following = next((each.get("href") for each in links if each.get("rel") == "next"), None)
    title = parsed.feed.get("title")
    feed = _feed(title, _entries(parsed, now), url, now, problems, following=following)
    if parsed.bozo and not feed.items:
        raise NotAFeed(
            f"{readable_url(url)} is a broken feed without a readable entry. Try again later"
        )
    return feed


def _feed(
    title: str | None,
    entries: Iterator[Entry],
    base: str,
    now: datetime,
    problems: tuple[str, ...] = (),
    following: str | None = None,
) -> Feed:
    read = list(islice(entries, MAX_ITEMS + 1))
    if len(read) > MAX_ITEMS:
        problems += (f"The feed has more than {MAX_ITEMS:,} entries; the rest was not read",)
    anchored = is_anchored(read)
    items = (item_of(entry, base, now, anchored=anchored) for entry in read[:MAX_ITEMS])
    after = joined_url(following, base) if following else None
    return Feed(title, distinct(item for item in items if item), problems, after)


def _entries(parsed: Any, now: datetime) -> Iterator[Entry]:
    dates = DateReader(now)
    # `get` of feedparser's dictionaries returns 'published' for a missing 'updated'.
    entries: list[dict[str, Any]] = [dict(each.items()) for each in parsed.entries]
    dates.learn(each.get(name) for each in entries for name in ("published", "updated"))
    is_atom = str(parsed.version).startswith("atom")
    language = parsed.feed.get("language")
    for raw in entries:
        title: Any = raw.get("title_detail") or {}
        yield Entry(
            guid=raw.get("id"),
            link=_link(raw),
            title=raw.get("title"),
            summary=raw.get("summary") or "",
            content=_content(raw),
            published=_time(raw, "published", dates),
            updated=_time(raw, "updated", dates),
            author=raw.get("author"),
            language=title.get("language") or language,
            title_is_text=is_atom and title.get("type") == "text/plain",
            enclosure=_recording(
                (link.get("href"), link.get("type"))
                for link in raw.get("links") or []
                if link.get("rel") == "enclosure"
            ),
        )


def _link(raw: dict[str, Any]) -> str | None:
    """The article's URL: the original one if a service rewrote the link, else the link."""
    links = raw.get("links") or []
    by_rel = {link.get("rel"): link.get("href") for link in reversed(links)}
    identifier = raw.get("id")
    if identifier and not _IS_LINK.match(identifier):
        # If there is no link, feedparser uses the identifier as one.
        by_rel = {rel: link for rel, link in by_rel.items() if link != identifier}
        raw = {**raw, "link": None if raw.get("link") == identifier else raw.get("link")}
    candidates = (raw.get("feedburner_origlink"), raw.get("link"), by_rel.get("alternate"))
    for link in (*candidates, identifier if _IS_LINK.match(identifier or "") else None):
        if link and not _OTHER_SCHEME.match(link):
            return str(link)
    return None


_MEDIA = re.compile(r"xmlns:([\w.-]{1,40})\s*=\s*[\"']http://search\.yahoo\.com/mrss/?[\"']", re.I)
_CAPTION = "caption-text"


def _renamed_captions(text: str) -> str:
    """Rename the descriptions of media (Media RSS), which feedparser takes for the entry's."""
    for prefix in set(_MEDIA.findall(text)):
        text = re.sub(rf"(</?{re.escape(prefix)}:)description\b", rf"\1{_CAPTION}", text)
    return text


def _described_film(raw: dict[str, Any]) -> str:
    """The description of an entry's film or sound; of a picture it is a caption, and no text."""
    media = raw.get("media_content") or []
    moving = ("video", "audio", "application/x-shockwave-flash")
    if not any(str(each.get(key, "")).startswith(moving) for each in media for key in _KINDS):
        return ""
    text = raw.get(f"media_{_CAPTION}")
    return _marked_up(text) if isinstance(text, str) else ""


_KINDS = ("medium", "type")


def _content(raw: dict[str, Any]) -> str:
    """The longest textual content; that of a film where there is nothing else."""
    contents = (
        each.get("value") or ""
        for each in raw.get("content") or []
        if (each.get("type") or "text/html").startswith(("text/", "application/xhtml"))
    )
    longest = max(contents, key=len, default="")
    return longest or ("" if raw.get("summary") else _described_film(raw))


def _time(raw: dict[str, Any], name: str, dates: DateReader) -> datetime | None:
    return dates.read(raw.get(name), raw.get(f"{name}_parsed"))


def _reason(parsed: Any) -> str:
    return " ".join(str(parsed.get("bozo_exception", "")).split())[:200] or "unknown"


def _not_a_feed(text: str, url: str) -> str:
    """An error message that says what the document is instead, and what to do."""
    if _HTML.match(text[:5_000]):
        link = _ALTERNATE.search(text[:200_000])
        if feed := link and joined_url(unescape(link[1]), url):
            return (
                f"{readable_url(url)} is a web page, not a feed. Use the feed that it links: "
                f"{readable_url(feed)}"
            )
        return (
            f"{readable_url(url)} is a web page, not a feed. Find its RSS address, or add it as a "
            "'page'"
        )
    return f"{readable_url(url)} is not an RSS, Atom or JSON feed. Check the address"
