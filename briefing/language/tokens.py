"""Tokenise text; plain text of Markdown; stems and word vectors.

The vectors are those of a sentence encoder for each of 24,000 common words
alone (MiniLM, Wang et al. 2020), reduced by a truncated SVD (scripts/train/language/vectors.py):
lawyer is near attorney and far from telephone.
"""

import lzma
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from briefing.language.word_lists import irregular, word_class

if TYPE_CHECKING:  # reading counts words, and needs no vectors
    import numpy as np
    from numpy.typing import NDArray

_SCALE = 127.0


class Vectors:
    """Unit vectors of lower-case words."""

    def __init__(self, words: Sequence[str], rows: "NDArray[np.int8]") -> None:
        """Store ``rows`` (words, dimensions), the vectors times 127."""
        self._places = {word: at for at, word in enumerate(words)}
        self._rows = rows

    def of(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """Return one row per word; zeros for unknown words."""
        import numpy as np

        rows: NDArray[np.float32] = np.zeros((len(words), self._rows.shape[1]), dtype=np.float32)
        for at, word in enumerate(words):
            if (place := self._places.get(word)) is not None:
                rows[at] = self._rows[place]
        return rows / _SCALE


@cache
def vectors(language: str = "en") -> Vectors:
    """Load the word vectors of a language."""
    import numpy as np

    file = resources.files("briefing.language") / "data" / language / "vectors.npz"
    with resources.as_file(file) as path, np.load(path) as arrays:
        return Vectors(arrays["words"].tobytes().decode().split(), arrays["rows"])


_FOLD = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´ʼ′", "'"),
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("‐‑‒–−", "-"),
        **dict.fromkeys("\u00a0\u2009\u200a\u202f\u2007\t\n\r", " "),
    }
)
_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S.
    r"|\d+(?:[.,:]\d+)*(?:[^\W\d_]+)?"  # 1,200  5.30pm  25th  1990s
    r"|[^\W_]+(?:'[^\W\d_]+)*"  # plain, O'Brien, didn't, G20
)
_FUNCTION, _IRREGULAR = word_class("function"), irregular()
_SENTENCE_END = frozenset('.!?:;"(')


class Token(NamedTuple):
    """One word of a text: as written, its offsets, its folded ``key`` and its ``stem``.

    ``initial``: first in a sentence, quotation or bracket, so a capital carries no information.
    ``gap`` is the folded text between the previous token and this one. ``capital``: written like a
    name, with a capital somewhere (iPhone counts); ``function``: a grammatical word, which needs no
    support. A tuple is created in a third of the time of a frozen dataclass.
    """

    text: str
    start: int
    end: int
    key: str
    stem: str
    initial: bool
    gap: str
    capital: bool
    function: bool


def fold(text: str) -> str:
    """Return ``text`` with plain quotes, hyphens and spaces; the length stays the same."""
    return text.translate(_FOLD)


def _plain(word: str) -> str:
    """Return a word in lower case, without accents, possessive and dots."""
    low = word.lower()
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
    low = low.removesuffix("'s").removesuffix("'")
    return low.replace(".", "") if low[:1].isalpha() else low


@lru_cache(maxsize=65536)
def stem(key: str) -> str:
    """Return the stem shared by the inflections of a lower-case word."""
    if key in _IRREGULAR:
        key = _IRREGULAR[key]
    if len(key) < 4 or not key.isalpha():
        return key
    for suffix, least in (("ies", 2), ("ied", 2), ("ing", 3), ("ed", 3), ("es", 3), ("s", 3)):
        if key.endswith(suffix) and len(key) - len(suffix) >= least and not key.endswith("ss"):
            return _close(key[: -len(suffix)], suffix)
    return _close(key, "")


def _close(base: str, suffix: str) -> str:
    """Undo spelling changes at the end of a stem: y/i, doubled consonants, silent e."""
    if suffix in ("ies", "ied"):
        return base + "y"
    if suffix in ("ing", "ed") and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    if suffix in ("ing", "ed") and len(base) > 4 and base.endswith("ll"):
        return base[:-1]
    base = base.removesuffix("l") if base.endswith("ll") and len(base) > 4 else base
    return base.rstrip("e") if len(base) > 3 else base


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the words and numbers of ``text``, in order."""
    folded = fold(text)
    result: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(folded):
        raw, gap = match.group(), folded[last : match.start()]
        initial = not result or (
            not _SENTENCE_END.isdisjoint(gap) and not _abbreviated(result[-1], gap)
        )
        key, root, capital, function = _word(raw)
        start, last = match.span()
        result.append(Token(raw, start, last, key, root, initial, gap, capital, function))
    return tuple(result)


@lru_cache(maxsize=65536)
def _word(raw: str) -> tuple[str, str, bool, bool]:
    """Return the key, stem, capital and function fields of a word."""
    key = _plain(raw) or raw
    capital = raw != key and not raw.islower() and not raw[0].isdigit()
    return key, stem(key), capital, key in _FUNCTION


def _abbreviated(before: Token, gap: str) -> bool:
    """Whether the full stop after ``before`` marks an abbreviation or initial."""
    return gap == ". " and (len(before.text) == 1 or before.key in ABBREVIATED)


ABBREVIATED = frozenset(
    (
        "mr mrs ms dr prof sen rep gov gen col lt sgt capt rev hon st jr sr vs no inc corp co "
        "ltd jan feb mar apr jun jul aug sep sept oct nov dec"
    ).split()
)


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Load the ordinary words, and those of them that are as often names."""
    path = resources.files("briefing.language") / "data" / "en" / "ordinary_words.txt.xz"
    lines = lzma.decompress(path.read_bytes()).decode().split()
    starred = frozenset(line[:-1] for line in lines if line.endswith("*"))
    return frozenset(line.rstrip("*") for line in lines), starred


@lru_cache(maxsize=65536)
def ordinary(key: str) -> bool:
    """Whether ``key`` is a word of ordinary news English or an inflection of one."""
    words = _lists()[0]
    return key in words or key in _FUNCTION or (len(key) > 4 and stem(key) in words)


def namelike(key: str) -> bool:
    """Whether an ordinary word is as often a name: ``mark``, ``apple``."""
    return key in _lists()[1]


def content(text: str) -> list[str]:
    """Return the stems of the content words of ``text``, in order."""
    return [token.stem for token in tokens(text) if not token.function]


def similar(one: str, other: str) -> bool:
    """Whether two stems are likely derivations of the same word (elect, election)."""
    size = min(len(one), len(other))
    if size < 5 or abs(len(one) - len(other)) > 4:
        return False
    share = max(5, size - 1)
    return one[:share] == other[:share]


_HAS_LETTER = re.compile(r"[^\W\d_]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def count_words(text: str) -> int:
    """Count words with a letter; in scripts without spaces, two characters count as a word."""
    spaced = sum(1 for word in text.split() if _HAS_LETTER.search(word))
    return max(spaced, len(_UNSPACED.findall(text)) // 2)


def is_spaced(text: str) -> bool:
    """Whether the words of a text are those between its spaces."""
    return _UNSPACED.search(text) is None


_BULLET = re.compile(r"^\s*[•·‣▪]\s+", re.MULTILINE)
"""List items as people and the text renderer write them."""
_BREAKS = {"softbreak": "\n", "hardbreak": "\n"}


def plain_blocks(markdown: str) -> Iterator[str]:
    """Yield the plain text of each block of Markdown: paragraphs, list items and headings.

    Code blocks yield one text per line.
    """
    from markdown_it import MarkdownIt

    for token in MarkdownIt().parse(_BULLET.sub("- ", markdown)):
        if token.type == "inline":
            children = token.children or []
            yield "".join(_BREAKS.get(c.type, c.content) for c in children if c.type != "image")
        elif token.type in ("code_block", "fence"):
            yield from token.content.split("\n")
