"""Extract the article of an HTML page, by trafilatura."""

import re
from collections import Counter
from typing import Any

from briefing.briefs import Article
from briefing.errors import NoArticle, TooLong
from briefing.language.tokens import count_words
from briefing.reading.encoding import clean
from briefing.reading.markup import (
    article_from_blocks,
    blocks_of,
    decode_markup,
    drop_unshown,
    parse_html,
    text_of_blocks,
)
from briefing.reading.text import article_from_text, quiet, said_if_short, same_text
from briefing.reading.walls import PARTIAL, refuse_wall, without_invitation

MAX_TAGS = 150_000
_MAX_STANDFIRST_WORDS = 60

_PAGE = re.compile(r"<(?:!doctype|html|head|body|title|meta|nav|header|footer|script|link)\b", re.I)
"""What a page has around its article, and a fragment has not."""
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
    override those of the page; ``charset`` is the declared charset. Of a fragment, which has no
    page around it, all of the text is read. An article that a paywall cuts off has a warning.

    Raises:
        NoArticle: no article was found, or the page is a wall or a list (`briefing.reading.walls`).
        TooLong: the page exceeds a limit.
    """
    text, warnings = _as_text(html, charset)
    if not _PAGE.search(text):
        return article_from_blocks(
            blocks_of(parse_html(text)),
            what="The page",
            url=url,
            title=title,
            subtitle=subtitle,
            warnings=warnings,
        )
    page = _extract(text, url)
    whole = _page_text(page)
    body = without_invitation(whole)
    if body != whole:
        warnings += (PARTIAL,)
    if count_words(body) == 0:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    tree = parse_html(text)
    own = _title(tree, clean(page.title or "")) or None
    first, _, rest = body.partition("\n")
    if title and own and same_text(first, own):
        body = rest.lstrip()
    title = title or own
    warnings += _truncation(tree, body)
    subtitle = subtitle or _standfirst(clean(page.description or ""), title or "", body)
    with said_if_short(f"Hardly any text was found in the page. {_ADVICE}"):
        article = article_from_text(
            body,
            title=title,
            subtitle=subtitle,
            url=url,
            published=page.date,
            warnings=warnings,
        )
    refuse_wall(text, article)
    return article


def extracted_text(html: bytes | str) -> str:
    """Return what is extracted from a page before its title is taken out, to evaluate it.

    Raises:
        NoArticle: no article was found. TooLong: the page exceeds a limit.
    """
    return _page_text(_extract(_as_text(html, None)[0], None))


def _as_text(html: bytes | str, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """Decode the page and check its size."""
    text, warnings = decode_markup(html, charset)
    if text.count("<") > MAX_TAGS:
        raise TooLong(
            f"The page has more than {MAX_TAGS:,} tags. Save the article's text and use that."
        )
    return text, warnings


@quiet("trafilatura")
def _extract(html: str, url: str | None) -> Any:
    """Run trafilatura; any failure in it means that no article was found."""
    from trafilatura import bare_extraction, load_html

    try:
        tree = load_html(html)
        if tree is not None:
            drop_unshown(tree)
        page = bare_extraction(
            tree,
            url=url,
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except MemoryError:
        raise
    except Exception as error:  # lxml and trafilatura fail in many ways on broken pages
        raise NoArticle(f"The page could not be read. {_ADVICE}") from error
    if page is None:
        raise NoArticle(f"No article was found in the page. {_ADVICE}")
    return page


def _page_text(page: Any) -> str:
    """Return the text of what trafilatura extracted, without menus ("Home | Blog | Contact")."""
    blocks = (each for each in blocks_of(page.body) if each.kind == "tr" or not _is_menu(each.text))
    return text_of_blocks(blocks)


def _is_menu(text: str) -> bool:
    items = text.split(" | ")
    return len(items) >= _MIN_ITEMS and all(len(item.split()) <= _MAX_ITEM_WORDS for item in items)


_MIN_ITEMS, _MAX_ITEM_WORDS = 3, 4


def _title(tree: Any, found: str) -> str:
    """Return the title: the heading that the page's metadata repeat, or else what was ``found``.

    trafilatura may take the heading of a widget, or the name of the site.
    """
    headings = [clean(" ".join(each.itertext())) for each in tree.iter("h1")]
    declared = [each.get("content") or "" for each in tree.xpath(_DECLARED_TITLES)]
    declared += [each.text or "" for each in tree.iter("title")]
    keys = [_key(each) for each in declared]
    agreed = [each for each in headings if (key := _key(each)) and any(key in it for it in keys)]
    longest = max(agreed, key=len, default="")
    return longest if len(longest.split()) >= _MIN_TITLE_WORDS else found


_DECLARED_TITLES = "//meta[@property='og:title' or @name='og:title' or @name='twitter:title']"
_MIN_TITLE_WORDS = 2


def _truncation(tree: Any, body: str) -> tuple[str, ...]:
    """Return a warning if far more paragraphs of the classes that were taken were left."""
    known = _key(body)
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for paragraph in tree.iter("p"):
        text = clean(" ".join(paragraph.itertext()))
        words = len(text.split())
        if words < _MIN_PARAGRAPH_WORDS:
            continue
        parent = paragraph.getparent()
        style = paragraph.get("class") or f"{parent.tag} {parent.get('class') or ''}"
        (taken if _key(text) in known else left)[style] += words
    missed = sum(left[style] for style in taken)
    if missed < _MIN_MISSED_WORDS or missed < taken.total():
        return ()
    return (
        f"The page has {missed} more words in paragraphs like those of the article: was it "
        "truncated? Compare it with the page, or provide the article's text.",
    )


_MIN_PARAGRAPH_WORDS, _MIN_MISSED_WORDS = 12, 120


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
