"""What a line states and its sources do not: names, numbers, dates and quotations.

Written for the gate alone, with nothing of ``briefing.checking``, so that a fault of the checker is
not repeated by what watches it. It is strict and plain: a phrase is supported where the sources
write it, in figures or in words.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["name", "number", "date", "quotation"]

_MARKS = str.maketrans("“”„«»‘’‚‐‑–—\u00a0", '"""""\'\'\'---- ')
_WORD = re.compile(r"[^\W\d_]+(?:['&.-][^\W\d_]+)*")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_ONES) if value > 1} | {
    word: 10 * value for value, word in enumerate(_TENS, 2)
}
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "k": 10**3, "m": 10**6, "bn": 10**9,
}  # fmt: skip
_CURRENCIES = {"dollar": "$", "pound": "£", "euro": "€", "crown": "crown"}
_SPELLED = rf"(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES[2:])}"
_NUMBER = re.compile(
    r"(?P<currency>[$£€])?"
    r"(?:(?P<score>\d{1,2}-\d{1,2}|\d{1,2}:\d\d)(?![\d-])"
    r"|(?P<figures>\d[\d,]*(?:\.\d+)?)(?:(?P<short>k|m|bn)\b)?(?P<decade>s\b)?"
    rf"|\b(?P<spelled>{_SPELLED})\b)"
    r"(?:[ -](?P<scale>hundred|thousand|million|billion)\b)?"
    r"(?P<percent>%| per ?cent\b)?"
    r"(?: (?P<unit>dollar|pound|euro|crown)s?\b)?",
    re.IGNORECASE,
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = (
    r"(?P<month>(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?)"
)
_DATE = re.compile(
    rf"\b(?:(?P<before>\d{{1,2}}) )?{_MONTH}(?: (?P<after>\d{{1,2}})(?![\d,.:]*\d))?(?!\w)"
)
_LEADS_MONTH = re.compile(
    r"\b(?:in|on|by|until|since|last|next|early|late|mid|of|from|to|before|after|for|than) $", re.I
)
_WEEKDAY = re.compile(r"\b((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?\b")
_YEAR = re.compile(r"(?<![\d,.$£€])1[0-9]\d\d\b(?![,.]\d|s)|(?<![\d,.$£€])20\d\d\b(?![,.]\d|s)")
_OPENS = re.compile(r"(?:^|[.:?!] |(?<!\w)[\"'])$")
_JOINS = frozenset("of the de la for and &".split())
_QUOTED = re.compile(r"\"([^\"]+)\"|(?<!\w)'(\w[^\"]*?)'(?!\w)")


class Violation(NamedTuple):
    """Something that a line states and its sources do not."""

    kind: Kind
    text: str


class Name(NamedTuple):
    """A run of capitalised words; ``opens`` where the first may be capital for its place alone."""

    words: tuple[str, ...]
    opens: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """The facts of a text in a form that compares."""

    names: tuple[Name, ...]
    numbers: dict[tuple[Decimal | str, str], str]
    dates: dict[tuple[object, ...], str]
    quotations: tuple[str, ...]


def fold(text: str) -> str:
    """One form for quotation marks, dashes, spaces and composed letters."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_MARKS).split())


def word_keys(text: str) -> list[str]:
    """The words of a text, their case kept, without a final 's."""
    return [re.sub(r"'s?$", "", match.group()) for match in _WORD.finditer(fold(text))]


@lru_cache(maxsize=2048)
def read(text: str) -> Stated:
    """The names, numbers, dates and quotations of a text."""
    folded = fold(text)
    dates, rest = _dates(folded)
    return Stated(tuple(_names(folded)), _numbers(rest), dates, tuple(_quotations(folded)))


def unsupported(
    line: str, sources: Sequence[str], whole: str, ordinary: Collection[str]
) -> list[Violation]:
    """The facts of ``line`` that ``sources`` do not state.

    ``whole`` is the article: it introduces short forms in brackets and opens the quotations that
    run over sentences. ``ordinary`` are small words that may stand at the start of a line.
    """
    said, held = read(line), read("\n".join(sources))
    found = [Violation("name", " ".join(run)) for run in _foreign(said, sources, whole, ordinary)]
    found += [Violation("number", text) for key, text in said.numbers.items()
              if key not in held.numbers]  # fmt: skip
    found += [Violation("date", text) for key, text in said.dates.items() if key not in held.dates]
    spoken = [_plain(quotation) for quotation in read(whole).quotations]
    texts = [_plain(source) for source in sources]
    for quotation in said.quotations:
        words = _plain(quotation)
        if not any(words in text for text in spoken) or not any(words in text for text in texts):
            found.append(Violation("quotation", quotation))
    return found


def _plain(text: str) -> str:
    words = re.findall(r"[^\W_]+", fold(text).casefold())
    return f" {' '.join(words)} "


def _names(text: str) -> Iterator[Name]:
    """Runs of capitalised words, dates and numbers left out; joining words may stand inside."""
    run: list[str] = []
    joins: list[str] = []
    end, opens = 0, True
    for match in _WORD.finditer(text):
        word, gap = re.sub(r"'s?$", "", match.group()), text[end : match.start()]
        initial = gap == ". " and bool(run) and len(run[-1]) <= 3
        if run and gap not in (" ", " & ") and not initial:
            yield Name(tuple(run), opens)
            run, joins = [], []
        end = match.start() + len(word)
        if word[0].isupper() and word != "I" and not _counts(word):
            opens = opens if run else bool(_OPENS.search(text[: match.start()]))
            run += [*joins, word]
            joins = []
        elif run and word in _JOINS and len(joins) < 2:
            joins.append(word)
        else:
            if run:
                yield Name(tuple(run), opens)
            run, joins = [], []
    if run:
        yield Name(tuple(run), opens)


def _counts(word: str) -> bool:
    return bool(_WEEKDAY.fullmatch(word) or _DATE.fullmatch(word) or _NUMBER.fullmatch(word))


def _foreign(
    said: Stated, sources: Sequence[str], whole: str, ordinary: Collection[str]
) -> Iterator[tuple[str, ...]]:
    """The names that no source holds, whole or with words left out."""
    runs = [_casefolded(name.words) for source in sources for name in _names(fold(source))]
    small = {word for source in sources for word in word_keys(source) if word.islower()}
    short = {key.casefold() for key in re.findall(r"\(([A-Z][\w-]+)\)", fold(whole))}
    for name in said.names:
        keys = _casefolded(name.words)
        if name.opens and not _within(keys, runs) and (keys[0] in small or keys[0] in ordinary):
            keys = keys[1:]
        if not _within(keys, runs) and (len(keys) > 1 or keys[0] not in short):
            yield name.words


def _casefolded(run: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in run if word not in _JOINS)


def _within(keys: Sequence[str], runs: Sequence[Sequence[str]]) -> bool:
    """True where the words, if any, stand in one run, in order."""
    if not keys:
        return True
    for run in runs:
        rest = iter(run)
        if all(key in rest for key in keys):
            return True
    return False


def _numbers(text: str) -> dict[tuple[Decimal | str, str], str]:
    found: dict[tuple[Decimal | str, str], str] = {}
    last: re.Match[str] | None = None
    for match in _NUMBER.finditer(text):
        unit = match["currency"] or _CURRENCIES.get((match["unit"] or "").lower(), "")
        unit = "%" if match["percent"] else "decade" if match["decade"] else unit
        found[match["score"] or _value(match), unit] = match.group()
        if last and unit and text[last.end() : match.start()] in (" to ", " and ", " or "):
            found[_value(last), unit] = last.group()  # "640 million to 680 million euros"
        last = None if match["score"] or unit else match
    return found


def _value(match: re.Match[str]) -> Decimal:
    scale = (match["scale"] or match["short"] or "").lower()
    if match["figures"]:
        value = Decimal(match["figures"].rstrip(",").replace(",", ""))
    else:
        tens, _, ones = match["spelled"].lower().partition("-")
        value = Decimal(_VALUES[tens] + (_ONES.index(ones) if ones else 0))
    return value * _SCALES.get(scale, 1)


def _dates(text: str) -> tuple[dict[tuple[object, ...], str], str]:
    """The dates of a text, and the text without them."""
    found: dict[tuple[object, ...], str] = {}
    spans: list[tuple[int, int]] = []
    for match in _DATE.finditer(text):
        day = match["before"] or match["after"]
        year = re.match(r",? \d{4}\b", text[match.end() :])
        if not (day or year or _LEADS_MONTH.search(text[: match.start()])):
            continue
        month = _MONTHS.index(match["month"][:3])
        found["month", month] = match.group()
        if day:
            found["day", month, int(day)] = match.group()
            spans.append(match.span())
    for match in _WEEKDAY.finditer(text):
        found["weekday", match[1]] = match.group()
    for match in _YEAR.finditer(text):
        found["year", match.group()] = match.group()
        spans.append(match.span())
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + "#" + text[end:]
    return found, text


def _quotations(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        yield match[1] or match[2]
