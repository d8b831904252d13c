"""Compare numbers across the articles of a story: find disagreements and outdated values.

Two sentences state the same quantity if they count the same noun or unit, say the same of it, and
nothing tells the two apart: another day, place, person, subject, ordinal, condition or denial. For
each publisher, the newest article stating it counts. A higher number in a later article is an
update (casualties, votes counted, money raised); any other difference is a disagreement: both
values are reported, never averaged. Precision comes before recall: a disagreement that is none
accuses a newspaper.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from briefing.digest.records import Citation, Claimed, Disagreement, StoredArticle
from briefing.digest.telling.counts import Count, agree, counts, same_value
from briefing.digest.telling.merged import Merged
from briefing.language import parses_for
from briefing.language.facts import read_line

SAME_TIME = timedelta(hours=3)
"""Articles this close in time had the same information; a later one may know more."""
_SHARED = 2
"""Fewest words, names and dates that two claims share beside the noun and the predicate."""
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
    if (a.dates and b.dates and not a.dates & b.dates) or _elsewhere(one, other):
        return False
    if not (a.limits <= b.limits | b.words and b.limits <= a.limits | a.words):
        return False
    if not (a.kind <= other.told and b.kind <= one.told):
        return False
    if not a.grouped and not (
        _same_filler(a.subject, b.subject) and _same_filler(a.object, b.object)
    ):
        return False
    shared = (a.frame & b.frame) - {a.noun, a.said.split(" ")[0]}
    return len(shared) + len(a.dates & b.dates) >= _SHARED


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
