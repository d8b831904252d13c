"""The lines of a merged brief as lines of a story: evidence by article, order, marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.brief import Brief, Line
from briefing.check import Judge, bundled_verifier
from briefing.digest.records import Citation, Disagreement, Novelty, StoryLine
from briefing.digest.telling.figures import Figures, states
from briefing.digest.telling.merged import Merged
from briefing.digest.telling.novelty import Memory
from briefing.language.facts import read

_SHARED = 0.6
"""Share of a line's words that a further sentence must hold to be asked for support."""
_SPREAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a story. ``headline`` is None where none could be made."""

    headline: StoryLine | None
    key_points: tuple[StoryLine, ...]
    context: tuple[StoryLine, ...]


def story_lines(merged: Merged, brief: Brief, figures: Figures, memory: Memory) -> Lines:
    """The lines of ``brief``, whose article is ``merged.article``.

    Key points: what is new before what is known; of a story that goes over days, by time.
    """

    def told(line: Line) -> StoryLine:
        cited = _evidence(merged, line)
        novelty = memory.novelty(line.text, cited, merged.fresh)
        disputed = _disputed(line.text, cited, figures.disagreements)
        return StoryLine(line.text, cited, line.support, line.origin, line.role, novelty, disputed)

    points = [(told(line), _place(merged, line)) for line in brief.key_points]
    points.sort(key=lambda pair: (pair[0].novelty is Novelty.KNOWN, pair[1]))
    return Lines(
        told(brief.headline) if brief.headline else None,
        tuple(line for line, _ in points),
        tuple(told(line) for line in brief.context),
    )


def _place(merged: Merged, line: Line) -> tuple[datetime, int]:
    """When a line's article was published, in a story of several days; then where it stands."""
    origin = merged.origins[line.evidence[0]]
    times = [o.article.time for o in merged.origins]
    spread = max(times) - min(times) > _SPREAD
    return origin.article.time if spread else min(times), origin.sentence


def _evidence(merged: Merged, line: Line) -> tuple[Citation, ...]:
    """The line's own evidence, then the sentences of other articles that hold all of it."""
    own = {merged.origins[index].article.id for index in line.evidence}
    further = (_holding(merged, line.text, indices) for indices in _others(merged, own))
    indices = (*line.evidence, *(index for index in further if index is not None))
    return tuple(merged.cite(index) for index in indices)


def _others(merged: Merged, own: set[int]) -> list[list[int]]:
    """The body sentences of each article that is not ``own``."""
    by_article: dict[int, list[int]] = {}
    for index, origin in enumerate(merged.origins):
        if origin.article.id not in own and merged.article.sentences[index].part == "body":
            by_article.setdefault(origin.article.id, []).append(index)
    return list(by_article.values())


def _holding(merged: Merged, text: str, indices: Sequence[int]) -> int | None:
    """The sentence nearest to ``text`` that supports all of it alone."""
    words = frozenset(read(text).content)
    shared = [
        (len(words & frozenset(read(merged.article.sentences[i].text).content)), -i)
        for i in indices
    ]
    best = max(shared, default=(0, 0))
    if not words or best[0] < _SHARED * len(words):
        return None
    index = -best[1]
    language, sentence = merged.article.language, merged.article.sentences[index].text
    judge = Judge([sentence], bundled_verifier(language), merged.article.body, language)
    (found,) = judge.of([text])
    return index if found.supported else None


def _disputed(
    text: str, cited: Sequence[Citation], disagreements: Sequence[Disagreement]
) -> int | None:
    """The disagreement whose number the line states, from an article that takes part in it."""
    own = {c.article for c in cited}
    for at, disagreement in enumerate(disagreements):
        sides = {c.article for side in disagreement.claims for c in side.evidence}
        if own & sides and states(text, disagreement):
            return at
    return None
