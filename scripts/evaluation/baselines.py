"""What the product is compared with: lead sentences, and sumy's LexRank, TextRank and LSA.

sumy is given the product's own sentences and a plain word pattern, so that all systems choose
among the same sentences and no tokeniser data is downloaded.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers._summarizer import AbstractSummarizer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words

POINTS = 3
SUMY = ("lexrank", "textrank", "lsa")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class _Words:
    """The one method of sumy's tokeniser that its sentences call."""

    @staticmethod
    def to_words(sentence: str) -> tuple[str, ...]:
        return tuple(_WORD.findall(sentence))


def lead(sentences: Sequence[str], count: int = POINTS) -> list[str]:
    """The first ``count`` sentences."""
    return list(sentences[:count])


def extract(method: str, sentences: Sequence[str], count: int = POINTS) -> list[str]:
    """The ``count`` sentences that ``method`` (one of ``SUMY``) chooses, in reading order."""
    document = ObjectDocumentModel([Paragraph([Sentence(s, _Words) for s in sentences])])
    return [str(sentence) for sentence in _summariser(method)(document, count)]


@cache
def _summariser(method: str) -> AbstractSummarizer:
    kinds = {"lexrank": LexRankSummarizer, "textrank": TextRankSummarizer, "lsa": LsaSummarizer}
    summariser = kinds[method](lru_cache(maxsize=100_000)(Stemmer("english")))
    summariser.stop_words = get_stop_words("english")
    return summariser
