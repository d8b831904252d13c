"""Tell opinion pieces from reports by how they begin.

A hashed logistic model over the words and word pairs of the opening, trained on newspaper articles
that their editors filed under opinion or elsewhere (``scripts.train.opinion``).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from briefing.article import Article
from briefing.learned import hashed_model
from briefing.planning.lexicon import normalise, tokenise

LANGUAGE = "en"
OPENING_WORDS = 150
"""Words of the opening that are read: the training articles are openings of two or three
paragraphs, half of them shorter than this."""


def opening_features(texts: Sequence[str]) -> Iterator[str]:
    """Yield the features of an opening: its words, and its word pairs within a sentence."""
    left = OPENING_WORDS
    for text in texts:
        words = [normalise(token) for token in tokenise(text)][:left]
        yield from words
        yield from (f"{one} {other}" for one, other in pairwise(words))
        left -= len(words)
        if left <= 0:
            return


def opinion_chance(article: Article) -> float:
    """Return the probability that ``article`` argues the view of its author; 0 if not English."""
    texts = [sentence.text for sentence in article.sentences if sentence.part == "body"]
    if article.language != LANGUAGE or not texts:
        return 0.0
    return hashed_model("opinion", LANGUAGE).probability(opening_features(texts))
