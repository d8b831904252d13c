"""Dependency parse of a sentence, and the surface text of some of its tokens.

Relations are those of the CLEAR style (Choi and Palmer 2012, "Guidelines for the CLEAR style
constituent to dependency conversion") with Penn Treebank tags, as in spaCy's English models. Trees
are projective: a subtree is a span of tokens.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "csubjpass", "expl"})
AUXILIARIES = frozenset({"aux", "auxpass"})
COMPLEMENTS = frozenset({"dobj", "ccomp", "xcomp", "acomp", "attr", "oprd", "dative", "prt"})
"""Relations of a verb's complements, on its right."""
FINITE_TAGS = frozenset({"VBD", "VBZ", "VBP", "MD"})
PROPER_TAGS = frozenset({"NNP", "NNPS"})
COMMON_TAGS = frozenset({"NN", "NNS"})
NOUN_TAGS = PROPER_TAGS | COMMON_TAGS
DOUBLE_QUOTES = frozenset({'"', "“", "”", "``", "''", "„"})


@dataclass(frozen=True)
class Parse:
    """One sentence as parallel tuples, one element per token.

    ``starts`` and ``ends`` are offsets into ``text``; ``lower`` has the words in lower case with
    plain apostrophes; ``heads`` is the index of each token's head (a root's own index for a root).
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
        children: list[list[int]] = [[] for _ in self.words]
        for index, head in enumerate(self.heads):
            if head != index:
                children[head].append(index)
        return tuple(map(tuple, children))

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """The first and last token of each token's subtree."""
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
        """Return the tokens of the subtree of ``index``."""
        first, last = self.edges[index]
        return range(first, last + 1)

    def ancestors(self, index: int) -> Iterator[int]:
        """Yield the heads above a token, nearest first."""
        while self.heads[index] != index:
            index = self.heads[index]
            yield index

    def child(self, index: int, *relations: str) -> int | None:
        """Return the first dependent with one of these relations."""
        return next((at for at in self.children[index] if self.relations[at] in relations), None)

    def coordinators(self, index: int, before: int) -> list[str]:
        """Return the coordinating conjunctions that hang on a token and stand before another."""
        return [
            self.lower[at]
            for at in self.children[index]
            if self.relations[at] == "cc" and at < before
        ]

    def subject(self, index: int) -> int | None:
        """Return the subject of a verb in its own clause."""
        return self.child(index, *SUBJECTS)

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
        """Whether the verb is passive, or a past participle after its noun."""
        if self.tags[index] == "VBN" and self.relations[index] == "acl":
            return True
        return any(self.relations[at] in ("auxpass", "nsubjpass") for at in self.children[index])

    def has_modal(self, index: int) -> bool:
        """Whether the verb has a modal auxiliary."""
        return any(self.tags[at] == "MD" for at in self.children[index])

    def governing_verb(self, index: int) -> int | None:
        """Return the nearest verb above a token."""
        return next((at for at in self.ancestors(index) if self.is_verb(at)), None)

    def first_conjunct(self, index: int) -> int:
        """Return the first member of the coordination that the token belongs to."""
        while self.relations[index] == "conj" and self.heads[index] != index:
            index = self.heads[index]
        return index

    def conjuncts(self, index: int) -> tuple[int, ...]:
        """Return all members of the coordination that begins with ``index``, in order."""
        members, stack = [index], [index]
        while stack:
            for at in self.children[stack.pop()]:
                if self.relations[at] == "conj":
                    members.append(at)
                    stack.append(at)
        return tuple(sorted(members))

    def markers(self, index: int) -> frozenset[str]:
        """Return the words that open a clause: "if", "when", "that"."""
        return frozenset(
            self.lower[at]
            for at in self.children[index]
            if at < index
            and (
                self.relations[at] == "mark"
                or (self.relations[at] == "advmod" and self.tags[at] == "WRB")
            )
        )

    def after_comma(self, index: int) -> bool:
        """Whether the token's subtree follows a comma, dash, colon or opening bracket."""
        first = self.edges[index][0]
        return first > 0 and self.words[first - 1] in (",", "--", "—", "–", "(", "-", ":", ";")

    def determiner(self, index: int) -> str:
        """Return a noun's determiner: ``the``, ``a``, ``poss`` (any other) or empty."""
        words = [
            self.lower[at]
            for at in self.children[index]
            if self.relations[at] in ("det", "poss") and at < index
        ]
        if "the" in words:
            return "the"
        return "a" if "a" in words or "an" in words else "poss" if words else ""

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """Pairs of opening and closing quotation marks."""
        marks = [at for at, word in enumerate(self.words) if word in DOUBLE_QUOTES]
        return tuple(zip(marks[::2], marks[1::2], strict=False))

    @cached_property
    def unclosed(self) -> int | None:
        """The opening mark of a quotation that goes on in the next sentence."""
        marks = [at for at, word in enumerate(self.words) if word in DOUBLE_QUOTES]
        if len(marks) % 2 == 0 or self.words[marks[-1]] not in _CLOSING_MARKS:
            return None
        at = marks[-1]
        before, after = self.ends[at - 1 : at] or (-1,), self.starts[at + 1 : at + 2] or (-1,)
        return at if before[0] < self.starts[at] and after[0] == self.ends[at] else None

    @cached_property
    def quoted(self) -> frozenset[int]:
        """The tokens inside quotation marks; a quotation that is not closed runs to the end."""
        inside, quoted = False, set()
        for at, word in enumerate(self.words):
            if word in DOUBLE_QUOTES:
                inside = not inside if word == '"' else word in ("“", "``", "„")
            elif inside:
                quoted.add(at)
        return frozenset(quoted)

    @cached_property
    def brackets(self) -> tuple[tuple[int, int], ...]:
        """Pairs of opening and closing brackets; the innermost if they are nested."""
        pairs, opened = [], None
        for at, word in enumerate(self.words):
            if word in ("(", "["):
                opened = at
            elif word in (")", "]") and opened is not None:
                pairs.append((opened, at))
                opened = None
        return tuple(pairs)

    def keep(self, kept: Collection[int], text: str) -> "Parse":
        """Return the parse of the line ``text`` that keeps the tokens ``kept``.

        A token whose head is deleted is attached to its nearest kept ancestor, or becomes a root.
        Offsets are those of the words in ``text``, as far as they are found there.
        """
        order = sorted(kept)
        place = {index: at for at, index in enumerate(order)}
        heads, starts, at = [], [], 0
        for index in order:
            above = next((a for a in self.ancestors(index) if a in place), index)
            heads.append(place[above])
            start = text.casefold().find(self.words[index].casefold(), at)
            starts.append(start if start >= 0 else at)
            at = starts[-1] + (len(self.words[index]) if start >= 0 else 0)
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
        """Return the text of the tokens ``first`` to ``last``, as written."""
        return self.text[self.starts[first] : self.ends[last]]


_SYMBOLS = frozenset({"%", "$", "£", "€", "#", "&"})
_ASIDES = frozenset({"appos", "relcl", "acl", "advcl"})
_AFTER_COMMA = _ASIDES | frozenset({"npadvmod", "conj", "dobj", "attr", "oprd"})
"""Relations whose dependents keep the comma before them."""
_FRONTED = frozenset({"advcl", "prep", "npadvmod", "advmod", "ccomp", "pcomp"})
_NO_SPACE_BEFORE = re.compile(r"\s+(['’]s\b|n['’]t\b|[,.;:?!%)\]])")
_ARTICLE = re.compile(r"\b([Aa]n?)( )(?=([a-z]))")
_CLOSING_MARKS = {"“": "”", '"': '"', "``": "''", "„": "“"}
"""The mark that closes a quotation, by the one that opens it."""
_PAIRED = DOUBLE_QUOTES | frozenset("()[]")
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]|,(?=\s*[,.;:])")


def surface(parse: Parse, kept: Collection[int]) -> str:
    """Return the kept tokens as a line, with the punctuation that still fits; no stop is added."""
    chosen = with_punctuation(parse, kept)
    text = _join(parse, sorted(chosen))
    text = _EMPTY.sub("", _NO_SPACE_BEFORE.sub(r"\1", text))
    text = re.sub(r"\s+", " ", text).strip(" ,;:-–—")
    if parse.unclosed is not None and parse.unclosed in chosen:
        text += _CLOSING_MARKS[parse.words[parse.unclosed]]
    if sum(text.count(mark) for mark in '"“”') % 2:
        text = re.sub('["“”]', "", text)
    if sorted(chosen) != list(range(len(parse))):
        text = _ARTICLE.sub(_fix_article, text)
    small = text[:1].islower() and _may_capitalise(parse, chosen)
    return text[:1].upper() + text[1:] if small else text


def _fix_article(match: re.Match[str]) -> str:
    """Return "a" or "an" as the next word requires."""
    article, gap, letter = match.groups()
    vowel = letter.lower() in "aeio"
    if vowel and article.lower() == "a":
        article += "n"
    elif not vowel and letter.lower() not in "aeiouhfmnrsx8" and article.lower() == "an":
        article = article[0]
    return article + gap


def _may_capitalise(parse: Parse, chosen: Collection[int]) -> bool:
    """Whether the first word may be capitalised: not iPhone or eBay."""
    first = next((at for at in sorted(chosen) if parse.is_word[at]), 0)
    return parse.words[first].islower()


def _join(parse: Parse, tokens: list[int]) -> str:
    pieces: list[str] = []
    opening = {left for left, _ in parse.quotations}
    closing = {right for _, right in parse.quotations}
    for at, after in zip(tokens, [*tokens[1:], None], strict=True):
        pieces.append(parse.words[at])
        if after is None:
            break
        if after == at + 1:
            pieces.append(parse.text[parse.ends[at] : parse.starts[after]])
        elif at in opening or after in closing:
            continue
        elif not (parse.words[at][-1] in "$£€([“" or parse.words[after] in ("'s", "’s", "n't")):
            pieces.append(" ")
    return "".join(pieces)


def with_punctuation(parse: Parse, kept: Collection[int]) -> set[int]:
    """Return the kept tokens and the punctuation that still fits between them."""
    words = {at for at in kept if parse.is_word[at] or parse.words[at] in _SYMBOLS}
    words |= {at for at in kept if parse.relations[at] == "case"}
    chosen = set(words)
    visible = [at for at in range(len(parse)) if parse.is_word[at] or at in words]
    chosen |= _symbols(parse, words)
    spans = [*parse.quotations, *parse.brackets]
    if parse.unclosed is not None:
        spans.append((parse.unclosed, len(parse)))
    for first, last in spans:
        inner = [at for at in range(first + 1, last) if parse.is_word[at]]
        if inner and words.issuperset(inner):
            chosen |= {first, last} - {len(parse)}
    for at in range(len(parse)):
        if at in chosen or parse.is_word[at] or parse.words[at] in _PAIRED:
            continue
        left = max((w for w in visible if w < at), default=None)
        right = min((w for w in visible if w > at), default=None)
        if left in words and right in words and parse.words[at] not in (".", "!", "?"):
            if not (parse.words[at] == "," and _ends_orphan(parse, left, words)):
                chosen.add(at)
    chosen |= set(_commas(parse, words, chosen))
    return chosen


def _ends_orphan(parse: Parse, left: int, words: Collection[int]) -> bool:
    """Whether an apposition ends here whose noun is deleted: "[a cousin,] Ada Holt[,] said"."""
    return any(
        parse.relations[at] == "appos"
        and parse.heads[at] not in words
        and parse.edges[at][1] == left
        for at in (left, *parse.ancestors(left))
        if at in words
    )


def _symbols(parse: Parse, words: Collection[int]) -> set[int]:
    """Return the currency and per cent signs of kept numbers."""
    return {
        at
        for at, word in enumerate(parse.words)
        if word in _SYMBOLS
        and not parse.is_word[at]
        and (at + 1 if word in "$£€#" else at - 1) in words
    }


def _commas(parse: Parse, words: Collection[int], chosen: Collection[int]) -> Iterable[int]:
    """Yield commas that are needed where words between two kept words are deleted."""
    order = sorted(words)
    for at in order:
        if parse.relations[at] in _AFTER_COMMA and parse.after_comma(at) and parse.heads[at] < at:
            first = parse.edges[at][0]
            if any(w < first for w in words) and parse.words[first - 1] == ",":
                yield first - 1
    for left, right in pairwise(order):
        gap = [at for at in range(left + 1, right) if parse.words[at] == ","]
        if right == left + 1 or not gap or any(at in chosen for at in gap):
            continue
        if (
            _closes_aside(parse, left, right, words)
            or _ends_fronted(parse, left, right, words)
            or _opens_part(parse, left, right)
        ):
            yield gap[-1]


def _closes_aside(parse: Parse, left: int, right: int, words: Collection[int]) -> bool:
    """Whether an apposition or a clause behind a comma ends at ``left``."""
    return any(
        at in words
        and parse.relations[at] in _ASIDES
        and parse.edges[at][1] < right
        and parse.words[parse.edges[at][0] - 1] in (",", "-", "–", "—", "--", ":")
        and any(w < parse.edges[at][0] for w in words)
        for at in (left, *parse.ancestors(left))
    )


def _ends_fronted(parse: Parse, left: int, right: int, words: Collection[int]) -> bool:
    """Whether a fronted phrase ends at ``left``: "In March, the court ..."."""
    at = left
    while parse.heads[at] != at and parse.heads[at] < right:
        at = parse.heads[at]
    head = parse.heads[at]
    return (
        head >= right and head in words and parse.is_verb(head) and parse.relations[at] in _FRONTED
    )


def _opens_part(parse: Parse, left: int, right: int) -> bool:
    """Whether a participle or a clause with its own subject begins at ``right``."""
    for at in (right, *parse.ancestors(right)):
        if at <= left or parse.edges[at][0] > right:
            continue
        if parse.relations[at] in ("advcl", "acl") and parse.tags[at] == "VBG":
            return True
        if parse.relations[at] == "conj" and parse.is_verb(at):
            return parse.subject(at) is not None
    return False
