"""What becomes of a line's grammar in its evidence: who did what, denied, hedged, under whose word?

Each word of the line is put to the word of the evidence that says it; then the arcs between the
line's words are looked up between those of the evidence (dependency arc entailment: Goyal and
Durrett 2020, "Evaluating factuality in generation with dependency-level entailment"), and each
predicate's denials, modals, conditions and speakers are set beside those of the predicate that it
repeats. What is found is measured here and weighed by `briefing.check.judge`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from briefing.check.forest import Forest
from briefing.language import parses_for
from briefing.language.lexicon import opposites, word_class
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
"""What is measured, in order."""
_EXACT, _STEM, _DERIVED = 1.1, 1.0, 0.9
_LEAST, _STRONG = 0.5, 0.85
"""Likeness from which on words say the same at all, and from which on surely."""
_FOREIGN = 0.3
"""What it takes from the likeness of two words that one of them is a name or number."""
_CLASS = 0.05
_TIE = 1e-3
"""What the same relation decides between two words that are as like."""
_OPPOSITE: dict[str, set[str]] = defaultdict(set)
for _one, _other in opposites():
    for _here, _there in ((_one, _other), (_other, _one)):
        for _word in _here:
            _OPPOSITE[stem(_word)] |= {stem(word) for word in _there}


def measures(line: Structure, evidence: Structure) -> dict[str, float]:
    """What is found of the line's structure in the evidence, by the names of `MEASURES`."""
    found: dict[str, float] = dict.fromkeys(MEASURES, 0.0)
    places, likeness = _places(line, evidence)
    words = max(1, len(line.words))
    found["words"] = words
    found["unknown"] = sum(value < _LEAST for value in likeness)
    found["weak"] = sum(_LEAST <= value < _STRONG for value in likeness)
    found["likeness"] = sum(likeness) / words
    _arcs(line, evidence, places, found)
    for at in line.words:
        if line.tags[at][0] == "V" and at in places:
            _predicate(line, at, evidence, places[at], found)
    _dropped(evidence, places, found)
    _classes(line, evidence, found)
    order = [places[at] for at in line.words if at in places]
    turns = sum(a > b for a, b in pairwise(order))
    found["inversions"] = turns / max(1, len(order) - 1)
    found["sentences"] = evidence.sentences
    found["evidence"] = len(evidence.heads)
    found["coverage"] = len(set(places.values())) / max(1, len(evidence.words))
    _repeated(line, evidence, places, found)
    _pieces(evidence, order, found)
    return found


def _places(line: Structure, evidence: Structure) -> tuple[dict[int, int], list[float]]:
    """Where the evidence says each word of the line, and how like the two words are."""
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
            if (
                line.stems[at] != evidence.stems[other]
                and line.lemmas[at] != evidence.lemmas[other]
            ):
                table[row, column] = _DERIVED
            else:
                table[row, column] = _EXACT if line.lower[at] == evidence.lower[other] else _STEM
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
    """Of a word that the evidence says more than once, take the place with the fitting arcs."""
    for at in list(places):
        columns = by_stem.get(line.stems[at], ())
        if len(columns) > 1:
            held = [evidence.words[column] for column in columns]
            fits = [_fit(line, evidence, places, at, place) for place in held]
            places[at] = held[int(np.argmax(fits))]


def _fit(
    line: Structure, evidence: Structure, places: dict[int, int], at: int, place: int
) -> float:
    """How well the arcs of a word fit where it would stand."""
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
    line: Structure, evidence: Structure, places: dict[int, int], found: dict[str, float]
) -> None:
    """Count what becomes of each arc of the line."""
    wanted = set(line.words)
    count = same = far = 0.0
    for (head, at), relation in line.arcs.items():
        if head not in wanted or at not in wanted:
            continue
        kind = _kind(relation)
        count += 1
        if head not in places or at not in places:
            found[f"unknown {kind}"] += 1
            continue
        above, below = places[head], places[at]
        if above == below:
            found[f"same {kind}"] += 0.5
            same += 0.5
            continue
        theirs = evidence.arcs.get((above, below))
        if theirs == relation:
            found[f"same {kind}"] += 1
            same += 1
        elif theirs is not None and _opposed(relation, theirs):
            found["opposed"] += 1
        elif theirs is not None and _kind(theirs) == kind:
            found[f"preposition {kind}"] += 1
        elif theirs is not None and {_kind(theirs), kind} == {"subject", "object"}:
            found["swapped"] += 1
        elif theirs is not None:
            found[f"other {kind}"] += 1
        elif (below, above) in evidence.arcs:
            found[f"turned {kind}"] += 1
        else:
            steps = evidence.distance(above, below)
            found[f"{'near' if steps <= 2 else 'far'} {kind}"] += 1
            far += steps > 2
            found["distance"] += steps
            if kind in ("subject", "object") and evidence.fillers.get((above, relation)):
                found[f"rival {kind}"] += 1
    found["arcs"] = count
    found["exchanged"] = _exchanged(line, evidence, places)
    found["share same"] = same / max(1.0, count)
    found["share far"] = far / max(1.0, count)


def _opposed(one: str, other: str) -> bool:
    """Whether two prepositions say the opposite: from and to, before and after."""
    word, against = one.removeprefix("prep "), other.removeprefix("prep ")
    return stem(against) in _OPPOSITE.get(stem(word), frozenset())


def _exchanged(line: Structure, evidence: Structure, places: dict[int, int]) -> int:
    """Predicates of the line that do to one what the evidence says is done by it."""
    count = 0
    for verb, place in places.items():
        roles = {"subject": "object", "object": "subject"}
        turned = [
            any(
                places.get(filler) in evidence.fillers.get((place, other), ())
                for filler in line.fillers.get((verb, own), ())
            )
            for own, other in roles.items()
        ]
        given = all(line.fillers.get((verb, own)) for own in roles)
        count += given and any(turned)
    return count


def _kind(relation: str) -> str:
    if relation.startswith("prep "):
        return "prep"
    return relation if relation in _RELATIONS else "other"


def _predicate(
    line: Structure, at: int, evidence: Structure, place: int, found: dict[str, float]
) -> None:
    """Set the denials, modals, conditions and speakers of a predicate beside the evidence's."""
    ours, theirs = line.denied(at), evidence.denied(place)
    found["denial lost"] += theirs and not ours
    found["denial new"] += ours and not theirs
    found["denied"] += ours and theirs
    mine, other = line.modal(at), evidence.modal(place)
    found["modal lost"] += bool(other and other != "will" and not mine)
    found["modal new"] += bool(mine and not other)
    found["modal changed"] += bool(mine and other and mine != other)
    found["prospect lost"] += other in ("perhaps", "would") and mine in ("", "will")
    if_ours, if_theirs = line.condition(at), evidence.condition(place)
    found["condition lost"] += bool(if_theirs and not if_ours)
    found["condition new"] += bool(if_ours and not if_theirs)
    found["condition changed"] += bool(if_ours and if_theirs and if_ours != if_theirs)
    found["speaker lost"] += evidence.said(place) and not line.said(at)
    found["speaker new"] += line.said(at) and not evidence.said(place)
    found["meant lost"] += evidence.meant(place) and not line.meant(at)
    found["meant new"] += line.meant(at) and not evidence.meant(place)


def _dropped(evidence: Structure, places: dict[int, int], found: dict[str, float]) -> None:
    """Count what hangs on the words that the line repeats, and is not repeated."""
    used = set(places.values())
    for place in used:
        for child in evidence.children[place]:
            if child in used:
                continue
            relation = evidence.relations[child]
            if relation in _DROPPED and not any(at in used for at in evidence.children[child]):
                found[f"dropped {relation}"] += 1
            found["dropped limit"] += evidence.lower[child] in LIMITS
            found["dropped negator"] += evidence.lower[child] in NEGATORS


def _repeated(
    line: Structure, evidence: Structure, places: dict[int, int], found: dict[str, float]
) -> None:
    """Look at the predicates of the evidence that the line repeats, whatever its own grammar is.

    Headlines leave out the words that a parser needs; what their words are in the evidence, and
    whether there is any word for a denial, modal or speaker there, is known all the same.
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
        for sign, given in zip(_SIGNS, there, strict=True):
            found[f"unsaid {sign}"] += given and not said[sign]
        for relation, name in (("subject", "subject"), ("object", "object")):
            fillers = evidence.fillers.get((verb, relation), ())
            found[f"{name} left"] += bool(fillers) and used.isdisjoint(fillers)
        found["subject kept"] += not used.isdisjoint(evidence.fillers.get((verb, "subject"), ()))
    if verbs:
        top = min(verbs, key=lambda at: sum(1 for _ in evidence.path(at)))
        relation = evidence.relations[top]
        found[f"top {relation if relation in _TOPS else 'other'}"] = 1.0
        found["top depth"] = sum(1 for _ in evidence.path(top)) - 1.0


def _pieces(evidence: Structure, order: Sequence[int], found: dict[str, float]) -> None:
    """How far apart in the evidence's trees the words of the line stand."""
    used = set(order)
    found["pieces"] = sum(
        not any(at in used for at in list(evidence.path(place))[1:3]) for place in used
    )
    steps = [evidence.distance(a, b) for a, b in pairwise(order)]
    found["mean step"] = sum(steps) / max(1, len(steps))
    found["longest step"] = max(steps, default=0)


def _classes(line: Structure, evidence: Structure, found: dict[str, float]) -> None:
    """Count words that turn or limit a claim, on one side and on both."""
    ours, theirs = set(line.lower), set(evidence.lower)
    for name, words in _CLASSES.items():
        found[f"{name}s lost"] = len((theirs - ours) & words)
        found[f"{name}s new"] = len((ours - theirs) & words)
        found[f"{name}s kept"] = len(ours & theirs & words)
    mine, other = set(line.lemmas), set(evidence.lemmas)
    for name, words in _LEMMAS.items():
        found[f"{name} verbs lost"] = len((other - mine) & words)
        found[f"{name} verbs new"] = len((mine - other) & words)
    stems, held = Counter(line.stems), set(evidence.stems)
    found["opposite"] = sum(
        word not in held and bool(_OPPOSITE.get(word, frozenset()) & held) for word in stems
    )


def measured(
    lines: Sequence[tuple[str, Sequence[str]]], language: str = "en"
) -> NDArray[np.float64]:
    """The measures of each line and its evidence sentences, a row a line.

    All texts are parsed together; a line that cannot be parsed has a row of zeros.

    Raises:
        ValueError: no parser reads the language.
    """
    parses = parses_for(language)
    if parses is None:
        raise ValueError(f"no parser reads '{language}'")
    texts = dict.fromkeys(text for line, evidence in lines for text in (line, *evidence))
    parses.of(list(texts))
    held: dict[tuple[str, ...], Structure] = {}
    rows = np.zeros((len(lines), len(MEASURES)))
    for row, (line, evidence) in zip(rows, lines, strict=True):
        key = tuple(evidence)
        if key not in held:
            held[key] = Structure([p for p in parses.of(key) if p is not None])
        if (parse := parses.one(line)) is not None:
            row[:] = list(measures(Structure([parse]), held[key]).values())
    return rows


@cache
def forest() -> Forest:
    """The trees that weigh the measures."""
    with resources.as_file(resources.files("briefing.check") / "structure.npz") as path:
        return Forest(path)
