"""Read text, pages, documents or a URL into an `Article`, with its sentences and their offsets.

Heavy dependencies are imported when an input needs them.
"""

from briefing.reading.encoding import Decoded, clean, decode, detect_language
from briefing.reading.fetch import Fetched, FetchLimits, fetch, fetch_async
from briefing.reading.formats import (
    MEDIA_TYPES,
    SUFFIXES,
    kind_of,
    media_type,
    read_bytes,
    read_string,
)
from briefing.reading.html import article_from_html
from briefing.reading.pdf import article_from_pdf
from briefing.reading.sentences import sentence_texts, split_sentences
from briefing.reading.source import (
    article_files,
    read,
    read_location,
    read_path,
    read_stream,
    read_url,
)
from briefing.reading.text import article_from_text

__all__ = [
    "MEDIA_TYPES",
    "SUFFIXES",
    "Decoded",
    "FetchLimits",
    "Fetched",
    "article_files",
    "article_from_html",
    "article_from_pdf",
    "article_from_text",
    "clean",
    "decode",
    "detect_language",
    "fetch",
    "fetch_async",
    "kind_of",
    "media_type",
    "read",
    "read_bytes",
    "read_location",
    "read_path",
    "read_stream",
    "read_string",
    "read_url",
    "sentence_texts",
    "split_sentences",
]
