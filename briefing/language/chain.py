"""Resolve pronouns, names and definite descriptions in the sentences of an article.

`Chain.complete` follows chains with a single reading: a sentence that begins with "he" or "she"
after one whose subject is the only person in it, a surname whose full form the article gave before,
and an abbreviation. `Chain.resolve` goes on where a learned model is sure enough of an antecedent
(`antecedents`). (The leading heuristics of Hobbs 1978, "Resolving pronoun references", restricted
to the reliable ones; Nenkova and McKeown 2003 repair references in extracted sentences in this
way.)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from briefing.language.antecedent_model import antecedent_model
from briefing.language.antecedents import (
    JOINS,
    Antecedents,
    Proposal,
    as_written,
    in_title_case,
    is_of_several,
    is_part_of_name,
    is_shared,
    is_surname,
    name_runs,
    within_commas,
)
from briefing.language.names import COURTESY, PLACES, abbreviations
from briefing.language.obligatory import reports
from briefing.language.parse import NOUN_TAGS, PROPER_TAGS, Parse
from briefing.language.parser import Parses
from briefing.language.tokens import ordinary
from briefing.language.word_lists import word_class

_SUBJECT = ("nsubj", "nsubjpass")
_NO_NAMES = word_class("titles") | word_class("function")
"""Words before a name that are no part of it, with a capital or without."""
_PARTS = ("compound", "poss", "appos", "conj", "nmod", "amod", "npadvmod")
"""Relations of a name to a word that it forms one phrase with."""
_INTRODUCTION = 8
"""Most words of an office or apposition inserted with a name."""
_ROOM = 32
"""Words of a sentence from which names are inserted without their appositions."""
_SURE = 0.8
"""Least probability that a phrase of the model is true: by cross-validation nine in ten are."""
_AGE = ("-", "year", "-", "old")
_MENTIONS = 4
"""Most earlier sentences that are searched for the full form of a surname."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A sentence with its references resolved: the text, the inserted parts, and how sure they are.

    ``chance`` is the probability that all of them are right.
    """

    text: str
    parts: tuple["CompletionPart", ...]
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class CompletionPart:
    """An inserted name: its span in the text, and the index of its source sentence."""

    start: int
    end: int
    source: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the model made of the references of a sentence.

    ``completion`` is None if it is sure of none. ``before`` and ``after`` are the greatest
    probability that readers want one of its references resolved, of all and of those left open.
    """

    completion: Completion | None
    before: float = 0.0
    after: float = 0.0


_Change = tuple[int, int, str, int]
"""First and last token of a reference, its replacement, and the source sentence."""


@dataclass(frozen=True, slots=True)
class _Person:
    """A mention of a person: the tokens of the name, the name, and how the sentence introduces it.

    ``introduced`` includes the office before the name or the apposition after it: "mayor Ada Holt",
    "Ada Holt, head of the union,"; without either it is the name alone.
    """

    first: int
    last: int
    name: str
    introduced: str

    @property
    def surname(self) -> str:
        return self.name.split()[-1]


class Chain:
    """Resolves references between the sentences of an article, in order.

    Nothing is inserted from the sentences with the indices ``denied``, and from ``titles``, which
    lack the articles that phrases are told by, only names.
    """

    def __init__(
        self,
        texts: Sequence[str],
        parses: Parses,
        denied: Collection[int] = frozenset(),
        titles: Collection[int] = frozenset(),
    ) -> None:
        self._article = Antecedents(texts, parses, denied, titles)

    def complete(self, index: int, parse: Parse | None = None) -> Completion | None:
        """Return the sentence at ``index`` with its references resolved.

        ``parse`` is what is said of it, by default all of it. None if there is nothing to insert,
        or more than one reading.
        """
        parse = parse or self._parse(index)
        if parse is None:
            return None
        changes = list(self._changes(parse, index))
        if not changes:
            return None
        words = sum(len(name.split()) for _, _, name, _ in changes) + len(parse.text.split())
        if words > _ROOM:
            changes = [(a, b, name.partition(",")[0], at) for a, b, name, at in changes]
        spans = [(parse.starts[a], parse.ends[b], name) for a, b, name, _ in changes]
        text, places = _replaced(parse.text, spans)
        sources = [source for _, _, _, source in sorted(changes)]
        parts = (
            CompletionPart(*place, source) for place, source in zip(places, sources, strict=True)
        )
        return Completion(text, tuple(parts))

    def resolve(self, index: int, parse: Parse, completed: Completion | None) -> "Resolution":
        """Resolve by the model the references that `complete` left.

        ``parse`` is that of the completed sentence.
        """
        text = parse.text
        model = antecedent_model(self._article.parses.language)
        if model is None:
            return Resolution(None)
        changes: list[tuple[int, int, str, int]] = []
        chance, words = completed.chance if completed else 1.0, len(text.split())
        before = after = 0.0
        for (first, last), read, rivals in self._references(parse, index):
            found = model.best(self._article, read, index, rivals)
            best = found.proposal
            added = len(best.text.split()) - (last - first + 1)
            # Once is enough: "the Kell council sold the council's hall".
            if best.text in text or any(best.text == phrase for _, _, phrase, _ in changes):
                continue
            before = max(before, found.wanted)
            if found.chance < _SURE or words + added > _ROOM:
                after = max(after, found.wanted)
                continue
            changes.append((parse.starts[first], parse.ends[last], best.text, best.source))
            chance, words = chance * found.chance, words + added
        if not changes:
            return Resolution(None, before, after)
        parts = completed.parts if completed else ()
        return Resolution(_extended(text, parts, changes, chance), before, after)

    def _references(
        self, parse: Parse, index: int
    ) -> Iterator[tuple[tuple[int, int], Parse, list[Proposal]]]:
        """Yield the references of a sentence, how each is read, and what is proposed for it."""
        own: range = range(0)
        if description := self._article.described(parse, index):
            own = range(description[0][0], description[0][1] + 1)
            yield description
        for span, rivals in self._article.proposals(parse, index).items():
            if span[1] not in own and any(one.fits for one in rivals):
                yield span, parse, rivals

    def _changes(self, parse: Parse, index: int) -> Iterator[_Change]:
        subject = _main_subject(parse)
        if subject is not None:
            if parse.lower[subject] in ("he", "she") and subject == _first_word(parse):
                person = self._of_pronoun(parse, subject, index)
            else:
                person = self._of_surname(parse, subject, index)
            if person:
                yield person
        yield from self._of_others(parse, subject, index)
        yield from self._of_titled(parse, index)
        yield from self._of_abbreviations(parse, index)
        for first, last, age in _aged(parse):
            if name := self._of_age(age, index):
                yield first, last, *name

    def _before(self, index: int) -> list[int]:
        """Return the earlier sentences that can introduce: not titles In Which All Is a Name."""
        return [at for at in self._told(index) if not in_title_case(self._article.texts[at])]

    def _told(self, index: int) -> list[int]:
        """Return the earlier sentences that something may be inserted from."""
        return [at for at in range(index) if at not in self._article.denied]

    def _of_age(self, age: str, index: int) -> tuple[str, int] | None:
        """Return the only person to whom the article gave this age before, and the sentence."""
        places = [at for at in self._told(index) if age in self._article.texts[at]]
        parses = self._article.parses.of([self._article.texts[at] for at in places])
        names = {
            name: at
            for at, parse in reversed(list(zip(places, parses, strict=True)))
            if parse is not None
            for name in _of_age(parse, age)
        }
        return next(iter(names.items())) if len(names) == 1 and all(names) else None

    @staticmethod
    def _is_bare(parse: Parse, at: int) -> bool:
        """Whether a token is a one-word name without first name or title."""
        if parse.tags[at] != "NNP" or parse.relations[at] == "compound":
            return False
        if is_part_of_name(parse, at, at):
            return False
        return parse.lower[at] not in PLACES and not any(
            parse.relations[i] in ("compound", "amod") and i < at for i in parse.children[at]
        )

    def _parse(self, index: int) -> Parse | None:
        return self._article.parse(index) if 0 <= index < len(self._article.texts) else None

    def _of_pronoun(self, parse: Parse, subject: int, index: int) -> _Change | None:
        before = self._parse(index - 1)
        main = _main_subject(before) if before is not None else None
        if before is None or main is None:
            return None
        persons = [run for run in _runs(before) if _is_person(before, run)]
        named = [p for p in persons if p.first <= main <= p.last]
        others = {p.surname for p in persons} - {p.surname for p in named}
        if not named or others:
            return None
        # After reported speech, "he" may be the person spoken of, unless he speaks on.
        if reports(before, before.heads[main]) and not _speaks(parse, parse.heads[subject]):
            return None
        name = self._named_before(named[0].surname, index)
        return (subject, subject, *name) if name else None

    def _of_surname(self, parse: Parse, subject: int, index: int) -> _Change | None:
        """Complete a one-word name, or a full name that the article introduced before."""
        around = {parse.relations[at] for at in parse.children[subject] if parse.tags[at] != "CD"}
        described = bool(around & {"appos", "relcl", "prep"})
        if around & {"poss", "case", "amod"} or (described and "det" in around):
            return None
        run = next((run for run in _runs(parse) if run.last == subject), None)
        if run is None or _is_described(parse, run.first):
            return None
        if not f"{run.introduced},".startswith(f"{run.name},"):
            return None
        if " " not in run.name and not self._is_bare(parse, subject):
            return None
        # "Holt, a baker from Kell, sold ..." needs the first name alone.
        name = self._named_before(run.surname, index, alone=described)
        if name is None or name[0] == run.name:
            return None
        if " " in run.name and run.name not in name[0]:
            return None  # "North Norland" is not "South Norland"
        if name[0].endswith(",") and parse.words[subject + 1 : subject + 2] == (",",):
            return None
        return run.first, run.last, *name

    def _of_others(self, parse: Parse, subject: int | None, index: int) -> Iterator[_Change]:
        """Complete the first bare surname of each other person of the sentence.

        Beside the main subject a name may as well be a place's: the article must show a person.
        """
        runs = list(_runs(parse, owners=True))
        named = {run.surname for run in runs if " " in run.name}
        for run in runs:
            at = run.last
            again = at == subject or run.surname in named or run.surname in parse.words[:at]
            if at in parse.quoted or again or not self._is_bare(parse, at) or parse.determiner(at):
                continue
            owner = parse.relations[at] == "poss"
            if (
                (parse.relations[at] in _PARTS and not owner)
                or _is_described(parse, at)
                or run.introduced != run.name
            ):
                continue
            head = parse.lower[parse.heads[at]]
            placed = parse.relations[at] == "pobj" and head in ("in", "at", "to", "from", "near")
            name = self._named_before(
                run.surname, index, surely="place" if placed else "name", alone=owner
            )
            if name is None:
                continue
            phrase, source = name
            if phrase.endswith(","):
                # The clause goes on after its subject; elsewhere an apposition could be misread.
                open_end = parse.words[at + 1 : at + 2] != (",",) and not parse.children[at]
                if parse.relations[at] not in _SUBJECT or not open_end:
                    phrase = phrase.partition(",")[0]
            yield run.first, at, phrase, source

    def _of_titled(self, parse: Parse, index: int) -> Iterator[_Change]:
        """Give "Mr. Holt" the first name or office that an earlier sentence gave him."""
        named: set[str] = set()
        for at in range(1, len(parse)):
            surname, title = parse.words[at], parse.lower[at - 1].removesuffix(".")
            if title not in COURTESY or parse.tags[at] != "NNP" or surname in named:
                continue
            named.add(surname)
            longer = parse.tags[at + 1 : at + 2] == ("NNP",)
            if at in parse.quoted or longer or surname in parse.words[: at - 1]:
                continue
            if name := self._named_before(surname, index):
                yield at - 1, at, name[0].partition(",")[0], name[1]

    def _of_abbreviations(self, parse: Parse, index: int) -> Iterator[_Change]:
        """Write out abbreviations that an earlier sentence introduced; one that recurs stays too.

        Not in a compound ("DEQ report") nor in a quotation.
        """
        seen: set[str] = set()
        for at, word in enumerate(parse.words):
            if len(word) < 2 or not word.isupper() or not word.isalpha() or word in seen:
                continue
            seen.add(word)
            bracketed = any(left < at < right for left, right in parse.brackets)
            compound = parse.relations[at] in ("compound", "nmod", "amod")
            owner = parse.words[at + 1 : at + 2] in (("'",), ("’",))  # "NHS' plan"
            if at in parse.quoted or bracketed or compound or owner:
                continue
            article, long, source = self._long_form(word, index)
            if not long or long in parse.text:
                continue
            if not parse.determiner(at):
                long = article + long
            yield at, at, f"{long} ({word})" if word in parse.words[at + 1 :] else long, source

    def _long_form(self, short: str, index: int) -> tuple[str, str, int]:
        """Return how an abbreviation was introduced: "the " or "", its long form, and the sentence.

        The form is empty if no earlier sentence introduced it.
        """
        for source in self._told(index):
            text = self._article.texts[source]
            if f"({short})" not in text:
                continue
            found = next((one for one in abbreviations(text) if one.short == short), None)
            if found is None:
                break
            long = text[found.start : found.end].removesuffix("'s").removesuffix("’s")
            preceded = text[: found.start].lower().endswith("the ")
            after = text.partition(f"({short})")[2].lstrip()
            if after[:1].isupper() and not preceded:
                break  # part of another name: "to Mint Office (MO) Director Holt"
            article = "the " if preceded and not long.lower().startswith("the ") else ""
            return article, long, source
        return "", "", 0

    def _named_before(
        self,
        surname: str,
        index: int,
        *,
        surely: Literal["", "name", "place"] = "",
        alone: bool = False,
    ) -> tuple[str, int] | None:
        """Return the only person of this surname as introduced, and the sentence.

        ``surely``: only if it has a first name or a sentence shows that the name is a person's;
        "place": only the latter counts. ``alone``: the name without what introduced it.
        """
        if is_shared(surname, self._article.texts[: index + 1]):
            return None
        persons, titled, shown = dict[str, tuple[str, int]](), dict[str, int](), not surely
        places = [at for at in self._before(index) if surname in self._article.texts[at]][
            :_MENTIONS
        ]
        parses = self._article.parses.of([self._article.texts[at] for at in places])
        for at, parse in zip(places, parses, strict=True):
            if parse is None:
                continue
            for person in _runs(parse, owners=True, surname=surname):
                if person.surname != surname:
                    continue
                if " " not in person.name:
                    if _has_office(person):
                        titled.setdefault(person.introduced, at)
                    continue
                if _shares_surname(parse, person.first):
                    return None
                introduced = person.name if at in self._article.titles else person.introduced
                if alone:
                    introduced = _own_name(person.name)
                shown = shown or person.introduced != person.name or _is_person(parse, person)
                shown = shown or (surely != "place" and _has_first_name(person.name))
                known = persons.get(person.name)
                if known is None or (known[0] == person.name and introduced != person.name):
                    persons[person.name] = (introduced, at)
        if not persons and len(titled) == 1 and not alone:
            return next(iter(titled.items()))
        if len({name.split()[0] for name in persons}) != 1 or not shown:
            return None
        phrase, source = max(persons.values(), key=lambda item: (len(item[0]), -item[1]))
        return as_written(phrase, self._article.texts), source


def _extended(
    text: str,
    parts: Sequence[CompletionPart],
    changes: Sequence[tuple[int, int, str, int]],
    chance: float,
) -> Completion:
    """Return a completion of a text that has inserted parts already, each moved along."""
    new, places = _replaced(text, [(start, end, phrase) for start, end, phrase, _ in changes])
    ordered = sorted(changes)
    made = [
        CompletionPart(*place, source) for place, (*_, source) in zip(places, ordered, strict=True)
    ]
    for part in parts:
        if any(start < part.end and part.start < end for start, end, *_ in ordered):
            continue
        moved = sum(
            (right - left) - (end - start)
            for (left, right), (start, end, *_) in zip(places, ordered, strict=True)
            if end <= part.start
        )
        made.append(CompletionPart(part.start + moved, part.end + moved, part.source))
    return Completion(new, tuple(sorted(made, key=lambda part: part.start)), chance)


def _has_first_name(name: str) -> bool:
    """Whether a name begins like a person's: "Ida Holt", but not "Burger King"."""
    first = name.lower().split()[0]
    return not ordinary(first) and first not in PLACES and len(first) > 1


def _has_office(person: _Person) -> bool:
    """Whether a title alone introduces a surname: "President Holt", not "Mr. Holt"."""
    title, _, surname = person.introduced.rpartition(" ")
    bare = title.lower().rstrip(".")
    return surname == person.name and bare in word_class("titles") and bare not in COURTESY


def _own_name(name: str) -> str:
    """Return a name without the party or service before it: "Marine Doug Miller"."""
    first, _, rest = name.partition(" ")
    second = rest.partition(" ")
    labelled = second[1] and len(second[0].rstrip(".")) > 1 and ordinary(first.lower())
    return rest if labelled else name


def _shares_surname(parse: Parse, first: int) -> bool:
    """Whether a first name before this one has the same surname: "Ida and Ada Holt"."""
    return (
        first > 1
        and parse.lower[first - 1] in ("and", "or", "&")
        and parse.tags[first - 2] in PROPER_TAGS
        and (first == 2 or parse.tags[first - 3] not in PROPER_TAGS)
    )


def _runs(parse: Parse, *, owners: bool = False, surname: str = "") -> Iterator[_Person]:
    """Yield runs of names: a proper noun with the compounded proper nouns before it.

    Those with "'s" only if ``owners`` are wanted; of plurals, only the ``surname``.
    """
    for head, tag in enumerate(parse.tags):
        if (tag != "NNP" and not is_surname(parse, head, surname)) or parse.relations[
            head
        ] == "compound":
            continue
        first = head
        while (
            first > 0
            and parse.heads[first - 1] == head
            and parse.relations[first - 1] == "compound"
            and parse.tags[first - 1] in PROPER_TAGS
            and parse.lower[first - 1] not in _NO_NAMES
            and (first == head or parse.child(first - 1, "compound") is None)  # an office
        ):
            first -= 1
        if first > 1 and parse.tags[first - 1] == "HYPH" and parse.tags[first - 2] in PROPER_TAGS:
            first -= 2  # "Jean-Claude Holt"
        words = parse.span_text(first, head).split()
        if len(words) > 3 or {w.lower() for w in words} & word_class("organisations"):
            continue
        if not owners and parse.words[head + 1 : head + 2] in (("'s",), ("’s",)):
            continue
        if all(word[0].isupper() and word[-1] not in "0123456789" for word in words):
            name = parse.span_text(first, head)
            yield _Person(first, head, name, _introduction(parse, first, head) or name)


def _introduction(parse: Parse, first: int, head: int) -> str:
    """Return the name with its office or apposition; empty if it has neither."""
    start = first
    while start > 0 and (
        parse.heads[start - 1] in (head, *range(start, first))
        and parse.relations[start - 1] in ("compound", "amod", "nmod")
    ):
        start -= 1
    while start < first and parse.lower[start] in word_class("times"):
        start += 1  # "said *Tuesday* minister Ada Holt would go"
    noun = parse.heads[head]
    if start == first and parse.relations[head] == "appos" and noun == first - 1:
        start = parse.edges[noun][0]
    if start > 1 and parse.lower[start - 1] in JOINS and parse.tags[start - 2] in PROPER_TAGS:
        return ""  # "Scouts of *Norland president Ada Holt*": the office begins before
    if start < first:
        # "old Ada Holt" of "15-year-old Ada Holt" is no office.
        plural = any(is_of_several(parse, at) for at in range(start, first))
        if plural or _is_described(parse, start) or not _plain_words(parse, start, first - 1):
            return ""
        text = parse.span_text(start, head)
        if not any(tag in NOUN_TAGS for tag in parse.tags[start:first]):
            return ""  # "little Ada Holt"
        small = start == 0 and parse.tags[start] not in PROPER_TAGS and ordinary(parse.lower[0])
        return text[:1].lower() + text[1:] if small else text
    for at in parse.children[head]:
        left, right = parse.edges[at]
        if parse.relations[at] != "appos" or not parse.after_comma(at) or left != head + 2:
            continue
        closed = right + 1 < len(parse) and parse.words[right + 1] == ","
        if closed and parse.tags[at] in NOUN_TAGS and _describes(parse, at, left, right):
            return within_commas(parse, first, right)
    # "the leader of Norland, Ada Holt,": the parser takes it for an apposition to "Norland".
    while parse.tags[noun] in PROPER_TAGS and parse.relations[noun] == "pobj":
        noun = parse.heads[parse.heads[noun]]
    left = parse.edges[noun][0]
    if parse.relations[head] == "appos" and parse.after_comma(head) and parse.tags[noun] == "NN":
        if left < first - 2 and _describes(parse, noun, left, first - 2):
            description = parse.span_text(left, first - 2)
            return f"{parse.span_text(first, head)}, {description[:1].lower()}{description[1:]},"
    return ""


def _describes(parse: Parse, noun: int, left: int, right: int) -> bool:
    """Whether a noun phrase says who a person is to a reader who knows nothing yet.

    "The head of the union" does, "the captain" does not.
    """
    if parse.tags[left] != "DT":
        return _plain_words(parse, left, right)
    known = parse.lower[left] in ("a", "an") or (
        parse.lower[left] == "the" and parse.child(noun, "prep") is not None
    )
    return known and left < right and _plain_words(parse, left + 1, right)


def _is_described(parse: Parse, first: int) -> bool:
    """Whether the phrase that begins at ``first`` goes on before it: "prisoner Sgt. Ada Holt"."""
    return first > 0 and (
        parse.tags[first - 1] in (*NOUN_TAGS, "JJ", "HYPH", "CD", ".", "POS")
        or parse.words[first - 1] in ("'", "’")
    )


def _plain_words(parse: Parse, first: int, last: int) -> bool:
    """Whether a short phrase introduces a person without references: "head of the union"."""
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
    return parse.lemmas[verb] in word_class("report_verbs") | word_class("human_verbs")


def _main_subject(parse: Parse) -> int | None:
    """Return the subject of the main verb, outside quotation marks."""
    for root in parse.roots:
        subject = parse.subject(root)
        if subject is not None and parse.relations[subject] in _SUBJECT:
            return None if subject in parse.quoted else subject
    return None


def _first_word(parse: Parse) -> int:
    return next((at for at in range(len(parse)) if parse.is_word[at]), 0)


def _aged(parse: Parse) -> Iterator[tuple[int, int, str]]:
    """Yield persons named by age alone, "the 26-year-old": first and last token, and the age."""
    for at in range(len(parse) - 5):
        if parse.lower[at] != "the" or not parse.words[at + 1].isdigit():
            continue
        if parse.lower[at + 2 : at + 6] == _AGE and not _noun_next(parse, at + 6):
            yield at, at + 5, parse.words[at + 1]


def _noun_next(parse: Parse, at: int) -> bool:
    return at < len(parse) and parse.tags[at] in (*NOUN_TAGS, "JJ", "HYPH", "CC")


def _of_age(parse: Parse, age: str) -> Iterator[str]:
    """Yield the names followed by this age: "Ada Lorn, 26,"."""
    for first, last in name_runs(parse):
        if parse.words[last + 1 : last + 3] == (",", age) and parse.tags[last + 2] == "CD":
            yield parse.span_text(first, last)


def _replaced(
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
