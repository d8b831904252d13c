"""Plan one brief over several articles about one story (multi-document planning).

Features are computed per article, because position, lead and title have no meaning across articles.
Sentences are then chosen from all articles together, so that no line is repeated; sentences that
several publishers state in their own words gain salience (the redundancy of multi-document
summarisation: Radev et al. 2004, "Centroid-based summarization of multiple documents").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.options import Length
from briefing.planning.document import Document, Floats, document
from briefing.planning.planner import SPARE, Plan, Planner, described, opinion_chance, plan_slots
from briefing.planning.selection import ScoredSentences

_SAYS_SO, _COPIES = 0.5, 0.97
"""Similarity from which sentences of two publishers say the same, and are copies."""
_SAME = 0.4
"""Lower than within one article, because articles repeat a fact in more different words."""
_WORTH = 0.12
_SPARES = 6
_MOST = 1_500
"""Rows beyond which sentences are not compared across publishers."""


@dataclass(frozen=True, slots=True)
class UnionPart:
    """One article of a story; ``places`` maps its body sentence indices to the merged article."""

    article: Article
    publisher: str
    places: dict[int, int]


def plan_union(
    planner: Planner,
    merged: Article,
    parts: Sequence[UnionPart],
    *,
    length: Length = "standard",
    favour: Sequence[float] = (),
) -> Plan:
    """Return the plan of ``merged``, the concatenated body sentences of ``parts``.

    The first part is the lead: the headline is planned from it, and the merged article has its
    title. ``favour`` (one value per merged sentence) is added to the scores for headline and key
    points.

    Raises:
        ModelError: the planner's parameters cannot be read.
    """
    documents = [(part, document(part.article)) for part in parts]
    described_parts = [(part, planner.scored(d)) for part, d in documents if d.size]
    if not described_parts or described_parts[0][0] is not parts[0]:
        return planner.plan(merged, length=length)
    joined = _join(described_parts)
    joined = replace(joined, salience=_raised(joined, _publishers(described_parts)))
    several = len(described_parts) > 1
    if several:
        joined = replace(joined, same=_SAME)
    indices = list(joined.document.indices)
    weights = np.array(favour or [0.0] * len(merged.sentences), dtype=np.float32)[indices]
    lead = _of_lead(joined, described_parts[0][1].document.size)
    spares = _SPARES if several else SPARE
    slots, spare = plan_slots(joined, length, lead=lead, favour=weights, spares=spares)
    return replace(
        described(merged, joined),
        slots=tuple(slots),
        spare=tuple(spare),
        opinion_piece=0.0 if several else opinion_chance(merged),
    )


def _publishers(parts: Sequence[tuple[UnionPart, ScoredSentences]]) -> NDArray[np.int64]:
    """The publisher of each row, as a number."""
    order = {name: at for at, name in enumerate(dict.fromkeys(p.publisher for p, _ in parts))}
    rows = [order[p.publisher] for p, c in parts for _ in range(c.document.size)]
    return np.array(rows, dtype=np.int64)


def _raised(joined: ScoredSentences, publishers: NDArray[np.int64]) -> Floats:
    """Salience, raised for sentences that other publishers state in their own words."""
    size = joined.document.size
    if size > _MOST or not publishers.any():
        return joined.salience
    alike = joined.similarities(range(size))
    alike[alike >= _COPIES] = 0
    others = np.zeros(size, dtype=np.float32)
    for number in range(int(publishers.max()) + 1):
        says = alike[:, publishers == number].max(axis=1) >= _SAYS_SO
        others += says & (publishers != number)
    raised = np.minimum(joined.salience + _WORTH * np.log1p(others), 1)
    return np.where(joined.salience > 0, raised, joined.salience).astype(np.float32)


def _of_lead(joined: ScoredSentences, size: int) -> ScoredSentences:
    """The first ``size`` rows, for planning the headline."""
    whole, features = joined.document, joined.described
    tokens = int(np.searchsorted(whole.sentence, size))
    return ScoredSentences(
        document=replace(
            whole,
            texts=whole.texts[:size],
            indices=whole.indices[:size],
            paragraphs=whole.paragraphs[:size],
            hashes=whole.hashes[:tokens],
            sentence=whole.sentence[:tokens],
            bits=whole.bits[:tokens],
            capital=whole.capital[:tokens],
        ),
        described=replace(
            features,
            dense=features.dense[:size],
            vectors=features.vectors[:size],
            boilerplate=features.boilerplate[:size],
        ),
        probabilities=joined.probabilities[:size],
        salience=joined.salience[:size],
        news=joined.news[:size],
        denied=joined.denied[:size],
        usable=joined.usable[:size],
        leaning=joined.leaning[:size],
        antecedent=joined.antecedent[:size],
        content=joined.content[:size],
    )


def _join(parts: Sequence[tuple[UnionPart, ScoredSentences]]) -> ScoredSentences:
    """The rows of all articles, concatenated; title and head are those of the first one."""
    every = [scored for _, scored in parts]
    sizes = [scored.document.size for scored in every]
    starts = np.cumsum([0, *sizes[:-1]])
    return ScoredSentences(
        document=_join_documents(parts, starts),
        described=replace(
            every[0].described,
            dense=np.concatenate([c.described.dense for c in every]),
            vectors=np.concatenate([c.described.vectors for c in every]),
            boilerplate=np.concatenate([c.described.boilerplate for c in every]),
        ),
        probabilities=np.concatenate([c.probabilities for c in every]),
        salience=np.concatenate([c.salience for c in every]),
        news=np.concatenate([c.news for c in every]),
        denied=np.concatenate([c.denied for c in every]),
        usable=np.concatenate([c.usable for c in every]),
        leaning=np.concatenate([c.leaning for c in every]),
        antecedent=np.concatenate(
            [
                np.where(c.antecedent >= 0, c.antecedent + start, -1)
                for c, start in zip(every, starts, strict=True)
            ]
        ),
        content=tuple(words for c in every for words in c.content),
    )


def _join_documents(
    parts: Sequence[tuple[UnionPart, ScoredSentences]], starts: NDArray[np.int64]
) -> Document:
    documents = [scored.document for _, scored in parts]
    return replace(
        documents[0],
        texts=tuple(text for d in documents for text in d.texts),
        indices=tuple(part.places[i] for part, c in parts for i in c.document.indices),
        paragraphs=np.concatenate([d.paragraphs for d in documents]),
        hashes=np.concatenate([d.hashes for d in documents]),
        sentence=np.concatenate(
            [d.sentence + start for d, start in zip(documents, starts, strict=True)]
        ),
        bits=np.concatenate([d.bits for d in documents]),
        capital=np.concatenate([d.capital for d in documents]),
    )
