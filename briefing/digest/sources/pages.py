"""A page's bytes -> what it says; runs in the isolated reader."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from briefing.article import Article
from briefing.digest.records import Extent, Item
from briefing.digest.sources.dates import parse_date, usable
from briefing.digest.sources.teaser import is_walled
from briefing.read import read_bytes
from briefing.read.clean import clean


@dataclass(frozen=True, slots=True)
class Page:
    """An article as read, and whether it is all of it."""

    article: Article
    walled: bool


def read_page(data: bytes, content_type: str | None, charset: str | None, url: str) -> Page:
    """Read HTML, PDF or text. Raises `InputError` where there is no article."""
    article = read_bytes(data, content_type=content_type, charset=charset, url=url)
    return Page(article, is_walled(article.body, data))


def completed(item: Item, page: Page, now: datetime) -> Item:
    """``item`` with the text of its page, where that is more than the feed gave.

    What the feed says of title and times stays: it is the publisher's, a page's is found.
    """
    found = item_from(page.article, item.guid, now, "teaser" if page.walled else "full")
    if len(found.body.split()) < 0.9 * len(item.body.split()):
        return replace(item, extent="teaser")
    return replace(
        found,
        url=item.url or found.url,
        title=item.title or found.title,
        published=item.published or found.published,
        updated=item.updated,
        language=item.language or found.language,
        author=item.author,
        topic=item.topic,
    )


def item_from(article: Article, guid: str, now: datetime, extent: Extent = "full") -> Item:
    """The item that a page or a file is."""
    return Item(
        guid=guid,
        url=article.url,
        title=clean(article.title or "") or None,
        subtitle=clean(article.subtitle or "") or None,
        body=_body(article),
        published=usable(parse_date(article.published, now), now),
        language=article.language,
        extent=extent,
    )


def _body(article: Article) -> str:
    """The body as it was understood: clean, lines that were only wrapped joined to paragraphs."""
    sentences = (each for each in article.sentences if each.part == "body")
    grouped = groupby(sentences, key=lambda sentence: sentence.paragraph)
    return "\n\n".join(" ".join(each.text for each in group) for _, group in grouped)
