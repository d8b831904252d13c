"""Split a part of an article into sentences, with offsets into the part as given."""

import re
from collections.abc import Iterable, Iterator

from briefing.article import Part, Sentence
from briefing.read.clean import INVISIBLE, clean
from briefing.read.paragraphs import Span, paragraph_spans

MAX_WORDS = 150
"""A sentence with more words than this is cut, at a comma where there is one."""
MAX_CHARACTERS = 1_500
"""A sentence with more characters than this is cut likewise, if need be inside a word."""

_LOOK_BACK = 400  # bounded, so that joining many pieces stays linear

_FIRST_PARAGRAPH: dict[Part, int] = {"title": -2, "subtitle": -1, "body": 0}
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s")
# Ends that syntok does not see, because no space follows them or none is needed: the full stops
# of East Asian and Indic scripts and of Urdu, and bullets inside a line.
_HARD_END = re.compile(r"[。！？।॥۔؟]+[」』”’）\"']*\s*|\s+(?=[•▪●◦‣]\s)")
# Quotation marks decoded wrongly: three characters that stand for one.
_BROKEN_QUOTE = re.compile("â€([\x9c\x9d\x98\x99œ˜™])")
_QUOTES = {"\x9c": "“", "œ": "“", "\x9d": "”", "\x98": "‘", "˜": "‘", "\x99": "’", "™": "’"}
# Windows-1252 read as Latin-1: controls that `clean` turns into what was meant.
_CONTROLS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
_MEANT = {code: meant for code, meant in _CONTROLS.items() if meant != "\ufffd" and code != 0x85}


def sentence_texts(text: str) -> list[str]:
    """The sentences of a text as readable strings."""
    return [sentence.text for sentence in split_sentences(text)]


def split_sentences(text: str, part: Part = "body") -> tuple[Sentence, ...]:
    """Split one part of an article into its sentences.

    Offsets increase, do not overlap, and cover every visible character of ``text``; each
    sentence's text is ``clean(text[start:end])``. Only the body has paragraphs of its own. Time
    grows linearly with the text.
    """
    spans = paragraph_spans(text) if part == "body" else [(0, len(text))]
    sentences: list[Sentence] = []
    paragraph = _FIRST_PARAGRAPH[part]
    for start, end in spans:
        before = len(sentences)
        for first, last in sentence_spans(text[start:end]):
            span = (start + first, start + last)
            if readable := clean(text[slice(*span)]):
                sentences.append(Sentence(part, *span, readable, paragraph))
        paragraph += part == "body" and len(sentences) > before
    return tuple(sentences)


def sentence_spans(paragraph: str) -> list[Span]:
    """Where the sentences of one paragraph lie."""
    plain, origin = _plain(paragraph)
    spans = [piece for span in _joined(plain) for piece in _bounded(plain, *span)]
    if origin is None:
        return spans
    # What is hidden after a visible character belongs to it.
    following = [*origin, len(paragraph)]
    return [(origin[start], following[end]) for start, end in spans]


def _plain(paragraph: str) -> tuple[str, list[int] | None]:
    """The paragraph as syntok should see it, and where each character came from."""
    text = _BROKEN_QUOTE.sub(lambda quote: _QUOTES[quote[1]] + "\u00ad\u00ad", paragraph)
    text = _SPACE.sub(" ", text.translate(_MEANT))
    if not INVISIBLE.search(text):
        return text, None
    hidden = {match.start() for match in INVISIBLE.finditer(text)}
    origin = [index for index in range(len(text)) if index not in hidden]
    return "".join(text[index] for index in origin), origin


def _joined(text: str) -> Iterator[Span]:
    """Sentences by syntok, corrected by the rules for news."""
    for start, end in _slices(text, (match.end() for match in _HARD_END.finditer(text))):
        chunk = text[start:end]
        for first, last in _repaired(chunk, list(_slices(chunk, _starts(chunk)))):
            yield start + first, start + last


def _repaired(chunk: str, spans: list[Span]) -> Iterator[Span]:
    """Join what belongs together, then cut where an end was missed."""
    from briefing.read.boundaries import belongs_together, missed_starts  # slow to compile

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
    """Offsets at which syntok begins a sentence."""
    from syntok.segmenter import analyze

    for paragraph in analyze(chunk):
        for tokens in paragraph:
            yield tokens[0].offset


def _slices(text: str, starts: Iterable[int]) -> Iterator[Span]:
    """Cut ``text`` before each of ``starts``; white space at the cuts and empty slices go."""
    previous = 0
    for start in (*starts, len(text)):
        piece = text[previous:start]
        if body := piece.strip():
            begin = previous + len(piece) - len(piece.lstrip())
            yield begin, begin + len(body)
        previous = max(previous, start)


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut a sentence that is too long to be one."""
    if end - start <= MAX_CHARACTERS and text.count(" ", start, end) < MAX_WORDS:
        yield start, end
        return
    words = [piece for match in _WORD.finditer(text, start, end) for piece in _chopped(match)]
    first = 0
    while first < len(words):
        last = _window(text, words, first)
        yield words[first][0], words[last - 1][1]
        first = last


def _chopped(match: re.Match[str]) -> Iterator[Span]:
    """A word in pieces that are short enough."""
    for start in range(match.start(), match.end(), MAX_CHARACTERS):
        yield start, min(start + MAX_CHARACTERS, match.end())


def _window(text: str, words: list[Span], first: int) -> int:
    """Index after the last word of the piece that begins with word ``first``."""
    last = first + 1
    while (
        last < len(words)
        and last - first < MAX_WORDS
        and words[last][1] - words[first][0] <= MAX_CHARACTERS
    ):
        last += 1
    if last == len(words):
        return last
    for index in range(last, first + (last - first) // 2, -1):
        if text[words[index - 1][1] - 1] in ",;:":
            return index
    return last
