"""Check lines that delete words from one source sentence.

A line is aligned with its source sentence and inherits its tree. The alignment has the most
matching words, then the fewest gaps (Needleman and Wunsch 1970, with a bonus for adjacent matches);
stems are compared: "says" matches "said". A line is licensed if every deletion is grammatical and
keeps the meaning (`language.deletion`), if editors make such deletions (`language.valency`), and if
it adds nothing but an article, or "to" in a headline, and changes no form that carries meaning,
such as tense.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language import Parse, Parses
from briefing.language.dates import dates
from briefing.language.deletion import Deletion
from briefing.language.parse import AUXILIARIES, COMMON_TAGS, DOUBLE_QUOTES, PROPER_TAGS
from briefing.language.structure import SAYING
from briefing.language.tokens import fold, stem, tokens
from briefing.language.valency import drop_model
from briefing.language.word_lists import word_class

_SCORED = frozenset("prep advmod amod compound acl relcl npadvmod advcl".split())
"""Relations scored by the drop model; dependents behind a comma may always be deleted."""
_ARTICLES = frozenset({"a", "an", "the"})
_RUN = 0.4
"""Bonus if adjacent words of the line are adjacent in the sentence."""
_EXACT = 0.05
"""Bonus for the same form."""
_LIGHT = 0.35
"""Score of an article or punctuation mark; other words score 1."""
_CELLS = 40_000
"""Most words of the line times words of the sentence; larger inputs are not aligned."""
_SAME = {
    form: forms.split()[0]
    for forms in (
        "% percent", "be is are was were am been being", "have has had having", "do does did done"
    )
    for form in forms.split()
}  # fmt: skip
"""Words that are aligned though their stems differ: forms of auxiliaries."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The index of the matching token of the parse for each token of a line, or None."""

    words: tuple[str, ...]
    places: tuple[int | None, ...]

    @property
    def kept(self) -> frozenset[int]:
        """The tokens of the parse that the line keeps."""
        return frozenset(at for at in self.places if at is not None)

    @property
    def added(self) -> tuple[int, ...]:
        """The tokens of the line that the parse does not have."""
        return tuple(
            at
            for at, place in enumerate(self.places)
            if place is None and any(c.isalnum() for c in self.words[at])
        )


def align(words: Sequence[str], parse: Parse) -> Alignment:
    """Align the tokens of a line with a parse, in order."""
    words = tuple(words)
    if len(words) * len(parse) > _CELLS:
        return Alignment(words, (None,) * len(words))
    mine = [_stem(word) for word in words]
    theirs = [_stem(word) for word in parse.words]
    rows, columns = len(words), len(theirs)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    run = [[-1.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        value = _LIGHT if mine[i] in _LIGHT_WORDS or not words[i][0].isalnum() else 1.0
        row, below, runs, runs_below = best[i], best[i + 1], run[i], run[i + 1]
        for j in range(columns - 1, -1, -1):
            score = max(below[j], row[j + 1])
            if mine[i] == theirs[j]:
                exact = _EXACT * (words[i] == parse.words[j])
                match = value + exact + max(below[j + 1], runs_below[j + 1] + _RUN)
                runs[j] = match
                score = max(score, match)
            row[j] = score
    places = _trace(best, run, rows, columns)
    return Alignment(words, tuple(places))


def _trace(
    best: list[list[float]], run: list[list[float]], rows: int, columns: int
) -> list[int | None]:
    """Return the best alignment from the score tables."""
    places: list[int | None] = [None] * rows
    i = j = 0
    while i < rows and j < columns:
        if run[i][j] >= best[i][j] - 1e-9 and run[i][j] > 0:
            places[i] = j
            goes_on = run[i + 1][j + 1] + _RUN >= best[i + 1][j + 1] - 1e-9
            i, j = i + 1, j + 1
            while goes_on and i < rows and j < columns and run[i][j] > 0:
                places[i] = j
                goes_on = run[i + 1][j + 1] + _RUN >= best[i + 1][j + 1] - 1e-9
                i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


_LIGHT_WORDS = frozenset({"the", "a", "an", ",", '"', "'", "'s"})


def _stem(word: str) -> str:
    """Return the stem shared by the inflections of a word; one for all quotation marks."""
    if word in DOUBLE_QUOTES:
        return '"'
    word = fold(word.lower())
    return _SAME.get(word) or stem(word)


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
        elif place is not None and _loses_past(alignment.words[at], parse, place):
            yield "lost-past"
        elif place is not None and _disagrees(alignment, at, parse, place):
            yield "agreement"
        elif place is not None and _mixes_tenses(alignment, at, parse, place):
            yield "mixed-tenses"
    for fault in deletion.faults():
        if headline and fault.kind == "lost-aux" and _is_future(alignment, parse, fault.token):
            continue
        yield fault.kind


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


def _loses_past(word: str, parse: Parse, place: int) -> bool:
    """Whether what was so is told as what is so: "The bank was insolvent", "was hiding".

    An event may be told in the present, as headlines do ("was arrested", "is arrested"), and so may
    what somebody said was so, but for a time of its own ("said that it was insolvent in 2009").
    """
    if parse.lower[place] not in ("was", "were") or word.lower() not in ("is", "are"):
        return False
    verb = parse.heads[place] if parse.relations[place] in AUXILIARIES else place
    if verb != place and parse.tags[verb] != "VBG":
        return False
    clause = parse.first_conjunct(verb)
    said = parse.relations[clause] == "ccomp" and parse.lemmas[parse.heads[clause]] in SAYING
    span = parse.subtree(clause)
    told = parse.span_text(span.start, span.stop - 1)
    return not said or bool(dates(told, tokens(told)))


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
