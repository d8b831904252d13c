"""Plan the brief of an article: roles, salience, and the source sentences of each line.

Several articles on one story are planned as one: sentences are chosen from all, and those that
several publishers state in their own words gain salience (the redundancy of Radev et al. 2004,
"Centroid-based summarization of multiple documents").
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.briefs import Article
from briefing.language.instructions import dictated
from briefing.options import Length, LengthGoal, parse_length
from briefing.planning.denials import refuted
from briefing.planning.document import PATH, Document, Floats, document
from briefing.planning.lexicon import (
    abstract_bonus,
    asked,
    asks,
    concluded,
    cut_short,
    hangs_back,
    headings,
    leans_back,
    mid_quotation,
    says_nothing,
)
from briefing.planning.roles import ROLES, RoleModel, SalienceModel
from briefing.planning.selection import (
    ScoredSentences,
    choose_diverse,
    first_rows,
    joined_rows,
    reading_order,
    role_in,
    role_rows,
    section_scores,
    share,
)
from briefing.sections import LISTS, SECTIONS, Role, Section, sections_by

__all__ = [
    "Plan",
    "Planner",
    "RoleModel",
    "SalienceModel",
    "Slot",
    "UnionPart",
    "plan_union",
]


@dataclass(frozen=True, slots=True)
class Slot:
    """One line to generate.

    ``sources`` are one to three indices into ``Article.sentences`` in reading order; ``primary``
    is the one that the line is about, the others are its context. ``words`` is the target length
    of the line.
    """

    section: Section
    sources: tuple[int, ...]
    primary: int
    role: Role
    words: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one brief.

    ``roles`` and ``salience`` (0..1) are parallel to ``article.sentences``. ``slots`` are in
    display order; ``spare`` are the next best key points and context lines, best first, to replace
    one that fails. A second headline slot, if any, is about the opening sentence alone.
    ``title_sources`` are the sentences of the title. ``news`` is the news score of each sentence
    (about 1 for the news), ``opinion`` the probability that it is an opinion. ``denied`` are
    sentences that a later one calls false, or that tell their reader what to write: no line is
    made of them. ``most_words`` limits the key
    points and context together. ``first`` are sentences whose lines open their section, such as the
    conclusion of an abstract. ``several`` is whether several articles are told as one.
    """

    roles: tuple[Role, ...]
    salience: tuple[float, ...]
    slots: tuple[Slot, ...]
    spare: tuple[Slot, ...] = ()
    title_sources: tuple[int, ...] = ()
    news: tuple[float, ...] = ()
    opinion: tuple[float, ...] = ()
    denied: frozenset[int] = frozenset()
    most_words: int | None = None
    first: frozenset[int] = frozenset()
    several: bool = False

    def of(self, section: Section) -> tuple[Slot, ...]:
        """Return the slots of one section."""
        return tuple(slot for slot in self.slots if slot.section is section)


_PLACES = {section: place for place, section in enumerate(Section)}
_MEDIUM, _LARGE = 300, 1200
SPARE = 100
"""Sentences beyond the planned ones that a section may use instead: of an article of this size all.
A third of the sentences that an editor would accept as key points are beyond the first thirty."""
_NEARBY = 4
_BELIEF = 0.5


class Planner:
    """Plans briefs. Thread-safe; parameters are loaded on the first call."""

    def __init__(self, path: Path = PATH) -> None:
        self._roles = RoleModel(path)
        self._salience = SalienceModel(path)

    def plan(
        self,
        article: Article,
        *,
        length: Length = "standard",
        sections: Collection[Section] = tuple(Section),
    ) -> Plan:
        """Return the plan of ``article``, with slots for ``sections`` only.

        The plan of an article without sentences is empty.

        Raises:
            ModelError: the parameters cannot be read.
        """
        body = document(article)
        if not body.size:
            return _without_body(article, sections)
        scored = self.scored(body)
        slots, spare = plan_slots(scored, length)
        first = frozenset(compress(body.indices, concluded(body.texts)))
        slots.sort(key=lambda slot: (_PLACES[slot.section], slot.primary not in first))
        return replace(
            described(article, scored),
            slots=tuple(slot for slot in slots if slot.section in sections),
            first=first,
            spare=tuple(slot for slot in spare if slot.section in sections),
            most_words=_most_words(body, length),
        )

    def scored(self, found: Document) -> ScoredSentences:
        """Return the scores of the sentences of a document that has at least one in its body."""
        described = self._roles.describe(found)
        probabilities = self._roles.body(found, described)
        salience, news = self._salience.both(described)
        denied = np.array(refuted(found.texts)) | np.array(dictated(found.texts, found.language))
        silent = np.array([says_nothing(text) for text in found.texts]) | headings(found.texts)
        silent |= denied | np.array([asks(text) for text in found.texts])
        unsaid = probabilities[:, ROLES.index(Role.NONE)] >= _BELIEF
        if found.language != "en":  # the roles were learned on English
            unsaid[:] = False
        silent |= np.array(mid_quotation(found.texts, found.paragraphs.tolist()))
        silent |= np.array(asked(found.texts, found.paragraphs.tolist()))
        cut = np.array([cut_short(text) for text in found.texts])
        usable = ~(described.boilerplate | silent | unsaid | cut)
        salience, news = (np.maximum(v + abstract_bonus(found.texts), 0) for v in (salience, news))
        salience = np.where(usable, salience, np.float32(0))
        if not usable.any():
            usable = np.ones(found.size, dtype=np.bool_)
        leaning = np.array([leans_back(text) or hangs_back(text) for text in found.texts])
        before = np.arange(found.size) - 1
        helps = (leaning | cut[before]) & (before >= 0) & (usable | cut)[before]
        return ScoredSentences(
            document=found,
            described=described,
            probabilities=probabilities,
            salience=salience.astype(np.float32),
            news=np.where(usable, news, 0).astype(np.float32),
            usable=usable,
            leaning=leaning,
            antecedent=np.where(helps, before, -1),
            content=_content(found),
            denied=denied,
        )


def _titles(article: Article) -> tuple[int, ...]:
    return tuple(i for i, s in enumerate(article.sentences) if s.part == "title")


def _without_body(article: Article, sections: Collection[Section]) -> Plan:
    """The plan of an article with only a title or standfirst."""
    titles = _titles(article)
    everything = tuple(range(len(article.sentences)))
    roles = (Role.MAIN_EVENT,) * len(everything)
    rest = tuple(i for i in everything if i not in titles) or everything
    wanted = {Section.HEADLINE: (titles or everything)[:1]}
    wanted |= dict.fromkeys(sections_by("salience")[:1], rest[:1])
    slots = tuple(
        Slot(section, sources, sources[0], Role.MAIN_EVENT, SECTIONS[section].asked_words)
        for section, sources in wanted.items()
        if sources and section in sections
    )
    ones = (1.0,) * len(everything)
    nothing = (0.0,) * len(everything)
    return Plan(roles, ones, slots, title_sources=titles, news=ones, opinion=nothing)


def described(article: Article, scored: ScoredSentences) -> Plan:
    """Return a plan without slots; title and standfirst have the role of the main event."""
    size = len(article.sentences)
    roles, salience = [Role.MAIN_EVENT] * size, [1.0] * size
    news, opinion = [0.0] * size, [0.0] * size
    best = scored.probabilities.argmax(axis=1)
    views = scored.probabilities[:, ROLES.index(Role.EVALUATION)]
    for row, index in enumerate(scored.document.indices):
        roles[index] = ROLES[best[row]]
        salience[index] = float(scored.salience[row])
        news[index] = float(scored.news[row])
        opinion[index] = float(views[row])
    return Plan(
        roles=tuple(roles),
        salience=tuple(salience),
        slots=(),
        title_sources=_titles(article),
        news=tuple(news),
        opinion=tuple(opinion),
        denied=frozenset(
            index for row, index in enumerate(scored.document.indices) if scored.denied[row]
        ),
    )


def plan_slots(
    scored: ScoredSentences,
    length: Length,
    *,
    lead: ScoredSentences | None = None,
    favour: Floats | None = None,
    spares: int = SPARE,
) -> tuple[list[Slot], list[Slot]]:
    """Return the slots in display order, and the spare ones.

    The headline is planned from ``lead``, whose rows are the first of ``scored`` (default: all
    of them). ``favour`` is added to the scores of rows for headline and key points; an opening
    sentence with a negative value gets no headline slot of its own.
    """
    lead = lead or scored
    favour = np.zeros(scored.document.size, np.float32) if favour is None else favour
    headline = _headline_rows(lead, favour[: lead.document.size])
    chosen = _chosen_rows(scored, length, favour, headline, spares)
    slots = _headline_slots(lead, headline, favour[: lead.document.size])
    spare: list[Slot] = []
    for section, (rows, more) in chosen.items():
        slots += [_slot(scored, row, section) for row in reading_order(scored, rows, section)]
        spare += [_slot(scored, row, section) for row in more]
    return slots, spare


_Rows = tuple[list[int], list[int]]
"""The planned rows of a section and its spare ones, best first."""


def _chosen_rows(
    scored: ScoredSentences, length: Length, favour: Floats, headline: list[int], spares: int
) -> dict[Section, _Rows]:
    """Choose the rows of each list, in display order.

    First come as many by salience as a standard brief has, then those by roles, and then the rest
    by salience, so that a longer brief has no less context.
    """
    counts, standard = _counts(scored, length), _counts(scored, "standard")
    first = {section: min(counts[section], standard[section]) for section in LISTS}
    rows: dict[Section, _Rows] = {}
    for section in sections_by("salience"):
        scores = section_scores(scored, section) + favour
        best = choose_diverse(scored, scores, counts[section] + spares, _planned(rows))
        rows[section] = share(scored, best[: first[section]], best[first[section] :], headline)
    for section in sections_by("roles"):
        most = counts[section]
        best = role_rows(scored, section, most + spares, _planned(rows), headline)
        rows[section] = best[:most], best[most:]
    for section in sections_by("salience"):
        chosen, spare = rows[section]
        free = [row for row in spare if row not in _planned(rows)]
        room = counts[section] - first[section]
        rows[section] = [*chosen, *free[:room]], free[room:]
    taken = _planned(rows)
    return {s: (rows[s][0], [row for row in rows[s][1] if row not in taken]) for s in LISTS}


def _planned(rows: Mapping[Section, _Rows]) -> list[int]:
    """The planned rows of all sections."""
    return [row for chosen, _ in rows.values() for row in chosen]


def _most_words(found: Document, length: Length) -> int | None:
    goal = parse_length(length)
    return goal.words(len(found.hashes)) if isinstance(goal, LengthGoal) else None


_LINE_WORDS = 16
"""Words of a rather short line: more are planned than will fit, and the best are kept."""
_MOST_LINES = 60


def _counts(scored: ScoredSentences, length: Length) -> dict[Section, int]:
    """The number of lines of each list for an article of this size."""
    usable = int(scored.usable.sum())
    words = len(scored.document.hashes)
    goal = parse_length(length)
    if isinstance(goal, LengthGoal):
        most = goal.words(words)
        total = goal.most if most is None else math.ceil(most / _LINE_WORDS)
        return _shared(max(1, min(total, usable, _MOST_LINES)))
    size = (words >= _MEDIUM) + (words >= _LARGE)
    counts = {section: SECTIONS[section].lines[goal][size] for section in LISTS}
    for section in sections_by("salience"):
        counts[section] = min(counts[section], max(1, (usable + 1) // 2))
    return counts


def _shared(total: int) -> dict[Section, int]:
    """The number of lines of each list of ``total``, by their shares, rounded up in turn."""
    counts = {}
    for at, section in enumerate(LISTS):
        shares = [SECTIONS[other].share for other in LISTS[at:]]
        counts[section] = math.ceil(total * (shares[0] / sum(shares))) if shares[0] else 0
        total -= counts[section]
    return counts


def _headline_rows(scored: ScoredSentences, favour: Floats) -> list[int]:
    """The sentence with the news, and a nearby second one about the same event, if any."""
    scores = scored.news + favour + 0.3 * scored.column("in_title")
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:4]]
    first = order[0]
    rows = [first]
    main = ROLES.index(Role.MAIN_EVENT)
    alike = scored.similarities(order)[0]
    for row, near in zip(order[1:], alike[1:], strict=True):
        is_main = scored.probabilities[row].argmax() == main
        if scored.usable[row] and is_main and near > 0.3 and abs(row - first) <= _NEARBY:
            rows.append(row)
            break
    return rows


def _headline_slots(scored: ScoredSentences, rows: list[int], favour: Floats) -> list[Slot]:
    """A slot for the best sentences, and one for the opening sentence unless it is the same.

    The better of the two headlines generated from them is shown.
    """
    first = rows[0]
    antecedent = int(scored.antecedent[first])
    sources = sorted({*rows, antecedent} if antecedent >= 0 else {*rows})
    opening = int(scored.usable.argmax())
    slots = [_headline_slot(scored, first, sources)]
    if sources != [opening] and favour[opening] >= 0:
        slots.append(_headline_slot(scored, opening, [opening]))
    return slots


def _headline_slot(scored: ScoredSentences, primary: int, sources: list[int]) -> Slot:
    indices = scored.document.indices
    return Slot(
        section=Section.HEADLINE,
        sources=tuple(indices[row] for row in sources),
        primary=indices[primary],
        role=ROLES[int(scored.probabilities[primary].argmax())],
        words=SECTIONS[Section.HEADLINE].asked_words,
    )


def _slot(scored: ScoredSentences, row: int, section: Section) -> Slot:
    """A slot for one sentence, with its antecedent if it has one."""
    indices = scored.document.indices
    antecedent = int(scored.antecedent[row])
    sources = (antecedent, row) if antecedent >= 0 else (row,)
    length = len(scored.document.texts[row].split())
    return Slot(
        section=section,
        sources=tuple(indices[source] for source in sources),
        primary=indices[row],
        role=ROLES[role_in(scored, row, section)],
        words=max(6, min(SECTIONS[section].asked_words, round(0.75 * length))),
    )


def _content(found: Document) -> tuple[frozenset[int], ...]:
    """The content words of each sentence, as hashes."""
    bounds = np.searchsorted(found.sentence, np.arange(found.size + 1))
    hashes = np.where(found.content, found.hashes, 0).tolist()
    return tuple(frozenset(hashes[a:b]) - {0} for a, b in pairwise(bounds))


_SAYS_SO, _COPIES = 0.5, 0.97
"""Similarity from which sentences of two publishers say the same, and are copies."""
_SAME_STORY = 0.4
"""Lower than within one article, because articles repeat a fact in more different words."""
_WORTH = 0.12
_STORY_SPARES = 6
_MOST_COMPARED = 1_500  # rows


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
    joined = joined_rows([(scored, part.places) for part, scored in described_parts])
    joined = replace(joined, salience=_raised(joined, _publishers(described_parts)))
    several = len(described_parts) > 1
    if several:
        joined = replace(joined, same=_SAME_STORY)
    indices = list(joined.document.indices)
    weights = np.array(favour or [0.0] * len(merged.sentences), dtype=np.float32)[indices]
    lead = first_rows(joined, described_parts[0][1].document.size)
    spares = _STORY_SPARES if several else SPARE
    slots, spare = plan_slots(joined, length, lead=lead, favour=weights, spares=spares)
    return replace(
        described(merged, joined),
        slots=tuple(slots),
        spare=tuple(spare),
        several=several,
    )


def _publishers(parts: Sequence[tuple[UnionPart, ScoredSentences]]) -> NDArray[np.int64]:
    """The publisher of each row, as a number."""
    order = {name: at for at, name in enumerate(dict.fromkeys(p.publisher for p, _ in parts))}
    rows = [order[p.publisher] for p, c in parts for _ in range(c.document.size)]
    return np.array(rows, dtype=np.int64)


def _raised(joined: ScoredSentences, publishers: NDArray[np.int64]) -> Floats:
    """Salience, raised for sentences that other publishers state in their own words."""
    size = joined.document.size
    if size > _MOST_COMPARED or not publishers.any():
        return joined.salience
    alike = joined.similarities(range(size))
    alike[alike >= _COPIES] = 0
    others = np.zeros(size, dtype=np.float32)
    for number in range(int(publishers.max()) + 1):
        says = alike[:, publishers == number].max(axis=1) >= _SAYS_SO
        others += says & (publishers != number)
    raised = np.minimum(joined.salience + _WORTH * np.log1p(others), 1)
    return np.where(joined.salience > 0, raised, joined.salience).astype(np.float32)
