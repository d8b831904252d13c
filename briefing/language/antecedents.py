"""Propose the fuller phrases that a reference of a sentence may stand for.

"Holt" may be "mayor Ada Holt", "Ada Holt, head of the union," or "Holt of Kell"; "the vote" may be
"the vote on the Kell dam"; "he" may be a person of the sentences before. Proposals are many and
often wrong: `antecedent_model` tells how likely each is right. (Generate and rank, as in Soon et
al. 2001, "A machine learning approach to coreference resolution of noun phrases"; what is inserted
is what Choi et al. 2021 insert, "Decontextualization".)
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice

from briefing.language.names import PLACES
from briefing.language.parse import COMMON_TAGS, NOUN_TAGS, PROPER_TAGS, Parse
from briefing.language.parser import Parses
from briefing.language.persons import (
    SINGULAR,
    binder,
    described,
    gender,
    is_age,
    is_office,
    is_person_name,
    is_person_noun,
)
from briefing.language.reference import dangling
from briefing.language.tokens import ordinary
from briefing.language.word_lists import word_class

TITLE_WORDS = word_class("titles") | word_class("forms_of_address")
_BEFORE = frozenset("JJ NN NNS NNP NNPS HYPH POS CD VBN VBG".split())
"""Tags of words that may stand before a noun in a phrase that is inserted."""
_PRONOUNS = ("PRP", "PRP$", "WP", "WDT", "WP$", "EX")
_MODIFIERS = ("compound", "amod", "nmod", "poss", "nummod")
_DEFINITE = frozenset("the this that these those".split())
_SOURCES = 6
"""Most earlier sentences that are read for one reference."""
_REACH = 3
"""Sentences back in which a pronoun's antecedent is sought."""
_MOST_NAMES = 4
"""Words of a name; more are a title, "Town Sells Old Ferry Anne"."""
_LONG_NAME, _LONG_APPOSITION, _LONG_PHRASE = 8, 12, 9
"""Most words of what is put before a name, after it, and after a noun."""
_LONG_WORD, _FEW_WORDS = 5, 3
"""In title case, no word of five letters or more is in lower case, in more than three words."""
_PLURAL = frozenset("they them their".split())
_THINGS = frozenset("it its".split())
JOINS = frozenset({"of", "for", "and", "&"})
"""Words within the names of organisations."""
_QUANTIFIERS = word_class("universals") | word_class("comparing") | {"such", "several", "various"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A phrase that may take the place of a reference.

    ``first`` to ``last`` are the tokens of the reference and ``head`` is its head; ``source`` is
    the index of the earlier sentence that has the phrase. ``mention`` is the index of the earlier
    sentence that it is proposed for, and ``at`` its head there: for a pronoun "Holt" may be
    mentioned in one sentence and named in full in another. ``kind`` is how the phrase was made:
    "name:apposition", "noun:of", "pronoun:name" and so on. One that does not ``fit``, a thing for
    "he" or a person for "it", is only a rival.
    """

    first: int
    last: int
    head: int
    text: str
    source: int
    mention: int
    at: int
    kind: str
    fits: bool = True


class Antecedents:
    """The earlier sentences of an article, where the fuller phrases stand.

    Nothing is taken from the sentences ``denied``, and of the ``titles`` only names as they are.
    """

    def __init__(
        self,
        texts: Sequence[str],
        parses: Parses,
        denied: Collection[int] = frozenset(),
        titles: Collection[int] = frozenset(),
    ) -> None:
        self.texts = texts
        self.titles = titles
        self.parses = parses
        self.denied = denied

    @cached_property
    def lowered(self) -> list[str]:
        """The sentences without capitals."""
        return [text.casefold() for text in self.texts]

    def parse(self, index: int) -> Parse | None:
        """Return the parse of a sentence of the article."""
        return self.parses.one(self.texts[index])

    def proposals(self, parse: Parse, index: int) -> dict[tuple[int, int], list[Proposal]]:
        """Return the proposals for the references of a sentence, by first and last token.

        ``parse`` is what is said in place of the sentence ``index``.
        """
        found: dict[tuple[int, int], list[Proposal]] = {}
        pronoun = _open_pronoun(parse)
        self._read_sources(parse, index, pronoun)
        for proposal in (
            *self._of_names(parse, index),
            *self._of_nouns(parse, index),
            *(self._of_pronoun(parse, index, pronoun) if pronoun is not None else ()),
        ):
            own = found.setdefault((proposal.first, proposal.last), [])
            if all(proposal.text != other.text for other in own):
                own.append(proposal)
        return found

    def described(
        self, parse: Parse, index: int
    ) -> tuple[tuple[int, int], Parse, list[Proposal]] | None:
        """Return the span of a description of a person, how it is read, and what is proposed.

        "The 61-year-old said she was tired" is read and judged as "She said she was tired".
        """
        pronouns = (at for at, word in enumerate(parse.lower) if word in SINGULAR)
        found = next(((span, at) for at in pronouns if (span := described(parse, at))), None)
        if found is None:
            return None
        (first, last), at = found
        word = gender(parse.lower[at])
        before, after = parse.text[: parse.starts[first]], parse.text[parse.ends[last] :]
        read = self.parses.one(before + (word if before else word.capitalize()) + after)
        if read is None or read.lower[first] != word:
            return None
        rivals = [
            replace(one, fits=one.fits and self._may_be(one, parse, last, index))
            for one in self._of_pronoun(read, index, first)
        ]
        return ((first, last), read, rivals) if any(one.fits for one in rivals) else None

    def _may_be(self, one: Proposal, parse: Parse, noun: int, index: int) -> bool:
        """Whether a noun introduced a name ("striker Karl Lund"), or it has no other age."""
        if one.kind != "pronoun:name":
            return False
        surname = one.text.split()[-1]
        if is_age(parse, noun):
            age = parse.lower[noun - 4]
            given = re.compile(rf"\b{re.escape(surname)}, (\d+)\b")
            return all(age == told for text in self.texts[:index] for told in given.findall(text))
        said = parse.lower[noun]
        return any(
            said in text.casefold().replace(",", "").split()
            for source in self.sources(surname, index)
            for _, _, text in self._introductions(source, surname)
        )

    def _read_sources(self, parse: Parse, index: int, pronoun: int | None) -> None:
        """Parse in one batch the sentences where the phrases of a sentence may stand."""
        names = {parse.words[last] for _, last in name_runs(parse)}
        places = {at for name in names for at in self.sources(name, index)}
        for head, _ in definites(parse):
            places.update(self._places_of(parse.lemmas[head], index))
        if pronoun is not None:
            places.update(range(max(0, index - _REACH), index))
        self.parses.of([self.texts[at] for at in sorted(places)])

    def _places_of(self, lemma: str, index: int) -> list[int]:
        """Return the first earlier sentences with a noun, small or capital."""
        stem = lemma[: max(3, len(lemma) - 1)]
        places = {*self.sources(stem, index), *self.sources(stem.capitalize(), index)}
        return sorted(places)[:_SOURCES]

    def sources(self, word: str, index: int) -> list[int]:
        """Return the first earlier sentences with a word that begins so."""
        pattern = re.compile(rf"\b{re.escape(word)}")
        places = (at for at in range(index) if at not in self.denied)
        found = (at for at in places if word in self.texts[at] and pattern.search(self.texts[at]))
        return list(islice(found, _SOURCES))

    def _of_names(self, parse: Parse, index: int) -> Iterator[Proposal]:
        """Propose how a name was introduced, where the sentence says no more than the name."""
        seen: set[str] = set()
        for first, last in name_runs(parse):
            surname = parse.words[last]
            again = surname in seen
            seen.add(surname)
            if again or last in parse.quoted or _is_described(parse, first, last):
                continue
            if first > 0 and parse.tags[first - 1] == "DT":
                continue
            if is_part_of_name(parse, first, last):
                continue
            if parse.relations[last] == "oprd":
                continue  # "any islander named Ada Holt"
            span = parse.span_text(first, last)
            if first == last and is_shared(surname, self.texts[: index + 1]):
                continue
            others = {*parse.words[:first], *parse.words[last + 1 :]}
            for source in self.sources(surname, index):
                for at, kind, text in self._introductions(source, span):
                    fitted = _fitted(parse, last, text)
                    named = (word.partition("'")[0].partition("’")[0] for word in text.split())
                    if any(word in others for word in named if word[:1].isupper()):
                        continue  # "Trump thanked President Trump's lawyer Holt"
                    if fitted and len(fitted.rstrip(",")) > len(span):
                        how = f"name:{kind}"
                        yield Proposal(first, last, last, fitted, source, source, at, how)

    def _introductions(self, source: int, span: str) -> Iterator[tuple[int, str, str]]:
        """Yield (head, kind, phrase) of the mentions of a name in a sentence."""
        parse = self.parse(source)
        own = [word for word in span.split() if word.lower() not in TITLE_WORDS]
        bare = self._is_bare(source)
        for first, last in name_runs(parse, own[-1]) if parse is not None and own else ():
            assert parse is not None
            if parse.words[last] != own[-1]:
                continue
            name = [w for w in parse.span_text(first, last).split() if w.lower() not in TITLE_WORDS]
            if len(own) > 1 and len(name) > 1 and own[0] not in name:
                continue
            for kind, text in introductions(parse, first, last):
                if self._is_capital_by_place(parse, text):
                    continue
                if kind == "name" or not bare:
                    yield last, kind, as_written(text, self.texts)

    def _is_capital_by_place(self, parse: Parse, phrase: str) -> bool:
        """Whether a phrase may begin with a plain word: "*Carmaker* Veltrix will cut jobs".

        It stands at the beginning of the sentence, and the article has that word with a capital
        nowhere else, as it would a first name that is a word ("Hunter").
        """
        word = parse.words[0]
        if phrase.split()[:-1] != [word] or parse.tags[0] not in PROPER_TAGS:
            return False
        if parse.lower[0] in TITLE_WORDS or not ordinary(parse.lower[0]):
            return False
        within = re.compile(rf"(?<=[\w,;:] ){re.escape(word)}\b")
        return not any(within.search(text) for text in self.texts)

    def _of_nouns(self, parse: Parse, index: int) -> Iterator[Proposal]:
        """Propose a fuller phrase with the same noun for "the vote", "this bill"."""
        for head, first in definites(parse):
            lemma = parse.lemmas[head]
            rest = (
                f"{parse.text[: parse.starts[first]]} {parse.text[parse.ends[head] :]}".casefold()
            )
            earlier = [
                (at, sentence)
                for at in self._places_of(lemma, index)
                if not in_title_case(self.texts[at]) and (sentence := self.parse(at)) is not None
            ]
            if any(_tells_several(sentence, lemma) for _, sentence in earlier):
                continue
            for source, sentence in earlier:
                for at, kind, text in fuller(sentence, parse, first, head):
                    if source in self.titles and kind in ("before", "owner"):
                        continue  # titles leave out "the" and more
                    old = parse.span_text(first, head).casefold().split()
                    new = [word for word in text.casefold().split() if word not in old]
                    if new and not any(len(word) > 3 and word in rest for word in new):
                        written = as_written(text, self.texts)
                        how = f"noun:{kind}"
                        yield Proposal(first, head, head, written, source, source, at, how)

    def _of_pronoun(self, parse: Parse, index: int, at: int) -> Iterator[Proposal]:
        """Propose names and subjects of the sentences before for the pronoun ``at``."""
        owner = parse.tags[at] == "PRP$"
        for source in range(index - 1, max(-1, index - 1 - _REACH), -1):
            earlier = self.parse(source)
            if earlier is None or source in self.denied or in_title_case(self.texts[source]):
                continue
            word = parse.lower[at]
            for kind, head, text, said in self._mentioned(earlier, source, index, word):
                if earlier.words[head] not in parse.words:
                    phrase = _owned(text, parse.text) if owner else text
                    how = f"pronoun:{kind}"
                    fits = self._fits(earlier, head, text, word)
                    yield Proposal(at, at, at, phrase, said, source, head, how, fits)

    def _mentioned(
        self, parse: Parse, source: int, index: int, pronoun: str
    ) -> Iterator[tuple[str, int, str, int]]:
        """Yield (kind, head, phrase, its sentence) of what a pronoun may stand for."""
        if pronoun not in _PLURAL:
            for _, last in name_runs(parse):
                if form := self._form(parse.words[last], index):
                    yield "name", last, *form
        for root in parse.roots:
            subject = parse.subject(root)
            if subject is None or parse.tags[subject] not in COMMON_TAGS:
                continue
            if (pronoun in _PLURAL) != (parse.tags[subject] == "NNS"):
                continue
            left, right = parse.edges[subject]
            if right - left < _LONG_PHRASE and _is_plain(parse, left, right):
                text = re.sub(r"^(an?|An?) ", "the ", _lowered(parse, left, right))
                yield "noun", subject, as_written(text, self.texts), source

    @staticmethod
    def _fits(parse: Parse, head: int, phrase: str, pronoun: str) -> bool:
        """Whether a phrase may be a person for "he" and "she", and a thing for "it"."""
        if pronoun in _PLURAL:
            return True
        words = phrase.casefold().split()
        if parse.tags[head] in COMMON_TAGS:
            return is_person_noun(parse, head) == (pronoun in SINGULAR)
        if pronoun in SINGULAR:
            initials = parse.words[head].isupper() and len(parse.words[head]) > 1
            return not initials and words[-1] not in word_class("organisations")
        return not (any(map(is_office, words[:-1])) or is_person_name(parse, head))

    def _form(self, surname: str, index: int) -> tuple[str, int] | None:
        """Return the fullest name of this surname before the sentence, and where it stands."""
        best: tuple[int, str, int] | None = None
        for source in self.sources(surname, index):
            for _, kind, text in self._introductions(source, surname):
                if kind in ("name", "before"):
                    words = len(text.split())
                    if best is None or words > best[0]:
                        best = words, text, source
        return (best[1], best[2]) if best else (surname, index - 1)

    def _is_bare(self, source: int) -> bool:
        """Whether a sentence is a title: it leaves articles out, and capitals tell nothing."""
        return source in self.titles or in_title_case(self.texts[source])


def _open_pronoun(parse: Parse) -> int | None:
    """Return the first pronoun that the sentence leaves open, and that none of its persons is."""
    opened = {sign.partition(":")[2] for sign in dangling(parse) if sign.startswith("pronoun:")}
    return next(
        (
            at
            for at, word in enumerate(parse.lower)
            if parse.tags[at] in ("PRP", "PRP$")
            and at not in parse.quoted
            and (word in opened or (word in _THINGS and "it" in opened))
            and binder(parse, at) is None
        ),
        None,
    )


def name_runs(parse: Parse, surname: str = "") -> Iterator[tuple[int, int]]:
    """Yield first and last token of runs of singular proper nouns, but for times and countries.

    The ``surname`` is one, also where the tagger takes it for a plural ("Rhodes").
    """
    for head, tag in enumerate(parse.tags):
        if (tag != "NNP" and not is_surname(parse, head, surname)) or parse.relations[head] in (
            "compound",
            "nmod",
        ):
            continue
        if parse.lower[head] in word_class("times") or parse.lower[head] in PLACES:
            continue
        if not parse.words[head][0].isalpha():
            continue
        first = head
        while (
            first > parse.edges[head][0]
            and parse.tags[first - 1] in PROPER_TAGS
            and parse.lower[first - 1] not in word_class("times")
            and parse.relations[first - 1] in ("compound", "nmod")
        ):
            first -= 1
        if first > 1 and parse.tags[first - 1] == "HYPH" and parse.tags[first - 2] in PROPER_TAGS:
            first -= 2
        yield first, head


def is_surname(parse: Parse, at: int, surname: str) -> bool:
    """Whether a token that the tagger takes for a plural is this surname, after a first name."""
    named = parse.tags[at] == "NNPS" and parse.words[at] == surname
    return named and not parse.determiner(at)


def introductions(parse: Parse, first: int, last: int) -> Iterator[tuple[str, str]]:
    """Yield (kind, phrase) of how a sentence introduces the name ``first`` to ``last``."""
    plain = first
    while plain < last and (parse.lower[plain] in TITLE_WORDS or _is_plural_title(parse, plain)):
        plain += 1
    name = parse.span_text(plain, last)
    if first > 1 and parse.tags[first - 2] in PROPER_TAGS and parse.lower[first - 1] in JOINS:
        return  # the office begins before: "Director of National Intelligence Ada Holt"
    if last - plain >= _MOST_NAMES:
        return
    if plain < last:
        yield "name", name
    full = ""
    left = min(
        (parse.edges[c][0] for c in parse.children[last] if parse.relations[c] in _MODIFIERS),
        default=first,
    )
    left = min(left, first)
    several = any(is_of_several(parse, at) for at in range(left, plain))
    cut = left > 0 and parse.tags[left - 1] in _BEFORE  # "Brig. *Gen. Ada Holt*"
    if left < plain and not several and not cut and last - left <= _LONG_NAME:
        start = left + (parse.tags[left] == "DT")
        if all(parse.tags[at] in _BEFORE for at in range(start, plain)):
            full = _lowered(parse, left, last)
            yield "before", full
    for child in parse.children[last]:
        left, right = parse.edges[child]
        relation = parse.relations[child]
        if child < last or right - left >= _LONG_APPOSITION:
            continue
        if relation == "appos" and parse.after_comma(child) and parse.tags[child] in NOUN_TAGS:
            # Not "by minister Ada Holt, President Lund announced".
            closed = parse.words[right] == "," or not any(parse.is_word[right + 1 : right + 2])
            if closed and _is_plain(parse, left, right):
                yield "apposition", f"{name}, {within_commas(parse, left, right)}"
        elif relation == "prep" and left == last + 1 and parse.lower[left] in ("of", "from"):
            if _is_plain(parse, left, right):
                yield "of", f"{full or name} {parse.span_text(left, right)}"
        elif relation == "relcl" and parse.lower[left] == "who" and left == last + 2:
            yield "who", f"{name}, {within_commas(parse, left, right)}"
    head = parse.heads[last]
    if parse.relations[last] == "appos" and parse.tags[head] in COMMON_TAGS and head < first:
        left, right = parse.edges[head][0], first - 1
        while right > left and not parse.is_word[right]:
            right -= 1
        if right - left < _LONG_APPOSITION and _is_plain(parse, left, right):
            if right == first - 1:
                yield "title", _lowered(parse, left, last)
            else:
                yield "reversed", f"{name}, {_lowered(parse, left, right)},"
    if parse.relations[last] == "nsubj" and parse.lower[head] in ("is", "was"):
        said = parse.child(head, "attr")
        if said is not None and parse.tags[said] in COMMON_TAGS and said > head:
            left, right = parse.edges[said]
            if right - left < _LONG_APPOSITION and _is_plain(parse, left, right):
                yield "is", f"{name}, {parse.span_text(left, right)},"


def definites(parse: Parse) -> Iterator[tuple[int, int]]:
    """Yield the noun and the first token of phrases such as "the vote", "this first vote"."""
    for head, tag in enumerate(parse.tags):
        if tag not in COMMON_TAGS or head in parse.quoted:
            continue
        if parse.relations[head] in ("compound", "nmod", "npadvmod"):
            continue
        first = next((c for c in parse.children[head] if parse.relations[c] == "det"), None)
        if first is None or parse.lower[first] not in _DEFINITE or first > head:
            continue
        before = [c for c in parse.children[head] if c < head]
        if before[0] != first or parse.lemmas[head] in word_class("times"):
            continue
        comparing = word_class("comparing")
        if any(
            parse.tags[c] in ("JJS", "JJR", "CC", "IN") or parse.lower[c] in comparing
            for c in range(first + 1, head)
        ):
            continue
        yield head, first


def fuller(earlier: Parse, parse: Parse, first: int, head: int) -> Iterator[tuple[int, str, str]]:
    """Yield (head, kind, phrase) of an earlier sentence with the noun of ``first`` to ``head``."""
    own = [parse.lower[at] for at in range(first + 1, head)]
    closed = any(
        child > head and parse.relations[child] not in ("punct", "cc", "conj")
        for child in parse.children[head]
    )
    for at, lemma in enumerate(earlier.lemmas):
        if lemma.lower() != parse.lemmas[head] or earlier.tags[at] not in NOUN_TAGS:
            continue
        if earlier.relations[at] in ("compound", "nmod") or _is_plural(earlier, at) != _is_plural(
            parse, head
        ):
            continue
        for kind, text in _richer(earlier, at, parse, head, own, closed=closed):
            yield at, kind, text


def _richer(
    earlier: Parse, at: int, parse: Parse, head: int, own: list[str], *, closed: bool
) -> Iterator[tuple[str, str]]:
    """Yield what the mention ``at`` adds to a noun with the words ``own`` before it."""
    marks = [c for c in earlier.children[at] if earlier.relations[c] in ("det", "poss") and c < at]
    owner = next((c for c in marks if earlier.relations[c] == "poss"), None)
    left = min(max((earlier.edges[c][1] + 1 for c in marks), default=earlier.edges[at][0]), at)
    other = frozenset("no any every each another some".split())
    if at - left >= _LONG_NAME or any(earlier.lower[c] in other for c in marks):
        return
    if not all(earlier.tags[i] in _BEFORE for i in range(left, at)):
        return
    if any(earlier.lower[i] in _QUANTIFIERS or earlier.lower[i] == "one" for i in range(left, at)):
        return
    start = "the"
    if owner is not None:
        first, last = earlier.edges[owner]
        if last - first >= _LONG_NAME or not _is_plain(earlier, first, last):
            return
        start = _lowered(earlier, first, last)
    before = [earlier.lower[i] for i in range(left, at)]
    if set(own) <= set(before):
        words = _lowered(earlier, left, at - 1) if at > left else ""
    elif not before:
        words = parse.span_text(head - len(own), head - 1)
    else:
        return
    named = earlier.tags[at] in PROPER_TAGS and at > left
    noun = earlier.words[at] if named else parse.words[head]
    base = " ".join(part for part in (start, words, noun) if part)
    if owner is not None:
        yield "owner", base
    elif len(before) > len(own):
        yield "before", base
    if closed:
        return
    for child in earlier.children[at]:
        first, last = earlier.edges[child]
        if first == at + 1 and last - first < _LONG_PHRASE and _is_plain(earlier, first, last):
            if earlier.relations[child] == "acl" and earlier.tags[last] not in ("IN", "TO"):
                yield "clause", f"{base} {earlier.span_text(first, last)}"
            if earlier.relations[child] == "prep" and last > first:
                yield "of", f"{base} {earlier.span_text(first, last)}"
                inner = earlier.child(child, "pobj")
                if inner is not None and inner < last:
                    yield "of-short", f"{base} {earlier.span_text(first, inner)}"
        if earlier.relations[child] == "appos" and earlier.tags[child] in PROPER_TAGS:
            begin = child
            while begin - 1 > at and earlier.tags[begin - 1] in PROPER_TAGS:
                begin -= 1
            yield "named", earlier.span_text(begin, child)


def _tells_several(parse: Parse, lemma: str) -> bool:
    """Whether a sentence tells a thing from another of its kind: "another ferry", "May's vote"."""
    marks = word_class("comparing") | word_class("times")
    return any(
        word == lemma
        and any(
            parse.lower[child] in marks
            for child in parse.children[at]
            if child < at and parse.relations[child] in ("amod", "det", "poss", "advmod")
        )
        for at, word in enumerate(parse.lemmas)
    )


def _is_plural(parse: Parse, at: int) -> bool:
    return parse.tags[at] in ("NNS", "NNPS")


def _is_described(parse: Parse, first: int, last: int) -> bool:
    """Whether the sentence says more of a name than its titles."""
    if first > 0 and parse.tags[first - 1] in (*NOUN_TAGS, "JJ", "HYPH", "POS", "CD"):
        return True
    own = ("appos", "relcl", "acl", "amod", "poss", "nmod", "compound", "nummod")
    outside = (c for c in parse.children[last] if not first <= c <= last)
    return parse.relations[last] == "appos" or any(parse.relations[c] in own for c in outside)


def _is_plain(parse: Parse, first: int, last: int) -> bool:
    """Whether a phrase has no pronoun, quotation or bracket."""
    return not any(
        parse.tags[at] in _PRONOUNS or parse.words[at] in '"“”()[]:;' or at in parse.quoted
        for at in range(first, last + 1)
    )


def within_commas(parse: Parse, first: int, last: int) -> str:
    """Return a phrase with one comma behind it, which may end in "Kell, Md.,"."""
    return parse.span_text(first, last).rstrip(", ") + ","


def is_of_several(parse: Parse, at: int) -> bool:
    """Whether a word before a name is of several persons: "ministers", "Sens."."""
    return _is_plural(parse, at) or _is_plural_title(parse, at)


def _is_plural_title(parse: Parse, at: int) -> bool:
    """Whether a word is the title of several persons: "Sens. Ada Holt and Ivo Lund"."""
    word = parse.lower[at].rstrip(".")
    return word.endswith("s") and word not in TITLE_WORDS and word[:-1] in TITLE_WORDS


def is_part_of_name(parse: Parse, first: int, last: int) -> bool:
    """Whether a name goes on before or behind: "Holt & Co.", "the 5th Earl of Kell"."""
    if "&" in (*parse.words[max(0, first - 1) : first], *parse.words[last + 1 : last + 2]):
        return True
    return first > 1 and parse.lower[first - 1] == "of" and parse.tags[first - 2] in PROPER_TAGS


def _lowered(parse: Parse, first: int, last: int) -> str:
    """Return a phrase as it stands within a sentence."""
    text = parse.span_text(first, last)
    opens = first == 0 and parse.tags[0] not in PROPER_TAGS and ordinary(parse.lower[0])
    return (
        text[:1].lower() + text[1:] if opens or parse.lower[first] in ("a", "an", "the") else text
    )


def _fitted(parse: Parse, last: int, text: str) -> str:
    """Return a phrase as it fits before the next word; empty if its apposition does not."""
    after = parse.words[last + 1] if last + 1 < len(parse) else "."
    if not text.endswith(","):
        return text
    if after in ("'s", "’s", "'", "’"):
        return ""
    return text if after[0].isalnum() else text[:-1]


def _owned(text: str, line: str) -> str:
    """Return the possessive of a phrase, with the apostrophe of the line."""
    mark = "’" if "’" in line else "'"
    return text + (mark if text.endswith("s") and text[:1].islower() else f"{mark}s")


def is_shared(surname: str, texts: Sequence[str]) -> bool:
    """Whether texts have several persons of this name: "Ida and Bo Holt", "Kim Holt and Bo Kim"."""
    name = re.escape(surname)
    before = re.compile(rf"\b([A-Z][\w.'’-]+) {name}\b")
    behind = re.compile(rf"\b{name} ([A-Z][\w-]+)")
    texts = [text for text in texts if surname in text]
    if _is_of_relatives(name, texts):
        return True
    firsts = {word.casefold().strip(".") for text in texts for word in before.findall(text)}
    lasts = {word.casefold() for text in texts for word in behind.findall(text)} - {"jr", "sr"}
    return sum(not ordinary(word) and word not in TITLE_WORDS for word in firsts) > 1 or any(
        not ordinary(word) for word in lasts
    )


_CONSORTS = frozenset({"lady", "queen", "princess", "duchess"})
"""Titles of women whose husbands may have the same name and an office."""
_CIVIL = frozenset({"mr", "mrs", "ms", "miss", "dr"})


def _is_of_relatives(name: str, texts: Sequence[str]) -> bool:
    """Whether one of a surname has an office, and the one with a first name has another or none.

    "President Holt" is not "first lady Ida Holt", nor is he "Bo Holt" if he is the first in the
    article and no first name has his office.
    """
    word = r"\b([A-Za-z][\w'’-]*)\.?"
    alone = re.compile(rf"{word} {name}\b")
    whole = re.compile(rf"{word} [A-Z][\w'’-]+ {name}\b")
    first = re.compile(rf"(?:{word} )?([A-Z][\w'’-]+)\.? {name}\b")
    offices = TITLE_WORDS - _CIVIL - _CONSORTS
    before = {w.casefold() for text in texts for w in alone.findall(text)} & offices
    named = {w.casefold() for text in texts for w in whole.findall(text)}
    if not before or not before.isdisjoint(named):
        return False
    mentions = [match[2].casefold() for text in texts for match in first.finditer(text)]
    begins = bool(mentions) and mentions[0] in offices
    relative = any(one not in TITLE_WORDS and not ordinary(one) for one in mentions)
    return (begins and relative) or not named.isdisjoint(_CONSORTS)


@lru_cache(maxsize=4096)
def in_title_case(text: str) -> bool:
    """Whether a text Is Written Like This, so that its capitals tell nothing."""
    words = [word for word in text.split() if word[0].isalpha()]
    small = sum(word[0].islower() for word in words if len(word) >= _LONG_WORD)
    return len(words) > _FEW_WORDS and small == 0


def as_written(phrase: str, texts: Sequence[str]) -> str:
    """Give a phrase's first word its capital back if the texts write it so: "Hunter aide"."""
    first = phrase.split(maxsplit=1)[0]
    name = first[:1].upper() + first[1:]
    if name == first or first in word_class("function"):
        return phrase
    inside = re.compile(rf"[\w,] {re.escape(name)}\b")
    named = any(inside.search(text) for text in texts if name in text and not in_title_case(text))
    return name + phrase[len(first) :] if named else phrase
