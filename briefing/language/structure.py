"""Predicate-argument structure of parsed sentences, with negation, modality and attribution.

Arcs are normalised over prepositions, passives and coordination, so that "sold by the council" and
"the council sold" have the same arc.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from briefing.language.parse import AUXILIARIES, Parse
from briefing.language.tokens import stem, vectors
from briefing.language.word_lists import word_class

NEGATORS, CONDITIONS = word_class("negators"), word_class("conditions")
DENYING = word_class("denying_verbs")
SAYING = word_class("report_verbs") | word_class("factive_verbs") | word_class("nonfactive_verbs")
MEANT = word_class("nonfactive_verbs") | word_class("prospects")
MODALS = {
    **dict.fromkeys(("may", "might", "could"), "perhaps"), "can": "can", "would": "would",
    **dict.fromkeys(("should", "ought"), "should"), "must": "must",
    **dict.fromkeys(("will", "shall", "'ll", "wo"), "will"),
}  # fmt: skip
"""Modal verbs by their kind."""
FAR = 9
"""Distance of unconnected words, and the largest distance."""
_UP = 6
"""Most heads above a predicate that are examined."""
_LIGHT_TAGS = frozenset("DT IN TO CC MD PRP PRP$ WDT WP WP$ WRB EX POS RP PDT".split())
_NO_ARCS = AUXILIARIES | frozenset("det punct case mark cc prep neg agent intj expl".split())
_RELATIVE = frozenset({"who", "which", "that", "whom"})
_SUBJECT = ("nsubj", "nsubjpass")
_PARTICIPLES = {"VBN": "object", "VBG": "subject"}
_NAMED_TAGS = frozenset("NN NNS NNP NNPS CD JJ".split())
_NO_CONTEXT = frozenset("conj amod compound relcl acl appos ROOT dep advcl ccomp".split())


class Structure:
    """Parsed sentences as one sequence of tokens, with normalised arcs."""

    def __init__(self, parses: Sequence[Parse]) -> None:
        self.sentences = len(parses)
        self.lower: list[str] = []
        self.lemmas: list[str] = []
        self.tags: list[str] = []
        self.relations: list[str] = []
        self.heads: list[int] = []
        self.words: list[int] = []  # content words
        for parse in parses:
            first = len(self.heads)
            self.lower += parse.lower
            self.lemmas += (lemma.lower() for lemma in parse.lemmas)
            self.tags += parse.tags
            self.relations += parse.relations
            self.heads += (first + head for head in parse.heads)
            self.words += (
                first + at
                for at in range(len(parse))
                if parse.is_word[at]
                and parse.tags[at] not in _LIGHT_TAGS
                and parse.relations[at] not in AUXILIARIES
            )
        self.stems = [stem(word) for word in self.lower]
        self.children: list[list[int]] = [[] for _ in self.heads]
        for at, head in enumerate(self.heads):
            if head != at:
                self.children[head].append(at)

    @cached_property
    def arcs(self) -> dict[tuple[int, int], str]:
        """The relation of each (head, dependent), over prepositions, passives and coordination."""
        return {
            (head, at): relation
            for at in range(len(self.heads))
            for head, relation in self._arcs_of(at)
        }

    @cached_property
    def fillers(self) -> dict[tuple[int, str], list[int]]:
        """The dependents of each head by relation."""
        fillers: dict[tuple[int, str], list[int]] = defaultdict(list)
        for (head, at), relation in self.arcs.items():
            fillers[head, relation].append(at)
        return fillers

    @cached_property
    def contexts(self) -> dict[str, set[tuple[str, str]]]:
        """The (stem of the head, relation) of each name, noun and number, by its stem.

        A noun has those of the relative pronouns, participles and joined verbs that it is the
        argument of; "from" and "to" also count without their head.
        """
        contexts: dict[str, set[tuple[str, str]]] = defaultdict(set)
        stands_for: dict[int, int] = {}
        for at, head in enumerate(self.heads):
            if self.relations[at] == "relcl":
                pronouns = [c for c in self.children[at] if self.lower[c] in _RELATIVE]
                stands_for |= dict.fromkeys(pronouns, head)
            elif self.relations[at] == "acl" and self.tags[at] in _PARTICIPLES:
                contexts[self.stems[head]].add((self.stems[at], _PARTICIPLES[self.tags[at]]))
            elif self.relations[at] == "conj" and self.tags[at][0] == "V":
                own = any(self.relations[c] in _SUBJECT for c in self.children[at])
                shared = [c for c in self.children[head] if self.relations[c] == "nsubj"]
                for subject in () if own else shared:
                    noun = stands_for.get(subject, subject)
                    contexts[self.stems[noun]].add((self.stems[at], "subject"))
        for (head, at), relation in self.arcs.items():
            noun = stands_for.get(at, at)
            if self.tags[noun] in _NAMED_TAGS and relation not in _NO_CONTEXT:
                contexts[self.stems[noun]].add((self.stems[head], relation))
                if relation in ("prep from", "prep to"):
                    contexts[self.stems[noun]].add(("", relation))
        return contexts

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors of the content words, one row each."""
        return vectors().of([self.lower[at] for at in self.words])

    @cached_property
    def kinds(self) -> NDArray[np.bool_]:
        """For each content word, whether it is a verb, and whether it is a name or number."""
        tags = [self.tags[at] for at in self.words]
        rows = [(tag[0] == "V", tag in ("NNP", "NNPS", "CD")) for tag in tags]
        return np.array(rows, dtype=bool).reshape(-1, 2)

    def _arcs_of(self, at: int) -> Iterator[tuple[int, str]]:
        head, relation = self.heads[at], self.relations[at]
        if head == at or relation in _NO_ARCS:
            return
        if relation == "conj":  # a conjunct has the first conjunct's arcs
            yield head, "conj"
            for above, own in self._arcs_of(head):
                if own in ("subject", "object") or own.startswith("prep "):
                    yield above, own
        elif relation == "pobj":
            agent = self.relations[head] == "agent"
            yield self.heads[head], "subject" if agent else f"prep {self.lower[head]}"
        elif relation in ("nsubj", "csubj"):
            yield head, "subject"
        elif relation in ("dobj", "nsubjpass"):
            yield head, "object"
        else:
            yield head, relation

    def distance(self, one: int, other: int) -> int:
        """Return the arcs between two tokens in the tree; at most 9, also if unconnected."""
        above = {at: steps for steps, at in enumerate(self.path(one))}
        for steps, at in enumerate(self.path(other)):
            if at in above:
                return min(FAR, above[at] + steps)
        return FAR

    def path(self, at: int) -> Iterator[int]:
        """Yield a token and the heads above it, nearest first."""
        yield at
        for _ in range(2 * FAR):
            if self.heads[at] == at:
                return
            at = self.heads[at]
            yield at

    def denied(self, verb: int) -> bool:
        """Whether a predicate is negated, by its own words or by its governors."""
        own = any(
            self.lower[at] in NEGATORS
            or any(self.lower[under] in NEGATORS for under in self.children[at])
            for at in self.children[verb]
        )
        above = 0
        for at, head in self._governors(verb):
            relation = self.relations[at]
            if relation in ("xcomp", "ccomp", "pcomp", "acl", "dobj", "pobj"):
                above += self.lemmas[head] in DENYING
            if relation in ("xcomp", "ccomp", "pcomp", "acl"):
                above += any(self.relations[child] == "neg" for child in self.children[head])
        return (own + above) % 2 == 1

    def modal(self, verb: int) -> str:
        """Return the kind of modal over a predicate; empty if there is none."""
        for at in (verb, *(h for a, h in self._governors(verb) if self.relations[a] != "conj")):
            for child in self.children[at]:
                if self.tags[child] == "MD":
                    return MODALS.get(self.lower[child], "other")
        return ""

    def condition(self, verb: int) -> str:
        """Return the conjunction that makes a predicate conditional; empty if there is none."""
        for at in (verb, *(a for a, _ in self._governors(verb) if self.relations[a] == "advcl")):
            for child in self.children[at]:
                if self.relations[child] == "mark" and self.lower[child] in CONDITIONS:
                    return self.lower[child]
        return ""

    def said(self, verb: int) -> bool:
        """Whether a predicate is attributed to a speaker."""
        top = verb
        for at, head in self._governors(verb):
            if self.relations[at] in ("ccomp", "parataxis") and self.lemmas[head] in SAYING:
                return True
            top = head
        return any(self.lower[at] == "according" for at in self.children[top])

    def meant(self, verb: int) -> bool:
        """Whether a predicate is planned, wanted, expected or the like."""
        return any(
            self.relations[at] in ("xcomp", "acl", "ccomp", "pcomp") and self.lemmas[head] in MEANT
            for at, head in self._governors(verb)
        )

    def _governors(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield pairs of a token and its head, going up from ``at``."""
        for _ in range(_UP):
            head = self.heads[at]
            if head == at:
                return
            yield at, head
            at = head
