"""Check a line that keeps some words of a parsed sentence and deletes the others.

The rules for single edges are in `obligatory`. Here they are applied to all deletions, together
with what depends on which other words are kept: complements, contrasts, lists and phrases that
would move to another word. `scope` has the rules for deleted parts that hold for what is kept,
`orphans` those for words without their heads, `constituents` those for what is kept or deleted as a
whole.
"""

from collections.abc import Collection, Iterator

from briefing.language.constituents import Fault
from briefing.language.obligatory import (
    binds,
    is_day,
    is_recent,
    is_time,
    is_time_word,
    obligatory,
    reports,
)
from briefing.language.parse import (
    AUXILIARIES,
    COMMON_TAGS,
    COMPLEMENTS,
    NOUN_TAGS,
    PROPER_TAGS,
    SUBJECTS,
)
from briefing.language.scope import Scope
from briefing.language.word_lists import groups, word_class

_DEFINING = ("amod", "compound", "acl", "relcl")
_BARE_OBJECT = 0.2
"""Share of a verb's uses with only an object below which it needs more than that."""
_BARE_DEFINITE = 0.55
"""Share of "the N" without modifier below which N needs the one after it."""


class Deletion(Scope):
    """A line that keeps some words of a parsed sentence, and the faults of its deletions."""

    def reservations(self) -> Iterator[Fault]:
        """Yield deletions that are correct but that a careful editor would avoid.

        These are the time (except the day of the news), the speaker, and words that say which kind
        of thing is meant: "mechanical failure", "a smart move".
        """
        parse = self.parse
        for at in self.dropped():
            head, relation = parse.heads[at], parse.relations[at]
            timed = relation == "npadvmod" or (relation == "prep" and is_time(parse, at))
            if timed and not is_recent(parse, at):
                yield Fault("time", at)
            elif relation in _DEFINING and not parse.after_comma(at):
                yield Fault("kind", at)
            elif relation == "advmod" and not parse.is_verb(head):
                yield Fault("kind", at)
            elif relation == "conj" and not parse.is_verb(at):
                yield Fault("list", at)
        for at in self.roots:
            if parse.relations[at] == "ccomp" and not self._runs_on(at, parse.heads[at]):
                yield Fault("speaker", at)
            elif parse.relations[at] == "advcl":
                yield Fault("clause", at)

    def faults(self) -> Iterator[Fault]:
        """Yield the faults of the deletion; none if it is licensed."""
        if not self.kept:
            yield Fault("nothing", 0)
            return
        if not self.gone:
            return
        if self.parse.words[-1] == ":":
            yield Fault("lost-list", len(self.parse) - 1)
        yield from self._orphans()
        yield from self._losses()
        yield from self._unfinished()
        yield from self._constituents()
        yield from self._main_clause()

    def _bares_name(self, head: int) -> bool:
        """Whether a name loses all that relates it to an owner: "*its smaller rival* Goldach"."""
        parse = self.parse
        before = [at for at in parse.children[head] if at < head]
        owned = parse.tags[head] in PROPER_TAGS and any(parse.tags[at] == "PRP$" for at in before)
        return owned and all(parse.tags[at] in PROPER_TAGS for at in before if at in self.kept)

    def _losses(self) -> Iterator[Fault]:
        parse = self.parse
        for at in self.dropped():
            relation, head = parse.relations[at], parse.heads[at]
            if relation == "cc" or (relation in SUBJECTS and self._subject_elsewhere(head)):
                continue
            reason = obligatory(parse, at)
            if relation in ("mark", "advmod") and self._told_as_fact(head):
                continue
            if relation == "prep" and reason != "lost-frame" and self._said_twice(at):
                continue
            if relation == "compound" and self._splits_name(at):
                yield Fault("split-name", at)
            elif relation == "compound" and not self.headline and self._says_who(at):
                yield Fault("lost-office", at)
            elif relation == "compound" and self._frees_office(at):
                yield Fault("lost-limit", at)
            if reason == "determiner" or (relation == "det" and not self.headline):
                yield Fault("lost-determiner", at)
            elif reason == "lost-list-member" and self._list_may_shrink(at):
                continue
            elif reason in ("lost-poss", "lost-compound") and self._bares_name(head):
                continue
            elif reason:
                yield Fault(reason, at)
            elif relation == "conj" and (self._turns(at) or self._disputes(at)):
                yield Fault("lost-contrast", at)
            elif relation == "advcl" and self._disputes(at):
                yield Fault("lost-contrast", at)
            elif relation == "conj" and parse.is_verb(at) and self._is_unjoined(at):
                yield Fault("lost-verb", at)
            elif relation in ("parataxis", "advcl", "conj") and self._speaks_beside(at):
                yield Fault("lost-speaker", at)
            elif relation == "prep" and self._opens_subordinate(at):
                yield Fault("lost-subordinator", at)
            elif relation == "advcl" and self._leaves_focus(parse.edges[at][0] - 1):
                yield Fault("bare-focus", at)
        yield from self._scope()
        yield from self._moved()
        yield from self._lost_halves()
        for at in self.gone:
            head, relation = parse.heads[at], parse.relations[at]
            if head in self.kept and not self.kept.isdisjoint(parse.subtree(at)):
                if relation in AUXILIARIES or parse.lower[at] in word_class("negators"):
                    yield Fault("crossing", at)

    def _is_unjoined(self, verb: int) -> bool:
        """Whether it is the verb of a participle taken for one: "seals found dead *were killed*".

        Neither "and" nor a comma stands between the two.
        """
        parse, head = self.parse, self.parse.heads[verb]
        joined = parse.coordinators(head, verb)
        return not joined and "," not in parse.words[head:verb] and parse.subject(verb) is None

    def _lost_halves(self) -> Iterator[Fault]:
        """Yield deleted parts that a kept word asks for: "*one* was sold, [the other burned]".

        And the second half of "it does not A; [it does B]".
        """
        parse = self.parse
        words = {parse.lower[at]: at for at in sorted(self.kept, reverse=True)}
        lost = {parse.lower[at]: at for at in self.gone}
        for first, *others in groups("correlatives"):
            for other in others:
                if first in words and other not in words and lost.get(other, -1) > words[first]:
                    yield Fault("lost-correlative", lost[other])
        for mark in (at for at, word in enumerate(parse.words) if word == ";"):
            before = [at for at in range(mark) if at in self.kept]
            after = range(mark + 1, len(parse))
            if not before or not self.kept.isdisjoint(after):
                continue
            denied = any(parse.lower[at] in word_class("negators") for at in before)
            verbs = {parse.lemmas[at] for at in before if parse.is_verb(at)}
            if denied and any(parse.is_verb(at) and parse.lemmas[at] in verbs for at in after):
                yield Fault("lost-contrast", mark)

    def _moved(self) -> Iterator[Fault]:
        """Yield phrases attached to the verb that may belong to the deleted noun before them.

        "Extended the truce | for five days, the longest pause | since the war began": the parser
        attaches to the verb what follows, without a comma, a noun that was deleted.
        """
        parse = self.parse
        for at in self.kept:
            if parse.relations[at] not in ("prep", "relcl", "acl", "advcl") or parse.heads[at] > at:
                continue
            first = parse.edges[at][0]
            before = first - 1
            while before in self.gone and parse.tags[before] == "RB":
                before -= 1  # "import growth *there*, expected to slow"
            if first not in self.kept or before < 0 or before not in self.gone:
                continue
            if before == parse.heads[at] or parse.tags[before] not in NOUN_TAGS:
                continue
            if not is_time_word(parse, before) and not is_day(parse, at):
                yield Fault("moved", at)

    def _leaves_focus(self, before: int) -> bool:
        """Whether the kept word before a clause limits that clause: "*in part* because ..."."""
        parse = self.parse
        if before not in self.kept:
            return False
        part = parse.lower[before] == "part" and parse.lower[parse.heads[before]] == "in"
        return part or parse.lower[before] in word_class("limiters")

    def _opens_subordinate(self, phrase: int) -> bool:
        """Whether a clause is subordinate by its first phrase alone: "*By the time* it came"."""
        parse, verb = self.parse, self.parse.heads[phrase]
        subject, above = parse.subject(verb), parse.heads[verb]
        said = parse.relations[verb] == "ccomp" and (above < verb or reports(parse, above))
        return (
            parse.relations[verb] in ("advcl", "ccomp")
            and not said
            and subject is not None
            and phrase < subject
            and not parse.markers(verb)
        )

    def _said_twice(self, phrase: int) -> bool:
        """Whether a phrase with the same preposition is kept: "jailed for life for murder"."""
        parse = self.parse
        return any(
            at != phrase
            and at in self.kept
            and parse.relations[at] == "prep"
            and parse.lower[at] == parse.lower[phrase]
            for at in parse.children[parse.heads[phrase]]
        )

    def _says_who(self, office: int) -> bool:
        """Whether it is the office before a name: "*Senator* Ida Holt", not "*Mr.* Holt"."""
        parse, word = self.parse, self.parse.lower[office].rstrip(".")
        titled = word in word_class("titles") and parse.tags[office] in PROPER_TAGS
        return titled and len(word) > 2 and parse.tags[parse.heads[office]] in PROPER_TAGS

    def _splits_name(self, part: int) -> bool:
        """Whether an earlier part of the name is kept: "U.S. Rep. Ilhan Omar"."""
        parse = self.parse
        return any(
            at < part and at in self.kept and parse.relations[at] == "compound"
            for at in parse.children[parse.heads[part]]
        )

    def _subject_elsewhere(self, verb: int) -> bool:
        """Whether the verb keeps another subject, such as a relative pronoun."""
        return any(
            self.parse.relations[at] in SUBJECTS and at in self.kept
            for at in self.parse.children[verb]
        )

    def _list_may_shrink(self, member: int) -> bool:
        """Whether a list may lose ``member``: the claim must be distributive over it.

        "The treaty bans the sale of shells" follows from "the making, storing and sale"; a shared
        subject, a number for all, "both" or "between", an exception or a negation prevent this.
        """
        parse = self.parse
        first = parse.first_conjunct(member)
        left = [at for at in parse.conjuncts(first) if at in self.kept]
        return len(left) == 1 and self._distributes(first)

    def _frees_office(self, modifier: int) -> bool:
        """Whether an office before a name is kept without what limits it: "*former* mayor"."""
        parse, head = self.parse, self.parse.heads[modifier]
        limited = any(parse.lower[at] in word_class("limiters") for at in parse.subtree(modifier))
        between = [
            at
            for at in parse.children[head]
            if modifier < at < head and at in self.kept and parse.relations[at] == "compound"
        ]  # more than a first name
        return limited and (parse.relations[head] == "compound" or len(between) > 1)

    def _unfinished(self) -> Iterator[Fault]:
        parse = self.parse
        for at in sorted(self.kept):
            if parse.is_verb(at) and parse.relations[at] not in AUXILIARIES:
                yield from self._unfinished_verb(at)
            elif parse.tags[at] in COMMON_TAGS:
                yield from self._unfinished_noun(at)
            elif parse.tags[at] in (*PROPER_TAGS, "PRP"):
                yield from self._misattached(at)

    def _lost_after(self, head: int, relations: Collection[str]) -> list[int]:
        parse = self.parse
        return [
            at
            for at in parse.children[head]
            if at > head
            and at in self.gone
            and parse.relations[at] in relations
            and self.kept.isdisjoint(parse.subtree(at))
        ]

    def _kept_after(self, head: int) -> list[int]:
        parse = self.parse
        return [
            at
            for at in parse.children[head]
            if at > head
            and parse.is_word[at]
            and not self.kept.isdisjoint(parse.subtree(at))
            and parse.relations[at] not in ("cc", "conj", "punct")
        ]

    def _unfinished_verb(self, verb: int) -> Iterator[Fault]:
        parse, counts = self.parse, self.counts
        lost = self._lost_after(verb, COMPLEMENTS | {"prep", "agent", "advmod", "advcl"})
        left = self._kept_after(verb)
        if lost and not left and self._lacks_object(verb):
            least = 0.2 if parse.is_passive(verb) else 0.12
            if counts.verb_alone(parse, verb) < least:
                yield Fault("bare-verb", verb)
        only_object = bool(left) and all(parse.relations[at] == "dobj" for at in left)
        if lost and only_object and counts.verb_with_object_alone(parse, verb) < _BARE_OBJECT:
            yield Fault("bare-object", verb)
        if parse.relations[verb] in ("acl", "advcl") and lost and not left:
            if not any(at < verb and at in self.kept for at in parse.children[verb]):
                yield Fault("bare-participle", verb)
        for at in parse.children[verb]:
            joined = parse.relations[at] == "conj" and at in self.gone and parse.is_verb(at)
            if joined and not left and self._lacks_object(verb) and at - verb < 4:
                if parse.child(at, "dobj") is not None:
                    yield Fault("lost-shared-object", at)

    def _lacks_object(self, verb: int) -> bool:
        """Whether no object precedes the verb, as in "the cello part that X wrote"."""
        parse = self.parse
        return not any(
            at < verb and parse.relations[at] in ("dobj", "ccomp", "attr", "pobj", "dative")
            for at in parse.children[verb]
        )

    def _unfinished_noun(self, noun: int) -> Iterator[Fault]:
        parse, counts = self.parse, self.counts
        beside = parse.relations[noun] in ("appos", "dobj") and parse.after_comma(noun)
        if beside and parse.determiner(noun) in ("a", "an"):
            said = [at for at in parse.subtree(noun) if at in self.kept and parse.is_word[at]]
            if len(said) <= len(("a", "plan")) and not self.gone.isdisjoint(parse.subtree(noun)):
                yield Fault("bare-apposition", noun)  # "to spend 4 million, *a plan [that ...]*"
        lost = [
            at
            for at in self._lost_after(noun, ("prep", "acl", "relcl"))
            if not parse.after_comma(at)
        ]
        if not lost or self._kept_after(noun):
            return
        if parse.determiner(noun) != "the" or noun == 0:
            return
        described = any(
            at < noun and at in self.kept and parse.relations[at] in ("amod", "compound", "nummod")
            for at in parse.children[noun]
        )
        if not described and counts.noun_alone(parse, noun, "the") < _BARE_DEFINITE:
            yield Fault("bare-definite", noun)
        if parse.lemmas[noun] in word_class("times"):
            yield Fault("bare-definite", noun)

    def _misattached(self, name: int) -> Iterator[Fault]:
        """Yield phrases attached to a name that may belong to the verb: "charged Durst with"."""
        parse = self.parse
        for at in self._lost_after(name, ("prep",)):
            if parse.lower[at] not in ("with", "to", "from", "over", "as", "into", "for", "of"):
                continue
            verb = parse.governing_verb(name)
            if verb is not None and verb in self.kept and binds(parse, verb, at, self.counts):
                yield Fault("lost-verb-preposition", at)
