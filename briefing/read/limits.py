"""How large an input may be, and how small."""

import re
from collections.abc import Sequence

from briefing.article import Sentence
from briefing.errors import EmptyInput, TooLong, TooShort

MAX_CHARACTERS = 5_000_000
"""Longest text that is read, in code points."""
MAX_WORDS = 1_000_000
"""Longest text that is read, in words."""
MAX_BYTES = 25_000_000
"""Largest file (HTML, PDF, text in a wide encoding) that is read."""
MIN_WORDS = 6
"""Fewer words than this are no article."""
MIN_SENTENCE_WORDS = 4
"""At least one sentence must have this many words."""

_HAS_LETTER = re.compile(r"[^\W\d_]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def count_words(text: str) -> int:
    """Words with a letter in them; in scripts written without spaces two characters are one."""
    spaced = sum(1 for word in text.split() if _HAS_LETTER.search(word))
    return max(spaced, len(_UNSPACED.findall(text)) // 2)


def check_bytes(size: int) -> None:
    """Raise `TooLong` for more bytes than any format may have."""
    if size > MAX_BYTES:
        raise TooLong(
            f"The input has {size / 1e6:.0f} MB; the limit is {MAX_BYTES // 1_000_000} MB. "
            "Split it, or give the article's text only."
        )


def check_text(text: str) -> None:
    """Raise `TooLong` for a text beyond the limits and `EmptyInput` for a blank one."""
    if len(text) > MAX_CHARACTERS:
        raise TooLong(
            f"The text has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}. "
            "Split it into several articles."
        )
    if (words := len(text.split())) > MAX_WORDS:
        raise TooLong(
            f"The text has {words:,} words; the limit is {MAX_WORDS:,}. "
            "Split it into several articles."
        )
    if not words:
        raise EmptyInput("The input has no text. Give the text of an article.")


def check_sentences(sentences: Sequence[Sentence]) -> None:
    """Raise unless the body has text, the article enough words, and a sentence among them."""
    if not any(sentence.part == "body" for sentence in sentences):
        raise EmptyInput("The input has no readable text. Give the text of an article.")
    words = [count_words(sentence.text) for sentence in sentences]
    if (total := sum(words)) < MIN_WORDS:
        raise TooShort(
            f"The text has only {total} word{'' if total == 1 else 's'}. "
            "Give the whole article, at least one full sentence."
        )
    if max(words) < MIN_SENTENCE_WORDS:
        raise TooShort(
            "The text has no full sentence, only single words. Give the article's running text."
        )
