"""Judge how likely a proposed antecedent is right.

Boosted trees over features of the reference, of the phrase and its mention, of how both occur in
the article before, and of the other proposals (the feature families of Soon et al. 2001 and of Ng
and Cardie 2002). Learned from proposals that readers judged
(`scripts/train/language/antecedents.py`).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from briefing.language.antecedents import TITLE_WORDS, Antecedents, Proposal
from briefing.language.names import PLACES
from briefing.language.parse import PROPER_TAGS, SUBJECTS, Parse
from briefing.language.tokens import ordinary, vectors
from briefing.language.word_lists import word_class
from briefing.learned import Forest, logistic

KINDS = (
    "name:name name:before name:apposition name:reversed name:who name:of name:title name:is "
    "noun:before noun:owner noun:of noun:of-short noun:clause noun:named "
    "pronoun:name pronoun:noun"
).split()
_HE, _SHE = frozenset("he him his himself".split()), frozenset("she her hers herself".split())
_SAYING = r",? (?:said|says|told|added|wrote|who)\b"
_WORD = re.compile(r"\w+")
_LEAST_RIGHT = 0.4
"""Least probability that readers prefer a phrase to the reference."""


def antecedent_features(
    article: Antecedents, parse: Parse, index: int, proposal: Proposal, rivals: Sequence[Proposal]
) -> list[float]:
    """Return the features of a proposal for a reference of the sentence ``index``.

    ``rivals`` are all proposals for the reference.
    """
    return [
        *(float(proposal.kind == kind) for kind in KINDS),
        *_of_reference(parse, proposal),
        *_of_phrase(article, parse, index, proposal),
        *_of_place(article, index, proposal, rivals),
        *_of_mention(article, proposal),
        *_of_noun(article, parse, index, proposal),
        *_of_name(article, index, proposal),
        *_of_pronoun(article, parse, index, proposal, rivals),
    ]


def _of_reference(parse: Parse, one: Proposal) -> list[float]:
    head = one.head
    after = [c for c in parse.children[head] if c > head and parse.is_word[c]]
    return [
        one.last - one.first,
        float(parse.lower[one.first] == "the"),
        float(parse.lower[one.first] in ("this", "that", "these", "those")),
        float(one.first == 0),
        float(parse.relations[head] in SUBJECTS),
        float(parse.relations[head] == "poss"),
        float(parse.relations[head] == "pobj"),
        float(parse.relations[head] == "conj"),
        float(parse.tags[head][-1] == "S"),
        float(parse.tags[head] in PROPER_TAGS),
        float(parse.lower[one.first] in TITLE_WORDS),
        len(after),
        float(any(parse.relations[c] == "prep" for c in after)),
        float(parse.lemmas[parse.heads[head]] == "say"),
        len(parse),
    ]


def _of_phrase(article: Antecedents, parse: Parse, index: int, one: Proposal) -> list[float]:
    """Features of the words that the phrase adds."""
    old = parse.span_text(one.first, one.last).casefold().split()
    words = one.text.rstrip(",").split()
    new = [word for word in words if word.casefold() not in old]
    source = article.parse(one.source)
    tags = dict(zip(source.words, source.tags, strict=True)) if source is not None else {}
    kinds = [tags.get(word.removesuffix("'s").removesuffix("’s").strip(","), "") for word in new]
    content = [word.casefold().strip(",") for word in new]
    content = [word for word in content if word not in word_class("function")]
    rest = set(_WORD.findall(parse.text.casefold())) - set(old)
    before = article.lowered[:index]
    shares = [sum(word in text for text in before) / len(before) for word in content]
    return [
        len(words),
        len(new),
        sum(word[0].isupper() for word in new),
        float("," in one.text),
        float(" and " in one.text),
        float(any(c.isdigit() for c in one.text)),
        float(one.text[:1].islower()),
        *(
            sum(kind in group for kind in kinds)
            for group in (
                PROPER_TAGS,
                ("NN", "NNS"),
                ("JJ", "JJR", "JJS"),
                ("VBN", "VBG", "VBD", "VBZ"),
                ("CD",),
                ("IN",),
                ("",),
            )
        ),
        sum(word in rest for word in content),
        max(shares, default=0.0),
        sum(shares) / max(1, len(shares)),
        sum(word in word_class("times") for word in content),
        sum(word in word_class("limiters") for word in content),
    ]


def _of_place(
    article: Antecedents, index: int, one: Proposal, rivals: Sequence[Proposal]
) -> list[float]:
    return [
        index - one.mention,
        index - one.source,
        float(one.source in article.titles),
        float(one.source <= 2),
        float(one.source == 0),
        len(rivals),
        rivals.index(one),
        sum(rival.kind == one.kind for rival in rivals),
        len({rival.mention for rival in rivals}),
        len({rival.text.split()[0] for rival in rivals}),
        float(one.mention == max(rival.mention for rival in rivals)),
    ]


def _of_mention(article: Antecedents, one: Proposal) -> list[float]:
    parse = article.parse(one.mention)
    if parse is None:
        return [0.0] * 11
    at, above = one.at, parse.heads[one.at]
    return [
        float(parse.relations[at] in SUBJECTS),
        float(parse.relations[at] == "pobj"),
        float(parse.relations[at] == "poss"),
        float(parse.relations[at] == "appos"),
        float(parse.relations[at] == "conj"),
        float(parse.determiner(at) == "the"),
        float(parse.determiner(at) == "a"),
        float(at in parse.quoted),
        at / len(parse),
        float(above in parse.roots),
        float(parse.tags[at][-1] == "S"),
    ]


def _of_noun(article: Antecedents, parse: Parse, index: int, one: Proposal) -> list[float]:
    """Features of how the noun of a definite occurs before."""
    if not one.kind.startswith("noun"):
        return [0.0] * 11
    source = article.parse(one.source)
    assert source is not None
    lemma = re.escape(parse.lemmas[one.head])
    pattern = re.compile(rf"(?:([\w'’.-]+) )?\b{lemma}s?\b", re.IGNORECASE)
    bare, count, last, words = 0, 0, -1, set()
    since, others = 0, 0
    for at, text in enumerate(article.texts[:index]):
        for match in pattern.finditer(text):
            word = (match.group(1) or "").casefold()
            count, last = count + 1, at
            bare += word == "the"
            words.add(word)
            if at > one.source:
                since += word == "the"
                others += word not in ("the", "")
    return [
        bare,
        count,
        index - last if last >= 0 else 99,
        len(words - {"the", "a", "an", ""}),
        float(last == one.source),
        float(bare > 0 and one.source > 2),
        since,
        others,
        float(source.tags[one.at] in PROPER_TAGS),
        *_likeness(parse, source, parse.lemmas[one.head]),
    ]


def _likeness(parse: Parse, other: Parse, noun: str) -> tuple[float, float]:
    """Return the shared content words of two sentences, and the cosine of their meaning."""
    function = word_class("function")
    own, theirs = (
        [
            word
            for word, lemma, known in zip(one.lower, one.lemmas, one.is_word, strict=True)
            if known and word not in function and lemma != noun
        ]
        for one in (parse, other)
    )
    if not own or not theirs:
        return 0.0, 0.0
    first, second = (vectors().of(words).mean(0) for words in (own, theirs))
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(len(set(own) & set(theirs))), float(first @ second) / norm if norm else 0.0


def _of_name(article: Antecedents, index: int, one: Proposal) -> list[float]:
    """Features of the name in the phrase, if it has one."""
    name = one.text.partition(",")[0].removesuffix("'s").removesuffix("’s").split()
    core = [word for word in name if word[:1].isupper()]
    last = core[-1] if core else ""
    if not last:
        return [0.0] * 13
    pattern = re.compile(rf"\b{re.escape(last)}\b")
    before = article.texts[:index]
    places = [at for at, text in enumerate(before) if last in text and pattern.search(text)]
    human = sum(bool(re.search(re.escape(last) + _SAYING, before[at])) for at in places)
    first_name = core[-2] if len(core) > 1 else ""
    return [
        sum(len(pattern.findall(before[at])) for at in places),
        places[0] if places else 99,
        index - places[-1] if places else 99,
        float(0 in places),
        human,
        float(any(word.casefold() in TITLE_WORDS for word in name)),
        float(any(word.casefold() in word_class("organisations") for word in name)),
        len(core),
        float(bool(first_name) and not ordinary(first_name.casefold())),
        float(last.isupper() and len(last) > 1),
        float(last.casefold() in PLACES),
        float(ordinary(last.casefold())),
        float(one.text.startswith("the ")),
    ]


def _of_pronoun(
    article: Antecedents, parse: Parse, index: int, one: Proposal, rivals: Sequence[Proposal]
) -> list[float]:
    """Features of agreement between a pronoun and the phrase."""
    if not one.kind.startswith("pronoun"):
        return [0.0] * 11
    pronoun = parse.lower[one.head]
    words = one.text.removesuffix("'s").removesuffix("’s").split()[-1:]
    name = words[0] if words else one.text
    he = she = it = 0
    for at, text in enumerate(article.texts[:index]):
        if name in text:
            near = _WORD.findall(" ".join(article.texts[at : min(at + 2, index)]).casefold())
            he += sum(word in _HE for word in near)
            she += sum(word in _SHE for word in near)
            it += sum(word in ("it", "its") for word in near)
    own, other = (she, he) if pronoun in _SHE else (he, she) if pronoun in _HE else (it, he + she)
    opens = article.texts[index - 1].casefold().split()[:1]
    vector = vectors().of([name.casefold(), "man", "company"])
    return [
        float(pronoun in _HE),
        float(pronoun in _SHE),
        float(pronoun in ("it", "its")),
        float(pronoun in ("they", "them", "their")),
        own,
        other,
        math.log((own + 1) / (other + 1)),
        float(bool(opens) and opens[0] == pronoun),
        float(one.mention == index - 1),
        len({rival.text for rival in rivals if rival.mention == one.mention}),
        float(vector[0] @ vector[1] - vector[0] @ vector[2]),
    ]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best proposal for a reference.

    ``chance``, 0..1, is that it is true: the same person or thing, and nothing that the article
    does not say; 0 if readers would rather leave the reference as it is. ``wanted``, 0..1, is the
    probability that they prefer the proposal: that the reference tells them too little.
    """

    proposal: Proposal
    chance: float
    wanted: float


class AntecedentModel:
    """The probabilities that a proposal may be printed, and that it should be."""

    def __init__(self, folder: Path) -> None:
        """Load the trees of ``antecedent_true.npz`` and ``antecedent_right.npz``.

        Raises:
            ModelError: a file is missing or invalid.
        """
        self._true = Forest(folder / "antecedent_true.npz")
        self._right = Forest(folder / "antecedent_right.npz")

    def best(
        self, article: Antecedents, parse: Parse, index: int, rivals: Sequence[Proposal]
    ) -> "Ranked":
        """Return the fitting proposal that readers would likeliest prefer to the reference."""
        rows = np.array(
            [antecedent_features(article, parse, index, one, rivals) for one in rivals], float
        )
        right = [logistic(odds) for odds in self._right.odds(rows)]
        fitting = (at for at, one in enumerate(rivals) if one.fits)
        best = max(fitting, key=right.__getitem__)
        chance = logistic(float(self._true.odds(rows[best : best + 1])[0]))
        return Ranked(rivals[best], chance if right[best] >= _LEAST_RIGHT else 0.0, right[best])


@cache
def antecedent_model(language: str) -> AntecedentModel | None:
    """Load the model of a language; None if there is none."""
    if language != "en":
        return None
    return AntecedentModel(Path(str(resources.files("briefing.language") / "data" / language)))
