"""Sources: read feeds, pages, folders and JSON Lines into items with clean text.

`Fetcher` reads them within rate and size limits; `FetchState` is the state of a source that is
stored between runs.
"""

from briefing.digest.sources.configured import (
    add_source,
    configured_sources,
    export_opml,
    import_opml,
    read_opml,
    remove_source,
    table_source,
)
from briefing.digest.sources.discovery import Check, check_source, discover_feed
from briefing.digest.sources.fetcher import Fetcher, FetchState, SourceResult
from briefing.errors import NotAFeed, SourceError

__all__ = [
    "Check",
    "FetchState",
    "Fetcher",
    "NotAFeed",
    "SourceError",
    "SourceResult",
    "add_source",
    "check_source",
    "configured_sources",
    "discover_feed",
    "export_opml",
    "import_opml",
    "read_opml",
    "remove_source",
    "table_source",
]
