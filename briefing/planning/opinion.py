"""Tell opinion pieces from reports by their words.

A hashed logistic model over the words and word pairs of a passage, trained on openings of newspaper
articles that their editors filed under opinion or elsewhere (``scripts.train.opinion``). An article
is judged by the mean of its passages: a report that opens like a column goes on like a report.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from statistics import fmean

from briefing.article import Article
from briefing.learned import hashed_model, logistic
from briefing.planning.lexicon import normalise, tokenise

LANGUAGE = "en"
PASSAGE_WORDS = 120
"""Words of a passage: the openings that the model learned from are as long, two or three
paragraphs."""
_PASSAGES = 8
"""Passages of an article that are read."""
_SHORTEST = 50
"""Words from which the end of an article is a passage of its own."""


def passage_features(texts: Sequence[str]) -> Iterator[str]:
    """Yield the features of a passage: its words, and its word pairs within a sentence."""
    for text in texts:
        words = [normalise(token) for token in tokenise(text)]
        yield from words
        yield from (f"{one} {other}" for one, other in pairwise(words))


def opinion_chance(article: Article) -> float:
    """Return the probability that ``article`` argues the view of its author; 0 if not English."""
    texts = [sentence.text for sentence in article.sentences if sentence.part == "body"]
    if article.language != LANGUAGE or not texts:
        return 0.0
    model = hashed_model("opinion", LANGUAGE)
    odds = [
        model.odds(passage_features(passage)) for passage in islice(_passages(texts), _PASSAGES)
    ]
    return logistic(fmean(odds))


def _passages(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield runs of sentences of about ``PASSAGE_WORDS`` words; a short rest only if it is all."""
    passage: list[str] = []
    size, first = 0, True
    for text in texts:
        passage.append(text)
        size += len(text.split())
        if size >= PASSAGE_WORDS:
            yield passage
            passage, size, first = [], 0, False
    if passage and (first or size >= _SHORTEST):
        yield passage
