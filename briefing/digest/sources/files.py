"""Articles that are here already: folders of files, JSON Lines, standard input."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from briefing.digest.records import Item
from briefing.digest.sources.dates import parse_date, usable
from briefing.digest.sources.entry import content_id, language_code
from briefing.digest.sources.errors import SourceError
from briefing.digest.sources.markup import line_of, text_of
from briefing.digest.sources.pages import item_from
from briefing.digest.sources.teaser import is_cut_off
from briefing.digest.sources.urls import article_url
from briefing.errors import InputError
from briefing.read import article_from_html, read_path
from briefing.read.clean import clean

ENDINGS = frozenset({".txt", ".text", ".md", ".html", ".htm", ".xhtml", ".pdf"})
MAX_LINES_BYTES = 200_000_000
"""Largest file of JSON Lines that is read, in bytes."""
_TEXTS = ("title", "subtitle", "text", "html", "url", "published", "updated", "author", "language")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder, and a digest of their names, sizes and times of change."""

    paths: tuple[Path, ...]
    digest: str


def list_folder(folder: Path) -> Listing:
    """Every readable article file in ``folder`` and below, by name; nothing that is hidden.

    Raises `SourceError` where there is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}. Correct its path, or remove the source")
    found: list[Path] = []
    digest = sha256()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(parent, name) for name in sorted(names)):
            status = _status(path)
            if status is None:
                continue
            found.append(path)
            digest.update(
                f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "replace")
            )
    return Listing(tuple(found), digest.hexdigest())


def _status(path: Path) -> os.stat_result | None:
    """The state of a file that may be an article; None for anything else."""
    if path.name.startswith(".") or path.suffix.lower() not in ENDINGS:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) and status.st_size else None


def read_file(path: Path, folder: Path, now: datetime) -> Item:
    """One file of ``folder``: published when it says, else when it was last changed.

    Raises `InputError`.
    """
    # A name that is not valid UTF-8 could not be stored.
    name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
    item = item_from(read_path(path), name, now)
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return item if item.published else replace(item, published=usable(changed, now))


def read_lines(data: bytes, now: datetime) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Items of JSON Lines, and what was wrong with the lines that gave none.

    A line is an object with ``text`` or ``html`` (or only ``url``: its page is read later), and
    may have ``id``, ``title``, ``subtitle``, ``url``, ``published``, ``updated``, ``author``,
    ``language`` and ``topic``.
    """
    items: list[Item] = []
    faults: list[str] = []
    for number, line in _lines(data):
        try:
            items.append(_item(json.loads(line), now))
        except (ValueError, RecursionError):
            faults.append(f"line {number} is not valid JSON")
        except InputError as error:
            faults.append(f"line {number}: {error}")
    return tuple(items), tuple(faults)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            yield number, line


def _item(row: Any, now: datetime) -> Item:
    """The item that one object is."""
    if not isinstance(row, dict):
        raise InputError("it is not a JSON object")
    for name in (*_TEXTS, "topic"):
        if not isinstance(row.get(name), str | None):
            raise InputError(f"'{name}' must be a string")
    if not any((row.get(name) or "").strip() for name in ("text", "html", "url")):
        raise InputError("give the article as 'text', 'html' or 'url'")
    url = article_url(row.get("url"))
    item = _written(row, url, now)
    if not (item.body or url):
        raise InputError("it has neither readable text nor a web address")
    published, updated = (parse_date(row.get(key), now) for key in ("published", "updated"))
    given = row.get("id")
    guid = clean(str(given)) if isinstance(given, str | int) else ""
    return replace(
        item,
        guid=guid or url or content_id(item.title, item.body),
        published=usable(published, now) or item.published,
        updated=usable(updated, now),
        language=language_code(row.get("language")) or item.language,
        author=clean(row.get("author") or "") or None,
        topic=clean(row.get("topic") or "") or None,
    )


def _written(row: dict[str, Any], url: str | None, now: datetime) -> Item:
    """The item by its text alone."""
    title, subtitle = (line_of(row.get(name) or "") or None for name in ("title", "subtitle"))
    if row.get("html"):
        article = article_from_html(row["html"], url=url, title=title, subtitle=subtitle)
        return item_from(article, "", now)
    body = text_of(row.get("text") or "")
    cut = not body or is_cut_off(body)
    return Item("", url, title, subtitle, body, extent="teaser" if cut else "full")


def read_given(path: Path) -> bytes:
    """A file of JSON Lines. Raises `SourceError` where it cannot be read."""
    try:
        if path.stat().st_size > MAX_LINES_BYTES:
            raise SourceError(
                f"{path} has more than {MAX_LINES_BYTES // 1_000_000} MB. Split it into several"
            )
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}). Correct its path, or remove the source"
        ) from error


def has_lines(data: bytes) -> bool:
    """Whether ``data`` is JSON Lines rather than one article."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
