"""Refute a quotation that a line gives to another person than the article.

Its speaker is the subject of the verb of saying beside it, or whoever speaks in the sentences that
it goes on from. One who stays unknown refutes nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple

from briefing.checking.facts import Claim
from briefing.language.chain import Chain
from briefing.language.facts import Reading, keys_of, read_line, verbatim
from briefing.language.names import PLACES, TITLES
from briefing.language.parse import DOUBLE_QUOTES, NOUN_TAGS, PROPER_TAGS, Parse
from briefing.language.parser import Parses
from briefing.language.structure import SAYING
from briefing.language.word_lists import word_class

_FEWEST = 3
"""Fewest words of a quotation that are one person's: anyone says "a disaster"."""
_NOBODY = word_class("organisations") | word_class("bodies") | PLACES | TITLES
"""Last words of names that are no one person's: "Kell council"."""


class Speaker(NamedTuple):
    """The last words of the names of who speaks, and all names in the phrase."""

    heads: frozenset[str]
    names: frozenset[str]


class Speakers:
    """The speakers of the quotations of an article."""

    def __init__(self, sentences: Sequence[str], parses: Parses) -> None:
        self._sentences = sentences
        self._parses = parses
        self._known: dict[int, Speaker | None] = {}

    def refuted(self, line: Reading, parse: Parse) -> Iterator[Claim]:
        """Yield the quotations of a line that the article has another person say."""
        said = _speaker(parse, _subject(parse, quoted := _quoted(parse, opened=False)), quoted)
        for start, end in line.quotes if said else ():
            text = line.text[start:end]
            if said and len(keys_of(text)) >= _FEWEST and self._is_anothers(text, said):
                reason = "the source has another person say this"
                yield Claim(text, "quotation", start, end, "refuted", reason)

    def _is_anothers(self, quotation: str, said: Speaker) -> bool:
        """Whether the speakers of a quotation are all known, and none is ``said``."""
        found = [self._of(at) for at, keys in enumerate(self._keys) if verbatim(quotation, keys)]
        return bool(found) and not any(
            one is None or said.heads & one.names or one.heads & said.names for one in found
        )

    @cached_property
    def _keys(self) -> list[tuple[str, ...]]:
        return [keys_of(text) for text in self._sentences]

    @cached_property
    def _opened(self) -> list[bool]:
        """Whether each sentence begins inside a quotation, and whether the last ends so."""
        return list(accumulate(self._sentences, _stays_open, initial=False))

    @cached_property
    def _chain(self) -> Chain:
        return Chain(self._sentences, self._parses)

    def _of(self, at: int) -> Speaker | None:
        """Return the speaker of what a sentence quotes; None if it is not known."""
        if at not in self._known:
            self._known[at] = None  # a sentence does not ask for itself
            parse = self._parses.one(self._sentences[at]) if at >= 0 else None
            self._known[at] = self._found(parse, at) if parse else None
        return self._known[at]

    def _found(self, parse: Parse, at: int) -> Speaker | None:
        opened = self._opened[at] and not DOUBLE_QUOTES & {*parse.words[:1]}
        quoted = _quoted(parse, opened=opened)
        subject = _subject(parse, quoted)
        if subject is not None and quoted:
            if parse.lower[subject] in ("he", "she"):
                return self._of_pronoun(parse, subject, quoted, at)
            return _speaker(parse, subject, quoted)
        if any(parse.is_word[i] and i not in quoted for i in range(len(parse))):
            return None
        goes_on = self._opened[at + 1] and at + 1 < len(self._sentences)
        return (self._of(at + 1) if goes_on else None) or self._of(at - 1)

    def _of_pronoun(
        self, parse: Parse, subject: int, quoted: Collection[int], at: int
    ) -> Speaker | None:
        """Return whom "he said" means: the only named subject before it, or as the chain does."""
        named = [i for i in range(subject) if i not in quoted and _is_named(parse, i)]
        if named:  # "Holt objected: "It is late," he said"
            subjects = [i for i in named if parse.relations[i] == "nsubj"]
            return _speaker(parse, subjects[0], quoted) if len(subjects) == 1 else None
        said = self._parses.one(f"{parse.lower[subject].capitalize()} said.")
        completed = self._chain.complete(at, said) if said else None
        told = self._parses.one(completed.text) if completed else None
        return _speaker(told, _subject(told, ()), ()) if told else self._of(at - 1)


def _stays_open(opened: bool, text: str) -> bool:
    """Whether a sentence ends inside a quotation."""
    for before, mark in pairwise(f" {text}"):
        if mark in "“„”":
            opened = mark != "”"
        elif mark == '"':
            opened = before.isspace() or before in "([-—"
    return opened


def _quoted(parse: Parse, *, opened: bool) -> frozenset[int]:
    """Return the tokens inside quotation marks, double or single."""
    if not opened:
        spans = read_line(parse.text).quotes
        places = range(len(parse))
        return frozenset(i for i in places if any(a <= parse.starts[i] < b for a, b in spans))
    states = list(accumulate(parse.words, lambda on, w: on ^ (w in DOUBLE_QUOTES), initial=True))
    return frozenset(at for at in range(len(parse)) if states[at])


def _subject(parse: Parse, quoted: Collection[int]) -> int | None:
    """Return the subject of the only verb of saying, or of the only one beside a quotation."""
    found = list(_reporting(parse, quoted))
    if len(found) > 1:
        found = [
            (at, who)
            for at, who in found
            for first, last in [parse.edges[who]]
            if any(i in quoted for i in range(min(first, at) - 3, max(last, at) + 4))
        ]
    return found[0][1] if len(found) == 1 else None


def _reporting(parse: Parse, quoted: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield verbs of saying outside quotations, with their subjects, and "according to"."""
    for at, lemma in enumerate(parse.lemmas):
        who = None
        if parse.lower[at] == "to" and parse.lower[parse.heads[at]] == "according":
            who = parse.child(at, "pobj")
        elif lemma in SAYING and all(
            parse.relations[i] != "relcl" for i in (at, *parse.ancestors(at))
        ):
            who = parse.child(at, "nsubj")
        if who is not None and not {at, who} & {*quoted}:
            yield at, who


def _speaker(parse: Parse, subject: int | None, quoted: Collection[int]) -> Speaker | None:
    """Return the person named in the phrase of the ``subject``."""
    if subject is None:
        return None
    phrase = [at for at in parse.subtree(subject) if at not in quoted and _is_named(parse, at)]
    around = [at for at in parse.children[subject] if parse.relations[at] in ("appos", "conj")]
    heads = [at for at in (subject, *around) if at in phrase]
    known = parse.determiner(subject) == "the" and subject in heads
    if not heads or known or any(parse.words[at].isupper() for at in heads):
        return None  # "the Times" or "the CDC": one of its people may have said it
    said = Speaker(*(frozenset(parse.lower[at] for at in part) for part in (heads, phrase)))
    return None if said.heads & _NOBODY else said


def _is_named(parse: Parse, at: int) -> bool:
    """Whether a token is of a name, also where the tagger takes it for a plural ("Akers")."""
    plural = parse.words[at][0].isupper() and parse.tags[at] in NOUN_TAGS and at > 0
    return plural or parse.tags[at] in PROPER_TAGS
