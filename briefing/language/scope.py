"""Check what of a deleted part holds for what is kept: its conditions, contrasts and speakers.

A condition at the end of a list of verbs holds for all of them, what is said after "but" or
"before" may undo a plan, and "a claim that ..." at the end tells what came of the claim. Such parts
scope over the clause before them, whatever verb the parser attached them to.
"""

from collections.abc import Iterator

from briefing.language.constituents import Fault
from briefing.language.obligatory import is_denied, reports
from briefing.language.orphans import Orphans
from briefing.language.parse import COMPLEMENTS, NOUN_TAGS
from briefing.language.structure import SAYING
from briefing.language.word_lists import word_class

_UNDOING = frozenset({"before", "until", "till"})
_WHEN = _UNDOING | {"when"}
_TAKING_BACK = tuple(
    tuple(phrase.split())
    for phrase in (
        "but only|only to|or so|or rather|or at least|in fact|in truth|in reality|"
        "apart from|aside from|except for"
    ).split("|")
)
_BESIDE = frozenset({"whereas", "while"})
_ADMITTING = frozenset({"point", "concede", "correct"})
_PREDICATES = frozenset({"acomp", "attr", "oprd", "dobj", "ccomp"})
_PRESENT = ("VBZ", "VBP")
_INTENTIONS = word_class("intentions")
_COMPLETING = ("xcomp", "acomp")
_ASKING = frozenset({"tell", "order", "instruct", "advise", "invite"})
"""Verbs that ask for something, beside those of what is meant."""


class Scope(Orphans):
    """The deleted parts of a line that hold for its kept words."""

    @property
    def _tail(self) -> range:
        """The words after the last kept one."""
        return range(max(self.kept) + 1, len(self.parse))

    def _scope(self) -> Iterator[Fault]:
        """Yield deleted words that change what the kept ones say."""
        parse = self.parse
        is_pluperfect = self._is_pluperfect()
        for at in self._tail:
            if self._is_condition(at) and self._holds_for_kept(parse.heads[at]):
                yield Fault("lost-condition", at)
            elif self._undoes(at) and self._tells_what_is_meant():
                yield Fault("lost-contrast", at)
            elif self._takes_back(at):
                yield Fault("lost-contrast", at)
            elif self._comments(at) or self._is_called_false(at):
                yield Fault("lost-comment", at)
            elif is_pluperfect and self._tells_when(at):
                yield Fault("lost-frame", at)
        for at in self.kept:
            if self._continues_lost_clause(at):
                yield Fault("moved", at)
            elif self._ends_list_early(at):
                yield Fault("lost-conjunction", at)

    def _is_pluperfect(self) -> bool:
        """Whether the line tells what had happened by a time: "*had painted* the hull"."""
        parse = self.parse
        if any(parse.lower[at] in _WHEN for at in self.kept):
            return False
        return any(
            parse.lower[at] == "had" and parse.relations[at] == "aux" and at in self.kept
            for root in parse.roots
            for at in parse.children[root]
        )

    def _is_condition(self, at: int) -> bool:
        """Whether a word opens a condition: "*unless* the state paid", "*provided* that"."""
        parse = self.parse
        word, clause = parse.lower[at], parse.heads[at]
        if parse.relations[at] == "mark" and word in word_class("conditions"):
            return parse.relations[clause] == "advcl" and parse.lower[at - 1] != "even"
        if word in ("provided", "providing", "assuming"):
            followed = parse.child(at, "ccomp") is not None
            followed = followed or parse.lower[at + 1 : at + 2] == ("that",)
            return followed and parse.relations[at] in ("advcl", "prep")
        long = word in ("as", "so") and parse.lower[at + 1 : at + 3] == ("long", "as")
        return long and parse.relations[at + 2] == "mark"

    def _tells_when(self, at: int) -> bool:
        """Whether a word opens the time by which something had happened: "*by the time* ..."."""
        parse = self.parse
        return parse.lower[at] in _WHEN or parse.lower[at - 2 : at + 1] == ("by", "the", "time")

    def _is_called_false(self, at: int) -> bool:
        """Whether something is called false: "a letter that he *called a hoax*"."""
        parse = self.parse
        if parse.lower[at] not in word_class("falsehoods"):
            return False
        told = any(parse.lemmas[root] in SAYING for root in parse.roots if root in self.kept)
        return not told and parse.relations[at] in _PREDICATES

    def _holds_for_kept(self, clause: int) -> bool:
        """Whether a clause is kept, or hangs on a kept verb or on one that shares its subject."""
        parse = self.parse
        if clause in self.kept:
            return True
        for above in parse.ancestors(clause):
            if above in self.kept:
                return True
            if parse.is_verb(above) and parse.subject(above) is not None:
                return False
        return False

    def _undoes(self, at: int) -> bool:
        """Whether a word opens what may undo a plan: "*before* a court stopped it"."""
        parse, clause = self.parse, self.parse.heads[at]
        word = parse.lower[at]
        if parse.relations[at] == "mark":
            return word in _UNDOING and parse.tags[clause] == "VBD" and self._holds_for_kept(clause)
        if word == "then" and parse.relations[at] == "advmod" and parse.tags[clause] == "VBD":
            return parse.subject(clause) is None and parse.after_comma(clause)
        if parse.relations[at] == "cc" and word in ("but", "yet"):
            return self._holds_for_kept(clause)
        return False

    def _takes_back(self, at: int) -> bool:
        """Whether what begins here corrects what was said: ", *only to* be disqualified"."""
        parse = self.parse
        after_comma = parse.words[at - 1] == ","
        words = next((w for w in _TAKING_BACK if parse.lower[at : at + len(w)] == w), ())
        if words[:1] == ("in",):
            return True
        if words:
            hangs = words[0] == "or" or self._holds_for_kept(at)
            limits = words != ("but", "only") or parse.tags[at + 2 : at + 3] == ("IN",)
            return hangs and limits and (after_comma or words[0] != "or")
        inner = parse.child(at, "pcomp") if parse.lower[at] == "before" else None
        return inner is not None and parse.lemmas[inner] in SAYING | _ADMITTING

    def _tells_what_is_meant(self) -> bool:
        """Whether the line tells what is planned, asked or considered, not what happened."""
        parse = self.parse
        for verb in self.kept:
            # What is planned or expected now stands, whatever else is said of it.
            if verb not in self.roots or parse.tags[verb] not in ("VBD", "VBN"):
                continue
            inner = [
                at
                for at in parse.children[verb]
                if at in self.kept and parse.relations[at] in _COMPLETING
            ]
            asked = parse.lemmas[verb] in _ASKING and any(parse.tags[at] == "VB" for at in inner)
            if asked or (inner and any(parse.lemmas[at] in _INTENTIONS for at in (verb, *inner))):
                return True
        return False

    def _comments(self, at: int) -> bool:
        """Whether a noun at the end takes up the sentence: ", *a claim* that the mayor denied"."""
        parse = self.parse
        if parse.tags[at] not in (*NOUN_TAGS, "VBZ") or at + 2 >= len(parse):
            return False
        first = at - 1 if parse.lower[at - 1] in ("a", "an") else at
        if (
            first < 1
            or parse.words[first - 1] != ","
            or parse.lower[at + 1] not in ("that", "which")
        ):
            return False
        if first == at and parse.tags[at] not in ("NNS", "VBZ"):
            return False
        disputing = word_class("negators") | word_class("falsehoods")
        answering = SAYING | word_class("denying_verbs")
        return parse.lemmas[at] in word_class("claim_nouns") or any(
            parse.lower[i] in disputing or parse.lemmas[i] in answering
            for i in range(at + 1, len(parse))
        )

    def _ends_list_early(self, verb: int) -> bool:
        """Whether a verb ends a list without "and", since those after it are deleted."""
        parse = self.parse
        head = parse.heads[verb]
        if parse.relations[verb] != "conj" or head not in self.kept:
            return False
        if parse.subject(verb) is not None or not parse.after_comma(verb):
            return False
        after = [at for at in parse.children[verb] if parse.relations[at] == "conj"]
        return not parse.coordinators(head, verb) and bool(after) and self.kept.isdisjoint(after)

    def _turns(self, clause: int) -> bool:
        """Whether a clause after "but" denies the possible one before it."""
        parse, head = self.parse, self.parse.heads[clause]
        opposed = not {"but", "yet"}.isdisjoint(parse.coordinators(head, clause))
        return opposed and parse.has_modal(head) and is_denied(parse, clause)

    def _disputes(self, clause: int) -> bool:
        """Whether a contrasting clause disputes what is kept: "..., *although she denied it*".

        It calls something false, or says what somebody else answers to a claim.
        """
        parse, head = self.parse, self.parse.heads[clause]
        before = [parse.lower[at] for at in parse.children[head] if parse.relations[at] == "cc"]
        opening = {parse.lower[at] for at in parse.children[clause] if at < clause}
        if not {*before, *opening} & word_class("contrasts"):
            return False
        inner = parse.subtree(clause)
        if any(parse.lower[at] in word_class("falsehoods") for at in inner):
            return True
        subject = parse.subject(clause)
        if subject is None:
            return False
        if parse.lemmas[clause] in word_class("denying_verbs") and parse.lemmas[clause] in SAYING:
            return True
        if parse.tags[subject] == "PRP" or {*before, *opening} & _BESIDE:
            return False  # what the speaker adds, or another says of something else
        claimed = any(parse.lower[at] == "according" for at in parse.children[head])
        reported = parse.lemmas[head] in SAYING or parse.relations[head] == "ccomp"
        return parse.lemmas[clause] in SAYING and (claimed or reported)

    def _continues_lost_clause(self, verb: int) -> bool:
        """Whether a verb joined to a past one continues a deleted relative clause, by its tense.

        "Announced a battery [that stores 14 units] and *costs* 4,990 euros".
        """
        parse, first = self.parse, self.parse.first_conjunct(verb)
        if verb == first or parse.tags[verb] not in _PRESENT or parse.subject(verb) is not None:
            return False
        return parse.tags[first] == "VBD" and any(
            parse.relations[at] == "relcl" and parse.tags[at] in _PRESENT and at in self.gone
            for at in range(first, verb)
        )

    def _is_joined_speaker(self, verb: int) -> bool:
        """Whether a speaker was taken for a further clause: ", *a paper claimed*, but"."""
        parse, subject = self.parse, self.parse.subject(verb)
        if subject is None or any(
            parse.relations[at] in COMPLEMENTS for at in parse.children[verb]
        ):
            return False
        first = parse.edges[subject][0]
        return first > 0 and parse.words[first - 1] == ","

    def _speaks_beside(self, verb: int) -> bool:
        """Whether a claim needs the speaker beside it: "The vote, *he said*, is lost", "*As he
        noted*, it is lost".
        """
        parse = self.parse
        doubtful = parse.lemmas[verb] in word_class("nonfactive_verbs")
        if parse.relations[verb] == "conj":
            return doubtful and self._is_joined_speaker(verb)
        reported = reports(parse, verb) and self._needs_speaker(parse.heads[verb], verb)
        if not (reported or doubtful):
            return False
        if parse.relations[verb] == "parataxis":
            return True
        told = any(parse.relations[at] in ("dobj", "ccomp") for at in parse.children[verb])
        return parse.markers(verb) == {"as"} and not told  # "as he announced the sale" is when
