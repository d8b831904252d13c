"""Read text, pages, documents or a URL into an `Article`, with its sentences and their offsets.

Heavy dependencies are imported when an input needs them.
"""

import os
import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.request import url2pathname

from briefing.briefs import Article
from briefing.errors import FetchRefused, NotFound
from briefing.reading.documents import article_from_pdf
from briefing.reading.encoding import Decoded, clean, decode, detect_language
from briefing.reading.fetch import (
    WEB_SCHEME,
    Fetched,
    FetchLimits,
    fetch,
    fetch_async,
    without_login,
)
from briefing.reading.formats import (
    ARTICLE_SUFFIXES,
    ARTICLE_TYPES,
    kind_of,
    media_type,
    read_bytes,
    read_string,
)
from briefing.reading.html import article_from_html
from briefing.reading.sentences import sentence_texts, split_sentences
from briefing.reading.text import MAX_BYTES, article_from_text

if TYPE_CHECKING:
    from briefing.reading.guard import Guard

__all__ = [
    "ARTICLE_SUFFIXES",
    "ARTICLE_TYPES",
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
    "read_text",
    "read_url",
    "sentence_texts",
    "split_sentences",
]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30})://", re.I)
_OPAQUE = re.compile(r"[a-z][a-z0-9+.-]{2,30}:(?=\S)", re.I)
"""A scheme without an authority: "mailto:"."""
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.I)
_PATH = re.compile(
    rf"\S*[\\/]\S*|(?:/|\.\.?[\\/]|~[\\/]|[a-z]:[\\/])[^.]*\.\w+"
    rf"|\S+\.\w{{2,5}}|[^.!?;]+(?:{'|'.join(map(re.escape, sorted(ARTICLE_SUFFIXES)))})",
    re.I,
)
"""A file's name with its ending, which may have spaces, or anything with a slash and none."""
_LONGEST_PATH = 1_000


def read(
    source: str | PathLike[str] | bytes | bytearray | BinaryIO,
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read an article from a text, path, URL, bytes or binary file.

    A string is a URL if it is one word and begins with http:// or https://; a path if it is one
    line and names an existing file or looks like a path; otherwise the text itself. A
    ``pathlib.Path`` is always a file, bytes are the content of a file, and a binary stream is read
    to its end. What strangers send is read by `read_text`, which opens no file and fetches nothing.

    Raises:
        TypeError: ``source`` has another type, or a title is no string.
        InputError: ``source`` cannot be read, or has no article.
    """
    _check_strings(title, subtitle)
    if isinstance(source, bytes | bytearray):
        return read_bytes(bytes(source), title=title, subtitle=subtitle)
    if isinstance(source, str):
        word = source.strip()
        if len(word.split()) == 1 and _SCHEME.match(word):
            return read_location(word, title=title, subtitle=subtitle)
        if _is_path(source):
            return read_location(source, title=title, subtitle=subtitle)
        return read_string(source, title=title, subtitle=subtitle)
    if isinstance(source, PathLike):
        return read_path(source, title=title, subtitle=subtitle)
    if hasattr(source, "read"):
        return read_stream(source, title=title, subtitle=subtitle)
    raise TypeError(
        "an article is read from a str (text, path or URL), a path, bytes or a binary file, "
        f"not from {type(source).__name__}"
    )


def read_text(text: str, *, title: str | None = None, subtitle: str | None = None) -> Article:
    """Read an article from its text, plain or with markup; it is never taken for a path or URL.

    Raises:
        TypeError: an argument is no string. InputError: the text is no article.
    """
    _check_strings(text, title, subtitle)
    return read_string(text, title=title, subtitle=subtitle)


def _check_strings(*given: str | None) -> None:
    for each in given:
        if not isinstance(each, str | None):
            raise TypeError(f"texts and titles must be str, not {type(each).__name__}")


def read_location(
    location: str, *, title: str | None = None, subtitle: str | None = None
) -> Article:
    """Read a URL (with http://, https:// or file://) or the file at a path.

    Raises:
        FetchRefused: the URL has another scheme. InputError: it cannot be read.
    """
    if WEB_SCHEME.match(location):
        return read_url(location, title=title, subtitle=subtitle)
    scheme = _SCHEME.match(location)
    opaque = None if Path(location).exists() else _OPAQUE.match(location)
    if scheme and scheme[1].lower() == "file":
        location = url2pathname(location[len(scheme[0]) :].removeprefix("localhost"))
    elif named := scheme or opaque:
        raise FetchRefused(
            f"{named[0]} is not supported. Use a URL that begins with http:// or https://, or "
            "download the file first."
        )
    return read_path(location, title=title, subtitle=subtitle)


def _is_path(text: str) -> bool:
    """Whether a string is a path: there is such a file, or the string looks like a path."""
    if len(text) > _LONGEST_PATH or len(text.splitlines()) != 1:
        return False
    try:
        return Path(text).exists() or bool(_PATH.fullmatch(text.strip()))
    except OSError:  # a name longer than the file system takes
        return False


def read_path(
    path: str | PathLike[str], *, title: str | None = None, subtitle: str | None = None
) -> Article:
    """Read a file, of any format of `briefing.reading.formats`.

    Raises:
        NotFound: the file is missing, a folder, or not readable.
    """
    path = Path(path)
    try:
        folder = path.is_dir()
        file = None if folder else path.open("rb")
    except PermissionError as error:
        raise NotFound(f"{path} is not readable. Check its permissions.") from error
    except (OSError, ValueError) as error:
        advice = "For a page, begin with https://." if _HOST.match(str(path)) else "Check the path."
        raise NotFound(f"There is no file {str(path)[:200]!r}. {advice}") from error
    if file is None:
        raise NotFound(f"{path} is a folder. Choose a file.")
    with file:
        return read_stream(file, name=path.name, title=title, subtitle=subtitle)


def read_stream(
    stream: BinaryIO,
    *,
    name: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read a binary file object, up to the size limit."""
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
    """Fetch and read a page or document. ``guard`` blocks private addresses: see `fetch`."""
    page = fetch(url, limits, guard=guard)
    return read_bytes(
        page.content,
        content_type=page.content_type,
        charset=page.charset,
        url=without_login(page.url),
        title=title,
        subtitle=subtitle,
    )


def article_files(folder: Path) -> list[Path]:
    """Return the files below a folder whose endings are those of articles, without hidden ones."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent, name) for name in sorted(names) if not name.startswith(".")]
    return [path for path in found if path.suffix.lower() in ARTICLE_SUFFIXES and path.is_file()]
