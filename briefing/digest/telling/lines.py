"""Story lines from a merged brief: evidence across articles, order, novelty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

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
_SHARED, _SHORT = 0.6, 8
"""Minimum share of a line's words for a sentence of another article to be verified. It must have
all words of a line of fewer than 8, one of which is the news: "Council *reopens* vote on pool"."""


class LastTold:
    """Lines and facts of a story's last brief; empty for a new story."""

    def __init__(self, previous: StoryBrief | None) -> None:
        lines = previous.lines if previous else ()
        self._texts = [line.text for line in lines]
        self._facts = frozenset[str]().union(*(_facts(text) for text in self._texts))

    def knows(self, text: str) -> bool:
        """Whether the last brief says the same, including all numbers and dates."""
        texts = self._texts
        words = frozenset(read_line(text).content)
        if len(words) < _SHORT:
            texts = [told for told in texts if words <= frozenset(read_line(told).content)]
        return bool(texts) and repeats(text, texts) and _facts(text) <= self._facts

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


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a story. ``headline`` is None if none could be written."""

    headline: StoryLine | None
    key_points: tuple[StoryLine, ...]
    context: tuple[StoryLine, ...]


def story_lines(
    merged: Merged, brief: Brief, figures: Figures, memory: LastTold, stale: frozenset[int]
) -> _Lines:
    """The lines of ``brief``, which is the brief of ``merged.article``.

    Without lines that rest on ``stale`` sentences alone, and, where a follow-up has news, without
    key points that are known. Key points are ordered by day.
    """

    def story_line(line: Line) -> StoryLine:
        cited = _evidence(merged, line)
        novelty = memory.novelty(line.text, cited, merged.fresh)
        disputed = _disputed(line.text, cited, figures.disagreements)
        return StoryLine(line.text, cited, line.support, line.origin, line.role, novelty, disputed)

    points = [(story_line(line), line) for line in brief.key_points]
    news = [pair for pair in points if pair[0].novelty is Novelty.NEW] or points
    current = [pair for pair in news if not stale.issuperset(pair[1].evidence)] or news
    current.sort(key=lambda pair: _order_key(merged, pair[1]))
    context = (line for line in brief.context if not stale.issuperset(line.evidence))
    return _Lines(
        story_line(brief.headline) if brief.headline else None,
        tuple(line for line, _ in current),
        tuple(map(story_line, context)),
    )


def _order_key(merged: Merged, line: Line) -> tuple[date, int]:
    """Sort key: day of the article, then the place of the line's sentence in it.

    The evidence before the last one introduces what the line names.
    """
    origin = merged.origins[max(line.evidence)]
    return origin.article.time.date(), origin.sentence


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
    least = 1.0 if len(words) < _SHORT else _SHARED
    if not words or best[0] < least * len(words):
        return None
    index = -best[1]
    language, sentence = merged.article.language, merged.article.sentences[index].text
    judge = Judge([sentence], bundled_verifier(language), merged.article.body, language)
    (verdict,) = judge.of([text])
    return index if verdict.supported else None


def still_open(brief: StoryBrief, fresh: Collection[tuple[int, int]]) -> StoryBrief:
    """Drop the disagreements that an earlier edition could tell and no line states."""
    told = {line.disputed for line in brief.lines}
    kept = [
        at
        for at, each in enumerate(brief.disagreements)
        if at in told
        or any((c.article, c.sentence) in fresh for side in each.claims for c in side.evidence)
    ]

    def renumbered(line: StoryLine) -> StoryLine:
        at = line.disputed
        return line if at is None else replace(line, disputed=kept.index(at))

    return replace(
        brief,
        headline=renumbered(brief.headline),
        key_points=tuple(map(renumbered, brief.key_points)),
        context=tuple(map(renumbered, brief.context)),
        disagreements=tuple(brief.disagreements[at] for at in kept),
    )


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
