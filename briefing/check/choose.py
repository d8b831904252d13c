"""Choose the line to show: the best candidate that is supported, else the source, compressed.

Candidates are ranked by the model's score, their support and how much of the planned content they
cover; a line that repeats an earlier one loses (maximal marginal relevance, Carbonell and
Goldstein 1998). What is shown is always supported.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from briefing.article import Article
from briefing.brief import Origin, Section
from briefing.check.compress import compress
from briefing.check.evidence import evidence as read_evidence
from briefing.check.facts import read
from briefing.check.form import has_verb, problems
from briefing.check.seams import broken
from briefing.check.support import Verdict, check

_MODEL, _SUPPORT, _COVERAGE = 0.3, 0.45, 0.25
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
    form that an extracted line could not avoid.
    """

    text: str
    support: float
    origin: Origin
    evidence: tuple[int, ...]
    repeated: bool = False
    problems: tuple[str, ...] = ()


def choose(
    candidates: Sequence[Candidate],
    evidence: Sequence[str],
    earlier: Sequence[str] = (),
    *,
    section: Section = Section.KEY_POINTS,
    article: Article | None = None,
    novel: float = 1.0,
) -> Choice | None:
    """The best supported line for ``section``; None only where there is no evidence with words.

    ``novel`` is the share of a line's content words that need not stand in the evidence in the
    line's order: near 0 for a model that only compresses.
    """
    ranked = _ranked(candidates, evidence, section, article, novel)
    for text, verdict in ranked:
        if not repeats(text, earlier):
            return Choice(text, verdict.score, "generated", used(text, evidence))
    return _extracted(evidence, earlier, section)


def _ranked(
    candidates: Sequence[Candidate],
    evidence: Sequence[str],
    section: Section,
    article: Article | None,
    novel: float,
) -> list[tuple[str, Verdict]]:
    """Well-formed, supported candidates, best first."""
    scores = [candidate.score for candidate in candidates]
    low, spread = min(scores, default=0.0), (max(scores, default=0.0) - min(scores, default=0.0))
    plan = frozenset(word for text in evidence for word in read(text).content)
    source = read_evidence(tuple(evidence))
    found: list[tuple[float, str, Verdict]] = []
    for candidate in candidates:
        text = " ".join(candidate.text.split())
        ill = problems(text, section) or not _states(text, section)
        if ill or broken(text, source, novel):
            continue
        verdict = check(text, evidence, article)
        if verdict.supported:
            model = (candidate.score - low) / spread if spread else 1.0
            cover = _cover(text, plan)
            value = _MODEL * model + _SUPPORT * verdict.score + _COVERAGE * cover
            found.append((value, text, verdict))
    found.sort(key=lambda item: (-item[0], item[1]))
    return [(text, verdict) for _, text, verdict in found]


def _states(text: str, section: Section) -> bool:
    """Whether the line has a verb; a headline's may be "to": "Leaders to meet in Oslo"."""
    words = read(text).words
    return has_verb(words) or (section is Section.HEADLINE and any(w.key == "to" for w in words))


def _cover(text: str, plan: frozenset[str]) -> float:
    """Share of the plan's content in the line, one half of it being plenty."""
    held = len(plan & set(read(text).content))
    return min(1.0, 2 * held / len(plan)) if plan else 0.0


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
