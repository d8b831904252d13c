"""What a number in a sentence counts: its noun, what is said of it, and what limits it.

"In Lenz, two firefighters were hurt on Thursday" counts firefighters of whom it is said that they
were hurt. Read from the parse: the number's noun or unit, the verb or adjective above it with the
noun's role, and the other dependents of that predicate.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import floor, inf, log10

from briefing.language import Parse
from briefing.language.dates import Date
from briefing.language.facts import Reading, read_line
from briefing.language.parse import NOUN_TAGS, PROPER_TAGS
from briefing.language.quantities import Quantity
from briefing.language.structure import NEGATORS, SAYING, Structure
from briefing.language.tokens import fold, stem
from briefing.language.word_lists import groups, word_class

_NO_UNIT = frozenset({"th", "time", "code", "part"})
_NUMERIC = frozenset({"nummod", "quantmod", "compound", "nmod"})
_OBJECTS = frozenset({"dobj", "nsubjpass"})
_PARTIAL = frozenset(
    "more other others another additional further extra only one remaining".split()
)
"""Words that mark a partial count: "three more boats", "one of them"."""
_AT_LEAST = frozenset("least than over exceeding".split())
_AT_MOST = frozenset("most up under below fewer less almost nearly".split())
_ROUGHLY = frozenset("about around roughly approximately some estimated close".split())
_TOLERANCE = 0.15
_ROUNDED = 0.025
"""Largest relative error of a number rounded without a word such as "about"."""
_JOINED = frozenset({"/", "-", "–"})
"""Between the numbers of a date, a score or a range."""
_HEDGES = _ROUGHLY | _AT_LEAST | _AT_MOST
_NOUNS = frozenset({"compound", "nmod", "pobj"})
_LIGHT = frozenset("DT IN TO CC CD MD PRP PRP$ WDT WP WP$ WRB EX POS RP PDT SYM $".split())
_SPANS = frozenset(map(stem, "hour day week month year decade".split()))
_RELATIVE = frozenset({"WDT", "WP"})
_EACH = frozenset("a an per each every".split())
_TO_OR_FROM = frozenset("since until till through from between to before after".split())
"""Words that make a date one end of a period."""
_AGAINST = NEGATORS | {"against"}


@dataclass(frozen=True, slots=True)
class Count:
    """A number in a sentence, with the values ``low`` to ``high`` that it allows.

    ``noun`` is the stem of the counted noun, or the unit. ``said`` is what is said of it: the
    predicate and the noun's role, or the name of a group of predicates (``grouped``). ``subject``
    and ``object`` hold the stems of the predicate's, the head first, ``frame`` all stems below the
    predicate, ``limits`` those that make it another claim, ``kind`` the nouns that say
    which of the counted ("train drivers", "votes in favour"), ``turns`` what changes its truth
    (denial, "may", "is to"), ``names`` those of the frame, ``dates`` and ``words`` those of the
    sentence; a date has its kind before it, such as weekday or year, and
    ``said_on`` are those of a report.
    """

    quantity: Quantity
    text: str
    start: int
    end: int
    low: float
    high: float
    noun: str
    said: str
    grouped: bool
    subject: tuple[str, ...]
    object: tuple[str, ...]
    frame: frozenset[str]
    limits: frozenset[str]
    kind: frozenset[str]
    turns: frozenset[str]
    names: frozenset[str]
    dates: frozenset[tuple[str, str]]
    said_on: frozenset[tuple[str, str]]
    words: frozenset[str]


def counts(parse: Parse) -> Iterator[Count]:
    """Yield the numbers of a sentence that count something, without ranges and partial counts."""
    reading, tree = read_line(parse.text), Structure([parse])
    for quantity in reading.numbers:
        near = reading.words[max(0, quantity.first - 1) : quantity.last + 2]
        partial = any(word.key in _PARTIAL for word in near)
        joined = _JOINED & {reading.words[quantity.first].gap, _gap_after(reading, quantity)}
        if quantity.unit in _NO_UNIT or quantity.vague or quantity.also or partial or joined:
            continue
        node = _node(parse, reading, quantity)
        state = "" if quantity.unit or quantity.measure else _state(parse, node)
        noun = quantity.unit or quantity.measure or (_PEOPLE if state else _noun(parse, node))
        found = _predicate(parse, node, noun) if noun else None
        if state and found is None:
            found = _Found(noun, node, node, "", ())  # "Twelve dead in a fire"
        if found and not (noun in _SPANS and parse.lower[found.verb] == "old"):
            yield _count(parse, tree, reading, quantity, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """A counted noun, its token, the predicate above it, its role there, the nouns between."""

    noun: str
    node: int
    verb: int
    role: str
    passed: tuple[str, ...]


def _gap_after(reading: Reading, quantity: Quantity) -> str:
    after = reading.words[quantity.last + 1 : quantity.last + 2]
    return after[0].gap if after and after[0].key[0].isdigit() else ""


def _node(parse: Parse, reading: Reading, quantity: Quantity) -> int:
    """The token of the counted noun or of the unit: "people" of "12 people"."""
    end = reading.words[quantity.last].end
    at = max(at for at in range(len(parse)) if parse.starts[at] < end)
    while parse.relations[at] in _NUMERIC and parse.heads[at] > at:
        at = parse.heads[at]
    return at


def _noun(parse: Parse, node: int) -> str:
    return stem(parse.lower[node]) if parse.tags[node] in NOUN_TAGS else ""


_PEOPLE = stem("people")


def _state(parse: Parse, node: int) -> str:
    """The group of the state of those who are counted without a noun: "12 dead", "69 aboard"."""
    if parse.tags[node] in NOUN_TAGS - {"NN"} or parse.relations[node] in _NUMERIC:
        return ""
    numbered = any(parse.tags[at] == "CD" for at in (node, *parse.children[node]))
    if not numbered:
        return ""
    if parse.tags[node] != "CD":
        return _groups().get(f"{parse.lower[node]}/subject", "")
    after = node + 1
    if after == len(parse) or parse.tags[after] in NOUN_TAGS:
        return ""
    return _groups().get(f"{parse.lower[after]}/subject") or _placed(parse, after)


def _placed(parse: Parse, at: int) -> str:
    """The group of a place, with what it is of or without: "aboard", "aboard the ferry"."""
    return _groups().get(_place(parse, at)) or _groups().get(parse.lower[at], "")


def _predicate(parse: Parse, node: int, noun: str) -> _Found | None:
    """The verb or adjective above a noun, the noun's role, and the nouns passed on the way."""
    at, role, passed = node, "", list[str]()
    while parse.heads[at] != at:
        relation, head = parse.relations[at], parse.heads[at]
        if relation == "conj":
            at = head
            continue
        if relation == "pobj":
            role, head = role or f"prep {parse.lower[head]}", parse.heads[head]
        role = role or ("object" if relation in _OBJECTS else relation)
        if parse.is_verb(head) or parse.tags[head] == "JJ":
            return _Found(noun, node, head, role, tuple(passed))
        passed.append(parse.lower[head])
        at = head
    return None


def _count(
    parse: Parse, tree: Structure, reading: Reading, quantity: Quantity, found: _Found
) -> Count:
    verb, top = found.verb, _clause(parse, found.verb)
    if parse.lemmas[verb] == "be" and found.role == "nsubj":
        verb = parse.child(verb, "acomp", "attr") or verb
    dated = {reading.words[i].start for i in reading.dated}
    content = [
        at for at in parse.subtree(top) if not _light(parse, at) and parse.starts[at] not in dated
    ]
    group = _group(parse, found, verb)
    whose = _host(parse, found.verb) or _vessel(parse, tree, found)
    start, end = _span(reading, quantity)
    low, high = _bounds(reading, quantity)
    return Count(
        quantity=quantity,
        text=reading.text[start:end],
        start=start,
        end=end,
        low=low,
        high=high,
        noun=found.noun,
        said=group
        or " ".join((stem(parse.lemmas[verb].lower()), found.role, *map(stem, found.passed))),
        grouped=bool(group),
        subject=whose or _filler(parse, tree, top, "subject", found.node),
        object=() if whose else _filler(parse, tree, top, "object", found.node),
        frame=_stems(parse, content),
        limits=_stems(parse, _limits(parse, found.node, top, dated)) | _beside(reading, quantity),
        kind=_stems(parse, _modifiers(parse, found.node, dated, _NOUNS)),
        turns=frozenset(_turns(parse, tree, top)),
        names=_stems(parse, [at for at in content if _is_name(parse, at)]),
        dates=frozenset(_dates(parse, reading, said=False)),
        said_on=frozenset(_dates(parse, reading, said=True)),
        words=frozenset(word.stem for word in reading.words),
    )


def _dates(parse: Parse, reading: Reading, *, said: bool) -> Iterator[tuple[str, str]]:
    """The kind and normal form of each date; "since Friday" is another than "on Friday".

    With ``said`` only of those on which something was said.
    """
    for date in reading.dates:
        before = reading.words[date.first - 1].key if date.first else ""
        kind = " ".join(sorted(part for part, _ in date.parts))
        last = reading.words[date.last : date.last + 2]
        whose = any(fold(word.text).endswith("'s") for word in last)  # "after Friday night's vote"
        end = before in _TO_OR_FROM and not whose
        if not said or _is_of_saying(parse, reading, date):
            yield kind, f"{before} {date.norm}" if end else date.norm


def _is_of_saying(parse: Parse, reading: Reading, date: Date) -> bool:
    """Whether a date is that of a report: "the coast guard said on Wednesday"."""
    start = reading.words[date.first].start
    at = max(at for at in range(len(parse)) if parse.starts[at] <= start)
    verb = parse.governing_verb(at)
    return verb is not None and parse.lemmas[verb] in SAYING


def _clause(parse: Parse, predicate: int) -> int:
    """The verb whose clause an adjective belongs to; a verb is its own."""
    above = None if parse.is_verb(predicate) else parse.governing_verb(predicate)
    return predicate if above is None else above


def _host(parse: Parse, adjective: int) -> tuple[str, ...]:
    """The noun of an adjective: "jewels worth 400,000 dollars"."""
    if parse.is_verb(adjective):
        return ()
    head = parse.heads[adjective]
    noun: int | None = head
    if parse.relations[adjective] == "oprd":
        noun = parse.child(head, "dobj", "nsubjpass")
    elif parse.relations[adjective] == "acomp":
        noun = parse.subject(head)
    return (stem(parse.lower[noun]),) if noun is not None else ()


def _vessel(parse: Parse, tree: Structure, found: _Found) -> tuple[str, ...]:
    """What those counted are aboard: "69 people aboard the ferry", "the ferry had 69 aboard"."""
    for at in (*parse.children[found.node], *parse.children[found.verb]):
        if _placed(parse, at):
            place = parse.child(at, "pobj")
            if place is not None and _place(parse, at) in _groups():  # "on board the ferry"
                place = parse.child(found.node, "appos")
            if place is None:
                return _filler(parse, tree, found.verb, "subject", found.node)
            inside = [i for i in parse.subtree(place) if i != place and not _light(parse, i)]
            return tuple(stem(parse.lower[i]) for i in (place, *inside))
    return ()


def _stems(parse: Parse, tokens: Iterable[int]) -> frozenset[str]:
    return frozenset(stem(parse.lower[at]) for at in tokens)


def _group(parse: Parse, found: _Found, verb: int) -> str:
    """The group of predicates that say the same of those counted; empty if there is none."""
    known = _groups()
    if found.noun == _PEOPLE and (said := _state(parse, found.node)):
        return said
    beside = parse.children[found.verb] if found.role == "attr" else []  # "there were 69 aboard"
    for at in (*parse.children[found.node], *beside):
        if group := _placed(parse, at):
            return group
    if found.role == "prep of" and found.passed:
        return known.get(f"{found.passed[0]}/of", "")
    role = "subject" if found.role == "nsubj" else found.role
    if role == "subject" and parse.tags[verb] == "VBN" and parse.child(verb, "aux") is None:
        role = "object"  # "with three guards shot dead"
    group = known.get(f"{parse.lemmas[verb].lower()}/{role}", "")
    group = group or known.get(f"{parse.lower[verb]}/{role}", "")
    if role == "object" and not group and (state := parse.child(verb, "oprd")) is not None:
        return known.get(f"{parse.lower[state]}/subject", "")  # "left 40 families homeless"
    return group


def _place(parse: Parse, at: int) -> str:
    """An adverb or a preposition with its noun: "aboard", "on-board"."""
    noun = parse.child(at, "pobj")
    return "-".join(parse.lower[i] for i in (at, noun) if i is not None)


@cache
def _groups() -> dict[str, str]:
    return {word: name for name, *words in groups("counted") for word in words}


def _light(parse: Parse, at: int) -> bool:
    return parse.tags[at] in _LIGHT or not parse.is_word[at]


def _filler(parse: Parse, tree: Structure, verb: int, role: str, node: int) -> tuple[str, ...]:
    """The stems of the predicate's subject or object, the head first, if it is not counted."""
    for at in tree.fillers.get((verb, role), []):
        if node not in parse.subtree(at):
            if parse.tags[at] in _RELATIVE and parse.relations[verb] == "relcl":
                at = parse.heads[verb]  # "a roof, which costs ..."
                return (stem(parse.lower[at]),)
            inside = [i for i in parse.subtree(at) if i != at and not _light(parse, i)]
            return tuple(stem(parse.lower[i]) for i in (at, *inside))
    return ()


def _limits(parse: Parse, node: int, top: int, dated: Collection[int]) -> Iterator[int]:
    """The adjectives of the counted noun, and the adverbs of the predicate."""
    yield from _modifiers(parse, node, dated, frozenset({"amod"}))
    for at in parse.children[top]:
        if parse.relations[at] == "advmod" and parse.lower[at] not in word_class("function"):
            yield at


def _modifiers(
    parse: Parse, node: int, dated: Collection[int], relations: Collection[str]
) -> Iterator[int]:
    """The dependents of the counted noun by these relations, without dates and hedges."""
    known = {i for at in parse.children[node] if _placed(parse, at) for i in parse.subtree(at)}
    if _state(parse, node):
        known.add(node + 1)
    for at in parse.subtree(node):
        modifies = at != node and parse.relations[at] in relations and at not in known
        hedge = parse.lower[at] in _HEDGES or parse.starts[at] in dated
        if modifies and not hedge and not _light(parse, at):
            yield at


def _beside(reading: Reading, quantity: Quantity) -> frozenset[str]:
    """Ordinals and periods: "in the second round", "over three years", "dollars a year"."""
    after = reading.words[quantity.last + 1 : quantity.last + 4]
    rate = [
        f"#per {span.stem}"
        for each, span in pairwise(after)
        if each.key in _EACH and span.stem in _SPANS
    ]
    return frozenset(rate) | frozenset(
        f"#{other.norm} {other.measure}"
        for other in reading.numbers
        if other is not quantity and (other.unit == "th" or other.measure in _SPANS)
    )


def _is_name(parse: Parse, at: int) -> bool:
    return parse.tags[at] in PROPER_TAGS and parse.words[at][0].isupper()


def _turns(parse: Parse, tree: Structure, verb: int) -> Iterator[str]:
    if tree.denied(verb) or any(parse.lower[at] in _AGAINST for at in parse.children[verb]):
        yield "not"
    if modal := tree.modal(verb):
        yield modal.replace("would", "will")
    elif tree.meant(verb):
        yield "meant"
    elif _pending(parse, verb):
        yield "will"
    if tree.condition(verb):
        yield "if"


def _pending(parse: Parse, verb: int) -> bool:
    """Whether the predicate is still to come: "is cutting jobs", "is to buy"."""
    head = parse.heads[verb]
    is_to = parse.relations[verb] == "xcomp" and parse.lemmas[head] == "be"
    present = any(parse.tags[at] in ("VBZ", "VBP") for at in parse.children[verb])
    return is_to or (parse.tags[verb] == "VBG" and present)


def _bounds(reading: Reading, quantity: Quantity) -> tuple[float, float]:
    """The values that the number allows: more with "at least", less with "up to"."""
    value = quantity.value
    before = {w.key for w in reading.words[max(0, quantity.first - 2) : quantity.first]}
    low, high = value, value
    if before & _AT_LEAST:
        high = inf
    elif before & _AT_MOST:
        low = -inf
    if before & _ROUGHLY:
        low, high = low - _TOLERANCE * abs(value), high + _TOLERANCE * abs(value)
    return low, high


def agree(one: Count, other: Count) -> bool:
    """Whether both numbers can be true of one quantity: equal, rounded, or a bound of it."""
    meet = max(one.low, other.low) <= min(one.high, other.high)
    return meet or same_value(one, other)


def same_value(one: Count, other: Count) -> bool:
    """Whether the numbers are equal, or one is the other rounded."""
    a, b = one.quantity.value, other.quantity.value
    near = abs(a - b) <= _ROUNDED * max(abs(a), abs(b))
    return a == b or (near and (_rounded(a, b) or _rounded(b, a)))


def _rounded(rough: float, exact: float) -> bool:
    """Whether ``rough`` is ``exact`` with fewer digits; small integers are never rounded."""
    if not rough or not exact or abs(exact) < 10:
        return float(exact).is_integer() is False and round(exact) == rough
    digits = len(f"{rough:.0f}".rstrip("0").lstrip("-")) if float(rough).is_integer() else 0
    if not digits:
        return False
    size = floor(log10(abs(exact))) + 1
    return size > digits and round(exact, digits - size) == rough


def _span(reading: Reading, quantity: Quantity) -> tuple[int, int]:
    """Character offsets of the number with its currency sign, per cent sign and unit."""
    text = reading.text
    start, end = reading.words[quantity.first].start, reading.words[quantity.last].end
    if start and text[start - 1] in "$£€¥₹":
        start -= 1
    if text[end : end + 1] == "%":
        return start, end + 1
    after = reading.words[quantity.last + 1 : quantity.last + 3]
    if quantity.unit == "%" and after:
        last = after[1] if after[0].key == "per" and len(after) > 1 else after[0]
        return start, last.end
    if (quantity.unit or quantity.measure) and after and text[start] not in "$£€¥₹":
        return start, after[0].end
    return start, end
