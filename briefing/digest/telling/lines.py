"""Story lines from a merged brief: evidence across articles, numbers that differ, order, novelty.

Two sentences state the same quantity if they count the same noun or unit, say the same of it, and
nothing tells the two apart: another day, place, person, subject, ordinal, condition or denial. For
each publisher, the newest article stating it counts. A higher number in a later article is an
update (casualties, votes counted, money raised); any other difference is a disagreement: both
values are reported, never averaged. Precision comes before recall: a disagreement that is none
accuses a newspaper.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from briefing.briefs import Brief, Line
from briefing.checking import Judge, bundled_verifier, repeats
from briefing.digest import (
    Citation,
    Claimed,
    Disagreement,
    Novelty,
    StoredArticle,
    StoryBrief,
    StoryLine,
)
from briefing.digest.telling.counts import Count, agree, counts, same_value
from briefing.digest.telling.merged import Merged
from briefing.language import parses_for
from briefing.language.facts import read_line

SAME_TIME = timedelta(hours=3)
"""Articles this close in time had the same information; a later one may know more."""
_SAID_ALIKE = 2
"""Fewest words, names and dates that two claims share beside the noun and the predicate."""
_ABOARD = "aboard"
"""Of the groups of predicates, the one that says where those counted were."""
_MAX_FIGURES = 60
_MAX_RATIO = 3.0
"""Numbers that differ by more than this factor count different things."""
_LONGEST_ABOUT = 45


@dataclass(frozen=True, slots=True)
class Figure:
    """A count in a sentence of the story. ``told`` holds the stems of its whole article."""

    index: int
    article: StoredArticle
    count: Count
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Result of comparing numbers. ``stale`` holds indices of sentences with outdated ones."""

    disagreements: tuple[Disagreement, ...]
    stale: frozenset[int]


def compare_figures(merged: Merged) -> Figures:
    """Find the disagreements and the outdated numbers of a story; none without a parser."""
    by_noun: dict[str, list[Figure]] = defaultdict(list)
    for figure in _figures(merged):
        by_noun[figure.count.noun].append(figure)
    disagreements: list[Disagreement] = []
    stale: set[int] = set()
    for figures in by_noun.values():
        for same in _same_quantity(figures[:_MAX_FIGURES]):
            stale |= _outdated(same)
            claims = _claims(merged, [f for f in same if f.index not in stale], figures)
            if claims:
                disagreements.append(Disagreement(_about(merged, same[-1]), claims))
    return Figures(tuple(disagreements), frozenset(stale))


def states_figure(line: str, disagreement: Disagreement) -> bool:
    """Whether a line states one of the disputed numbers."""
    stated = {(q.value, q.unit) for q in read_line(line).numbers}
    values = {(q.value, q.unit) for c in disagreement.claims for q in read_line(c.value).numbers}
    return bool(stated & values)


def _figures(merged: Merged) -> list[Figure]:
    parses = parses_for(merged.article.language)
    if parses is None or len(merged.parts) < 2:
        return []
    body = [i for i, s in enumerate(merged.article.sentences) if s.part == "body"]
    texts = {i: merged.article.sentences[i].text for i in body}
    told: dict[int, set[str]] = defaultdict(set)
    for index, text in texts.items():
        told[merged.origins[index].article.id].update(w.stem for w in read_line(text).words)
    words = {article: frozenset(stems) for article, stems in told.items()}
    numbered = [index for index in body if read_line(texts[index]).numbers]
    found: list[Figure] = []
    for index, parse in zip(numbered, parses.of([texts[i] for i in numbered]), strict=True):
        article = merged.origins[index].article
        if parse is not None:
            found += (Figure(index, article, count, words[article.id]) for count in counts(parse))
    return found


def _same_quantity(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Group figures of the same quantity (connected components), each group by time."""
    group = list(range(len(figures)))

    def root(at: int) -> int:
        while group[at] != at:
            at = group[at]
        return at

    for one, other in combinations(range(len(figures)), 2):
        if _same(figures[one], figures[other]):
            group[root(other)] = root(one)
    groups: dict[int, list[Figure]] = defaultdict(list)
    for at, figure in enumerate(figures):
        groups[root(at)].append(figure)
    by_time = sorted(groups.values(), key=lambda g: g[0].index)
    return [sorted(g, key=lambda f: (f.article.time, f.index)) for g in by_time if len(g) > 1]


def _same(one: Figure, other: Figure) -> bool:
    """Whether two figures of one noun state one quantity."""
    a, b = one.count, other.count
    if one.article.id == other.article.id or a.said != b.said or a.turns != b.turns:
        return False
    low, high = sorted((abs(a.quantity.value), abs(b.quantity.value)))
    if high > _MAX_RATIO * low or (a.noun == "%" and a.quantity.value + b.quantity.value == 100):
        return False  # 100: complementary shares of one whole
    if not _same_time(a, b) or _elsewhere(one, other):
        return False
    if not (a.limits <= b.limits | b.words and b.limits <= a.limits | a.words):
        return False
    if not (a.kind <= other.told and b.kind <= one.told):
        return False
    placed = a.said == _ABOARD
    if (placed or not a.grouped) and not _same_filler(a.subject, b.subject):
        return False
    if not a.grouped and not _same_filler(a.object, b.object):
        return False
    shared = (a.frame & b.frame) - {a.noun, a.said.split(" ")[0]}
    return len(shared) + len(a.dates & b.dates) >= _SAID_ALIKE


def _same_time(one: Count, other: Count) -> bool:
    """Whether two sentences may speak of one time: no date of a kind that both have is one's own.

    What happened on Friday is another count than what happened on Friday and Saturday; the day on
    which one of them was said does not tell them apart.
    """
    apart = {kind for kind, _ in (one.dates ^ other.dates) - one.said_on - other.said_on}
    both = {kind for kind, _ in one.dates} & {kind for kind, _ in other.dates}
    dated = bool(one.dates and other.dates)
    return not (apart & both) and (bool(one.dates & other.dates) or not dated)


def _same_filler(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a role has one filler in both: the head stands in the other, or one has none."""
    return not (one and other) or one[0] in other or other[0] in one


def _elsewhere(one: Figure, other: Figure) -> bool:
    """Whether the two refer to different places or people.

    Each has a name that the other sentence lacks, or one has a name that the other article never
    mentions.
    """
    mine = one.count.names - other.count.words
    theirs = other.count.names - one.count.words
    return bool(mine and theirs) or not (mine <= other.told and theirs <= one.told)


def _outdated(same: Sequence[Figure]) -> set[int]:
    """Sentences whose number a later article raised, or the same publisher changed later."""
    stale: set[int] = set()
    for early, late in combinations(same, 2):
        if same_value(early.count, late.count) or _states(same, late.article.id, early):
            continue
        later = late.article.time - early.article.time
        own = early.article.publisher == late.article.publisher and later > timedelta(0)
        raised = late.count.quantity.value > early.count.quantity.value
        if own or (later > SAME_TIME and raised):
            stale.add(early.index)
    return stale


def _claims(
    merged: Merged, current: Sequence[Figure], figures: Sequence[Figure]
) -> tuple[Claimed, ...]:
    """Each disputed value with its evidence; empty if publishers do not disagree."""
    sides: list[list[Figure]] = []
    for figure in current:
        side = next((s for s in sides if agree(s[0].count, figure.count)), None)
        if side is None:
            sides.append([figure])
        else:
            side.append(figure)
    if len(sides) < 2 or not _differ(sides, figures):
        return ()
    return tuple(Claimed(side[0].count.text, _cited(merged, side)) for side in sides)


def _differ(sides: Sequence[Sequence[Figure]], figures: Sequence[Figure]) -> bool:
    """Whether each side has a publisher whose articles state no other side's number."""
    publishers = [
        {f.article.publisher for f in figures if agree(f.count, side[0].count)} for side in sides
    ]
    return all(own - set().union(*(p for p in publishers if p is not own)) for own in publishers)


def _cited(merged: Merged, side: Sequence[Figure]) -> tuple[Citation, ...]:
    return tuple(merged.cite(index) for index in dict.fromkeys(f.index for f in side))


def _states(same: Sequence[Figure], article: int, figure: Figure) -> bool:
    """Whether an article also states the number of ``figure``."""
    return any(f.article.id == article and same_value(f.count, figure.count) for f in same)


def _about(merged: Merged, figure: Figure) -> str:
    """What the number counts, in the words of its sentence."""
    text = merged.article.sentences[figure.index].text
    words = read_line(text).words
    start = end = figure.count.end
    for word in (w for w in words if w.start >= start):
        gap = text[end : word.start]
        if not (gap.isspace() or gap in ("-", "")) or word.start - start > _LONGEST_ABOUT:
            break
        end = word.end
    about = text[start:end].strip(" -")
    before = [word for word in words if word.end <= figure.count.start][-4:]
    return about or (text[before[0].start : before[-1].end] if before else figure.count.noun)


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
