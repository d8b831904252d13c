"""Numbers that describe how far a line follows from its evidence.

Word overlap, order and pairs follow the precision side of ROUGE (Lin 2004) and the extractive
fragments of Grusky et al. 2018; the error types are those that Kryściński et al. 2020 (FactCC)
and Pagnoni et al. 2021 (FRANK) found in summaries: entities, numbers, negation, speakers, noise.
"""

from collections.abc import Sequence
from itertools import pairwise

from briefing.check.evidence import Evidence
from briefing.language.facts import Reading
from briefing.language.lexicon import word_class
from briefing.language.tokens import similar

ORDER_LIMIT = 400
_HEDGES, _SPEECH = word_class("hedges"), word_class("speech")


def overlap(
    line: Sequence[str], source: Evidence, known: frozenset[str] = frozenset()
) -> tuple[float, list[str]]:
    """(share of the line's content that the source holds, the words it does not hold).

    ``known`` are further words that count as held: those of names under another short form.
    """
    if not line:
        return 0.0, []
    held, missing = 0.0, []
    for word in line:
        if word in source.held or word in known:
            held += 1.0
        elif any(similar(word, other) for other in source.places):
            held += 0.7
        else:
            missing.append(word)
    return held / len(line), missing


def order(line: Sequence[str], source: Sequence[str]) -> float:
    """Longest common subsequence as a share of the line (ROUGE-L precision).

    A row of the table is one number, in which a 0 stands wherever the subsequence grows by one
    (Hyyrö 2004, "Bit-parallel LCS-length computation revisited").
    """
    line, source = line[:60], source[:ORDER_LIMIT]
    if not line:
        return 0.0
    stands: dict[str, int] = {}
    for at, word in enumerate(source):
        stands[word] = stands.get(word, 0) | 1 << at
    every = (1 << len(source)) - 1
    row = every
    for word in line:
        held = row & stands.get(word, 0)
        row = (row + held | row - held) & every
    return (len(source) - row.bit_count()) / len(line)


def pairs(line: Sequence[str], source: Evidence, reach: int = 4) -> float:
    """Share of neighbouring content words that the source has near each other, in order."""
    if len(line) < 2:
        return 1.0 if line and line[0] in source.places else 0.0
    near = 0
    for one, two in pairwise(line):
        later = source.places.get(two, ())
        near += any(0 < b - a <= reach for a in source.places.get(one, ()) for b in later)
    return near / (len(line) - 1)


def fused(line: Sequence[str], source: Evidence) -> bool:
    """True where the line draws on two sentences that have no content word in common."""
    held = [frozenset(r.content) for r in source.readings]
    used = []
    for own in held:
        others = frozenset[str]().union(*(other for other in held if other is not own))
        if len((own & set(line)) - others) >= 2:
            used.append(own)
    return len(used) > 1 and not any(a & b for i, a in enumerate(used) for b in used[i + 1 :])


def dropped(line: Reading, source: Evidence) -> tuple[bool, bool]:
    """(attribution dropped, hedge dropped): the source has one, the line has none."""
    keys = {t.key for t in line.words}
    said = not _SPEECH.isdisjoint(source.keys) and _SPEECH.isdisjoint(keys) and not line.quotes
    soft = not _HEDGES.isdisjoint(source.keys) and _HEDGES.isdisjoint(keys)
    return said, soft


def features(
    line: Reading, source: Evidence, known: frozenset[str], broken: dict[str, int]
) -> dict[str, float]:
    """All features of a line; ``broken`` counts the failed claims of each kind."""
    content = line.content
    coverage, missing = overlap(content, source, known)
    said, soft = dropped(line, source)
    found = {
        "coverage": coverage,
        "missing": float(len(missing)),
        "order": order(content, source.sequence),
        "pairs": pairs(content, source),
        "fused": float(fused(content, source)),
        "attribution_dropped": float(said),
        "hedge_dropped": float(soft),
        "words": float(len(line.words)),
    }
    return found | {kind: float(count) for kind, count in broken.items()}
