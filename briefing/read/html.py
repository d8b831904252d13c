"""HTML page -> Article, by trafilatura."""

import re
from typing import Any

from briefing.article import Article
from briefing.errors import InputError, NoArticle, TooLong
from briefing.read.clean import clean
from briefing.read.decode import decode
from briefing.read.limits import MAX_CHARACTERS, check_bytes, count_words
from briefing.read.text import article_from_text

MAX_CHARACTERS_OF_MARKUP = 2 * MAX_CHARACTERS
MAX_TAGS = 150_000
MAX_STANDFIRST_WORDS = 60

_CHARSET = re.compile(
    rb"<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I
)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ADVICE = "If the page needs a browser or a login, save its text and give that."


def article_from_html(
    html: bytes | str,
    *,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    charset: str | None = None,
) -> Article:
    """Find the article in a web page: title, standfirst, date, and the body in paragraphs.

    The parts are the extracted text; offsets point into them, not into the markup. The page's
    description becomes the standfirst unless it repeats the body or the title, or is cut off.
    ``title`` and ``subtitle`` override what the page says; ``charset`` is what the sender
    declared.

    Raises `NoArticle` where there is none, `TooLong` for a page beyond the limits.
    """
    text, warnings = _as_text(html, charset)
    found = _extract(text, url)
    body = (found.text or "").strip()
    if count_words(body) == 0:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    title = title or clean(found.title or "") or None
    subtitle = subtitle or _standfirst(clean(found.description or ""), title or "", body)
    try:
        return article_from_text(
            body,
            title=title,
            subtitle=subtitle,
            url=url,
            published=found.date,
            warnings=warnings,
        )
    except TooLong:
        raise
    except InputError as error:
        raise NoArticle(f"Hardly any text was found in the page. {_ADVICE}") from error


def _as_text(html: bytes | str, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """Decode the page and check its size."""
    warnings: tuple[str, ...] = ()
    if isinstance(html, bytes):
        check_bytes(len(html))
        declared = _CHARSET.search(html[:4_096])
        decoded = decode(html, charset or (declared[1].decode("ascii") if declared else None))
        html = decoded.text
        if decoded.guessed:
            warnings = (f"The page's encoding was guessed as {decoded.encoding}.",)
    if len(html) > MAX_CHARACTERS_OF_MARKUP or html.count("<") > MAX_TAGS:
        raise TooLong(
            f"The page has more than {MAX_CHARACTERS_OF_MARKUP // 1_000_000} MB or "
            f"{MAX_TAGS:,} tags. Save the article's text and give that."
        )
    return _XML_DECLARATION.sub("", html.replace("\x00", ""), count=1), warnings


def _extract(html: str, url: str | None) -> Any:
    """Run trafilatura; whatever goes wrong in it means that no article was found."""
    import logging

    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = bare_extraction(
            html,
            url=url,
            with_metadata=True,
            include_comments=False,
            include_tables=False,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except MemoryError:
        raise
    except Exception as error:  # lxml and the extractor fail in many ways on broken pages
        raise NoArticle(f"The page could not be read. {_ADVICE}") from error
    if found is None:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    return found


def _standfirst(description: str, title: str, body: str) -> str | None:
    """The page's description where it adds something to title and body."""
    if not 4 <= len(description.split()) <= MAX_STANDFIRST_WORDS:
        return None
    if description.endswith(("...", "…")) or not description[0].isprintable():
        return None
    key = _key(description)
    if key in _key(title) or key in _key(body):
        return None
    return description


def _key(text: str) -> str:
    """Letters and digits only, to compare texts that differ in spaces and quotes."""
    return "".join(character for character in clean(text).casefold() if character.isalnum())
