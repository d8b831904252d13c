"""Extract the article of an HTML page, by trafilatura."""

import re
from typing import Any

from briefing.article import Article
from briefing.errors import InputError, NoArticle, TooLong
from briefing.reading.encoding import clean, decode
from briefing.reading.text import MAX_CHARACTERS, article_from_text, check_bytes, count_words
from briefing.reading.walls import PARTIAL, refuse_wall, without_invitation

MAX_CHARACTERS_OF_MARKUP = 2 * MAX_CHARACTERS
MAX_TAGS = 150_000
_MAX_STANDFIRST_WORDS = 60

_CHARSET = re.compile(
    rb"<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I
)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ADVICE = "If the page requires JavaScript or a login, save its text and use that."


def article_from_html(
    html: bytes | str,
    *,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    charset: str | None = None,
) -> Article:
    """Extract title, standfirst, date and body of the article in a web page.

    Offsets are into the extracted text, not into the markup. The page's description becomes the
    standfirst unless it repeats the body or the title, or is truncated. ``title`` and ``subtitle``
    override those of the page; ``charset`` is the declared charset. An article that a paywall cuts
    off has a warning.

    Raises:
        NoArticle: no article was found, or the page is a wall or a list (`briefing.reading.walls`).
        TooLong: the page exceeds a limit.
    """
    text, warnings = _as_text(html, charset)
    page = _extract(text, url)
    whole = (page.text or "").strip()
    body = without_invitation(whole)
    if body != whole:
        warnings += (PARTIAL,)
    if count_words(body) == 0:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    title = title or clean(page.title or "") or None
    subtitle = subtitle or _standfirst(clean(page.description or ""), title or "", body)
    try:
        article = article_from_text(
            body,
            title=title,
            subtitle=subtitle,
            url=url,
            published=page.date,
            warnings=warnings,
        )
    except TooLong:
        raise
    except InputError as error:
        raise NoArticle(f"Hardly any text was found in the page. {_ADVICE}") from error
    refuse_wall(text, article)
    return article


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
            f"{MAX_TAGS:,} tags. Save the article's text and use that."
        )
    return _XML_DECLARATION.sub("", html.replace("\x00", ""), count=1), warnings


def _extract(html: str, url: str | None) -> Any:
    """Run trafilatura; any failure in it means that no article was found."""
    import logging

    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        page = bare_extraction(
            html,
            url=url,
            with_metadata=True,
            include_comments=False,
            include_tables=False,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except MemoryError:
        raise
    except Exception as error:  # lxml and trafilatura fail in many ways on broken pages
        raise NoArticle(f"The page could not be read. {_ADVICE}") from error
    if page is None:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    return page


def _standfirst(description: str, title: str, body: str) -> str | None:
    """Return the page's description if it adds to title and body."""
    if not 4 <= len(description.split()) <= _MAX_STANDFIRST_WORDS:
        return None
    if description.endswith(("...", "…")) or not description[0].isprintable():
        return None
    key = _key(description)
    if key in _key(title) or key in _key(body):
        return None
    return description


def _key(text: str) -> str:
    """Return letters and digits only, to compare texts that differ in spaces and quotes."""
    return "".join(character for character in clean(text).casefold() if character.isalnum())
