"""From an article to the plan of its brief: which sentences each line is written from."""

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from briefing.article import Article
from briefing.brief import Role, Section
from briefing.plan.background import background_role, background_rows, reading_order, share
from briefing.plan.boilerplate import headings
from briefing.plan.document import Document, Floats, document
from briefing.plan.lexicon import cut_short, hangs_back, leans_back, says_nothing
from briefing.plan.parameters import PATH
from briefing.plan.plan import Length, Plan, Slot
from briefing.plan.refuted import refuted
from briefing.plan.roles import ROLES, RoleModel
from briefing.plan.salience import SalienceModel
from briefing.plan.selection import Candidates, chance, choose, style

_POINTS = {"short": (3, 3, 3), "standard": (3, 3, 4), "long": (5, 5, 5)}
_BACKGROUND = {"short": (2, 2, 2), "standard": (2, 3, 3), "long": (4, 4, 4)}
_MEDIUM, _LARGE = 300, 1200
SPARE = 12
_NEARBY = 4
_HEADLINE_WORDS, _LONGEST_LINE = 10, 26
_BELIEF = 0.5


class Planner:
    """Plans briefs. Parameters are read on the first call; a planner may be shared by threads."""

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
        """The plan of ``article``; sections that are not asked for get no slots.

        An article without any sentence gets an empty plan. Raises ModelError if the
        parameters cannot be read.
        """
        found = document(article)
        heads = [s.part for s in article.sentences]
        titles = tuple(i for i, part in enumerate(heads) if part == "title")
        if not found.size:
            return _without_body(article, titles, sections)
        candidates = self.candidates(found)
        slots, spare = plan_slots(candidates, length)
        return replace(
            described(article, candidates),
            slots=tuple(slot for slot in slots if slot.section in sections),
            spare=tuple(slot for slot in spare if slot.section in sections),
        )

    def candidates(self, found: Document) -> Candidates:
        """All that choosing needs of a document that has at least one body sentence."""
        described = self._roles.describe(found)
        probabilities = self._roles.body(found, described)
        salience, news = self._salience.both(described)
        denied = np.array(refuted(found.texts))
        silent = np.array([says_nothing(text) for text in found.texts]) | headings(found.texts)
        silent |= denied
        unsaid = probabilities[:, ROLES.index(Role.NONE)] >= _BELIEF
        usable = ~(described.boilerplate | silent | unsaid)
        salience = np.where(usable, salience, np.float32(0))
        if not usable.any():
            usable = np.ones(found.size, dtype=np.bool_)
        leaning = np.array([leans_back(text) or hangs_back(text) for text in found.texts])
        before = np.arange(found.size) - 1
        cut = np.array([cut_short(text) for text in found.texts])
        helps = (leaning | cut[before]) & (before >= 0) & (usable | cut)[before]
        return Candidates(
            document=found,
            described=described,
            probabilities=probabilities,
            salience=salience.astype(np.float32),
            news=np.where(usable, news, 0).astype(np.float32),
            usable=usable & ~cut if (usable & ~cut).any() else usable,
            leaning=leaning,
            antecedent=np.where(helps, before, -1),
            content=_content(found),
            denied=denied,
        )


def _without_body(article: Article, titles: tuple[int, ...], sections: Collection[Section]) -> Plan:
    """The plan of a title, with or without a standfirst, and nothing else."""
    everything = tuple(range(len(article.sentences)))
    roles = (Role.MAIN_EVENT,) * len(everything)
    rest = tuple(i for i in everything if i not in titles) or everything
    wanted = (
        (Section.HEADLINE, (titles or everything)[:1], _HEADLINE_WORDS),
        (Section.KEY_POINTS, rest[:1], _LONGEST_LINE),
    )
    slots = tuple(
        Slot(section, sources, sources[0], Role.MAIN_EVENT, words)
        for section, sources, words in wanted
        if sources and section in sections
    )
    ones = (1.0,) * len(everything)
    nothing = (0.0,) * len(everything)
    return Plan(roles, ones, slots, title_sources=titles, news=ones, opinion=nothing)


def described(article: Article, candidates: Candidates) -> Plan:
    """What is known of all sentences, as a plan without slots.

    Title and standfirst tell the main event.
    """
    size = len(article.sentences)
    roles, salience = [Role.MAIN_EVENT] * size, [1.0] * size
    news, opinion = [0.0] * size, [0.0] * size
    best = candidates.probabilities.argmax(axis=1)
    views = candidates.probabilities[:, ROLES.index(Role.EVALUATION)]
    for row, index in enumerate(candidates.document.indices):
        roles[index] = ROLES[best[row]]
        salience[index] = float(candidates.salience[row])
        news[index] = float(candidates.news[row])
        opinion[index] = float(views[row])
    titles = tuple(i for i, s in enumerate(article.sentences) if s.part == "title")
    return Plan(
        roles=tuple(roles),
        salience=tuple(salience),
        slots=(),
        title_sources=titles,
        news=tuple(news),
        opinion=tuple(opinion),
        denied=frozenset(
            index for row, index in enumerate(candidates.document.indices) if candidates.denied[row]
        ),
    )


def plan_slots(
    candidates: Candidates,
    length: Length,
    *,
    lead: Candidates | None = None,
    favour: Floats | None = None,
    spares: int = SPARE,
) -> tuple[list[Slot], list[Slot]]:
    """The slots in the order in which they are shown, and the spare ones.

    The headline is planned from ``lead``, whose rows are the first of ``candidates`` (default: all
    of them). ``favour`` is added to the scores of rows for headline and key points; an opening
    sentence that it speaks against is no headline.
    """
    lead = lead or candidates
    favour = np.zeros(candidates.document.size, np.float32) if favour is None else favour
    points, background = _counts(candidates, length)
    headline = _headline_rows(lead, favour[: lead.document.size])
    keys = choose(candidates, _point_scores(candidates) + favour, points + spares)
    keys, more_keys = share(candidates, keys[:points], keys[points:], headline)
    context = background_rows(candidates, background + spares, keys, headline)
    context, more_context = context[:background], context[background:]
    free = [row for row in more_keys if row not in context]
    slots = _headline_slots(lead, headline, favour[: lead.document.size])
    slots += [_slot(candidates, row, Section.KEY_POINTS) for row in sorted(keys)]
    slots += [_slot(candidates, row, Section.CONTEXT) for row in reading_order(candidates, context)]
    spare = [_slot(candidates, row, Section.KEY_POINTS) for row in free]
    spare += [_slot(candidates, row, Section.CONTEXT) for row in more_context if row not in free]
    return slots, spare


def _counts(candidates: Candidates, length: Length) -> tuple[int, int]:
    """How many key points and context lines an article of this size carries."""
    usable = int(candidates.usable.sum())
    words = len(candidates.document.hashes)
    size = (words >= _MEDIUM) + (words >= _LARGE)
    return min(_POINTS[length][size], max(1, (usable + 1) // 2)), _BACKGROUND[length][size]


def _point_scores(candidates: Candidates) -> Floats:
    news = chance(candidates, Role.MAIN_EVENT, Role.CONSEQUENCE)
    aside = chance(candidates, Role.ANECDOTAL_EVENT, Role.EVALUATION)
    scores: Floats = candidates.salience + 0.35 * news - 0.15 * aside + style(candidates)
    return scores


def _headline_rows(candidates: Candidates, favour: Floats) -> list[int]:
    """The sentence that tells what happened, and a second one about the same if there is one."""
    scores = candidates.news + favour + 0.3 * candidates.column("in_title")
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:4]]
    first = order[0]
    rows = [first]
    main = ROLES.index(Role.MAIN_EVENT)
    alike = candidates.similarities(order)[0]
    for row, near in zip(order[1:], alike[1:], strict=True):
        is_main = candidates.probabilities[row].argmax() == main
        if candidates.usable[row] and is_main and near > 0.3 and abs(row - first) <= _NEARBY:
            rows.append(row)
            break
    return rows


def _headline_slots(candidates: Candidates, rows: list[int], favour: Floats) -> list[Slot]:
    """The best sentences together and, unless they are it, the opening sentence alone.

    The better of the two headlines written from them is shown.
    """
    first = rows[0]
    helped = int(candidates.antecedent[first])
    sources = sorted({*rows, helped} if helped >= 0 else {*rows})
    opening = int(candidates.usable.argmax())
    slots = [_headline_slot(candidates, first, sources)]
    if sources != [opening] and favour[opening] >= 0:
        slots.append(_headline_slot(candidates, opening, [opening]))
    return slots


def _headline_slot(candidates: Candidates, primary: int, sources: list[int]) -> Slot:
    indices = candidates.document.indices
    return Slot(
        section=Section.HEADLINE,
        sources=tuple(indices[row] for row in sources),
        primary=indices[primary],
        role=ROLES[int(candidates.probabilities[primary].argmax())],
        words=_HEADLINE_WORDS,
    )


def _slot(candidates: Candidates, row: int, section: Section) -> Slot:
    """A line about one sentence, with the one before it if it starts with a pronoun."""
    indices = candidates.document.indices
    helped = int(candidates.antecedent[row])
    sources = (helped, row) if helped >= 0 else (row,)
    best = int(candidates.probabilities[row].argmax())
    if section is Section.CONTEXT:
        best = background_role(candidates, row)
    length = len(candidates.document.texts[row].split())
    return Slot(
        section=section,
        sources=tuple(indices[source] for source in sources),
        primary=indices[row],
        role=ROLES[best],
        words=max(6, min(_LONGEST_LINE, round(0.75 * length))),
    )


def _content(found: Document) -> tuple[frozenset[int], ...]:
    """The content words of each sentence, as hashes."""
    bounds = np.searchsorted(found.sentence, np.arange(found.size + 1))
    hashes = np.where(found.content, found.hashes, 0).tolist()
    return tuple(frozenset(hashes[a:b]) - {0} for a, b in pairwise(bounds))
