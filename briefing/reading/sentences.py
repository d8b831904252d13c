"""Split text into paragraphs and sentences, with offsets into the original text.

Sentence splitting is by syntok, with rules for news on top: syntok lacks many abbreviations of
titles and places, and splits at semicolons and around long brackets.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from briefing.briefs import Part, Sentence
from briefing.language.word_lists import (
    ends_abbreviated_in_small,
    ends_before_number,
    ends_with_abbreviation,
    ends_with_title,
    word_class,
)
from briefing.reading.encoding import INVISIBLE, clean, surplus_marks

Span = tuple[int, int]

_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")

_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")

_ITEM = re.compile(r"(?:[•▪●◦‣∙·*\-–—]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")

_MIN_WRAPPED = 40

_SHORT_LINE = 0.6


def lines(text: str) -> list[Span]:
    """Return the spans of the non-blank lines, stripped."""
    spans = []
    for match in _LINE.finditer(text):
        line = match.group()
        if line.strip():
            start = match.start() + len(line) - len(line.lstrip())
            spans.append((start, match.start() + len(line.rstrip())))
    return spans


def adjacent(text: str, first: Span, second: Span) -> bool:
    """Whether there is no blank line between two consecutive lines."""
    between = text[first[1] : second[0]].replace("\r\n", "\n")
    return sum(between.count(mark) for mark in "\n\r\x0b\x0c\x85\u2028\u2029") == 1


def paragraph_spans(text: str) -> list[Span]:
    """Return the spans of the paragraphs: one per line, or one per block if lines are wrapped.

    Lines are wrapped if at least 40% of the single line breaks are inside a sentence: a line of
    40 characters or more without a full stop, then a lower-case letter. In a wrapped text, a line
    break ends a paragraph after a clearly short line and before a bullet.
    """
    spans = _unbroken(text, lines(text))
    pairs = list(pairwise(spans))
    single = [pair for pair in pairs if adjacent(text, *pair)]
    inside = sum(_breaks_sentence(text, *pair) for pair in single)
    if not inside or inside < 0.4 * len(single):
        return spans
    width = max(first[1] - first[0] for first, _ in single)
    joined = spans[:1]
    for first, second in pairs:
        if adjacent(text, first, second) and _continues(text, first, second, width):
            joined[-1] = (joined[-1][0], second[1])
        else:
            joined.append(second)
    return joined


def _unbroken(text: str, spans: list[Span]) -> list[Span]:
    """Join a line that ends with a title to the next: "Sen." and a blank line before "Ada Holt".

    Texts whose sentences a program put on lines of their own are often broken there.
    """
    joined = spans[:1]
    for span in spans[1:]:
        start, end = joined[-1]
        if text[span[0]].isupper() and ends_with_title(text[start:end]):
            joined[-1] = (start, span[1])
        else:
            joined.append(span)
    return joined


def _breaks_sentence(text: str, first: Span, second: Span) -> bool:
    """Whether the break between two lines is clearly inside a sentence."""
    return (
        first[1] - first[0] >= _MIN_WRAPPED
        and text[second[0]].islower()
        and not _ENDS_SENTENCE.search(text[max(first[0], first[1] - 5) : first[1]])
    )


def _continues(text: str, first: Span, second: Span, width: int) -> bool:
    """Whether the second line continues the paragraph of the first, in a wrapped text."""
    if _ITEM.match(text, second[0]):
        return False
    return text[second[0]].islower() or first[1] - first[0] >= _SHORT_LINE * width


_CLOSING = r"[\"'”’»›)\]}*_]"
_ENDS = re.compile(rf"[.!?…‼‽⁇⁈⁉。！？।۔؟](?:\[\w{{1,3}}\]|{_CLOSING}|\s)*$")
_HAS_WORD = re.compile(r"[^\W\d_]")
_HAS_ANY = re.compile(r"\w")
_FIRST_WORD = re.compile(r"[\"'“”‘’«(\[]*([^\W_]+(?:['’]\w+)?)")

# Names that end in an exclamation mark.
_EXCLAIMED = ("Yahoo!", "Jeopardy!", "Yum!", "Mamma Mia!")
_OPENERS = word_class("sentence_openers")

_MISSED = re.compile(
    # An abbreviation that ends a sentence; syntok has only some of the openers.
    r"(?:\b(?:Inc|Co|Corp|Ltd|Jr|Sr|[ap]\.m|U\.S|U\.K|U\.N|E\.U|D\.C|U\.S\.A|Ph\.D|etc)\.[\"”’)]*"
    # A one-character ellipsis.
    r"|(?<=\w)…[\"”’)]*"
    rf")\s+(?=[\"“‘]?(?:{'|'.join(sorted(_OPENERS))})\s)"
    # A domain name.
    r"|\w\.(?:com|edu|gov|net|org|uk)\.\s+(?=[\"“‘]?[A-Z])"
    # A reference mark.
    r"|[.!?][\"”’)]*(?:\[\d{1,3}\])+\s+(?=[\"“‘]?[A-Z])"
    # Two closing quotation marks.
    r"|[.!?](?:[’'][”\"]|[”\"][’'])\s+(?=[\"“‘]?[A-Z])"
    # A number opens a sentence after an ordinary word.
    r"|(?<=\s)(?!(?:al|approx|art|avg|ca|ch|circa|est|fig|max|min|no|nos|pop|pp|sec|vol)\.)"
    r"[a-z]{2,}[.!?][\"”’)]*\s+(?=\d[\d,.]*\s[a-z])"
)
# The same where a space is missing: ``said."We go`` and ``said.”The``.
_GLUED = re.compile(r"[a-z]{2}[.!?](?=[\"“”][A-Z][a-z' ])")


# "Closed until 5 a.m. Traffic is diverted", but "by 5 a.m. Monday", "from 5 a.m. Eastern time".
_AFTER_HOUR = re.compile(
    r"\b(?:until|till|before|after|from|by|to) \d[\d:.]* ?[ap]\.m\.[\"”’)]*\s+(?=[\"“‘]?[A-Z][a-z])"
    r"(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
    r"|Christmas|Easter|New Year|Eastern|Central|Mountain|Pacific|(?:\w+ ){1,3}[Tt]ime\b)"
)
_BARE_WORDS = 2
"""Words up to which what ends with an abbreviation is no sentence."""
_INITIAL = re.compile(r"\b([A-Z][a-z]+) [A-Z]\.$")
"""A first name and an initial: "Ada B." before "Holt"."""


def belongs_together(left: str, right: str) -> bool:
    """Whether two consecutive spans that syntok separated are one sentence."""
    if not _ENDS.search(left[-16:]) or not _HAS_WORD.search(left) or not _HAS_ANY.search(right):
        return True
    if ends_with_title(left) or left.endswith("www."):
        return True
    if left.endswith(_EXCLAIMED) and not _opens_sentence(right):
        return True
    if right[:1].isdigit() and ends_before_number(left):
        return True
    if (name := _INITIAL.search(left)) and not _ordinary(name[1].lower()):
        return not _opens_sentence(right)
    return ends_with_abbreviation(left) and not _opens_sentence(right)


def _ordinary(word: str) -> bool:
    # Imported here, since hardly any text needs it: the list of words takes NumPy.
    from briefing.language.tokens import ordinary

    return ordinary(word)


def missed_starts(sentence: str) -> list[int]:
    """Return the offsets of sentence starts that syntok missed."""
    starts = [
        match.end()
        for match in _MISSED.finditer(sentence)
        if len((first := sentence[: match.end()].rstrip()).split()) > _BARE_WORDS
        or not first.endswith("U.S.")
    ]  # "The U.S. Has given", as some wires write it
    hours = [match.end() for match in _AFTER_HOUR.finditer(sentence)]
    return sorted({*starts, *hours, *_starts_at_glued_quotes(sentence)})


def _starts_at_glued_quotes(sentence: str) -> Iterator[int]:
    """Yield sentence starts at quotation marks without a space, opening or closing."""
    seen = quotes = 0
    for match in _GLUED.finditer(sentence):
        position = match.end()
        quotes += sentence.count('"', seen, position)
        seen = position
        opens = sentence[position] == "“" or (sentence[position] == '"' and quotes % 2 == 0)
        yield position if opens else position + 1


def _opens_sentence(text: str) -> bool:
    first = _FIRST_WORD.match(text)
    return bool(first) and first[1].split("'")[0].split("’")[0] in _OPENERS  # type: ignore[index]


MAX_SENTENCE_WORDS = 150
"""A longer sentence is split, at a comma if there is one."""
MAX_SENTENCE_CHARACTERS = 1_500
"""A longer sentence is split likewise, inside a word if necessary."""

_LEAST_PART = 0.45
"""Least share of a limit that the first of two parts of a sentence has: see `_window`."""

_LOOK_BACK = 400  # bounded, so that joining many pieces stays linear

_FIRST_PARAGRAPH: dict[Part, int] = {"title": -2, "subtitle": -1, "body": 0}
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s")
# Ends that syntok misses because no space follows: the full stops of East Asian and Indic scripts
# and of Urdu; also bullets inside a line.
_HARD_END = re.compile(r"[。！？।॥۔؟]+[」』”’）\"']*\s*|\s+(?=[•▪●◦‣]\s)")
# No word, but a key, an image or an attack, on which syntok would spend much time.
_LONG_WORD = re.compile(rf"\S{{{MAX_SENTENCE_CHARACTERS},}}")
# Quotation marks in mojibake: three characters for one.
_BROKEN_QUOTE = re.compile("â€([\x9c\x9d\x98\x99œ˜™])")
_QUOTES = {"\x9c": "“", "œ": "“", "\x9d": "”", "\x98": "‘", "˜": "‘", "\x99": "’", "™": "’"}
# Windows-1252 read as Latin-1: control characters that `clean` repairs.
_CONTROLS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
_MEANT = {code: meant for code, meant in _CONTROLS.items() if meant != "\ufffd" and code != 0x85}


def parts_of_sentences(sentences: Sequence[Sentence]) -> frozenset[int]:
    """Return the indices of those that are parts of one, which was split since it is too long."""
    found: set[int] = set()
    for at, (first, second) in enumerate(pairwise(sentences)):
        if first.paragraph == second.paragraph and _is_long_part(first.text):
            found |= {at, at + 1}
    return frozenset(found)


def _is_long_part(text: str) -> bool:
    """Whether a text is long and has no end, so that what follows it belongs to it."""
    words, characters = text.count(" ") + 1, len(text)
    size = max(words / MAX_SENTENCE_WORDS, characters / MAX_SENTENCE_CHARACTERS)
    return size >= _LEAST_PART and not _ENDS.search(text[-16:])


def sentence_texts(text: str) -> list[str]:
    """Return the normalised sentences of a text."""
    return [sentence.text for sentence in split_sentences(text)]


def split_sentences(text: str, part: Part = "body") -> tuple[Sentence, ...]:
    """Split one part of an article into sentences.

    Offsets increase, do not overlap, and cover every visible character of ``text``; each
    sentence's text is ``clean(text[start:end])``. Only the body is split into paragraphs. Takes
    linear time.
    """
    spans = paragraph_spans(text) if part == "body" else [(0, len(text))]
    small = _is_small(text)
    sentences: list[Sentence] = []
    paragraph = _FIRST_PARAGRAPH[part]
    for start, end in spans:
        before = len(sentences)
        for first, last in sentence_spans(text[start:end], small=small):
            span = (start + first, start + last)
            if readable := clean(text[slice(*span)]):
                sentences.append(Sentence(part, *span, readable, paragraph))
        paragraph += part == "body" and len(sentences) > before
    return tuple(sentences)


_SMALL_START = re.compile(
    r"(?:(?<=[\w)%]\.)[\"”’)]*|(?<=\w[!?]))\s+(?=[\"“‘(]*[^\W\d_])"  # not: "why?" he asked
)
_SMALL, _MIN_STARTS = 0.8, 2
"""Share of the words after a full stop that have no capital in a text written so, and their least
number."""


def _is_small(text: str) -> bool:
    """Whether the sentences of a text begin in small letters."""
    first = [text[found.end() :].lstrip('"“‘(')[:1] for found in _SMALL_START.finditer(text)]
    return len(first) >= _MIN_STARTS and sum(map(str.islower, first)) >= _SMALL * len(first)


def sentence_spans(paragraph: str, *, small: bool = False) -> list[Span]:
    """Return the spans of the sentences of one paragraph, of a text in ``small`` letters or not."""
    plain, origin = _plain(paragraph)
    joined = (piece for span in _joined(plain) for piece in _in_small(plain, *span, small))
    spans = [piece for span in joined for piece in _bounded(plain, *span)]
    if origin is None:
        return spans
    # Invisible characters belong to the visible one before them.
    following = [*origin, len(paragraph)]
    return [(origin[start], following[end]) for start, end in spans]


def _in_small(text: str, start: int, end: int, small: bool) -> Iterator[Span]:
    """Split a sentence of a text in small letters where another begins without a capital."""
    sentence = text[start:end]
    starts = [
        found.end()
        for found in _SMALL_START.finditer(sentence if small else "")
        if not ends_abbreviated_in_small(sentence[: found.start()])
    ]
    for first, last in _slices(sentence, starts):
        yield start + first, start + last


def _plain(paragraph: str) -> tuple[str, list[int] | None]:
    """Return the paragraph without invisible characters, and the offset of each character."""
    text = _BROKEN_QUOTE.sub(lambda quote: _QUOTES[quote[1]] + "\u00ad\u00ad", paragraph)
    text = text.translate(_MEANT)
    marks = [] if text.isascii() else surplus_marks(text)
    spans = [match.span() for match in INVISIBLE.finditer(text)]
    text = _SPACE.sub(" ", text)
    if not marks and not spans:
        return text, None
    hidden = {index for span in spans for index in range(*span)}
    hidden.update(index for span in marks for index in range(*span))
    origin = [index for index in range(len(text)) if index not in hidden]
    return "".join(text[index] for index in origin), origin


def _joined(text: str) -> Iterator[Span]:
    """Yield the sentences of syntok, corrected by the rules for news."""
    ends = [match.end() for match in _HARD_END.finditer(text)]
    ends += [end for match in _LONG_WORD.finditer(text) for end in match.span()]
    for start, end in _slices(text, sorted(ends)):
        chunk = text[start:end]
        if _LONG_WORD.match(chunk):
            yield start, end
            continue
        for first, last in _repaired(chunk, list(_slices(chunk, _starts(chunk)))):
            yield start + first, start + last


def _repaired(chunk: str, spans: list[Span]) -> Iterator[Span]:
    """Join spans of one sentence, then split at missed starts."""
    joined: list[Span] = []
    for span in spans:
        left = (
            chunk[max(joined[-1][0], joined[-1][1] - _LOOK_BACK) : joined[-1][1]] if joined else ""
        )
        if joined and belongs_together(left, chunk[slice(*span)]):
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    for start, end in joined:
        sentence = chunk[start:end]
        for first, last in _slices(sentence, missed_starts(sentence)):
            yield start + first, start + last


def _starts(chunk: str) -> Iterator[int]:
    """Yield syntok's sentence starts."""
    from syntok.segmenter import analyze

    for paragraph in analyze(chunk):
        for tokens in paragraph:
            yield tokens[0].offset


def _slices(text: str, starts: Iterable[int]) -> Iterator[Span]:
    """Split ``text`` before each of ``starts``, into stripped and non-empty spans."""
    previous = 0
    for start in (*starts, len(text)):
        piece = text[previous:start]
        if body := piece.strip():
            begin = previous + len(piece) - len(piece.lstrip())
            yield begin, begin + len(body)
        previous = max(previous, start)


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    """Split a sentence that exceeds the limits."""
    if end - start <= MAX_SENTENCE_CHARACTERS and text.count(" ", start, end) < MAX_SENTENCE_WORDS:
        yield start, end
        return
    words = [piece for match in _WORD.finditer(text, start, end) for piece in _chopped(match)]
    first = 0
    while first < len(words):
        last = _window(text, words, first)
        yield words[first][0], words[last - 1][1]
        first = last


def _chopped(match: re.Match[str]) -> Iterator[Span]:
    """Split a word that exceeds the limit."""
    for start in range(match.start(), match.end(), MAX_SENTENCE_CHARACTERS):
        yield start, min(start + MAX_SENTENCE_CHARACTERS, match.end())


def _window(text: str, words: list[Span], first: int) -> int:
    """Return the index after the last word of the piece that begins at word ``first``."""
    last = first + 1
    while (
        last < len(words)
        and last - first < MAX_SENTENCE_WORDS
        and words[last][1] - words[first][0] <= MAX_SENTENCE_CHARACTERS
    ):
        last += 1
    if last == len(words):
        return last
    for index in range(last, first + (last - first) // 2, -1):
        if text[words[index - 1][1] - 1] in ",;:":
            return index
    return last
