"""Check words of a line whose head is deleted, and whether a main clause is left.

A subject needs its verb, a clause its governor: what was under a condition, a denial or a speaker
is no claim of its own (Filippova and Strube 2008 call for whole subtrees).
"""

from collections.abc import Iterator

from briefing.language.constituents import Constituents, Fault
from briefing.language.obligatory import (
    is_denied,
    is_time,
    is_time_word,
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
)
from briefing.language.word_lists import word_class


class Orphans(Constituents):
    """The words of a line without their heads."""

    def _orphans(self) -> Iterator[Fault]:
        parse = self.parse
        for at in self.roots:
            head, relation = parse.heads[at], parse.relations[at]
            if head == at:
                continue
            if relation in SUBJECTS:
                if not self._shares_subject(head):
                    yield Fault(f"orphan-{relation}", at)
            elif relation in AUXILIARIES:
                if not self._shares_auxiliary(head):
                    yield Fault(f"orphan-{relation}", at)
            elif relation in ("conj", "det", "poss", "amod") and self._heir(head) is not None:
                continue
            elif parse.is_verb(at) and relation in ("conj", "ccomp", "parataxis"):
                yield from self._lifted(at)
            elif not (
                (relation in ("prep", "acl", "relcl") and self._of_list(at))
                or (relation == "advcl" and self._told_as_fact(at))
                or (relation == "prep" and is_time(parse, at) and self._reattaches(at))
            ):
                yield Fault(f"orphan-{relation}", at)
        for at in self.kept:
            # The parser may have attached a clause to another noun, or taken a subject for an
            # apposition: "..., the head of the union, Bo Pell, told the Courier".
            if parse.relations[at] in ("relcl", "acl"):
                if not parse.after_comma(at) and self._follows_gap(parse.edges[at][0]):
                    yield Fault("moved-clause", at)
            elif parse.relations[at] in ("ROOT", "conj") and parse.tags[at] in ("VBD", "VBZ"):
                if parse.subject(at) is None and self._follows_gap(at):
                    yield Fault("no-subject", at)

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

    def _lifted(self, verb: int) -> Iterator[Fault]:
        """Yield faults of a clause that is kept without its governor."""
        parse = self.parse
        if parse.relations[verb] == "conj":
            first = parse.first_conjunct(verb)
            own = parse.subject(verb)
            shared = parse.subject(first)
            if own is None and (shared is None or shared not in self.kept):
                yield Fault("lost-subject", verb)
            if own is None and not parse.is_finite(verb) and self._auxiliaries_gone(first):
                yield Fault("lost-auxiliary", verb)
            if any(
                parse.relations[at] == "cc" and parse.lower[at] in word_class("negators")
                for at in parse.children[first]
                if at < verb and at in self.gone
            ):
                yield Fault("lifted-from-negation", verb)  # "[nor] has it said that"
            if first not in self.kept and self._is_conditional(first):
                yield Fault("lifted-from-condition", verb)
            if parse.relations[first] != "ccomp" or parse.heads[first] in self.kept:
                return
            verb = first
        governor = parse.heads[verb]
        if parse.relations[governor] == "relcl" and parse.heads[governor] in self.kept:
            yield Fault("lifted-relative", verb)  # "Holt [, who friends say] is ill [,] left"
            return
        if self._is_inverted(governor):
            yield Fault("lifted-from-condition", verb)
            return
        if self._runs_on(verb, governor) or self._told_as_fact(verb):
            return
        if parse.markers(verb) - {"that"}:
            yield Fault("lifted-question", verb)
        elif is_denied(parse, governor):
            yield Fault("lifted-from-negation", verb)
        elif any(
            parse.relations[at] == "advcl" and parse.markers(at) & word_class("conditions")
            for at in parse.children[governor]
        ):
            yield Fault("lifted-from-condition", verb)
        elif not reports(parse, governor) or parse.has_modal(governor):
            yield Fault("lifted-from-attitude", verb)
        elif self._needs_speaker(verb, governor):
            yield Fault("lost-speaker", verb)

    def _is_conditional(self, verb: int) -> bool:
        """Whether a clause is a condition or time, or follows one, with all that are joined to it.

        "If the plan passes, A will sell and *B will buy*"; "until A is heard and *B is counted*".
        """
        parse = self.parse
        if parse.relations[verb] == "advcl" and not self._told_as_fact(verb):
            return True
        first = parse.edges[verb][0]
        return any(
            at in self.gone
            and (
                parse.lower[at] in word_class("conditions")
                or parse.lower[at : at + 3] == ("as", "long", "as")
            )
            for at in range(first, min(self.kept))
        )

    def _is_inverted(self, verb: int) -> bool:
        """Whether a clause is a condition by its order: "*should* the mayor ever decide to"."""
        parse, subject = self.parse, self.parse.subject(verb)
        return subject is not None and any(
            parse.relations[at] == "aux" and at < parse.edges[subject][0] and at > 0
            for at in parse.children[verb]
        )

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
            at < governor and (parse.relations[at] == "cc" or parse.lower[at] in ("so", "but"))
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

    def _needs_speaker(self, verb: int, governor: int) -> bool:
        """Whether a clause that ``governor`` reports is more than a plain event that bodies tell.

        It is a forecast, an opinion or a quotation, or one person says so: by name, as "he", or
        unnamed, "a source at the ministry said".
        """
        parse = self.parse
        modal = parse.has_modal(verb)
        existential = parse.child(verb, "expl") is not None
        copula = parse.lemmas[verb] == "be" and not parse.is_passive(verb) and not existential
        quoted = any(parse.words[at] in DOUBLE_QUOTES for at in parse.subtree(governor))
        speaker = parse.subject(governor)
        named = speaker is not None and any(
            (parse.tags[at] in PROPER_TAGS and parse.relations[at] in ("appos", "compound"))
            or (at == speaker and parse.tags[at] not in COMMON_TAGS)
            for at in (speaker, *parse.children[speaker])
        )
        unnamed = speaker is not None and parse.lower[speaker] in word_class("unnamed_speakers")
        return modal or copula or quoted or named or unnamed

    def _main_clause(self) -> Iterator[Fault]:
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
        yield Fault("no-main-clause", 0)

    def _is_participle(self, subject: int) -> bool:
        """Whether a clause before a comma was taken for a subject: "Facing a vote, Holt left"."""
        parse = self.parse
        last = parse.edges[subject][1]
        return (
            parse.relations[subject] == "csubj"
            and parse.tags[subject] == "VBG"
            and "," in parse.words[subject : last + 1]
        )
