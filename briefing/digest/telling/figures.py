"""Compare numbers across the articles of a story: find disagreements and outdated values.

Two sentences state the same quantity if unit and counted noun agree and they share words around
the number and overall. For each publisher, the newest article stating it counts. A higher number
in a later article is an update (casualties, votes counted, money raised); any other difference is
a disagreement: both values are reported, never averaged.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from math import floor, log10

from briefing.digest.records import Citation, Claimed, Disagreement, StoredArticle
from briefing.digest.telling.merged import Merged
from briefing.language.facts import Reading, read_line
from briefing.language.quantities import Quantity
from briefing.language.tokens import stem

SAME_TIME = timedelta(hours=3)
"""Articles this close in time had the same information; a later one may know more."""
_UNITS_ONLY = frozenset({"th", "time", "code", "part"})
_AROUND, _SHARED_AROUND, _SHARED_ALL = 6, 2, 0.4
_ROUGH = frozenset("about around nearly almost roughly approximately some over least".split())
_ROUGH |= {"than", "estimated", "up", "close"}
_ROUGH_TOLERANCE = 0.15
_PARTIAL = frozenset("more other others another additional further extra only one".split())
"""Words that mark a partial count: "three more boats", "one of them"."""
_MAX_FIGURES = 60
_NOUN_REACH = 2
_STEMS_OF_SPANS = frozenset(
    stem(word) for word in "second minute hour day week month year decade old".split()
)
"""Durations and ages: frequent in every article, and rarely of the same thing."""
_MAX_RATIO = 3.0
"""Numbers that differ by more than this factor count different things."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number stated in a sentence. ``thing`` is its unit or the noun that it counts.

    ``around`` and ``names`` are stems near the number, ``words`` those of its sentence and
    ``said`` those of its whole article.
    """

    index: int
    article: StoredArticle
    reading: Reading
    quantity: Quantity
    thing: str
    around: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    said: frozenset[str]

    @property
    def text(self) -> str:
        """The number as written, with its unit."""
        start, end = _span(self.reading, self.quantity)
        return self.reading.text[start:end]


@dataclass(frozen=True, slots=True)
class Figures:
    """Result of comparing numbers. ``stale`` holds indices of sentences with outdated ones."""

    disagreements: tuple[Disagreement, ...]
    stale: frozenset[int]


def compare_figures(merged: Merged) -> Figures:
    """Find the disagreements and the outdated numbers of a story."""
    by_thing: dict[str, list[Figure]] = defaultdict(list)
    for figure in _figures(merged):
        by_thing[figure.thing].append(figure)
    disagreements: list[Disagreement] = []
    stale: set[int] = set()
    for figures in by_thing.values():
        for same in _same_quantity(figures[:_MAX_FIGURES]):
            stale |= _outdated(same)
            claims = _claims(merged, [f for f in same if f.index not in stale], figures)
            if claims:
                disagreements.append(Disagreement(_about(same[-1]), claims))
    return Figures(tuple(disagreements), frozenset(stale))


def states_figure(line: str, disagreement: Disagreement) -> bool:
    """Whether a line states one of the disputed numbers."""
    stated = {(q.value, q.unit) for q in read_line(line).numbers}
    values = {(q.value, q.unit) for c in disagreement.claims for q in read_line(c.value).numbers}
    return bool(stated & values)


def _figures(merged: Merged) -> Iterator[Figure]:
    stems: dict[int, set[str]] = defaultdict(set)
    for origin, sentence in zip(merged.origins, merged.article.sentences, strict=True):
        stems[origin.article.id].update(w.stem for w in read_line(sentence.text).words)
    said = {article: frozenset(words) for article, words in stems.items()}
    for index, sentence in enumerate(merged.article.sentences):
        if sentence.part != "body":
            continue
        reading = read_line(sentence.text)
        words = frozenset(reading.content)
        for quantity in reading.numbers:
            thing = _thing(reading, quantity)
            if thing and not _partial(reading, quantity):
                near = _around(reading, quantity)
                own = merged.origins[index].article
                yield Figure(index, own, reading, quantity, thing, *near, words, said[own.id])


def _partial(reading: Reading, quantity: Quantity) -> bool:
    """Whether the number is vague, a range, or a partial count."""
    near = reading.words[max(0, quantity.first - 1) : quantity.last + 2]
    return bool(quantity.vague or quantity.also) or any(w.key in _PARTIAL for w in near)


def _thing(reading: Reading, quantity: Quantity) -> str:
    """The unit, or the counted noun that follows; empty if there is neither."""
    if quantity.unit in _UNITS_ONLY:
        return ""
    after = reading.words[quantity.last + 1 : quantity.last + 1 + _NOUN_REACH]
    nouns = [w.stem for w in after if not w.function and w.key.isalpha() and not _breaks(w.gap)]
    if quantity.unit:
        return quantity.unit
    thing = quantity.measure or (nouns[-1] if nouns else "")
    return "" if thing in _STEMS_OF_SPANS else thing


def _breaks(gap: str) -> bool:
    return not gap.isspace() and gap not in ("-", "")


def _around(reading: Reading, quantity: Quantity) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the words near a number, and of the names among them, without dates."""
    words = reading.words
    near = [
        *words[max(0, quantity.first - _AROUND) : quantity.first],
        *words[quantity.last + 1 : quantity.last + 1 + _AROUND],
    ]
    dated = {reading.words[i].start for i in reading.dated}
    kept = [w for w in near if not w.function and not w.key[0].isdigit() and w.start not in dated]
    names = (w.stem for w in kept if w.capital and not w.initial)
    return frozenset(w.stem for w in kept), frozenset(names)


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
    if one.article.id == other.article.id:
        return False
    if len(one.around & other.around) < _SHARED_AROUND or _elsewhere(one, other):
        return False
    low, high = sorted((abs(one.quantity.value), abs(other.quantity.value)))
    if high > _MAX_RATIO * low:
        return False
    if one.thing == "%" and one.quantity.value + other.quantity.value == 100:
        return False  # complementary shares of one whole
    shared = len(one.words & other.words)
    return shared >= _SHARED_ALL * min(len(one.words), len(other.words))


def _elsewhere(one: Figure, other: Figure) -> bool:
    """Whether the two refer to different places or people.

    Each has a name near its number that the other sentence lacks, or one has a name there that
    the other article never mentions.
    """
    mine, theirs = one.names - other.words - other.around, other.names - one.words - one.around
    return bool(mine and theirs) or not (mine <= other.said and theirs <= one.said)


def _outdated(same: Sequence[Figure]) -> set[int]:
    """Sentences whose number a later article raised, or the same publisher changed later."""
    stale: set[int] = set()
    for early, late in combinations(same, 2):
        if _agree(early, late) or _states(same, late.article.id, early):
            continue
        later = late.article.time - early.article.time
        own = early.article.publisher == late.article.publisher and later > timedelta(0)
        if own or (later > SAME_TIME and late.quantity.value > early.quantity.value):
            stale.add(early.index)
    return stale


def _claims(
    merged: Merged, current: Sequence[Figure], figures: Sequence[Figure]
) -> tuple[Claimed, ...]:
    """Each disputed value with its evidence; empty if publishers do not disagree."""
    sides: list[list[Figure]] = []
    for figure in current:
        side = next((s for s in sides if _agree(s[0], figure)), None)
        if side is None:
            sides.append([figure])
        else:
            side.append(figure)
    if len(sides) < 2 or not _differ(sides, figures):
        return ()
    return tuple(Claimed(side[0].text, _cited(merged, side)) for side in sides)


def _differ(sides: Sequence[Sequence[Figure]], figures: Sequence[Figure]) -> bool:
    """Whether each side has a publisher whose articles state no other side's number."""
    publishers = [{f.article.publisher for f in figures if _agree(f, side[0])} for side in sides]
    return all(own - set().union(*(p for p in publishers if p is not own)) for own in publishers)


def _cited(merged: Merged, side: Sequence[Figure]) -> tuple[Citation, ...]:
    return tuple(merged.cite(index) for index in dict.fromkeys(f.index for f in side))


def _states(same: Sequence[Figure], article: int, figure: Figure) -> bool:
    """Whether an article also states the number of ``figure``."""
    return any(f.article.id == article and _agree(f, figure) for f in same)


def _agree(one: Figure, other: Figure) -> bool:
    """Whether two numbers are equal, or one is the other rounded."""
    a, b = one.quantity.value, other.quantity.value
    if a == b or _rounded(a, b) or _rounded(b, a):
        return True
    rough = _is_rough(one) or _is_rough(other)
    return rough and abs(a - b) <= _ROUGH_TOLERANCE * max(abs(a), abs(b))


def _rounded(rough: float, exact: float) -> bool:
    """Whether ``rough`` is ``exact`` with fewer digits; small integers are never rounded."""
    if not rough or not exact or abs(exact) < 10:
        return float(exact).is_integer() is False and round(exact) == rough
    digits = len(f"{rough:.0f}".rstrip("0").lstrip("-")) if float(rough).is_integer() else 0
    if not digits:
        return False
    size = floor(log10(abs(exact))) + 1
    return size > digits and round(exact, digits - size) == rough


def _is_rough(figure: Figure) -> bool:
    first = figure.quantity.first
    return any(w.key in _ROUGH for w in figure.reading.words[max(0, first - 2) : first])


def _about(figure: Figure) -> str:
    """What the number counts, in the words of its sentence."""
    words = figure.reading.words
    start = _span(figure.reading, figure.quantity)[1]
    end = start
    for word in (w for w in words if w.start >= start):
        if _breaks(figure.reading.text[end : word.start]) or word.start - start > 45:
            break
        end = word.end
    about = figure.reading.text[start:end].strip(" -")
    if about:
        return about
    before = words[max(0, figure.quantity.first - 4) : figure.quantity.first]
    return figure.reading.text[before[0].start : before[-1].end] if before else figure.thing


def _span(reading: Reading, quantity: Quantity) -> tuple[int, int]:
    """Character offsets of the number with its currency sign, per cent sign and unit."""
    text = reading.text
    start, end = reading.words[quantity.first].start, reading.words[quantity.last].end
    if start and text[start - 1] in "$£€¥₹":
        start -= 1
    if text[end : end + 1] == "%":
        return start, end + 1
    after = reading.words[quantity.last + 1 : quantity.last + 3]
    if quantity.unit == "%" and after:
        last = after[1] if after[0].key == "per" and len(after) > 1 else after[0]
        return start, last.end
    if quantity.unit and after and text[start] not in "$£€¥₹":
        return start, after[0].end
    return start, end
