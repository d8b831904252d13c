"""What is new to a reader of the last edition: lines against lines, with their facts."""

from collections.abc import Sequence

from briefing.check import repeats
from briefing.digest.records import Citation, Novelty, StoryBrief
from briefing.digest.telling.merged import Merged
from briefing.language.facts import read

_KNOWN, _OLD, _STALE = -0.5, -0.25, -0.8
"""Against a sentence that repeats the last edition; from an article it had; out of date."""
_FRESH = 0.15
"""For a sentence of the newest article, less for older ones."""


class Memory:
    """What the last edition said of a story; empty for one told for the first time."""

    def __init__(self, previous: StoryBrief | None) -> None:
        lines = previous.lines if previous else ()
        self._texts = [line.text for line in lines]
        self._facts = frozenset[str]().union(*(_facts(text) for text in self._texts))

    def knows(self, text: str) -> bool:
        """Whether a line or sentence says what was said, with no number or date that was not."""
        if not self._texts:
            return False
        return repeats(text, self._texts) and _facts(text) <= self._facts

    def novelty(self, text: str, evidence: Sequence[Citation], fresh: frozenset[int]) -> Novelty:
        """What a line is to someone who read the last edition.

        New is what only ``fresh`` articles hold and the edition did not say; what an article
        of that edition holds too is no news, whether it was told or not.
        """
        new = not self._texts or all(c.article in fresh for c in evidence)
        return Novelty.NEW if new and not self.knows(text) else Novelty.KNOWN


def favour(merged: Merged, memory: Memory, stale: frozenset[int]) -> list[float]:
    """For or against each merged sentence as headline or key point: the newest facts first."""
    times = [origin.article.time for origin in merged.origins]
    first, last = min(times), max(times)
    span = (last - first).total_seconds()
    weights: list[float] = []
    for index, origin in enumerate(merged.origins):
        age = (last - times[index]).total_seconds() / span if span else 0.0
        weight = _FRESH * (1 - age) if span else 0.0
        if index in stale:
            weight += _STALE
        if origin.article.id not in merged.fresh:
            weight += _OLD
        if memory.knows(merged.article.sentences[index].text):
            weight += _KNOWN
        weights.append(weight)
    return weights


def _facts(text: str) -> frozenset[str]:
    reading = read(text)
    return frozenset(f"#{q.norm}" for q in reading.numbers) | {f"@{d.norm}" for d in reading.dates}
