"""Render editions: HTML, Markdown, plain text, JSON, Atom, EPUB, e-mail; write their files.

Files are written atomically, one per format. The JSON follows the schema ``briefing.edition/1`` and
round-trips without loss.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from briefing.config import replace_file
from briefing.digest import Edition
from briefing.digest.rendering.formats import (
    ARCHIVE,
    NAME,
    Links,
    archive_to_html,
    edition_to_html,
    edition_to_markdown,
    edition_to_text,
    feed,
    page_policy,
    to_epub,
    to_mail_html,
)
from briefing.digest.settings import DigestSettings, first_problem
from briefing.errors import InputError, OutputError, TemplateError
from briefing.options import EditionFormat
from briefing.rendering.document import terminal_safe

__all__ = [
    "SUFFIXES",
    "Links",
    "TemplateError",
    "edition_from_document",
    "edition_schema",
    "edition_to_document",
    "edition_to_json",
    "feed",
    "page_policy",
    "publish",
    "render_edition",
    "to_mail_html",
    "write_whole",
]

_SCHEMA = "briefing.edition/1"


def edition_to_document(edition: Edition) -> dict[str, Any]:
    """Convert ``edition`` to JSON-compatible dictionaries and lists."""
    return {"schema": _SCHEMA, **_editions().dump_python(edition, mode="json")}


def edition_from_document(document: Any) -> Edition:
    """Convert a document to an edition; raises InputError if it is malformed."""
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise InputError(f"the document's schema is not {_SCHEMA!r}; only that is supported")
    fields = {name: value for name, value in document.items() if name != "schema"}
    try:
        # From JSON text: strict mode accepts strings for dates and lists for tuples only there.
        return _editions().validate_json(json.dumps(fields), strict=True)
    except (ValidationError, TypeError, ValueError) as error:
        where = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"the document cannot be read as {_SCHEMA}: {where}") from error


def edition_to_json(edition: Edition) -> str:
    """Serialise ``edition`` as JSON with a final newline; escapes what terminals interpret."""
    document = edition_to_document(edition)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return terminal_safe(text) + "\n"


@cache
def edition_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``briefing.edition/1``."""
    schema = _editions().json_schema(mode="serialization")
    properties = {"schema": {"const": _SCHEMA}, **schema.pop("properties")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{_SCHEMA.replace('/', ':')}",
        **schema,
        "properties": properties,
        "required": ["schema", *schema["required"]],
    }


@cache
def _editions() -> TypeAdapter[Edition]:
    return TypeAdapter(Edition)


SUFFIXES: dict[EditionFormat, str] = {
    "markdown": ".md",
    "html": ".html",
    "text": ".txt",
    "json": ".json",
    "atom": ".atom",
    "epub": ".epub",
}
"""File suffixes by format; the Atom feed is one file for all editions."""


def render_edition(
    edition: Edition,
    format: EditionFormat,
    settings: DigestSettings,
    *,
    archive: str | None = None,
    atom: str | None = None,
) -> bytes:
    """Render ``edition`` in one format; ``archive`` is the URL that its page names for others, and
    ``atom`` that of the feed, by default the one in the output folder.

    Raises TemplateError if a custom template is invalid.
    """
    table = settings.edition
    match format:
        case "markdown":
            return edition_to_markdown(edition, table).encode()
        case "html":
            feed_url = atom or Links.of(table).own
            return edition_to_html(edition, table, feed=feed_url, archive=archive).encode()
        case "text":
            return edition_to_text(edition, table).encode()
        case "json":
            return edition_to_json(edition).encode()
        case "atom":
            return feed([edition], settings).encode()
        case "epub":
            return to_epub(edition, table)


def publish(
    edition: Edition, settings: DigestSettings, recent: Sequence[Edition] = ()
) -> list[Path]:
    """Write ``edition`` to the output folder in the formats of the settings; return the paths.

    The Atom feed includes ``recent`` editions, and beside the pages stands an index of all that are
    in the folder. Output is reproducible, and existing files are replaced atomically.

    Raises:
        OutputError: the folder cannot be written. TemplateError: a template is invalid.
    """
    table, editions = settings.edition, _distinct([edition, *recent])
    paths = {settings.output / _name(edition, each): each for each in table.formats}
    for path, format in paths.items():
        data = (
            feed(editions, settings).encode()
            if format == "atom"
            else render_edition(edition, format, settings, archive=ARCHIVE)
        )
        write_whole(path, data)
    if "html" not in table.formats:
        return list(paths)
    index = settings.output / ARCHIVE
    days, feed_url = _days(settings.output), Links.of(table).own
    write_whole(index, archive_to_html(days, editions, table, feed=feed_url).encode())
    return [*paths, index]


def _days(folder: Path) -> list[date]:
    """The dates of the edition pages in ``folder``, newest first."""
    days: list[date] = []
    for path in folder.glob("????-??-??.html"):
        with suppress(ValueError):
            days.append(date.fromisoformat(path.stem))
    return sorted(days, reverse=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically: readers and crashes never leave a partial file.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, 0o644)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; make room, or set another `output` "
            "in digest.toml"
        ) from error


def _name(edition: Edition, format: EditionFormat) -> str:
    return NAME if format == "atom" else edition.date.isoformat() + SUFFIXES[format]


def _distinct(editions: Sequence[Edition]) -> list[Edition]:
    """One edition per date, the first given."""
    return list({edition.date: edition for edition in reversed(editions)}.values())
