"""Is a line supported by its evidence? Claim by claim, with a verdict and a score.

Some failures refuse a line whatever its score: a name, number, date or quotation that the
evidence does not hold, a garbled word, a changed negation, another speaker. Others lower the score.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from briefing.article import Article
from briefing.check.evidence import Evidence, evidence, negation, pronoun, scope, speakers
from briefing.check.features import features
from briefing.language.dates import stated
from briefing.language.facts import Reading, names, read
from briefing.language.lexicon import opposites
from briefing.language.quantities import Quantity, matches
from briefing.language.quotations import verbatim
from briefing.language.tokens import Token, ordinary, stem, tokens

ClaimKind = Literal[
    "name", "number", "date", "quotation", "word", "negation", "attribution", "direction", "count"
]
KINDS: tuple[ClaimKind, ...] = (
    "name", "number", "date", "quotation", "word", "negation", "attribution", "direction", "count",
)  # fmt: skip
HARD: frozenset[ClaimKind] = frozenset(
    {"name", "number", "date", "quotation", "word", "negation", "attribution"}
)
LEAST = 0.5
_FACTORS = {
    "direction": 0.35,
    "count": 0.8,
    "fused": 0.8,
    "attribution_dropped": 0.95,
    "hedge_dropped": 0.85,
}
_OPPOSED = tuple(
    tuple(frozenset(stem(word) for word in side) for side in pair) for pair in opposites()
)
_SIDES: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
"""For each word that has an opposite: its own side and the other one, for every such pair."""
for _one, _two in _OPPOSED:
    for _here, _there in ((_one, _two), (_two, _one)):
        for _stem in _here:
            _SIDES.setdefault(_stem, []).append((_here, _there))


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing a line states: as written, its kind, its offsets, whether it is supported."""

    text: str
    kind: ClaimKind
    start: int
    end: int
    supported: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says of a line: ``score`` in 0..1, each claim, and the features behind."""

    supported: bool
    score: float
    claims: tuple[Claim, ...]
    features: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def failures(self) -> tuple[Claim, ...]:
        """The claims that are not supported."""
        return tuple(claim for claim in self.claims if not claim.supported)


def check(line: str, sources: Sequence[str], article: Article | None = None) -> Verdict:
    """Check ``line`` against the evidence sentences ``sources``.

    ``article`` adds the short forms that it introduces ("World Health Organization (WHO)").
    Anything may be passed: an empty line or no evidence is simply not supported.
    """
    full = f"{article.title or ''}\n{article.body}" if article else ""
    return check_reading(read(line), evidence(tuple(sources), full))


def check_reading(line: Reading, source: Evidence) -> Verdict:
    """Check a line that is read already."""
    if not line.words or not source.words:
        return Verdict(False, 0.0, ())
    if _same(line, source):
        facts = tuple(_facts_of(line, source))
        clean: dict[str, int] = dict.fromkeys(KINDS, 0)
        return Verdict(True, 1.0, facts, features(line, source, _known(line, facts), clean))
    claims = tuple(sorted(_claims(line, source), key=lambda c: (c.start, c.end)))
    broken: dict[str, int] = dict.fromkeys(KINDS, 0)
    for claim in claims:
        broken[claim.kind] += not claim.supported
    values = features(line, source, _known(line, claims), broken)
    score = _score(values)
    hard = any(not c.supported and c.kind in HARD for c in claims)
    score = min(score, 1.0) * 0.3 if hard else score
    return Verdict(not hard and score >= LEAST, round(score, 4), claims, values)


def states(line: str, sources: Sequence[str], kinds: Collection[ClaimKind] = HARD) -> bool:
    """Whether ``line`` has no claim of these kinds that fails: less work than its verdict."""
    reading, source = read(line), evidence(tuple(sources))
    if not reading.words or not source.words:
        return False
    return _same(reading, source) or all(
        claim.supported or claim.kind not in kinds for claim in _claims(reading, source)
    )


def _known(line: Reading, claims: Sequence[Claim]) -> frozenset[str]:
    """Stems of the words in supported names, which the source may hold in another form."""
    spans = [(c.start, c.end) for c in claims if c.kind == "name" and c.supported]
    inside = (t for t in line.words if any(a <= t.start < b for a, b in spans))
    return frozenset(t.stem for t in inside)


def _score(values: dict[str, float]) -> float:
    """Overlap, order and neighbourhood of the words, times a factor for each soft failure."""
    score = 0.72 * values["coverage"] + 0.16 * values["order"] + 0.12 * values["pairs"]
    for name, factor in _FACTORS.items():
        if values[name]:
            score *= factor
    return score


def _same(line: Reading, source: Evidence) -> bool:
    """True where the line is a whole evidence sentence, its final mark and casing aside."""
    keys = tuple(t.key for t in line.words)
    return any(
        keys == run and _bare(line.text) == _bare(text)
        for run, text in zip(source.runs, source.texts, strict=True)
    )


def is_whole(line: str, sources: Sequence[str]) -> bool:
    """True where ``line`` is one of ``sources`` as it is, spaces, case and final stop aside."""
    return any(_bare(line) == _bare(source) for source in sources)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().rstrip(".")


def _facts_of(line: Reading, source: Evidence) -> Iterator[Claim]:
    """The facts of a line that repeats its source, all supported."""
    for claim in _facts(line, source):
        yield Claim(claim.text, claim.kind, claim.start, claim.end, True, "")


def _facts(line: Reading, source: Evidence) -> Iterator[Claim]:
    yield from _name_claims(line, source)
    yield from _number_claims(line, source)
    yield from _date_claims(line, source)
    yield from _quotation_claims(line, source)


def _claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    """Every claim of the line."""
    yield from _facts(line, source)
    yield from _word_claims(line, source)
    yield from _negation_claims(line, source)
    yield from _attribution_claims(line, source)
    yield from _direction_claims(line, source)


def _claim(line: Reading, first: int, last: int, kind: ClaimKind, reason: str) -> Claim:
    """A claim over tokens; supported where there is no reason against it."""
    start, end = line.words[first].start, line.words[last].end
    return Claim(line.text[start:end], kind, start, end, not reason, reason)


def _name_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    found = names(line, source.lowered)
    for one, two in pairwise(found):
        left, right = one.units[-1], two.units[0]
        of = right.first - left.last == 2 and line.words[left.last + 1].key == "of"
        if of and source.names.contradicts(left.key, "of", right.key):
            yield _claim(line, left.first, right.last, "name", "the source names another")
    for run in found:
        lost = source.names.holds(run)
        units = run.units if lost is None else run.units[lost[0] : lost[1]]
        reason = "" if lost is None else "this name is not in the source"
        yield _claim(line, units[0].first, units[-1].last, "name", reason)


def _number_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    held = [q for r in source.readings for q in r.numbers]
    years = frozenset(
        v for r in source.readings for d in r.dates for p, v in d.parts if p == "year"
    )
    for read_ in line.numbers:
        found = [q for q in held if matches(read_, q)]
        known = bool(found) or (not read_.unit and f"{read_.value:.0f}" in years)
        known = known or (read_.value == 1 and not read_.unit and _single(line, read_, source))
        reason = "" if known else "this number is not in the source"
        yield _claim(line, read_.first, read_.last, "number", reason)
        if found and not _same_noun(line, read_, source, found):
            noun = "the number stands beside other words in the source"
            yield _claim(line, read_.first, read_.last, "count", noun)


def _single(line: Reading, one: Quantity, source: Evidence) -> bool:
    """True where "one person" is "a person" in the source."""
    if line.words[one.first].key != "one" or one.last + 1 >= len(line.words):
        return False
    noun = line.words[one.last + 1].stem
    return any(
        t.stem == noun
        and {w.key for w in source.words[max(0, at - 3) : at]} & {"a", "an", "another"}
        for at, t in enumerate(source.words)
    )


def _same_noun(line: Reading, one: Quantity, source: Evidence, found: Sequence[Quantity]) -> bool:
    """True where a word near the number in the line is near it in the source."""
    near = _near(line.words, one)
    if not near:
        return True
    same = frozenset(found)
    for reading in source.readings:
        for other in reading.numbers:
            if other in same and near & _near(reading.words, other, 6):
                return True
    return False


def _near(words: Sequence[Token], one: Quantity, reach: int = 3) -> set[str]:
    before = words[max(0, one.first - reach) : one.first]
    after = words[one.last + 1 : one.last + 1 + reach]
    return {t.stem for part in (before, after) for t in part if not t.function}


def _date_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    held = [d for r in source.readings for d in r.dates]
    for date in line.dates:
        known = stated(date, held, source.years)
        yield _claim(
            line, date.first, date.last, "date", "" if known else "this date is not in the source"
        )


def _quotation_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    for start, end in line.quotes:
        text = line.text[start:end]
        said = not tokens(text) or any(verbatim(text, run) for run in source.runs)
        reason = "" if said else "the source does not say this word for word"
        yield Claim(text, "quotation", start, end, said, reason)


def _word_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    """Content words that are neither the source's nor ordinary English: garbled or invented."""
    named = {
        i
        for run in names(line, source.lowered)
        for unit in run.units
        for i in range(unit.first, unit.last + 1)
    }
    numbers = {i for q in line.numbers for i in range(q.first, q.last + 1)}
    for at, token in enumerate(line.words):
        if at in named or at in numbers or at in line.dated or not token.key[0].isalpha():
            continue
        if token.key in source.keys or token.stem in source.stems or ordinary(token.key):
            continue
        if source.names.short(token.key):
            continue
        yield _claim(line, at, at, "word", "neither in the source nor an ordinary word")


def _negation_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    """A negation that only one side has."""
    under: set[str] = set()
    for at, token in enumerate(line.words):
        if not negation(token):
            continue
        bears = scope(line.words, at)
        under.update(bears)
        affirmed = [s for s in bears if s in source.plain and s not in source.negated]
        if not source.negative and (affirmed or bears):
            yield _claim(line, at, at, "negation", "the source does not deny this")
    near = _after_negation(line.words)
    for at, token in enumerate(line.words):
        lost = token.stem in source.negated and token.stem not in source.plain
        if lost and token.stem not in under and at not in near:
            yield _claim(line, at, at, "negation", "the source denies this")


def _after_negation(words: Sequence[Token]) -> set[int]:
    """Indices of the words that stand within eight words after a negation, or three before."""
    marks = [at for at, token in enumerate(words) if negation(token) or token.key.startswith("un")]
    return {i for at in marks for i in range(at - 3, at + 9)}


def _attribution_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    """A named speaker must be a speaker in the source."""
    said = [act for r in source.readings for act in speakers(r.words)]
    voices = {t.key for _, _, wide in said for t in wide}
    open_ = not said or any(pronoun(near) for _, near, _ in said)
    index = {t.start: at for at, t in enumerate(line.words)}
    for verb, near, _ in speakers(line.words):
        who = [
            t for t in near if t.capital and not t.function and not (t.initial and ordinary(t.key))
        ]
        wrong = bool(who) and not open_ and not any(t.key in voices for t in who)
        reason = "the source gives another speaker" if wrong else ""
        if who:
            yield _claim(line, index[verb.start], index[verb.start], "attribution", reason)


def _direction_claims(line: Reading, source: Evidence) -> Iterator[Claim]:
    """A word whose opposite, and not itself, is in the source: rose for fell."""
    for at, token in enumerate(line.words):
        sides = _SIDES.get(token.stem, ())
        if any(source.stems.isdisjoint(here) and source.stems & there for here, there in sides):
            yield _claim(line, at, at, "direction", "the source says the opposite")
