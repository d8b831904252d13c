"""The sources that digest.toml names, by itself and by OPML."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from briefing.digest.records import Source, SourceKind
from briefing.digest.settings import DigestSettings, FetchTable, SourceTable
from briefing.digest.sources.access import guard_for
from briefing.digest.sources.errors import SourceError
from briefing.digest.sources.outline import read_opml
from briefing.digest.sources.urls import publisher_of
from briefing.errors import FetchError
from briefing.read.fetch import FetchLimits, fetch

STDIN = "-"
_WEB = re.compile(r"https?://", re.I)
_OPML_TYPES = ("text/", "application/", "")


def configured_sources(settings: DigestSettings) -> list[Source]:
    """Every source, its name unique and its publisher known, none twice.

    An OPML list on the web that cannot be had stands there as one source that fails when it is
    read, so that a run goes on and names it. Not for use inside a running event loop.

    Raises `SourceError` for a source that is not given rightly, or an OPML file that is not there.
    """
    given = [source_of(table) for table in settings.sources]
    names = [source.name for source in given]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SourceError(f"Two sources are named {twice!r}. Give one of them another 'name'")
    listed = (source for place in settings.opml for source in _listed(place, settings.fetch))
    return list(_distinct([*given, *map(_published, listed)]))


def source_of(table: SourceTable) -> Source:
    """The source that one ``[[sources]]`` table is. Raises `SourceError`."""
    places: dict[SourceKind, str | Path | None] = {
        "feed": table.feed,
        "page": table.page,
        "folder": table.folder,
        "jsonl": table.jsonl,
    }
    found = [(kind, str(place)) for kind, place in places.items() if place is not None]
    if len(found) != 1:
        name = table.name or "without a name"
        raise SourceError(f"The source {name} needs exactly one of: feed, page, folder, jsonl")
    kind, location = found[0]
    if kind in {"feed", "page"}:
        location = location.strip()
        _check_url(location)
    elif location == STDIN:
        kind = "stdin"
    name = table.name or _name(kind, location)
    return _published(Source(name, kind, location, table.topic, table.publisher))


def _check_url(location: str) -> None:
    try:
        usable = bool(_WEB.match(location) and urlsplit(location).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise SourceError(
            f"{location[:200]!r} is not a web address. Give one that starts with http:// or "
            "https://"
        )


def _name(kind: SourceKind, location: str) -> str:
    """What a source is called whose owner gave it no name."""
    if kind == "stdin":
        return "standard input"
    if kind in {"folder", "jsonl"}:
        return Path(location).name or location
    parts = urlsplit(location)
    return (parts.netloc.rpartition("@")[2].removeprefix("www.") + parts.path.rstrip("/"))[:200]


def _published(source: Source) -> Source:
    """The source with its publisher: as given, else its domain, else its name."""
    on_the_web = source.kind in {"feed", "page"}
    domain = publisher_of(source.location) if on_the_web else None
    return replace(source, publisher=source.publisher or domain or source.name)


def _distinct(sources: Iterable[Source]) -> Iterator[Source]:
    """Each location once, each name once: the later one gets a number."""
    places: set[str] = set()
    names: set[str] = set()
    for source in sources:
        if source.location in places:
            continue
        name, number = source.name, 1
        while name in names:
            number += 1
            name = f"{source.name} ({number})"
        places.add(source.location)
        names.add(name)
        yield replace(source, name=name)


def _listed(place: str, settings: FetchTable) -> list[Source]:
    """The feeds of one OPML file or URL."""
    if not _WEB.match(place):
        return read_opml_file(Path(place))
    try:
        limits = FetchLimits(settings.timeout, settings.max_feed, types=_OPML_TYPES)
        return read_opml(fetch(place, limits, guard=guard_for(settings)).content)
    except (FetchError, SourceError):
        return [Source(f"OPML {_name('feed', place)}", "feed", place)]


def read_opml_file(path: Path) -> list[Source]:
    """The feeds of an OPML file. Raises `SourceError`."""
    try:
        return read_opml(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check the path") from error
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
