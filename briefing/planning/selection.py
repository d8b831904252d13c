"""Select sentences: diversity (maximal marginal relevance) and background.

Selection compares a bounded number of sentences. Background sentences are also put in reading
order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.planning.document import Document, Features, Floats
from briefing.planning.lexicon import looks_ahead, named_years
from briefing.planning.roles import ROLES
from briefing.sections import SECTIONS, Role, Section, sections_by

POOL = 100
_NOVELTY = 0.45
_SAME = 0.6
NEVER = np.float32(-np.inf)


@dataclass(frozen=True)
class ScoredSentences:
    """The body sentences of an article with their scores; arrays have one row per sentence.

    ``leaning`` marks sentences that depend on the previous one: a dangling pronoun or time. Their
    ``antecedent`` is that row, as it is for the continuation of a sentence split at an
    abbreviation; otherwise, and if that row is not usable, it is -1. ``same`` is the similarity
    from which two rows count as duplicates.
    """

    document: Document
    described: Features
    probabilities: Floats
    salience: Floats
    news: Floats
    usable: NDArray[np.bool_]
    leaning: NDArray[np.bool_]
    antecedent: NDArray[np.int64]
    content: tuple[frozenset[int], ...]
    denied: NDArray[np.bool_]
    same: float = _SAME

    def column(self, name: str) -> Floats:
        """Return one dense feature of every sentence."""
        return self.described.dense[:, self.described.names.index(name)]

    def similarities(self, rows: Sequence[int]) -> Floats:
        """Return the pairwise similarity of ``rows``, 0..1: shared words and vector similarity."""
        words = {word: i for i, word in enumerate(set().union(*(self.content[r] for r in rows)))}
        present = np.zeros((len(rows), len(words)), dtype=np.float32)
        for line, row in enumerate(rows):
            present[line, [words[word] for word in self.content[row]]] = 1
        sizes = present.sum(axis=1)
        shared = present @ present.T / np.maximum(np.minimum(sizes[:, None], sizes), 1)
        vectors = self.described.vectors[list(rows)]
        same: Floats = 0.65 * shared + 0.35 * np.maximum(vectors @ vectors.T, 0)
        return same


_ROWS = tuple("probabilities salience news usable leaning antecedent denied".split())
"""The fields of `ScoredSentences` that are arrays of one row per sentence."""
_FEATURES = ("dense", "vectors", "boilerplate")
_SENTENCES, _TOKENS = ("texts", "indices", "paragraphs"), ("hashes", "sentence", "bits", "capital")
"""The fields of `Document` with one value per sentence, and per word."""


def _head(value: Any, names: Sequence[str], size: int) -> dict[str, Any]:
    return {name: getattr(value, name)[:size] for name in names}


def _joined(values: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: np.concatenate([getattr(v, name) for v in values]) for name in names}


def first_rows(scored: ScoredSentences, size: int) -> ScoredSentences:
    """Return the first ``size`` rows, which are those of one article."""
    whole = scored.document
    tokens = int(np.searchsorted(whole.sentence, size))
    return replace(
        scored,
        document=replace(whole, **_head(whole, _SENTENCES, size), **_head(whole, _TOKENS, tokens)),
        described=replace(scored.described, **_head(scored.described, _FEATURES, size)),
        content=scored.content[:size],
        same=_SAME,
        **_head(scored, _ROWS, size),
    )


def joined_rows(parts: Sequence[tuple[ScoredSentences, Mapping[int, int]]]) -> ScoredSentences:
    """Return the rows of several articles; title and head are those of the first one.

    Each comes with the indices in the merged article of its sentences.
    """
    every = [scored for scored, _ in parts]
    documents = [scored.document for scored in every]
    starts = np.cumsum([0, *(each.size for each in documents[:-1])])
    shifted = [
        replace(each, sentence=each.sentence + start)
        for each, start in zip(documents, starts, strict=True)
    ]
    rows = _joined(every, _ROWS)
    rows["antecedent"] = np.concatenate(
        [
            np.where(each.antecedent >= 0, each.antecedent + start, -1)
            for each, start in zip(every, starts, strict=True)
        ]
    )
    return ScoredSentences(
        document=replace(
            documents[0],
            texts=tuple(text for each in documents for text in each.texts),
            indices=tuple(places[i] for each, places in parts for i in each.document.indices),
            paragraphs=np.concatenate([each.paragraphs for each in documents]),
            **_joined(shifted, _TOKENS),
        ),
        described=replace(
            every[0].described, **_joined([each.described for each in every], _FEATURES)
        ),
        content=tuple(words for each in every for words in each.content),
        **rows,
    )


def chance(scored: ScoredSentences, *roles: Role) -> Floats:
    """Return the probability that each sentence has one of ``roles``."""
    total: Floats = scored.probabilities[:, [ROLES.index(role) for role in roles]].sum(axis=1)
    return total


def style_scores(scored: ScoredSentences) -> Floats:
    """Return penalties for sentences that read badly alone: pronouns, quotations, odd lengths."""
    length = scored.column("length")
    cost = (
        0.15 * scored.column("dangling")
        + 0.30 * scored.column("quoted")
        + 0.15 * scored.column("starts_first_person")
        + 0.20 * scored.column("question")
        + 0.30 * (length < 7)
        + 0.10 * (length > 45)
        + 0.35 * (scored.column("stopped") == 0)
    )
    return np.where(scored.usable, -cost, NEVER).astype(np.float32)


def choose_diverse(
    scored: ScoredSentences, scores: Floats, count: int, taken: Sequence[int] = ()
) -> list[int]:
    """Return up to ``count`` rows, best first, each dissimilar to earlier ones and to ``taken``.

    A score of minus infinity excludes a row. Only the ``POOL`` best rows are compared.
    """
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:POOL]]
    pool = [row for row in order if np.isfinite(scores[row]) and row not in taken]
    if not pool:
        return []
    alike = scored.similarities([*pool, *taken])[: len(pool)]
    nearest = alike[:, len(pool) :].max(axis=1, initial=0)
    worth = scores[pool].astype(np.float64)
    chosen: list[int] = []
    while len(chosen) < count:
        best = int((worth - _NOVELTY * nearest).argmax())
        if not np.isfinite(worth[best]):
            break
        worth[best] = -np.inf
        if nearest[best] < scored.same:
            chosen.append(pool[best])
            nearest = np.maximum(nearest, alike[:, best])
    return chosen


def section_scores(scored: ScoredSentences, section: Section) -> Floats:
    """Return how well each sentence suits a section."""
    spec = SECTIONS[section]
    salience, roles, avoided = spec.weights
    scores: Floats = (
        salience * scored.salience
        + roles * chance(scored, *spec.roles)
        + avoided * chance(scored, *spec.avoided)
        + style_scores(scored)
    )
    return scores


_LIKELY, _POSSIBLE, _SURE = 0.5, 0.38, 0.6
_WANTED, _SHORTEST = 2, 7
_CHAIN = 0.25  # penalty for a sentence whose antecedent is leaning itself
_HISTORY = ROLES.index(Role.HISTORICAL_EVENT)
_EXPECTATION = ROLES.index(Role.EXPECTATION)
_RECENT = re.compile(
    r"\b(?:last|past|earlier this|this) (?:year|month|week|spring|summer|autumn|fall|winter)\b",
    re.IGNORECASE,
)
_NOW = 3000


def share(
    scored: ScoredSentences, keys: list[int], spare: list[int], headline: list[int]
) -> tuple[list[int], list[int]]:
    """Return key points and spares, leaving scarce background sentences to the context.

    Key points that are certainly of the roles of the first section by roles, as the context, are
    replaced by spares until two sentences are left for it.
    """
    keys, spare = list(keys), list(spare)
    section = next(iter(sections_by("roles")), None)
    if section is None:
        return keys, spare
    sure = chance(scored, *SECTIONS[section].roles)
    while len(role_rows(scored, section, _WANTED, keys, headline)) < _WANTED:
        background = [row for row in keys[1:] if sure[row] >= _SURE and row not in headline]
        substitute = next((row for row in spare if sure[row] < _LIKELY), None)
        if not background or substitute is None:
            break
        keys.remove(max(background, key=lambda row: float(sure[row])))
        keys.append(substitute)
        spare.remove(substitute)
    return keys, spare


def role_rows(
    scored: ScoredSentences, section: Section, count: int, others: list[int], headline: list[int]
) -> list[int]:
    """Return up to ``count`` rows for a section by roles, best first, without those of ``others``.

    Up to two may be only possibly of its roles, so that more articles have a context; these must
    not be leaning, and others of their kind come last. A leaning sentence without a usable
    antecedent is never chosen.
    """
    likely = chance(scored, *SECTIONS[section].roles)
    antecedent = scored.antecedent
    chained = (antecedent >= 0) & scored.leaning[antecedent]
    scores = section_scores(scored, section) - _CHAIN * chained
    unhelped = scored.leaning & ((antecedent < 0) | (likely < _LIKELY))
    closed = (likely < _POSSIBLE) | np.isin(antecedent, others) | unhelped
    closed |= scored.column("length") < _SHORTEST
    taken = sorted({*others, *headline})
    rows = choose_diverse(scored, np.where(closed, NEVER, scores).astype(np.float32), count, taken)
    possible = [row for row in rows if likely[row] < _LIKELY]
    allowed = max(0, _WANTED - (len(rows) - len(possible)))
    last = possible[allowed:]
    return [*(row for row in rows if row not in last), *last]


def role_in(scored: ScoredSentences, row: int, section: Section) -> int:
    """Return the role of a sentence as a line of a section, as an index of ``ROLES``.

    That is its likeliest; of a section by roles, the likeliest of these. An expectation must speak
    of what is to come.
    """
    if SECTIONS[section].chosen_by != "roles":
        return int(scored.probabilities[row].argmax())
    roles = _roles_of(section)
    chances = scored.probabilities[row, roles].copy()
    if _EXPECTATION in roles and not looks_ahead(scored.document.texts[row]):
        chances[roles.index(_EXPECTATION)] = -1
    return roles[int(chances.argmax())]


def _roles_of(section: Section) -> list[int]:
    """The roles of a section, as indices of ``ROLES``, in their order."""
    return [index for index, role in enumerate(ROLES) if role in SECTIONS[section].roles]


def reading_order(scored: ScoredSentences, rows: list[int], section: Section) -> list[int]:
    """Sort the rows of a section for reading.

    As in the text, or by role: causes, current state, history by time, expectations.
    """
    if SECTIONS[section].in_text_order:
        return sorted(rows)
    ordered: list[int] = []
    roles = {row: role_in(scored, row, section) for row in sorted(rows)}
    for role in sorted(set(roles.values())):
        same = [row for row, its in roles.items() if its == role]
        ordered += _in_time_order(scored, same) if role == _HISTORY else same
    return ordered


def _in_time_order(scored: ScoredSentences, rows: list[int]) -> list[int]:
    """Sort rows by the first year that each names; one without a year follows its predecessor."""
    dated: list[tuple[int, int]] = []
    year = 0
    for row in rows:
        year = _year(scored.document.texts[row]) or year
        dated.append((year, row))
    return [row for _, row in sorted(dated)]


def _year(text: str) -> int:
    """The first year of a sentence; ``_NOW`` for "last year" and the like, 0 for none."""
    years = named_years(text)
    return years[0] if years else _NOW * bool(_RECENT.search(text))
