"""Shorten a parsed sentence by leaving out what can be spared: a knapsack over its tree.

Each dependent stays or goes with all below it. What stays is worth what an editor would want of it
(`worth`, a chance for each word), what goes costs the log-odds that an editor would leave it out;
for each length up to the limit the best tree is found by dynamic programming over the subtrees
(the tree knapsack of Hirao et al. 2013, "Single-document summarization as a tree knapsack
problem", on the dependency tree of one sentence). The rules of `language.deletion` say what must
stay; whoever shows a result asks them once more of the whole.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from briefing.language import Parse
from briefing.language.deletion import Deletion
from briefing.language.drop import DropModel, drop_model
from briefing.language.obligatory import FREE, obligatory, reports
from briefing.language.surface import surface
from briefing.language.valency import Valency, valency

_KEEP_AT_LEAST = 0.3
"""A dependent that an editor is less likely to leave out than this stays."""
_EDITOR = 0.25
"""Weight of an editor's log-chance beside the worth of words."""
_AGAIN = 0.3
"""What a word is worth where it has been said before."""
_WEIGHTS = (0.6, 1.2)
"""Weights of the words' worth: a sparing and a generous compression of each length."""
_FEWEST = 4
_NEVER = frozenset({"speaker", "clause"})
"""Reservations that no line is made against; others cost by what editors do."""
_CLAUSES = frozenset({"ccomp", "conj", "parataxis"})


@dataclass(frozen=True, slots=True)
class Compression:
    """A line that keeps some of a sentence's words.

    ``chance`` is the log-probability of its cuts under the model of editors (0: nothing cut),
    ``rarest`` the probability of the least likely one.
    """

    text: str
    kept: frozenset[int]
    chance: float
    rarest: float


_Table = dict[int, tuple[float, int]]
"""For each length in words the best score, and the kept tokens as a bit mask."""


def compressions(
    parse: Parse,
    most: int,
    worth: Callable[[str], float],
    *,
    headline: bool,
    counts: Valency | None = None,
    model: DropModel | None = None,
) -> list[Compression]:
    """Licensed compressions of at most ``most`` words, the likeliest of editors first.

    ``worth`` is the chance, 0..1, that an editor uses a word. The sentence as it is comes too,
    where it is short enough.
    """
    counts, model = counts or valency(), model or drop_model()
    values = _values(parse, worth)
    masks: dict[int, None] = {}
    for root in _tops(parse):
        for weight in _WEIGHTS:
            tree = _Tree(parse, most, [weight * value for value in values], headline, counts, model)
            for size, (_, mask) in tree.best(root).items():
                if size >= _FEWEST:
                    masks[mask] = None
    found: dict[str, Compression] = {}
    for mask in masks:
        kept = frozenset(_bits(mask))
        if made := _made(parse, kept, most, headline, counts, model):
            found.setdefault(made.text, made)
    return sorted(found.values(), key=lambda made: -made.chance)


def _made(
    parse: Parse, kept: frozenset[int], most: int, headline: bool, counts: Valency, model: DropModel
) -> Compression | None:
    first = min(kept)
    if parse.lower[first] == "that" and parse.relations[first] == "mark":
        kept -= {first}
    text = surface(parse, kept)
    if not _FEWEST <= len(text.split()) <= most:
        return None
    deletion = Deletion(parse, kept, headline=headline, counts=counts)
    if any(True for _ in deletion.faults()) or any(
        fault.kind in _NEVER or (fault.kind == "time" and not headline)
        for fault in deletion.reservations()
    ):
        return None
    chances = [
        max(1e-4, model.probability(parse, at, title=headline, counts=counts))
        for at in deletion.dropped()
        if parse.relations[at] not in FREE and parse.relations[at] not in ("cc", "det")
    ]
    return Compression(text, kept, sum(map(math.log, chances)), min(chances, default=1.0))


def _values(parse: Parse, worth: Callable[[str], float]) -> list[float]:
    """The worth of each token; less for a word that has been said."""
    values, said = [], set()
    for at, word in enumerate(parse.words):
        value = worth(word) if parse.is_word[at] else 0.0
        values.append(value * (_AGAIN if parse.lower[at] in said else 1.0))
        said.add(parse.lower[at])
    return values


def _tops(parse: Parse) -> Iterator[int]:
    """The verbs that a compression may have as its main one: root, joined or reported clauses."""
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
    """The dynamic programme over one sentence."""

    def __init__(
        self,
        parse: Parse,
        most: int,
        values: list[float],
        headline: bool,
        counts: Valency,
        model: DropModel,
    ) -> None:
        self._parse = parse
        self._most = most
        self._values = values
        self._headline = headline
        self._counts = counts
        self._model = model
        self._known: dict[int, _Table] = {}

    def best(self, top: int) -> _Table:
        """For each length, the best subtree at ``top`` that keeps it."""
        if top in self._known:
            return self._known[top]
        parse = self._parse
        table: _Table = {self._cost(top): (self._values[top], 1 << top)}
        for child in parse.children[top]:
            if parse.relations[child] in ("punct", "cc", "preconj") and not parse.is_word[child]:
                continue
            if parse.relations[child] in ("cc", "preconj"):
                continue
            table = self._with_child(table, top, child)
            if not table:
                break
        self._known[top] = table
        return table

    def _with_child(self, table: _Table, top: int, child: int) -> _Table:
        """The table with the child's subtree added, or left out where it may go."""
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
        """The conjunctions that stay with a conjunct, as a mask."""
        parse = self._parse
        if parse.relations[child] != "conj":
            return 0
        return sum(
            1 << at for at in parse.children[top] if parse.relations[at] in ("cc", "preconj")
        )

    def _chance(self, child: int) -> float | None:
        """The chance that an editor leaves the child out; None where it has to stay."""
        parse, relation = self._parse, self._parse.relations[child]
        if relation == "det":
            return None
        if relation in FREE:
            return 0.9
        if obligatory(parse, child, self._counts) not in ("", "lost-list-member"):
            return None
        chance = self._model.probability(parse, child, title=self._headline, counts=self._counts)
        return min(chance, 0.999) if chance >= _KEEP_AT_LEAST else None

    def _cost(self, at: int) -> int:
        """What a token adds to the length of a line."""
        parse = self._parse
        if not parse.is_word[at] or parse.relations[at] == "case" or parse.lower[at] == "n't":
            return 0
        tight = at > 0 and parse.ends[at - 1] == parse.starts[at]
        return 0 if tight and parse.words[at - 1] in ("-", "–", "/", "$", "£", "€") else 1


def _improve(table: _Table, size: int, score: float, mask: int) -> None:
    if size not in table or table[size][0] < score:
        table[size] = (score, mask)
