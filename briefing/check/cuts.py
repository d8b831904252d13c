"""The gate for lines that leave words out of one source sentence.

A line is aligned with its source and takes over the source's tree. It is licensed where all it
leaves out may go (`language.deletion`), where editors leave such things out at all
(`language.drop`) and where it adds nothing: an article or "to" in a headline, another tense.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language import Parse, Parses
from briefing.language.alignment import Alignment, align
from briefing.language.deletion import Deletion
from briefing.language.drop import drop_model
from briefing.language.parse import AUXILIARIES, COMMON_TAGS, PROPER_TAGS

_HARDLY_EVER = 0.02
"""An edge that editors leave out more rarely than this is not left out (1 % of what is so was)."""
ASKED = frozenset("prep advmod amod compound acl relcl npadvmod advcl".split())
"""Relations of which the model of editors is asked; those behind a comma may go anyway."""
_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True)
class Licence:
    """What the gate says of a line.

    ``source`` is the position of the sentence it was cut from; ``faults`` is empty where it may be
    shown; ``chance`` the log-probability of its cuts under the model of editors, ``rarest`` the
    probability of the least likely of them (1: none); ``whole`` whether nothing was cut; ``parse``
    the line's own tree, taken from the source.
    """

    source: int
    faults: tuple[str, ...]
    chance: float
    rarest: float
    whole: bool
    parse: Parse

    @property
    def granted(self) -> bool:
        """Whether the line may be shown, as far as its cuts go."""
        return not self.faults


def licence(
    line: str, sources: Sequence[str], parses: Parses, *, headline: bool = False
) -> Licence | None:
    """Whether ``line`` is a sound cut of one of ``sources``; None where none could be parsed."""
    words = [word for word, _ in parses.tokenize(line)]
    best: tuple[float, int, Alignment, Parse] | None = None
    for at, parse in enumerate(parses.of(sources)):
        if parse is None:
            continue
        alignment = align(words, parse)
        held = sum(words[i][0].isalnum() for i, p in enumerate(alignment.places) if p is not None)
        if best is None or held > best[0]:
            best = (held, at, alignment, parse)
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
    """For each part that is left out, how likely an editor would leave it out."""
    parse, model = deletion.parse, drop_model()
    return [
        max(1e-4, model.probability(parse, at, title=deletion.headline))
        for at in deletion.dropped()
        if parse.relations[at] in ASKED and not parse.after_comma(at)
    ]


def _faults(
    alignment: Alignment, parse: Parse, deletion: Deletion, headline: bool
) -> Iterator[str]:
    for at in alignment.added:
        if not _harmless(alignment, at, parse, headline):
            yield f"added:{alignment.words[at]}"
    for at, place in enumerate(alignment.places):
        if place is not None and _changed(alignment.words[at], parse, place):
            yield f"changed:{alignment.words[at]}"
    for fault in deletion.faults():
        if headline and fault.kind == "lost-aux" and _futures(alignment, parse, fault.token):
            continue
        yield fault.kind
    if min(cut_chances(deletion), default=1.0) < _HARDLY_EVER:
        yield "unlikely-cut"


def _harmless(alignment: Alignment, at: int, parse: Parse, headline: bool) -> bool:
    """Whether a word that the source has not changes nothing: "a", "the"; "to" for "will"."""
    word = alignment.words[at].lower()
    after = alignment.places[at + 1] if at + 1 < len(alignment.places) else None
    if word in _ARTICLES:
        return after is not None and parse.tags[after] not in PROPER_TAGS
    if not headline or word != "to" or after is None or parse.tags[after] != "VB":
        return False
    helped = [parse.lower[i] for i in parse.children[after] if parse.relations[i] == "aux"]
    return "will" in helped and parse.child(after, "expl") is None


def _futures(alignment: Alignment, parse: Parse, auxiliary: int) -> bool:
    """Whether "will" became the "to" of a headline: "Leaders to meet"."""
    verb = parse.heads[auxiliary]
    if parse.lower[auxiliary] != "will" or verb not in alignment.places:
        return False
    at = alignment.places.index(verb)
    return at > 0 and alignment.words[at - 1].lower() == "to"


def _changed(word: str, parse: Parse, place: int) -> bool:
    """Whether a word stands in a form that says something else: one for many, a bare infinitive."""
    source, lower = parse.lower[place], word.lower().replace("’", "'")
    if lower == source or not parse.is_word[place]:
        return False
    if parse.tags[place] in COMMON_TAGS:
        return True
    if parse.relations[place] in AUXILIARIES:
        return lower not in ("is", "are", "was", "were", "has", "have", "had")
    return not parse.is_verb(place) and lower.rstrip(".") != source.rstrip(".")
