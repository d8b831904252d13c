"""Measure how the dependency structure of a line is preserved in its evidence.

Each word of the line is aligned with the most similar word of the evidence. The arcs between the
line's words are then compared with those of the evidence (dependency arc entailment: Goyal and
Durrett 2020, "Evaluating factuality in generation with dependency-level entailment"), and the
negation, modality, conditions and attribution of each predicate with those of the predicate it
repeats. Boosted trees (`forest`) turn the measures into the log-odds that `briefing.checking.judge`
uses.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from briefing.language import parses_for
from briefing.language.structure import (
    CONDITIONS,
    DENYING,
    MEANT,
    MODALS,
    NEGATORS,
    SAYING,
    Structure,
)
from briefing.language.tokens import similar, stem
from briefing.language.word_lists import opposites, word_class
from briefing.learned import Forest

LIMITS = word_class("limiters") | word_class("universals") | word_class("exceptions")
_RELATIONS = (
    "subject", "object", "prep", "amod", "nummod", "poss", "compound", "appos", "conj", "advmod",
    "xcomp", "ccomp", "advcl", "acl", "relcl", "attr", "npadvmod", "other",
)  # fmt: skip
_DROPPED = (
    "amod", "nummod", "advmod", "neg", "advcl", "prep", "relcl", "acl", "appos", "poss",
    "compound", "npadvmod", "quantmod", "det", "xcomp", "ccomp", "dobj", "mark",
)  # fmt: skip
_OUTCOMES = ("same", "preposition", "other", "turned", "near", "far", "unknown", "rival")
_FLAGS = (
    "denial lost", "denial new", "denied", "modal lost", "modal new", "modal changed",
    "prospect lost", "condition lost", "condition new", "condition changed", "speaker lost",
    "speaker new", "meant lost", "meant new",
)  # fmt: skip
_SIGNS = ("denied", "modal", "condition", "speaker", "meant")
_TOPS = ("ROOT", "ccomp", "xcomp", "advcl", "relcl", "acl", "conj", "other")
_CLASSES = {"limit": LIMITS, "negator": NEGATORS, "condition": CONDITIONS}
_LEMMAS = {"saying": SAYING, "meant": MEANT, "denying": DENYING}
MEASURES = (
    "words", "unknown", "weak", "likeness", "arcs", "share same", "share far", "swapped",
    "distance",
    *(f"{outcome} {relation}" for outcome in _OUTCOMES for relation in _RELATIONS),
    *_FLAGS,
    *(f"dropped {relation}" for relation in _DROPPED), "dropped limit", "dropped negator",
    *(f"{name}s {what}" for name in _CLASSES for what in ("lost", "new", "kept")),
    *(f"{name} verbs {what}" for name in _LEMMAS for what in ("lost", "new")),
    "opposite", "inversions", "sentences", "evidence", "coverage",
    *(f"unsaid {sign}" for sign in _SIGNS),
    *(f"top {relation}" for relation in _TOPS), "top depth",
    "pieces", "mean step", "longest step", "subject left", "object left", "subject kept",
    "exchanged", "opposed",
)  # fmt: skip
"""Names of the measures, in order."""
_EXACT, _STEM, _DERIVED = 1.1, 1.0, 0.9
_LEAST, _STRONG = 0.5, 0.85
"""Least similarity of aligned words, and of words that surely mean the same."""
_FOREIGN = 0.3
"""Similarity penalty if one of two words is a name or number."""
_CLASS = 0.05
"""Similarity penalty if only one of two words is a verb."""
_TIE = 1e-3
"""Bonus for the same relation, which decides between equally similar words."""
_OPPOSITE: dict[str, set[str]] = defaultdict(set)
for _one, _other in opposites():
    for _here, _there in ((_one, _other), (_other, _one)):
        for _word in _here:
            _OPPOSITE[stem(_word)] |= {stem(word) for word in _there}


def measures(line: Structure, evidence: Structure) -> dict[str, float]:
    """Return the measures of a line and its evidence, by the names of `MEASURES`."""
    values: dict[str, float] = dict.fromkeys(MEASURES, 0.0)
    places, likeness = _places(line, evidence)
    words = max(1, len(line.words))
    values["words"] = words
    values["unknown"] = sum(value < _LEAST for value in likeness)
    values["weak"] = sum(_LEAST <= value < _STRONG for value in likeness)
    values["likeness"] = sum(likeness) / words
    _arcs(line, evidence, places, values)
    for at in line.words:
        if line.tags[at][0] == "V" and at in places:
            _predicate(line, at, evidence, places[at], values)
    _dropped(evidence, places, values)
    _classes(line, evidence, values)
    order = [places[at] for at in line.words if at in places]
    turns = sum(a > b for a, b in pairwise(order))
    values["inversions"] = turns / max(1, len(order) - 1)
    values["sentences"] = evidence.sentences
    values["evidence"] = len(evidence.heads)
    values["coverage"] = len(set(places.values())) / max(1, len(evidence.words))
    _repeated(line, evidence, places, values)
    _pieces(evidence, order, values)
    return values


def _places(line: Structure, evidence: Structure) -> tuple[dict[int, int], list[float]]:
    """Align each word of the line with a token of the evidence; also return the similarities."""
    if not line.words or not evidence.words:
        return {}, [0.0] * len(line.words)
    table = line.vectors @ evidence.vectors.T
    mine, theirs = line.kinds, evidence.kinds
    table -= _CLASS * (mine[:, 0][:, None] != theirs[:, 0][None, :])
    table -= _FOREIGN * (mine[:, 1][:, None] | theirs[:, 1][None, :])
    by_stem: dict[str, list[int]] = defaultdict(list)
    by_lemma: dict[str, list[int]] = defaultdict(list)
    for column, at in enumerate(evidence.words):
        by_stem[evidence.stems[at]].append(column)
        by_lemma[evidence.lemmas[at]].append(column)
    places, likeness = {}, []
    for row, at in enumerate(line.words):
        same = (
            by_stem.get(line.stems[at])
            or by_lemma.get(line.lemmas[at])
            or [
                column
                for column, other in enumerate(evidence.words)
                if similar(line.stems[at], evidence.stems[other])
            ]
        )
        for column in same:
            other = evidence.words[column]
            inflected = (
                line.stems[at] == evidence.stems[other] or line.lemmas[at] == evidence.lemmas[other]
            )
            exact = inflected and line.lower[at] == evidence.lower[other]
            table[row, column] = _EXACT if exact else _STEM if inflected else _DERIVED
        fits = np.array([evidence.relations[o] == line.relations[at] for o in evidence.words])
        best = int(np.argmax(table[row] + _TIE * fits))
        likeness.append(float(table[row, best]))
        if likeness[-1] >= _LEAST:
            places[at] = evidence.words[best]
    _settle(line, evidence, places, by_stem)
    return places, likeness


def _settle(
    line: Structure, evidence: Structure, places: dict[int, int], by_stem: dict[str, list[int]]
) -> None:
    """Realign words that the evidence has more than once by how well their arcs match."""
    for at in list(places):
        columns = by_stem.get(line.stems[at], ())
        if len(columns) > 1:
            options = [evidence.words[column] for column in columns]
            fits = [_fit(line, evidence, places, at, place) for place in options]
            places[at] = options[int(np.argmax(fits))]


def _fit(
    line: Structure, evidence: Structure, places: dict[int, int], at: int, place: int
) -> float:
    """Score how well the arcs of a word match if it is aligned with ``place``."""
    total = 0.0
    for (head, dependent), relation in line.arcs.items():
        if at not in (head, dependent):
            continue
        other = dependent if head == at else head
        if other in places:
            pair = (place, places[other]) if head == at else (places[other], place)
            total += 2 * (evidence.arcs.get(pair) == relation)
            total += 1 / (1 + evidence.distance(*pair))
    return total


def _arcs(
    line: Structure, evidence: Structure, places: dict[int, int], values: dict[str, float]
) -> None:
    """Count the outcomes of the line's arcs."""
    wanted = set(line.words)
    count = same = far = 0.0
    for (head, at), relation in line.arcs.items():
        if head not in wanted or at not in wanted:
            continue
        kind = _kind(relation)
        count += 1
        if head not in places or at not in places:
            values[f"unknown {kind}"] += 1
            continue
        above, below = places[head], places[at]
        if above == below:
            values[f"same {kind}"] += 0.5
            same += 0.5
            continue
        theirs = evidence.arcs.get((above, below))
        if theirs == relation:
            values[f"same {kind}"] += 1
            same += 1
        elif theirs is not None and _opposed(relation, theirs):
            values["opposed"] += 1
        elif theirs is not None and _kind(theirs) == kind:
            values[f"preposition {kind}"] += 1
        elif theirs is not None and {_kind(theirs), kind} == {"subject", "object"}:
            values["swapped"] += 1
        elif theirs is not None:
            values[f"other {kind}"] += 1
        elif (below, above) in evidence.arcs:
            values[f"turned {kind}"] += 1
        else:
            steps = evidence.distance(above, below)
            values[f"{'near' if steps <= 2 else 'far'} {kind}"] += 1
            far += steps > 2
            values["distance"] += steps
            if kind in ("subject", "object") and evidence.fillers.get((above, relation)):
                values[f"rival {kind}"] += 1
    values["arcs"] = count
    values["exchanged"] = _exchanged(line, evidence, places)
    values["share same"] = same / max(1.0, count)
    values["share far"] = far / max(1.0, count)


def _opposed(one: str, other: str) -> bool:
    """Whether two prepositions are opposites: from and to, before and after."""
    word, against = one.removeprefix("prep "), other.removeprefix("prep ")
    return stem(against) in _OPPOSITE.get(stem(word), frozenset())


def _exchanged(line: Structure, evidence: Structure, places: dict[int, int]) -> int:
    """Count predicates of the line whose subject and object are swapped in the evidence."""
    count = 0
    roles = {"subject": "object", "object": "subject"}
    for verb, place in places.items():
        swapped = any(
            places.get(filler) in evidence.fillers.get((place, other), ())
            for own, other in roles.items()
            for filler in line.fillers.get((verb, own), ())
        )
        count += swapped and all(line.fillers.get((verb, own)) for own in roles)
    return count


def _kind(relation: str) -> str:
    if relation.startswith("prep "):
        return "prep"
    return relation if relation in _RELATIONS else "other"


def _predicate(
    line: Structure, at: int, evidence: Structure, place: int, values: dict[str, float]
) -> None:
    """Compare negation, modality, conditions and attribution of a pair of predicates."""
    modal, other_modal = line.modal(at), evidence.modal(place)
    values["modal lost"] += bool(other_modal and other_modal != "will" and not modal)
    values["modal new"] += bool(modal and not other_modal)
    values["modal changed"] += bool(modal and other_modal and modal != other_modal)
    values["prospect lost"] += other_modal in ("perhaps", "would") and modal in ("", "will")
    denied, other_denied = line.denied(at), evidence.denied(place)
    values["denied"] += denied and other_denied
    condition, other_condition = line.condition(at), evidence.condition(place)
    values["condition changed"] += bool(
        condition and other_condition and condition != other_condition
    )
    for name, ours, theirs in (
        ("denial", denied, other_denied),
        ("condition", bool(condition), bool(other_condition)),
        ("speaker", line.said(at), evidence.said(place)),
        ("meant", line.meant(at), evidence.meant(place)),
    ):
        values[f"{name} lost"] += theirs and not ours
        values[f"{name} new"] += ours and not theirs


def _dropped(evidence: Structure, places: dict[int, int], values: dict[str, float]) -> None:
    """Count the dependents of repeated words that are not repeated."""
    used = set(places.values())
    for place in used:
        for child in evidence.children[place]:
            if child in used:
                continue
            relation = evidence.relations[child]
            if relation in _DROPPED and not any(at in used for at in evidence.children[child]):
                values[f"dropped {relation}"] += 1
            values["dropped limit"] += evidence.lower[child] in LIMITS
            values["dropped negator"] += evidence.lower[child] in NEGATORS


def _repeated(
    line: Structure, evidence: Structure, places: dict[int, int], values: dict[str, float]
) -> None:
    """Measure the evidence's predicates that the line repeats, whatever the line's own parse.

    Headlines leave out words that a parser needs; what their words are in the evidence, and whether
    the line has any word for a negation, modal or speaker there, is known all the same.
    """
    used = set(places.values())
    verbs = [at for at in used if evidence.tags[at][0] == "V"]
    words, lemmas = set(line.lower), set(line.lemmas)
    said = {
        "denied": bool(words & NEGATORS or lemmas & DENYING),
        "modal": bool(words & MODALS.keys() or "to" in words),
        "condition": bool(words & CONDITIONS),
        "speaker": bool(lemmas & SAYING or words & {":", "according"}),
        "meant": bool(lemmas & MEANT or "to" in words),
    }
    for verb in verbs:
        there = (
            evidence.denied(verb),
            evidence.modal(verb) not in ("", "will"),
            bool(evidence.condition(verb)),
            evidence.said(verb),
            evidence.meant(verb),
        )
        for sign, present in zip(_SIGNS, there, strict=True):
            values[f"unsaid {sign}"] += present and not said[sign]
        for relation in ("subject", "object"):
            fillers = evidence.fillers.get((verb, relation), ())
            values[f"{relation} left"] += bool(fillers) and used.isdisjoint(fillers)
        values["subject kept"] += not used.isdisjoint(evidence.fillers.get((verb, "subject"), ()))
    if verbs:
        top = min(verbs, key=lambda at: sum(1 for _ in evidence.path(at)))
        relation = evidence.relations[top]
        values[f"top {relation if relation in _TOPS else 'other'}"] = 1.0
        values["top depth"] = sum(1 for _ in evidence.path(top)) - 1.0


def _pieces(evidence: Structure, order: Sequence[int], values: dict[str, float]) -> None:
    """Measure how far apart the words of the line are in the evidence's trees."""
    used = set(order)
    values["pieces"] = sum(
        not any(at in used for at in list(evidence.path(place))[1:3]) for place in used
    )
    steps = [evidence.distance(a, b) for a, b in pairwise(order)]
    values["mean step"] = sum(steps) / max(1, len(steps))
    values["longest step"] = max(steps, default=0)


def _classes(line: Structure, evidence: Structure, values: dict[str, float]) -> None:
    """Count words that turn or limit a claim: lost, new and kept."""
    ours, theirs = set(line.lower), set(evidence.lower)
    for name, words in _CLASSES.items():
        values[f"{name}s lost"] = len((theirs - ours) & words)
        values[f"{name}s new"] = len((ours - theirs) & words)
        values[f"{name}s kept"] = len(ours & theirs & words)
    mine, other = set(line.lemmas), set(evidence.lemmas)
    for name, words in _LEMMAS.items():
        values[f"{name} verbs lost"] = len((other - mine) & words)
        values[f"{name} verbs new"] = len((mine - other) & words)
    evidence_stems = set(evidence.stems)
    values["opposite"] = sum(
        not evidence_stems.isdisjoint(_OPPOSITE.get(word, ()))
        for word in set(line.stems) - evidence_stems
    )


def measured(
    lines: Sequence[tuple[str, Sequence[str]]], language: str = "en"
) -> NDArray[np.float64]:
    """Return the measures of lines and their evidence sentences, one row per line.

    All texts are parsed in one batch; a line that cannot be parsed has a row of zeros.

    Raises:
        ValueError: no parser for the language.
    """
    parses = parses_for(language)
    if parses is None:
        raise ValueError(f"no parser for the language '{language}'")
    texts = dict.fromkeys(text for line, evidence in lines for text in (line, *evidence))
    parses.of(list(texts))
    structures: dict[tuple[str, ...], Structure] = {}
    rows = np.zeros((len(lines), len(MEASURES)))
    for row, (line, evidence) in zip(rows, lines, strict=True):
        key = tuple(evidence)
        if key not in structures:
            structures[key] = Structure([p for p in parses.of(key) if p is not None])
        if (parse := parses.one(line)) is not None:
            row[:] = list(measures(Structure([parse]), structures[key]).values())
    return rows


@cache
def forest() -> Forest:
    """Load the boosted trees over the measures."""
    with resources.as_file(resources.files("briefing.checking") / "structure.npz") as path:
        return Forest(path)
