"""Read plain text: split title, standfirst and body, and check the size limits.

Its form is told by `briefing.reading.genres`: recipes are refused, contracts, minutes, interviews,
live blogs and lists have a warning, press releases lose what is not their news, and texts a
photograph's caption.
"""

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypedDict

from briefing.briefs import Article, Sentence
from briefing.errors import EmptyInput, InputError, NoArticle, TooLong, TooShort
from briefing.language.tokens import count_words, is_spaced
from briefing.options import MAX_CHARACTERS
from briefing.reading.encoding import ESCAPES, clean, detect_language
from briefing.reading.genres import (
    caption_end,
    dateline_end,
    genre_warnings,
    press_span,
    unsaid_spans,
    with_headings_joined,
)
from briefing.reading.sentences import (
    Span,
    adjacent,
    lines,
    paragraph_spans,
    sentence_spans,
    split_sentences,
)

MAX_BYTES = 25_000_000
"""Maximum size of a file (HTML, PDF, text in a wide encoding), in bytes."""


@dataclass(slots=True)
class TextLimits:
    """Limits of texts in this process: the most ``characters`` (code points) of an article."""

    characters: int = MAX_CHARACTERS


text_limits = TextLimits()
"""The limits in force."""
MIN_WORDS = 6
"""Minimum length of an article, in words."""
MIN_SENTENCE_WORDS = 4
"""Minimum length of the longest sentence, in words."""


def check_bytes(size: int) -> None:
    """Raise `TooLong` if ``size`` exceeds `MAX_BYTES`."""
    if size > MAX_BYTES:
        raise TooLong(
            f"The input has {size / 1e6:.0f} MB; the limit is {MAX_BYTES // 1_000_000} MB. "
            "Split it, or provide only the article's text."
        )


def check_size(text: str) -> None:
    """Raise `TooLong` if the text exceeds a limit and `EmptyInput` if it is blank."""
    if len(text) > (most := text_limits.characters):
        raise TooLong(
            f"The text has {len(text):,} characters; the limit is {most:,}. "
            "Split it into several articles."
        )
    if not text.strip():
        raise EmptyInput("The input has no text. Provide the text of an article.")


def _check_sentences(sentences: Sequence[Sentence]) -> None:
    """Raise if the body is empty, or the article has too few words or no full sentence."""
    if not any(sentence.part == "body" for sentence in sentences):
        raise EmptyInput("The input has no readable text. Provide the text of an article.")
    words = [count_words(sentence.text) for sentence in sentences]
    if (total := sum(words)) < MIN_WORDS:
        raise TooShort(
            f"The text has only {total} word{'' if total == 1 else 's'}. "
            "Provide the whole article, at least one full sentence."
        )
    if max(words) < MIN_SENTENCE_WORDS:
        raise TooShort("The text has no full sentence. Provide the article's running text.")


_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_MIN_UNPUNCTUATED = 60
_MAX_WORDS_TO_A_STOP = 100
_ANY_STOP = re.compile(r"(?<=\S)[.!?…।۔؟։,;،](?=[\"'”’»)\]\s]|$)")
"""A mark after a word; commas count, since a sentence of hundreds of words may have one stop."""


def _check_punctuation(body: str) -> None:
    """Raise `NoArticle` if the body is speech without punctuation.

    Lists and tables have no full stops either, but blank lines, or lines that begin in upper case
    or a number; and some scripts have none.
    """
    words = len(body.split())
    longest = max(len(block.split()) for block in _BLANK_LINE.split(body))
    if longest < _MIN_UNPUNCTUATED or not is_spaced(body):
        return
    if len(_ANY_STOP.findall(body)) * _MAX_WORDS_TO_A_STOP > words:
        return
    starts = [body[start] for start, _ in lines(body)]
    if (
        len(starts) > words / _MAX_WORDS_TO_A_STOP
        and sum(map(str.islower, starts)) < len(starts) / 2
    ):
        return
    raise NoArticle(
        "The text has no punctuation, so its sentences cannot be told apart. Provide a transcript "
        "with punctuation, as most speech-to-text programs can write it."
    )


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


class KnownParts(TypedDict, total=False):
    """What is known of a document beside its bytes.

    The declared charset, its URL, and the title and standfirst that override its own.
    """

    charset: str | None
    url: str | None
    title: str | None
    subtitle: str | None


@contextmanager
def said_if_short(advice: str) -> Iterator[None]:
    """Say ``advice`` where a document turns out to have hardly any text.

    Raises:
        NoArticle: with ``advice``, in place of an `InputError` of `article_from_text` that does not
            say already what is wrong.
    """
    try:
        yield
    except (TooLong, NoArticle):
        raise
    except InputError as error:
        raise NoArticle(advice) from error


_quieting = threading.Lock()
_quieted: dict[str, tuple[int, int]] = {}
"""By name of a logger, the calls that want it quiet, and the level that it had before."""


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Keep the logger of a library from telling of faults that are raised or skipped here.

    It has its level again when the last of the calls at the same time is over, unless the
    application has set another one by then.
    """
    logger = logging.getLogger(name)
    with _quieting:
        calls, level = _quieted.get(name, (0, logger.level))
        _quieted[name] = (calls + 1, level)
        if not calls:
            logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        with _quieting:
            calls, level = _quieted.pop(name)
            if calls > 1:
                _quieted[name] = (calls - 1, level)
            elif logger.level == logging.CRITICAL:
                logger.setLevel(level)


def article_from_text(
    text: str,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    url: str | None = None,
    published: str | None = None,
    warnings: tuple[str, ...] = (),
) -> Article:
    """Read plain text.

    Without ``title``, the first lines may be title and standfirst: see `split_parts`. With a
    title, the text is the body, except for a first line that repeats the title. An empty ``title``
    means that there is none. The parts are exact slices of ``text``, without a photograph's caption
    before them, a dateline and what stands around the news in a press release; the headings of a
    list are joined to its items. The sentences are all of the parts', but not what the sender of a
    press release feels. The language is detected.

    Raises:
        EmptyInput, TooShort, TooLong: the text is not an article, or exceeds a limit.
        NoArticle: it has no punctuation, or a form that is not an article's, such as a recipe's.
    """
    check_size(text)
    start, end = press_span(text)
    is_release = end - start < len(text)
    start += caption_end(text[start:end])
    parts = split_parts(text[start:end], title=title, subtitle=subtitle)
    begins = dateline_end(parts.body)
    body = with_headings_joined(parts.body[begins:])
    unsaid = unsaid_spans(body) if is_release else []
    sentences = (
        *split_sentences(parts.title or "", "title"),
        *split_sentences(parts.subtitle or "", "subtitle"),
        *(each for each in split_sentences(body) if not _within(each, unsaid)),
    )
    genre = genre_warnings(text)
    _check_sentences(sentences)
    _check_punctuation(body)
    return Article(
        title=parts.title,
        subtitle=parts.subtitle,
        body=body,
        sentences=sentences,
        language=detect_language(body),
        url=url,
        published=published,
        warnings=warnings + genre,
        authored=not genre,
        dateline=clean(parts.body[:begins]) if begins else "",
    )


def _within(sentence: Sentence, spans: Sequence[Span]) -> bool:
    return any(start <= sentence.start < end for start, end in spans)


def split_parts(text: str, *, title: str | None = None, subtitle: str | None = None) -> Parts:
    """Split a text into title, standfirst and body.

    The first line is the **title** if it has at most 25 words and two sentences, does not end in
    a full stop, comma or colon, is not a bullet, and is followed by text that does not continue it
    in lower case. The second line is the **standfirst** if it has at most 40 words, is not a
    byline or caption, at least three sentences follow it, and either it does not end like a
    sentence, or the layout sets it apart: directly under the title, while blank lines separate the
    body's paragraphs. A one-sentence lead paragraph, common in news, thus stays in the body.
    """
    if title is not None and not clean(title):
        return Parts(None, _nonblank(subtitle), text)
    title, subtitle = _nonblank(title), _nonblank(subtitle)
    spans = lines(text)
    if title is not None:
        repeated = len(spans) > 1 and same_text(text[slice(*spans[0])], title)
        return Parts(title, subtitle, text[spans[1][0] :] if repeated else text)
    if not _is_title(text, spans):
        return Parts(None, subtitle, text)
    title = text[slice(*spans[0])]
    if subtitle is None and _is_standfirst(text, spans):
        return Parts(title, text[slice(*spans[1])], text[spans[2][0] :])
    return Parts(title, subtitle, text[spans[1][0] :])


def _nonblank(part: str | None) -> str | None:
    """Return a given title or standfirst without escape sequences; None if nothing is visible."""
    return ESCAPES.sub("", part) if part and clean(part) else None


def same_text(line: str, title: str) -> bool:
    """Whether two texts differ at most in their cases and in what `clean` takes out."""
    return clean(line).casefold() == clean(title).casefold()


def _is_title(text: str, spans: list[Span]) -> bool:
    if len(spans) < 2:
        return False
    line = clean(text[slice(*spans[0])]) if _length(spans[0]) <= 2 * MAX_TITLE_CHARACTERS else ""
    if not line or len(line) > MAX_TITLE_CHARACTERS or len(line.split()) > MAX_TITLE_WORDS:
        return False
    if line.endswith(_NOT_AT_END) or _ends_in_full_stop(line) or _BULLET.match(line):
        return False
    continued = adjacent(text, *spans[:2]) and text[spans[1][0]].islower()
    return not continued and len(sentence_spans(line)) <= 2


def _is_standfirst(text: str, spans: list[Span]) -> bool:
    if len(spans) < 3 or _length(spans[1]) > 20 * MAX_STANDFIRST_WORDS:
        return False
    start, end = spans[1]
    if paragraph_spans(text[start : start + 4_000])[0][1] > end - start:
        return False  # the first line of a wrapped paragraph
    line = clean(text[start:end])
    words = len(line.split())
    if not 4 <= words <= MAX_STANDFIRST_WORDS or _BYLINE.match(line) or _BULLET.match(line):
        return False
    if line.endswith(_NOT_AT_END) or len(sentence_spans(line)) > 2:
        return False
    like_sentence = line.rstrip(_CLOSING).endswith(("?", "!")) or _ends_in_full_stop(line)
    if like_sentence and not _set_apart(text, spans):
        return False
    return _has_body(text[spans[2][0] :])


def _set_apart(text: str, spans: list[Span]) -> bool:
    """Whether the second line is directly under the title in a text with blank lines."""
    if not adjacent(text, *spans[:2]) or text[spans[2][0]].islower():
        return False
    return not all(adjacent(text, *pair) for pair in pairwise(spans[1:4]))


def _has_body(text: str) -> bool:
    """Whether the rest has enough sentences for a body; only its beginning is split."""
    return len(split_sentences(text[:4_000])) >= _MIN_BODY_SENTENCES


def _ends_in_full_stop(line: str) -> bool:
    return bool(_FULL_STOP.search(line)) and not _ABBREVIATION.search(line)


def _length(span: Span) -> int:
    return span[1] - span[0]
