"""In which language a text is written."""

import re
from functools import cache
from typing import Any

from briefing.read.clean import clean

SAMPLE = 3_000
"""Characters that are looked at."""
_SHORT = 60
_SURE = 0.5
_SURE_WHEN_SHORT = 0.9
_SURE_BY_SCRIPT = 0.3
_ENGLISH = frozenset(
    (
        "the of and that with from this which their they have has been were would could said but "
        "who"
    ).split()
)
"""Grammatical words that only English has, and every English text."""
_ENGLISH_SHARE, _ENGLISH_WORDS = 0.1, 5
"""With so large a share of them in each half, and so many in all, a text is English."""
_WORD = re.compile(r"[a-z']+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def detect_language(text: str, default: str = "en") -> str:
    """Return the ISO 639-1 code of the language of ``text``, or ``default`` when undecidable.

    A text of fewer than 60 characters needs a clear verdict, because a single name is enough to
    mislead the identifier.
    """
    sample = clean(text[:SAMPLE])
    if not any(character.isalpha() for character in sample):
        return default
    if _clearly_english(sample):
        return "en"
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _needed(sample) else default


def _clearly_english(sample: str) -> bool:
    """Whether its small words say so; the identifier takes half a second to load."""
    words = _WORD.findall(sample.lower())
    middle = len(words) // 2
    halves = [[w for w in half if w in _ENGLISH] for half in (words[:middle], words[middle:])]
    least = _ENGLISH_SHARE * middle
    return len({*halves[0], *halves[1]}) >= _ENGLISH_WORDS and min(map(len, halves)) >= least


def _needed(sample: str) -> float:
    """The probability that decides; a script other than Latin is half the evidence."""
    if not _LATIN.search(sample):
        return _SURE_BY_SCRIPT
    return _SURE if len(sample) >= _SHORT else _SURE_WHEN_SHORT


@cache
def _identifier() -> Any:
    """The identifier of py3langid, with probabilities in 0..1 instead of raw scores."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
