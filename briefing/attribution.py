"""Whose view a line states, and naming the author behind it.

In a column, what no one else is said to claim is the author's own claim; in a speech or a statement
it is the speaker's. A line of it that stood alone would state a view as a fact. A logistic model
over the vectors of the line and of its article, which the quality model has read already, tells who
holds the view (opinion holder identification: Kim and Hovy 2006); it was fitted on 7,400 lines that
readers labelled (scripts/train/holder.py). A line of the author's says so; one of somebody else who
is not named in it gives way to others.

The title of a column is its author's claim too. A second model over the same vectors, fitted on
1,500 titles, tells those that an editor would accept from such claims and from poor titles, which
are no sentence or tell no news ("To the brink", "Five questions about the budget").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from briefing.briefs import Insertion, Line
from briefing.checking.quality import quality_model
from briefing.errors import ModelError
from briefing.language.names import PLACES
from briefing.language.parse import PROPER_TAGS, Parse
from briefing.language.structure import SAYING
from briefing.language.tokens import ordinary
from briefing.learned import logistic
from briefing.sections import Section

OPINION_PIECE = 0.5
"""Probability from which readers are warned that an article is an opinion piece."""
WARNING = "The article reads as an opinion piece: what its lines claim is its author's view."
_CLAIM = 0.35
"""Probability of stating its author's view from which a line names the author: of 1,816 such lines
readers called 67 % the author's view, 8 % somebody else's; of 64 lines that name the author they
found none to say more than the source, of others of the same articles one in eight."""
_CLAIM_IN_PIECE = 0.2
"""The same in an opinion piece. Of 127 such lines up to 0.35 readers called 29 % the author's view,
11 % somebody else's; of 23 that they saw without the author six said more than the source."""
_SURE_PIECE = 0.6
"""Probability of an opinion piece from which its title names the author, and other lines more
readily. Of 52 such titles readers accepted 31 with the author and 1 without, and called none false;
from 0.3 on 6 of 18."""
_CLAIM_SOUND = 0.85
"""Share of the titles that say too much which are sound once the author is named."""
_UNTOLD = frozenset("!?…")
"""Ends of lines after which nothing is added."""
_QUOTED = 5
"""Quoted tokens of a statement; fewer are a name or an odd word: the “mass turnover” of 2018."""
_ASIDE = ("advcl", "relcl", "acl")
_LONGEST_NAME = 4
"""Tokens of a speaker's name before a colon."""
_FEWEST = 4
"""Sentences of an article from which its vector says what kind it is."""
_AUTHOR = {True: ", author writes", False: ", the author writes"}
"""The insertion in a headline, and in other lines."""
_MENTION = re.compile(r",\s(?:the\s)?author\swrites(?=\.|\s*$)", re.MULTILINE)


Vector = NDArray[np.floating[Any]]


class Holder(NamedTuple):
    """The probabilities that a line states a view of its author, and of an unnamed other."""

    author: float = 0.0
    other: float = 0.0


FACT, AUTHOR = Holder(), Holder(author=1.0)
"""Nobody's view, and certainly the author's."""


class HolderModel:
    """Tells who holds the view that a line states, if it states any."""

    def __init__(self, language: str) -> None:
        """Load the weights.

        Raises:
            ModelError: the weights are missing or invalid.
        """
        path = resources.files("briefing.language") / "data" / language / "holder.npz"
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                self._lines = arrays["lines"].astype(np.float32)
                self._bias = arrays["bias"].astype(np.float32)
                self._piece = arrays["piece"].astype(np.float32)
                self._piece_bias = float(arrays["piece_bias"])
                self._title = arrays["title"].astype(np.float32)
                self._title_bias = arrays["title_bias"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the view model cannot be loaded: {error}; reinstall it") from error

    def of(self, line: Vector, article: Vector) -> Holder:
        """Return the holder of the view of a line without a speaker, given both vectors."""
        author, _, other = _chances(self._lines @ np.concatenate([line, article]) + self._bias)
        return Holder(author, other)

    def title(self, title: Vector, article: Vector) -> tuple[float, float]:
        """Return the probabilities that a title is sound, and that it claims too much."""
        odds = self._title @ np.concatenate([title, article]) + self._title_bias
        claim, _, sound = _chances(odds)
        return sound, claim

    def opinion_piece(self, article: Vector) -> float:
        """Return the probability that an article argues its author's view."""
        return logistic(float(self._piece @ article) + self._piece_bias)


def _chances(odds: Vector) -> list[float]:
    chances = np.exp(odds - odds.max())
    return (chances / chances.sum()).tolist()  # type: ignore[no-any-return, unused-ignore]


@cache
def holder_model(language: str) -> HolderModel | None:
    """Load the model of a language; None if its lines cannot be judged either."""
    return HolderModel(language) if quality_model(language) else None


@dataclass
class Views:
    """Whose views the lines of an article state; nobody's in a language without a model.

    ``salient`` are its most salient sentences, as lines.
    """

    language: str
    salient: Sequence[str]

    @cached_property
    def _mean(self) -> Vector | None:
        model = quality_model(self.language)
        if model is None or not self.salient:
            return None
        vectors = [quality.vector for quality in model.of(list(dict.fromkeys(self.salient)))]
        mean: Vector = np.mean(vectors, axis=0, dtype=np.float32)
        return mean

    @property
    def article(self) -> Vector | None:
        """The mean vector of the salient sentences; None if they are too few."""
        return self._mean if len(set(self.salient)) >= _FEWEST else None

    @property
    def opinion_piece(self) -> float:
        """The probability that the article argues its author's view."""
        model = holder_model(self.language)
        return model.opinion_piece(self.article) if model and self.article is not None else 0.0

    def holder(self, line: str) -> Holder:
        """Return the holder of the view that a line without a speaker states."""
        model, quality = holder_model(self.language), quality_model(self.language)
        if model is None or quality is None or self.article is None:
            return FACT
        return model.of(quality.of([line])[0].vector, self.article)

    @property
    def title_holder(self) -> Holder:
        """Who holds the view of a title that names nobody."""
        return AUTHOR if self.opinion_piece >= _SURE_PIECE else FACT

    @property
    def least_claim(self) -> float:
        """The probability of stating its author's view from which a line names the author."""
        return _CLAIM_IN_PIECE if self.opinion_piece >= _SURE_PIECE else _CLAIM

    def title_signed(self, title: str, holder: Holder) -> float | None:
        """Return the probability that an editor would accept a title, with its author named.

        None without sentences that say what it is about.
        """
        model, quality = holder_model(self.language), quality_model(self.language)
        if model is None or quality is None or self._mean is None:
            return None
        sound, claim = model.title(quality.of([title])[0].vector, self._mean)
        return sound + _CLAIM_SOUND * claim * holder.author


def attributed(line: Line, section: Section, holder: Holder, least: float) -> Line:
    """Return a line that claims something with its author named.

    It does if its author holds its view with at least the probability ``least``.
    """
    headline = section is Section.HEADLINE
    claims = holder.author >= max(least, holder.other)
    if not claims or line.text[-1] in _UNTOLD or not (line.text.endswith(".") or headline):
        return line
    start = len(line.text) - (not headline)
    told = _AUTHOR[headline]
    inserted = Insertion(start, start + len(told), line.evidence[0])
    text = line.text[:start] + told + line.text[start:]
    return replace(line, text=text, inserted=(*line.inserted, inserted))


def unattributed(text: str) -> str:
    """Return a text of lines without the mentions of their author."""
    return _MENTION.sub("", text)


def names_speaker(parse: Parse | None) -> bool | None:
    """Whether a line says whose claim it is; None without a parse or a verb that states something.

    It quotes someone, or a main verb in it reports what someone says.
    """
    if parse is None or not any(_states(parse, root) for root in parse.roots):
        return None
    if _begins_with_speaker(parse):
        return True
    if len(parse.quoted) >= _QUOTED or "according" in parse.lower:
        return True
    return any(
        parse.lemmas[at] in SAYING and _is_main(parse, at) and _is_reported(parse, at)
        for at in range(len(parse))
    )


def _begins_with_speaker(parse: Parse) -> bool:
    """Whether a name and a colon stand before what is said: "Ada Holt: the ferry must go"."""
    colon = parse.words.index(":") if ":" in parse.words else 0
    name = parse.words[:colon]
    if not 0 < colon <= _LONGEST_NAME or not all(w[0].isupper() and not w.isupper() for w in name):
        return False
    if colon > 1:
        return parse.tags[colon - 1] in PROPER_TAGS
    return not ordinary(parse.lower[0]) and parse.lower[0] not in PLACES


def _states(parse: Parse, root: int) -> bool:
    """Whether a main verb states something: not "Why voters doubt", which asks or explains."""
    asked = any(parse.tags[at] in ("WRB", "WP") and at < root for at in parse.children[root])
    return _is_main(parse, root) and not asked


def _is_main(parse: Parse, verb: int) -> bool:
    """Whether a verb is finite, or has a subject, whatever the tagger takes it for."""
    return parse.is_finite(verb) or (verb in parse.roots and parse.subject(verb) is not None)


def _is_reported(parse: Parse, verb: int) -> bool:
    """Whether a verb reports a clause: not "claimed a win that nobody saw", "will argue that".

    Nor is what the sentence states reported by an aside: "When he says that he lost, they cheer".
    """
    if parse.has_modal(verb):
        return False
    if any(parse.relations[at] in _ASIDE for at in (verb, *parse.ancestors(verb))):
        return False
    if parse.relations[verb] == "parataxis":  # "The plan, the mayor said, is cruel"
        return parse.subject(verb) is not None
    clause = parse.child(verb, "ccomp")
    subject = parse.subject(clause) if clause is not None else None
    return clause is not None and (subject is None or parse.tags[subject] != "WDT")
