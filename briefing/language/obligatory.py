"""Rules for which dependents of a word may be deleted.

There is one rule per relation, plus checks of the clause around the edge; counts show what a verb
or noun requires (`valency`). Deletion of whole constituents, and what makes one obligatory, follow
Filippova and Strube 2008 and Clarke and Lapata 2008 ("Global inference for sentence compression").
A noun's modifier may be deleted if the claim is upward monotone in the noun, and not under negation
or a universal quantifier: MacCartney and Manning 2007 ("Natural logic for textual inference").
"""

from dataclasses import dataclass

from briefing.language.parse import (
    AUXILIARIES,
    COMMON_TAGS,
    COMPLEMENTS,
    NOUN_TAGS,
    PROPER_TAGS,
    SUBJECTS,
    Parse,
)
from briefing.language.quantities import UNIT_NAMES
from briefing.language.structure import SAYING
from briefing.language.valency import Valency, valency
from briefing.language.word_lists import word_class

ALWAYS_KEPT = frozenset(
    {
        *SUBJECTS, *AUXILIARIES, "neg", "prt", "pobj", "pcomp", "attr", "acomp", "oprd", "dative",
        "dobj", "xcomp", "ccomp", "mark", "case", "quantmod", "predet", "preconj",
        "poss", "nmod", "cc", "agent",
    }
)  # fmt: skip
"""Relations whose dependents are never deleted from a kept head, whatever the words. "cc" may be
deleted with its conjunct, which `deletion` allows for."""
FREE = frozenset({"parataxis", "dep", "meta", "intj"})
"""Relations whose dependents are not part of the sentence's structure."""
_INVISIBLE = frozenset({"punct", "det", "cc", ""})
"""Relations whose dependents may be deleted alone."""
_RESTRICTING = ("amod", "prep", "relcl", "acl", "compound")
_PREPOSITIONAL_VERB = 0.15
_PREPOSITIONAL_VERB_FREE = 0.36
"""Share of a verb's uses with a preposition above which it belongs to the verb; higher for those
that also open adjuncts of time and place. Fitted by eye on the pilot's 120 headlines."""
_NOUN_COMPLEMENT = 0.25
"""Share of a noun's uses with a preposition above which it may be a complement."""
_ADJUNCT_PREPOSITIONS = frozenset(
    "in on at after during since before by for with from over under near until".split()
)
_GENERIC_LIMITS = frozenset("in among for under within".split())
_WHICH_TIME = frozenset("early late last next past same other following previous recent".split())
_PLACES = frozenset("in at on near during since outside inside across".split())
_OBJECTS = frozenset({"dobj", "ccomp", "xcomp"})
"""Prepositions of place or time, which a noun does not require."""


def obligatory(parse: Parse, child: int) -> str:
    """Return why ``child`` may not be deleted while its head is kept; empty if it may.

    This looks at the sentence alone; `deletion` checks what depends on the other kept words.
    """
    return _Edge(parse, child, valency()).reason()


@dataclass(frozen=True)
class _Edge:
    """A dependent and its head, with the checks of the rule table."""

    parse: Parse
    child: int
    counts: Valency

    @property
    def head(self) -> int:
        return self.parse.heads[self.child]

    def reason(self) -> str:
        """Return the name of the first rule that keeps the dependent; empty if none does."""
        parse, child, head = self.parse, self.child, self.head
        relation, word = parse.relations[child], parse.lower[child]
        if relation in _INVISIBLE:
            return "determiner" if relation == "det" and word not in ("the", "a", "an") else ""
        if relation in FREE or self._beside():
            return ""
        if relation in ALWAYS_KEPT:
            return f"lost-{relation}"
        if self._denies():
            return "lost-negation"
        if parse.tags[child] in ("JJ", "JJR", "JJS") and parse.is_verb(head) and child > head:
            return "lost-adjective"
        if relation in ("advmod", "amod", "det", "compound") and self._limits():
            return "lost-limiter"
        rule = getattr(self, f"_{relation}", None)
        if rule and (reason := rule()):
            return str(reason)
        if parse.is_verb(head) and child > head and self._bounded:
            return "lost-scope"
        if relation in ("prep", "npadvmod", "advcl") and self._tells_which():
            return "lost-restriction"
        if relation in _RESTRICTING and not parse.after_comma(child) and self._narrowed:
            return "lost-restriction"
        return ""

    def _beside(self) -> bool:
        """Whether the dependent is an aside, whatever relation the parser gave it.

        After a comma, a second dependent with the same relation is an apposition or a further
        clause ("raised its fare, the fourth increase"; "not Stein herself").
        """
        parse, child, head = self.parse, self.child, self.head
        relation = parse.relations[child]
        if not parse.after_comma(child):
            return relation == "appos" and self._denied_apposition()
        if relation in ("npadvmod", "appos"):
            return not self._reports()
        if relation == "neg":
            return not parse.is_verb(head)
        return relation in ("dobj", "ccomp", "attr") and any(
            parse.relations[at] == relation and at != child for at in parse.children[head]
        )

    def _denied_apposition(self) -> bool:
        first = self.parse.edges[self.child][0]
        return (
            first > 1
            and self.parse.lower[first - 1] == "not"
            and self.parse.words[first - 2] == ","
        )

    def _denies(self) -> bool:
        """Whether the dependent carries a negation: "never again", "in no case"."""
        parse, child = self.parse, self.child
        relation = parse.relations[child]
        if relation == "prep" and parse.lower[child] == "without":
            return not self._episodic()
        inner = (
            parse.subtree(child) if relation in ("advmod", "npadvmod", "prep", "det") else (child,)
        )
        return any(parse.lower[at] in word_class("negators") for at in inner)

    def _episodic(self) -> bool:
        """Whether the clause reports a single past event, so that a circumstance may go."""
        parse, head = self.parse, self.head
        return (
            parse.is_verb(head)
            and parse.tags[head] in ("VBD", "VBN")
            and not is_denied(parse, head)
            and not parse.has_modal(head)
        )

    def _limits(self) -> bool:
        """Whether the claim is stronger without the dependent: "nearly", "so-called"."""
        parse, child = self.parse, self.child
        first, last = parse.edges[child]
        written = parse.span_text(first, last).lower()
        whole = parse.relations[child] in ("advmod", "amod")
        inner = parse.subtree(child) if whole else (child,)
        limited = any(parse.lower[at] in word_class("limiters") for at in inner)
        return limited or written in word_class("limiters")  # "*almost certainly* beat"

    # The rule table: one method per relation -----------------------------------------------

    def _compound(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        before = [at for at in parse.children[head] if at < child]
        named = [at for at in before if parse.tags[at] in PROPER_TAGS]
        if parse.tags[head] not in PROPER_TAGS:
            free = parse.tags[child] in COMMON_TAGS or not self._modified(before)
            return "" if free else "lost-compound"
        if self._relates_name():
            return "lost-compound"
        office = parse.tags[child] in COMMON_TAGS or parse.lower[child] in word_class("titles")
        return "" if office and not named else "lost-name"

    def _modified(self, before: list[int]) -> bool:
        """Whether other modifiers stand before it."""
        return any(self.parse.relations[at] in ("amod", "nummod") for at in before)

    def _nummod(self) -> str:
        """A number may be deleted if the noun has a determiner: "a 640 million mark contract"."""
        parse, child, head = self.parse, self.child, self.head
        unit = parse.lemmas[head] in UNIT_NAMES or parse.lemmas[head] in (
            "percent", "%", "cent", "dollar", "euro", "pound", "crown", "mark", "million",
        )  # fmt: skip
        marked = any(
            parse.relations[at] in ("det", "poss") and at < child for at in parse.children[head]
        )
        return "" if marked and not unit and child < head else "lost-number"

    def _relates_name(self) -> bool:
        """Whether this word relates the head to a possessive: "its *rival* Goldach"."""
        parse = self.parse
        return any(parse.tags[at] == "PRP$" for at in parse.children[self.head])

    def _amod(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        if parse.tags[head] in PROPER_TAGS and self._relates_name():
            return "lost-compound"
        if parse.tags[child] in ("JJR", "JJS", "CD", "RBS") or child > head:
            return "lost-comparison"
        if parse.words[child][0].isupper() or parse.lower[child] in _ORDINALS:
            return "lost-ordinal"
        if parse.tags[child] in ("VBG", "VBN"):
            return "lost-event"  # "the *sinking* dollar"
        if any(parse.lower[at] == "other" and at != child for at in parse.children[head]):
            return "lost-restriction"  # "other *tax-exempt* groups"
        bare = all(parse.relations[at] in ("amod", "punct") for at in parse.children[head])
        if (
            bare
            and parse.relations[head] == "pobj"
            and parse.relations[parse.heads[head]] == "prep"
        ):
            return "lost-manner"  # "in *blunt* terms"
        if any(
            parse.lower[at] in ("most", "least", "more", "less") for at in parse.children[child]
        ):
            return "lost-comparison"
        above = parse.lower[parse.heads[head]] if parse.relations[head] == "pobj" else ""
        predicate = parse.relations[head] in ("attr", "oprd") or above == "as"
        if predicate and parse.lemmas[head] in word_class("generic_nouns"):
            return "lost-predicate"  # "known as an *honest* person"
        return "lost-time" if parse.lemmas[head] in word_class("times") else ""

    def _advmod(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        if parse.lower[child] == "but":
            return "lost-exception"  # "turned out to be anything *but*"
        if parse.tags[child] in ("WRB", "RBR", "RBS") or parse.lower[child] in (
            "so", "too", "as", "very", "ago",
        ):  # fmt: skip
            return "lost-degree"
        if any(parse.relations[at] == "neg" and at < child < head for at in parse.children[head]):
            return "lost-scope"  # "is not *directly* connected"
        if child > 0 and parse.relations[child - 1] == "neg":
            return "lost-scope"  # "is not *quite* as old"
        if not parse.is_verb(head):
            degree = child > head or parse.tags[head][:2] in ("CD", "JJ", "RB")
            return "lost-degree" if degree else ""
        if child > head and self.counts.verb_with(parse, head, "advmod") > 0.3:
            alone = not any(parse.relations[at] in COMPLEMENTS for at in parse.children[head])
            return "lost-adverb" if alone and self.counts.verb_alone(parse, head) < 0.2 else ""
        return ""

    def _npadvmod(self) -> str:
        parse, child = self.parse, self.child
        if not parse.is_verb(self.head):
            return "lost-measure"
        if any(
            parse.tags[at] == "JJ" and parse.lower[at] not in _WHICH_TIME
            for at in parse.subtree(child)
        ):
            return "lost-adjective"  # "pleaded guilty Monday"
        if self._opens_clause():
            return "lost-conjunction"
        if is_time_word(parse, child) and self._scheduled():
            return "lost-schedule"
        score = parse.tags[child] == "CD" and child > self.head
        return "" if score or parse.lemmas[child] in word_class("times") else "lost-measure"

    def _opens_clause(self) -> bool:
        """Whether a time is a conjunction: "*The moment* he lands, the clock starts"."""
        parse, child = self.parse, self.child
        subject = parse.subject(self.head)
        return (
            subject is not None
            and parse.edges[subject][0] == child + 1
            and [parse.lower[at] for at in parse.children[child]] == ["the"]
        )

    def _prep(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        word = parse.lower[child]
        if word in word_class("exceptions") and word != "without":
            return "lost-exception"
        if any(parse.tags[at] in _RELATIVE_TAGS for at in parse.children[child]):
            return "lost-relative"  # "a meeting *during which* he resigned"
        if parse.relations[head] == "prep":
            return "lost-preposition"
        if parse.is_verb(head):
            return self._prep_of_verb()
        if parse.tags[head] in COMMON_TAGS:
            return self._prep_of_noun()
        if parse.tags[head] in PROPER_TAGS:
            return "lost-preposition" if word == "of" else ""
        free = word in _PLACES and parse.tags[head][:2] in ("JJ", "RB")
        return "" if free else "lost-preposition"

    def _prep_of_verb(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        if parse.lemmas[head] == "be" and child > head and self._first_after(head):
            return "lost-predicate"
        if self._frames():
            return "lost-frame"
        if self._completes_object():
            return "lost-verb-preposition"
        if is_time(parse, child) and self._scheduled():
            return "lost-schedule"
        if parse.lower[child] in ("until", "till") and not self._episodic():
            return "lost-schedule"  # "will shelter them *until June*"
        if any(parse.relations[at] == "prt" and at == child - 1 for at in parse.children[head]):
            placed = is_time(parse, child) or parse.lower[child] in _PLACES
            if parse.child(head, "dobj") is None and not placed:
                return "lost-verb-preposition"  # "came up *with a plan*"
        return "lost-verb-preposition" if binds(parse, head, child, self.counts) else ""

    def _scheduled(self) -> bool:
        """Whether the verb is in the simple present: "funding runs out *on Friday*"."""
        parse, head = self.parse, self.head
        alone = not any(
            parse.relations[at] in AUXILIARIES or parse.relations[at] in _OBJECTS
            for at in parse.children[head]
        )
        main = parse.relations[parse.first_conjunct(head)] == "ROOT"
        return parse.tags[head] in ("VBZ", "VBP") and alone and main

    def _completes_object(self) -> bool:
        """Whether it completes a verb and a bare noun: "took issue *with the plan*"."""
        parse, child = self.parse, self.child
        thing = parse.child(self.head, "dobj")
        if thing is None or not self.head < thing < child or parse.tags[thing] != "NN":
            return False
        bare = all(parse.relations[at] in ("amod", "punct") for at in parse.children[thing])
        return bare and parse.lower[child] not in _PLACES and not is_time(parse, child)

    def _frames(self) -> bool:
        """Whether a phrase sets the time or the premise of the sentence.

        "*In the colonial era*, courts ...", "*Under the plan*, wages will ...".
        """
        parse, child = self.parse, self.child
        if parse.lower[child] in word_class("premises") and not self._episodic():
            return True
        if parse.lower[child] == "according":  # to whom a forecast or a view belongs, or a rumour
            head = self.head
            source = parse.child(child, "prep")
            name = parse.child(child if source is None else source, "pobj")
            if name is not None and parse.tags[name] in PROPER_TAGS:
                return True  # "According to the Sun"
            unnamed = any(
                parse.lower[at] in word_class("unconfirmed")
                for at in range(child, parse.edges[child][1] + 1)
            )
            goes_on = parse.tags[head] == "VBG" and any(
                parse.tags[at] in ("VBZ", "VBP") for at in parse.children[head]
            )  # "is lying, according to Holt"
            return (
                unnamed
                or goes_on
                or parse.has_modal(head)
                or (parse.lemmas[head] == "be" and not parse.is_passive(head))
            )
        subject = parse.subject(self.head)
        first = subject is not None and child < subject
        return first and is_time(parse, child) and not is_recent(parse, child)

    def _prep_of_noun(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        word = parse.lower[child]
        if word == "like" and not parse.after_comma(child):
            return "lost-restriction"  # "a program *like this*"
        share = self.counts.noun_with(parse, head, "prep", word)
        if share > _NOUN_COMPLEMENT and word not in _PLACES:
            alone = self.counts.noun_alone(parse, head, parse.determiner(head))
            described = any(parse.relations[at] == "amod" for at in parse.children[head])
            if alone < 0.5 or not described:
                return "lost-noun-preposition"
        if parse.lower[head] in word_class("generic_nouns"):
            return "lost-noun-preposition"
        return ""

    def _relcl(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        if parse.after_comma(child):
            return ""
        if {parse.lower[head], parse.lemmas[head]} & word_class("generic_nouns"):
            return "lost-restriction"
        that = any(parse.lower[at] in ("that", "those") for at in parse.children[head] if at < head)
        kind = parse.determiner(head) == "the" and any(
            parse.has_modal(at) for at in parse.ancestors(head) if parse.is_verb(at)
        )
        return "lost-restriction" if that or kind else ""

    def _acl(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        if reason := self._relcl():
            return reason
        if parse.after_comma(child):
            return ""
        if parse.tags[child] == "VB" and self.counts.noun_with(parse, head, "acl") > 0.2:
            return "lost-noun-infinitive"
        that = any(
            parse.relations[at] == "mark" and parse.lower[at] == "that"
            for at in parse.children[child]
        )
        return "lost-that" if that else ""

    def _appos(self) -> str:
        if self._reports():
            return "lost-speaker"
        return "" if self.parse.after_comma(self.child) else "lost-apposition"

    def _reports(self) -> bool:
        """Whether it is a speaker and verb taken for a noun: "..., local press reports."."""
        parse, child = self.parse, self.child
        closes = not any(parse.is_word[child + 1 :]) and parse.child(child, "det", "poss") is None
        return parse.after_comma(child) and closes and parse.lemmas[child] in SAYING

    def _advcl(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        markers = parse.markers(child)
        bare = not markers and parse.subject(child) is None
        if bare and parse.tags[child] in ("VBD", "VBZ") and parse.is_verb(head):
            return "lost-verb"  # of "documents read in court *showed*"
        if parse.lower[parse.edges[child][0]] == "even":
            return ""
        if markers & word_class("conditions") or (markers & {"than", "as"} and child > head):
            if not (markers == {"as"} and parse.is_verb(head)):
                return "lost-condition"
        if {parse.lower[at] for at in parse.subtree(child)[:3]} & word_class("conditions"):
            return "lost-condition"
        if not parse.is_verb(head):
            return "lost-comparison"
        if parse.tags[child] == "VB" and not parse.after_comma(child) and child > head:
            share = self.counts.verb_with(parse, head, "advcl")
            share += self.counts.verb_with(parse, head, "xcomp")
            return "lost-infinitive" if share > 0.3 else ""
        return ""

    def _conj(self) -> str:
        parse, child, head = self.parse, self.child, self.head
        first = parse.first_conjunct(head)
        if self._is_corrected(first):
            return "lost-contrast"
        if parse.is_verb(child) and parse.is_verb(first):
            return "lost-infinitive" if parse.relations[head] == "xcomp" else ""
        joined = {parse.lower[at] for at in parse.children[head] if parse.relations[at] == "cc"}
        if "but" in joined and parse.relations[head] in ("prep", "acomp", "attr"):
            return ""
        return "lost-list-member"

    def _is_corrected(self, first: int) -> bool:
        """Whether the phrase is half of a contrast: "not because of this but because of that"."""
        parse = self.parse
        denied = parse.lower[parse.edges[first][0]] == "not"
        return denied and any(
            parse.relations[at] == "cc" and parse.lower[at] == "but" for at in parse.children[first]
        )

    # Checks of the clause around the edge ----------------------------------------------------

    @property
    def _bounded(self) -> bool:
        """Whether a negation, "first" or "last" in the clause has its focus on the dependent."""
        parse, child, head = self.parse, self.child, self.head
        if parse.after_comma(child) or parse.relations[child] not in (
            "prep", "npadvmod", "advcl", "advmod",
        ):  # fmt: skip
            return False
        if is_day(parse, child) and parse.tags[head] in ("VB", "VBN", "VBD"):
            past = parse.tags[head] != "VB" or any(
                parse.lower[at] == "did" for at in parse.children[head]
            )
            if past and is_denied(parse, head):
                return False  # "did not appear in court on Tuesday": the day of the news
        return is_denied(parse, head) or _has_focus(parse, head, child)

    def _tells_which(self) -> bool:
        """Whether nothing else says which thing is meant: "the two that he named *on Sunday*"."""
        parse, head = self.parse, self.head
        return (
            parse.relations[head] == "relcl"
            and self.child > head
            and not parse.after_comma(head)
            and parse.tags[parse.heads[head]] not in NOUN_TAGS
        )

    @property
    def _narrowed(self) -> bool:
        """Whether the claim is not upward monotone in the noun that the dependent modifies."""
        parse, head = self.parse, self.head
        if parse.is_verb(head):
            return (
                self.child > head
                and parse.relations[self.child] == "prep"
                and parse.lower[self.child] in _GENERIC_LIMITS
                and is_generic(parse, head)
                and not is_time(parse, self.child)
            )
        if parse.tags[head] not in ("NN", "NNS", "NNP", "NNPS", "CD", "DT"):
            return False
        verb = parse.governing_verb(head)
        if parse.relations[self.child] == "prep" and parse.lower[self.child] in _GENERIC_LIMITS:
            ruled = verb is not None and verb < head and is_generic(parse, verb)
            if ruled and not is_time(parse, self.child):
                return True
        return is_closed(parse, head)

    def _first_after(self, head: int) -> bool:
        """Whether the phrase is the first complement of a copula."""
        parse = self.parse
        right = [at for at in parse.children[head] if at > head]
        if any(parse.relations[at] in COMPLEMENTS for at in right):
            return False
        return self.child == min(at for at in right if parse.relations[at] == "prep")


_RELATIVE_TAGS = ("WDT", "WP", "WP$", "WRB")
_ORDINALS = frozenset(
    "first second third fourth fifth last next following other own same latest new".split()
)


def reports(parse: Parse, verb: int) -> bool:
    """Whether a verb reports its clause as a fact, so that a plain clause may stand alone."""
    return parse.lemmas[verb] in word_class("report_verbs") | word_class("factive_verbs")


def binds(parse: Parse, verb: int, preposition: int, counts: Valency) -> bool:
    """Whether the verb requires the preposition: "charged him with", "emerged as"."""
    word = parse.lower[preposition]
    share = counts.verb_with_preposition(parse, verb, word)
    free = word in _ADJUNCT_PREPOSITIONS
    if share > (_PREPOSITIONAL_VERB_FREE if free else _PREPOSITIONAL_VERB):
        return True
    alone = not any(parse.relations[at] in COMPLEMENTS for at in parse.children[verb] if at > verb)
    active = not parse.is_passive(verb)
    return alone and active and not free and share > 0.06 and counts.verb_alone(parse, verb) < 0.3


def is_denied(parse: Parse, verb: int) -> bool:
    """Whether the verb is negated within its own clause."""
    return any(
        parse.lower[at] in word_class("negators")
        and parse.relations[at] in ("neg", "advmod", "det", "nsubj", "nsubjpass")
        for at in parse.children[verb]
    )


def _has_focus(parse: Parse, verb: int, child: int) -> bool:
    """Whether "only", "first" or "last" in the clause has its focus on ``child``."""
    for at in parse.subtree(verb):
        if at in parse.subtree(child):
            continue
        if parse.lower[at] in ("only", "first", "last") or parse.tags[at] == "JJS":
            noun = parse.heads[at]
            if any(i > noun and parse.relations[i] in _RESTRICTING for i in parse.children[noun]):
                continue  # "the first woman to command": the focus is on the noun's own modifier
            clause = next((a for a in parse.ancestors(at) if parse.is_verb(a)), at)
            if clause == verb:
                return True
    return False


def is_generic(parse: Parse, verb: int) -> bool:
    """Whether a clause states a general fact or rule, not a single past event."""
    if parse.lemmas[verb] == "be":
        return False
    if parse.tags[verb] in ("VBD", "VBN", "VBG"):
        return parse.has_modal(verb)
    return parse.lemmas[verb] not in word_class("report_verbs")


def is_closed(parse: Parse, noun: int) -> bool:
    """Whether deleting a modifier of the noun strengthens the claim: all, no, half of; generics."""
    for at in parse.children[noun]:
        if parse.relations[at] in ("det", "neg", "predet", "amod", "advmod", "quantmod"):
            if parse.lower[at] in word_class("universals") or parse.tags[at] == "JJS":
                return True
            if parse.lower[at] in ("first", "last", "only"):
                return True
    governor = parse.heads[noun]
    if parse.lower[governor] == "of" and parse.heads[governor] != governor:
        whole = parse.heads[governor]
        if parse.tags[whole] in ("CD", "DT") or parse.lemmas[whole] in (
            "percent", "half", "most", "majority", "all", "third", "quarter", "%", "none", "rest",
        ):  # fmt: skip
            return True
    verb = parse.governing_verb(noun)
    if verb is None:
        return False
    plain = not any(parse.relations[at] in ("det", "poss", "nummod") for at in parse.children[noun])
    if plain and parse.tags[noun] in COMMON_TAGS and is_generic(parse, verb):
        return True
    if parse.determiner(noun) in ("a", "an") and noun < verb and _is_supposed(parse, verb):
        return True  # "a *hard* exit would cost jobs"
    return noun > verb and is_denied(parse, verb)


def _is_supposed(parse: Parse, verb: int) -> bool:
    """Whether a clause says what would happen."""
    return any(parse.lower[at] in ("would", "could", "might") for at in parse.children[verb])


def is_time_word(parse: Parse, at: int) -> bool:
    """Whether a token is a unit or name of time."""
    return parse.lower[at] in word_class("times") or parse.lemmas[at] in word_class("times")


def is_day(parse: Parse, at: int) -> bool:
    """Whether a phrase names a day of the week."""
    inner = parse.child(at, "pobj") if parse.relations[at] == "prep" else at
    return inner is not None and parse.lower[inner].endswith("day") and parse.tags[inner] == "NNP"


def is_time(parse: Parse, preposition: int) -> bool:
    """Whether the phrase names a time: "in March", "on Monday", "in 1998"."""
    inner = parse.child(preposition, "pobj", "pcomp")
    if inner is None:
        return False
    year = parse.tags[inner] == "CD" and len(parse.words[inner]) == 4
    return year or is_time_word(parse, inner)


def is_recent(parse: Parse, phrase: int) -> bool:
    """Whether a time is only the day of the news: "on Tuesday", "today"."""
    inner = parse.subtree(phrase)
    if any(parse.tags[at] == "CD" for at in inner):
        return False
    words = (parse.lower[at] for at in inner)
    return any(w.endswith("day") or w in ("tonight", "morning", "evening") for w in words)
