"""Check lines that delete words from one source sentence.

A line is aligned with its source sentence and inherits its tree. It is licensed if every deletion
is grammatical and keeps the meaning (`language.deletion`), if editors make such deletions
(`language.valency`), and if it adds nothing but an article, or "to" in a headline, and changes no
form that carries meaning, such as tense.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language import Parse, Parses
from briefing.language.alignment import Alignment, align
from briefing.language.deletion import Deletion
from briefing.language.parse import AUXILIARIES, COMMON_TAGS, PROPER_TAGS
from briefing.language.valency import drop_model
from briefing.language.word_lists import word_class

_LEAST_CHANCE = 0.02
"""Least drop probability of a deleted edge; editors drop 1 % of the edges below it."""
_SCORED = frozenset("prep advmod amod compound acl relcl npadvmod advcl".split())
"""Relations scored by the drop model; dependents behind a comma may always be deleted."""
_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True)
class Licence:
    """The result of checking a line as a deletion.

    ``source`` is the index of the sentence it was cut from; ``faults`` is empty if the line may be
    shown; ``chance`` is the log-probability of its deletions under the drop model, ``rarest`` the
    probability of the least likely one (1 if there are none); ``whole`` is true if nothing was
    deleted; ``parse`` is the line's own tree, inherited from the source.
    """

    source: int
    faults: tuple[str, ...]
    chance: float
    rarest: float
    whole: bool
    parse: Parse

    @property
    def granted(self) -> bool:
        """Whether the deletions allow the line to be shown."""
        return not self.faults


def licence(
    line: str, sources: Sequence[str], parses: Parses, *, headline: bool = False
) -> Licence | None:
    """Check ``line`` as a deletion of the best-matching sentence of ``sources``.

    Return None if none of them can be parsed.
    """
    words = [word for word, _ in parses.tokenize(line)]
    best: tuple[float, int, Alignment, Parse] | None = None
    for at, parse in enumerate(parses.of(sources)):
        if parse is None:
            continue
        alignment = align(words, parse)
        matched = sum(
            words[i][0].isalnum() for i, p in enumerate(alignment.places) if p is not None
        )
        if best is None or matched > best[0]:
            best = (matched, at, alignment, parse)
    if best is None:
        return None
    _, at, alignment, parse = best
    deletion = Deletion(parse, alignment.kept, headline=headline)
    faults = tuple(dict.fromkeys(_faults(alignment, parse, deletion, headline)))
    chances = cut_chances(deletion)
    return Licence(
        source=at,
        faults=faults,
        chance=sum(map(math.log, chances)),
        rarest=min(chances, default=1.0),
        whole=not deletion.gone and not alignment.added,
        parse=parse.keep(alignment.kept, line) if alignment.kept else parse,
    )


def cut_chances(deletion: Deletion) -> list[float]:
    """Return the probability that an editor deletes each dependent that is left out."""
    parse, model = deletion.parse, drop_model()
    return [
        max(1e-4, model.probability(parse, at, title=deletion.headline))
        for at in deletion.dropped()
        if parse.relations[at] in _SCORED and not parse.after_comma(at)
    ]


def _faults(
    alignment: Alignment, parse: Parse, deletion: Deletion, headline: bool
) -> Iterator[str]:
    for at in alignment.added:
        if not _is_harmless(alignment, at, parse, headline):
            yield f"added:{alignment.words[at]}"
    for at, place in enumerate(alignment.places):
        if place is not None and _is_changed(alignment.words[at], parse, place):
            yield f"changed:{alignment.words[at]}"
        elif place is not None and _disagrees(alignment, at, parse, place):
            yield "agreement"
        elif place is not None and _mixes_tenses(alignment, at, parse, place):
            yield "mixed-tenses"
    for fault in deletion.faults():
        if headline and fault.kind == "lost-aux" and _is_future(alignment, parse, fault.token):
            continue
        yield fault.kind
    if min(cut_chances(deletion), default=1.0) < _LEAST_CHANCE:
        yield "unlikely-cut"


def _is_harmless(alignment: Alignment, at: int, parse: Parse, headline: bool) -> bool:
    """Whether an added word changes nothing: "a", "the"; "to" for "will" in a headline."""
    word = alignment.words[at].lower()
    after = alignment.places[at + 1] if at + 1 < len(alignment.places) else None
    if word in _ARTICLES:
        return after is not None and parse.tags[after] not in PROPER_TAGS
    if not headline or word != "to" or after is None or parse.tags[after] != "VB":
        return False
    auxiliaries = [parse.lower[i] for i in parse.children[after] if parse.relations[i] == "aux"]
    return "will" in auxiliaries and parse.child(after, "expl") is None


def _is_future(alignment: Alignment, parse: Parse, auxiliary: int) -> bool:
    """Whether "will" became the "to" of a headline: "Leaders to meet"."""
    verb = parse.heads[auxiliary]
    if parse.lower[auxiliary] != "will" or verb not in alignment.places:
        return False
    at = alignment.places.index(verb)
    return at > 0 and alignment.words[at - 1].lower() == "to"


_SINGULAR = frozenset({"is", "was", "has", "does"})
_PLURAL = frozenset({"are", "were", "have", "do"})


def _disagrees(alignment: Alignment, at: int, parse: Parse, place: int) -> bool:
    """Whether a verb in another form than the source's has the wrong number: "disasters has"."""
    word = alignment.words[at].lower()
    helps = parse.relations[place] in AUXILIARIES
    verb = parse.heads[place] if helps else place
    subject = parse.subject(verb)
    if word == parse.lower[place] or not (helps or parse.is_verb(place)) or subject is None:
        return False
    if at > 0 and alignment.words[at - 1].lower() == "to":
        return False
    singular = word in _SINGULAR or (word.endswith("s") and word != parse.lemmas[place])
    plural = word in _PLURAL or word == parse.lemmas[place]
    if parse.child(subject, "conj") is not None or parse.tags[subject] in ("NNS", "NNPS"):
        return singular and parse.lower[subject] not in word_class("plural_singulars")
    if parse.tags[subject] == "NN":
        return plural and parse.lower[subject] not in word_class("collectives")
    return False


def _mixes_tenses(alignment: Alignment, at: int, parse: Parse, place: int) -> bool:
    """Whether a past verb was changed and one joined to it was not: "chokes up and took"."""
    if parse.tags[place] != "VBD" or alignment.words[at].lower() == parse.lower[place]:
        return False
    words = {p: word.lower() for word, p in zip(alignment.words, alignment.places, strict=True)}
    return any(
        parse.tags[other] == "VBD" and words.get(other) == parse.lower[other]
        for other in parse.conjuncts(parse.first_conjunct(place))
        if other != place
    )


def _is_changed(word: str, parse: Parse, place: int) -> bool:
    """Whether a word's form changes the meaning: singular for plural, a bare infinitive."""
    source, lower = parse.lower[place], word.lower().replace("’", "'")
    if lower == source or not parse.is_word[place]:
        return False
    if parse.tags[place] in COMMON_TAGS:
        return True
    if parse.tags[place] == "VBG" or (parse.tags[place] == "VBN" and lower.endswith("ing")):
        return True
    if parse.relations[place] in AUXILIARIES:
        if source == "had":
            return True  # "had promised" is no "has promised"
        return lower not in ("is", "are", "was", "were", "has", "have", "had")
    return not parse.is_verb(place) and lower.rstrip(".") != source.rstrip(".")
