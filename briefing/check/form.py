"""Is a line well formed? Loops, cut ends, fragments, dangling pronouns, boilerplate.

These are the known ways in which a small sequence-to-sequence model degenerates (Holtzman et al.
2020, "The curious case of neural text degeneration") and the marks of a line that does not stand
alone. The verb test has no parser behind it and is lenient on purpose.
"""

import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from briefing.brief import Section
from briefing.check.lexicon import FUNCTION, IRREGULAR, word_list
from briefing.check.verbs import AUXILIARY, NOT_VERBS, VERBS
from briefing.check.words import Token, fold, ordinary, tokens

_LENGTHS = {Section.HEADLINE: (3, 14), Section.KEY_POINTS: (5, 30), Section.CONTEXT: (5, 45)}
_CUT_END = frozenset(
    word_list(
        "a an the and or but nor of for at from with as into onto than because although while "
        "whether which who whose that my your his their our its is are was were be been being has "
        "have had will would could may might should must very"
    )
)
_STRANDED = frozenset(word_list("in on to by after before about over under during between against"))
_DANGLING = frozenset(
    word_list(
        "he she they it this these those his her their its him them that here there such both "
        "another"
    )
)
_DANGLING_PHRASES = ("the former", "the latter", "the pair", "the two", "the same", "the trio")
_DUMMY = re.compile(
    r"(?:it (?:is|was|has been|will be|remains|became|emerged)\b(?! \w+ing\b)"
    r"|there (?:is|are|was|were|has|have|will)"
    r"|this (?:year|week|month|summer|season|time)|that said)\b",
    re.IGNORECASE,
)
_BRACKETS = frozenset("()[]")
_BOILERPLATE = re.compile(
    r"\b(?:read more|click here|story continues|sign up|subscribe|follow us|scroll down|"
    r"watch (?:the )?video|advertisement|all rights reserved|share this|getty images|"
    r"image (?:copyright|caption)|newsletter|cookies?|javascript|please enable|"
    r"more on this story|related (?:stories|articles))\b",
    re.IGNORECASE,
)
_SUBORDINATES = frozenset(
    word_list("while when if although though because who which whose where unless")
)
_TELLS = frozenset(
    word_list(
        "said says say announced announces reported reports found finds showed shows confirmed "
        "confirms claimed claims warned warns believe believes added told today"
    )
)
_WITH_INFINITIVE = frozenset(
    word_list(
        "decision plan plans bid effort efforts move proposal attempt attempts agreement order "
        "offer right power ability chance way need"
    )
)
"""Nouns whose infinitive is no headline: "A decision to ban"; "Leaders to meet" is one."""
_LATER = frozenset(word_list("after when because while if since until unless although"))
_RELATIVES = frozenset(word_list("who which whose where"))
_SHORT_TAIL = 3
_SHORT_FORMS = frozenset(word_list("sens reps govs miss corp prof capt supt messrs"))
_AFTER_PARTICIPLE = frozenset(
    word_list(
        "by in on at for with to from as during after before around across through into over "
        "under between among outside"
    )
)
_CAN_REPEAT = frozenset(word_list("had that very bye no so far new york"))


def problems(line: str, section: Section | None = None) -> tuple[str, ...]:
    """What is wrong with the form of ``line``; empty for a well-formed one.

    The words are stable identifiers: ``empty``, ``loop``, ``unbalanced``, ``bare-quote``,
    ``cut-short``, ``no-verb``, ``fragment``, ``run-on``, ``dangling``, ``lower-case``,
    ``boilerplate``, ``no-content``, ``too-short``, ``too-long``. Lengths are only judged for a
    ``section``.
    """
    return tuple(_problems(line, section))


def malformed(
    line: str, section: Section | None = None, faults: Container[str] | None = None
) -> bool:
    """Whether anything, or anything among ``faults``, is wrong with the form of ``line``.

    Stops at the first fault.
    """
    return any(faults is None or name in faults for name in _problems(line, section))


def _problems(line: str, section: Section | None) -> Iterator[str]:
    words = tokens(line)
    if not words:
        yield "empty"
        return
    if loops(words):
        yield "loop"
    if unbalanced(line):
        yield "unbalanced"
    if bare_quote(line):
        yield "bare-quote"
    if cut_short(line, words):
        yield "cut-short"
    if not may_have_verb(words):
        yield "no-verb"
    if fragment(words, section is Section.HEADLINE):
        yield "fragment"
    if dangling(line):
        yield "dangling"
    if _run_on(words):
        yield "run-on"
    if words[0].text[0].islower() and words[0].text == words[0].key:
        yield "lower-case"
    if _BOILERPLATE.search(line):
        yield "boilerplate"
    if _no_content(words):
        yield "no-content"
    if section is not None:
        least, most = _LENGTHS[section]
        size = len(line.split())
        if size < least:
            yield "too-short"
        if size > most:
            yield "too-long"


def loops(words: Sequence[Token]) -> bool:
    """True for "recruit recruit", or a phrase of three or more words that comes twice."""
    keys = [t.key for t in words]
    for at in range(1, len(keys)):
        same = keys[at] == keys[at - 1] and words[at].gap in (" ", ", ", "-")
        if same and keys[at] not in _CAN_REPEAT and not keys[at][0].isdigit():
            return True
    for size in (2, 3):
        for at in range(len(keys) - 2 * size + 1):
            one = keys[at : at + size]
            again = one == keys[at + size : at + 2 * size]
            if again and not set(one) <= FUNCTION | _CAN_REPEAT:
                return True
    return _far_loop(keys)


def _far_loop(keys: Sequence[str]) -> bool:
    """A run of four words, not all grammatical, that comes twice."""
    seen: set[tuple[str, ...]] = set()
    for at in range(len(keys) - 3):
        run = tuple(keys[at : at + 4])
        if run in seen and sum(k not in FUNCTION for k in run) > 1:
            return True
        seen.add(run)
    return False


def unbalanced(line: str) -> bool:
    """True where a double quotation mark or a bracket has no partner."""
    folded = fold(line)
    if folded.count('"') % 2:
        return True
    if _BRACKETS.isdisjoint(folded):
        return False
    depth = 0
    for c in folded:
        depth += (c in "([") - (c in ")]")
        if depth < 0:
            return True
    return depth != 0


def bare_quote(line: str) -> bool:
    """True where the line is a quotation and nothing else: nobody is named who said it."""
    inner = fold(line).strip(" .,")
    return len(inner) > 2 and inner[0] == inner[-1] == '"' and '"' not in inner[1:-1]


def cut_short(line: str, words: Sequence[Token]) -> bool:
    """True where the line ends on a word that something must follow."""
    stripped = line.rstrip()
    if stripped.rstrip(".").endswith((",", ";", ":", "-", "–", "—", "…")) or "..." in stripped[-4:]:
        return True
    last = words[-1]
    if last.key in ("says", "said", "say") and len(words) > 2 and not _said_before(line):
        return True
    if last.text[0].isupper() and len(words) > 1:
        return False  # a name: "in May", "from the US"
    bare = stripped[-1:].isalnum()
    return last.key in _CUT_END or (bare and last.key in _STRANDED and len(words) > 3)


def _said_before(line: str) -> bool:
    """Whether something stands before the speaker: "Pay must rise, the union says"."""
    return "," in line or fold(line).count('"') > 1


def dangling(line: str) -> bool:
    """True where the line starts with a pronoun or phrase that points outside it."""
    words = tokens(line)
    start = line.lstrip(" \"'“‘")
    if not words or _DUMMY.match(start):
        return False
    return words[0].key in _DANGLING or start.lower().startswith(_DANGLING_PHRASES)


def _run_on(words: Sequence[Token]) -> bool:
    """True where a second sentence begins inside the line: "... by Mr Holt. Holt, though"."""
    return any(
        token.initial
        and token.capital
        and token.gap.startswith((". ", "! ", "? "))
        and not (before.capital and (len(before.text) < 4 or before.key in _SHORT_FORMS))
        for before, token in pairwise(words)
    )


def _no_content(words: Sequence[Token]) -> bool:
    """True for "He said on Tuesday." and other lines that state nothing."""
    heavy = [
        t for t in words if not t.function and IRREGULAR.get(t.key, t.key) not in ("say", "tell")
    ]
    return len(heavy) < (1 if words[0].key == "there" else 2)


def has_verb(words: Sequence[Token]) -> bool:
    """True where some word looks like a finite verb."""
    title = _title_case(words)
    return any(verb_like(words, at, title) for at in range(len(words)))


def may_have_verb(words: Sequence[Token]) -> bool:
    """The lenient test: also an s-form of any ordinary word with an object or preposition after."""
    return has_verb(words) or any(_s_form(words, at) for at in range(1, len(words) - 1))


def _s_form(words: Sequence[Token], at: int) -> bool:
    key, after = words[at].key, words[at + 1]
    form = key.endswith("s") and not key.endswith("ss") and ordinary(key) and len(key) > 4
    return form and not words[at].capital and (after.function or after.capital)


def fragment(words: Sequence[Token], headline: bool = False) -> bool:
    """True where every verb belongs to a subordinate clause, is a participle or an infinitive.

    "While the mood was high in the aftermath", "The proposals, all made by the president", "The
    first team to use it": the verbs are counted against the words that take one away from the
    main clause. An infinitive alone makes a headline ("Leaders to meet"), not a sentence.
    """
    aside = _asides(words)
    verbs = [at for at in range(len(words)) if verb_like(words, at) and at not in aside]
    finite = [at for at in verbs if at == 0 or words[at - 1].key != "to"]
    if headline and not finite:
        return any(token.key in _WITH_INFINITIVE for token in words)
    opening = [token.key for token in words[:2]]
    if (opening == ["ever", "since"] or opening[0] in ("after", "before")) and not any(
        "," in token.gap for token in words
    ):
        return True
    if opening == ["more", "than"] and words[2:3] and words[2].function:
        return True  # "More than in any month since it opened" lacks what is more
    if _left_over(words, finite) or _unfinished(words, verbs) or _says_no_more(words, finite):
        return True
    main = [at for at in finite if at - 1 not in finite and not _participle(words, at)]
    taken = sum(t.key in _SUBORDINATES for at, t in enumerate(words) if at not in aside)
    return len(main) <= taken


def _asides(words: Sequence[Token]) -> set[int]:
    """Places inside relative clauses between commas (", which is in Bergen and hosts it,")."""
    inside: set[int] = set()
    open_ = False
    for at, token in enumerate(words):
        if "," in token.gap:
            open_ = token.key in _RELATIVES
        if open_:
            inside.add(at)
    return inside


def _unfinished(words: Sequence[Token], verbs: Sequence[int]) -> bool:
    """True for "... said that as of Tuesday morning.": a clause is opened and has no verb."""
    opened = [at for at, token in enumerate(words) if token.key == "that"]
    if not opened:
        return False
    told = opened[-1] > 0 and words[opened[-1] - 1].key in _TELLS
    if len(words) - opened[-1] <= _SHORT_TAIL and not told:
        return False
    said = sum(at > opened[-1] for at in verbs)
    return said <= sum(token.key in _LATER for token in words[opened[-1] :])


def _says_no_more(words: Sequence[Token], finite: Sequence[int]) -> bool:
    """True for "The minister said the old church": what was said is cut off."""
    if len(finite) != 1 or words[finite[0]].key not in ("said", "says", "say"):
        return False
    after = words[finite[0] + 1 :]
    return len(after) > 1 and not any('"' in token.gap for token in words)


def _left_over(words: Sequence[Token], verbs: Sequence[int]) -> bool:
    """True for "..., and the park's owner." where only one comma says that it is no list."""
    commas = [at for at in range(1, len(words)) if "," in words[at].gap]
    if not commas or words[commas[-1]].key not in ("and", "but", "or", "while"):
        return False
    return len(commas) == 1 and not any(at > commas[-1] for at in verbs)


def _participle(words: Sequence[Token], at: int) -> bool:
    """True for ", led by", ", all recommended by" and "led by" without an auxiliary before it."""
    if words[at].key in AUXILIARY:
        return False
    helped = any(token.key in AUXILIARY for token in words[max(0, at - 3) : at])
    if words[at + 1 : at + 2] and words[at + 1].key == "by" and not helped:
        agent = words[at + 2 : at + 3]  # "led by Dr Nwosu", not "fell by half"
        return bool(agent) and (agent[0].capital or agent[0].key in ("the", "his", "her", "their"))
    comma = "," in words[at].gap or (words[at - 1].key == "all" and "," in words[at - 1].gap)
    return comma and at + 1 < len(words) and words[at + 1].key in _AFTER_PARTICIPLE


def verb_like(words: Sequence[Token], at: int, title: bool = False) -> bool:
    """True for a word that can be a finite verb where it stands (``title``: in Title Case)."""
    token = words[at]
    key = token.key
    if key in AUXILIARY or key.endswith("n't") or token.text.endswith(("'re", "'ve", "'ll")):
        return True
    if not _verb_form(key):
        return False
    if token.gap.endswith("-"):
        return False
    if token.capital and not token.initial and not title:
        return False
    if at == 0 or key in NOT_VERBS:
        return False
    before = words[at - 1]
    if before.possessive or (before.key.endswith("s") and token.gap.startswith("' ")):
        return False
    if before.key in ("a", "an", "the", "of", "his", "her", "its", "their", "my", "our", "your"):
        return False
    return _plain_form(key) or before.key not in ("new", "two", "three", "some", "many")


@lru_cache(maxsize=65536)
def _verb_form(key: str) -> bool:
    """True for a form that some verb has, wherever it stands."""
    return _plain_form(key) or _s_form_of_verb(key)


@lru_cache(maxsize=65536)
def _plain_form(key: str) -> bool:
    """A listed verb, or an ordinary word in -ed."""
    return key in VERBS or (key.endswith("ed") and len(key) > 4 and ordinary(key))


def _s_form_of_verb(key: str) -> bool:
    """``seeks``, ``plans``: a noun as well where a word before it says so."""
    if not key.endswith("s") or key.endswith("ss"):
        return False
    bases = {key[:-1], key[:-2] if key.endswith("es") else "", key[:-3] + "y"}
    return not bases.isdisjoint(VERBS)


def _title_case(words: Sequence[Token]) -> bool:
    long = [t for t in words if not t.function]
    return len(long) > 3 and sum(t.capital for t in long) > 0.8 * len(long)
