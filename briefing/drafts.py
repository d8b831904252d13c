"""Turn a plan into requests for the writer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from briefing.briefs import Article
from briefing.language.reference import body
from briefing.planning import Plan, Slot
from briefing.sections import SECTIONS, Section
from briefing.writing import LineRequest, Prompts

_CHARACTERS_A_TOKEN = 3.5
_DENSE = "\u0e00"
"""First code point of dense scripts (Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese, Korean),
which `_tokens` counts as one token per character."""
_ARTICLES = count(1)


@dataclass(frozen=True, slots=True)
class Draft:
    """An article, its plan, and the requests for the writer.

    ``asked`` holds the slots of each request: one slot if the model reads planned sentences, all
    slots of a section if it reads the article (``by_article``). ``rewords`` is false for a model
    that only deletes words; the lines of another need the probability ``least_support``. If the
    article is ``titled``, its title is the headline wherever it is a statement, also a long one, or
    one with a name or number that the text lacks, unless a sentence would be far better; that of a
    ``follow_up``, which says what is new, gives way to none.
    """

    article: Article
    plan: Plan
    requests: tuple[LineRequest, ...]
    asked: tuple[tuple[Slot, ...], ...]
    by_article: bool
    rewords: bool
    least_support: float = 0.0
    titled: bool = False
    follow_up: bool = False


def draft(article: Article, plan: Plan, prompts: Prompts | None) -> Draft:
    """Create the requests of an article; there are none without prompts (an extractive brief)."""
    if prompts is None:
        return Draft(article, plan, (), (), False, False)
    number = next(_ARTICLES)
    rewords, least = prompts.manner == "reword", prompts.least_support
    if prompts.reads == "plan":
        written = [slot for slot in plan.slots if slot.section in prompts.sections]
        requests = tuple(_slot_request(article, slot, number) for slot in written)
        single = tuple((slot,) for slot in written)
        return Draft(article, plan, requests, single, False, rewords, least)
    asked = [tuple(s for s in plan.slots if s.section is section) for section in prompts.sections]
    asked = [slots for slots in asked if slots]
    requests = tuple(
        _section_request(article, plan, slots, prompts.max_input, number) for slots in asked
    )
    return Draft(article, plan, requests, tuple(asked), True, rewords, least)


def unasked(made: Draft, section: Section) -> Draft:
    """Return a draft without the requests of one section."""
    kept = [at for at, slots in enumerate(made.asked) if slots[0].section is not section]
    return replace(
        made,
        requests=tuple(made.requests[at] for at in kept),
        asked=tuple(made.asked[at] for at in kept),
    )


def _slot_request(article: Article, slot: Slot, number: int) -> LineRequest:
    """Create the request of a slot, from its sentences without bullets and datelines."""
    texts = tuple(body(text) for text in article.texts(slot.sources))
    return LineRequest(slot.section, texts, slot.words, number, article.language)


def _section_request(
    article: Article, plan: Plan, slots: Sequence[Slot], max_input: int, number: int
) -> LineRequest:
    """Create the request of a section: the article up to ``max_input``, planned sentences first."""
    planned = {index for slot in slots for index in slot.sources}
    sentences = [i for i, s in enumerate(article.sentences) if s.part == "body"]
    section = slots[0].section
    if SECTIONS[section].chosen_by == "roles":
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
    return LineRequest(section, tuple(texts), words, number, article.language, len(slots))


def _tokens(text: str) -> float:
    """Estimate the number of tokens of a text.

    Scripts without spaces between words, and others that few models cover, take about one token
    per character.
    """
    dense = sum(character >= _DENSE for character in text)
    return dense + (len(text) + 1 - dense) / _CHARACTERS_A_TOKEN
