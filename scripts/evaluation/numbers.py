"""The values that a text states in digits or words, read a second time for the evaluation.

Units are left aside on purpose: "$5m", "5 million" and "five million dollars" all state 5,000,000.
Vague numbers ("dozens") and a lone "one" or "first" state no value.
"""

import re
from collections.abc import Iterator

from scripts.evaluation.words import plain

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_VALUES = (
    {word: value for value, word in enumerate(_UNITS)}
    | {word: value for value, word in enumerate(_ORDINALS)}
    | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
    | {word[:-1] + "ieth": 20 + 10 * i for i, word in enumerate(_TENS)}
)
_POWERS = {
    "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_SUFFIXES = {
    "k": 1_000, "m": 10**6, "mn": 10**6, "mln": 10**6, "bn": 10**9, "b": 10**9, "bln": 10**9,
    "tn": 10**12,
}  # fmt: skip
_FRACTIONS = {"thirds": 3, "quarters": 4, "fifths": 5, "sixths": 6, "eighths": 8, "tenths": 10}
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[A-Za-z]+")
_NOT_STATED = frozenset({0.0, 1.0})


def values(text: str) -> frozenset[float]:
    """Every value that ``text`` states; the parts of a compound count too (5 of "5 million")."""
    return frozenset(value for value, _ in _stated(text))


def claimed(text: str) -> dict[float, str]:
    """The values that a line has to answer for, each with its words; 0 and 1 are left out."""
    return {value: words for value, words in _whole(text) if value not in _NOT_STATED}


def _whole(text: str) -> Iterator[tuple[float, str]]:
    """Each number read as far as it goes."""
    tokens = _tokens(text)
    at = 0
    while at < len(tokens):
        value, after = _number(tokens, at)
        if value is None:
            at += 1
            continue
        yield value, " ".join(tokens[at:after])
        at = after


def _stated(text: str) -> Iterator[tuple[float, str]]:
    """Each number, and each of its parts by itself."""
    yield from _whole(text)
    for token in _tokens(text):
        value, _ = _number([token], 0)
        if value is not None:
            yield value, token


def _tokens(text: str) -> list[str]:
    return [token.strip(",").lower() for token in _TOKEN.findall(plain(text))]


def _number(tokens: list[str], at: int) -> tuple[float | None, int]:
    """The value that starts at token ``at``, and the index after it."""
    if tokens[at][0].isdigit():
        return _digits(tokens, at)
    if tokens[at] in _FRACTIONS:
        return float(_FRACTIONS[tokens[at]]), at + 1
    return _spelled(tokens, at)


def _digits(tokens: list[str], at: int) -> tuple[float, int]:
    value = float(tokens[at].replace(",", ""))
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    power = _POWERS.get(after) or _SUFFIXES.get(after)
    return (round(value * power, 6), at + 2) if power else (value, at + 1)


def _spelled(tokens: list[str], at: int) -> tuple[float | None, int]:
    """A number in words: units add to tens, a power multiplies what came before it."""
    total, current, start = 0.0, 0.0, at
    while at < len(tokens):
        word = tokens[at]
        if word in _VALUES and (at == start or _follows(current, _VALUES[word])):
            current += _VALUES[word]
        elif word in _POWERS and at > start:
            current *= _POWERS[word]
            if _POWERS[word] > 100:
                total, current = total + current, 0.0
        elif word == "and" and at > start and tokens[at - 1] in _POWERS:
            if at + 1 >= len(tokens) or tokens[at + 1] not in _VALUES:
                break
        else:
            break
        at += 1
    return (total + current, at) if at > start else (None, at)


def _follows(current: float, value: float) -> bool:
    """20 then 5, 100 then 25, a power then anything; not 5 then 5."""
    if current == 0 or current % 100 == 0:
        return value < 100
    return current % 10 == 0 and current % 100 >= 20 and value < 10
