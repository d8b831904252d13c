"""Extract the text of a PDF by pypdf, and join its lines to paragraphs."""

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Unpack

from briefing.article import Article
from briefing.errors import NoArticle, NotText, TooLong
from briefing.reading.encoding import clean
from briefing.reading.text import (
    KnownParts,
    article_from_text,
    check_bytes,
    count_words,
    said_if_short,
    text_limits,
)

if TYPE_CHECKING:
    from pypdf import PdfReader


_HYPHEN_END = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_ENDS_SENTENCE = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—]?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\s*[-–—]?", re.I
)
_BULLET = re.compile(r"[•▪●◦‣∙]|[*\-–—]\s|\(?\d{1,3}[.)]\s")
_SHORT_LINE = 0.75
_EDGE = 2


def reflow(pages: list[str]) -> str:
    """Join the lines of ``pages`` to paragraphs, separated by blank lines.

    Page numbers, and running heads and feet of most pages, are removed. A word hyphenated at a
    line end is joined if the next line begins in lower case. A paragraph ends at a blank line,
    before a bullet, after a short line that ends a sentence, and around a heading: a short line
    without a full stop.
    """
    lines = [line for page in _without_furniture(pages) for line in page]
    width = _width(lines)
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        if line and paragraphs and _continues(paragraphs[-1], last, line, width):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        last = line
    return "\n\n".join(paragraphs)


def _without_furniture(pages: list[str]) -> list[list[str]]:
    """Return the lines of each page, without page numbers, running heads and final blank lines."""
    split = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in page if line] for page in split]
    edges = Counter(
        key for page in filled for key in {_shape(line) for line in page[:_EDGE] + page[-_EDGE:]}
    )
    repeated = {key for key, count in edges.items() if count >= max(3, len(pages) / 2)}
    result = []
    for page in split:
        nonblank = [i for i, line in enumerate(page) if line]
        edge = set(nonblank[:_EDGE] + nonblank[-_EDGE:])
        result.append(
            [line for i, line in enumerate(page) if i not in edge or not _furniture(line, repeated)]
        )
        while result[-1] and not result[-1][-1]:
            result[-1].pop()
    return result


def _furniture(line: str, repeated: set[str]) -> bool:
    return _shape(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line))


def _shape(line: str) -> str:
    """Return a line with digits masked, so that running heads with page numbers are equal."""
    return re.sub(r"\d+", "#", line)


def _width(lines: list[str]) -> int:
    """Return the length of a full line: the 80th percentile."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 8 // 10] if lengths else 0


def _continues(paragraph: str, last: str, line: str, width: int) -> bool:
    """Whether ``line`` continues ``paragraph``; ``last`` is the line before it, may be blank."""
    return not _breaks(last, line, width) if last else _resumes(paragraph, line)


def _breaks(last: str, line: str, width: int) -> bool:
    """Whether a paragraph ends between two consecutive lines."""
    if _BULLET.match(line):
        return True
    if line[0].islower() or _HYPHEN_END.search(last):
        return False
    short = len(last) < _SHORT_LINE * width
    return short and (bool(_ENDS_SENTENCE.search(last)) or len(last) < 0.6 * width)


def _resumes(paragraph: str, line: str) -> bool:
    """Whether a paragraph continues after a blank line inside a sentence."""
    return line[0].islower() and not _ENDS_SENTENCE.search(paragraph[-8:])


def _joined(paragraph: str, line: str) -> str:
    if paragraph.endswith("\u00ad"):
        return paragraph[:-1] + line
    if _HYPHEN_END.search(paragraph[-2:]):
        return (paragraph[:-1] if line[0].islower() else paragraph) + line
    return f"{paragraph} {line}"


MAX_PAGES = 1_000
MAX_SECONDS = 60.0

_BAD_TITLE = re.compile(
    r"untitled|microsoft|powerpoint|document\d*$|slide \d|https?:|[\\/_]|"
    r"\.(?:docx?|pdf|indd|qxd|tex|dvi|rtf|odt|pptx?|xlsx?|txt|html?)\b",
    re.I,
)


def article_from_pdf(data: bytes, **given: Unpack[KnownParts]) -> Article:
    """Read the text layer of a PDF, with its lines joined to paragraphs.

    The title is that of the metadata if plausible, else found as in plain text. Offsets are into
    the joined text.

    Raises:
        NotText: the file is damaged or encrypted.
        NoArticle: there is no text layer. TooLong: the PDF exceeds 1,000 pages.
    """
    check_bytes(len(data))
    reader = _open(data)
    text = reflow(_pages(reader))
    if count_words(text) == 0:
        raise NoArticle(
            "The PDF has no text, only images. Run OCR on it first (for example with ocrmypdf)."
        )
    with said_if_short("The PDF has hardly any text. Is it a scan? Run OCR on it first."):
        return article_from_text(
            text,
            title=given.get("title") or _title(reader),
            subtitle=given.get("subtitle"),
            url=given.get("url"),
            published=_created(reader),
        )


def _open(data: bytes) -> "PdfReader":
    """Open the file, with an empty password if it is encrypted, and check its length."""
    import io
    import logging

    from pypdf import PasswordType, PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED
        pages = 0 if locked else len(reader.pages)
    except MemoryError:
        raise
    except Exception as error:
        if "crypt" in f"{type(error).__name__} {error}".lower():
            raise NotText(_ENCRYPTED) from error
        raise NotText("The PDF is damaged. Open it in a viewer and save it again.") from error
    if locked:
        raise NotText(_ENCRYPTED)
    if pages > MAX_PAGES:
        raise TooLong(f"The PDF has {pages:,} pages; the limit is {MAX_PAGES:,}. Split it.")
    return reader


_ENCRYPTED = "The PDF is encrypted. Save a copy without a password and use that."


def _pages(reader: "PdfReader") -> list[str]:
    """Return the text of each page; skip damaged pages, unless no page has text."""
    texts: list[str] = []
    errors: list[Exception] = []
    length, deadline = 0, time.monotonic() + MAX_SECONDS
    for page in reader.pages:
        try:
            texts.append(page.extract_text())
        except MemoryError:
            raise
        except Exception as error:  # pypdf fails in many ways on damaged pages
            errors.append(error)
            continue
        length += len(texts[-1])
        if length > text_limits.characters or time.monotonic() > deadline:
            raise TooLong("The PDF takes too long to read. Split it, or use its text.")
    if errors and not any(texts):
        raise NotText("The PDF is damaged. Open it in a viewer and save it again.") from errors[0]
    return texts


def _title(reader: "PdfReader") -> str | None:
    """Return the title in the metadata, unless it looks like a file name or a placeholder."""
    try:
        title = clean((reader.metadata and reader.metadata.title) or "")
    except Exception:  # damaged metadata
        return None
    if not 2 <= len(title.split()) <= 30 or _BAD_TITLE.search(title):
        return None
    return title


def _created(reader: "PdfReader") -> str | None:
    """Return the creation date in ISO 8601, or None."""
    try:
        created = reader.metadata and reader.metadata.creation_date
    except Exception:  # damaged metadata
        return None
    return created.date().isoformat() if created else None
