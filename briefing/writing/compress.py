"""Sentence compression: delete dependents of a parsed sentence by a knapsack over its tree.

Each dependent is kept or deleted with its subtree. A kept word gains the probability that an
editor uses it (`worth`); a deletion costs the log-probability that an editor makes it. Dynamic
programming over the subtrees finds the best tree of each length up to the limit (the tree knapsack
of Hirao et al. 2013, "Single-document summarization as a tree knapsack problem", on the dependency
tree of one sentence). The rules of `language.deletion` decide what must stay; callers that show a
compression check it against them again as a whole.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from briefing.language import Parse
from briefing.language.deletion import Deletion
from briefing.language.obligatory import FREE, obligatory, reports
from briefing.language.parse import surface
from briefing.language.valency import drop_model

_KEEP_AT_LEAST = 0.3
"""Lowest deletion probability of a dependent that may be deleted."""
_EDITOR = 0.25
"""Weight of the deletion log-probability against the worth of words."""
_AGAIN = 0.3
"""Factor for the worth of a repeated word."""
_WEIGHTS = (0.6, 1.2)
"""Weights of the words' worth, for two compressions of each length."""
_FEWEST = 4
_NEVER = frozenset({"speaker", "clause"})
"""Reservations that exclude a compression; others only lower its probability."""
_CLAUSES = frozenset({"ccomp", "conj", "parataxis"})


@dataclass(frozen=True, slots=True)
class Compression:
    """A line made of some of a sentence's words.

    ``chance`` is the log-probability of its deletions under the drop model (0: no deletions),
    ``rarest`` the probability of the least likely one.
    """

    text: str
    kept: frozenset[int]
    chance: float
    rarest: float


_Table = dict[int, tuple[float, int]]
"""By length in words: the best score, and the kept tokens as a bit mask."""


def compressions(
    parse: Parse,
    most: int,
    worth: Callable[[str], float],
    *,
    headline: bool,
) -> list[Compression]:
    """Return grammatical compressions of at most ``most`` words, the most probable first.

    ``worth`` is the probability, 0..1, that an editor uses a word. The unchanged sentence is
    included if it is short enough.
    """
    values = _values(parse, worth)
    masks: dict[int, None] = {}
    for root in _tops(parse):
        for weight in _WEIGHTS:
            tree = _Tree(parse, most, [weight * value for value in values], headline)
            for size, (_, mask) in tree.best(root).items():
                if size >= _FEWEST:
                    masks[mask] = None
    found: dict[str, Compression] = {}
    for mask in masks:
        kept = frozenset(_bits(mask))
        if compression := _compression(parse, kept, most, headline):
            found.setdefault(compression.text, compression)
    return sorted(found.values(), key=lambda compression: -compression.chance)


def _compression(
    parse: Parse, kept: frozenset[int], most: int, headline: bool
) -> Compression | None:
    """The compression that keeps these tokens; None if it breaks a rule or the length limits."""
    first = min(kept)
    if parse.lower[first] == "that" and parse.relations[first] == "mark":
        kept -= {first}
    text = surface(parse, kept)
    if not _FEWEST <= len(text.split()) <= most:
        return None
    deletion = Deletion(parse, kept, headline=headline)
    if any(True for _ in deletion.faults()) or any(
        fault.kind in _NEVER or (fault.kind == "time" and not headline)
        for fault in deletion.reservations()
    ):
        return None
    chances = [
        max(1e-4, drop_model().probability(parse, at, title=headline))
        for at in deletion.dropped()
        if parse.relations[at] not in FREE and parse.relations[at] not in ("cc", "det")
    ]
    return Compression(text, kept, sum(map(math.log, chances)), min(chances, default=1.0))


def _values(parse: Parse, worth: Callable[[str], float]) -> list[float]:
    """The worth of each token; less for a repeated word."""
    values, seen = [], set()
    for at, word in enumerate(parse.words):
        value = worth(word) if parse.is_word[at] else 0.0
        values.append(value * (_AGAIN if parse.lower[at] in seen else 1.0))
        seen.add(parse.lower[at])
    return values


def _tops(parse: Parse) -> Iterator[int]:
    """Possible main verbs of a compression: the root, and its joined or reported clauses."""
    for root in parse.roots:
        if not parse.is_verb(root):
            continue
        yield root
        for at in parse.children[root]:
            if parse.relations[at] in _CLAUSES and parse.is_verb(at) and parse.is_finite(at):
                if parse.subject(at) is None:
                    continue
                if parse.relations[at] != "ccomp" or reports(parse, root) or at < root:
                    yield at


def _bits(mask: int) -> Iterator[int]:
    at = 0
    while mask:
        if mask & 1:
            yield at
        mask >>= 1
        at += 1


class _Tree:
    """Dynamic programming over the dependency tree of one sentence."""

    def __init__(
        self,
        parse: Parse,
        most: int,
        values: list[float],
        headline: bool,
    ) -> None:
        self._parse = parse
        self._most = most
        self._values = values
        self._headline = headline
        self._model = drop_model()
        self._known: dict[int, _Table] = {}

    def best(self, top: int) -> _Table:
        """Return, by length, the best subtree that keeps ``top``."""
        if top in self._known:
            return self._known[top]
        parse = self._parse
        table: _Table = {self._cost(top): (self._values[top], 1 << top)}
        for child in parse.children[top]:
            relation = parse.relations[child]
            if relation in ("cc", "preconj") or (relation == "punct" and not parse.is_word[child]):
                continue
            table = self._with_child(table, top, child)
            if not table:
                break
        self._known[top] = table
        return table

    def _with_child(self, table: _Table, top: int, child: int) -> _Table:
        """The table with the child's subtree kept, or deleted where that is allowed."""
        below = self.best(child)
        chance = self._chance(child)
        joiner = self._joiner(top, child)
        grown: _Table = {}
        for size, (score, mask) in table.items():
            if chance is not None:
                _improve(grown, size, score + _EDITOR * math.log(chance), mask)
            stays = 0.0 if chance is None else _EDITOR * math.log(max(1e-3, 1 - chance))
            for more, (gain, tokens) in below.items():
                total = size + more + (1 if joiner and not mask & joiner else 0)
                if total <= self._most:
                    _improve(grown, total, score + gain + stays, mask | tokens | joiner)
        return grown

    def _joiner(self, top: int, child: int) -> int:
        """The conjunctions to keep with a conjunct, as a bit mask."""
        parse = self._parse
        if parse.relations[child] != "conj":
            return 0
        return sum(
            1 << at for at in parse.children[top] if parse.relations[at] in ("cc", "preconj")
        )

    def _chance(self, child: int) -> float | None:
        """The probability that an editor deletes the child; None if it is obligatory."""
        parse, relation = self._parse, self._parse.relations[child]
        if relation == "det":
            return None
        if relation in FREE:
            return 0.9
        if obligatory(parse, child) not in ("", "lost-list-member"):
            return None
        chance = self._model.probability(parse, child, title=self._headline)
        return min(chance, 0.999) if chance >= _KEEP_AT_LEAST else None

    def _cost(self, at: int) -> int:
        """The number of words (0 or 1) that a token adds to a line."""
        parse = self._parse
        if not parse.is_word[at] or parse.relations[at] == "case" or parse.lower[at] == "n't":
            return 0
        tight = at > 0 and parse.ends[at - 1] == parse.starts[at]
        return 0 if tight and parse.words[at - 1] in ("-", "–", "/", "$", "£", "€") else 1


def _improve(table: _Table, size: int, score: float, mask: int) -> None:
    if size not in table or table[size][0] < score:
        table[size] = (score, mask)
