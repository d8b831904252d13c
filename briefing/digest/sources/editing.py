"""Adding and removing sources in digest.toml; comments and order stay as they are."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from briefing.digest.records import Source
from briefing.digest.settings import SourceTable
from briefing.digest.sources.configured import source_of
from briefing.digest.sources.errors import SourceError
from briefing.digest.sources.outline import read_opml


def add_source(path: Path, table: SourceTable) -> Source:
    """Append one source to the file.

    Raises `SourceError` where it is there already, is not given rightly, or the file cannot be
    changed.
    """
    source = source_of(table)
    document = _load(path)
    for known in _known(document):
        if known.location == source.location:
            raise SourceError(f"{source.location} is a source already, as {known.name!r}")
        if known.name == source.name:
            raise SourceError(f"There is a source {source.name!r} already. Give another --name")
    _append(document, [table])
    _save(path, document)
    return source


def remove_source(path: Path, name: str) -> None:
    """Take the source that is called ``name`` out of the file. Raises `SourceError`."""
    document = _load(path)
    tables = document.get("sources", [])
    for index, table in enumerate(tables):
        if source_of(_table(table)).name == name:
            del tables[index]
            _save(path, document)
            return
    names = ", ".join(known.name for known in _known(document)) or "none"
    raise SourceError(
        f"{path} names no source {name!r} (it has: {names}). One that comes from an OPML file is "
        "removed there"
    )


def import_opml(path: Path, text: bytes | str) -> list[Source]:
    """Append the feeds of an outline that are not there yet, and return them. `SourceError`."""
    document = _load(path)
    known = _known(document)
    places, names = {each.location for each in known}, {each.name for each in known}
    tables: list[SourceTable] = []
    for source in read_opml(text):
        if source.location in places:
            continue
        table = SourceTable(
            name=_free(source.name[:180], names), feed=source.location, topic=source.topic
        )
        try:
            added = source_of(table)
        except SourceError:
            continue  # an address of another kind, such as feed: or file:
        places.add(added.location)
        names.add(added.name)
        tables.append(table)
    if tables:
        _append(document, tables)
        _save(path, document)
    return [source_of(table) for table in tables]


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _load(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist; write one with: briefing digest init") from error
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def _known(document: tomlkit.TOMLDocument) -> list[Source]:
    return [source_of(_table(table)) for table in document.get("sources", [])]


def _table(table: Any) -> SourceTable:
    try:
        return SourceTable.model_validate(table.unwrap())
    except (ValueError, AttributeError) as error:
        raise SourceError(f"A [[sources]] table is not valid: {error}") from error


def _append(document: tomlkit.TOMLDocument, tables: Iterable[SourceTable]) -> None:
    array = document.get("sources")
    if array is None:
        array = tomlkit.aot()
        document.append("sources", array)
    elif not isinstance(array, tomlkit.items.AoT):
        raise SourceError("'sources' is written as one list; write it as [[sources]] tables")
    for table in tables:
        given = table.model_dump(mode="json", exclude_none=True)
        entry = tomlkit.table()
        entry.update(given)
        array.append(entry)


def _save(path: Path, document: tomlkit.TOMLDocument) -> None:
    """Replace the file in one step, so that it is never half written; a link stays one."""
    target = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, target.stat().st_mode & 0o777)
        Path(file.name).replace(target)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
