"""One way in for every kind of input: path, URL, bytes, stream."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from briefing.article import Article
from briefing.errors import NotFound
from briefing.read.decode import decode
from briefing.read.fetch import FetchLimits, fetch
from briefing.read.html import article_from_html
from briefing.read.limits import MAX_BYTES, check_bytes
from briefing.read.pdf import article_from_pdf
from briefing.read.text import article_from_text

if TYPE_CHECKING:
    from briefing.read.guard import Guard

_URL = re.compile(r"https?://", re.I)
_PDF = re.compile(rb"(?:^|\n)\s*%PDF-\d")
# What may come before the first tag: a byte order mark, an XML declaration, comments.
_HTML = re.compile(
    r"[\xef\xbb\xbf\xfe\xff\s]*(?:<\?xml[^>]{0,200}>\s*|<!--(?:(?!-->).){0,2000}-->\s*){0,5}"
    r"<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_HTML_NAMES = (".html", ".htm", ".xhtml")
_HTML_TYPES = ("text/html", "application/xhtml")


def read(
    source: str | Path | bytes, *, title: str | None = None, subtitle: str | None = None
) -> Article:
    """Read a URL (a string that begins with http:// or https://), a path, or bytes."""
    if isinstance(source, bytes):
        return read_bytes(source, title=title, subtitle=subtitle)
    if isinstance(source, str) and _URL.match(source):
        return read_url(source, title=title, subtitle=subtitle)
    return read_path(source, title=title, subtitle=subtitle)


def read_path(
    path: str | Path, *, title: str | None = None, subtitle: str | None = None
) -> Article:
    """Read a file: plain text, HTML or PDF, told apart by content.

    Raises `NotFound` for one that is missing, a folder, or not readable.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise NotFound(f"{path} is a folder. Give a file.")
        with path.open("rb") as file:
            return read_stream(file, name=path.name, title=title, subtitle=subtitle)
    except PermissionError as error:
        raise NotFound(f"{path} may not be read. Check its permissions.") from error
    except (OSError, ValueError) as error:
        raise NotFound(f"There is no file {str(path)[:200]!r}. Check the path.") from error


def read_stream(
    stream: BinaryIO,
    *,
    name: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read an open binary file or standard input, up to the size limit."""
    data = stream.read(MAX_BYTES + 1)
    return read_bytes(data, name=name, title=title, subtitle=subtitle)


def read_url(
    url: str,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    limits: FetchLimits | None = None,
    guard: "Guard | None" = None,
) -> Article:
    """Fetch a page, text or PDF and read it. ``guard`` bars private addresses: see `fetch`."""
    page = fetch(url, limits, guard=guard)
    return read_bytes(
        page.content,
        content_type=page.content_type,
        charset=page.charset,
        url=page.url,
        title=title,
        subtitle=subtitle,
    )


def read_bytes(
    data: bytes,
    *,
    content_type: str | None = None,
    charset: str | None = None,
    name: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read PDF, HTML or plain text, told apart by the first bytes.

    ``content_type`` (``text/html``) and the ending of ``name`` (``.html``) tell HTML that does
    not begin like it. ``charset`` is what the sender declared.
    """
    check_bytes(len(data))
    kind = kind_of(data, content_type, name)
    if kind == "pdf":
        return article_from_pdf(data, url=url, title=title, subtitle=subtitle)
    if kind == "html":
        return article_from_html(data, url=url, title=title, subtitle=subtitle, charset=charset)
    decoded = decode(data, charset)
    warnings = (f"The encoding was guessed as {decoded.encoding}.",) if decoded.guessed else ()
    return article_from_text(
        decoded.text, title=title, subtitle=subtitle, url=url, warnings=warnings
    )


def kind_of(
    data: bytes, content_type: str | None = None, name: str | None = None
) -> Literal["pdf", "html", "text"]:
    """What `read_bytes` takes the bytes for."""
    if _PDF.search(data[:1_024]):
        return "pdf"
    return "html" if _is_html(data, content_type, name) else "text"


def _is_html(data: bytes, content_type: str | None, name: str | None) -> bool:
    if content_type and content_type.lower().startswith(_HTML_TYPES):
        return True
    if name and name.lower().endswith(_HTML_NAMES):
        return True
    head = data[:16_384].decode("latin-1").replace("\x00", "")  # UTF-16 becomes legible
    return bool(_HTML.match(head))
