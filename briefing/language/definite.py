"""What "the ferry" stands for: the fuller words with which an article brought it up.

"The ferry" behind "Residents voted to keep the ferry to Grey Island" is "the ferry to Grey Island",
"the chain" behind "the bakery chain Oven & Sons" is Oven & Sons, "the 26-year-old" behind "Ada
Lorn, 26," is Ada Lorn. Only same nouns are matched (Vieira and Poesio 2000, "An empirically based
system for processing definite descriptions", who found most of them to be of that kind); where an
article speaks of two of a kind, nothing is said. To put the description in makes a sentence stand
alone (Choi et al. 2021, "Decontextualization").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language.lexicon import groups, word_class
from briefing.language.parse import COMMON_TAGS, PROPER_TAGS, Parse

_PLACES = frozenset(form for group in groups("nationalities") for form in group)
_LONGEST = 6
"""Most words of a phrase that is put in behind a noun."""
_AGE = ("-", "year", "-", "old")


@dataclass(frozen=True, slots=True)
class Definite:
    """A bare definite in a sentence: its tokens, and the noun by lemma and number."""

    first: int
    last: int
    noun: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mention:
    """How an earlier sentence speaks of a noun.

    ``text`` stands for "the N"; it is empty where the mention says nothing more than that.
    ``other`` marks one of several: "another ferry", "two ferries", "a second vote".
    """

    text: str
    other: bool = False


def bare_definites(parse: Parse) -> Iterator[Definite]:
    """The nouns with nothing but "the", which no words behind them explain; none in quotations."""
    for at, tag in enumerate(parse.tags):
        if any(left < at < right for left, right in parse.quotations):
            continue
        if tag not in COMMON_TAGS or at == 0 or parse.lower[at - 1] != "the":
            continue
        if parse.relations[at] == "compound" or parse.heads[at - 1] != at:
            continue
        if all(child == at - 1 or _closes(parse, child) for child in parse.children[at]):
            yield Definite(at - 1, at, (parse.lemmas[at], tag))


def _closes(parse: Parse, at: int) -> bool:
    """Whether a dependent of a noun is punctuation, or what is joined to it."""
    return parse.relations[at] in ("punct", "cc", "conj")


def mentions(parse: Parse, noun: tuple[str, str]) -> Iterator[Mention]:
    """How a sentence speaks of a noun, once for each time it does."""
    lemma, tag = noun
    for at, word in enumerate(parse.lemmas):
        if word != lemma or parse.tags[at] not in COMMON_TAGS:
            continue
        if parse.tags[at] != tag:
            yield Mention("", other=True)
        elif name := _named(parse, at):
            yield Mention(name)
        elif parse.relations[at] != "compound":
            text, other = _described(parse, at), _one_of_several(parse, at)
            if text or other or parse.determiner(at) == "the":
                yield Mention(text, other)


def _one_of_several(parse: Parse, at: int) -> bool:
    """Whether a noun is marked as one among others."""
    comparing = word_class("comparing")
    return any(
        parse.tags[child] in ("CD", "JJS", "JJR")
        or parse.lower[child] in comparing
        or (parse.relations[child] == "det" and parse.lower[child] not in ("a", "an", "the"))
        for child in parse.children[at]
        if child < at
    )


def _named(parse: Parse, at: int) -> str:
    """The name of a noun: "the chain Oven & Sons", "Oven & Sons, a bakery chain,"."""
    head, relation = parse.heads[at], parse.relations[at]
    if relation in ("appos", "compound") and parse.tags[head] in PROPER_TAGS:
        if relation == "compound" and not _all_proper(parse, at + 1, head):
            return ""
        # "town Council of Alder" is no name of a town, "Town Council" in a title none of anything.
        if relation == "compound" and (parse.child(head, "prep") or parse.words[at][0].isupper()):
            return ""
        return _full_name(parse, head, at)
    for child in parse.children[at]:
        if parse.relations[child] == "appos" and parse.tags[child] in PROPER_TAGS:
            return _full_name(parse, child, at)
    return ""


def _full_name(parse: Parse, head: int, without: int) -> str:
    """The run of proper nouns that ends in ``head``."""
    first = head
    while first > 0 and first - 1 != without and parse.tags[first - 1] in (*PROPER_TAGS, "CC"):
        if parse.relations[first - 1] not in ("compound", "cc") or parse.heads[first - 1] < head:
            break
        first -= 1
    follows = parse.lower[head + 1] if head + 1 < len(parse) else ""
    return "" if follows in ("'s", "’s", "and") else parse.span_text(first, head)


def _all_proper(parse: Parse, first: int, last: int) -> bool:
    return all(parse.tags[at] in PROPER_TAGS for at in range(first, last + 1))


def _described(parse: Parse, at: int) -> str:
    """The noun with the names that were said of it; empty where none was."""
    owner = next((c for c in parse.children[at] if parse.relations[c] == "poss" and c < at), None)
    marks = [c for c in parse.children[at] if parse.relations[c] in ("det", "poss") and c < at]
    first = parse.edges[max(marks)][1] + 1 if marks else parse.edges[at][0]
    named = any(
        parse.tags[word] in PROPER_TAGS or parse.lower[word] in _PLACES for word in range(first, at)
    )
    if at - first >= _LONGEST or not _plain(parse, first, at):
        return ""
    if any(parse.lower[word] in ("'s", "’s", "'", "’") for word in range(first, at)):
        return ""
    start = "the"
    if owner is not None:
        left, right = parse.edges[owner]
        if not _plain(parse, left, right) or parse.tags[owner] not in PROPER_TAGS:
            return ""
        start, named = parse.span_text(left, right), True
    behind = ""
    after = next((child for child in parse.children[at] if child > at), None)
    if after is not None and after == at + 1 and parse.relations[after] == "prep":
        left, right = parse.edges[after]
        if right - left < _LONGEST and _plain(parse, left, right) and _names(parse, left, right):
            behind, named = parse.span_text(left, right), True
    if not named:
        return ""
    return " ".join(part for part in (start, parse.span_text(first, at), behind) if part)


def _names(parse: Parse, first: int, last: int) -> bool:
    """Whether a phrase holds a name, and no time: "on Monday" says when, not which."""
    times = word_class("times")
    found = [at for at in range(first, last + 1) if parse.tags[at] in PROPER_TAGS]
    return bool(found) and not any(parse.lower[at] in times for at in found)


def _plain(parse: Parse, first: int, last: int) -> bool:
    """Whether a phrase refers to nothing outside it: no pronoun, verb or mark."""
    return not any(
        parse.tags[at] in ("PRP", "PRP$", "WP", "WDT", "WP$", "MD", ",", ":", "CD")
        or parse.tags[at][0] == "V"
        for at in range(first, last + 1)
    )


def aged(parse: Parse) -> Iterator[tuple[int, int, str]]:
    """A person named by age alone, "the 26-year-old": first and last token, and the age."""
    for at in range(len(parse) - 5):
        if parse.lower[at] != "the" or not parse.words[at + 1].isdigit():
            continue
        if parse.lower[at + 2 : at + 6] == _AGE and not _noun_next(parse, at + 6):
            yield at, at + 5, parse.words[at + 1]


def _noun_next(parse: Parse, at: int) -> bool:
    return at < len(parse) and parse.tags[at] in (*COMMON_TAGS, *PROPER_TAGS, "JJ", "HYPH", "CC")


def of_age(parse: Parse, age: str) -> Iterator[str]:
    """The names with this age behind them: "Ada Lorn, 26,"."""
    for at in range(1, len(parse) - 1):
        if parse.words[at] == age and parse.words[at - 1] == "," and parse.tags[at] == "CD":
            head = at - 2
            if head >= 0 and parse.tags[head] in PROPER_TAGS:
                yield _full_name(parse, head, -1)


def replaced(
    text: str, changes: Sequence[tuple[int, int, str]]
) -> tuple[str, list[tuple[int, int]]]:
    """The text with spans replaced, and where the new words stand in it."""
    made, places, at = "", [], 0
    for start, end, new in sorted(changes):
        made += text[at:start]
        if not made.strip(" \"“'"):
            new = new[:1].upper() + new[1:]
        places.append((len(made), len(made) + len(new)))
        made += new
        at = end
    return made + text[at:], places
