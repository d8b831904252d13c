"""Plain text -> Article: first line the title, second the standfirst, then the body."""

import re
from itertools import pairwise
from typing import NamedTuple

from briefing.article import Article
from briefing.read.clean import clean
from briefing.read.language import detect_language
from briefing.read.limits import check_sentences, check_text
from briefing.read.paragraphs import Span, adjacent, lines
from briefing.read.sentences import sentence_spans, split_sentences

MAX_TITLE_WORDS = 25
MAX_TITLE_CHARACTERS = 200
MAX_STANDFIRST_WORDS = 40
_MIN_BODY_SENTENCES = 3

_BULLET = re.compile(r"(?:[•▪●◦‣∙*\-–—>]|\(?\d{1,3}[.)])\s")
_FULL_STOP = re.compile(r"[.。।۔][\"'”’»)\]]*$")
_ABBREVIATION = re.compile(
    r"(?:\b\w\.|\b(?:Inc|Co|Corp|Ltd|Jr|Sr|St|vs|etc)\.|\.\.\.)[\"'”’»)\]]*$"
)
_CLOSING = "\"'”’»)]"
_NOT_AT_END = (",", ";", ":", "-", "–", "—")
_BYLINE = re.compile(
    r"(?:by|from|story by|words|photo|photograph|image|picture|updated|published|posted)\b", re.I
)


class Parts(NamedTuple):
    """The parts of a text, each an exact slice of it."""

    title: str | None
    subtitle: str | None
    body: str


def article_from_text(
    text: str,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    url: str | None = None,
    published: str | None = None,
    language: str | None = None,
    warnings: tuple[str, ...] = (),
) -> Article:
    """Read plain text.

    Without ``title``, the first lines may be title and standfirst: see `split_parts`. With one,
    the whole text is the body, less a first line that only repeats the title. The parts are
    exact slices of what was given. An empty ``title`` says that there is none. ``language`` is
    detected where it is not given.

    Raises `EmptyInput`, `TooShort` or `TooLong`.
    """
    check_text(text)
    parts = split_parts(text, title=title, subtitle=subtitle)
    sentences = (
        *split_sentences(parts.title or "", "title"),
        *split_sentences(parts.subtitle or "", "subtitle"),
        *split_sentences(parts.body),
    )
    check_sentences(sentences)
    return Article(
        title=parts.title,
        subtitle=parts.subtitle,
        body=parts.body,
        sentences=sentences,
        language=language or detect_language(parts.body),
        url=url,
        published=published,
        warnings=warnings,
    )


def split_parts(text: str, *, title: str | None = None, subtitle: str | None = None) -> Parts:
    """Find title, standfirst and body.

    The first line is the **title** when it is one line of at most 25 words, more text follows,
    it has at most two sentences and does not end in a full stop, comma or colon, is no bullet,
    and the next line does not go on in lower case. The second line is the **standfirst** when it
    is one line of at most 40 words, three sentences or more follow it, it is no byline or
    caption, and either it does not end like a sentence, or the layout sets it apart: right under
    the title where the body's paragraphs have blank lines between them. A lead paragraph of one
    sentence, as news has it, therefore stays in the body.
    """
    if title is not None and not clean(title):
        return Parts(None, _given(subtitle), text)
    title, subtitle = _given(title), _given(subtitle)
    found = lines(text)
    if title is not None:
        repeated = len(found) > 1 and _same(text[slice(*found[0])], title)
        return Parts(title, subtitle, text[found[1][0] :] if repeated else text)
    if not _is_title(text, found):
        return Parts(None, subtitle, text)
    title = text[slice(*found[0])]
    if subtitle is None and _is_standfirst(text, found):
        return Parts(title, text[slice(*found[1])], text[found[2][0] :])
    return Parts(title, subtitle, text[found[1][0] :])


def _given(part: str | None) -> str | None:
    """A part as given; None when it holds nothing to read."""
    return part if part and clean(part) else None


def _same(line: str, title: str) -> bool:
    return clean(line).casefold() == clean(title).casefold()


def _is_title(text: str, found: list[Span]) -> bool:
    if len(found) < 2:
        return False
    line = clean(text[slice(*found[0])]) if _length(found[0]) <= 2 * MAX_TITLE_CHARACTERS else ""
    if not line or len(line) > MAX_TITLE_CHARACTERS or len(line.split()) > MAX_TITLE_WORDS:
        return False
    if line.endswith(_NOT_AT_END) or _ends_in_full_stop(line) or _BULLET.match(line):
        return False
    goes_on = adjacent(text, *found[:2]) and text[found[1][0]].islower()
    return not goes_on and len(sentence_spans(line)) <= 2


def _is_standfirst(text: str, found: list[Span]) -> bool:
    if len(found) < 3 or _length(found[1]) > 20 * MAX_STANDFIRST_WORDS:
        return False
    line = clean(text[slice(*found[1])])
    words = len(line.split())
    if not 4 <= words <= MAX_STANDFIRST_WORDS or _BYLINE.match(line) or _BULLET.match(line):
        return False
    if line.endswith(_NOT_AT_END) or len(sentence_spans(line)) > 2:
        return False
    like_sentence = line.rstrip(_CLOSING).endswith(("?", "!")) or _ends_in_full_stop(line)
    if like_sentence and not _set_apart(text, found):
        return False
    return _has_body(text[found[2][0] :])


def _set_apart(text: str, found: list[Span]) -> bool:
    """Whether the second line is right under the title in a text that has blank lines."""
    if not adjacent(text, *found[:2]) or text[found[2][0]].islower():
        return False
    return not all(adjacent(text, *pair) for pair in pairwise(found[1:4]))


def _has_body(text: str) -> bool:
    """Whether enough sentences are left for a body; only the beginning is looked at."""
    return len(split_sentences(text[:4_000])) >= _MIN_BODY_SENTENCES


def _ends_in_full_stop(line: str) -> bool:
    return bool(_FULL_STOP.search(line)) and not _ABBREVIATION.search(line)


def _length(span: Span) -> int:
    return span[1] - span[0]
