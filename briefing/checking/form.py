"""Check the form of a line: loops, truncated ends, fragments, markup, agreement.

The words are checked for the faults of small models (Holtzman et al. 2020, "The curious case of
neural text degeneration") and for page leftovers; the tree, if there is one, for a main clause. A
line that was cut from a parsed sentence inherits that sentence's tree.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from briefing.language import Parse
from briefing.language.parse import (
    AUXILIARIES,
    COMMON_TAGS,
    DOUBLE_QUOTES,
    FINITE_TAGS,
    PROPER_TAGS,
    SUBJECTS,
)
from briefing.language.tokens import (
    ABBREVIATED,
    Token,
    count_words,
    fold,
    is_spaced,
    ordinary,
    stem,
    tokens,
)
from briefing.language.word_lists import (
    ends_abbreviated_in_small,
    ends_with_title,
    irregular,
    word_class,
)
from briefing.sections import SECTIONS, Section

_MARKUP = re.compile(
    r"[<>{}|\\^~\ufffd]|&[a-z]+;|https?://|^#|\*\*|\]\(|\[\d+\]|_{2,}|@\w+\.\w|(?<!\w)@\w"
    r"|[A-Z]_[A-Z]|\bMORE\b(?! THAN\b)|\b[a-z][\w-]*\.[a-z]{2,6}/\w|\d:[A-Z]|\.\*"
    r"|\b[a-z]{2,}- (?!(?:and|or|to|but|nor|as|than)\b)[a-z]{2,}"
    r"|\([A-Z]{1,5}\.[A-Z]{1,3}\)|\s\.[A-Z]{3,5}\b"
    r"|\b[A-Z]{2,6}\d{0,2}, [+−-]\d+\.\d+%|\b[A-Z]{2}:[A-Z]{2,6}\d*\b"
)
_BOILERPLATE = re.compile(
    r"\b(?:read more|click here|story continues|all rights reserved|share this|sharing options|"
    r"getty images|"
    r"image (?:copyright|caption)|(?:use|accept|our) cookies|please enable|enable javascript|"
    r"your inbox|our (?:[\w-]+ ){0,3}newsletters?|more on this story|related (?:stories|articles)|"
    r"(?:sign ?up|subscribe) (?:now|here|(?:for|to) (?:our|the|us)\b(?=.*newsletter))|"
    r"the following (?:statement|remarks|letter)|"
    r"(?:statement|letter|text|transcript)\b[^.]{0,40} follows|"
    r"from .{2,60} on (?:vimeo|youtube))\b"
    r"|(?:^|[.:!?|] )(?:sign ?up|subscribe|follow us|scroll down|watch (?:the )?video|"
    r"advertisement)\b",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"([A-Z][a-z]{2,})[A-Z0-9]")
_LIST_ITEM = re.compile(r"\(?\d{1,3}[.)]\s")
_CAPITAL = r"[A-Z][\w.'’&/-]*"
_RUN_IN = re.compile(rf"{_CAPITAL}(?: (?:{_CAPITAL}|of|the|and|for|to|in|on)){{,7}}: (?=[A-Z\"“])")
"""A heading or speaker before the sentence: "Harbour Advisory Board: ...", "LUND: ..."."""
_MOST_LABEL = 8
"""Words of a label before a colon."""
_INGREDIENT = re.compile(
    r"\d[\d/., –-]*(?:x )?(?:[a-z]+ )?(?:\d+[- ])?(?:g|kg|ml|cl|dl|oz|ounces?|lbs?|pounds?|tbsps?|"
    r"tsps?|(?:tea|table)spoons?|cups?|cloves?|slices?|pinch|sticks?|cans?|tins?|sprigs?)\b"
)
"""How a recipe names what goes into it: "1 12-oz can of beans, cut ..."."""
_CAN_REPEAT = frozenset("had that very bye no so far new york".split())
_OPEN_TAGS = frozenset({"IN", "TO", "DT", "CC", "PRP$", "WDT", "WP", "WP$", "MD", "PDT"})
_OPENING = 4
"""Tokens of "In this passage," and the like."""
_HEADLINE_VERBS = frozenset({"VBN", "VBD", "VBZ", "VBG", "VBP"})


def form_problems(
    line: str,
    section: Section | None = None,
    parse: Parse | None = None,
    *,
    whole: bool = False,
) -> tuple[str, ...]:
    """Return the faults in the form of ``line``; empty if it is well-formed.

    The faults are stable identifiers. The length is checked only for a ``section``, the main clause
    only if there is a ``parse`` of the line. A ``whole`` sentence of the source, which a person
    wrote, needs only some clause: if the parser finds no main one, the parser is wrong.
    """
    return tuple(_problems(line, section, parse, whole))


def _problems(
    line: str, section: Section | None, parse: Parse | None, whole: bool
) -> Iterator[str]:
    words = tokens(line)
    if not words:
        yield "empty"
        return
    if stammers(words) if whole else loops(words):
        yield "loop"
    if unbalanced(line):
        yield "unbalanced"
    if bare_quote(line):
        yield "bare-quote"
    if _LIST_ITEM.match(line):
        yield "list-item"
    if section is not Section.HEADLINE and _RUN_IN.match(line):
        yield "run-in-heading"
    if line.startswith("(") and line.rstrip(".").endswith(")"):
        yield "bracketed"
    if _cut_short(line, words):
        yield "cut-short"
    if _run_on(words):
        yield "run-on"
    if words[0].text[0].islower() and words[0].text == words[0].key:
        yield "lower-case"
    if has_leftovers(line):
        yield "markup"
    if _BOILERPLATE.search(line):
        yield "boilerplate"
    if is_spaced(line) and _no_content(words):
        yield "no-content"
    if line.rstrip(" \"”'’").endswith("?"):
        yield "question"
    if section is not None:
        least, most = SECTIONS[section].words
        size = len(line.split()) if is_spaced(line) else count_words(line)
        if size < least:
            yield "too-short"
        if size > most:
            yield "too-long"
    if parse is None:
        return
    if not whole:
        yield from clause_faults(parse, headline=section is Section.HEADLINE)
    elif parse.tags[0] == "VBZ":
        if section is not Section.HEADLINE:
            yield "no-subject"  # an item of a list: "Directs the council to close the pier."
    elif _is_circumstance(parse) or not (
        any(_main_clauses(parse))
        or _has_predicate(parse)
        or (section is Section.HEADLINE and _telegraphic(parse))
    ):
        yield "no-main-clause"
        if _label_end(parse):
            yield "label"  # of a table: "Tomorrow: bright, a high of 14."
    if whole and _only_answers(parse) and not _no_content(words):
        yield "no-content"
    if whole and _is_ingredient(line, parse):
        yield "ingredient"


def has_leftovers(text: str) -> bool:
    """Whether a text has leftovers of its page: markup, an address, letters that were lost."""
    return _MARKUP.search(text) is not None or _glued(tokens(text))


def _glued(words: Sequence[Token]) -> bool:
    """Whether link text is joined to a word that the line also has alone: "Trump ... TrumpGOP".

    Not the address of a site: "HealthCare.gov".
    """
    keys = {word.text for word in words}
    gaps = [*(word.gap for word in words), ""][1:]
    return any(
        (match := _CAMEL.match(word.text)) is not None and match.group(1) in keys and gap != "."
        for word, gap in zip(words, gaps, strict=True)
    )


def stammers(words: Sequence[Token]) -> bool:
    """Whether "in in" or "to the to the" stands in it. A person's sentence may repeat phrases."""
    if any(word.gap == " " and not word.capital for word in _doubled(words)):
        return True
    return any(
        _is_stammer(pair) and all(word.gap == " " for word in words[at + 1 : at + 4])
        for at, pair in _repeated([word.key for word in words], 2)
    )


def loops(words: Sequence[Token]) -> bool:
    """Whether the words repeat: "recruit recruit", or a phrase of three or more words twice."""
    if any(word.gap in (" ", ", ", "-") for word in _doubled(words)):
        return True
    keys = [t.key for t in words]
    light = word_class("function") | _CAN_REPEAT
    for size in (2, 3):
        for _, run in _repeated(keys, size):
            if _is_stammer(run) or not set(run) <= light:
                return True
    return _far_loop(keys)


def _repeated(keys: Sequence[str], size: int) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the runs of ``size`` words that stand twice side by side, and where they begin."""
    for at in range(len(keys) - 2 * size + 1):
        run = keys[at : at + size]
        if run == keys[at + size : at + 2 * size]:
            yield at, run


def _is_stammer(run: Sequence[str]) -> bool:
    """Whether a repeated run is of two function words: "to the to the"."""
    return len(run) == 2 and run[0] != run[1] and set(run) <= word_class("function")


def _doubled(words: Sequence[Token]) -> Iterator[Token]:
    """Yield the second of two equal words side by side, but for numbers and "had had"."""
    for before, word in pairwise(words):
        if word.key == before.key and word.key not in _CAN_REPEAT and not word.key[0].isdigit():
            yield word


def _far_loop(keys: Sequence[str]) -> bool:
    """Whether a run of four words, at least two of them content words, occurs twice."""
    seen: set[tuple[str, ...]] = set()
    for at in range(len(keys) - 3):
        run = tuple(keys[at : at + 4])
        if run in seen and sum(k not in word_class("function") for k in run) > 1:
            return True
        seen.add(run)
    return False


def unbalanced(line: str) -> bool:
    """Whether a double quotation mark or a bracket is unpaired."""
    folded = fold(line)
    if folded.count('"') % 2:
        return True
    depth = 0
    for c in folded:
        depth += (c in "([") - (c in ")]")
        if depth < 0:
            return True
    return depth != 0


def half_quoted(text: str) -> bool:
    """Whether a sentence opens or closes a longer quotation, so that its speaker is elsewhere."""
    inner = fold(text).strip(" .,")
    return inner.count('"') % 2 == 1 and '"' in (inner[:1], inner[-1:])


def bare_quote(line: str) -> bool:
    """Whether the line is a quotation without a speaker."""
    inner = fold(line).strip(" .,")
    return len(inner) > 2 and inner[0] == inner[-1] == '"' and '"' not in inner[1:-1]


_LABEL = re.compile(r"(?:\d{1,3}[.)] )?[A-Z][^.:;!?\"“”()]{1,60}: (?![\"“])")


def begins_with_label(text: str) -> bool:
    """Whether a text begins with what may be a label, or may introduce the rest; no quotation."""
    return _LABEL.match(text) is not None


def labelled(parse: Parse) -> bool:
    """Whether a sentence has a label or speaker before it: "LUND: We lost.", "The walk: It is ...".

    What introduces a quotation or explains a clause is none: "The mayor wrote: ...".
    """
    end = _label_end(parse)
    after = parse.words[end + 1][:1] if end and end + 1 < len(parse) else ""
    return after.isupper() or after in DOUBLE_QUOTES


def _label_end(parse: Parse) -> int:
    """Return where the colon of a label at the beginning of a sentence is; 0 if it has none."""
    end = parse.words.index(":") if ":" in parse.words[: _MOST_LABEL + 1] else 0
    first = next((word for word in parse.words[:end] if word[:1].isalpha()), "")
    opens = first[:1].isupper() and DOUBLE_QUOTES.isdisjoint(parse.words[:end])
    plain = opens and "(" not in parse.words[:end]
    return end if plain and FINITE_TAGS.isdisjoint(parse.tags[:end]) else 0


def _only_answers(parse: Parse) -> bool:
    """Whether a quotation says nothing by itself, and beside it is only who says it: '"No," ...'.

    With what was asked it is an answer: '"No," the mayor said when asked if she would go.'.
    """
    marks = [at for at, word in enumerate(parse.words) if word in DOUBLE_QUOTES]
    if len(marks) != 2 or marks[0] != 0:
        return False
    quoted = range(marks[0], marks[1] + 1)
    if any(_has_substance(parse, at) for at in quoted):
        return False
    verb = next((at for at in parse.roots if parse.is_verb(at) and at not in quoted), None)
    if verb is None or parse.lemmas[verb] not in word_class("report_verbs"):
        return False
    told = any(
        parse.relations[at] in ("advcl", "ccomp", "xcomp", "conj") and at not in quoted
        for at in parse.children[verb]
    )
    speaker = parse.subject(verb)
    return not told and speaker is not None and speaker not in quoted


def _has_substance(parse: Parse, at: int) -> bool:
    """Whether a word is a noun, verb, adjective or number that says something."""
    heavy = parse.tags[at].startswith(("NN", "VB", "JJ", "CD"))
    return heavy and parse.lower[at] not in word_class("function")


def _is_ingredient(line: str, parse: Parse) -> bool:
    """Whether a line names an amount of food and what is done to it, without a verb before."""
    if not _INGREDIENT.match(line):
        return False
    end = parse.words.index(",") if "," in parse.words else len(parse)
    return not any(tag.startswith("VB") for tag in parse.tags[:end])


def tells_of_text(parse: Parse, article: Sequence[str]) -> bool:
    """Whether a line is about the text that it was made from: "The article highlights ...".

    Such a word is the subject of a verb in the present, or the line begins "In this passage", and
    the ``article``, its sentences, has no such word.
    """
    named = [
        at
        for at, lemma in enumerate(parse.lemmas)
        if lemma in word_class("texts")
        and any(parse.lower[i] in ("the", "this") for i in parse.children[at])
        and (_is_present_subject(parse, at) or (parse.relations[at] == "pobj" and at < _OPENING))
    ]
    told = {word.stem for sentence in article for word in tokens(sentence)} if named else set()
    return any(stem(parse.lower[at]) not in told for at in named)


def _is_present_subject(parse: Parse, at: int) -> bool:
    verb = parse.heads[at]
    tags = {parse.tags[verb], *(parse.tags[i] for i in parse.children[verb] if i < verb)}
    return parse.relations[at] in SUBJECTS and not tags.isdisjoint({"VBZ", "VBP"})


def _cut_short(line: str, words: Sequence[Token]) -> bool:
    """Whether the line ends on a word or mark that cannot end a sentence."""
    stripped = line.rstrip()
    if stripped.rstrip(".").endswith((",", ";", ":", "-", "–", "—", "…")) or "..." in stripped[-4:]:
        return True
    last = words[-1]
    if last.key in ABBREVIATED and stripped.endswith(last.text + ".") and len(last.key) < 5:
        return last.key not in ("jr", "sr", "inc", "corp", "co", "ltd", "no")
    if last.text[0].isupper() and len(words) > 1:
        return ends_with_title(f"{last.text}.")
    return last.key in word_class("open_ends")


def _run_on(words: Sequence[Token]) -> bool:
    """Whether a second sentence begins inside the line: "... by Mr Holt. Holt, though".

    It may begin in a small letter, where no abbreviation comes before: "... a ferry. its crew".
    """
    return any(
        token.initial and _begins_anew(before, token)
        for before, token in pairwise(words)
        if token.gap.startswith((". ", "! ", "? "))
    )


def _begins_anew(before: Token, token: Token) -> bool:
    if token.capital:
        title = ends_with_title(f"{before.text}.")
        return not (before.capital and (len(before.text) < 4 or title))
    small = token.text[0].islower() and token.gap == ". " and not before.capital
    return small and not ends_abbreviated_in_small(f"{before.text}.")


def _no_content(words: Sequence[Token]) -> bool:
    """Whether the line states nothing, such as "He said on Tuesday."."""
    heavy = [
        t for t in words if not t.function and irregular().get(t.key, t.key) not in ("say", "tell")
    ]
    return len(heavy) < (1 if words[0].key == "there" else 2)


# Checks of the tree ------------------------------------------------------------------------------


def clause_faults(parse: Parse, *, headline: bool = False) -> Iterator[str]:
    """Yield faults of the tree: no main clause, a missing complement, agreement."""
    main = list(_main_clauses(parse))
    if not main and not (headline and _telegraphic(parse)):
        yield "no-main-clause"
    if _two_roots(parse):
        yield "two-roots"
    if _bare_phrase(parse):
        yield "bare-phrase"
    if parse.words and parse.tags[0] in FINITE_TAGS and parse.words[-1] != "?":
        yield "no-subject"
    if any(_comma_parts(parse, verb, subject) for verb, subject in main):
        yield "parted-subject"
    if any(
        _disagrees(parse, verb, subject) for verb, subject in main if parse.heads[subject] == verb
    ):
        yield "agreement"
    last = next((at for at in reversed(range(len(parse))) if parse.is_word[at]), None)
    if last is not None and parse.tags[last] in _OPEN_TAGS:
        if parse.relations[last] not in ("prt", "advmod", "prep", "mark", "dobj", "pobj", "attr"):
            yield "cut-end"


def _is_circumstance(parse: Parse) -> bool:
    """Whether it only says when or how: "Unlike the last time.", "Once the council has met."."""
    first = next((at for at in range(len(parse)) if parse.is_word[at]), 0)
    roots = [at for at in parse.roots if parse.is_word[at]]
    if roots == [first]:
        return parse.tags[first] in ("IN", "TO")
    opens = parse.tags[first] in ("IN", "WRB") and parse.relations[first] in ("mark", "advmod")
    hangs = opens and roots == [parse.heads[first]] and parse.is_verb(roots[0])
    # "As the home of the ferry, Kell has been a port" is a sentence, not as the parser has it.
    return hangs and not _has_own_clause(parse)


def _has_own_clause(parse: Parse) -> bool:
    """Whether a finite verb, of no clause that hangs on a noun, has its subject after a comma."""
    if "," not in parse.words:
        return False
    comma = parse.words.index(",")
    return any(
        parse.is_verb(at)
        and parse.is_finite(at)
        and parse.relations[at] not in ("relcl", "acl")
        and not parse.markers(at)
        and parse.subject(at) in range(comma, at)
        for at in range(comma, len(parse))
    )


def _has_predicate(parse: Parse) -> bool:
    """Whether a main verb follows a noun that the parser may have failed to call its subject.

    It takes "marked" in "This weekend marked a start" for the verb of a time, and "come" in
    "Divers in the north come from Kell" for an infinitive.
    """
    for root in parse.roots:
        base = parse.tags[root] == "VB" and parse.child(root, "nsubj") is not None
        base = base and not any(parse.lower[at] == "to" for at in parse.children[root])
        noun = any(parse.tags[at] in (*COMMON_TAGS, *PROPER_TAGS) for at in range(root))
        if (parse.tags[root] in FINITE_TAGS or base) and noun and not parse.markers(root):
            return True
    return False


def _main_clauses(parse: Parse) -> Iterator[tuple[int, int]]:
    """Yield the finite verbs of main clauses with their subjects."""
    inside = {at for left, right in parse.brackets for at in range(left, right)}
    for at in range(len(parse)):
        if not parse.is_verb(at) or parse.relations[at] in AUXILIARIES or at in inside:
            continue
        first = parse.first_conjunct(at)
        if not (parse.is_finite(at) or (at != first and parse.is_finite(first))):
            continue
        if not _is_main(parse, first):
            continue
        subject = parse.subject(at)
        subject = subject if subject is not None else parse.subject(first)
        if subject is not None and parse.tags[subject] != "WDT":
            yield at, subject


def _is_main(parse: Parse, verb: int) -> bool:
    relation, head = parse.relations[verb], parse.heads[verb]
    if relation in ("relcl", "acl", "advcl", "csubj", "pcomp"):
        return False
    if relation == "ccomp" and head < verb and parse.is_verb(head):
        return False
    return not (parse.markers(verb) - {"that"} and head == verb)


def _telegraphic(parse: Parse) -> bool:
    """Whether the tree is in headline style: "Leaders to meet", "Man charged with fraud"."""
    for at in range(len(parse)):
        if parse.tags[at] == "VB" and at > 1:
            if any(parse.lower[i] == "to" for i in parse.children[at]):
                return True
        if parse.heads[at] == at and parse.tags[at] in _HEADLINE_VERBS:
            if parse.subject(at) is not None and not parse.markers(at):
                return True
    root = parse.roots[0] if parse.roots else 0
    charged = parse.child(root, "acl") if parse.words else None
    if charged is not None and parse.tags[charged] == "VBN" and not parse.after_comma(charged):
        return True
    return any(relation == "expl" for relation in parse.relations)


def _two_roots(parse: Parse) -> bool:
    roots = [at for at in parse.roots if parse.is_word[at]]
    marks = set(parse.words[:-1]) & (DOUBLE_QUOTES | set(";:—–.?!"))
    return len(roots) > 1 and not marks and "--" not in parse.words


def _bare_phrase(parse: Parse) -> bool:
    """Whether a preposition or determiner lacks its noun."""
    for at in range(len(parse)):
        if parse.tags[at] in ("DT", "PRP$") and parse.heads[at] < at:
            if parse.relations[at] in ("det", "poss") and parse.lower[at] in (
                "a", "an", "the", "its", "his", "their",
            ):  # fmt: skip
                return True
        if parse.relations[at] != "prep" or parse.tags[at] != "IN":
            continue
        complete = any(
            i > at or parse.relations[i] in ("pobj", "pcomp") for i in parse.children[at]
        )
        after = parse.tags[at + 1] if at + 1 < len(parse) else "."
        if complete or after in ("IN", "TO", "WRB", "WP", "WDT", "RB"):
            continue
        fronted = any(parse.relations[a] == "relcl" for a in (at, *parse.ancestors(at))) or any(
            parse.lower[i] in ("what", "which", "who", "where") for i in range(at)
        )
        if not fronted:
            return True
    return False


def _comma_parts(parse: Parse, verb: int, subject: int) -> bool:
    """Whether a single comma parts the verb from its subject: "A storm, centred off Orlow."."""
    first = verb
    while first - 1 > subject and parse.heads[first - 1] == verb and parse.is_word[first - 1]:
        first -= 1
    if not subject < first - 1 or parse.words[first - 1] != ",":
        return False
    last = max(at for at in (subject, *parse.conjuncts(subject)) if at < first)
    between = parse.words[last + 1 : first]
    return between.count(",") == 1 and not {"(", ")", "-", "–", "—", "--"} & set(between)


def _disagrees(parse: Parse, verb: int, subject: int) -> bool:
    """Whether a present-tense verb has the wrong number: "Home Depot are"."""
    if parse.relations[subject] not in SUBJECTS or parse.child(subject, "conj") is not None:
        return False
    auxiliaries = (at for at in parse.children[verb] if parse.relations[at] in AUXILIARIES)
    finite = next((at for at in (verb, *auxiliaries) if parse.tags[at] in ("VBZ", "VBP")), None)
    if finite is None or parse.tags[subject] not in COMMON_TAGS:
        return False
    if subject == 0 and not ordinary(parse.lower[subject]):
        return False  # a name that the tagger takes for a noun: "Sunderland have signed"
    singular = parse.tags[subject] == "NN"
    if parse.tags[finite] == "VBZ":
        return not singular and parse.lower[subject] not in word_class("plural_singulars")
    partitive = parse.lemmas[subject] in word_class("partitives") and any(
        parse.lower[at] == "of" for at in parse.children[subject]
    )
    return singular and not partitive and parse.lower[subject] not in word_class("collectives")
