"""Tell persons from things, and find the description of a person that binds a pronoun.

"The 61-year-old said she was tired" has one person: a name for "she" would make it two. (As in
Lappin and Leass 1994, the nearest subject above a pronoun comes first.)
"""

from collections.abc import Iterator

from briefing.language.parse import COMMON_TAGS, PROPER_TAGS, SUBJECTS, Parse
from briefing.language.word_lists import word_class

MASCULINE = frozenset({"he", "him", "his", "himself"})
FEMININE = frozenset({"she", "her", "hers", "herself"})
SINGULAR = MASCULINE | FEMININE
_RELATIVE = ("who", "that", "which")
_OBJECTS = ("dobj", "dative")
_ENDINGS = ("man", "woman", "mother", "father", "ist")
_NO_PERSON = ("list", "mist", "wist", "wrist")
_OFFICES = (
    word_class("person_nouns")
    | {word.casefold() for word in word_class("title_abbreviations") - {"St", "ST", "Ste"}}
) - word_class("trade_names")


def gender(pronoun: str) -> str:
    """Return "he" or "she" for a pronoun of one person; empty for others."""
    return "he" if pronoun in MASCULINE else "she" if pronoun in FEMININE else ""


def is_office(word: str) -> bool:
    """Whether a word before a name shows that it is a person's."""
    return word.rstrip(".") in _OFFICES


def is_age(parse: Parse, at: int) -> bool:
    """Whether a token ends an age: "61-year-*old*"."""
    return at > 3 and parse.lower[at] == "old" and parse.lower[at - 2] == "year"


def is_person_noun(parse: Parse, at: int) -> bool:
    """Whether a common noun, or an age used as one, is a person."""
    if is_age(parse, at):
        return parse.relations[at] not in ("amod", "acomp")
    lemma = parse.lemmas[at].lower()
    ends = lemma.endswith(_ENDINGS) and not lemma.endswith(_NO_PERSON)
    known = ends or lemma in word_class("person_nouns") or lemma == "people"
    return known and parse.tags[at] in COMMON_TAGS


def is_person_name(parse: Parse, last: int) -> bool:
    """Whether a name has an office ("curator Ada Holt"), a person beside it, or "who"."""
    before = [c for c in parse.children[last] if c < last and parse.relations[c] == "compound"]
    if parse.lower[last] in word_class("organisations"):
        return len(before) > 1 and is_office(parse.lower[before[0]])  # "Mayor Ada Post"
    if any(is_office(parse.lower[c]) for c in before):
        return True
    beside = [c for c in parse.children[last] if parse.relations[c] == "appos"]
    if parse.relations[last] == "appos":
        beside.append(parse.heads[last])
    return any(is_person_noun(parse, one) for one in beside) or any(
        parse.relations[c] == "relcl" and parse.lower[parse.edges[c][0]] in ("who", "whose")
        for c in parse.children[last]
    )


def is_person(parse: Parse, at: int) -> bool:
    """Whether a noun is a person, as far as the sentence tells."""
    if parse.tags[at] in PROPER_TAGS:
        head = at
        while parse.relations[head] == "compound" and parse.tags[parse.heads[head]] in PROPER_TAGS:
            head = parse.heads[head]
        return is_person_name(parse, head)
    return is_person_noun(parse, at)


def binder(parse: Parse, at: int) -> int | None:
    """Return the description of a person that a pronoun of its sentence stands for.

    It is the nearest subject above it that is a person: "The striker, who left *his* club, ...".
    """
    own = gender(parse.lower[at])
    for subject in _subjects_above(parse, at) if own else ():
        if parse.tags[subject] == "PRP":
            if gender(parse.lower[subject]) == own:
                return binder(parse, subject)
        elif is_person_noun(parse, subject) and parse.tags[subject] != "NNS":
            return subject
        elif parse.tags[subject] in PROPER_TAGS:
            return None
    return None


def _subjects_above(parse: Parse, at: int) -> Iterator[int]:
    """Yield the subjects of the clauses around a token, but an object's own."""
    own = parse.heads[at] if parse.relations[at] in _OBJECTS else None
    for verb in parse.ancestors(at):
        found = parse.subject(verb)
        if found is None and verb != parse.first_conjunct(verb):
            found = parse.subject(parse.first_conjunct(verb))
        if found is None or found >= at or verb == own:
            continue
        above = parse.heads[verb]
        relative = parse.relations[verb] == "relcl" and parse.lower[found] in _RELATIVE
        yield above if relative and above < found else found


def described(parse: Parse, pronoun: int) -> tuple[int, int] | None:
    """Return first and last token of the description that binds a pronoun, if a name fits there."""
    head = binder(parse, pronoun)
    if head is None or parse.relations[head] not in SUBJECTS or head in parse.quoted:
        return None
    first = parse.edges[head][0]
    before = parse.lower[first + 1 : head]
    others = word_class("comparing") | {"first", "only", "same", "and", "or", "of"}
    if parse.lower[first] != "the" or not others.isdisjoint(before):
        return None
    if any(parse.tags[i] in ("JJS", "JJR", "POS", "CC") for i in range(first, head)):
        return None
    after = [c for c in parse.children[head] if c > head and parse.is_word[c]]
    if any(not parse.after_comma(c) or parse.relations[c] != "relcl" for c in after):
        return None  # "the woman who was hurt" is another, "the captain, Ada Holt," has a name
    return first, head
