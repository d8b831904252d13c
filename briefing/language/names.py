"""Names: which words of a line are names, and whether a source holds them in that order.

A name is a run of capitalised words. It is held where a source has the same words side by side
(or a longer form of the name), its initials, or a short form that the article introduces in
brackets (Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions").
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from briefing.language.lexicon import groups, word_class
from briefing.language.tokens import Token, fold, namelike, ordinary, tokens

_BRACKETED = re.compile(r"\(([A-Za-z][A-Za-z.&]{1,11})\)")
_JOINS = frozenset({" ", "-", ". ", "' ", "/", "."})


TITLES = word_class("forms_of_address")
PARTICLES = word_class("name_particles")
LINKS = frozenset("of the and for in on to &".split())
"""Words inside a long name that its initials skip."""
_CANON = {
    form: group[0]
    for table in ("nationalities", "affiliations")
    for group in groups(table)
    for form in group
}
_COUNTRIES = frozenset(group[0] for group in groups("nationalities"))
_MULTI = {
    ("united", "states"): "america",
    ("united", "kingdom"): "britain",
    ("great", "britain"): "britain",
    ("united", "nations"): "un",
    ("european", "union"): "eu",
    ("new", "zealander"): "zealand",
    ("supreme", "court"): "supreme-court",
}
_FIRST = {pair[0] for pair in _MULTI}


class Name(NamedTuple):
    """One canonical unit of a text: its key and the tokens ``first..last`` it covers."""

    key: str
    first: int
    last: int


def canonical(words: Sequence[Token]) -> tuple[Name, ...]:
    """The tokens of a text as canonical keys, "United States" as one."""
    found: list[Name] = []
    index = 0
    while index < len(words):
        key, width = words[index].key, 1
        if key in _FIRST and index + 1 < len(words):
            pair = (key, words[index + 1].key)
            if pair in _MULTI and words[index + 1].gap == " ":
                key, width = _MULTI[pair], 2
        if width == 1:
            key = canon(words[index])
        found.append(Name(key, index, index + width - 1))
        index += width
    return tuple(found)


def canon(token: Token) -> str:
    """Canonical key of one token; "us" only counts as the country where it is written so."""
    if token.key == "us" and token.text not in ("US", "U.S.", "U.S", "US's", "U.S.'s"):
        return "us"
    return _CANON.get(token.key, token.key)


def separates(key: str) -> bool:
    """True where a name may end beside this word: "US President", "Senate Republicans"."""
    return key in TITLES or key in word_class("bodies") or key in _COUNTRIES


def known_name(key: str) -> bool:
    """True for a form of a country, faith or party: ``italy``, ``tories``."""
    return key in _CANON


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive words of one name: canonical units and whether each may stand apart."""

    units: tuple[Name, ...]
    loose: tuple[bool, ...]


def runs(words: Sequence[Token], lowered: Collection[str], skip: Collection[int]) -> list[Run]:
    """The names of a line.

    ``lowered`` holds words that the source writes in lower case (so that "Police" at the start of
    a line is no name); ``skip`` holds tokens that belong to dates.
    """
    title_case = _title_case(words)
    found: list[Run] = []
    units: list[Name] = []
    for unit in canonical(words):
        named = unit.first not in skip and _named(words, unit, lowered, title_case)
        if units and (not named or not _joined(words, units[-1], unit)):
            found.append(_run(words, units))
            units = []
        if named:
            units.append(unit)
    return found + ([_run(words, units)] if units else [])


def _run(words: Sequence[Token], units: list[Name]) -> Run:
    loose = tuple(
        separates(unit.key) or words[unit.last].text.endswith(("'s", "'")) for unit in units
    )
    return Run(tuple(units), loose)


def _title_case(words: Sequence[Token]) -> bool:
    """True where nearly all words have a capital, so that capitals say nothing."""
    long = [t for t in words if not t.function and t.text[0].isalpha()]
    return len(long) > 4 and sum(t.capital for t in long) > 0.8 * len(long)


def _joined(words: Sequence[Token], left: Name, right: Name) -> bool:
    """True where two capitalised units are parts of one name."""
    gap = words[right.first].gap
    if words[left.last].text.endswith(("'s", "s'")) and gap != "-":
        return False
    return gap in _JOINS and not words[right.first].initial


def _named(words: Sequence[Token], unit: Name, lowered: Collection[str], title_case: bool) -> bool:
    """True where the unit is (part of) a name."""
    token = words[unit.first]
    if not token.capital:
        return _particle(words, unit)
    if token.key == "i" or token.key.startswith("i'"):
        return False
    if unit.last > unit.first or (token.text.isupper() and len(token.key) > 1):
        return not (token.key in lowered and ordinary(token.key)) or token.text in ("US", "U.S.")
    if token.function:
        return False
    if token.initial or title_case:
        return _initial_name(words, unit, lowered)
    return not (token.key in lowered and ordinary(token.key) and not _beside(words, unit))


def _beside(words: Sequence[Token], unit: Name) -> bool:
    """True where the word right before or after is an unmistakable name."""
    for at in (unit.first - 1, unit.last + 1):
        if 0 <= at < len(words) and words[at].capital and not ordinary(words[at].key):
            return words[unit.first].key not in TITLES
    return False


def _initial_name(words: Sequence[Token], unit: Name, lowered: Collection[str]) -> bool:
    """A capital that may be due to its place is a name's where the word is no ordinary one."""
    token = words[unit.first]
    if token.key in lowered:
        return False
    if not ordinary(token.key):
        return True
    return namelike(token.key)


def _particle(words: Sequence[Token], unit: Name) -> bool:
    """``de``, ``van``, ``al-`` between two capitalised words."""
    left = right = unit.first
    if words[left].key not in PARTICLES:
        return False
    while (
        left >= max(0, unit.first - 4) and words[left].key in PARTICLES and not words[left].capital
    ):
        left -= 1
    while (
        right < min(len(words), unit.first + 4)
        and words[right].key in PARTICLES
        and not words[right].capital
    ):
        right += 1
    return left >= 0 and right < len(words) and words[left].capital and words[right].capital


class Source:
    """What the evidence holds: its keys in order, where names stand, its short forms."""

    def __init__(self, texts: Sequence[str], aliases: dict[str, str]) -> None:
        self.keys: list[str] = []
        self.capital: list[bool] = []
        for text in texts:
            words = tokens(text)
            for unit in canonical(words):
                self.keys.append(unit.key)
                self.capital.append(words[unit.first].capital or words[unit.first].key in PARTICLES)
            self.keys.append("\n")
            self.capital.append(False)
        self.places: dict[str, list[int]] = {}
        for at, key in enumerate(self.keys):
            self.places.setdefault(key, []).append(at)
        self.aliases = aliases

    def holds(self, run: Run) -> tuple[int, int] | None:
        """None where all of the name is held; else the units ``(from, to)`` that are not."""
        keys = [unit.key for unit in run.units]
        at = 0
        while at < len(keys):
            size = next((n for n in range(len(keys), at, -1) if self._piece(keys[at:n])), None)
            if size is None:
                return at, len(keys)
            if size < len(keys) and not any(
                run.loose[i] for i in (size - 1, size) if 0 <= i < len(keys)
            ):
                return 0, len(keys)
            at = size
        return None

    def contradicts(self, left: str, link: str, right: str) -> bool:
        """True where "Bank of Norway" is not the source's, which has a "Bank of" another."""
        others = {
            self.keys[at + 2]
            for at in self.places.get(left, ())
            if at + 2 < len(self.keys) and self.keys[at + 1] == link and self.capital[at + 2]
        }
        return bool(others) and right not in others

    def _piece(self, keys: list[str]) -> bool:
        """True where ``keys`` stand together in the source, in a longer name, or abbreviated."""
        return self._contiguous(keys) or (len(keys) == 1 and self.short(keys[0])) or (
            self._alias(keys)
        )  # fmt: skip

    def _contiguous(self, keys: list[str]) -> bool:
        """True for the keys in order, with at most two further name words in between."""
        for start in self.places.get(keys[0], ()):
            at = start
            for key in keys[1:]:
                at = next((p for p in self._reach(at) if self.keys[p] == key), -1)
                if at < 0:
                    break
            if at >= 0:
                return True
        return False

    def _reach(self, at: int) -> list[int]:
        """Positions that may continue a name after ``at``: the next, or past middle names."""
        found = []
        for step in range(1, 4):
            if at + step >= len(self.keys):
                break
            found.append(at + step)
            if not self.capital[at + step] or self.keys[at + step] == "\n":
                break
        return found

    def short(self, key: str) -> bool:
        """True where ``key`` are the initials of a name in the source, or a plural of a word."""
        if len(key) > 3 and key.endswith("s") and key[:-1] in self.places:
            return True
        if len(key) > 3 and key + "s" in self.places:
            return True
        if not 2 <= len(key) <= 8:
            return False
        return key in self._initials()

    def _initials(self) -> set[str]:
        found: set[str] = set()
        for start, capital in enumerate(self.capital):
            if not capital:
                continue
            letters, at = "", start
            while (
                at < len(self.keys)
                and len(letters) < 9
                and (self.capital[at] or self.keys[at] in LINKS)
            ):
                letters += self.keys[at][0] if self.capital[at] else ""
                at += 1
                if len(letters) > 1:
                    found.add(letters)
        return found

    def _alias(self, keys: list[str]) -> bool:
        """True where the article introduces this name with a short (or long) form that is held."""
        other = self.aliases.get(" ".join(keys))
        return other is not None and self._contiguous(other.split())


@lru_cache(maxsize=64)
def aliases(text: str) -> dict[str, str]:
    """Short forms that a text introduces in brackets, both ways: short -> long, long -> short."""
    found: dict[str, str] = {}
    folded = fold(text)
    for match in _BRACKETED.finditer(folded):
        before = canonical(tokens(folded[max(0, match.start() - 90) : match.start()]))
        short = match.group(1).replace(".", "").lower()
        if long := _expansion(short, [unit.key for unit in before]):
            found[short] = long
            found[long] = short
            found[" ".join(k for k in long.split() if k not in LINKS)] = short
    return found


def _expansion(short: str, keys: list[str]) -> str | None:
    """The last words before a bracket whose initials spell ``short``."""
    for start in range(len(keys) - 1, max(-1, len(keys) - 11), -1):
        for skip in (LINKS, frozenset[str]()):
            initials = "".join(key[0] for key in keys[start:] if key not in skip)
            if initials == short and keys[start] not in skip:
                return " ".join(keys[start:])
    return None
