"""Check a line that keeps some words of a parsed sentence and deletes the others.

The rules for single edges are in `obligatory`. Here they are applied to all deletions, together
with checks that depend on which other words are kept: orphaned words, clauses without their
governor, verbs without complements, and units that must be kept or deleted as a whole.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from briefing.language.obligatory import (
    binds,
    is_denied,
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
    DOUBLE_QUOTES,
    NOUN_TAGS,
    PROPER_TAGS,
    SUBJECTS,
    Parse,
)
from briefing.language.valency import Valency, valency
from briefing.language.word_lists import groups, word_class

_DEFINING = ("amod", "compound", "acl", "relcl")
_PLURAL_TITLES = frozenset({"sens", "sens.", "reps", "reps.", "govs", "govs.", "messrs"})
_ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
_DASHES = frozenset({"-", "--", "–", "—"})
_PARTING = _DASHES | {":"}
_BARE_OBJECT = 0.2
"""Share of a verb's uses with only an object below which it needs more than that."""
_BARE_DEFINITE = 0.55
"""Share of "the N" without modifier below which N needs the one after it."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """A reason to reject a deletion: its kind, and the token concerned."""

    kind: str
    token: int


class Deletion:
    """A line that keeps some words of a parsed sentence, in order.

    ``kept`` holds the indices of the kept tokens; punctuation is ignored. ``headline`` allows
    headline style: articles may be deleted.
    """

    def __init__(
        self,
        parse: Parse,
        kept: Collection[int],
        *,
        headline: bool = False,
        counts: Valency | None = None,
    ) -> None:
        self.parse = parse
        self.headline = headline
        self.counts = counts or valency()
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

    def reservations(self) -> Iterator[_Fault]:
        """Yield deletions that are correct but that a careful editor would avoid.

        These are the time (except the day of the news), the speaker, and words that say which kind
        of thing is meant: "mechanical failure", "a smart move".
        """
        parse = self.parse
        for at in self.dropped():
            head, relation = parse.heads[at], parse.relations[at]
            timed = relation == "npadvmod" or (relation == "prep" and is_time(parse, at))
            if timed and not is_recent(parse, at):
                yield _Fault("time", at)
            elif relation in _DEFINING and not parse.after_comma(at):
                yield _Fault("kind", at)
            elif relation == "advmod" and not parse.is_verb(head):
                yield _Fault("kind", at)
            elif relation == "conj" and not parse.is_verb(at):
                yield _Fault("list", at)
        for at in self.roots:
            if parse.relations[at] == "ccomp" and not self._runs_on(at, parse.heads[at]):
                yield _Fault("speaker", at)
            elif parse.relations[at] == "advcl":
                yield _Fault("clause", at)

    def dropped(self) -> Iterator[int]:
        """Yield the dependents of kept words whose whole subtree is deleted."""
        parse = self.parse
        for head in sorted(self.kept):
            for at in parse.children[head]:
                if at in self.gone and self.kept.isdisjoint(parse.subtree(at)):
                    yield at

    def faults(self) -> Iterator[_Fault]:
        """Yield the faults of the deletion; none if it is licensed."""
        if not self.kept:
            yield _Fault("nothing", 0)
            return
        if not self.gone:
            return
        if self.parse.words[-1] == ":":
            yield _Fault("lost-list", len(self.parse) - 1)
        yield from self._orphans()
        yield from self._losses()
        yield from self._unfinished()
        yield from self._units()
        yield from self._main_clause()

    # Words whose head is deleted -------------------------------------------------------------

    def _orphans(self) -> Iterator[_Fault]:
        parse = self.parse
        for at in self.roots:
            head, relation = parse.heads[at], parse.relations[at]
            if head == at:
                continue
            if relation in SUBJECTS:
                if not self._shares_subject(head):
                    yield _Fault(f"orphan-{relation}", at)
            elif relation in AUXILIARIES:
                if not self._shares_auxiliary(head):
                    yield _Fault(f"orphan-{relation}", at)
            elif relation in ("conj", "det", "poss", "amod") and self._heir(head) is not None:
                continue
            elif parse.is_verb(at) and relation in ("conj", "ccomp", "parataxis"):
                yield from self._lifted(at)
            elif not (
                (relation in ("prep", "acl", "relcl") and self._of_list(at))
                or (relation == "advcl" and self._told_as_fact(at))
                or (relation == "prep" and is_time(parse, at) and self._reattaches(at))
            ):
                yield _Fault(f"orphan-{relation}", at)
        for at in self.kept:
            # The parser may have attached a clause to another noun, or taken a subject for an
            # apposition: "..., the head of the union, Bo Pell, told the Courier".
            if parse.relations[at] in ("relcl", "acl"):
                if not parse.after_comma(at) and self._follows_gap(parse.edges[at][0]):
                    yield _Fault("moved-clause", at)
            elif parse.relations[at] in ("ROOT", "conj") and parse.tags[at] in ("VBD", "VBZ"):
                if parse.subject(at) is None and self._follows_gap(at):
                    yield _Fault("no-subject", at)

    def _follows_gap(self, first: int) -> bool:
        """Whether the word before ``first`` is a deleted noun other than a time."""
        parse = self.parse
        before = next((at for at in range(first - 1, -1, -1) if parse.is_word[at]), -1)
        if before not in self.gone or parse.tags[before] not in NOUN_TAGS:
            return False
        return not is_time_word(parse, before)

    def _shares_subject(self, verb: int) -> bool:
        """Whether a kept conjunct takes over the subject of a deleted verb."""
        parse = self.parse
        first = parse.first_conjunct(verb)
        return any(
            parse.is_verb(at)
            and parse.first_conjunct(at) == first
            and parse.subject(at) is None
            and parse.is_finite(at)
            for at in self.kept
        )

    def _told_as_fact(self, verb: int) -> bool:
        """Whether a subordinate clause states its event as a fact: "after a storm hit"."""
        parse = self.parse
        markers = [
            at
            for at in parse.children[verb]
            if at < verb and parse.relations[at] in ("mark", "advmod")
        ]
        words = {parse.lower[at] for at in markers}
        return (
            bool(words)
            and words <= {"after", "because", "as", "although", "though"}
            and not any(at in self.kept for at in markers)
            and parse.tags[verb] == "VBD"
            and parse.subject(verb) in self.kept
            and parse.edges[verb][0] not in self.kept
        )

    def _reattaches(self, phrase: int) -> bool:
        """Whether a time phrase's nearest kept ancestor is a verb: "at dawn on Sunday"."""
        parse = self.parse
        if parse.lower[phrase] == "of":
            return False
        above = next((a for a in parse.ancestors(phrase) if a in self.kept), None)
        if above is None or not parse.is_verb(above):
            return False
        return not any(parse.is_verb(a) for a in parse.ancestors(phrase) if a > above)

    def _shares_auxiliary(self, verb: int) -> bool:
        """Whether a kept conjunct takes over a deleted verb's auxiliary: "was made and sold"."""
        parse = self.parse
        first = parse.first_conjunct(verb)
        return any(
            parse.is_verb(at)
            and parse.first_conjunct(at) == first
            and parse.tags[at] == parse.tags[verb]
            and not any(parse.relations[x] in AUXILIARIES for x in parse.children[at])
            for at in self.kept
        )

    def _of_list(self, modifier: int) -> bool:
        """Whether a modifier moves to another member of a list: "and sale *of*"."""
        parse, head = self.parse, self.parse.heads[modifier]
        before = parse.edges[modifier][0] - 1
        members = parse.conjuncts(parse.first_conjunct(head))
        if parse.is_verb(head) or before < 0:
            return False
        return before in members and before in self.kept and self._heir(head) is not None

    def _heir(self, noun: int) -> int | None:
        """Return the only kept member of a list whose first member is deleted."""
        parse = self.parse
        first = parse.first_conjunct(noun)
        if parse.is_verb(first) and parse.tags[first] != "VBG":
            return None
        members = parse.conjuncts(first)
        left = [at for at in members if at in self.kept]
        if first in self.kept or len(left) != 1 or not self._distributes(first):
            return None
        return left[0] if parse.heads[first] in self.kept else None

    def _lifted(self, verb: int) -> Iterator[_Fault]:
        """Yield faults of a clause that is kept without its governor."""
        parse = self.parse
        if parse.relations[verb] == "conj":
            first = parse.first_conjunct(verb)
            own = parse.subject(verb)
            shared = parse.subject(first)
            if own is None and (shared is None or shared not in self.kept):
                yield _Fault("lost-subject", verb)
            if own is None and not parse.is_finite(verb) and self._auxiliaries_gone(first):
                yield _Fault("lost-auxiliary", verb)
            if parse.relations[first] != "ccomp" or parse.heads[first] in self.kept:
                return
            verb = first
        governor = parse.heads[verb]
        if self._runs_on(verb, governor) or self._told_as_fact(verb):
            return
        if parse.markers(verb) - {"that"}:
            yield _Fault("lifted-question", verb)
        elif is_denied(parse, governor):
            yield _Fault("lifted-from-negation", verb)
        elif any(
            parse.relations[at] == "advcl" and parse.markers(at) & word_class("conditions")
            for at in parse.children[governor]
        ):
            yield _Fault("lifted-from-condition", verb)
        elif not reports(parse, governor) or parse.has_modal(governor):
            yield _Fault("lifted-from-attitude", verb)
        elif self._needs_speaker(verb):
            yield _Fault("lost-speaker", verb)

    def _runs_on(self, verb: int, governor: int) -> bool:
        """Whether the parser attached a clause to the following one, joined by a comma."""
        parse = self.parse
        speaks = reports(parse, governor) or parse.lemmas[governor] in word_class(
            "nonfactive_verbs"
        )
        complete = any(
            at > governor and parse.relations[at] in COMPLEMENTS for at in parse.children[governor]
        )
        coordinated = any(
            (at < governor and parse.relations[at] == "cc")
            or parse.lower[at] in ("so", "but", "and")
            for at in parse.children[governor]
        )
        if verb > governor or parse.markers(verb) or parse.words[0] in DOUBLE_QUOTES:
            return False
        subject = parse.subject(verb)
        if subject is not None and self._follows_gap(parse.edges[subject][0]):
            return False  # "of all the lies *they have told*, the worst is ..."
        return complete or coordinated if not speaks else complete and coordinated

    def _auxiliaries_gone(self, verb: int) -> bool:
        children = self.parse.children[verb]
        return any(
            self.parse.relations[at] in AUXILIARIES and at not in self.kept for at in children
        )

    def _needs_speaker(self, verb: int) -> bool:
        """Whether a reported clause is a forecast, opinion or quotation, not a plain event."""
        parse = self.parse
        modal = parse.has_modal(verb)
        existential = parse.child(verb, "expl") is not None
        copula = parse.lemmas[verb] == "be" and not parse.is_passive(verb) and not existential
        governor = parse.heads[verb]
        quoted = any(parse.words[at] in DOUBLE_QUOTES for at in parse.subtree(governor))
        speaker = parse.subject(governor)
        named = speaker is not None and any(
            (parse.tags[at] in PROPER_TAGS and parse.relations[at] in ("appos", "compound"))
            or (at == speaker and parse.tags[at] not in COMMON_TAGS)
            for at in (speaker, *parse.children[speaker])
        )
        return modal or copula or quoted or named

    # Deleted dependents ----------------------------------------------------------------------

    def _losses(self) -> Iterator[_Fault]:
        parse = self.parse
        for at in self.dropped():
            relation, head = parse.relations[at], parse.heads[at]
            if relation == "cc" or (relation in SUBJECTS and self._subject_elsewhere(head)):
                continue
            reason = obligatory(parse, at, self.counts)
            if relation in ("mark", "advmod") and self._told_as_fact(head):
                continue
            if relation == "prep" and reason != "lost-frame" and self._said_twice(at):
                continue
            if relation == "compound" and self._splits_name(at):
                yield _Fault("split-name", at)
            if reason == "determiner" or (relation == "det" and not self.headline):
                yield _Fault("lost-determiner", at)
            elif reason == "lost-list-member" and self._list_may_shrink(at):
                continue
            elif reason:
                yield _Fault(reason, at)
            elif relation == "conj" and self._turns(at):
                yield _Fault("lost-contrast", at)
            elif relation == "advcl" and self._leaves_focus(parse.edges[at][0] - 1):
                yield _Fault("bare-focus", at)
        yield from self._moved()
        yield from self._lost_halves()
        for at in self.gone:
            head, relation = parse.heads[at], parse.relations[at]
            if head in self.kept and not self.kept.isdisjoint(parse.subtree(at)):
                if relation in AUXILIARIES or parse.lower[at] in word_class("negators"):
                    yield _Fault("crossing", at)

    def _lost_halves(self) -> Iterator[_Fault]:
        """Yield deleted parts that a kept word asks for: "*one* was sold, [the other burned]".

        And the second half of "it does not A; [it does B]".
        """
        parse = self.parse
        words = {parse.lower[at]: at for at in sorted(self.kept, reverse=True)}
        lost = {parse.lower[at]: at for at in self.gone}
        for first, *others in groups("correlatives"):
            for other in others:
                if first in words and other not in words and lost.get(other, -1) > words[first]:
                    yield _Fault("lost-correlative", lost[other])
        for mark in (at for at, word in enumerate(parse.words) if word == ";"):
            before = [at for at in range(mark) if at in self.kept]
            after = range(mark + 1, len(parse))
            if not before or not self.kept.isdisjoint(after):
                continue
            denied = any(parse.lower[at] in word_class("negators") for at in before)
            verbs = {parse.lemmas[at] for at in before if parse.is_verb(at)}
            if denied and any(parse.is_verb(at) and parse.lemmas[at] in verbs for at in after):
                yield _Fault("lost-contrast", mark)

    def _moved(self) -> Iterator[_Fault]:
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
            if first not in self.kept or before < 0 or before not in self.gone:
                continue
            if before == parse.heads[at] or parse.tags[before] not in NOUN_TAGS:
                continue
            if not is_time_word(parse, before):
                yield _Fault("moved", at)

    def _leaves_focus(self, before: int) -> bool:
        """Whether the kept word before a clause limits that clause: "*in part* because ..."."""
        parse = self.parse
        if before not in self.kept:
            return False
        part = parse.lower[before] == "part" and parse.lower[parse.heads[before]] == "in"
        return part or parse.lower[before] in word_class("limiters")

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

    def _distributes(self, first: int) -> bool:
        parse = self.parse
        if parse.relations[parse.heads[first]] == "agent":
            return False
        if parse.relations[first] not in ("dobj", "pobj", "attr", "amod", "nmod", "compound"):
            return False
        words = {parse.lower[at] for at in range(max(0, first - 4), first)}
        words |= {parse.lower[at] for at in parse.children[first]}
        if words & {"both", "either", "between", "neither", "total", "combined", "not", "but"}:
            return False
        chain = [first, *parse.ancestors(first)]
        lower = {parse.lower[at] for at in chain}
        if lower & (word_class("exceptions") | word_class("negators")):
            return False
        if any(parse.relations[at] == "nummod" for at in parse.children[first]):
            return False
        verb = next((a for a in chain if parse.is_verb(a)), None)
        return verb is None or not is_denied(parse, verb)

    def _turns(self, clause: int) -> bool:
        """Whether a clause after "but" contradicts the uncertain one before it."""
        parse, head = self.parse, self.parse.heads[clause]
        opposed = any(
            parse.relations[at] == "cc" and parse.lower[at] in ("but", "yet") and at < clause
            for at in parse.children[head]
        )
        uncertain = parse.tags[head] in ("VBD", "VBN") and any(
            parse.lemmas[at] in ("seem", "suppose", "poise", "plan", "expect", "intend", "hope")
            for at in (*parse.children[head], head)
        )
        return opposed and uncertain

    # Verbs and nouns without their complements ------------------------------------------------

    def _unfinished(self) -> Iterator[_Fault]:
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

    def _unfinished_verb(self, verb: int) -> Iterator[_Fault]:
        parse, counts = self.parse, self.counts
        lost = self._lost_after(verb, COMPLEMENTS | {"prep", "agent", "advmod", "advcl"})
        left = self._kept_after(verb)
        if lost and not left and self._lacks_object(verb):
            least = 0.2 if parse.is_passive(verb) else 0.12
            if counts.verb_alone(parse, verb) < least:
                yield _Fault("bare-verb", verb)
        only_object = bool(left) and all(parse.relations[at] == "dobj" for at in left)
        if lost and only_object and counts.verb_with_object_alone(parse, verb) < _BARE_OBJECT:
            yield _Fault("bare-object", verb)
        if parse.relations[verb] in ("acl", "advcl") and lost and not left:
            if not any(at < verb and at in self.kept for at in parse.children[verb]):
                yield _Fault("bare-participle", verb)
        for at in parse.children[verb]:
            joined = parse.relations[at] == "conj" and at in self.gone and parse.is_verb(at)
            if joined and not left and self._lacks_object(verb) and at - verb < 4:
                if parse.child(at, "dobj") is not None:
                    yield _Fault("lost-shared-object", at)

    def _lacks_object(self, verb: int) -> bool:
        """Whether no object precedes the verb, as in "the cello part that X wrote"."""
        parse = self.parse
        return not any(
            at < verb and parse.relations[at] in ("dobj", "ccomp", "attr", "pobj", "dative")
            for at in parse.children[verb]
        )

    def _unfinished_noun(self, noun: int) -> Iterator[_Fault]:
        parse, counts = self.parse, self.counts
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
            yield _Fault("bare-definite", noun)
        if parse.lemmas[noun] in word_class("times"):
            yield _Fault("bare-definite", noun)

    def _misattached(self, name: int) -> Iterator[_Fault]:
        """Yield phrases attached to a name that may belong to the verb: "charged Durst with"."""
        parse = self.parse
        for at in self._lost_after(name, ("prep",)):
            if parse.lower[at] not in ("with", "to", "from", "over", "as", "into", "for", "of"):
                continue
            verb = parse.governing_verb(name)
            if verb is not None and verb in self.kept and binds(parse, verb, at, self.counts):
                yield _Fault("lost-verb-preposition", at)

    # Units that are kept or deleted as a whole ------------------------------------------------

    def _units(self) -> Iterator[_Fault]:
        parse = self.parse
        for at in range(1, len(parse) - 1):
            if parse.words[at] in ("-", "–", "/") and self._is_tight(at):
                if (at - 1 in self.kept) != (at + 1 in self.kept):
                    yield _Fault("split-word", at)
        for first, last in (*parse.quotations, *parse.brackets):
            inner = [at for at in range(first + 1, last) if parse.is_word[at]]
            left = sum(at in self.kept for at in inner)
            if 0 < left < len(inner):
                quoted = parse.words[first] in DOUBLE_QUOTES
                yield _Fault("split-quotation" if quoted else "split-bracket", first)
        yield from self._half_quotations()
        yield from self._lost_speech()
        yield from self._asides()
        yield from self._joined_parts()
        yield from self._split_numbers()
        yield from self._split_nouns()
        yield from self._conjunctions()

    def _half_quotations(self) -> Iterator[_Fault]:
        """Yield an unpaired quotation mark: the line would give its words as its own."""
        parse = self.parse
        marks = [at for at, word in enumerate(parse.words) if word in DOUBLE_QUOTES]
        if len(marks) % 2:
            yield _Fault("split-quotation", marks[-1])

    def _lost_speech(self) -> Iterator[_Fault]:
        """Yield kept report verbs whose quotation is deleted: "[“I am glad,”] *says Holt*"."""
        parse = self.parse
        for first, last in parse.quotations:
            inner = [at for at in range(first + 1, last) if parse.is_word[at]]
            if not inner or not self.kept.isdisjoint(inner):
                continue
            after = (at for at in range(last + 1, len(parse)) if parse.is_word[at])
            verb = next(after, None)
            if verb in self.kept and reports(parse, verb):
                yield _Fault("lost-speech", verb)

    def _joined_parts(self) -> Iterator[_Fault]:
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
                yield _Fault("joined-parts", mark)

    def _is_tight(self, mark: int) -> bool:
        """Whether a mark joins two words without a space: "hard-won"."""
        parse = self.parse
        return (
            0 < mark < len(parse) - 1
            and parse.ends[mark - 1] == parse.starts[mark]
            and parse.ends[mark] == parse.starts[mark + 1]
        )

    def _asides(self) -> Iterator[_Fault]:
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
            yield _Fault("split-aside", after)
        joined = parse.relations[dashes[0] + 1] == "cc"  # "secret - and sensitive - documents"
        if joined and dashes[0] - 1 in self.kept and after in self.gone:
            if parse.tags[after] in NOUN_TAGS:
                yield _Fault("split-aside", after)

    def _split_numbers(self) -> Iterator[_Fault]:
        """Yield split parts of a number: "47 million", "up to 5"."""
        parse = self.parse
        for at in self.kept:
            head = parse.heads[at]
            if parse.tags[at] == "CD" and head in self.gone and parse.tags[head] == "CD":
                yield _Fault("split-number", at)

    def _conjunctions(self) -> Iterator[_Fault]:
        """Yield conjunctions without conjuncts, and conjuncts without conjunction."""
        parse = self.parse
        for at in self.kept:
            if self._relative_conjunct(at):
                yield _Fault("misattached", at)
            after_noun = parse.relations[at] == "amod" and parse.heads[at] < at
            if after_noun and any(i in self.gone for i in range(parse.heads[at] + 1, at)):
                yield _Fault("misattached", at)
            titles = parse.relations[at] == "compound" and parse.lower[at] in _PLURAL_TITLES
            if titles:
                named = parse.conjuncts(parse.heads[at])
                if len(self.kept & set(named)) < max(2, len(named)):
                    yield _Fault("lost-list-member", at)
            if parse.relations[at] == "det" and parse.lower[at] in ("a", "an"):
                plural_noun = parse.tags[parse.heads[at]] == "NNS"
                if plural_noun and parse.heads[at] in self.kept and self._lost_before(at):
                    yield _Fault("bare-article", at)
            if parse.relations[at] != "cc" or parse.heads[at] == at:
                continue
            first = parse.first_conjunct(parse.heads[at])
            later = [m for m in parse.conjuncts(first) if m > at]
            if later and all(self.kept.isdisjoint(parse.subtree(m)) for m in later):
                yield _Fault("bare-conjunction", at)
            elif any(m in self.kept and self._fronts_next(m) for m in later):
                yield _Fault("misattached", at)
            elif parse.tags[first] in ("RB", "JJ") and any(
                parse.tags[m] in (*NOUN_TAGS, "CD") for m in later
            ):
                yield _Fault("misattached", at)  # "has filmed himself *online and* three quarters"
        for at in self.gone:
            if parse.relations[at] == "cc" and {self._word(at, -1), self._word(at, 1)} <= self.kept:
                yield _Fault("lost-conjunction", at)

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

    def _split_nouns(self) -> Iterator[_Fault]:
        """Yield a kept noun or ordinal whose next word, a noun, is deleted: "the 13th [Avenue]".

        Nouns side by side are one phrase, whose head is the last, whatever the parser says; and
        what is owned does not stand without its owner: "[the party's] far right".
        """
        parse = self.parse
        for at in range(len(parse) - 1):
            owned = parse.lower[at] in ("'s", "’s") and parse.ends[at - 1] == parse.starts[at]
            if owned and not {at - 1, at} & self.kept and at + 1 in self.kept:
                if parse.tags[at + 1][:2] in ("NN", "JJ", "RB", "CD"):
                    yield _Fault("lost-possessor", at)
            if at in self.gone and at + 1 in self.kept and self._opens_inside(at):
                yield _Fault("split-noun", at + 1)
            if at not in self.kept or at + 1 not in self.gone:
                continue
            ordinal = parse.words[at][0].isdigit() and parse.words[at][-2:] in _ORDINAL_ENDINGS
            if parse.tags[at] not in NOUN_TAGS and not ordinal:
                continue
            if parse.tags[at + 1] in NOUN_TAGS and not is_time_word(parse, at + 1):
                if parse.heads[at + 1] != at or parse.relations[at + 1] != "appos":
                    yield _Fault("split-noun", at)

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

    def _main_clause(self) -> Iterator[_Fault]:
        """Yield a fault unless a kept finite verb with a kept subject heads the line."""
        parse = self.parse
        for at in self.kept:
            if not parse.is_verb(at) or parse.relations[at] in AUXILIARIES:
                continue
            first = parse.first_conjunct(at)
            above = parse.heads[first]
            heads_line = (
                at in self.roots
                or first in self.roots
                or above == first
                or self._runs_on(first, above)
                or (parse.relations[first] == "ccomp" and above in self.kept and first < above)
            )
            finite = parse.is_finite(at) or (at != first and parse.is_finite(first))
            subject = parse.subject(at) if parse.subject(at) is not None else parse.subject(first)
            if subject is not None and self._is_participle(subject):
                subject = None
            if heads_line and finite and subject is not None and subject in self.kept:
                return
        yield _Fault("no-main-clause", 0)

    def _is_participle(self, subject: int) -> bool:
        """Whether a clause before a comma was taken for a subject: "Facing a vote, Holt left"."""
        parse = self.parse
        last = parse.edges[subject][1]
        return (
            parse.relations[subject] == "csubj"
            and parse.tags[subject] == "VBG"
            and "," in parse.words[subject : last + 1]
        )
