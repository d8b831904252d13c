"""Detect references to earlier sentences, and strip prefixes such as datelines.

A sentence does not stand alone if it has an unresolved pronoun, "this" or "such", or a connective.
Whether readers know a noun ("the government") or not ("the company") is left to the quality model.
(Nenkova and McKeown 2003 on references in extracted sentences.) Bullets, datelines, agencies and
labels before a sentence are found here too.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from briefing.language.parse import (
    COMMON_TAGS,
    FINITE_TAGS,
    NOUN_TAGS,
    PROPER_TAGS,
    SUBJECTS,
    Parse,
)
from briefing.language.persons import FEMININE, MASCULINE, is_person
from briefing.language.structure import SAYING
from briefing.language.word_lists import word_class

_THIRD = frozenset("he she they him her them his their hers theirs".split())
_PLURAL = frozenset("they them their theirs".split())
_PLURALS = ("NNS", "NNPS")
_FIRST = frozenset("i we my our me us mine ours".split())
_SECOND = frozenset("you your yours yourself yourselves".split())
_DEMONSTRATIVE = frozenset("this these that those such".split())
_EARLIER_IN_SENTENCE = frozenset("that those such".split())
"""Words that mostly refer to what the sentence has said before them, if it has said anything. Of 85
such lines that readers labelled they accepted 44, of 30 others none; of 70 with "this" 20."""
_ONLY = frozenset("only just merely simply".split())
_OTHER_HALF = frozenset("but also too ; : — –".split())
"""Words and marks of the half that follows "not only"."""
_THAN_THEN = frozenset("earlier later before".split())
_PREDICATES = ("attr", "acomp", "dobj")
_ADVERBIAL = ("prep", "advmod", "npadvmod", "prt")
_FORMER_LATTER = frozenset({"former", "latter"})
_ORDINALS = frozenset("second third fourth fifth sixth seventh".split())
_IN_PHRASE = frozenset("NN NNS NNP NNPS JJ JJS CD HYPH VBN VBG POS".split())
_SUBJECT = ("nsubj", "nsubjpass")
_THIS_TIME = frozenset(
    "week month year time season summer winter spring autumn fall morning afternoon evening "
    "weekend century decade quarter".split()
)
_RESTRICTING = ("relcl", "acl", "prep")
_CLOSING = frozenset(",.;:!?")
_FEWEST = 3
"""Fewest words of what is left of a sentence."""
_CLAUSES = ("ccomp", "xcomp", "relcl", "acl", "advcl", "csubj")
_ARGUMENTS = ("nsubj", "nsubjpass", "dobj", "dative", "pobj", "poss", "attr", "conj", "appos")


def dangling(parse: Parse) -> Iterator[str]:
    """Yield the names of signs that the sentence cannot be understood by itself.

    Inside quotation marks "I", "we" and "you" are the speaker, but "they" and "such a vote" need an
    antecedent there too: of lines that readers labelled, one in ten with such a word in quotation
    marks was accepted, of the other quotations one in three.
    """
    for at in range(len(parse)):
        word, tag = parse.lower[at], parse.tags[at]
        if tag in ("PRP", "PRP$"):
            if word in _THIRD and not _explained(parse, at):
                yield f"pronoun:{word}"
            elif at in parse.quoted:
                continue
            elif word in ("it", "its", "itself") and _points_back(parse, at):
                yield "pronoun:it"
            elif word in _FIRST:
                yield "first-person"
            elif word in _SECOND:
                yield "second-person"
        elif word in _DEMONSTRATIVE and _is_determiner(parse, at) and _demonstrates(parse, at):
            yield f"demonstrative:{word}"
        elif at not in parse.quoted and _is_other(parse, at):
            yield f"demonstrative:{word}"
        elif at not in parse.quoted and word in _THAN_THEN and _compares(parse, at):
            yield f"comparison:{word}"
        elif at not in parse.quoted and word in ("here", "there") and _points_at_place(parse, at):
            yield f"place:{word}"
        elif word == "since" and parse.text[parse.ends[at] :].startswith(","):
            if not _follows_clause(parse, at):
                yield "time:since"  # "In the months since, ..."
        elif at not in parse.quoted and word == "since" and _goes_on(parse, at):
            yield "time:since"
        elif at not in parse.quoted and _stands_for_noun(parse, at):
            yield f"demonstrative:{word}"
    yield from (sign for sign, _ in _connectives(parse))


def _explained(parse: Parse, at: int) -> bool:
    """Whether an earlier word of the sentence may be the antecedent of a pronoun."""
    word = parse.lower[at]
    before = [
        i
        for i in range(at)
        if parse.tags[i] in PROPER_TAGS
        or (parse.tags[i] in COMMON_TAGS and parse.relations[i] in _ARGUMENTS)
    ]
    own = parse.subject(parse.heads[at]) if parse.relations[at] in ("dobj", "dative") else None
    if own is not None:  # "Holt named him": he is not Holt
        clause = range(parse.edges[own][0], parse.edges[own][1] + 1)
        before = [i for i in before if i not in clause or parse.relations[i] == "poss"]
    if word in _PLURAL:
        if parse.tags[at] == "PRP$" and _names_several_later(parse, at):
            return True
        return any(
            parse.tags[i] in (*_PLURALS, "NNP") or parse.relations[i] == "conj" for i in before
        )
    named = [i for i in before if parse.tags[i] in PROPER_TAGS and _is_person_like(parse, i)]
    persons = [i for i in named if parse.relations[i] != "compound"]
    if parse.tags[at] == "PRP$" and _owner(parse, at) in named:
        return True  # "Ardel dismissed his minister, Lena Kosk, after her ministry"
    others = FEMININE if word in MASCULINE else MASCULINE
    if not others.isdisjoint(parse.lower) and len(persons) < 2 and named:
        return False  # "Until Ida Holt has the votes, he said, she will wait"
    head = parse.heads[at]
    if parse.lemmas[head] == "say" and parse.relations[at] == "nsubj" and head == parse.heads[head]:
        # "The pumps had been switched off, she said": only who acts in what is said may say it.
        said = next((i for i in parse.children[head] if parse.relations[i] == "ccomp"), None)
        actor = parse.subject(said) if said is not None else None
        return actor in named if said is not None else bool(named)
    if named or any(
        parse.relations[i] in ("nsubj", "nsubjpass", "poss", "dobj")
        and parse.tags[i] not in ("NNS", "NNPS")
        for i in before
    ):
        return True
    later = any(
        parse.tags[i] in PROPER_TAGS and parse.relations[i] in ("nsubj", "nsubjpass")
        for i in range(at + 1, len(parse))
    )
    return parse.tags[at] == "PRP$" and later


def _owner(parse: Parse, possessive: int) -> int | None:
    """Return the subject of the clause of "his" or "her", which mostly owns its objects."""
    verb = parse.governing_verb(possessive)
    if verb is None:
        return None
    own = parse.subject(verb)
    subject = own if own is not None else parse.subject(parse.first_conjunct(verb))
    return subject if subject is not None and subject < possessive else None


def _names_several_later(parse: Parse, at: int) -> bool:
    """Whether the names that "their" stands for come later: "In their speeches, Holt and Sund"."""
    for child, verb in pairwise([at, *parse.ancestors(at)]):
        subject = parse.subject(verb)
        if subject is None or subject < at or parse.relations[child] not in ("prep", "advcl"):
            continue
        joined = parse.tags[subject] == "NNP" and parse.child(subject, "conj") is not None
        if joined or parse.tags[subject] == "NNPS":
            return True
    return False


def _is_person_like(parse: Parse, at: int) -> bool:
    """Whether a name may be a person's: no part of a common noun, nor a place after "in"."""
    while parse.relations[at] == "compound" and parse.heads[at] != at:
        at = parse.heads[at]
    return parse.tags[at] in PROPER_TAGS and parse.relations[at] != "pobj"


def _points_back(parse: Parse, at: int) -> bool:
    """Whether "it" is referential and has no antecedent in the sentence."""
    if _closes_report(parse, at):
        return True
    head, own = parse.heads[at], _own_subject(parse, at)
    if any(_is_thing(parse, i) and i != own for i in range(at)):
        return False
    if parse.relations[at] == "expl" or _is_impersonal(parse, at) or _is_supposed(parse, at):
        return False
    if parse.tags[at] == "PRP$":
        later = (
            parse.relations[i] in SUBJECTS and head not in (i, *parse.ancestors(i))
            for i in range(at + 1, len(parse))
            if i != head
        )
        return parse.relations[head] in SUBJECTS or not any(later)
    return True


def _is_impersonal(parse: Parse, at: int) -> bool:
    """Whether "it" stands for a clause, the weather or nothing, as in "made it home"."""
    head = parse.heads[at]
    if parse.tags[at] != "PRP":
        return False
    beside = [i for i in parse.children[head] if i != at]
    if parse.relations[at] == "dobj":
        more = any(i > at and parse.relations[i] in _ADVERBIAL for i in beside)
        return more and parse.lemmas[head] in word_class("idle_object_verbs")
    said = [head, *(i for i in beside if parse.relations[i] in _PREDICATES)]
    if any(parse.lemmas[i] in word_class("weather") for i in said):
        return True
    if parse.markers(head) & {"as", "when"} and parse.lemmas[head] in ("turn", "come"):
        return True  # "as it turns out", "when it comes to boats"
    judged = parse.tags[head] == "JJ"  # "found it hard to sleep"
    passive = parse.is_passive(head) and parse.child(head, "ccomp", "csubj") is not None
    clause = any(_is_clause(parse, i) for one in said for i in parse.children[one])
    known = judged or parse.lemmas[head] in word_class("impersonal_verbs")
    return (known and clause) or passive


def _is_supposed(parse: Parse, at: int) -> bool:
    """Whether "it" is what was supposed: "If Holt runs, it could cost votes"."""
    return parse.relations[at] in SUBJECTS and any(
        i < at
        and parse.relations[i] == "advcl"
        and not parse.markers(i).isdisjoint(word_class("conditions"))
        for i in parse.children[parse.heads[at]]
    )


def _is_clause(parse: Parse, at: int) -> bool:
    """Whether "it" may stand for a clause: "a pity to sell it", but not "a plan made in Kell"."""
    participle = parse.relations[at] == "acl" and parse.tags[at] in ("VBN", "VBG")
    return parse.relations[at] in _CLAUSES and not participle


def _own_subject(parse: Parse, at: int) -> int | None:
    """Return the subject of the verb whose object a pronoun is: "the navy ignored it"."""
    if parse.relations[at] not in ("dobj", "dative"):
        return None
    verb = parse.heads[at]
    own = parse.subject(verb)
    subject = own if own is not None else parse.subject(parse.first_conjunct(verb))
    relative = subject is not None and parse.tags[subject] == "WDT"
    return parse.heads[verb] if relative else subject


def _is_thing(parse: Parse, at: int) -> bool:
    """Whether "it" may stand for a noun: no plural, person, day, place, or part ("DNA tests")."""
    if parse.tags[at] not in ("NN", "NNP") or not parse.is_word[at] or is_person(parse, at):
        return False
    head, relation = parse.heads[at], parse.relations[at]
    told = parse.tags[head] in COMMON_TAGS and parse.relations[head] in _ARGUMENTS
    if relation == "compound" and parse.tags[at] == "NN" and told:
        return is_person(parse, head)
    if relation in ("pobj", "npadvmod") and parse.lower[at] in word_class("times"):
        return False
    placed = relation == "pobj" and parse.lower[head] in ("in", "at", "near")
    return not (placed and parse.tags[at] == "NNP")


def _closes_report(parse: Parse, at: int) -> bool:
    """Whether it is a speaker named before the sentence: "Trade fell in May, it said."."""
    verb = parse.heads[at]
    after = [i for i in range(verb + 1, len(parse)) if parse.is_word[i]]
    return (
        at > 0
        and parse.words[at - 1] == ","
        and parse.relations[at] in SUBJECTS
        and parse.lemmas[verb] in word_class("report_verbs")
        and verb == at + 1
        and not after
    )


def _is_determiner(parse: Parse, at: int) -> bool:
    """Whether "that" is no conjunction; at the beginning the tagger takes a subject for one."""
    opens = at == 0 and parse.relations[at] in SUBJECTS
    return opens or parse.tags[at] in ("DT", "PDT", "JJ")


def _demonstrates(parse: Parse, at: int) -> bool:
    """Whether "this", "that" or "such" refers to an earlier sentence."""
    relation, head = parse.relations[at], parse.heads[at]
    if relation not in ("det", "predet", "amod", "nsubj", "nsubjpass", "pobj", "dobj", "attr"):
        return False
    noun = head if relation in ("det", "predet", "amod") else at
    time = relation == "det" and _is_near_time(parse, noun)
    if time and parse.lower[at] == "that":
        return not any(parse.tags[i] == "CD" for i in range(at))  # "in 2004, ... that year"
    if parse.lower[at] in _EARLIER_IN_SENTENCE and at not in parse.quoted:
        if _follows_clause(parse, at):
            return False
    aside = parse.words[at + 1 : at + 2] == (",",)  # "That, according to the union, is when"
    if (
        parse.lower[at] in ("that", "those")
        and not aside
        and any(i > at and parse.relations[i] in _RESTRICTING for i in parse.children[noun])
    ):
        return False
    if parse.lower[at] == "such" and any(parse.lower[i] == "as" for i in range(at, len(parse))):
        return False
    return not time


def _is_near_time(parse: Parse, noun: int) -> bool:
    """Whether "this" before a noun tells when, from the day of the article: "this September"."""
    if parse.tags[noun] in PROPER_TAGS:
        return parse.lower[noun] in word_class("times")
    return parse.lemmas[noun] in _THIS_TIME


def _follows_clause(parse: Parse, at: int) -> bool:
    """Whether the sentence has told something before a word: a finite verb with its subject.

    A verb that only reports the word's clause tells nothing: "Police said that man was arrested".
    """
    above = set(parse.ancestors(at))
    return any(
        parse.is_verb(i)
        and parse.is_finite(i)
        and parse.subject(i) in range(i)
        and not (i in above and parse.lemmas[i] in SAYING)
        for i in range(at)
    )


def _is_other(parse: Parse, at: int) -> bool:
    """Whether it is another of what is not named: "others", "Holt's other bill", "following"."""
    word, head = parse.lower[at], parse.heads[at]
    if word == "following":
        told = ":" in parse.words[at:]
        several = parse.tags[head] == "NNS" or parse.relations[head] in SUBJECTS
        adjective = parse.relations[at] == "amod"
        return adjective and several and parse.determiner(head) == "the" and not told
    if word == "other" and parse.tags[head] == "NN":  # "Holt's other bill"
        return any(parse.relations[i] == "poss" for i in parse.children[head])
    if word not in ("another", "others") or parse.relations[at] not in SUBJECTS:
        return False
    return not any(parse.tags[i] in (*COMMON_TAGS, *PROPER_TAGS) for i in range(at))


def _stands_for_noun(parse: Parse, at: int) -> bool:
    """Whether "the latter", "a third" or "one" stands for a noun that is not named before it."""
    word, relation = parse.lower[at], parse.relations[at]
    after = parse.tags[at + 1 : at + 2]
    if word in _FORMER_LATTER:
        alone = relation in _ARGUMENTS and parse.determiner(at) == "the"
        return alone and "and" not in parse.lower[:at] and not _follows_clause(parse, at)
    if word in _ORDINALS and at > 0 and parse.lower[at - 1] in ("a", "the"):
        noun = after and (after[0] in _IN_PHRASE or parse.words[at + 1] == "-")
        of = parse.child(at, "prep") is not None
        if noun or of or (relation not in _SUBJECT and parse.words[at + 1 : at + 2] != (",",)):
            return False
        return not any(parse.tags[i] in NOUN_TAGS for i in range(at))
    if word == "one" and parse.tags[at] == "CD":
        named = any(parse.tags[i] in NOUN_TAGS and not is_person(parse, i) for i in range(at))
        return not named and _is_counted(parse, at)
    return False


def _is_counted(parse: Parse, at: int) -> bool:
    """Whether "one" is of some kind: "One was sold", "one a day", but not "One never knows"."""
    verb, inner = parse.heads[at], [c for c in parse.children[at] if parse.is_word[c]]
    if inner:
        return [parse.relations[c] for c in inner] == ["npadvmod"]
    past = any(parse.tags[i] == "VBD" for i in (verb, *parse.children[verb]))
    return past and parse.relations[at] in _SUBJECT


def _goes_on(parse: Parse, at: int) -> bool:
    """Whether something "has since" become so, and the sentence does not say since what."""
    verb = parse.heads[at]
    has = any(parse.lemmas[i] in ("have", "'ve") for i in parse.children[verb])
    if not has or parse.relations[at] != "advmod" or parse.children[at]:
        return False
    told = word_class("times")
    return not _follows_clause(parse, at) and not any(
        parse.tags[i] == "CD" or parse.relations[i] == "acl" or parse.lower[i] in told
        for i in range(at)
    )


def _compares(parse: Parse, at: int) -> bool:
    """Whether a time is counted from one that is not named: "three weeks earlier"."""
    span = next((i for i in parse.children[at] if parse.relations[i] == "npadvmod"), None)
    if span is None or any(i > at for i in parse.children[at]):
        return False
    verb = parse.heads[at]
    if (parse.is_verb(verb) and parse.relations[verb] == "conj") or "compared" in parse.lower[:at]:
        return False  # "He fled and died hours later": from what the sentence told before
    dated = any(parse.tags[i] == "CD" and len(parse.words[i]) == 4 for i in range(at))
    last = not any(parse.is_word[at + 1 :])
    opens = parse.edges[at][0] == 0 and parse.words[at + 1 : at + 2] == (",",)
    return not dated and (last or opens)


def _points_at_place(parse: Parse, at: int) -> bool:
    """Whether "here" or "there" is a place that the sentence has not named before it."""
    if parse.relations[at] != "advmod" or parse.lemmas[parse.heads[at]] == "be":
        return False  # "The crisis is here to stay"
    named = any(
        parse.tags[i] in PROPER_TAGS or (parse.tags[i] in COMMON_TAGS and _is_place(parse, i))
        for i in range(at)
    )
    return parse.lower[at] == "here" or not named


def _is_place(parse: Parse, at: int) -> bool:
    """Whether a noun stands behind a preposition of place."""
    return parse.relations[at] == "pobj" and parse.lower[parse.heads[at]] in (
        "in",
        "at",
        "to",
        "on",
    )


def _connectives(parse: Parse) -> Iterator[tuple[str, range]]:
    """Yield connectives and their tokens: "But", "Meanwhile,", "Since then"."""
    words = [at for at in range(len(parse)) if parse.is_word[at]][:3]
    if not words:
        return
    first = parse.lower[words[0]]
    opening = range(words[0], words[0] + 1)
    head = parse.heads[words[0]]
    degree = head == words[0] + 1 and parse.tags[head][:2] in ("JJ", "RB")  # "So far", "So many"
    governs = degree or parse.child(words[0], "pobj") is not None  # "Besides the ferry, ..."
    if (
        first in word_class("connectives")
        and not governs
        and parse.text[parse.ends[words[0]] :][:1] != "-"
    ):
        yield f"connective:{first}", opening
    elif first in word_class("list_openers") and parse.text[parse.ends[words[0]] :][:1] == ",":
        yield f"connective:{first}", opening
    for at in range(words[0] + 1, len(parse)):
        if at not in parse.quoted and _turns(parse, at):
            yield f"connective:{parse.lower[at]}", range(at, at + 1)
    pair = parse.child(parse.heads[words[0]], "conj") is not None  # "Both Holt and Sund"
    if first == "both" and parse.relations[words[0]] in ("det", "predet") and not pair:
        yield "demonstrative:both", range(0)
    if _tells_half(parse):
        yield "connective:not_only", range(0)
    for at in range(2, len(parse)):
        example = parse.lower[at] in ("example", "instance") and parse.lower[at - 1] == "for"
        if example and parse.words[at - 2] == "," and at not in parse.quoted:
            yield "connective:for_example", range(at - 1, at + 1)
    for size in (2, 3):
        phrase = "_".join(parse.lower[at] for at in words[:size])
        closed = parse.text[parse.ends[words[min(size, len(words)) - 1]] :][:1] == ","
        connects = phrase in word_class("connecting_phrases") or (
            closed and phrase in word_class("comma_phrases")
        )
        if len(words) >= size and connects:
            yield f"connective:{phrase}", range(words[0], words[size - 1] + 1)


def _tells_half(parse: Parse) -> bool:
    """Whether a sentence says "not only" and leaves the other half to the next one.

    Of 14 such lines that readers labelled they accepted one.
    """
    for at in range(len(parse) - 1):
        negated = parse.relations[at] == "neg" or parse.lower[at] == "not"
        if negated and parse.lower[at + 1] in _ONLY and at not in parse.quoted:
            joined = at > 0 and parse.lower[at - 1] in ("and", "but")  # "by day, and not only then"
            if not joined and _OTHER_HALF.isdisjoint(parse.lower[at:]):
                return True
    return False


def is_bound(parse: Parse) -> bool:
    """Whether a sentence says nothing without what it goes on from: "Instead, ..."."""
    return _any_bound(parse, _connectives(parse))


def _any_bound(parse: Parse, connectives: Iterable[tuple[str, range]]) -> bool:
    """Whether one of a sentence's connectives cannot be left out."""
    bound = word_class("bound_connectives")
    return any(
        sign.partition(":")[2] in bound or any(_is_dated(parse, at) for at in tokens)
        for sign, tokens in connectives
    )


def _is_dated(parse: Parse, at: int) -> bool:
    """Whether a word says when something was: "she was *then* mayor"."""
    return parse.lower[at] == "then" and at > 0 and parse.lemmas[at - 1] in ("be", "have")


def unconnected(parse: Parse) -> str:
    """Return the sentence without the words that connect it to the one before it.

    Empty if it has none, or if they cannot be left out: "Otherwise", "not only", "Thus was born",
    "In response to the vote", and whatever opens a quotation.
    """
    found = list(_connectives(parse))
    gone = {at for _, tokens in found for at in tokens}
    if not gone or any(not tokens for _, tokens in found) or not gone.isdisjoint(parse.quoted):
        return ""
    if _any_bound(parse, found) or parse.words[0] in "([":
        return ""
    kept = frozenset(range(len(parse))) - gone
    governed = any(parse.heads[at] in gone and parse.is_word[at] for at in kept)
    words = [at for at in sorted(kept) if parse.is_word[at]]
    if len(words) < _FEWEST or governed or parse.tags[words[0]] in FINITE_TAGS:
        return ""
    subject = next((at for root in parse.roots if (at := parse.subject(root)) is not None), None)
    for at in list(gone):  # with the commas around it, but for the one after a fronted phrase
        after = parse.words[at + 1] if at + 1 < len(parse) else "."
        if after == ",":
            gone.add(at + 1)
        told = subject is not None and subject < at
        # The comma before "also" closes what stands before it: "Kell, a port, also has ...".
        if at > 0 and parse.words[at - 1] == "," and not after[0].isalnum():
            if after != "," or told:
                gone.add(at - 1)
    left = [at for at in range(len(parse)) if at not in gone]
    text = parse.words[left[0]]
    for before, at in pairwise(left):
        apart = any(c.isspace() for c in parse.text[parse.ends[before] : parse.starts[at]])
        text += " " * (apart and parse.words[at] not in _CLOSING) + parse.words[at]
    return text[:1].upper() + text[1:]


def _turns(parse: Parse, at: int) -> bool:
    """Whether a word inside the sentence goes on from an earlier one: "This time, however, ...".

    "Also" does unless it adds to an earlier part of the sentence.
    """
    word = parse.lower[at]
    if parse.relations[at] != "advmod" or parse.heads[at] not in parse.roots:
        return False
    if word in word_class("turning_adverbs"):  # a cut has the marks in its text alone
        earlier, later = parse.text[: parse.starts[at]], parse.text[parse.ends[at] :]
        return earlier.rstrip().endswith(",") and later[:1] in (",", ".", "")
    if word == "also":
        adds = not {"but", "only"}.isdisjoint(parse.lower[:at])
        return not adds and FINITE_TAGS.isdisjoint(parse.tags[: parse.heads[at]])
    before = at + 1 == parse.heads[at] or parse.heads[at + 1 : at + 2] == (parse.heads[at],)
    clauses = any(parse.relations[i] == "advcl" for i in parse.children[parse.heads[at]])
    return word in ("then", "further") and before and not clauses


_PLACE = r"[A-Z][\w.'’]+(?:[ -](?:[A-Z][\w.'’]+|de|la|of)){0,3}"
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?"
    r"|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_DATE = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})(?:, ?\d{{4}}| \d{{4}})?"
_PARTY = r"(?!\([DRI](?:[-–,. ][\w. -]*)?\))"  # "Sen. Ada Holt (D-Nor.)" is no place
_AGENCY = rf"(?:{_PARTY}\([A-Z][\w .&/-]{{1,30}}\)|/[A-Z][\w .-]{{2,25}}/(?=[\s–—-]))"
_DASH = r"(?:--?|–|—|:|_|\|)"
_CAPITALS = r"[A-Z][A-Z.' -]{2,30}"
_STATE = r"(?:[A-Z]{2}|(?:[A-Z]\.){2})"
_CITIES = rf"(?:{_PLACE}|{_CAPITALS})(?:/(?:{_PLACE}|{_CAPITALS}))*"
_BYLINE = r"(?:By (?:[A-Z][\w.'’-]+ ){1,3}(?=[A-Z]{3}))?"
_BULLET = re.compile(
    r"[\s•·▪●◦‣∙*–—-]+(?=[^\sa-z])|[\s•·▪●◦‣∙*]+(?=\S)"
    r"|\[?\d{1,2}:\d\d(?::\d\d)?\]? (?=[A-Z])|\d{1,2}/(?:\d{1,2})? (?=[A-Z])"
    r"|[.,;] +(?=[A-Z])"  # what a link or a picture before the sentence left
)
_DATELINE = re.compile(
    rf"{_BYLINE}(?:{_CITIES}(?:, {_PLACE})?(?:, ?{_DATE})? ?{_AGENCY} ?{_DASH}? ?"
    rf"|{_AGENCY} ?{_DASH}? ?"
    rf"|{_CAPITALS}(?:/{_CAPITALS})*(?:, {_PLACE})?(?:, ?{_DATE})? {_DASH} "
    rf"|{_PLACE}(?:, {_PLACE})?, ?{_DATE} {_DASH} "
    rf"|{_PLACE}(?:, {_PLACE})? (?:--|–|—) "
    rf"|{_PLACE}, {_STATE} ?-{{1,2}} ?"
    rf"|[\[(]{_PLACE}(?:, {_PLACE})?[\])] ?{_DASH} "
    rf"|[A-Z][A-Z.' ]{{3,30}}(?:, {_PLACE})? ?(?:--|–|—|_))(?=[\"“A-Z])"
)
_LABEL = re.compile(
    r"(?:Background|Objectives?|Aims?|Methods?|Results?|Findings?|Conclusions?|Interpretation"
    r"|Importance|Setting|Design|Summary|Update[ds]?|Breaking|Exclusive|Watch|Video|Analysis"
    r"|Opinion|Note|Correction|Q|A|Introduction|Purpose|Discussion|Significance"
    r"|What['’]s (?:next|new)|Why it matters"
    r"|The (?:big picture|bottom line|latest|intrigue|numbers|backdrop)"
    r"|By the numbers|Between the lines|Driving the news|State of play|Go deeper|Of note"
    r"|What they['’]re saying|Reality check|Flashback) ?: +(?=\S)",
    re.IGNORECASE,
)
_TIME = r"(?: at)? \d{1,2}(?::\d\d)? [ap]\.?m\.?(?: [AECMP][SD]?T)?"
_SHOUT = re.compile(
    rf"(?:(?:CLOSE|WATCH|UPDATED?|BREAKING|VIDEO|LIVE|MORE|READ|EXCLUSIVE|CORRECTION|PHOTOS?|NEW)"
    rf"(?:,?{_TIME})?|Updated?:?,?{_TIME}):? (?=[\"“A-Z])"
)


_CAPTION = re.compile(r"(?:(?:CLOSE|WATCH|VIDEO|PHOTOS?):?|Image) (?=[\"“A-Z])")


def is_caption(text: str) -> bool:
    """Whether a text is marked as the caption of a video or photograph: "CLOSE Ferries left"."""
    return _CAPTION.match(text) is not None


_SHORTEST_BODY = 12
"""Characters of a sentence up to which what looks like a label belongs to it."""


def body_start(text: str) -> int:
    """Return the offset where the sentence itself begins in ``text``; 0 without a prefix."""
    bullet = _BULLET.match(text)
    start = least = bullet.end() if bullet else 0
    for pattern in (_SHOUT, _LABEL, _DATELINE):
        if match := pattern.match(text, start):
            start = match.end()
    return start if len(text) - start > _SHORTEST_BODY else least


_TICKER = re.compile(
    r" \((?:(?:[A-Z][\w.]*(?: [A-Z]\w*){0,2} ?: ?[A-Z][A-Z\d]{0,5}|[A-Z]{2,6} ?: ?\d{4,6})"
    r"(?:[.-][A-Z]{1,2})?(?:[;,] )?)+\)"
)
"""Where the shares of a firm are sold, as press releases say it: " (NYSE: NVK)"."""


def body(text: str) -> str:
    """Return the sentence without bullet, dateline and label, and without a firm's tickers."""
    return _TICKER.sub("", text[body_start(text) :])
