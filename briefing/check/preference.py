"""How likely an editor would sign a line, and which of several says most.

A logistic model over what the tree, the article and the cuts say of a line, fitted on lines that
readers labelled without knowing where they came from (scripts/train/preference.py). Where a line
comes from, the model or the source, is no feature.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from briefing.brief import Section
from briefing.language import Parse
from briefing.language.chain import Chain
from briefing.language.lexicon import word_class
from briefing.language.parse import COMMON_TAGS, PROPER_TAGS, SUBJECTS
from briefing.language.reference import dangling, stand_alone
from briefing.language.tokens import tokens

_LINKS = word_class("connectives") | frozenset(
    "too later earlier similarly both others another neither latter former".split()
)
_QUESTIONS = frozenset((word,) for word in "what why how who when where which is are do".split())
_RESTRICTING = ("relcl", "acl", "prep", "appos")


class Mentions:
    """Where an article mentions each word first."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._first: dict[str, int] = {}
        for at, text in enumerate(texts):
            for token in tokens(text):
                self._first.setdefault(token.stem, at)

    def before(self, word: str, index: int) -> bool:
        """Whether a sentence before ``index`` has the word."""
        return any(self._first.get(token.stem, index) < index for token in tokens(word))


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a line when it is judged.

    ``index`` is the sentence it is made from, ``chance`` and ``rarest`` what editors think of its
    cuts (0 and 1: none), ``evaluation`` how likely its sentence is an opinion.
    """

    section: Section
    parse: Parse
    index: int
    chance: float
    rarest: float
    cuts: int
    evaluation: float
    news: float


def features(line: Judged, mentions: Mentions, chain: Chain | None) -> dict[str, float]:
    """The features of a line."""
    parse = line.parse
    words = sum(parse.is_word)
    alone = stand_alone().probability(parse)
    bare, described, new = _definites(parse, line.index, mentions)
    hangs = list(dangling(parse))
    return {
        "alone": math.log((alone + 0.02) / (1.02 - alone)),
        "hangs": float(bool(hangs)),
        "definites": math.log1p(bare),
        "described": math.log1p(described),
        "bare_names": math.log1p(chain.bare(parse, line.index) if chain else 0),
        "cut": float(line.cuts > 0),
        "chance": max(-6.0, line.chance),
        "rarest": math.log(max(0.01, line.rarest)),
        "new_definites": math.log1p(new),
        "linked": float(any(word in _LINKS for word in parse.lower)),
        "counted": float(_counted_subject(parse)),
        "asks": float(parse.lower[:1] in _QUESTIONS),
        "compared": float(_compares(parse)),
        "opinion": line.evaluation * (not _attributed(parse)),
        "evaluation": line.evaluation,
        "quoted": float('"' in parse.text or "“" in parse.text),
        "addressed": float(any(word in ("you", "your") for word in parse.lower)),
        "names": math.log1p(sum(tag in PROPER_TAGS for tag in parse.tags)),
        "subject_named": float(_subject_named(parse)),
        "numbers": math.log1p(sum(tag == "CD" for tag in parse.tags)),
        "short": float(words < 8),
        "long": max(0.0, words - 25) / 10,
        "position": math.log1p(line.index),
        "news": line.news * (line.section is not Section.CONTEXT),
    }


def _definites(parse: Parse, index: int, mentions: Mentions) -> tuple[int, int, int]:
    """Definite nouns without a complement: (bare, described) ones that earlier sentences have,
    "the bill", "the new bill", and bare ones that none has.
    """
    bare = described = new = 0
    for at, tag in enumerate(parse.tags):
        if tag not in COMMON_TAGS or parse.determiner(at) != "the":
            continue
        children = parse.children[at]
        if any(i > at and parse.relations[i] in _RESTRICTING for i in children):
            continue
        before = [i for i in children if parse.relations[i] in ("amod", "compound", "nummod")]
        if any(parse.tags[i] in PROPER_TAGS for i in before):
            continue
        if mentions.before(parse.words[at], index):
            bare += not before
            described += bool(before)
        else:
            new += not before
    return bare, described, new


def _counted_subject(parse: Parse) -> bool:
    """Whether the main subject is a number or "many" of something said before."""
    for root in parse.roots:
        subject = parse.subject(root)
        if subject is not None and parse.tags[subject] in ("CD", "DT", "JJ", "JJR", "PDT"):
            return not any(parse.relations[at] == "prep" for at in parse.children[subject])
    return False


def _compares(parse: Parse) -> bool:
    """Whether it compares with something that it does not name: "a better way"."""
    return any(
        (tag in ("JJR", "RBR") or parse.lower[at] in ("another", "other", "such", "similar"))
        and "than" not in parse.lower[at:]
        for at, tag in enumerate(parse.tags)
    )


def _attributed(parse: Parse) -> bool:
    """Whether somebody is named who says it."""
    said = word_class("report_verbs") | word_class("nonfactive_verbs")
    return "according" in parse.lower or any(
        parse.is_verb(at) and parse.lemmas[at] in said and parse.subject(at) is not None
        for at in range(len(parse))
    )


def _subject_named(parse: Parse) -> bool:
    """Whether the main subject is, or holds, a proper name."""
    for root in parse.roots:
        subject = parse.subject(root)
        if subject is not None and parse.relations[subject] in SUBJECTS:
            return any(parse.tags[at] in PROPER_TAGS for at in parse.subtree(subject))
    return False


@dataclass(frozen=True, slots=True)
class Preference:
    """Weights of the features for each section."""

    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]

    def signed(self, section: Section, found: Mapping[str, float]) -> float:
        """How likely an editor would sign a line with these features, 0..1."""
        weights = self.weights[section.value]
        total = self.bias[section.value]
        total += sum(weight * found[name] for name, weight in weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def preference() -> Preference:
    """The weights that ship."""
    packed = resources.files("briefing.check").joinpath("preference.json").read_text("utf-8")
    return Preference(**json.loads(packed))
