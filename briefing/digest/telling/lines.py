"""Story lines from a merged brief: evidence across articles, order, novelty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.briefs import Brief, Line
from briefing.checking import Judge, bundled_verifier, repeats
from briefing.digest.records import Citation, Disagreement, Novelty, StoryBrief, StoryLine
from briefing.digest.telling.figures import Figures, states_figure
from briefing.digest.telling.merged import Merged
from briefing.language.facts import read_line

_REPEATED, _OLD_ARTICLE, _OUTDATED = -0.5, -0.25, -0.8
"""Penalties: repeats the last edition; from an article that it covered; outdated number."""
_FRESH = 0.15
"""Bonus for a sentence of the newest article, decreasing linearly with age."""


class LastTold:
    """Lines and facts of a story's last brief; empty for a new story."""

    def __init__(self, previous: StoryBrief | None) -> None:
        lines = previous.lines if previous else ()
        self._texts = [line.text for line in lines]
        self._facts = frozenset[str]().union(*(_facts(text) for text in self._texts))

    def knows(self, text: str) -> bool:
        """Whether the last brief says the same, including all numbers and dates."""
        if not self._texts:
            return False
        return repeats(text, self._texts) and _facts(text) <= self._facts

    def novelty(
        self, text: str, evidence: Sequence[Citation], fresh: Collection[tuple[int, int]]
    ) -> Novelty:
        """Whether a line is new to a reader of the last edition.

        A line is new if its evidence is ``fresh`` sentences only (article, index) and the last
        brief does not say it. What an earlier article states is known, even if the brief left it
        out.
        """
        new = not self._texts or all((c.article, c.sentence) in fresh for c in evidence)
        return Novelty.NEW if new and not self.knows(text) else Novelty.KNOWN


def favour(merged: Merged, memory: LastTold, stale: frozenset[int]) -> list[float]:
    """Planner weight of each merged sentence as headline or key point; prefers new facts."""
    times = [origin.article.time for origin in merged.origins]
    first, last = min(times), max(times)
    span = (last - first).total_seconds()
    weights: list[float] = []
    for index, origin in enumerate(merged.origins):
        age = (last - times[index]).total_seconds() / span if span else 0.0
        weight = _FRESH * (1 - age) if span else 0.0
        if index in stale:
            weight += _OUTDATED
        if (origin.article.id, origin.sentence) not in merged.fresh:
            weight += _OLD_ARTICLE
        if memory.knows(merged.article.sentences[index].text):
            weight += _REPEATED
        weights.append(weight)
    return weights


def _facts(text: str) -> frozenset[str]:
    reading = read_line(text)
    return frozenset(f"#{q.norm}" for q in reading.numbers) | {f"@{d.norm}" for d in reading.dates}


_SHARED = 0.6
"""Minimum share of a line's words for a sentence of another article to be verified."""
_SPREAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a story. ``headline`` is None if none could be written."""

    headline: StoryLine | None
    key_points: tuple[StoryLine, ...]
    context: tuple[StoryLine, ...]


def story_lines(merged: Merged, brief: Brief, figures: Figures, memory: LastTold) -> _Lines:
    """The lines of ``brief``, which is the brief of ``merged.article``.

    New key points come before known ones; in a story spanning several days, by time.
    """

    def story_line(line: Line) -> StoryLine:
        cited = _evidence(merged, line)
        novelty = memory.novelty(line.text, cited, merged.fresh)
        disputed = _disputed(line.text, cited, figures.disagreements)
        return StoryLine(line.text, cited, line.support, line.origin, line.role, novelty, disputed)

    points = [(story_line(line), _order_key(merged, line)) for line in brief.key_points]
    points.sort(key=lambda pair: (pair[0].novelty is Novelty.KNOWN, pair[1]))
    return _Lines(
        story_line(brief.headline) if brief.headline else None,
        tuple(line for line, _ in points),
        tuple(story_line(line) for line in brief.context),
    )


def _order_key(merged: Merged, line: Line) -> tuple[datetime, int]:
    """Sort key: time of the article if the story spans several days, then sentence index."""
    origin = merged.origins[line.evidence[0]]
    times = [o.article.time for o in merged.origins]
    spread = max(times) - min(times) > _SPREAD
    return origin.article.time if spread else min(times), origin.sentence


def _evidence(merged: Merged, line: Line) -> tuple[Citation, ...]:
    """The line's own evidence, then sentences of other articles that entail the whole line."""
    own = {merged.origins[index].article.id for index in line.evidence}
    further = (_entailing(merged, line.text, indices) for indices in _others(merged, own))
    indices = (*line.evidence, *(index for index in further if index is not None))
    return tuple(merged.cite(index) for index in indices)


def _others(merged: Merged, own: set[int]) -> list[list[int]]:
    """The body sentence indices of each article not in ``own``."""
    by_article: dict[int, list[int]] = {}
    for index, origin in enumerate(merged.origins):
        if origin.article.id not in own and merged.article.sentences[index].part == "body":
            by_article.setdefault(origin.article.id, []).append(index)
    return list(by_article.values())


def _entailing(merged: Merged, text: str, indices: Sequence[int]) -> int | None:
    """The sentence with most words of ``text``, if it alone supports all of it; else None."""
    words = frozenset(read_line(text).content)
    shared = [
        (len(words & frozenset(read_line(merged.article.sentences[i].text).content)), -i)
        for i in indices
    ]
    best = max(shared, default=(0, 0))
    if not words or best[0] < _SHARED * len(words):
        return None
    index = -best[1]
    language, sentence = merged.article.language, merged.article.sentences[index].text
    judge = Judge([sentence], bundled_verifier(language), merged.article.body, language)
    (verdict,) = judge.of([text])
    return index if verdict.supported else None


def _disputed(
    text: str, cited: Sequence[Citation], disagreements: Sequence[Disagreement]
) -> int | None:
    """Index of the disagreement whose number the line states, citing one of its articles."""
    own = {c.article for c in cited}
    for at, disagreement in enumerate(disagreements):
        sides = {c.article for side in disagreement.claims for c in side.evidence}
        if own & sides and states_figure(text, disagreement):
            return at
    return None
