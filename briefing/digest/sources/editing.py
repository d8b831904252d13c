"""Adding and removing sources in digest.toml; comments and order stay as they are."""

import os
import re
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from briefing.digest.records import Source
from briefing.digest.settings import SourceTable
from briefing.digest.sources.configured import source_of
from briefing.digest.sources.errors import SourceError
from briefing.digest.sources.outline import read_opml

_HEAD = re.compile(r"\s*\[\[\s*sources\s*\]\]")


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
    _save(path, tomlkit.dumps(document))
    return source


def remove_source(path: Path, name: str) -> None:
    """Take the source that is called ``name`` out of the file. Raises `SourceError`."""
    document = _load(path)
    names = [known.name for known in _known(document)]
    if name not in names:
        raise SourceError(
            f"{path} names no source {name!r} (it has: {', '.join(names) or 'none'}). One that "
            "comes from an OPML file is removed there"
        )
    text = tomlkit.dumps(document)
    shorter = _without(text, names.index(name))
    if _others(text, names.index(name)) != tomllib.loads(shorter):
        raise SourceError(f"Remove {name!r} from {path} by hand; it is written in a rare way")
    _save(path, shorter)


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
        _save(path, tomlkit.dumps(document))
    return [source_of(table) for table in tables]


def _without(text: str, index: int) -> str:
    """The file without the table at ``index`` and the comment right above it.

    tomlkit counts that comment as part of what stands before, and would leave it to the next one.
    """
    lines = text.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    if index >= len(heads):
        return text
    begin = end = heads[index]
    while begin and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    for number in range(heads[index], len(lines)):
        line = lines[number].strip()
        if number > heads[index] and line.startswith("["):
            break
        if line and not line.startswith("#"):
            end = number + 1
    while end < len(lines) and not lines[end].strip():
        end += 1
    return "".join(lines[:begin] + lines[end:])


def _others(text: str, index: int) -> dict[str, Any]:
    """What the file says once the source at ``index`` is gone."""
    said = tomllib.loads(text)
    del said["sources"][index]
    return said if said["sources"] else {k: v for k, v in said.items() if k != "sources"}


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
    given = document.unwrap().get("sources", [])
    if not isinstance(given, list):
        raise SourceError("'sources' is no list; write each source as a [[sources]] table")
    return [source_of(_table(table)) for table in given]


def _table(table: Any) -> SourceTable:
    try:
        return SourceTable.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SourceError(f"A [[sources]] table is not valid: {where}: {first['msg']}") from error


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


def _save(path: Path, text: str) -> None:
    """Replace the file in one step, so that it is never half written; a link stays one."""
    target = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, target.stat().st_mode & 0o777)
        Path(file.name).replace(target)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
