"""Align the words of a line with the tokens of a parsed sentence.

The alignment has the most matching words, then the fewest gaps (Needleman and Wunsch 1970, with a
bonus for adjacent matches). Stems are compared: "says" matches "said".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from briefing.language.parse import DOUBLE_QUOTES, Parse
from briefing.language.tokens import fold, stem

_RUN = 0.4
"""Bonus if adjacent words of the line are adjacent in the sentence."""
_EXACT = 0.05
"""Bonus for the same form."""
_LIGHT = 0.35
"""Score of an article or punctuation mark; other words score 1."""
CELLS = 40_000
"""Most words of the line times words of the sentence; larger inputs are not aligned."""
_SAME = {
    form: forms.split()[0]
    for forms in (
        "% percent", "be is are was were am been being", "have has had having", "do does did done"
    )
    for form in forms.split()
}  # fmt: skip
"""Words that are aligned though their stems differ: forms of auxiliaries."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The index of the matching token of the parse for each token of a line, or None."""

    words: tuple[str, ...]
    places: tuple[int | None, ...]

    @property
    def kept(self) -> frozenset[int]:
        """The tokens of the parse that the line keeps."""
        return frozenset(at for at in self.places if at is not None)

    @property
    def added(self) -> tuple[int, ...]:
        """The tokens of the line that the parse does not have."""
        return tuple(
            at
            for at, place in enumerate(self.places)
            if place is None and any(c.isalnum() for c in self.words[at])
        )


def align(words: Sequence[str], parse: Parse) -> Alignment:
    """Align the tokens of a line with a parse, in order."""
    words = tuple(words)
    if len(words) * len(parse) > CELLS:
        return Alignment(words, (None,) * len(words))
    mine = [_stem(word) for word in words]
    theirs = [_stem(word) for word in parse.words]
    rows, columns = len(words), len(theirs)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    run = [[-1.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        value = _LIGHT if mine[i] in _LIGHT_WORDS or not words[i][0].isalnum() else 1.0
        row, below, runs, runs_below = best[i], best[i + 1], run[i], run[i + 1]
        for j in range(columns - 1, -1, -1):
            score = max(below[j], row[j + 1])
            if mine[i] == theirs[j]:
                exact = _EXACT * (words[i] == parse.words[j])
                match = value + exact + max(below[j + 1], runs_below[j + 1] + _RUN)
                runs[j] = match
                score = max(score, match)
            row[j] = score
    places = _trace(best, run, rows, columns)
    _follow_tree(places, mine, theirs, parse)
    return Alignment(words, tuple(places))


def _follow_tree(
    places: list[int | None], mine: list[str], theirs: list[str], parse: Parse
) -> None:
    """Move a word whose head is not kept to an equal word whose head is: the second "was".

    Only between its neighbours' places, so that the order stays.
    """
    for _ in range(3):
        moved = False
        kept = {at for at in places if at is not None}
        for i in range(len(places) - 1, -1, -1):
            at = places[i]
            if at is None or _ties(parse, at, kept) > 1:
                continue
            before = max((p for p in places[:i] if p is not None), default=-1)
            after = min((p for p in places[i + 1 :] if p is not None), default=len(theirs))
            others = [j for j in range(before + 1, after) if theirs[j] == mine[i] and j != at]
            rest = kept - {at}
            best = max(others, key=lambda j: _ties(parse, j, rest), default=None)
            if best is not None and _ties(parse, best, rest) > _ties(parse, at, rest):
                places[i] = best
                kept = rest | {best}
                moved = True
        if not moved:
            return


def _ties(parse: Parse, at: int, kept: Collection[int]) -> int:
    """Count the kept tokens among a token's head and dependents."""
    head = parse.heads[at]
    return (head in kept and head != at) + sum(
        child in kept for child in parse.children[at] if parse.is_word[child]
    )


def _trace(
    best: list[list[float]], run: list[list[float]], rows: int, columns: int
) -> list[int | None]:
    """Return the best alignment from the score tables."""
    places: list[int | None] = [None] * rows
    i = j = 0
    while i < rows and j < columns:
        if run[i][j] >= best[i][j] - 1e-9 and run[i][j] > 0:
            places[i] = j
            goes_on = run[i + 1][j + 1] + _RUN >= best[i + 1][j + 1] - 1e-9
            i, j = i + 1, j + 1
            while goes_on and i < rows and j < columns and run[i][j] > 0:
                places[i] = j
                goes_on = run[i + 1][j + 1] + _RUN >= best[i + 1][j + 1] - 1e-9
                i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


_LIGHT_WORDS = frozenset({"the", "a", "an", ",", '"', "'", "'s"})


def _stem(word: str) -> str:
    """Return the stem shared by the inflections of a word; one for all quotation marks."""
    if word in DOUBLE_QUOTES:
        return '"'
    word = fold(word.lower())
    return _SAME.get(word) or stem(word)
