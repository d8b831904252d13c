"""Names that a line holds and its source does not, read a second time for the evaluation.

A word counts as (part of) a name by its capital alone. At the start of a line or sentence, and in
a line in Title Case, a capital says nothing: there a word counts only where it is not everyday
language, that is, where the evaluated articles seldom write it in lower case.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from scripts.evaluation.words import GRAMMAR, key, plain, root

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:'[^\W\d_]+)*")
_BREAK = re.compile(r"[.!?:;\"(]\s*[\"'(]?$")
_TITLES = frozenset("mr mrs ms miss dr sir lord lady prof st jr sr".split())
_SAME = tuple(
    frozenset(group.split())
    for group in (
        "us usa america american americans united states",
        "uk britain british briton britons united kingdom",
        "eu european union", "un united nations",
        "jan january", "feb february", "mar march", "apr april", "jun june", "jul july",
        "aug august", "sep sept september", "oct october", "nov november", "dec december",
        "mon monday", "tue tues tuesday", "wed wednesday", "thu thurs thursday", "fri friday",
        "sat saturday", "sun sunday", "gov governor", "sen senator senators", "rep representative",
        "gen general", "prof professor", "dr doctor", "gop republican republicans",
        "dutch netherlands", "france french", "germany german", "greece greek", "spain spanish",
        "wales welsh", "ireland irish", "england english", "scotland scottish scots",
        "switzerland swiss", "denmark danish", "sweden swedish", "poland polish", "turkey turkish",
    )
)  # fmt: skip
_TITLE_CASE = 0.75
_STEM = 4


@dataclass(frozen=True)
class Source:
    """The words of a source that a name may rest on."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """Its words as written."""
        return _WORD.findall(plain(self.text))

    @cached_property
    def keys(self) -> frozenset[str]:
        """Its words in lower case, whole and in their parts."""
        return frozenset(key(word) for word in self.words)

    @cached_property
    def roots(self) -> frozenset[str]:
        """The roots of its words."""
        return frozenset(root(word) for word in self.keys)

    @cached_property
    def initials(self) -> str:
        """First letters of its words in order, grammatical ones left out, for short forms."""
        return "".join(word[0].lower() for word in self.words if key(word) not in GRAMMAR)

    def holds(self, word: str) -> bool:
        """True where ``word`` stands in the source in this or another common form."""
        low = key(word)
        if low in self.keys or root(low) in self.roots or low in _TITLES:
            return True
        if any(low in group and group & self.keys for group in _SAME):
            return True
        if word.isupper() and len(low) > 2 and low in self.initials:
            return True
        return any(_derived(low, other) for other in self.keys)


def everyday_words(texts: Iterable[str], least: int = 3) -> frozenset[str]:
    """Words that at least ``least`` of ``texts`` write in lower case."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({key(w) for w in _WORD.findall(plain(text)) if w.islower()})
    return frozenset(word for word, count in counts.items() if count >= least)


def unknown_names(line: str, source: Source, everyday: frozenset[str]) -> list[str]:
    """The capitalised words of ``line`` that ``source`` does not hold."""
    text = plain(line)
    found = list(_WORD.finditer(text))
    title_case = _is_title_case([match.group() for match in found])
    unknown = []
    for match in found:
        word = match.group()
        if not _capital(word) or key(word) in GRAMMAR:
            continue
        before = text[: match.start()]
        silent = title_case or not before.strip(" \"'(") or _BREAK.search(before) is not None
        if silent and (key(word) in everyday or root(key(word)) in everyday):
            continue
        if not source.holds(word):
            unknown.append(word)
    return unknown


def _capital(word: str) -> bool:
    return any(c.isupper() for c in word)


def _is_title_case(words: list[str]) -> bool:
    long = [word for word in words if len(word) > 3]
    return len(long) > 3 and sum(map(_capital, long)) > _TITLE_CASE * len(long)


def _derived(one: str, other: str) -> bool:
    """True for "russia" and "russian", "california" and "californians"."""
    size = min(len(one), len(other))
    if size < _STEM + 1 or abs(len(one) - len(other)) > 3:
        return False
    return one[: size - 1] == other[: size - 1]
