"""Read: text, HTML, PDF or a URL in, an `Article` with sentences and their offsets out.

Nothing heavy is imported until an input needs it.
"""

from briefing.read.clean import clean
from briefing.read.decode import Decoded, decode
from briefing.read.fetch import Fetched, FetchLimits, fetch, fetch_async
from briefing.read.html import article_from_html
from briefing.read.language import detect_language
from briefing.read.pdf import article_from_pdf
from briefing.read.sentences import sentence_texts, split_sentences
from briefing.read.source import kind_of, read, read_bytes, read_path, read_stream, read_url
from briefing.read.text import article_from_text

__all__ = [
    "Decoded",
    "FetchLimits",
    "Fetched",
    "article_from_html",
    "article_from_pdf",
    "article_from_text",
    "clean",
    "decode",
    "detect_language",
    "fetch",
    "fetch_async",
    "kind_of",
    "read",
    "read_bytes",
    "read_path",
    "read_stream",
    "read_url",
    "sentence_texts",
    "split_sentences",
]
