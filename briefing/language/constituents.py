"""Check that constituents of a sentence are kept or deleted as a whole.

These are words joined by a hyphen, quotations with their speakers, asides, numbers, nouns side by
side, and coordinations.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from briefing.language.obligatory import (
    is_time_word,
    reports,
)
from briefing.language.parse import (
    COMPLEMENTS,
    DOUBLE_QUOTES,
    NOUN_TAGS,
    PROPER_TAGS,
    SUBJECTS,
    Parse,
    with_punctuation,
)
from briefing.language.valency import valency
from briefing.language.word_lists import word_class

_PLURAL_TITLES = frozenset({"sens", "sens.", "reps", "reps.", "govs", "govs.", "messrs"})
_ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
_DASHES = frozenset({"-", "--", "–", "—"})
_PARTING = _DASHES | {":"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to reject a deletion: its kind, and the token concerned."""

    kind: str
    token: int


class Constituents:
    """A line that keeps some words of a parsed sentence, in order, and what it splits.

    ``kept`` holds the indices of the kept tokens; punctuation is ignored. ``headline`` allows
    headline style: articles may be deleted.
    """

    def __init__(
        self,
        parse: Parse,
        kept: Collection[int],
        *,
        headline: bool = False,
    ) -> None:
        self.parse = parse
        self.headline = headline
        self.counts = valency()
        self.kept = frozenset(at for at in kept if parse.is_word[at] or parse.lower[at] == "'s")
        self.gone = frozenset(
            at for at in range(len(parse)) if parse.is_word[at] and at not in self.kept
        )

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The kept tokens whose head is not kept, which are the roots of the line's own tree."""
        parse = self.parse
        return tuple(
            at
            for at in sorted(self.kept)
            if (parse.heads[at] == at or parse.heads[at] not in self.kept)
            and parse.relations[at] not in ("punct", "cc", "dep", "intj", "")
        )

    def dropped(self) -> Iterator[int]:
        """Yield the dependents of kept words whose whole subtree is deleted."""
        parse = self.parse
        for head in sorted(self.kept):
            for at in parse.children[head]:
                if at in self.gone and self.kept.isdisjoint(parse.subtree(at)):
                    yield at

    def _constituents(self) -> Iterator[Fault]:
        parse = self.parse
        for at in range(1, len(parse) - 1):
            if parse.words[at] in ("-", "–", "/") and self._is_tight(at):
                if (at - 1 in self.kept) != (at + 1 in self.kept):
                    yield Fault("split-word", at)
        for first, last in (*parse.quotations, *parse.brackets):
            inner = [at for at in range(first + 1, last) if parse.is_word[at]]
            left = sum(at in self.kept for at in inner)
            if 0 < left < len(inner):
                quoted = parse.words[first] in DOUBLE_QUOTES
                yield Fault("split-quotation" if quoted else "split-bracket", first)
        yield from self._half_quotations()
        yield from self._lost_speech()
        yield from self._lost_comparisons()
        yield from self._asides()
        yield from self._joined_parts()
        yield from self._split_numbers()
        yield from self._split_nouns()
        yield from self._joined_nouns()
        yield from self._conjunctions()

    def _half_quotations(self) -> Iterator[Fault]:
        """Yield an unpaired quotation mark: the line would give its words as its own."""
        parse = self.parse
        marks = [at for at, word in enumerate(parse.words) if word in DOUBLE_QUOTES]
        if len(marks) % 2:
            yield Fault("split-quotation", marks[-1])

    def _lost_speech(self) -> Iterator[Fault]:
        """Yield kept report verbs without what they report: "[“I am glad,”] *says Holt*"."""
        parse = self.parse
        for first, last in parse.quotations:
            inner = [at for at in range(first + 1, last) if parse.is_word[at]]
            if not inner or not self.kept.isdisjoint(inner):
                continue
            after = (at for at in range(last + 1, len(parse)) if parse.is_word[at])
            verb = next(after, None)
            if verb in self.kept and reports(parse, verb):
                yield Fault("lost-speech", verb)
        for verb in self.kept:
            # "[It will not ban the drug,] *Paul Reyes said* on Thursday"
            first = parse.first_conjunct(verb)
            before = [at for at in parse.children[verb] if at < verb and parse.is_verb(at)]
            said = [first] if verb != first else before
            if not said or not self.kept.isdisjoint(said) or not reports(parse, verb):
                continue
            if parse.is_passive(verb):
                continue
            told = any(parse.relations[at] in COMPLEMENTS for at in parse.children[verb])
            if parse.subject(verb) in self.kept and not told:
                yield Fault("lost-speech", verb)
        for verb in self.kept:
            clause = parse.child(verb, "ccomp") if reports(parse, verb) else None
            if clause in self.gone and not self.kept.isdisjoint(parse.subtree(clause)):
                yield Fault("lost-speech", verb)  # "*Almost all seals* [were killed], *he said*"

    def _lost_comparisons(self) -> Iterator[Fault]:
        """Yield a kept "than" whose "rather" is deleted."""
        parse = self.parse
        for at in self.kept:
            if parse.lower[at] == "than" and parse.lower[at - 1] == "rather":
                if at - 1 in self.gone:
                    yield Fault("lost-comparison", at)

    def _asides(self) -> Iterator[Fault]:
        """Yield an aside between dashes whose noun loses the participle that follows it.

        In "two polls - by the Globe - showing her ahead" the parser may attach "showing" to the
        verb. An aside that begins with "and" needs the noun after it.
        """
        parse = self.parse
        dashes = [at for at, word in enumerate(parse.words) if word in _DASHES]
        if len(dashes) != 2 or dashes[1] + 1 >= len(parse):
            return
        after = dashes[1] + 1
        kept_aside = dashes[1] - 1 in self.kept
        if kept_aside and after in self.gone and parse.tags[after][:2] in ("VB", "MD"):
            yield Fault("split-aside", after)
        joined = parse.relations[dashes[0] + 1] == "cc"  # "secret - and sensitive - documents"
        if joined and dashes[0] - 1 in self.kept and after in self.gone:
            if parse.tags[after] in NOUN_TAGS:
                yield Fault("split-aside", after)

    def _joined_parts(self) -> Iterator[Fault]:
        """Yield a dash or colon with kept words on both sides that loses the word beside it.

        The line would join what it parts: "the problem - [for example,] given a table".
        """
        parse = self.parse
        marks = [
            at
            for at, word in enumerate(parse.words)
            if word in _PARTING and at not in parse.quoted and not self._is_tight(at)
        ]
        for number, mark in enumerate(marks):
            left = range(marks[number - 1] + 1 if number else 0, mark)
            right = range(mark + 1, marks[number + 1] if number + 1 < len(marks) else len(parse))
            if self.kept.isdisjoint(left) or self.kept.isdisjoint(right):
                continue
            if {self._word(mark, -1), self._word(mark, 1)} & self.gone:
                yield Fault("joined-parts", mark)

    def _is_tight(self, mark: int) -> bool:
        """Whether a mark joins two words without a space: "hard-won"."""
        parse = self.parse
        return (
            0 < mark < len(parse) - 1
            and parse.ends[mark - 1] == parse.starts[mark]
            and parse.ends[mark] == parse.starts[mark + 1]
        )

    def _split_numbers(self) -> Iterator[Fault]:
        """Yield split parts of a number: "47 million", "up to 5"."""
        parse = self.parse
        for at in self.kept:
            head = parse.heads[at]
            if parse.tags[at] == "CD" and head in self.gone and parse.tags[head] == "CD":
                yield Fault("split-number", at)
            upward = parse.lower[at : at + 2] in (("up", "to"), ("down", "to"), ("close", "to"))
            if upward and at + 1 in self.gone and "CD" in parse.tags[at + 2 : at + 5]:
                yield Fault("split-number", at)

    def _conjunctions(self) -> Iterator[Fault]:
        """Yield conjunctions without conjuncts, and conjuncts without conjunction."""
        parse = self.parse
        for at in self.kept:
            if self._relative_conjunct(at):
                yield Fault("misattached", at)
            if parse.relations[at] == "conj" and parse.heads[at] in self.gone:
                if self._fronts_next(at):  # "deal with [the ferry and] islanders [want that]"
                    yield Fault("misattached", at)
            after_noun = parse.relations[at] == "amod" and parse.heads[at] < at
            if after_noun and any(i in self.gone for i in range(parse.heads[at] + 1, at)):
                yield Fault("misattached", at)
            if parse.lower[at] in _PLURAL_TITLES and self._loses_a_name(at):
                yield Fault("lost-list-member", at)
            if parse.relations[at] == "det" and parse.lower[at] in ("a", "an"):
                plural_noun = parse.tags[parse.heads[at]] == "NNS"
                if plural_noun and parse.heads[at] in self.kept and self._lost_before(at):
                    yield Fault("bare-article", at)
            if parse.relations[at] != "cc" or parse.heads[at] == at:
                continue
            first = parse.first_conjunct(parse.heads[at])
            later = [m for m in parse.conjuncts(first) if m > at]
            if later and all(self.kept.isdisjoint(parse.subtree(m)) for m in later):
                yield Fault("bare-conjunction", at)
            elif any(m in self.kept and self._fronts_next(m) for m in later):
                yield Fault("misattached", at)
            elif parse.tags[first] in ("RB", "JJ") and any(
                parse.tags[m] in (*NOUN_TAGS, "CD") for m in later
            ):
                yield Fault("misattached", at)  # "has filmed himself *online and* three quarters"
        for at in self.gone:
            if parse.relations[at] == "cc" and {self._word(at, -1), self._word(at, 1)} <= self.kept:
                yield Fault("lost-conjunction", at)

    def _loses_a_name(self, title: int) -> bool:
        """Whether one of the names after a plural title is deleted: "Sens. Holt [and Pell]"."""
        parse = self.parse
        end = next((at for at in range(title, len(parse)) if parse.is_verb(at)), len(parse))
        return any(
            at in self.gone and parse.relations[at] == "conj" and parse.tags[at] in PROPER_TAGS
            for at in range(title, end)
        )

    def _fronts_next(self, member: int) -> bool:
        """Whether what was taken for a list member opens the deleted clause after it.

        "The third test, and *this time*, the bomb is ...", "asked her, and *starting in July*, she
        took ...".
        """
        parse = self.parse
        end = parse.edges[member][1]
        after = end + 1
        if after in self.gone and parse.tags[after] in ("VBZ", "VBP", "VBD", "MD"):
            return True  # "the ferry and *islanders* want it"
        if parse.words[after : after + 1] != (",",):
            return False
        said = word_class("nonfactive_verbs")
        subjects = (
            parse.subject(at)
            for at in parse.ancestors(member)
            if at in self.gone and not reports(parse, at) and parse.lemmas[at] not in said
        )
        return any(at is not None and parse.edges[at][0] == end + 2 for at in subjects)

    def _split_nouns(self) -> Iterator[Fault]:
        """Yield a kept noun or ordinal whose next word, a noun, is deleted: "the 13th [Avenue]".

        Nouns side by side are one phrase, whose head is the last, whatever the parser says; and
        what is owned does not stand without its owner: "[the party's] far right".
        """
        parse = self.parse
        for at in range(len(parse) - 1):
            owned = parse.lower[at] in ("'s", "’s") and parse.ends[at - 1] == parse.starts[at]
            if owned and not {at - 1, at} & self.kept and at + 1 in self.kept:
                if parse.tags[at + 1][:2] in ("NN", "JJ", "RB", "CD"):
                    yield Fault("lost-possessor", at)
            if at in self.gone and at + 1 in self.kept and self._opens_inside(at):
                yield Fault("split-noun", at + 1)
            if at not in self.kept or at + 1 not in self.gone:
                continue
            ordinal = parse.words[at][0].isdigit() and parse.words[at][-2:] in _ORDINAL_ENDINGS
            if parse.tags[at] not in NOUN_TAGS and not ordinal:
                continue
            if parse.tags[at + 1] in NOUN_TAGS and not is_time_word(parse, at + 1):
                if parse.heads[at + 1] != at or parse.relations[at + 1] != "appos":
                    yield Fault("split-noun", at)

    def _joined_nouns(self) -> Iterator[Fault]:
        """Yield a noun that would read as one phrase with the noun before it.

        A comma or conjunction parted them, and is gone with what stood there: "lend the city [a
        seductive,] New Orleans feel", "a plan [that failed, and] money".
        """
        parse = self.parse
        for left, right in pairwise(sorted(self.kept)):
            parted = any(
                parse.words[at] == "," or parse.relations[at] == "cc"
                for at in range(left + 1, right)
            )
            if not parted or parse.tags[left] not in NOUN_TAGS:
                continue
            if parse.tags[right] not in (*NOUN_TAGS, "JJ", "CD") or is_time_word(parse, right):
                continue
            phrase = right
            while parse.heads[phrase] > phrase and parse.relations[phrase] not in SUBJECTS:
                phrase = parse.heads[phrase]
            if parse.tags[right] == "JJ" and phrase == right:
                continue  # "made the ferry safe"
            if is_time_word(parse, phrase) or left in parse.subtree(phrase):
                continue
            fronted = parse.relations[phrase] in SUBJECTS and parse.heads[phrase] in self.kept
            if fronted and left in parse.subtree(parse.heads[phrase]):
                continue
            if with_punctuation(parse, self.kept).isdisjoint(range(left + 1, right)):
                yield Fault("joined-nouns", right)

    def _opens_inside(self, before: int) -> bool:
        """Whether a noun follows a deleted one that is no part of it: "[the 1980s] TV show"."""
        parse = self.parse
        noun = before + 1
        if parse.tags[noun] not in NOUN_TAGS or parse.tags[before] not in (*NOUN_TAGS, "CD"):
            return False
        apart = parse.heads[before] not in range(noun, parse.edges[noun][1] + 1)
        apart = apart and parse.heads[before] != parse.heads[noun]
        return apart and not is_time_word(parse, before)

    def _relative_conjunct(self, verb: int) -> bool:
        """Whether a relative clause is joined to a main one: "runs the paper and whose staff"."""
        parse = self.parse
        first = parse.first_conjunct(verb)
        if parse.relations[verb] != "conj":
            return False
        joint = parse.edges[verb][0] - 1
        if first in self.gone and joint > 0 and parse.relations[joint] == "cc":
            # "[what we call a loan and] the bank calls a gift" joins it to the inner clause.
            if parse.heads[joint] not in parse.conjuncts(first):
                return True
        if parse.relations[first] == "relcl":
            return False
        subject = parse.subject(verb)
        words = () if subject is None else (subject, *parse.children[subject])
        return any(parse.tags[at] in ("WDT", "WP", "WP$") for at in words)

    def _word(self, at: int, step: int) -> int:
        """Return the next word in a direction, past punctuation."""
        at += step
        while 0 < at < len(self.parse) - 1 and not self.parse.is_word[at]:
            at += step
        return at

    def _lost_before(self, article: int) -> bool:
        """Whether words between an article and its noun are deleted: "a *very rare* gem"."""
        return any(at in self.gone for at in range(article + 1, self.parse.heads[article]))
