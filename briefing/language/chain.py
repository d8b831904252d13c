"""Who is meant: the names that an article has given by the time a sentence refers to them.

Only the plainest chains are followed, where the article leaves one reading: a sentence that begins
with "he" or "she" behind one whose subject is the only person in it, and a surname whose full form
the article gave before. (The leading heuristics of Hobbs 1978, "Resolving pronoun references", cut
down to where they hardly err; references in extracted sentences are put right in this way by
Nenkova and McKeown 2003.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language.lexicon import groups, word_class
from briefing.language.parse import DOUBLE_QUOTES, PROPER_TAGS, Parse
from briefing.language.parser import Parses

_SUBJECT = ("nsubj", "nsubjpass")
_MENTIONS = 4
"""Earlier sentences that are read for the full form of a surname."""
_PLACES = frozenset(form for group in groups("nationalities") for form in group)
_NOT_PERSONS = frozenset(
    "inc inc. co co. corp corp. ltd llc plc group university college council party committee bank "
    "house court street avenue county city state press times post news institute association union "
    "department ministry agency board company foundation center centre school hospital church club "
    "league airlines air force army navy republic kingdom island river lake mount act bill".split()
)
_HUMAN_VERBS = frozenset(
    "say tell ask write add argue explain think believe know want feel speak talk recall admit "
    "deny resign die marry retire testify plead vote smile laugh cry walk tweet".split()
)


@dataclass(frozen=True, slots=True)
class Completion:
    """A sentence with a name put in: the text, where the name stands in it, and whence it comes."""

    text: str
    start: int
    end: int
    source: int


@dataclass(frozen=True, slots=True)
class _Person:
    """A mention of a person: the tokens of the name, the name, and with its title, as written."""

    first: int
    last: int
    name: str
    titled: str

    @property
    def surname(self) -> str:
        return self.name.split()[-1]


class Chain:
    """The sentences of an article, in order, and their parses as they are asked for."""

    def __init__(self, texts: Sequence[str], parses: Parses) -> None:
        self._texts = texts
        self._parses = parses

    def complete(self, index: int) -> Completion | None:
        """The sentence at ``index`` with its first reference to a person spelled out.

        None where there is nothing to put in, or more than one reading.
        """
        parse = self._parse(index)
        subject = _main_subject(parse) if parse is not None else None
        if parse is None or subject is None:
            return None
        if parse.lower[subject] in ("he", "she") and subject == _first_word(parse):
            return self._of_pronoun(parse, subject, index)
        return self._of_surname(parse, subject, index)

    def bare(self, parse: Parse, index: int) -> int:
        """How many people a line names by surname alone whom earlier sentences name in full."""
        return sum(
            1
            for at in range(len(parse))
            if self._is_bare(parse, at) and self._named_before(parse.words[at], index)
        )

    @staticmethod
    def _is_bare(parse: Parse, at: int) -> bool:
        """Whether a token is a name of one word, with no first name or title before it."""
        if parse.tags[at] != "NNP" or parse.relations[at] == "compound":
            return False
        return parse.lower[at] not in _PLACES and not any(
            parse.relations[i] in ("compound", "amod") and i < at for i in parse.children[at]
        )

    def _parse(self, index: int) -> Parse | None:
        return self._parses.one(self._texts[index]) if 0 <= index < len(self._texts) else None

    def _of_pronoun(self, parse: Parse, subject: int, index: int) -> Completion | None:
        before = self._parse(index - 1)
        main = _main_subject(before) if before is not None else None
        if before is None or main is None:
            return None
        persons = list(_persons(before))
        named = [p for p in persons if p.first <= main <= p.last]
        others = {p.surname for p in persons} - {p.surname for p in named}
        if not named or others:
            return None
        name = named[0].titled
        if " " not in named[0].name:
            found = self._named_before(named[0].surname, index)
            name = found[0] if found else ""
        return _replaced(parse, subject, name, index - 1) if name else None

    def _of_surname(self, parse: Parse, subject: int, index: int) -> Completion | None:
        described = any(parse.relations[at] in ("poss", "case") for at in parse.children[subject])
        word = parse.words[subject]
        if described or not self._is_bare(parse, subject):
            return None
        found = self._named_before(word, index)
        return _replaced(parse, subject, *found) if found else None

    def _named_before(self, surname: str, index: int) -> tuple[str, int] | None:
        """The one full name with this surname, and the sentence that gave it first."""
        found: dict[str, tuple[str, int]] = {}
        places = [at for at in range(index) if surname in self._texts[at]][:_MENTIONS]
        for at, parse in zip(
            places, self._parses.of([self._texts[i] for i in places]), strict=True
        ):
            for person in _runs(parse) if parse is not None else ():
                if person.surname == surname and " " in person.name:
                    found.setdefault(person.name, (person.titled, at))
        if len({name.split()[0] for name in found}) != 1:
            return None
        return min(found.values(), key=lambda item: item[1])


def _replaced(parse: Parse, at: int, name: str, source: int) -> Completion:
    start = parse.starts[at]
    text = parse.text[:start] + name + parse.text[parse.ends[at] :]
    return Completion(text, start, start + len(name), source)


def _persons(parse: Parse) -> Iterator[_Person]:
    for run in _runs(parse):
        if _is_person(parse, run):
            yield run


def _runs(parse: Parse) -> Iterator[_Person]:
    """Runs of names: a proper noun with the proper nouns that are compounded before it."""
    for head, tag in enumerate(parse.tags):
        if tag != "NNP" or parse.relations[head] == "compound":
            continue
        first = head
        while (
            first > 0
            and parse.heads[first - 1] == head
            and parse.relations[first - 1] == "compound"
            and parse.tags[first - 1] in PROPER_TAGS
            and parse.lower[first - 1] not in word_class("titles")
        ):
            first -= 1
        words = parse.words[first : head + 1]
        if len(words) > 3 or {w.lower() for w in words} & _NOT_PERSONS:
            continue
        if head + 1 < len(parse) and parse.lower[head + 1] == "'s":
            continue
        if all(word[0].isupper() and word[-1] not in "0123456789" for word in words):
            name, title = parse.span_text(first, head), first
            while title > 0 and (
                parse.lower[title - 1] in word_class("titles")
                and parse.words[title - 1][0].isupper()
            ):
                title -= 1
            yield _Person(first, head, name, parse.span_text(title, head))


def _is_person(parse: Parse, run: _Person) -> bool:
    """Whether the sentence shows that a name is a person's."""
    head = run.last
    children = parse.children[head]
    titled = any(
        parse.lower[at] in word_class("titles") and parse.relations[at] == "compound"
        for at in children
    )
    aged = any(
        parse.tags[at] == "CD" and len(parse.words[at]) == 2 and parse.after_comma(at)
        for at in children
    )
    who = any(
        parse.relations[at] == "relcl" and any(parse.lower[i] == "who" for i in parse.children[at])
        for at in children
    )
    verb = parse.heads[head]
    acts = parse.relations[head] == "nsubj" and parse.lemmas[verb] in _HUMAN_VERBS
    return titled or aged or who or acts


def _main_subject(parse: Parse) -> int | None:
    """The subject of the main verb, outside quotation marks."""
    for root in parse.roots:
        subject = parse.subject(root)
        if subject is not None and parse.relations[subject] in _SUBJECT:
            quoted = sum(parse.words[at] in DOUBLE_QUOTES for at in range(subject)) % 2
            return None if quoted else subject
    return None


def _first_word(parse: Parse) -> int:
    return next((at for at in range(len(parse)) if parse.is_word[at]), 0)
