"""Words, stems and n-grams as the evaluation reads them; no code of the checker is shared."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‛`´ʼ′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–−", "-"),
    }
)
WORD = re.compile(r"(?:[A-Za-z]\.){2,}|\d[\d,]*(?:\.\d+)?[a-z]*|[^\W\d_]+(?:'[^\W\d_]+)?")
GRAMMAR = frozenset(
    "a an the and or but nor so yet for of in on at to from by with as into onto over under after "
    "before about up out off down through during between among against within without than then "
    "if that this these those it its he him his she her they them their we us our you your i me "
    "my who whom whose which what when where why how is are was were be been being am has have "
    "had do does did will would can could may might shall should must not no there here also "
    "just only very more most some any each every all both such other own same".split()
)


def plain(text: str) -> str:
    """``text`` with typewriter quotes and hyphens, composed, accents kept."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def written(text: str) -> list[str]:
    """The words and numbers of ``text`` as written."""
    return WORD.findall(plain(text))


def key(word: str) -> str:
    """A word in lower case, without accents, dots or a possessive."""
    word = plain(word).lower()
    word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return word.replace(".", "").removesuffix("'s").strip("'")


def keys(text: str) -> list[str]:
    """The words of ``text`` in lower case."""
    return [key(word) for word in written(text)]


def root(word: str) -> str:
    """A crude root of a word in lower case: what is left without its inflection."""
    for ending in ("'s", "ies", "ied", "ing", "ed", "es", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content(text: str) -> frozenset[str]:
    """Roots of the words of ``text`` that are not grammatical."""
    return frozenset(root(word) for word in keys(text) if word not in GRAMMAR)


def ngrams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """All runs of ``size`` words."""
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def runs_of(texts: Iterable[str], size: int) -> frozenset[tuple[str, ...]]:
    """The n-grams of all texts; none goes across two of them."""
    return frozenset(run for text in texts for run in ngrams(keys(text), size))


def novel_share(line: str, held: Collection[tuple[str, ...]], size: int) -> float:
    """Share of the line's n-grams that are not among ``held`` (0 where it has none)."""
    wanted = ngrams(keys(line), size)
    return sum(run not in held for run in wanted) / len(wanted) if wanted else 0.0
