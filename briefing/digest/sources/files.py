"""Read articles from folders, JSON Lines, standard input and fetched pages."""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from briefing.briefs import Article
from briefing.digest import Extent, Item
from briefing.digest.sources.dates import DateReader, usable
from briefing.digest.sources.entry import (
    article_url,
    content_id,
    is_walled,
    language_code,
    one_line,
    text_of,
)
from briefing.errors import InputError, NoArticle, SourceError
from briefing.language.word_lists import word_class
from briefing.reading import article_files, article_from_html, read_bytes, read_path
from briefing.reading.encoding import clean
from briefing.reading.walls import PARTIAL, is_cut_off
from briefing.rendering import article_paragraphs


@dataclass(frozen=True, slots=True)
class Page:
    """An article read from a page, and whether a paywall truncates it."""

    article: Article
    walled: bool


def read_page(data: bytes, content_type: str | None, charset: str | None, url: str) -> Page:
    """Read HTML, PDF or text. Raises `InputError` if there is no article."""
    article = read_bytes(data, content_type=content_type, charset=charset, url=url)
    return Page(article, PARTIAL in article.warnings or is_walled(article.body, data))


def completed(item: Item, page: Page, now: datetime) -> Item:
    """Complete ``item`` with the text of its page, if that is longer than the feed's.

    Title and times of the feed take precedence: those of a page are extracted heuristically.

    Raises:
        NoArticle: the page is not the article of the item, or has less of it.
    """
    if not is_same_article(item, page.article):
        raise NoArticle(
            "The page has another text than the feed announces. If it does so every day, turn "
            "fetch.pages off"
        )
    full = item_from(page.article, item.guid, now, "teaser" if page.walled else "full")
    if len(full.body.split()) < 0.9 * len(item.body.split()):
        raise NoArticle("The page has less text than the feed gives")
    return replace(
        full,
        url=item.url or full.url,
        title=item.title or full.title,
        published=item.published or full.published,
        updated=item.updated,
        language=item.language or full.language,
        author=item.author,
        topic=item.topic,
        recording=item.recording,
    )


_TERM = re.compile(r"[^\W\d_]{5,}|[^\W\d_a-z]\w{3,}|\d[\d.,]*\d")
_TITLE_TERM = re.compile(r"[^\W\d_]{3,}|\d[\d.,]*\d")
"""A title has so few words that short ones count too."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
_STEM = 6
_SHARED = 0.3
"""Least share of a feed's terms in the page: of 557 articles and their own descriptions, 31 have
less (10 of them short), of articles and the descriptions of others 526. Of 2,227 articles and their
own titles 36 have less, of articles and the titles of others 2,032."""
_SAME_TITLE = 0.6
_LONG = 150
"""Words from which on a page with the feed's title is its article where it shares less."""
_TOLD = 0.1
"""The share that is enough for such a page, where the feed has a text."""
_TELLING = 3
"""Terms of the shortest text that announces something; "You will never guess" has one."""


def is_same_article(item: Item, article: Article) -> bool:
    """Whether a page is the article that a feed announces: its text has terms of the feed's.

    The title proves nothing where the page repeats it above another text, and does not count.
    """
    titles = [title for title in (item.title, article.title) if title]
    text = _without(article.body, titles)
    term = _TERM if item.body else _TITLE_TERM
    announced, told = _terms(f"{item.title or ''} {item.body}", term), _terms(text, term)
    shared = len(announced & told)
    if not announced or shared > _SHARED * len(announced):
        return True
    title = _terms(item.title or "", _TITLE_TERM)
    known = _terms(article.title or "", _TITLE_TERM)
    if not title or len(title & known) < _SAME_TITLE * len(title) or article.words < _LONG:
        return False
    return len(announced) < _TELLING or (bool(item.body) and shared >= _TOLD * len(announced))


def _without(text: str, titles: Iterable[str]) -> str:
    """``text`` without its first mention of each title."""
    for title in titles:
        text = re.sub(r"\s+".join(map(re.escape, title.split())), " ", text, count=1)
    return text


def _terms(text: str, term: "re.Pattern[str]") -> set[str]:
    """Stems of content words, numbers; pairs of characters where words have no spaces."""
    unspaced = _UNSPACED.findall(text)
    terms = {first + second for run in unspaced for first, second in pairwise(run)}
    words = (word.casefold() for word in term.findall(_UNSPACED.sub(" ", text)))
    return terms | {word[:_STEM] for word in words if word not in word_class("function")}


def item_from(article: Article, guid: str, now: datetime, extent: Extent = "full") -> Item:
    """Convert an article read from a page or file to an item."""
    return Item(
        guid=guid,
        url=article.url,
        title=clean(article.title or "") or None,
        subtitle=clean(article.subtitle or "") or None,
        body="\n\n".join(article_paragraphs(article)),
        published=usable(DateReader(now).read(article.published), now),
        language=article.language,
        extent=extent,
    )


MAX_LINES_BYTES = 200_000_000
"""Maximum size of a JSON Lines file, in bytes."""
_TEXTS = ("title", "subtitle", "text", "html", "url", "author", "language", "topic")
_TIMES = ("published", "updated")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder, and a hash of their names, sizes and modification times."""

    paths: tuple[Path, ...]
    digest: str


def list_folder(folder: Path) -> Listing:
    """List the article files below ``folder`` by name, without hidden ones.

    Raises:
        SourceError: the folder does not exist.
    """
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}. Correct the path, or remove the source")
    paths: list[Path] = []
    digest = sha256()
    for path in article_files(folder):
        with suppress(OSError):  # it is gone again
            if (status := path.stat()).st_size:
                paths.append(path)
                digest.update(
                    f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "replace")
                )
    return Listing(tuple(paths), digest.hexdigest())


def read_file(path: Path, folder: Path, now: datetime) -> Item:
    """Read one file of ``folder``; a file without a date was published when last modified.

    Raises `InputError`.
    """
    # A name that is not valid UTF-8 cannot be stored.
    name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
    item = item_from(read_path(path), name, now)
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return item if item.published else replace(item, published=usable(modified, now))


def read_lines(data: bytes, now: datetime) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Parse JSON Lines into items and the errors of invalid lines.

    A line is an object with ``text`` or ``html`` (or only ``url``: its page is fetched later), and
    may have ``id``, ``title``, ``subtitle``, ``url``, ``published``, ``updated``, ``author``,
    ``language`` and ``topic``.
    """
    items: list[Item] = []
    errors: list[str] = []
    dates = DateReader(now)
    dates.learn(found[1].decode("ascii", "replace") for found in _TIME.finditer(data))
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            items.append(_item(json.loads(line), dates, now))
        except InputError as error:
            errors.append(f"line {number}: {error}")
        except (ValueError, RecursionError):
            errors.append(f"line {number} is not valid JSON")
    return tuple(items), tuple(errors)


_TIME = re.compile(rb'"(?:published|updated)"\s*:\s*"([^"]{1,100})"')


def _item(row: Any, dates: DateReader, now: datetime) -> Item:
    """Convert one JSON object to an item. Raises `InputError`."""
    if not isinstance(row, dict):
        raise InputError("it is not a JSON object")
    for name in _TEXTS:
        if not isinstance(row.get(name), str | None):
            raise InputError(f"'{name}' must be a string")
    for name in _TIMES:
        if not isinstance(row.get(name), str | int | float | None):
            raise InputError(f"'{name}' must be a date")
    if not any((row.get(name) or "").strip() for name in ("text", "html", "url")):
        raise InputError("give the article as 'text', 'html' or 'url'")
    url = article_url(row.get("url"))
    item = _content(row, url, now)
    if not (item.body or url):
        raise InputError("it has neither readable text nor a web address")
    published, updated = (dates.read(row.get(key)) for key in _TIMES)
    identifier = row.get("id")
    guid = clean(str(identifier)) if isinstance(identifier, str | int) else ""
    return replace(
        item,
        guid=guid or url or content_id(item.title, item.body),
        published=usable(published, now) or item.published,
        updated=usable(updated, now),
        language=language_code(row.get("language")) or item.language,
        author=clean(row.get("author") or "") or None,
        topic=clean(row.get("topic") or "") or None,
    )


def _content(row: dict[str, Any], url: str | None, now: datetime) -> Item:
    """The item with its texts only, without a guid."""
    title, subtitle = (one_line(row.get(name) or "") or None for name in ("title", "subtitle"))
    if row.get("html"):
        article = article_from_html(row["html"], url=url, title=title, subtitle=subtitle)
        return item_from(article, "", now)
    body = text_of(row.get("text") or "")
    cut = not body or is_cut_off(body)
    return Item("", url, title, subtitle, body, extent="teaser" if cut else "full")


def read_given(path: Path) -> bytes:
    """Read a JSON Lines file as bytes. Raises `SourceError` if it is too large or unreadable."""
    try:
        if path.stat().st_size > MAX_LINES_BYTES:
            raise SourceError(
                f"{path} is larger than {MAX_LINES_BYTES // 1_000_000} MB. Split it into several"
            )
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}). Correct the path, or remove the source"
        ) from error


def has_lines(data: bytes) -> bool:
    """Whether ``data`` is JSON Lines rather than one article."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
