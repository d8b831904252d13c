"""One plan over the sentences of several articles that tell one story.

Each article is described on its own, because place, lead and title mean something only there; then
their sentences are chosen from as if they were one, so that no line comes twice, and those that
several publishers say in their own words count for more (the redundancy of multi-document
summarisation: Radev et al. 2004, "Centroid-based summarization of multiple documents").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.plan.document import Document, Floats, document
from briefing.plan.features import Features
from briefing.plan.plan import Length, Plan
from briefing.plan.planner import SPARE, Planner, described, plan_slots
from briefing.plan.selection import Candidates

_SAYS_SO, _COPIES = 0.5, 0.97
"""Similarity from which another publisher says the same; from which it has only been copied."""
_SAME = 0.4
"""Articles tell one thing in more different words than one article does twice."""
_WORTH = 0.12
_SPARES = 6
_MOST = 1_500
"""Rows beyond which nobody asks who else says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """One article of a story and where its body sentences stand in the merged one.

    ``places`` maps the indices of its body sentences to those of the merged article.
    """

    article: Article
    publisher: str
    places: dict[int, int]


def plan_union(
    planner: Planner,
    merged: Article,
    parts: Sequence[Part],
    *,
    length: Length = "standard",
    favour: Sequence[float] = (),
) -> Plan:
    """The plan of ``merged``, which holds the body sentences of ``parts`` one after the other.

    The first part is the lead: the headline is planned from it, and the merged title is its own.
    ``favour`` (one value a merged sentence) speaks for or against a sentence as headline or key
    point. Raises ModelError if the planner's parameters cannot be read.
    """
    found = [(part, document(part.article)) for part in parts]
    parted = [(part, planner.candidates(d)) for part, d in found if d.size]
    if not parted or parted[0][0] is not parts[0]:
        return planner.plan(merged, length=length)
    joined = _join(parted)
    publishers = np.array(_numbers(parted), dtype=np.int64)
    joined = replace(joined, salience=_raised(joined, publishers))
    several = len(parted) > 1
    if several:
        joined = replace(joined, same=_SAME)
    indices = list(joined.document.indices)
    weights = np.array(favour or [0.0] * len(merged.sentences), dtype=np.float32)[indices]
    lead = _of_lead(joined, parted[0][1].document.size)
    spares = _SPARES if several else SPARE
    slots, spare = plan_slots(joined, length, lead=lead, favour=weights, spares=spares)
    return replace(described(merged, joined), slots=tuple(slots), spare=tuple(spare))


def _numbers(described: Sequence[tuple[Part, Candidates]]) -> list[int]:
    """The number of each row's publisher."""
    order = {name: at for at, name in enumerate(dict.fromkeys(p.publisher for p, _ in described))}
    return [order[p.publisher] for p, c in described for _ in range(c.document.size)]


def _raised(joined: Candidates, publishers: NDArray[np.int64]) -> Floats:
    """Salience, raised for what other publishers say too in words of their own."""
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


def _of_lead(joined: Candidates, size: int) -> Candidates:
    """The first ``size`` rows, for planning the headline."""
    found, described = joined.document, joined.described
    tokens = int(np.searchsorted(found.sentence, size))
    first = Document(
        texts=found.texts[:size],
        indices=found.indices[:size],
        paragraphs=found.paragraphs[:size],
        hashes=found.hashes[:tokens],
        sentence=found.sentence[:tokens],
        bits=found.bits[:tokens],
        capital=found.capital[:tokens],
        title=found.title,
        title_content=found.title_content,
    )
    rows = slice(0, size)
    return Candidates(
        document=first,
        described=Features(
            described.dense[rows],
            described.vectors[rows],
            described.head,
            described.boilerplate[rows],
            described.names,
        ),
        probabilities=joined.probabilities[rows],
        salience=joined.salience[rows],
        news=joined.news[rows],
        denied=joined.denied[rows],
        usable=joined.usable[rows],
        leaning=joined.leaning[rows],
        antecedent=joined.antecedent[rows],
        content=joined.content[rows],
    )


def _join(described: Sequence[tuple[Part, Candidates]]) -> Candidates:
    """The rows of all articles one after the other; title and head are the first one's."""
    every = [candidates for _, candidates in described]
    sizes = [candidates.document.size for candidates in every]
    starts = np.cumsum([0, *sizes[:-1]])
    first = every[0]
    return Candidates(
        document=_documents(described, starts),
        described=Features(
            np.concatenate([c.described.dense for c in every]),
            np.concatenate([c.described.vectors for c in every]),
            first.described.head,
            np.concatenate([c.described.boilerplate for c in every]),
            first.described.names,
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


def _documents(described: Sequence[tuple[Part, Candidates]], starts: NDArray[np.int64]) -> Document:
    documents = [candidates.document for _, candidates in described]
    return Document(
        texts=tuple(text for d in documents for text in d.texts),
        indices=tuple(part.places[i] for part, c in described for i in c.document.indices),
        paragraphs=np.concatenate([d.paragraphs for d in documents]),
        hashes=np.concatenate([d.hashes for d in documents]),
        sentence=np.concatenate(
            [d.sentence + start for d, start in zip(documents, starts, strict=True)]
        ),
        bits=np.concatenate([d.bits for d in documents]),
        capital=np.concatenate([d.capital for d in documents]),
        title=documents[0].title,
        title_content=documents[0].title_content,
    )
