"""Does a sentence stand alone, or does it hang on what was said before it?

Hard signs are a pronoun that nothing in the sentence explains, "this" and "such", a connective.
The rest is learned: the first sentence of an article hangs on nothing, later ones often do, so a
model that tells them apart by signs of reference alone ("the company" behind no name, a bare
surname, "two years later") knows which nouns are known to every reader ("the government") and which
are not. (Discourse-new detection: Vieira and Poesio 2000; Nenkova and McKeown 2003 on references in
extracted sentences.)
"""

from collections.abc import Iterator
from functools import cache

from briefing.language.hashed import HashedModel, hashed_model
from briefing.language.lexicon import word_class
from briefing.language.parse import COMMON_TAGS, DOUBLE_QUOTES, PROPER_TAGS, SUBJECTS, Parse

SIZE = 1 << 17
"""Places of the hashed features."""
_THIRD = frozenset("he she they him her them his their hers theirs".split())
_PLURAL = frozenset("they them their theirs".split())
_FIRST = frozenset("i we my our me us mine ours".split())
_DEMONSTRATIVE = frozenset("this these that those such".split())
_WEATHER_VERBS = frozenset("be seem appear take turn mean happen look remain become emerge".split())
_THIS_TIME = frozenset(
    "week month year time season summer winter spring autumn fall morning afternoon evening "
    "weekend century decade".split()
)
_RESTRICTING = ("relcl", "acl", "prep")
_ARGUMENTS = ("nsubj", "nsubjpass", "dobj", "pobj", "poss", "attr", "conj", "appos")


def dangling(parse: Parse) -> Iterator[str]:
    """Names of the signs that a sentence cannot be understood by itself."""
    quoted = _quoted(parse)
    for at in range(len(parse)):
        if at in quoted:
            continue
        word, tag = parse.lower[at], parse.tags[at]
        if tag in ("PRP", "PRP$"):
            if word in _THIRD and not _explained(parse, at):
                yield f"pronoun:{word}"
            elif word in ("it", "its", "itself") and _points_back(parse, at):
                yield "pronoun:it"
            elif word in _FIRST:
                yield "first-person"
        elif word in _DEMONSTRATIVE and tag in ("DT", "PDT", "JJ") and _demonstrates(parse, at):
            yield f"demonstrative:{word}"
    yield from _connected(parse)


def _quoted(parse: Parse) -> frozenset[int]:
    """The tokens inside quotation marks, where "I" and "we" are the speaker's."""
    inside, found = False, set()
    for at, word in enumerate(parse.words):
        if word in DOUBLE_QUOTES:
            inside = not inside if word == '"' else word in ("“", "``", "„")
        elif inside:
            found.add(at)
    return frozenset(found)


def _explained(parse: Parse, at: int) -> bool:
    """Whether an earlier word of the sentence may be what a pronoun stands for."""
    word = parse.lower[at]
    before = [
        i
        for i in range(at)
        if parse.tags[i] in PROPER_TAGS
        or (parse.tags[i] in COMMON_TAGS and parse.relations[i] in _ARGUMENTS)
    ]
    if word in _PLURAL:
        return any(
            parse.tags[i] in ("NNS", "NNPS", "NNP") or parse.relations[i] == "conj" for i in before
        )
    named = [i for i in before if parse.tags[i] in PROPER_TAGS and parse.relations[i] != "pobj"]
    head = parse.heads[at]
    if parse.lemmas[head] == "say" and parse.relations[at] == "nsubj" and head == parse.heads[head]:
        return bool(named)  # "The pumps had been switched off, she said"
    if named or [i for i in before if parse.relations[i] in ("nsubj", "nsubjpass", "poss", "dobj")]:
        return True
    later = any(
        parse.tags[i] in PROPER_TAGS and parse.relations[i] in ("nsubj", "nsubjpass")
        for i in range(at + 1, len(parse))
    )
    return parse.tags[at] == "PRP$" and later


def _points_back(parse: Parse, at: int) -> bool:
    """Whether "it" stands for something, and nothing before it in the sentence is that."""
    if any(parse.tags[i] in (*PROPER_TAGS, *COMMON_TAGS) for i in range(at)):
        return False
    head = parse.heads[at]
    if parse.relations[at] == "expl":
        return False
    clause = any(
        parse.relations[i] in ("ccomp", "xcomp", "relcl", "acomp", "attr", "advcl", "csubj")
        for i in parse.children[head]
    )
    if parse.tags[at] == "PRP$":
        later = (
            parse.relations[i] in SUBJECTS and head not in (i, *parse.ancestors(i))
            for i in range(at + 1, len(parse))
            if i != head
        )
        return parse.relations[head] in SUBJECTS or not any(later)
    return not (parse.lemmas[head] in _WEATHER_VERBS and clause)


def _demonstrates(parse: Parse, at: int) -> bool:
    relation, head = parse.relations[at], parse.heads[at]
    if relation not in ("det", "predet", "amod", "nsubj", "nsubjpass", "pobj", "dobj", "attr"):
        return False
    noun = head if relation in ("det", "predet", "amod") else at
    if parse.lower[at] in ("that", "those") and any(
        i > at and parse.relations[i] in _RESTRICTING for i in parse.children[noun]
    ):
        return False
    if parse.lower[at] == "such" and any(parse.lower[i] == "as" for i in range(at, len(parse))):
        return False
    return not (relation == "det" and parse.lemmas[noun] in _THIS_TIME)


def _connected(parse: Parse) -> Iterator[str]:
    """Signs at the beginning: "But", "Meanwhile,", "Since then"."""
    words = [at for at in range(len(parse)) if parse.is_word[at]][:3]
    if not words:
        return
    first = parse.lower[words[0]]
    if first in word_class("connectives"):
        yield f"connective:{first}"
    if first == "both" and parse.relations[words[0]] in ("det", "predet", "preconj"):
        yield "demonstrative:both"
    opening = " ".join(parse.lower[at] for at in words[:2])
    if opening in ("since then", "after that", "before that", "by then", "at that", "so far"):
        yield f"connective:{opening}"


# The learned part ---------------------------------------------------------------------------------


def features(parse: Parse) -> Iterator[str]:
    """Signs of reference in a sentence, as names; nothing about what it tells."""
    quoted = _quoted(parse)
    words = [at for at in range(len(parse)) if parse.is_word[at]]
    if not words:
        return
    first = words[0]
    if parse.tags[first] in ("DT", "IN", "CC", "RB", "PRP", "PRP$", "EX", "WRB", "TO", "CD", "WP"):
        yield f"first {parse.lower[first]}"
    yield f"first tag {parse.tags[first]}"
    yield f"starts quoted {parse.words[0] in DOUBLE_QUOTES}"
    if not any(parse.tags[at] in PROPER_TAGS for at in words):
        yield "no name"
    for at in words:
        if at not in quoted:
            yield from _of_token(parse, at)


def _of_token(parse: Parse, at: int) -> Iterator[str]:
    tag, word, relation = parse.tags[at], parse.lower[at], parse.relations[at]
    if tag in ("PRP", "PRP$"):
        solved = (
            _explained(parse, at)
            if word in _THIRD
            else any(parse.tags[i] in (*PROPER_TAGS, *COMMON_TAGS) for i in range(at))
        )
        yield f"pronoun {word} solved{solved:d}"
    elif tag in COMMON_TAGS:
        yield from _of_noun(parse, at)
    elif tag in PROPER_TAGS and relation != "compound":
        kind = _name(parse, at)
        yield f"name {kind} subject{relation in SUBJECTS:d}"
        if kind in ("full", "single"):
            # Which names need no introduction is learned too: first sentences have them bare.
            yield f"name {parse.lower[at]} {kind}"
    elif tag in ("RB", "RBR") and relation in ("advmod", "npadvmod"):
        yield f"adverb {word}"
    elif relation in ("det", "predet") and word in _DEMONSTRATIVE:
        yield f"{word} {parse.lemmas[parse.heads[at]]}"
        yield f"demonstrative {word}"
    elif tag in ("JJ", "JJR") and relation == "amod" and word in word_class("comparing"):
        yield f"adjective {word}"
    elif tag == "DT" and relation in SUBJECTS:
        yield f"bare {word}"


def _of_noun(parse: Parse, at: int) -> Iterator[str]:
    """How a noun is introduced: bare "the N" by its noun, others by their kind."""
    if parse.determiner(at) != "the":
        return
    children = parse.children[at]
    after = any(i > at and parse.relations[i] in (*_RESTRICTING, "appos") for i in children)
    before = [
        i for i in children if i < at and parse.relations[i] in ("amod", "compound", "nummod")
    ]
    named = any(parse.tags[i] in PROPER_TAGS for i in before)
    subject = parse.relations[at] in SUBJECTS
    if after or named:
        yield f"the described subject{subject:d}"
    elif before:
        yield f"the modified {parse.lemmas[at]}"
        yield f"the modified subject{subject:d}"
    else:
        yield f"the {parse.lemmas[at]}"
        yield f"the {parse.lemmas[at]} subject{subject:d}"
        yield f"the bare subject{subject:d}"


def _name(parse: Parse, at: int) -> str:
    """How a name is given: in full, with a title, or one word (a surname, or a place)."""
    parts = [i for i in parse.children[at] if parse.relations[i] == "compound" and i < at]
    if any(parse.tags[i] in COMMON_TAGS or parse.lower[i] in word_class("titles") for i in parts):
        return "titled"
    described = any(parse.relations[i] in ("appos", "relcl") for i in parse.children[at])
    return "described" if described else "full" if parts else "single"


class StandAlone:
    """The model of one language."""

    def __init__(self, model: HashedModel) -> None:
        self._model = model

    def probability(self, parse: Parse) -> float:
        """How much the sentence reads like one that opens an article, 0..1 (half: as likely)."""
        return self._model.probability(features(parse))


@cache
def stand_alone(language: str = "en") -> StandAlone:
    """The model that ships for a language."""
    return StandAlone(hashed_model("reference", language))
