"""The files of an edition: one a format, each written whole or not at all."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from briefing.digest.records import Edition
from briefing.digest.render.atom import NAME, Links, feed
from briefing.digest.render.document import to_json
from briefing.digest.render.epub import to_epub
from briefing.digest.render.readable import to_html, to_markdown, to_text
from briefing.digest.settings import DigestSettings, Format
from briefing.errors import OutputError

SUFFIXES: dict[Format, str] = {
    "markdown": ".md",
    "html": ".html",
    "text": ".txt",
    "json": ".json",
    "atom": ".atom",
    "epub": ".epub",
}
"""How the file of an edition ends; the feed is one file for all editions."""


def render(edition: Edition, format: Format, settings: DigestSettings) -> bytes:
    """``edition`` in one format. Raises TemplateError where a template of the user's is wrong."""
    table = settings.edition
    match format:
        case "markdown":
            return to_markdown(edition, table).encode()
        case "html":
            return to_html(edition, table, feed=_feed_address(settings)).encode()
        case "text":
            return to_text(edition, table).encode()
        case "json":
            return to_json(edition).encode()
        case "atom":
            return feed([edition], settings).encode()
        case "epub":
            return to_epub(edition, table)


def publish(
    edition: Edition, settings: DigestSettings, recent: Sequence[Edition] = ()
) -> list[Path]:
    """Write ``edition`` in the formats of the settings to the output folder.

    The feed holds ``recent`` editions too. Repeated, it writes the same bytes; a file that is
    there is replaced in one step.

    Raises:
        OutputError: the folder cannot be written. TemplateError: a template is wrong.
    """
    made = {settings.output / _name(edition, each): each for each in settings.edition.formats}
    for path, format in made.items():
        data = (
            feed(_distinct([edition, *recent]), settings).encode()
            if format == "atom"
            else render(edition, format, settings)
        )
        write_whole(path, data)
    return list(made)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file such that no reader, and no crash, ever sees a part of it.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; make room or choose another "
            "`output` in digest.toml"
        ) from error


def _name(edition: Edition, format: Format) -> str:
    return NAME if format == "atom" else edition.date.isoformat() + SUFFIXES[format]


def _feed_address(settings: DigestSettings) -> str | None:
    """The feed beside the page, where there is one."""
    if "atom" not in settings.edition.formats:
        return None
    return Links.of(settings.edition.base_url).own or NAME


def _distinct(editions: Sequence[Edition]) -> list[Edition]:
    """One edition a day, the first given."""
    return list({edition.date: edition for edition in reversed(editions)}.values())
