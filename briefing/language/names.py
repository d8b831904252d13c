"""Find the names of a line, and check whether a source has them.

A name is a run of capitalised words. A source has it if it has the same words side by side (or a
longer form of the name), its initials, or an abbreviation that the article introduces in brackets
(Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions").
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from briefing.language.tokens import Token, fold, namelike, ordinary, tokens
from briefing.language.word_lists import groups, word_class

_BRACKETED = re.compile(r"\(([A-Za-z][A-Za-z.&]{1,11})\)")
_JOINS = frozenset({" ", "-", ". ", "' ", "/", "."})
TITLES = word_class("forms_of_address")
PARTICLES = word_class("name_particles")
PLACES = frozenset(form for group in groups("nationalities") for form in group)
"""Names of countries and their people."""
LINKS = frozenset("of the and for in on to &".split())
"""Words inside a long name that its initials skip."""
_CANON = {
    form: group[0]
    for table in ("nationalities", "affiliations")
    for group in groups(table)
    for form in group
}
_COUNTRIES = frozenset(group[0] for group in groups("nationalities"))
_TITLE_FORMS = {form: group[0] for group in groups("titles") for form in group}
"""Forms of address by any of their spellings: "prof" is "professor"."""
COURTESY = word_class("courtesy")
"""Forms of address that say nothing of a person but to call them by."""
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
    """A canonical unit of a name: its key and its tokens ``first..last``."""

    key: str
    first: int
    last: int


def canonical(words: Sequence[Token]) -> tuple[Name, ...]:
    """Return the tokens of a text as canonical units, "United States" as one."""
    units: list[Name] = []
    index = 0
    while index < len(words):
        key, width = words[index].key, 1
        if key in _FIRST and index + 1 < len(words):
            pair = (key, words[index + 1].key)
            if pair in _MULTI and words[index + 1].gap == " ":
                key, width = _MULTI[pair], 2
        if width == 1:
            key = canon(words[index])
        units.append(Name(key, index, index + width - 1))
        index += width
    return tuple(units)


def canon(token: Token) -> str:
    """Return the canonical key of a token; "us" is the country only if written so."""
    if token.key == "us" and token.text not in ("US", "U.S.", "U.S", "US's", "U.S.'s"):
        return "us"
    return _CANON.get(token.key) or _TITLE_FORMS.get(token.key, token.key)


def separates(key: str) -> bool:
    """Whether a name may end beside this word: "US President", "Senate Republicans"."""
    return key in TITLES or key in word_class("bodies") or key in _COUNTRIES


def known_name(key: str) -> bool:
    """Whether ``key`` is a form of a country, faith or party: ``italy``, ``tories``."""
    return key in _CANON


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive units of one name, and whether each may stand apart from its neighbours."""

    units: tuple[Name, ...]
    loose: tuple[bool, ...]


def runs(words: Sequence[Token], lowered: Collection[str], skip: Collection[int]) -> list[Run]:
    """Return the names of a line.

    ``lowered`` holds words that the source writes in lower case (so that "Police" at the start of a
    line is not a name); ``skip`` holds tokens that belong to dates or numbers.
    """
    title_case = _title_case(words)
    names: list[Run] = []
    units: list[Name] = []
    for unit in canonical(words):
        named = unit.first not in skip and _named(words, unit, lowered, title_case)
        if units and (not named or not _joined(words, units[-1], unit)):
            names.append(_run(words, units))
            units = []
        if named:
            units.append(unit)
    return names + ([_run(words, units)] if units else [])


def _run(words: Sequence[Token], units: list[Name]) -> Run:
    loose = tuple(
        separates(unit.key) or words[unit.last].text.endswith(("'s", "'")) for unit in units
    )
    return Run(tuple(units), loose)


def _title_case(words: Sequence[Token]) -> bool:
    """Whether nearly all words are capitalised, so that capitals carry no information."""
    long = [t for t in words if not t.function and t.text[0].isalpha()]
    return len(long) > 4 and sum(t.capital for t in long) > 0.8 * len(long)


def _joined(words: Sequence[Token], left: Name, right: Name) -> bool:
    """Whether two capitalised units are parts of one name."""
    gap = words[right.first].gap
    if words[left.last].text.endswith(("'s", "s'")) and gap != "-":
        return False
    return gap in _JOINS and not words[right.first].initial


def _named(words: Sequence[Token], unit: Name, lowered: Collection[str], title_case: bool) -> bool:
    """Whether the unit is a name or part of one."""
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
    """Whether the word before or after is certainly a name."""
    for at in (unit.first - 1, unit.last + 1):
        if 0 <= at < len(words) and words[at].capital and not ordinary(words[at].key):
            return words[unit.first].key not in TITLES
    return False


def _initial_name(words: Sequence[Token], unit: Name, lowered: Collection[str]) -> bool:
    """Whether a unit capitalised for its position is a name, and no title: "Firefighter Holt"."""
    token = words[unit.first]
    return {token.key, f"{token.key}s"}.isdisjoint(lowered) and (
        not ordinary(token.key) or namelike(token.key)
    )


def _particle(words: Sequence[Token], unit: Name) -> bool:
    """Whether the unit is ``de``, ``van``, ``al-`` between two capitalised words."""
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


class NameSource:
    """Index of a source's canonical keys, capitals and abbreviations."""

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
        """Return None if the source has the name, else the units ``(from, to)`` it lacks."""
        keys = [unit.key for unit in run.units]
        at = 0
        while at < len(keys):
            size = next((n for n in range(len(keys), at, -1) if self._piece(keys[at:n])), None)
            if size is None and keys[at] in COURTESY and self._may_address(keys[at : at + 2]):
                at += 1
                continue
            if size is None:
                return at, len(keys)
            if size < len(keys) and not any(
                run.loose[i] for i in (size - 1, size) if 0 <= i < len(keys)
            ):
                return 0, len(keys)
            at = size
        return None

    def _may_address(self, keys: list[str]) -> bool:
        """Whether the source calls a person by no other form of address: Mrs Holt, not Mr Holt."""
        called = {self.keys[at - 1] for at in self.places.get(keys[-1], ()) if at}
        return len(keys) == 2 and called.isdisjoint(COURTESY - {keys[0]})

    def contradicts(self, left: str, link: str, right: str) -> bool:
        """Whether the source has "Bank of" another name than ``right``."""
        others = {
            self.keys[at + 2]
            for at in self.places.get(left, ())
            if at + 2 < len(self.keys) and self.keys[at + 1] == link and self.capital[at + 2]
        }
        return bool(others) and right not in others

    def _piece(self, keys: list[str]) -> bool:
        """Whether the source has ``keys`` together, in a longer name, or abbreviated."""
        if self._contiguous(keys) or self._alias(keys):
            return True
        return len(keys) == 1 and self.short(keys[0])

    def _contiguous(self, keys: list[str]) -> bool:
        """Whether the keys occur in order with at most two name words between them."""
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
        """Return positions that may continue a name after ``at``, past middle names."""
        positions = []
        for position in range(at + 1, min(at + 4, len(self.keys))):
            positions.append(position)
            if not self.capital[position]:
                break
        return positions

    def short(self, key: str) -> bool:
        """Whether ``key`` is the initials of a name in the source, or another number of a word."""
        plural = key.endswith("s") and key[:-1] in self.places
        if len(key) > 3 and (plural or key + "s" in self.places):
            return True
        return 2 <= len(key) <= 8 and key in self._initials()

    def _initials(self) -> set[str]:
        initials: set[str] = set()
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
                    initials.add(letters)
        return initials

    def _alias(self, keys: list[str]) -> bool:
        """Whether the source has the article's abbreviation or long form of the name."""
        other = self.aliases.get(" ".join(keys))
        return other is not None and self._contiguous(other.split())


class Abbreviation(NamedTuple):
    """An abbreviation introduced in brackets after its long form.

    ``short`` is as written, ``start`` and ``end`` are the offsets of the long form, ``keys`` its
    canonical keys.
    """

    short: str
    start: int
    end: int
    keys: tuple[str, ...]


def abbreviations(text: str) -> Iterator[Abbreviation]:
    """Yield the abbreviations that a text introduces: "the Harbour and Rail Union (HRU)"."""
    folded = fold(text)
    for match in _BRACKETED.finditer(folded):
        offset = max(0, match.start() - 90)
        words = tokens(folded[offset : match.start()])
        units = canonical(words)
        keys = [unit.key for unit in units]
        first = _expanded(match.group(1).replace(".", "").lower(), keys)
        if first is not None:
            span = words[units[first].first].start, words[-1].end
            yield Abbreviation(
                match.group(1), offset + span[0], offset + span[1], tuple(keys[first:])
            )


@lru_cache(maxsize=64)
def aliases(text: str) -> dict[str, str]:
    """Return abbreviations introduced in brackets, in both directions (short and long)."""
    forms: dict[str, str] = {}
    for found in abbreviations(text):
        short, long = found.short.replace(".", "").lower(), " ".join(found.keys)
        forms[short] = long
        forms[long] = short
        forms[" ".join(k for k in found.keys if k not in LINKS)] = short
    return forms


def _expanded(short: str, keys: Sequence[str]) -> int | None:
    """Return where the last words before a bracket begin whose initials spell ``short``."""
    for start in range(len(keys) - 1, max(-1, len(keys) - 11), -1):
        for skip in (LINKS, frozenset[str]()):
            initials = "".join(key[0] for key in keys[start:] if key not in skip)
            if initials == short and keys[start] not in skip:
                return start
    return None
