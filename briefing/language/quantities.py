"""Parse quantities: digits, number words, magnitudes, currencies, percentages, ordinals, times.

``quantities`` reads them with their unit; ``matches`` compares a line's with a source's, ``move``
tells what a change makes of one (by, to, from), ``shares`` which are parts of others. The grammar
of number words is the usual one for English (units, tens, hundreds, magnitudes).
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from zlib import crc32

from briefing.language.parse import Parse
from briefing.language.tokens import Token
from briefing.language.word_lists import groups, opposites

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = ("twenty thirty forty fifty sixty seventy eighty ninety").split()
_SMALL = {w: float(i) for i, w in enumerate(_UNITS)} | {
    w: 20.0 + 10 * i for i, w in enumerate(_TENS)
}
_SCALE = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "dozen": 12.0,
    "k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12, "mln": 1e6, "bln": 1e9,
}  # fmt: skip
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_ORDINAL = {w: float(i + 1) for i, w in enumerate(_ORDINALS)} | {
    w[:-1] + "ieth": 20.0 + 10 * i for i, w in enumerate(_TENS)
} | {"hundredth": 100.0, "thousandth": 1000.0}  # fmt: skip
_FRACTION = {"half": 1 / 2, "halves": 1 / 2, "quarter": 1 / 4, "quarters": 1 / 4} | {
    w + s: 1 / v for w, v in _ORDINAL.items() if v > 2 for s in ("", "s")
}
_VAGUE = {
    "dozens": (24, 200), "scores": (40, 200), "hundreds": (200, 2000), "thousands": (2000, 2e6),
    "millions": (2e6, 2e9), "billions": (2e9, 2e12), "trillions": (2e12, 1e18),
    "twice": (2, 2), "double": (2, 2), "doubled": (2, 2), "doubling": (2, 2), "twofold": (2, 2),
    "triple": (3, 3), "tripled": (3, 3), "threefold": (3, 3), "thrice": (3, 3),
    "quadrupled": (4, 4),
}  # fmt: skip
_STARTS = frozenset({"half", "a", *_VAGUE, *_SMALL, *_SCALE, *_ORDINAL})
"""Words that a quantity may begin with; others are skipped quickly."""
_SYMBOL = {"$": "usd", "£": "gbp", "€": "eur", "¥": "jpy", "₹": "inr", "₩": "krw", "₽": "rub"}
_CURRENCY = {
    "dollar": "usd", "dollars": "usd", "pound": "gbp", "pounds": "gbp", "euro": "eur",
    "euros": "eur", "yen": "jpy", "rupee": "inr", "rupees": "inr", "rouble": "rub",
    "roubles": "rub", "rubles": "rub", "yuan": "cny", "cents": "cent", "pence": "cent",
    "usd": "usd", "gbp": "gbp", "eur": "eur",
}  # fmt: skip
_DIGITS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?([^\W\d_]*)\Z")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(am|pm)?\Z")
_RANGE = re.compile(r"\s?(?:-|to|and|or)\s?\Z")
UNIT_NAMES = {form: group[0] for group in groups("units") for form in group}
"""Units of measurement by any of their spellings: "km" is "kilometre"."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as stated: its value, unit (``%``, a currency, ``th``, ``time``) and position.

    ``first`` and ``last`` are token indices; ``also`` has other readings of the value (the 5 of
    "5-10 million"); ``vague`` is the range of a word such as "hundreds"; ``measure`` is the
    unit of measurement that follows, by its full name.
    """

    value: float
    unit: str
    first: int
    last: int
    also: tuple[float, ...] = ()
    vague: tuple[float, float] | None = None
    measure: str = ""

    @property
    def norm(self) -> str:
        """A readable normal form: ``1000000 usd``."""
        value = f"{self.value:.10g}"
        return f"{value} {self.unit}".strip() if not self.vague else f"~{value}"


def quantities(text: str, words: Sequence[Token], taken: Collection[int] = ()) -> list[Quantity]:
    """Return the quantities of ``text``, in order, without the ``taken`` tokens (of dates)."""
    found: list[Quantity] = []
    index = 0
    while index < len(words):
        quantity = None if index in taken else _quantity(text, words, index)
        if quantity is None:
            index += 1
            continue
        found.append(quantity)
        index = quantity.last + 1
    return _spread(words, found)


def _quantity(text: str, words: Sequence[Token], index: int) -> Quantity | None:
    """Return the quantity that starts at token ``index``, with its unit."""
    token = words[index]
    if token.key not in _STARTS and not token.key[:1].isdecimal():
        return None
    if token.key in _VAGUE:
        low, high = _VAGUE[token.key]
        return Quantity(float(low), "", index, index, vague=(float(low), float(high)))
    if clock := _clock(words, index):
        return clock
    quantity = _fraction(words, index) or _digits(words, index) or _spelled(words, index)
    if quantity is None or _idiom(words, quantity):
        return None
    return _measured(words, _unit(text, words, quantity))


def _key(words: Sequence[Token], index: int) -> str:
    return words[index].key if 0 <= index < len(words) else ""


def _clock(words: Sequence[Token], index: int) -> Quantity | None:
    """Return ``7.30pm``, ``5 p.m.``, ``19:30`` in minutes after midnight."""
    match = _CLOCK.match(words[index].key)
    if not match:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    last = index
    if not half and _key(words, index + 1) in ("am", "pm"):
        half, last = words[index + 1].key, index + 1
    colon = ":" in words[index].key and hour < 24
    if not half and not colon:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return Quantity(float(hour * 60 + minute), "time", index, last)


def _digits(words: Sequence[Token], index: int) -> Quantity | None:
    """Return a number in digits, with a magnitude joined to it or in the next word."""
    token = words[index]
    if not token.key[:1].isdecimal():
        return None
    match = _DIGITS.match(token.key)
    if not match:
        return Quantity(float(crc32(token.key.encode())), "code", index, index)
    value, suffix = float(match[1].replace(",", "") + (match[2] or "")), match[3]
    if suffix in ("st", "nd", "rd", "th"):
        return Quantity(value, "th", index, index)
    if suffix in _SCALE:
        return Quantity(value * _SCALE[suffix], "", index, index)
    if suffix in UNIT_NAMES:
        return Quantity(value, "", index, index, measure=UNIT_NAMES[suffix])
    scale = _SCALE.get(_key(words, index + 1), 1.0)
    glued = scale > 1 and words[index + 1].gap in (" ", "-")
    if glued and (len(words[index + 1].key) > 1 or words[index + 1].text.islower()):
        return Quantity(value * scale, "", index, index + 1)
    return Quantity(value, "", index, index)


def _spelled(words: Sequence[Token], index: int) -> Quantity | None:
    """Return a number in words: ``twenty-five``, ``a hundred and ten``, ``fifth``."""
    total, current, last = 0.0, 0.0, index - 1
    ordinal = False
    for at in range(index, len(words)):
        key = words[at].key
        if at > index and words[at].gap not in (" ", "-"):
            break
        if key in _SMALL and (last < index or _extends(current, _SMALL[key])):
            current += _SMALL[key]
        elif key in _SCALE and len(key) > 3 and last >= index:
            current *= _SCALE[key]
            if _SCALE[key] >= 1000:
                total, current = total + current, 0.0
        elif key in _SCALE and len(key) > 3 and _key(words, at - 1) in ("a", "several", "per"):
            current = _SCALE[key]
        elif key in _ORDINAL and (last < index or _extends(current, _ORDINAL[key])):
            current, ordinal = current + _ORDINAL[key], True
        elif key == "and" and current >= 100 and _key(words, at + 1) in _SMALL:
            continue
        else:
            break
        last = at
        if ordinal:
            break
    if last < index:
        return None
    return Quantity(total + current, "th" if ordinal else "", index, last)


def _extends(current: float, value: float) -> bool:
    """Whether ``value`` may follow: 20 + 5, 100 + 25, but not 5 + 5."""
    if current % 100 == 0 and value < 100:
        return True
    return current % 100 >= 20 and current % 10 == 0 and value < 10


def _fraction(words: Sequence[Token], index: int) -> Quantity | None:
    """Return a fraction: ``two thirds``, ``a quarter``, ``half``, ``half a million``."""
    key, after = words[index].key, _key(words, index + 1)
    if key == "half":
        if after in ("a", "an") and _key(words, index + 2) in _SCALE:
            return Quantity(_SCALE[words[index + 2].key] / 2, "", index, index + 2)
        return Quantity(0.5, "part", index, index)
    if after in _FRACTION and words[index + 1].gap in (" ", "-"):
        part = _FRACTION[after]
        if key in _SMALL and (after.endswith("s") or key == "one"):
            return Quantity(_SMALL[key] * part, "part", index, index + 1)
        if key == "a" and _key(words, index + 2) in ("of", "more", "less", "fewer"):
            return Quantity(part, "part", index, index + 1)
    return None


def _idiom(words: Sequence[Token], quantity: Quantity) -> bool:
    """Whether the number is "one" as a pronoun or in an idiom."""
    if words[quantity.first].key != "one" or quantity.last != quantity.first:
        return False
    before, after = _key(words, quantity.first - 1), _key(words, quantity.first + 1)
    return (
        after in ("of", "another", "day", "who", "that", "thing", "way", "")
        or before in ("no", "any", "this", "that", "the", "each", "every", "which", "another")
        or words[quantity.first].gap.endswith("-")
        or after in ("is", "was", "can", "has")
    )


def _unit(text: str, words: Sequence[Token], quantity: Quantity) -> Quantity:
    """Add the percentage or currency before or after the number."""
    token, after = words[quantity.first], _key(words, quantity.last + 1)
    tail = text[words[quantity.last].end : words[quantity.last].end + 2].lstrip()
    if tail.startswith("%") or after in ("percent", "pc", "percentage"):
        return replace(quantity, unit="%")
    if after == "per" and _key(words, quantity.last + 2) == "cent":
        return replace(quantity, unit="%")
    symbol = token.gap[-1:] if token.gap.strip() else ""
    if symbol in _SYMBOL:
        return replace(quantity, unit=_SYMBOL[symbol])
    if not quantity.unit and after in _CURRENCY:
        return replace(quantity, unit=_CURRENCY[after])
    return quantity


def _measured(words: Sequence[Token], quantity: Quantity) -> Quantity:
    """Add the unit of measurement that follows: 5 *years*, 25-*year*-old."""
    after = UNIT_NAMES.get(_key(words, quantity.last + 1), "")
    return replace(quantity, measure=after) if after else quantity


def _spread(words: Sequence[Token], found: list[Quantity]) -> list[Quantity]:
    """Copy unit and magnitude back over a range: the 5 of "5 to 10 million dollars"."""
    for at in range(len(found) - 2, -1, -1):
        one, two = found[at], found[at + 1]
        between = "".join(t.gap + t.key for t in words[one.last + 1 : two.first])
        between += words[two.first].gap
        if not _RANGE.match(between.strip("$£€ ") or "-") or "th" in (one.unit, two.unit):
            continue
        scale = next((s for s in (1e12, 1e9, 1e6, 1e3) if two.value >= s), 1.0)
        also = (one.value * scale,) if one.value < two.value and scale > 1 else ()
        unit = one.unit or two.unit
        found[at] = replace(one, unit=unit, also=also, measure=one.measure or two.measure)
    return found


def matches(line: Quantity, source: Quantity) -> bool:
    """Whether the source states the line's number: the same value, and no other unit."""
    if line.vague:
        low, high = line.vague
        return source.vague == line.vague or (not source.vague and low <= source.value < high + 1)
    if source.vague:
        return False
    if {line.unit, source.unit} == {"part", "%"}:
        return abs(line.value * _percent(line) - source.value * _percent(source)) < 0.01
    if not any(abs(line.value - v) <= 1e-9 * max(1.0, v) for v in (source.value, *source.also)):
        return False
    units = {line.unit, source.unit}
    if line.unit != source.unit and (line.unit or units & {"th", "time", "code"}):
        return False
    return not (line.measure and source.measure and line.measure != source.measure)


def _percent(quantity: Quantity) -> float:
    return 100.0 if quantity.unit == "part" else 1.0


_BETWEEN = frozenset({"$", "RB", "RBR", "DT", "JJ", "JJR", "PRP$", "VBN"})
"""Tags between a preposition and its number: "from *a planned $*5m", "by *nearly* 5"."""
_WITHIN = 8
"""Most tokens between a number and the "up from" that follows it."""


@cache
def _ways() -> dict[str, str]:
    """Return whether a word tells of a rise or a fall, by its dictionary form."""
    ways = {"up": "up", "down": "down"}
    for rising, falling in opposites():
        if rising & {"rise", "raise"}:
            ways |= dict.fromkeys(rising, "up") | dict.fromkeys(falling, "down")
    return ways


def move(parse: Parse, words: Sequence[Token], one: Quantity) -> tuple[str, str]:
    """Return what a change makes of a number ("by", "to", "from"), and its way ("up", "down").

    The 12 of "fell by 12 to 48" and of "fell 12" is what it fell by, the 48 what it fell to, as is
    that of "48 buses, down from 60". Each is empty if it is not told.
    """
    first, last = (bisect_right(parse.starts, words[at].start) - 1 for at in (one.first, one.last))
    at = first - 1
    while at >= max(0, first - 3) and parse.tags[at] in _BETWEEN and _way(parse, at) == "":
        at -= 1
    if at >= 0 and parse.lower[at] in ("by", "to", "from") and parse.relations[at] != "agent":
        after = parse.tags[last + 1][:1] if last + 1 < len(parse) else ""
        joins = parse.lower[at] == "to" and parse.tags[at - 1 : at] == ("CD",) and after in [*"NJI"]
        above = next((i for i in parse.ancestors(at) if parse.is_verb(i)), at)
        told = [_way(parse, i) for i in (max(0, at - 1), above, *parse.children[above])]
        if joins and "from" not in parse.lower[:at]:  # "by 5 to 10 points"
            return "", ""
        return parse.lower[at], next(filter(None, told), "")
    if at >= 0 and parse.tags[at][0] == "V" and (way := _way(parse, at)):
        return "by", way
    for at in range(last + 1, min(last + _WITHIN, len(parse) - 1)):
        if parse.tags[at] == "CD":
            break
        if parse.lower[at] in ("up", "down") and parse.lower[at + 1] == "from":
            return "to", parse.lower[at]
    return "", ""


def _way(parse: Parse, at: int) -> str:
    """Return which way a verb, "up" or "down" goes; empty if none."""
    way = _ways().get(parse.lemmas[at].lower(), "")
    return way if parse.is_verb(at) or parse.lower[at] == way else ""


def shares(words: Sequence[Token], found: Sequence[Quantity]) -> Iterator[tuple[int, int]]:
    """Yield which number is told as a part of which: "12 of its 40 ships", by their places."""
    for at, (part, whole) in enumerate(pairwise(found)):
        between = words[part.last + 1 : whole.first]
        plain = not any(q.unit or q.vague or q.measure for q in (part, whole))
        closed = whole.last + 1 < len(words) and words[whole.last + 1].gap == "-"
        if plain and not closed and 0 < len(between) <= 3 and between[0].key == "of":
            if all(word.function for word in between):
                yield at, at + 1
