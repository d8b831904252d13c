"""PDF -> Article, by pypdf."""

import re
import time
from typing import TYPE_CHECKING

from briefing.article import Article
from briefing.errors import InputError, NoArticle, NotText, TooLong
from briefing.read.clean import clean
from briefing.read.limits import MAX_CHARACTERS, check_bytes, count_words
from briefing.read.reflow import reflow
from briefing.read.text import article_from_text

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 1_000
MAX_SECONDS = 60.0

_BAD_TITLE = re.compile(
    r"untitled|microsoft|powerpoint|document\d*$|slide \d|https?:|[\\/_]|"
    r"\.(?:docx?|pdf|indd|qxd|tex|dvi|rtf|odt|pptx?|xlsx?|txt|html?)\b",
    re.I,
)


def article_from_pdf(
    data: bytes,
    *,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read the text layer of a PDF; lines are joined to paragraphs again.

    The title is the document's own where it is a sensible one, else the first line by the
    convention for plain text. Offsets point into the rebuilt text.

    Raises `NotText` for a damaged or encrypted file, `NoArticle` where there is no text layer,
    `TooLong` beyond 1,000 pages.
    """
    check_bytes(len(data))
    reader = _open(data)
    text = reflow(_pages(reader))
    if count_words(text) == 0:
        raise NoArticle(
            "The PDF has no text, only images. Run text recognition on it first (OCR, for "
            "example ocrmypdf)."
        )
    try:
        return article_from_text(
            text,
            title=title or _title(reader),
            subtitle=subtitle,
            url=url,
            published=_created(reader),
        )
    except TooLong:
        raise
    except InputError as error:
        raise NoArticle(
            "The PDF has hardly any text. Is it a scan? Run OCR on it first."
        ) from error


def _open(data: bytes) -> "PdfReader":
    """Open the file, with an empty password if it wants one, and check its length."""
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


_ENCRYPTED = "The PDF is encrypted. Save a copy without a password and give that."


def _pages(reader: "PdfReader") -> list[str]:
    """The text of each page; a page that cannot be read counts as empty unless all are."""
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
        if length > MAX_CHARACTERS or time.monotonic() > deadline:
            raise TooLong("The PDF takes too long to read. Split it, or give its text.")
    if errors and not any(texts):
        raise NotText("The PDF is damaged. Open it in a viewer and save it again.") from errors[0]
    return texts


def _title(reader: "PdfReader") -> str | None:
    """The title in the metadata, unless an office program left a file name there."""
    try:
        title = clean((reader.metadata and reader.metadata.title) or "")
    except Exception:  # damaged metadata
        return None
    if not 2 <= len(title.split()) <= 30 or _BAD_TITLE.search(title):
        return None
    return title


def _created(reader: "PdfReader") -> str | None:
    """The creation date, ISO 8601."""
    try:
        created = reader.metadata and reader.metadata.creation_date
    except Exception:  # damaged metadata
        return None
    return created.date().isoformat() if created else None
