"""Choose the line to show: the best candidate that is supported, else the source, compressed.

A candidate must be well formed, keep to its evidence and be supported, and read as if a person had
cut it. Those that are left are ranked by the overlap that they can expect with what an editor would
write, their support, how natural their cuts are and the model's score; a line that repeats an
earlier one loses (maximal marginal relevance, Carbonell and Goldstein 1998). What is shown is
always supported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from briefing.article import Article
from briefing.brief import Origin, Section
from briefing.check.compress import compress
from briefing.check.conditions import loses_condition
from briefing.check.coverage import Coverage
from briefing.check.evidence import Evidence
from briefing.check.evidence import evidence as read_evidence
from briefing.check.facts import read
from briefing.check.form import has_verb, malformed, problems
from briefing.check.grammar import naturalness
from briefing.check.placing import punctuated
from briefing.check.seams import ill_cut, left_hanging, strays, telegraphic
from briefing.check.support import Verdict, check, is_whole

_MODEL, _SUPPORT, _NATURAL = 0.05, 0.1, 0.03
_NATURAL_MOST = 4.0
_JUDGED_MOST = _SUPPORT + _NATURAL * _NATURAL_MOST
"""The most that support and naturalness can add to what a line is worth."""
_PLAIN, _SURE = -1.5, 2.5
"""Least naturalness of a line whose cuts the rules know to be sound, and of any other headline."""
_REPEATS = 0.6
_LIMITS = {Section.HEADLINE: 14, Section.KEY_POINTS: 30, Section.CONTEXT: 40}
_SOFT_FORM = frozenset({"too-long", "dangling", "no-verb", "too-short"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that the model wrote and its score (log-probability; only differences count)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The line to show.

    ``evidence`` holds positions in the evidence given to ``choose``; ``repeated`` says that
    nothing better than a repetition of an earlier line was there; ``problems`` are the faults of
    form that an extracted line could not avoid. ``value`` is what it was ranked by.
    """

    text: str
    support: float
    origin: Origin
    evidence: tuple[int, ...]
    repeated: bool = False
    problems: tuple[str, ...] = ()
    value: float = 0.0


def choose(
    candidates: Sequence[Candidate],
    evidence: Sequence[str],
    earlier: Sequence[str] = (),
    *,
    section: Section = Section.KEY_POINTS,
    article: Article | None = None,
    novel: float = 1.0,
    coverage: Coverage | None = None,
) -> Choice | None:
    """The best supported line for ``section``; None only where there is no evidence with words.

    ``novel`` is the share of a line's content words that need not stand in the evidence in the
    line's order: near 0 for a model that only compresses. ``coverage`` says which words matter;
    without it those of the evidence do, all alike.
    """
    held = coverage or _alike(evidence)
    for value, text, verdict in _ranked(candidates, evidence, section, article, novel, held):
        if not repeats(text, earlier):
            return Choice(
                text, verdict.score, "generated", used(text, evidence), value=round(value, 6)
            )
    return _extracted(evidence, earlier, section)


def _ranked(
    candidates: Sequence[Candidate],
    evidence: Sequence[str],
    section: Section,
    article: Article | None,
    novel: float,
    coverage: Coverage,
) -> Iterator[tuple[float, str, Verdict]]:
    """Well-formed, natural, supported candidates, best first.

    Most of the work is in judging a candidate, and the best is nearly always enough: those that
    may be worth most are judged first, until none that is left can be worth more than one found.
    """
    source = read_evidence(tuple(evidence))
    texts = [" ".join(c.text.split()) for c in candidates]
    worth = [
        coverage.worth(text, section) + _MODEL * candidate.score
        for text, candidate in zip(texts, candidates, strict=True)
    ]
    order = sorted(range(len(texts)), key=lambda i: -worth[i])
    found: list[tuple[float, str, int, Verdict]] = []
    for at in order:
        while found and -found[0][0] > worth[at] + _JUDGED_MOST:
            value, text, _, verdict = heappop(found)
            yield -value, text, verdict
        text = punctuated(texts[at], source)  # commas change no word, so nothing of its worth
        judged = _judged(text, source, evidence, section, article, novel)
        if judged:
            heappush(found, (-(worth[at] + judged[0]), text, at, judged[1]))
    while found:
        value, text, _, verdict = heappop(found)
        yield -value, text, verdict


def _judged(
    text: str,
    source: Evidence,
    evidence: Sequence[str],
    section: Section,
    article: Article | None,
    novel: float,
) -> tuple[float, Verdict] | None:
    """What support and naturalness add to a line's worth; None for one that must not be shown."""
    headline = section is Section.HEADLINE
    if malformed(text, section) or not _states(text, section) or strays(text, source, novel):
        return None
    if loses_condition(text, source) or left_hanging(text, source):
        return None
    if not headline and telegraphic(text, source):
        return None
    natural = _NATURAL_MOST if is_whole(text, evidence) else naturalness(text, source)
    sure = headline and natural >= _SURE
    if natural < _PLAIN or (not sure and ill_cut(text, source)):
        return None
    verdict = check(text, evidence, article)
    if not verdict.supported:
        return None
    return _SUPPORT * verdict.score + _NATURAL * min(natural, _NATURAL_MOST), verdict


def _alike(evidence: Sequence[str]) -> Coverage:
    """Every content word of the evidence matters, and equally."""
    words = {token.stem for text in evidence for token in read(text).words if not token.function}
    chances = dict.fromkeys(words, 0.5)
    return Coverage(chances, chances)


def _states(text: str, section: Section) -> bool:
    """Whether the line has a verb; a headline's may be "to": "Leaders to meet in Oslo"."""
    words = read(text).words
    return has_verb(words) or (section is Section.HEADLINE and any(w.key == "to" for w in words))


def _extracted(
    evidence: Sequence[str],
    earlier: Sequence[str],
    section: Section,
) -> Choice | None:
    """The best evidence sentence, compressed: new, well formed, and the first of those."""
    found: list[tuple[tuple[bool, int, bool, int], Choice]] = []
    for at, sentence in enumerate(evidence):
        if not read(sentence).words:
            continue
        text = compress(sentence, _LIMITS[section])
        verdict = check(text, [sentence])
        if not verdict.supported:
            text, verdict = " ".join(sentence.split()), check(sentence, [sentence])
        wrong, again = problems(text, section), repeats(text, earlier)
        choice = Choice(text, max(verdict.score, 0.0), "extracted", (at,), again, wrong)
        hard = sum(name not in _SOFT_FORM for name in wrong)
        found.append(((again, hard, bool(wrong), at), choice))
        if not (again or wrong):
            break
    return min(found, key=lambda item: item[0])[1] if found else None


def used(line: str, evidence: Sequence[str]) -> tuple[int, ...]:
    """Positions of the evidence sentences that the line draws on: the fewest that hold it."""
    facts = [frozenset(read(text).content) | _facts(text) for text in evidence]
    left = set(read(line).content) | _facts(line)
    chosen: list[int] = []
    while left and len(chosen) < len(evidence):
        best = max(range(len(evidence)), key=lambda i: (len(left & facts[i]), -i))
        if not left & facts[best]:
            break
        chosen.append(best)
        left -= facts[best]
    return tuple(sorted(chosen)) or ((0,) if evidence else ())


def _facts(text: str) -> frozenset[str]:
    reading = read(text)
    return frozenset(f"#{q.norm}" for q in reading.numbers) | {f"#{d.norm}" for d in reading.dates}


def repeats(line: str, earlier: Sequence[str]) -> bool:
    """True where ``line`` says, in the main, what a line of ``earlier`` says.

    Content overlap of at least 0.6 of the two lines' words, or one line contained in the other.
    """
    own = _said(line)
    return any(_same(own, _said(other)) for other in earlier)


def _said(line: str) -> frozenset[str]:
    return frozenset(read(line).content) | _facts(line)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return one == other
    shared = len(one & other)
    if shared / len(one | other) >= _REPEATS:
        return True
    return shared / min(len(one), len(other)) >= (0.85 if min(len(one), len(other)) > 3 else 1.0)
