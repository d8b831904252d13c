"""Resolve definite descriptions ("the ferry") to the fuller phrase that introduced them.

"The ferry" after "Residents voted to keep the ferry to Grey Island" is "the ferry to Grey Island",
"the chain" after "the bakery chain Oven & Sons" is Oven & Sons, "the 26-year-old" after "Ada Lorn,
26," is Ada Lorn. Only identical nouns are matched (Vieira and Poesio 2000, "An empirically based
system for processing definite descriptions", who found that most descriptions are of that kind); if
an article mentions two things of a kind, nothing is resolved. The resolved sentence stands alone
(Choi et al. 2021, "Decontextualization").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language.parse import COMMON_TAGS, NOUN_TAGS, PROPER_TAGS, Parse
from briefing.language.tokens import ordinary
from briefing.language.word_lists import groups, word_class

PLACES = frozenset(form for group in groups("nationalities") for form in group)
"""Names of countries and their people."""
_LONGEST = 6
"""Most words of an inserted phrase after a noun."""
_AGE = ("-", "year", "-", "old")


@dataclass(frozen=True, slots=True)
class Definite:
    """A bare definite in a sentence: its tokens, and the noun as (lemma, tag)."""

    first: int
    last: int
    noun: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention of a noun in an earlier sentence.

    ``text`` replaces "the N"; it is empty if the mention says nothing more. ``other`` marks one of
    several: "another ferry", "two ferries", "a second vote".
    """

    text: str
    other: bool = False


def bare_definites(parse: Parse) -> Iterator[Definite]:
    """Yield nouns with only "the" before and no modifier after them, outside quotations."""
    for at, tag in enumerate(parse.tags):
        if tag not in COMMON_TAGS or at in parse.quoted or at == 0 or parse.lower[at - 1] != "the":
            continue
        if parse.relations[at] == "compound" or parse.heads[at - 1] != at:
            continue
        if all(child == at - 1 or _closes(parse, child) for child in parse.children[at]):
            yield Definite(at - 1, at, (parse.lemmas[at], tag))


def _closes(parse: Parse, at: int) -> bool:
    """Whether a dependent of a noun is punctuation or a conjunct."""
    return parse.relations[at] in ("punct", "cc", "conj")


def mentions(parse: Parse, noun: tuple[str, str]) -> Iterator[Mention]:
    """Yield the mentions of a noun in a sentence."""
    lemma, tag = noun
    for at, word in enumerate(parse.lemmas):
        if parse.lower[at] == lemma and parse.tags[at] == "NNP":
            yield Mention("", other=True)  # "President Lorn", while another is president of a club
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
    """Return the name of a noun: "the chain Oven & Sons", "Oven & Sons, a bakery chain,"."""
    head, relation = parse.heads[at], parse.relations[at]
    if relation in ("appos", "compound") and parse.tags[head] in PROPER_TAGS:
        if relation == "compound" and not _all_proper(parse, at + 1, head):
            return ""
        # "town Council of Alder" does not name a town, nor does "Town Council" in a title.
        if relation == "compound" and (parse.child(head, "prep") or parse.words[at][0].isupper()):
            return ""
        return _full_name(parse, head, at)
    for child in parse.children[at]:
        if parse.relations[child] == "appos" and parse.tags[child] in PROPER_TAGS:
            return _full_name(parse, child, at)
    return ""


def _full_name(parse: Parse, head: int, without: int) -> str:
    """Return the run of proper nouns that ends in ``head``."""
    first = head
    while first > 0 and first - 1 != without and parse.tags[first - 1] in (*PROPER_TAGS, "CC"):
        if parse.relations[first - 1] not in ("compound", "cc") or parse.heads[first - 1] < head:
            break
        first -= 1
    follows = parse.words[head + 1] if head + 1 < len(parse) else ""
    # "union Rails United" whose second word the parser took for a verb.
    unfinished = follows[:1].isupper() or follows in ("'s", "’s", "and")
    # "the Action for Island Homes (AIH) plan" is not named "Island Homes".
    linked = first > 1 and parse.tags[first - 2] in PROPER_TAGS and parse.tags[first - 1] == "IN"
    article = "the " if first > 0 and parse.lower[first - 1] == "the" else ""
    return "" if unfinished or linked else article + parse.span_text(first, head)


def _all_proper(parse: Parse, first: int, last: int) -> bool:
    return all(parse.tags[at] in PROPER_TAGS for at in range(first, last + 1))


def _described(parse: Parse, at: int) -> str:
    """Return the noun with the names that describe it; empty if there are none."""
    owner = next((c for c in parse.children[at] if parse.relations[c] == "poss" and c < at), None)
    marks = [c for c in parse.children[at] if parse.relations[c] in ("det", "poss") and c < at]
    first = parse.edges[max(marks)][1] + 1 if marks else parse.edges[at][0]
    named = any(_is_name(parse, word) for word in range(first, at))
    if at - first >= _LONGEST or not _plain(parse, first, at):
        return ""
    if not marks and first == 0 and parse.tags[first] not in PROPER_TAGS:
        return ""  # a title leaves articles out: "Fire at furniture factory in Leitha"
    if any(parse.lower[word] in ("'s", "’s", "'", "’") for word in range(first, at)):
        return ""
    start = "the"
    if owner is not None:
        left, right = parse.edges[owner]
        if not _plain(parse, left, right) or parse.tags[owner] not in PROPER_TAGS:
            return ""
        if parse.lower[owner] in word_class("times"):
            return ""  # "Monday's ruling" may be another than "the ruling" that is awaited
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


def _is_name(parse: Parse, at: int) -> bool:
    """Whether a word names something; an ordinary word that begins a sentence does not."""
    if parse.lower[at] in PLACES:
        return True
    return parse.tags[at] in PROPER_TAGS and not (at == 0 and ordinary(parse.lower[at]))


def _names(parse: Parse, first: int, last: int) -> bool:
    """Whether a phrase has a name that is not a time: "on Monday" does not identify a noun."""
    times = word_class("times")
    proper = [at for at in range(first, last + 1) if parse.tags[at] in PROPER_TAGS]
    return bool(proper) and not any(parse.lower[at] in times for at in proper)


def _plain(parse: Parse, first: int, last: int) -> bool:
    """Whether a phrase has no pronoun, verb or mark, and so refers to nothing outside it."""
    return not any(
        parse.tags[at] in ("PRP", "PRP$", "WP", "WDT", "WP$", "MD", ",", ":", "CD")
        or parse.tags[at][0] == "V"
        for at in range(first, last + 1)
    )


def aged(parse: Parse) -> Iterator[tuple[int, int, str]]:
    """Yield persons named by age alone, "the 26-year-old": first and last token, and the age."""
    for at in range(len(parse) - 5):
        if parse.lower[at] != "the" or not parse.words[at + 1].isdigit():
            continue
        if parse.lower[at + 2 : at + 6] == _AGE and not _noun_next(parse, at + 6):
            yield at, at + 5, parse.words[at + 1]


def _noun_next(parse: Parse, at: int) -> bool:
    return at < len(parse) and parse.tags[at] in (*NOUN_TAGS, "JJ", "HYPH", "CC")


def of_age(parse: Parse, age: str) -> Iterator[str]:
    """Yield the names followed by this age: "Ada Lorn, 26,"."""
    for at in range(1, len(parse) - 1):
        if parse.words[at] == age and parse.words[at - 1] == "," and parse.tags[at] == "CD":
            head = at - 2
            if head >= 0 and parse.tags[head] in PROPER_TAGS:
                yield _full_name(parse, head, -1)


def replaced(
    text: str, changes: Sequence[tuple[int, int, str]]
) -> tuple[str, list[tuple[int, int]]]:
    """Return the text with spans replaced, and the spans of the new words in it."""
    result, places, at = "", [], 0
    for start, end, new in sorted(changes):
        result += text[at:start]
        if not result.strip(" \"“'"):
            new = new[:1].upper() + new[1:]
        places.append((len(result), len(result) + len(new)))
        result += new
        at = end
    return result + text[at:], places
