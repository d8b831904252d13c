"""Configured sources: read them from digest.toml and OPML; add, remove, import and export.

OPML 2.0 (http://opml.org/spec2.opml) is the exchange format of feed readers. Edits keep the
comments and the order of digest.toml.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from briefing.config import replace_file
from briefing.digest import Source, SourceKind
from briefing.digest.settings import DigestSettings, FetchTable, SourceTable, problems
from briefing.digest.sources.entry import publisher_of, source_url
from briefing.errors import FetchError, SourceError
from briefing.reading.encoding import clean
from briefing.reading.fetch import WEB_SCHEME, FetchLimits, fetch, is_web_url
from briefing.reading.guard import Guard, is_near, is_public


def guard_for(settings: FetchTable) -> Guard:
    """The address guard for the ports and addresses allowed by the settings."""
    return Guard(
        ports=frozenset(settings.ports),
        allows=is_near if settings.private else is_public,
        advice=(
            "Link-local addresses are never asked: use another"
            if settings.private
            else "If it is in a network of your own, set private = true in [fetch] (fetch.private)"
        ),
        port_advice="If it is meant, add the port to ports in [fetch] (fetch.ports)",
    )


MAX_DEPTH = 20
MAX_FEEDS = 5_000


def read_opml(data: bytes | str) -> list[Source]:
    """Parse the feeds of an OPML document; a feed's folder is its topic.

    Recovers what it can from a broken file. Entities are not resolved.

    Raises:
        SourceError: it is not OPML, or has no feed.
    """
    from lxml import etree

    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if isinstance(data, str):
        raw = _without_declaration(raw)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(raw.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or str(root.tag).lower() != "opml":
        raise SourceError("This is not an OPML file. Export one from your feed reader")
    body = next((child for child in root if str(child.tag).lower() == "body"), None)
    feeds = list(_feeds(body, None, 0)) if body is not None else []
    if not feeds:
        raise SourceError("The OPML file has no feeds. Export it again from your feed reader")
    return feeds[:MAX_FEEDS]


def export_opml(sources: Iterable[Source]) -> str:
    """Write the feeds among ``sources`` as OPML, in folders by topic."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Briefing"
    body = etree.SubElement(root, "body")
    feeds = [source for source in sources if source.kind == "feed"]
    for topic, group in groupby(_by_topic(feeds), key=lambda source: source.topic):
        parent = body if topic is None else etree.SubElement(body, "outline", text=topic)
        for source in group:
            etree.SubElement(
                parent, "outline", type="rss", text=source.name, title=source.name,
                xmlUrl=source.location,
            )  # fmt: skip
    text: str = etree.tostring(
        root, encoding="utf-8", xml_declaration=True, pretty_print=True
    ).decode()
    return text


def _by_topic(sources: list[Source]) -> list[Source]:
    """Sort sources by topic; topics keep the order of their first appearance."""
    order = list(dict.fromkeys(source.topic for source in sources))
    return sorted(sources, key=lambda source: order.index(source.topic))


def _feeds(parent: Any, topic: str | None, depth: int) -> Iterator[Source]:
    for outline in parent:
        if str(outline.tag).lower() != "outline":
            continue
        attributes = {str(name).lower(): clean(value) for name, value in outline.attrib.items()}
        name = attributes.get("title") or attributes.get("text") or ""
        if url := attributes.get("xmlurl"):
            category = attributes.get("category", "").split(",")[0].strip("/ ").split("/")[-1]
            yield Source(name or url, "feed", source_url(url), topic or category or None)
        elif depth < MAX_DEPTH:
            yield from _feeds(outline, name or topic, depth + 1)


def _without_declaration(raw: bytes) -> bytes:
    """Drop the XML declaration: its encoding no longer applies to re-encoded text."""
    raw = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    return raw.partition(b"?>")[2] if raw.startswith(b"<?xml") else raw


STDIN = "-"
_OPML_TYPES = ("text/", "application/", "")


def with_outlines(settings: DigestSettings) -> DigestSettings:
    """The settings with a ``[[sources]]`` table for each feed of the outlines that tables name.

    Each has the settings of the table that names its outline, the topic of its folder, and a name
    of its own. A feed that has a table already, or is at no web address, is left out. Not for use
    inside a running event loop.

    Raises:
        SourceError: a source is invalid, or an OPML file cannot be read.
    """
    if not any(table.opml for table in settings.sources):
        return settings
    own = [table_source(table) for table in settings.sources if not table.opml]
    places, names = {each.location for each in own}, {each.name for each in own}
    tables: list[SourceTable] = []
    for table in settings.sources:
        for source in _feeds_of(table, settings.fetch):
            if source.location in places or not WEB_SCHEME.match(source.location):
                continue
            update = {
                "opml": None,
                "feed": source.location,
                "name": _unique_name(source.name[:_MAX_NAME], names),
                "topic": source.topic or table.topic,
            }
            tables.append(table.model_copy(update=update))
            places.add(source.location)
            names.add(tables[-1].shown_name)
        if not table.opml:
            tables.append(table)
    return settings.model_copy(update={"sources": tuple(tables)})


_MAX_NAME = 180


def _feeds_of(table: SourceTable, settings: FetchTable) -> list[Source]:
    """The feeds of the outline that a table names; none if it names none."""
    if table.opml is None:
        return []
    table_source(table)
    return _opml_feeds(table.opml, settings)


def configured_sources(settings: DigestSettings) -> list[Source]:
    """All configured sources without duplicates, with unique names and known publishers.

    An OPML URL that cannot be fetched becomes a source that fails when it is read, so that a run
    continues and reports it. Not for use inside a running event loop.

    Raises:
        SourceError: a source is invalid, or an OPML file cannot be read.
    """
    settings = with_outlines(settings)
    own = [table_source(table) for table in settings.sources]
    names = [source.name for source in own]
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise SourceError(f"Two sources are named {duplicate!r}. Give one of them another 'name'")
    listed = (source for place in settings.opml for source in _opml_feeds(place, settings.fetch))
    return list(_distinct([*own, *map(_with_publisher, listed)]))


def table_source(table: SourceTable) -> Source:
    """Convert a ``[[sources]]`` table to a source; of an outline, one at the place of that.

    Raises `SourceError` if it is invalid.
    """
    places: dict[SourceKind | Literal["opml"], str | Path | None] = {
        "feed": table.feed,
        "page": table.page,
        "folder": table.folder,
        "jsonl": table.jsonl,
        "opml": table.opml,
    }
    given = [(kind, str(place)) for kind, place in places.items() if place is not None]
    if len(given) != 1:
        name = table.name or "without a name"
        raise SourceError(
            f"The source {name} needs exactly one of: feed, page, folder, jsonl, opml"
        )
    named, location = given[0]
    kind: SourceKind = "feed" if named == "opml" else named
    if named in {"feed", "page"}:
        location = source_url(location)
        _check_url(location)
    elif location == STDIN:
        kind = "stdin"
    return _with_publisher(Source(table.shown_name, kind, location, table.topic, table.publisher))


def _check_url(location: str) -> None:
    if not is_web_url(location):
        raise SourceError(
            f"{location[:200]!r} is not a web address. Use one that starts with http:// or https://"
        )


def _with_publisher(source: Source) -> Source:
    """Fill in the publisher: as given, else the domain, else the name."""
    on_the_web = source.kind in {"feed", "page"}
    domain = publisher_of(source.location) if on_the_web else None
    return replace(source, publisher=source.publisher or domain or source.name)


def _distinct(sources: Iterable[Source]) -> Iterator[Source]:
    """Drop repeated locations and number repeated names."""
    places: set[str] = set()
    names: set[str] = set()
    for source in sources:
        if source.location in places:
            continue
        name = _unique_name(source.name, names)
        places.add(source.location)
        names.add(name)
        yield replace(source, name=name)


def _opml_feeds(place: str, settings: FetchTable) -> list[Source]:
    """The feeds of an OPML file or URL."""
    if not WEB_SCHEME.match(place):
        return read_opml_file(Path(place))
    try:
        limits = FetchLimits(settings.timeout, settings.max_feed, types=_OPML_TYPES)
        return read_opml(fetch(place, limits, guard=guard_for(settings)).content)
    except (FetchError, SourceError):
        return [Source(f"OPML {SourceTable(feed=place).shown_name}", "feed", place)]


def read_opml_file(path: Path) -> list[Source]:
    """Read the feeds of an OPML file. Raises `SourceError`."""
    try:
        return read_opml(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check the path") from error
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error


_HEADER = re.compile(r"\s*\[\[\s*sources\s*\]\]")
_OWN_TABLE = re.compile(r"\[\s*sources\s*\.")
"""The header of a table within a source, such as its ``headers``."""


def add_source(path: Path, table: SourceTable) -> Source:
    """Append a source to the file.

    Raises:
        SourceError: the source exists already or is invalid, or the file cannot be written.
    """
    source = table_source(table)
    document = _load(path)
    for known in _known(document):
        if known.location == source.location:
            raise SourceError(f"{source.location} is a source already, as {known.name!r}")
        if known.name == source.name:
            raise SourceError(f"There is a source {source.name!r} already. Use another --name")
    _append(document, [table])
    _save(path, tomlkit.dumps(document))
    return source


def remove_source(path: Path, name: str) -> None:
    """Remove the source called ``name`` from the file. Raises `SourceError`."""
    document = _load(path)
    names = [known.name for known in _known(document)]
    if name not in names:
        raise SourceError(
            f"{path} has no source {name!r} (it has: {', '.join(names) or 'none'}). Remove sources "
            "of an OPML file from that file"
        )
    text = tomlkit.dumps(document)
    shorter = _without_table(text, names.index(name))
    if not _means(shorter, _expected(text, names.index(name))):
        raise SourceError(f"Remove {name!r} from {path} by hand; its notation is not supported")
    _save(path, shorter)


def import_opml(path: Path, text: bytes | str) -> tuple[list[Source], list[str]]:
    """Append the new feeds of an OPML document; return them, and why others were left out.

    Raises `SourceError`.
    """
    document = _load(path)
    known = _known(document)
    places, names = {each.location for each in known}, {each.name for each in known}
    tables: list[SourceTable] = []
    left_out: list[str] = []
    for source in read_opml(text):
        if source.location in places:
            continue
        table = SourceTable(
            name=_unique_name(source.name[:_MAX_NAME], names),
            feed=source.location,
            topic=source.topic,
        )
        try:
            added = table_source(table)
        except SourceError as error:  # a URL of another scheme, such as file:
            left_out.append(str(error))
            continue
        places.add(added.location)
        names.add(added.name)
        tables.append(table)
    if tables:
        _append(document, tables)
        _save(path, tomlkit.dumps(document))
    return [table_source(table) for table in tables], left_out


def _without_table(text: str, index: int) -> str:
    """Remove the source table at ``index``, its own tables, and the comment directly above it.

    tomlkit attaches that comment to the preceding table, and would leave it to the next one.
    """
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if index >= len(headers):
        return text
    begin = end = headers[index]
    while begin and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    for number in range(headers[index], len(lines)):
        line = lines[number].strip()
        if number > headers[index] and line.startswith("[") and not _OWN_TABLE.match(line):
            break
        if line and not line.startswith("#"):
            end = number + 1
    while end < len(lines) and not lines[end].strip():
        end += 1
    return "".join(lines[:begin] + lines[end:])


def _means(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _expected(text: str, index: int) -> dict[str, Any]:
    """The parsed file without the source at ``index``."""
    data = tomllib.loads(text)
    del data["sources"][index]
    return data if data["sources"] else {k: v for k, v in data.items() if k != "sources"}


def _unique_name(name: str, taken: set[str]) -> str:
    """``name``, numbered if it is taken."""
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    return unique


def _load(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist; write one with: briefing digest init") from error
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def _known(document: tomlkit.TOMLDocument) -> list[Source]:
    tables = document.unwrap().get("sources", [])
    if not isinstance(tables, list):
        raise SourceError("'sources' is not a list; write each source as a [[sources]] table")
    return [table_source(_table(table)) for table in tables]


def _table(table: Any) -> SourceTable:
    try:
        return SourceTable.model_validate(table)
    except ValidationError as error:
        raise SourceError(
            f"A [[sources]] table is not valid: {problems(error, 'sources')}"
        ) from error


def _append(document: tomlkit.TOMLDocument, tables: Iterable[SourceTable]) -> None:
    array = document.get("sources")
    if array is None:
        array = tomlkit.aot()
        document.append("sources", array)
    elif not isinstance(array, tomlkit.items.AoT):
        raise SourceError("'sources' is an inline list; write it as [[sources]] tables")
    for table in tables:
        entry = tomlkit.table()
        entry.update(table.model_dump(mode="json", exclude_defaults=True))
        array.append(entry)


def _save(path: Path, text: str) -> None:
    """Replace the file atomically; a symbolic link is followed."""
    target = path.resolve()
    try:
        replace_file(target, text.encode(), target.stat().st_mode & 0o777)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
