"""From a plan to jobs for the writer: which sentences each line is asked from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from briefing.article import Article
from briefing.brief import Section
from briefing.language.opening import body
from briefing.plan import Plan, Slot
from briefing.write import Job, Prompts

_CHARACTERS_A_TOKEN = 3.5
_DENSE = "\u0e00"
"""From Thai on (Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese, Korean): see `_tokens`."""
_ARTICLES = count(1)


@dataclass(frozen=True, slots=True)
class Draft:
    """An article, its plan, and what the writer is asked for.

    ``asked`` says which slots each job writes for: one where the model reads planned sentences,
    all of a section where it reads the article. ``rewords`` says that the model does not only
    leave words out.
    """

    article: Article
    plan: Plan
    jobs: tuple[Job, ...]
    asked: tuple[tuple[Slot, ...], ...]
    by_article: bool
    rewords: bool


def draft(article: Article, plan: Plan, prompts: Prompts | None) -> Draft:
    """The jobs of one article; none where there are no prompts (an extractive brief)."""
    if prompts is None:
        return Draft(article, plan, (), (), False, False)
    number = next(_ARTICLES)
    rewords = prompts.manner == "reword"
    if prompts.reads == "plan":
        alone = [slot for slot in plan.slots if slot.section in prompts.sections]
        jobs = tuple(_slot_job(article, slot, number) for slot in alone)
        return Draft(article, plan, jobs, tuple((slot,) for slot in alone), False, rewords)
    asked = [tuple(s for s in plan.slots if s.section is section) for section in prompts.sections]
    asked = [slots for slots in asked if slots]
    jobs = tuple(_section_job(article, plan, slots, prompts.max_input, number) for slots in asked)
    return Draft(article, plan, jobs, tuple(asked), True, rewords)


def _slot_job(article: Article, slot: Slot, number: int) -> Job:
    """The slot's sentences without bullets and datelines, which no line should begin with."""
    texts = tuple(body(text) for text in article.texts(slot.sources))
    return Job(slot.section, texts, slot.words, number, article.language)


def _section_job(
    article: Article, plan: Plan, slots: Sequence[Slot], max_input: int, number: int
) -> Job:
    """One job for a section: the article as far as it fits, the planned sentences first."""
    planned = {index for slot in slots for index in slot.sources}
    sentences = [i for i, s in enumerate(article.sentences) if s.part == "body"]
    if slots[0].section is Section.CONTEXT:
        sentences = sorted(planned)
    sentences.sort(key=lambda i: (i not in planned, -plan.salience[i]))
    room, chosen = float(max_input), []
    for index in sentences:
        room -= _tokens(article.sentences[index].text)
        if room < 0:
            break
        chosen.append(index)
    texts = article.texts(tuple(sorted(chosen or sentences[:1])))
    words = round(sum(slot.words for slot in slots) / len(slots))
    section = slots[0].section
    return Job(section, tuple(texts), words, number, article.language, len(slots))


def _tokens(text: str) -> float:
    """About how many tokens a model makes of a text: in scripts without spaces between words, and
    in others that few models know, one a character or nearly.
    """
    dense = sum(character >= _DENSE for character in text)
    return dense + (len(text) + 1 - dense) / _CHARACTERS_A_TOKEN
