"""From a plan to jobs for the writer, and from its candidates to the lines of a brief."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from briefing.article import Article
from briefing.brief import Line, Role, Section
from briefing.check import (
    Aligner,
    Candidate,
    Choice,
    Coverage,
    choose,
    clip,
    compress,
    coverage,
    evidence,
    is_whole,
    naturalness,
    plain_title,
    shortenings,
)
from briefing.models import Hypothesis
from briefing.plan import Plan, Slot
from briefing.write import Job, Prompts

Split = Callable[[str], list[str]]
_CHARACTERS_A_TOKEN = 3.5
_DENSE = "\u0e00"
"""From Thai on (Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese, Korean): see `_tokens`."""
_NO_BACKGROUND = "The article gives no background."
_ANY_LENGTH = 10_000
_TRIED = 20
_NATURAL = 0.03
"""Worth of a unit of naturalness against expected overlap."""
_FAR = 0.1
"""So much more expected overlap makes a shortened sentence the better headline."""
_ARTICLES = count(1)
_FEWEST = {Section.KEY_POINTS: 1, Section.CONTEXT: 0}


@dataclass(frozen=True, slots=True)
class Draft:
    """An article, its plan, and what the writer is asked for.

    ``asked`` says which slots each job writes for: one where the model reads planned sentences,
    all of a section where it reads the article. ``novel`` is the share of a line's content words
    that the model may put in its own way.
    """

    article: Article
    plan: Plan
    jobs: tuple[Job, ...]
    asked: tuple[tuple[Slot, ...], ...]
    by_article: bool
    novel: float
    coverage: Coverage | None = None


def draft(article: Article, plan: Plan, prompts: Prompts | None) -> Draft:
    """The jobs of one article; none where there are no prompts (an extractive brief)."""
    if prompts is None:
        return Draft(article, plan, (), (), False, 0.0)
    number = next(_ARTICLES)
    if prompts.reads == "plan":
        jobs = tuple(_slot_job(article, slot, number) for slot in plan.slots)
        alone = tuple((slot,) for slot in plan.slots)
        return Draft(article, plan, jobs, alone, False, prompts.novel, coverage(article))
    asked = [tuple(s for s in plan.slots if s.section is section) for section in Section]
    asked = [slots for slots in asked if slots]
    jobs = tuple(_section_job(article, plan, slots, prompts.max_input, number) for slots in asked)
    return Draft(article, plan, jobs, tuple(asked), True, prompts.novel, coverage(article))


def _slot_job(article: Article, slot: Slot, number: int) -> Job:
    """The slot's sentences without bullets and datelines, which no line should begin with."""
    texts = (compress(text, _ANY_LENGTH) for text in article.texts(slot.sources))
    return Job(slot.section, tuple(texts), slot.words, number, article.language)


def _section_job(
    article: Article, plan: Plan, slots: Sequence[Slot], max_input: int, number: int
) -> Job:
    """One job for a section: the article as far as it fits, the planned sentences first."""
    planned = {index for slot in slots for index in slot.sources}
    body = [i for i, s in enumerate(article.sentences) if s.part == "body"]
    if slots[0].section is Section.CONTEXT:
        body = sorted(planned)
    body.sort(key=lambda i: (i not in planned, -plan.salience[i]))
    room, chosen = float(max_input), []
    for index in body:
        room -= _tokens(article.sentences[index].text)
        if room < 0:
            break
        chosen.append(index)
    texts = article.texts(tuple(sorted(chosen or body[:1])))
    words = sum(slot.words for slot in slots)
    return Job(slots[0].section, tuple(texts), words, number, article.language)


def _tokens(text: str) -> float:
    """About how many tokens a model makes of a text: in scripts without spaces between words, and
    in others that few models know, one a character or nearly.
    """
    dense = sum(character >= _DENSE for character in text)
    return dense + (len(text) + 1 - dense) / _CHARACTERS_A_TOKEN


@dataclass(frozen=True, slots=True)
class Lines:
    """The chosen lines of a brief and what the reader is told about them."""

    headline: Line | None
    key_points: tuple[Line, ...]
    context: tuple[Line, ...]
    warnings: tuple[str, ...]


def assemble(
    made: Draft,
    written: Sequence[Sequence[Hypothesis]],
    sections: Sequence[Section],
    split: Split,
) -> Lines:
    """Choose the line of every slot among its candidates, falling back to the source itself."""
    pools = _pools(made, written, split)
    found: dict[Section, list[Line]] = {section: [] for section in Section}
    if Section.HEADLINE in sections:
        found[Section.HEADLINE] = _headline(made, pools)
    for section in (Section.KEY_POINTS, Section.CONTEXT):
        if section in sections:
            earlier = [line.text for line in found[Section.KEY_POINTS]]
            found[section] = _section(made, section, pools, earlier)
    context_missing = Section.CONTEXT in sections and not found[Section.CONTEXT]
    return Lines(
        next(iter(found[Section.HEADLINE]), None),
        tuple(found[Section.KEY_POINTS]),
        tuple(found[Section.CONTEXT]),
        (_NO_BACKGROUND,) if context_missing else (),
    )


Pools = dict[Slot, list[Candidate]]


def _pools(made: Draft, written: Sequence[Sequence[Hypothesis]], split: Split) -> Pools:
    """The candidates of each slot."""
    pools: Pools = {}
    if not made.by_article:
        for (slot,), hypotheses in zip(made.asked, written, strict=True):
            pools[slot] = [_finished(h.text, h.score, slot.section) for h in hypotheses]
        return pools
    aligner = Aligner([sentence.text for sentence in made.article.sentences])
    for slots, hypotheses in zip(made.asked, written, strict=True):
        pools.update({slot: [] for slot in slots})
        for hypothesis in hypotheses:
            for text in split(hypothesis.text):
                found = set(aligner.align(text))
                for slot in slots:
                    if slot.section is Section.HEADLINE or found & set(slot.sources):
                        pools[slot].append(_finished(text, hypothesis.score, slot.section))
    return pools


def _finished(text: str, score: float, section: Section) -> Candidate:
    """The line in its section's dress: a capital first, a full stop only below the headline."""
    text = " ".join(text.split())
    if section is Section.HEADLINE:
        text = text.removesuffix(".")
    elif text.endswith(".."):
        text = text.rstrip(".") + "."
    elif text and text[-1] not in ".!?\"'”’)":
        text += "."
    return Candidate(text[:1].upper() + text[1:] if text[:1].islower() else text, score)


def _headline(made: Draft, pools: Pools) -> list[Line]:
    """The model's best line; where there is none, or one worth far less than a shortened sentence,
    the given title, if plain, or that sentence.
    """
    slots = made.plan.of(Section.HEADLINE)
    found = [(slot, _choice(made, slot, pools.get(slot, []), ())) for slot in slots]
    written = [(slot, c) for slot, c in found if c and c.origin == "generated"]
    shortened = _shortened(made, slots)
    if written:
        slot, choice = max(written, key=lambda pair: pair[1].value)
        if not shortened or _worth(made, shortened.text) <= _worth(made, choice.text) + _FAR:
            return [_line(choice, slot)]
    if stand_in := _title(made) or shortened:
        return [stand_in]
    for _, left in found:
        if left:
            text = clip(left.text)
            return [Line(text, left.evidence, left.support, "extracted", Role.MAIN_EVENT)]
    return []


def _worth(made: Draft, headline: str) -> float:
    return made.coverage.worth(headline, Section.HEADLINE) if made.coverage else 0.0


def _title(made: Draft) -> Line | None:
    indices = made.plan.title_sources
    text = plain_title(" ".join(made.article.texts(indices)))
    return Line(text, indices, 1.0, "extracted", Role.MAIN_EVENT) if text else None


def _shortened(made: Draft, slots: Sequence[Slot]) -> Line | None:
    """The planned sentences or the first, whichever is worth most when shortened.

    Where none of them can be shortened, a key point's, then the most salient one that can.
    """
    body = [i for i, s in enumerate(made.article.sentences) if s.part == "body"]
    likely = dict.fromkeys((*(i for slot in slots for i in _evidence(slot)), *body[:1]))
    lines = [line for index in likely if (line := _short_line(made, index))]
    if lines:
        return max(lines, key=lambda line: _worth(made, line.text))
    points = (point.primary for point in made.plan.of(Section.KEY_POINTS))
    salient = sorted(body, key=lambda i: -made.plan.salience[i])[:_TRIED]
    rest = dict.fromkeys((*points, *salient))
    return next(filter(None, (_short_line(made, index) for index in rest)), None)


def _short_line(made: Draft, index: int) -> Line | None:
    """The best way to say a sentence as a headline by leaving words out."""
    sentence = made.article.sentences[index].text
    source = evidence((sentence,))
    lines = [
        (_worth(made, t) + _NATURAL * naturalness(t, source), t) for t in shortenings(sentence)
    ]
    if not lines:
        return None
    return Line(max(lines)[1], (index,), 1.0, "extracted", Role.MAIN_EVENT)


def _section(made: Draft, section: Section, pools: Pools, earlier: Sequence[str]) -> list[Line]:
    """The lines of one section, a slot that fails is replaced by a spare one.

    Key points stand in reading order, context lines in the order of the plan.
    """
    spare = [slot for slot in made.plan.spare if slot.section is section]
    lines: list[Line] = []
    weak: list[Line] = []
    for slot in (s for s in made.plan.slots if s.section is section):
        for attempt in (slot, *spare):
            said = [*earlier, *(line.text for line in lines)]
            choice = _choice(made, attempt, pools.get(attempt, []), said)
            if attempt in spare:
                spare.remove(attempt)
            if choice is None or choice.repeated:
                continue
            line = _line(choice, attempt)
            if choice.problems:
                weak.append(line)
                continue
            lines.append(line)
            break
    lines += weak[: max(0, _FEWEST[section] - len(lines))]
    if section is Section.KEY_POINTS:
        lines.sort(key=lambda line: line.evidence)
    return lines


def _choice(
    made: Draft, slot: Slot, candidates: Sequence[Candidate], said: Sequence[str]
) -> Choice | None:
    """The checker's choice, its evidence mapped back to the article's sentences."""
    order = _evidence(slot)
    texts = made.article.texts(order)
    choice = choose(
        candidates,
        texts,
        said,
        section=slot.section,
        article=made.article,
        novel=made.novel,
        coverage=made.coverage,
    )
    if choice is None:
        return None
    sentences = tuple(sorted(order[position] for position in choice.evidence))
    return Choice(
        choice.text,
        choice.support,
        "extracted" if is_whole(choice.text, texts) else choice.origin,
        sentences,
        choice.repeated,
        choice.problems,
        choice.value,
    )


def _evidence(slot: Slot) -> tuple[int, ...]:
    """The slot's sentences, the one it is about first."""
    return (slot.primary, *(index for index in slot.sources if index != slot.primary))


def _line(choice: Choice, slot: Slot) -> Line:
    role = Role.MAIN_EVENT if slot.section is Section.HEADLINE else slot.role
    return Line(choice.text, choice.evidence, choice.support, choice.origin, role)
