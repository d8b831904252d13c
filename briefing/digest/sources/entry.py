"""Feed entries to items: text extraction, canonical URLs, teaser detection.

URLs are canonicalised, so that the same article has the same URL whoever linked to it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from html import unescape
from ipaddress import ip_address
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from briefing.digest import Item
from briefing.digest.sources.dates import usable
from briefing.reading.encoding import clean
from briefing.reading.fetch import WEB_SCHEME
from briefing.reading.walls import is_cut_off

_LONGEST_URL = 2_000
# Tracking parameters, which never select an article: those that Firefox and AdGuard strip, and the
# usual ones of newsletters and feeds. Names such as id, source or ref may select an article.
_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|mc_[ce]id|"
    r"[a-z]{2,4}clid|gclsrc|dclid|gbraid|wbraid|yclid|igshid|igsh|_hs(?:enc|mi)|hsctatracking|"
    r"mkt_tok|oly_(?:anon|enc)_id|vero_(?:conv|id)|wt\.?_?mc(?:_o)?|ns_(?:mchannel|source|"
    r"campaign|linkname|fee)|cmpid|cmp|ito|s_cid|xtor|smid|partner_?id|mtm_\w+|pk_\w+|"
    r"__twitter_impression|guccounter|guce_\w+|ftag|feature_rss|ocid|taid|spm|__s|rss)",
    re.I,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b\u2028\u2029\ufeff]+")


def article_url(link: str | None, base: str | None = None, *, fragment: bool = False) -> str | None:
    """The canonical absolute http(s) URL of ``link``, resolved against ``base``.

    Drops tracking parameters, the fragment (except ``#!``, or with ``fragment``), a default port
    and upper case in the host. None if there is no such URL, or it is too long.
    """
    if not link or len(link) > _LONGEST_URL * 2:
        return None
    joined = joined_url(_SPACE.sub("%20", link.strip()), base or "")
    if joined is None:
        return None
    parts = urlsplit(joined)
    host, port = parts.hostname, parts.port
    if parts.scheme not in {"http", "https"} or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    if port and port != (443 if parts.scheme == "https" else 80):
        host = f"{host}:{port}"
    anchor = parts.fragment if fragment or parts.fragment.startswith("!") else ""
    query = without_tracking(parts.query)
    url = urlunsplit((parts.scheme, host, parts.path or "/", query, anchor))
    usable = len(url) <= _LONGEST_URL and not _SURROGATE.search(url)
    return url if usable else None


def joined_url(link: str, base: str) -> str | None:
    """The URL of ``link``, resolved against ``base``; None if it is none, such as ``http://[``."""
    try:
        url = urljoin(base, link)
        _ = urlsplit(url).port
    except ValueError:
        return None
    return url


_ORIGIN = re.compile(r"^https?://[^/?#]*", re.I)
_FEED_SCHEME = re.compile(r"(?:feed|rss|itpc|pcast|podcast):(?://)?", re.I)


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.I)
"""A scheme; what a colon with a port follows is a host."""
_HOST = re.compile(r"(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?(?=[/?#]|$)", re.I)


def has_scheme(location: str) -> bool:
    """Whether ``location`` begins with the scheme of a URL."""
    return bool(_SCHEME.match(location.strip()))


def is_bare_address(location: str) -> bool:
    """Whether ``location`` is a web address without a scheme: a host, with a path or a port.

    A host without a port has a known ending, or is an IP address; ``feed.xml`` is none.
    """
    from tld import get_fld

    host = _HOST.match(location.strip())
    if host is None or has_scheme(location):
        return False
    name = host[1].lower()
    known = "." in name and get_fld(name, fail_silently=True, fix_protocol=True)
    return bool(host[2] or _is_near(name) or known)


def _is_near(host: str) -> bool:
    """Whether a host is an IP address or this machine, which seldom speak https."""
    with suppress(ValueError):
        return bool(ip_address(host.strip("[]")))
    return host == "localhost"


def source_url(location: str) -> str:
    """The URL of a source, with scheme and host in lower case.

    ``feed://`` and the schemes of podcast programs stand for http. A bare address gets a scheme:
    https, but for this machine and IP addresses.
    """
    location = location.strip()
    if scheme := _FEED_SCHEME.match(location):
        rest = location[scheme.end() :]
        location = rest if WEB_SCHEME.match(rest) else f"http://{rest}"
    elif is_bare_address(location) and (host := _HOST.match(location)):
        location = f"{'http' if _is_near(host[1].lower()) else 'https'}://{location}"
    return _ORIGIN.sub(lambda origin: origin[0].lower(), location)


def without_tracking(query: str) -> str:
    """Remove tracking parameters from a query string."""
    return "&".join(
        each for each in query.split("&") if each and not _TRACKING.fullmatch(each.split("=")[0])
    )


# Hosts that serve the feeds of many outlets.
_SHARED = frozenset({"feedburner.com", "google.com", "rss.app", "feedly.com", "fivefilters.org"})


def publisher_of(url: str) -> str | None:
    """The registrable domain of ``url``; None for an IP address or a shared host."""
    from tld import get_fld

    domain = get_fld(url, fail_silently=True, search_private=True) or _last_labels(url)
    return None if domain is None or domain in _SHARED else str(domain)


def _last_labels(url: str) -> str | None:
    """The last two labels, for a suffix that is not public, such as that of a private network."""
    labels = (urlsplit(url).hostname or "").split(".")
    return ".".join(labels[-2:]) if len(labels) > 1 and labels[-1].isalpha() else None


_MARKUP = re.compile(r"<[a-zA-Z!/?]|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z][\da-zA-Z]+);")
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section "
    "summary table tbody td tfoot th thead title tr ul".split()
)
# Not part of the running text, or not rendered.
_DROPPED = frozenset("iframe option script select style template textarea".split())
# The same; but where one is never closed, as no `embed` is, all that follows is inside it.
_DROPPED_CLOSED = frozenset(
    "applet audio button canvas figcaption map math noscript object svg video".split()
)
# Boilerplate that publishing software and feed services append to each item.
_TAIL = re.compile(
    r"(?:the (?:post|article) .{1,300} (?:first )?appeared (?:first )?on .{1,200}"
    r"|(?:read|see|view) (?:more|the full (?:story|article)|the rest)(?: (?:on|at|here).{0,80})?"
    r"|(?:continue|keep) reading.{0,200}|full (?:story|article)|click here(?: (?:for|to) .{0,60})?"
    r"|\[?comments?\]?|(?:\d+|no) comments?|share this:?|weiterlesen|lire la suite|leer más"
    r"|lees verder|submitted by /?u/\S+(?: to /?r/\S+)?|\[link\](?: \[comments\])?"
    r"|(?:article|comments) url: \S+|points: \d+|# comments: \d+|(?:more:? )?https?://\S+"
    r")[\s.…»→>\]]*",
    re.I,
)


def has_markup(text: str) -> bool:
    """Whether ``text`` contains tags or entities."""
    return bool(_MARKUP.search(text))


def text_of(markup: str) -> str:
    """Extract the text of ``markup`` as clean paragraphs separated by blank lines.

    A list of links, of which nothing is said, has no text.
    """
    if not has_markup(markup):
        return _paragraphs(markup.splitlines())
    root = _parsed(markup)
    return "" if _only_links(root) else _paragraphs(_blocks(root, markup))


def one_line(markup: str) -> str:
    """Extract the text of ``markup`` as one line, as for a title."""
    if not has_markup(markup):
        return clean(markup)
    line = clean(" ".join(_blocks(_parsed(markup), markup)))
    # Titles are often escaped twice.
    return clean(unescape(line)) if "&" in line else line


def _paragraphs(lines: Iterable[str]) -> str:
    """Join clean ``lines`` as paragraphs, without trailing boilerplate."""
    paragraphs = [line for line in map(clean, lines) if line]
    while paragraphs and _TAIL.fullmatch(paragraphs[-1]):
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _parsed(markup: str) -> Any:
    from lxml import etree

    parser = etree.HTMLParser(recover=True, no_network=True, remove_comments=True, remove_pis=True)
    data = markup.replace("\x00", "").encode("utf-8", "replace")
    parser.feed(b'<meta charset="utf-8"><body>' + data)
    return parser.close()


def _only_links(root: Any) -> bool:
    """Whether hardly anything but links without a full sentence is in the markup."""
    if root is None:
        return False
    links = [" ".join("".join(link.itertext()).split()) for link in root.iter("a")]
    words = len(" ".join(root.itertext()).split())
    linked = sum(len(link.split()) for link in links)
    sentences = sum(link.endswith((".", "!", "…", "。")) for link in links)
    return bool(links) and linked > _LINKED * words and sentences < len(links) / 2


_LINKED = 0.6
"""Share of words in links from which on a text is a list of them; the rest is their sources."""


def _blocks(root: Any, markup: str) -> Iterator[str]:
    """Yield the text between block boundaries, in document order."""
    from lxml import etree

    if root is None:
        return
    lower = markup.lower()
    dropped = _DROPPED | {name for name in _DROPPED_CLOSED if f"</{name}" in lower}
    inline: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = str(element.tag)
        if name in dropped:
            skipped += 1 if event == "start" else -1
        if name in _BLOCKS and inline:
            yield "".join(inline)
            inline = []
        text = element.text if event == "start" else element.tail
        if text and not skipped:
            inline.append(text)
    if inline:
        yield "".join(inline)


_MIN_WORDS = 150
"""A feed's text with fewer words may be a summary; its page is worth fetching."""
MIN_PAGE_WORDS = 40
"""A page with fewer words is not an article."""
WALLED_WORDS = 250
"""A page that declares a paywall shows a teaser if it has fewer words."""
_NOT_FREE = re.compile(rb"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false", re.I)


def is_teaser(text: str) -> bool:
    """Whether a feed's text is probably not the whole article."""
    return len(text.split()) < _MIN_WORDS or is_cut_off(text)


def is_walled(text: str, page: bytes) -> bool:
    """Whether ``text``, extracted from ``page``, is a paywall's teaser.

    Pages declare a paywall to search engines (schema.org ``isAccessibleForFree``), some of them
    even with the full text present.
    """
    words = len(text.split())
    if words < MIN_PAGE_WORDS or is_cut_off(text):
        return True
    return words < WALLED_WORDS and bool(_NOT_FREE.search(page))


MAX_SUBTITLE_WORDS = 60
MAX_TITLE = 500
"""Maximum length of a title in code points."""
MAX_TEXT = 1_000_000
"""Maximum length of an entry's markup in code points."""
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """A raw feed entry.

    ``title``, ``summary`` and ``content`` may hold markup, unless ``title_is_text``. ``enclosure``
    is the URL of a recording, such as a podcast's.
    """

    guid: str | None
    link: str | None
    title: str | None
    summary: str
    content: str
    published: datetime | None
    updated: datetime | None
    author: str | None = None
    language: str | None = None
    title_is_text: bool = False
    enclosure: str | None = None


def item_of(
    entry: Entry, base: str | None, now: datetime, *, anchored: bool = False
) -> Item | None:
    """Convert an entry of the feed at ``base`` to an item; None if the entry is empty.

    ``anchored``: entries of the feed differ in the fragments of their links only.
    """
    page = article_url(entry.link, base, fragment=anchored)
    recording = article_url(entry.enclosure, base)
    url = page or recording
    read_title = clean if entry.title_is_text else one_line
    title = read_title(entry.title or "")[:MAX_TITLE]
    summary, content = text_of(entry.summary[:MAX_TEXT]), text_of(entry.content[:MAX_TEXT])
    body = content if len(content) >= len(summary) else summary
    if _key(body) in _key(title):  # with the name of the publisher, at most
        body = ""
    if not (title or body or url):
        return None
    guid = _identifier(entry.guid, anchored) or url or content_id(title, body)
    # The page of such an entry is that of others too, and a recording is no page: the entry's own
    # text is all there is.
    whole = (anchored and "#" in (url or "") and bool(body)) or (page is None and url is not None)
    return Item(
        guid=guid,
        url=url,
        title=title or None,
        subtitle=_subtitle(summary, title, body),
        body=body,
        published=usable(entry.published or entry.updated, now),
        updated=usable(entry.updated, now),
        language=language_code(entry.language),
        author=clean(entry.author or "")[:MAX_TITLE] or None,
        extent="teaser" if is_teaser(body) and not whole else "full",
        recording=recording if recording != url else None,
    )


def is_anchored(entries: Sequence[Entry]) -> bool:
    """Whether a document has several entries of a feed, which differ in their fragments.

    Some feeds number the versions of an article so; these have one title, and one text by and
    large.
    """
    documents: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        document, _, fragment = (entry.link or entry.guid or "").partition("#")
        if fragment and not fragment.startswith("!"):
            documents.setdefault(document, {})[fragment] = entry
    return any(_tell_several(tuple(parts.values())) for parts in documents.values())


def _tell_several(entries: Sequence[Entry]) -> bool:
    """Whether entries are not all versions of one article."""
    titles = {entry.title or entry.content or entry.summary for entry in entries}
    texts = [text_of((entry.content or entry.summary)[:_COMPARED]) for entry in entries]
    return len(titles) > 1 or any(not _alike(*both) for both in pairwise(texts))


_COMPARED = 5_000
"""Code points of entries that are compared."""
_ALIKE = 0.5
"""Least share of the words of the shorter one of two versions of an article in the other."""


def _alike(one: str, other: str) -> bool:
    """Whether two texts may be versions of one article; a text that is missing may be any."""
    words, others = ({*_WORD.findall(text[:_COMPARED].casefold())} for text in (one, other))
    return len(words & others) >= _ALIKE * min(len(words), len(others))


_WORD = re.compile(r"\w+")


def _identifier(guid: str | None, anchored: bool) -> str | None:
    """Clean a feed's identifier; a URL is canonicalised, so that it is stable across versions."""
    guid = clean(guid or "")[:MAX_TITLE]
    if guid.lower().startswith(("http://", "https://")):
        return article_url(guid, fragment=anchored) or guid
    return guid or None


def content_id(title: str | None, body: str) -> str:
    """An identifier derived from the text."""
    return "sha256:" + sha256(f"{title or ''}\n{body}".encode("utf-8", "replace")).hexdigest()


def language_code(name: str | None) -> str | None:
    """The ISO 639 code of a language tag such as ``en-GB``."""
    match = _LANGUAGE.fullmatch((name or "").strip())
    return match[1].lower() if match else None


def distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    """Deduplicate items and make their identifiers unique, in the same order.

    Of several versions of an article (same identifier, and same URL or else title) the newest is
    kept, in the position of the first. An identifier shared by several articles is replaced by
    their URLs or text hashes. Entries that a feed does not identify are versions of one article
    only if their texts are alike.
    """
    newest: dict[tuple[str, ...], Item] = {}
    several: set[str] = set()
    for item in items:
        key: tuple[str, ...] = (item.guid, item.url or item.title or "")
        if item.guid == item.url and key in newest and not _alike(newest[key].body, item.body):
            several.add(item.guid)
            key = (*key, content_id(item.title, item.body))
        if key not in newest or _version(item) > _version(newest[key]):
            newest[key] = item
    shared = Counter(guid for guid, *_ in newest)

    def identified(item: Item) -> Item:
        if item.guid in several:
            return replace(item, guid=content_id(item.title, item.body))
        if shared[item.guid] > 1:
            return replace(item, guid=item.url or content_id(item.title, item.body))
        return item

    unique: dict[str, Item] = {}
    for item in map(identified, newest.values()):
        unique.setdefault(item.guid, item)
    return tuple(unique.values())


def _version(item: Item) -> float:
    time = item.updated or item.published
    return time.timestamp() if time else 0.0


def _subtitle(summary: str, title: str, body: str) -> str | None:
    """The summary as one line, if it adds something to title and body."""
    line = " ".join(summary.split())
    if not 4 <= len(line.split()) <= MAX_SUBTITLE_WORDS or is_cut_off(line):
        return None
    known = _key(f"{title} {body}")
    return None if _key(line) in known else line


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
