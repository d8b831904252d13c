"""Undo what tokenisers and lower-casing did to a text, so that it can be compared with another.

Summaries and articles often come from data sets or tools that wrote ``company 's``, ``$ 5``,
``1, 200`` or no capitals at all. Such spelling is no difference in content.
"""

import re
from collections.abc import Iterable, Sequence

from briefing.language.names import known_name
from briefing.language.tokens import Token, ordinary, tokens

_ALWAYS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\\(['\"])", r"\1"),
        (r"``|''", '"'),
        (r"`", "'"),
        (r"(\d), (?=000\b)", r"\1,"),
        (r"([$£€]) (?=\d)", r"\1"),
        (r" (?='(?:s|re|ve|ll)\b|n't\b)", ""),
        (r"\b([oOdD]') (?=[A-Za-z]{3})", r"\1"),
    )
)
# Wrong in ordinary text ("on 12 June, 300 people"), so only where the text shows tokens apart.
_TOKENISED = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"(?<![\d.,])(\d{1,3}(?:,\d{3})*), (?=\d{3}(?!\d))", r"\1,"),
        (r"(\d)\. (?=\d)", r"\1."),
        (r" ([,.;:!?%)])", r"\1"),
        (r"(?<=\w) - (?=\w)", "-"),
    )
)
_MARK = re.compile(r"\w - \w|`|\w [,.] |\\'|\d, 000\b")
_CUT_NUMBER = re.compile(r"\d\.$")
_FEW = 0.02


def tidy(text: str, apart: bool | None = None) -> str:
    """``text`` with its punctuation put back; ``apart``: its tokens are known to stand apart."""
    for pattern, by in _ALWAYS:
        text = pattern.sub(by, text)
    if _MARK.search(text) if apart is None else apart:
        for pattern, by in _TOKENISED:
            text = pattern.sub(by, text)
    return text


def tidy_sentences(sentences: Sequence[str]) -> list[str]:
    """The sentences of one article, tidied; as many, so that their indices still hold.

    A sentence that was cut inside ``1. 1 million`` is given the rest of the number again.
    """
    apart = sum(bool(_MARK.search(text)) for text in sentences) > 1
    found = [tidy(text, apart) for text in sentences]
    for at in range(len(found) - 1 if apart else 0):
        if _CUT_NUMBER.search(found[at]) and found[at + 1][:1].isdigit():
            found[at] += found[at + 1]
    return found


class Capitals:
    """How an article writes its names, to give a summary without capitals the same."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._lower: set[str] = set()
        self._names: dict[str, str] = {}
        for token in (t for text in sentences for t in tokens(text)):
            if not token.capital:
                self._lower.add(token.key)
            elif not token.initial or not ordinary(token.key):
                self._names.setdefault(token.key, token.text)

    def restore(self, line: str) -> str:
        """``line`` with the article's capitals; the same letters."""
        parts, last = [], 0
        for token in tokens(line):
            if form := self._form(token):
                parts += [line[last : token.start], form]
                last = token.end
        return "".join(parts) + line[last:]

    def _form(self, token: Token) -> str | None:
        if not token.text.islower() or token.key in self._lower:
            return None
        form = self._names.get(token.key)
        if form is None and known_name(token.key) and not ordinary(token.key):
            form = token.text.capitalize()
        return form if form and form.casefold() == token.text.casefold() else None


def uncased(lines: Sequence[str]) -> bool:
    """True where a text has next to no capitals beyond the first letters of its sentences."""
    words = [word for line in lines for word in line.split()[1:]]
    return sum(word[0].isupper() for word in words) <= _FEW * len(words)
