"""A parsed sentence: tokens with their offsets, and the dependency tree over them.

Relations are those of the CLEAR style (Choi and Palmer 2012, "Guidelines for the CLEAR style
constituent to dependency conversion") with Penn Treebank tags, as spaCy's English models give
them. Trees are projective: a subtree is a span of tokens.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "csubjpass", "expl"})
AUXILIARIES = frozenset({"aux", "auxpass"})
COMPLEMENTS = frozenset({"dobj", "ccomp", "xcomp", "acomp", "attr", "oprd", "dative", "prt"})
"""Relations of what completes a verb, on its right."""
CLAUSES = frozenset({"ccomp", "xcomp", "advcl", "acl", "relcl", "pcomp", "csubj", "parataxis"})
FINITE_TAGS = frozenset({"VBD", "VBZ", "VBP", "MD"})
PROPER_TAGS = frozenset({"NNP", "NNPS"})
COMMON_TAGS = frozenset({"NN", "NNS"})
NOUN_TAGS = PROPER_TAGS | COMMON_TAGS
DOUBLE_QUOTES = frozenset({'"', "“", "”", "``", "''", "„"})
SUBORDINATORS = frozenset({"mark", "advmod"})


@dataclass(frozen=True)
class Parse:
    """One sentence as parallel tuples, an element a token.

    ``starts`` and ``ends`` are offsets into ``text``; ``lower`` holds the words in lower case with
    plain apostrophes; ``heads`` the index of each token's head (a root's is its own).
    """

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    lower: tuple[str, ...]
    lemmas: tuple[str, ...]
    tags: tuple[str, ...]
    relations: tuple[str, ...]
    heads: tuple[int, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.text))

    def __hash__(self) -> int:
        return self._hash

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The dependents of each token, in order."""
        found: list[list[int]] = [[] for _ in self.words]
        for index, head in enumerate(self.heads):
            if head != index:
                found[head].append(index)
        return tuple(map(tuple, found))

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """First and last token of each token's subtree."""
        left, right = list(range(len(self))), list(range(len(self)))
        for index in self._bottom_up:
            head = self.heads[index]
            if head != index:
                left[head] = min(left[head], left[index])
                right[head] = max(right[head], right[index])
        return tuple(zip(left, right, strict=True))

    @cached_property
    def _bottom_up(self) -> tuple[int, ...]:
        order, stack = [], list(self.roots)
        while stack:
            index = stack.pop()
            order.append(index)
            stack += self.children[index]
        return tuple(reversed(order))

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The tokens without a head; a run-on has several."""
        return tuple(index for index, head in enumerate(self.heads) if head == index)

    @cached_property
    def is_word(self) -> tuple[bool, ...]:
        """Whether each token is more than punctuation."""
        return tuple(any(c.isalnum() for c in word) for word in self.words)

    def subtree(self, index: int) -> range:
        """The tokens of ``index`` and all below it."""
        first, last = self.edges[index]
        return range(first, last + 1)

    def ancestors(self, index: int) -> Iterator[int]:
        """The heads above a token, nearest first."""
        while self.heads[index] != index:
            index = self.heads[index]
            yield index

    def child(self, index: int, *relations: str) -> int | None:
        """The first dependent with one of these relations."""
        for at in self.children[index]:
            if self.relations[at] in relations:
                return at
        return None

    def subject(self, index: int) -> int | None:
        """The subject of a verb, in its own clause."""
        for at in self.children[index]:
            if self.relations[at] in SUBJECTS:
                return at
        return None

    def is_verb(self, index: int) -> bool:
        """Whether the token is a verb or modal."""
        return self.tags[index][0] == "V" or self.tags[index] == "MD"

    def is_finite(self, index: int) -> bool:
        """Whether the verb, with its auxiliaries, is finite."""
        return self.tags[index] in FINITE_TAGS or any(
            self.relations[at] in AUXILIARIES and self.tags[at] in FINITE_TAGS
            for at in self.children[index]
        )

    def is_passive(self, index: int) -> bool:
        """Whether the verb is passive, or a past participle behind its noun."""
        if self.tags[index] == "VBN" and self.relations[index] == "acl":
            return True
        return any(self.relations[at] in ("auxpass", "nsubjpass") for at in self.children[index])

    def first_conjunct(self, index: int) -> int:
        """The first member of the coordination that the token belongs to."""
        while self.relations[index] == "conj" and self.heads[index] != index:
            index = self.heads[index]
        return index

    def conjuncts(self, index: int) -> tuple[int, ...]:
        """All members of the coordination that begins with ``index``, in order."""
        members, stack = [index], [index]
        while stack:
            for at in self.children[stack.pop()]:
                if self.relations[at] == "conj":
                    members.append(at)
                    stack.append(at)
        return tuple(sorted(members))

    def markers(self, index: int) -> frozenset[str]:
        """The words that open a clause: "if", "when", "that"."""
        return frozenset(
            self.lower[at]
            for at in self.children[index]
            if at < index and self.relations[at] in SUBORDINATORS
        )

    def after_comma(self, index: int) -> bool:
        """Whether the token's subtree follows a comma, a dash or an opening bracket."""
        first = self.edges[index][0]
        return first > 0 and self.words[first - 1] in (",", "--", "—", "–", "(", "-", ":", ";")

    def determiner(self, index: int) -> str:
        """``the``, ``a``, ``poss`` (also for other determiners) or empty: how a noun is marked."""
        found = [
            self.lower[at]
            for at in self.children[index]
            if self.relations[at] in ("det", "poss") and at < index
        ]
        if "the" in found:
            return "the"
        return "a" if "a" in found or "an" in found else "poss" if found else ""

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """The quotation marks, opening and closing."""
        marks = [at for at, word in enumerate(self.words) if word in DOUBLE_QUOTES]
        return tuple(zip(marks[::2], marks[1::2], strict=False))

    @cached_property
    def brackets(self) -> tuple[tuple[int, int], ...]:
        """The brackets, opening and closing; the innermost where they are nested."""
        found, opened = [], None
        for at, word in enumerate(self.words):
            if word in ("(", "["):
                opened = at
            elif word in (")", "]") and opened is not None:
                found.append((opened, at))
                opened = None
        return tuple(found)

    def keep(self, kept: Collection[int], text: str) -> "Parse":
        """The tree of a line, ``text``, that keeps these tokens: it inherits the source's.

        A token whose head is gone hangs on the nearest kept one above it, or is a root. Offsets are
        those of the words in ``text``, as far as they are found there.
        """
        order = sorted(kept)
        place = {index: at for at, index in enumerate(order)}
        heads, starts, at = [], [], 0
        for index in order:
            above = next((a for a in self.ancestors(index) if a in place), index)
            heads.append(place[above])
            found = text.casefold().find(self.words[index].casefold(), at)
            starts.append(found if found >= 0 else at)
            at = starts[-1] + (len(self.words[index]) if found >= 0 else 0)
        words = tuple(self.words[index] for index in order)
        return Parse(
            text=text,
            words=words,
            starts=tuple(starts),
            ends=tuple(start + len(word) for start, word in zip(starts, words, strict=True)),
            lower=tuple(self.lower[index] for index in order),
            lemmas=tuple(self.lemmas[index] for index in order),
            tags=tuple(self.tags[index] for index in order),
            relations=tuple(
                "ROOT" if heads[i] == i else self.relations[index] for i, index in enumerate(order)
            ),
            heads=tuple(heads),
        )

    def span_text(self, first: int, last: int) -> str:
        """The text of the tokens ``first`` to ``last``, as written."""
        return self.text[self.starts[first] : self.ends[last]]
