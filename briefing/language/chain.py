"""Who is meant: the names that an article has given by the time a sentence refers to them.

Only the plainest chains are followed, where the article leaves one reading: a sentence that begins
with "he" or "she" behind one whose subject is the only person in it, a surname whose full form the
article gave before, and "the ferry" where it was brought up with more words (`definite`). (The
leading heuristics of Hobbs 1978, "Resolving pronoun references", cut down to where they hardly err;
references in extracted sentences are put right in this way by Nenkova and McKeown 2003.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.language.definite import aged, bare_definites, mentions, of_age, replaced
from briefing.language.lexicon import groups, word_class
from briefing.language.obligatory import reports
from briefing.language.parse import COMMON_TAGS, DOUBLE_QUOTES, PROPER_TAGS, Parse
from briefing.language.parser import Parses

_SUBJECT = ("nsubj", "nsubjpass")
_INTRODUCTION = 8
"""Most words of an office or apposition that is put in with a name."""
_PLACES_READ = 8
"""Earlier sentences that are read for a noun; what is named more often is the article's theme."""
_MENTIONS = 4
"""Earlier sentences that are read for the full form of a surname."""
_PLACES = frozenset(form for group in groups("nationalities") for form in group)


@dataclass(frozen=True, slots=True)
class Completion:
    """A sentence with names put in: the text, and for each where it stands and whence it comes."""

    text: str
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A name that was put in: its place in the text, and the sentence that it comes from."""

    start: int
    end: int
    source: int


_Change = tuple[int, int, str, int]
"""First and last token of a reference, what is put there, and the sentence that says so."""


@dataclass(frozen=True, slots=True)
class _Person:
    """A mention of a person: the tokens of the name, the name, and how the sentence introduces it.

    ``introduced`` has the office before the name or the apposition behind it: "mayor Ada Holt",
    "Ada Holt, head of the union,"; it is the name alone where there is neither.
    """

    first: int
    last: int
    name: str
    introduced: str

    @property
    def surname(self) -> str:
        return self.name.split()[-1]


class Chain:
    """The sentences of an article, in order, and their parses as they are asked for."""

    def __init__(self, texts: Sequence[str], parses: Parses) -> None:
        self._texts = texts
        self._parses = parses

    def complete(self, index: int) -> Completion | None:
        """The sentence at ``index`` with its references spelled out.

        None where there is nothing to put in, or more than one reading.
        """
        parse = self._parse(index)
        if parse is None:
            return None
        changes = list(self._changes(parse, index))
        if not changes:
            return None
        spans = [(parse.starts[a], parse.ends[b], name) for a, b, name, _ in changes]
        text, places = replaced(parse.text, spans)
        sources = [source for _, _, _, source in sorted(changes)]
        parts = (Part(*place, source) for place, source in zip(places, sources, strict=True))
        return Completion(text, tuple(parts))

    def _changes(self, parse: Parse, index: int) -> Iterator[_Change]:
        subject, taken = _main_subject(parse), -1
        if subject is not None:
            if parse.lower[subject] in ("he", "she") and subject == _first_word(parse):
                person = self._of_pronoun(parse, subject, index)
            else:
                person = self._of_surname(parse, subject, index)
            if person:
                taken = person[1]
                yield person
        for first, last, age in aged(parse):
            if found := self._of_age(age, index):
                yield first, last, *found
        for definite in bare_definites(parse):
            if definite.last != taken and (found := self._of_noun(definite.noun, index)):
                yield definite.first, definite.last, *found

    def _of_noun(self, noun: tuple[str, str], index: int) -> tuple[str, int] | None:
        """What stands for a noun that the article brought up before, and where it did."""
        stem = noun[0][: max(3, len(noun[0]) - 1)].casefold()
        places = [at for at in range(index) if stem in self._texts[at].casefold()]
        if not places or len(places) > _PLACES_READ:
            return None
        parses = self._parses.of([self._texts[at] for at in places])
        said: dict[str, int] = {}
        for at, parse in zip(places, parses, strict=True):
            for mention in mentions(parse, noun) if parse is not None else ():
                if mention.other:
                    return None
                if mention.text or not said:
                    said.setdefault(mention.text, at)
        # A noun that was bare at first is known to every reader, or stands for something else.
        if len(said) != 1 or "" in said:
            return None
        return next(iter(said.items()))

    def _of_age(self, age: str, index: int) -> tuple[str, int] | None:
        """The one person whom the article gave this age before."""
        places = [at for at in range(index) if age in self._texts[at]]
        parses = self._parses.of([self._texts[at] for at in places])
        found = {
            name: at
            for at, parse in reversed(list(zip(places, parses, strict=True)))
            if parse is not None
            for name in of_age(parse, age)
        }
        return next(iter(found.items())) if len(found) == 1 and all(found) else None

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

    def _of_pronoun(self, parse: Parse, subject: int, index: int) -> _Change | None:
        before = self._parse(index - 1)
        main = _main_subject(before) if before is not None else None
        if before is None or main is None:
            return None
        persons = list(_persons(before))
        named = [p for p in persons if p.first <= main <= p.last]
        others = {p.surname for p in persons} - {p.surname for p in named}
        if not named or others:
            return None
        # Behind what somebody said, "he" may be whom they spoke of, unless he goes on to speak.
        if reports(before, before.heads[main]) and not _speaks(parse, parse.heads[subject]):
            return None
        found = self._named_before(named[0].surname, index)
        return (subject, subject, *found) if found else None

    def _of_surname(self, parse: Parse, subject: int, index: int) -> _Change | None:
        """A name of one word in full, and one that is full as the article introduced it."""
        known = any(
            parse.relations[at] in ("poss", "case", "appos", "relcl", "amod", "prep")
            for at in parse.children[subject]
        )
        run = next((run for run in _runs(parse) if run.last == subject), None)
        if known or run is None or run.introduced != run.name:
            return None
        if " " not in run.name and not self._is_bare(parse, subject):
            return None
        found = self._named_before(run.surname, index)
        if found is None or found[0] == run.name:
            return None
        if found[0].endswith(",") and parse.words[subject + 1 : subject + 2] == (",",):
            return None
        return run.first, run.last, *found

    def _named_before(self, surname: str, index: int) -> tuple[str, int] | None:
        """The one person of this surname as the article introduced them, and in which sentence."""
        found: dict[str, tuple[str, int]] = {}
        places = [at for at in range(index) if surname in self._texts[at]][:_MENTIONS]
        for at, parse in zip(
            places, self._parses.of([self._texts[i] for i in places]), strict=True
        ):
            for person in _runs(parse) if parse is not None else ():
                if person.surname != surname or " " not in person.name:
                    continue
                held = found.get(person.name)
                if held is None or (held[0] == person.name and person.introduced != person.name):
                    found[person.name] = (person.introduced, at)
        if len({name.split()[0] for name in found}) != 1:
            return None
        return max(found.values(), key=lambda item: (len(item[0]), -item[1]))


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
        if len(words) > 3 or {w.lower() for w in words} & word_class("organisations"):
            continue
        if head + 1 < len(parse) and parse.lower[head + 1] == "'s":
            continue
        if all(word[0].isupper() and word[-1] not in "0123456789" for word in words):
            name = parse.span_text(first, head)
            yield _Person(first, head, name, _introduction(parse, first, head) or name)


def _introduction(parse: Parse, first: int, head: int) -> str:
    """The name with the office before it or the apposition behind it; empty where neither is."""
    start = first
    while start > 0 and (
        parse.heads[start - 1] in (head, *range(start, first))
        and parse.relations[start - 1] in ("compound", "amod", "nmod")
    ):
        start -= 1
    noun = parse.heads[head]
    if start == first and parse.relations[head] == "appos" and noun == first - 1:
        start = parse.edges[noun][0]
    if start < first:
        return parse.span_text(start, head) if _plain_words(parse, start, first - 1) else ""
    for at in parse.children[head]:
        left, right = parse.edges[at]
        if parse.relations[at] != "appos" or not parse.after_comma(at) or left != head + 2:
            continue
        closed = right + 1 < len(parse) and parse.words[right + 1] == ","
        if closed and parse.tags[at] in (*COMMON_TAGS, *PROPER_TAGS):
            if _plain_words(parse, left, right):
                return parse.span_text(first, right) + ","
    return ""


def _plain_words(parse: Parse, first: int, last: int) -> bool:
    """Whether a few words introduce a person and refer to nothing else: "head of the union"."""
    tags = parse.tags[first : last + 1]
    if last - first >= _INTRODUCTION or any(
        tag in ("PRP", "PRP$", "POS", "CD", "DT") for tag in tags[:1]
    ):
        return False
    return not any(tag in ("PRP", "PRP$", "POS", "WP", "WDT") or tag[0] == "V" for tag in tags)


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
    acts = parse.relations[head] == "nsubj" and parse.lemmas[verb] in word_class("human_verbs")
    return titled or aged or who or acts


def _speaks(parse: Parse, verb: int) -> bool:
    said = word_class("report_verbs") | word_class("human_verbs")
    return parse.lemmas[verb] in said


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
