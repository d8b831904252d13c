"""Words: tokens with offsets, stems that match inflections, and which words are ordinary.

Everything keeps the offsets of the text as given: folding replaces single characters by single
characters. The stemmer is deliberately light (Harman 1991, "How effective is suffixing?": an
S-stemmer with past forms is enough to match inflections, and does not merge different words).
"""

import lzma
import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from briefing.language.lexicon import irregular, word_class

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

    ``initial``: first of a sentence, quotation or bracket, so a capital says nothing.
    ``gap`` is what stands between the token before and this one (after folding). ``capital``:
    written like a name, with a capital somewhere (iPhone counts); ``possessive``: "Tuesday's" and
    "it's"; ``function``: a grammatical word, which needs no support. These three are asked for so
    often that they are found once. (A tuple, since a text has hundreds and they are made in a third
    of the time of a frozen dataclass.)
    """

    text: str
    start: int
    end: int
    key: str
    stem: str
    initial: bool
    gap: str
    capital: bool
    possessive: bool
    function: bool


def fold(text: str) -> str:
    """``text`` with plain quotes, hyphens and spaces; same length."""
    return text.translate(_FOLD)


def _plain(word: str) -> str:
    """Lower case, no accents, no possessive, no dots."""
    low = word.lower()
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
    low = low.removesuffix("'s").removesuffix("'")
    return low.replace(".", "") if low[:1].isalpha() else low


@lru_cache(maxsize=65536)
def stem(key: str) -> str:
    """The stem shared by the inflections of a lower-cased word."""
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
    """The words and numbers of ``text``, in order."""
    folded = fold(text)
    found: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(folded):
        raw, gap = match.group(), folded[last : match.start()]
        initial = not found or (
            not _SENTENCE_END.isdisjoint(gap) and not _abbreviated(found[-1], gap)
        )
        key, root, capital, possessive, function = _word(raw)
        start, last = match.span()
        found.append(
            Token(raw, start, last, key, root, initial, gap, capital, possessive, function)
        )
    return tuple(found)


@lru_cache(maxsize=65536)
def _word(raw: str) -> tuple[str, str, bool, bool, bool]:
    """What a word is wherever it stands: key, stem, capital, possessive, function."""
    key = _plain(raw) or raw
    capital = raw != key and not raw.islower() and not raw[0].isdigit()
    return key, stem(key), capital, raw.endswith("'s"), key in _FUNCTION


def _abbreviated(before: Token, gap: str) -> bool:
    """True where the full stop after ``before`` marks an abbreviation or initial."""
    return gap == ". " and (len(before.text) == 1 or before.key in ABBREVIATED)


ABBREVIATED = frozenset(
    (
        "mr mrs ms dr prof sen rep gov gen col lt sgt capt rev hon st jr sr vs no inc corp co "
        "ltd jan feb mar apr jun jul aug sep sept oct nov dec"
    ).split()
)


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """(ordinary words, those of them that are names as often)."""
    packed = (
        resources.files("briefing.language") / "data" / "en" / "ordinary_words.txt.xz"
    ).read_bytes()
    lines = lzma.decompress(packed).decode().split()
    starred = frozenset(line[:-1] for line in lines if line.endswith("*"))
    return frozenset(line.rstrip("*") for line in lines), starred


@lru_cache(maxsize=65536)
def ordinary(key: str) -> bool:
    """True for a word of ordinary news English, or an inflection of one."""
    words = _lists()[0]
    return key in words or key in _FUNCTION or (len(key) > 4 and stem(key) in words)


def namelike(key: str) -> bool:
    """True for an ordinary word that is a name as often: ``mark``, ``apple``."""
    return key in _lists()[1]


def content(text: str) -> list[str]:
    """Stems of the words of ``text`` that carry meaning, in order."""
    return [token.stem for token in tokens(text) if not token.function]


def similar(one: str, other: str) -> bool:
    """True where two stems are likely derivations of one word (elect, election)."""
    size = min(len(one), len(other))
    if size < 5 or abs(len(one) - len(other)) > 4:
        return False
    share = max(5, size - 1)
    return one[:share] == other[:share]
