"""Sources: feeds, pages, folders and JSON Lines in; items with clean text out.

`Fetcher` reads them politely and within limits; `FetchState` is what is to be remembered of each
until the next time.
"""

from briefing.digest.sources.checking import Check, check_source
from briefing.digest.sources.configured import configured_sources, source_of
from briefing.digest.sources.editing import add_source, import_opml, remove_source
from briefing.digest.sources.errors import NotAFeed, SourceError
from briefing.digest.sources.fetcher import Fetcher
from briefing.digest.sources.outline import export_opml, read_opml
from briefing.digest.sources.state import FetchState, SourceResult

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
    "export_opml",
    "import_opml",
    "read_opml",
    "remove_source",
    "source_of",
]
