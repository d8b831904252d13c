"""Which place of its name a text tells of: "Springfield, Illinois" is not "Springfield, Missouri".

Two texts are of different places if both have the name with something behind it, and each with
what the other never mentions. Where only one has it, the name alone does not tell that both are of
one place.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from zlib import crc32

from briefing.language.word_lists import groups

_NAME = r"[A-Z][^\W\d_]+(?:[-'’][^\W\d_]+)*"
_SHORT = r"(?:[A-Z]\.){2,}|[A-Z]{2}\b"
_PLACE = re.compile(
    rf"(?:\b(?P<at>[Ii]n|of|[Nn]ear|at|from|to|[Oo]utside|around|for|over) |^)"
    rf"(?P<name>{_NAME}(?: {_NAME}){{0,2}}), (?P<behind>{_SHORT}|{_NAME}\.?(?: {_NAME}){{0,2}})"
    r"(?P<end>,|\.|$)?(?P<more> (?:and|or)\b)?",
    re.MULTILINE,
)
"""A name, and what stands behind it between commas, or before the end of a sentence."""
_MOST = 8
"""Places that are kept of a text."""


def places(text: str) -> dict[int, int]:
    """The hashes of the names of places of ``text``, with those of what stands behind them.

    They are hashes of terms as those of a signature. What is behind a name counts where it is a
    country or region, or after a preposition and between commas; in a list it does not.
    """
    found: dict[int, int] = {}
    for name, behind in _qualified(text):
        if len(found) < _MOST:
            found.setdefault(_term(name), _term(behind))
    return found


def _qualified(text: str) -> Iterator[tuple[str, str]]:
    for match in _PLACE.finditer(text):
        words = match["behind"].split(" ")
        starts = (" ".join(words[:size]) for size in range(len(words), 0, -1))
        region = next(filter(None, map(_region, starts)), "")
        if region:
            yield match["name"], region
        elif match["at"] and match["end"] and not match["more"]:
            yield match["name"], match["behind"].rstrip(".")


def _region(behind: str) -> str:
    """The country or region that is named or shortened: "Ill.", "IL", but no "Miss" or "La"."""
    key = behind.replace(".", "").replace(" ", "-").lower()
    region = _regions().get(key, "")
    short = region != key and not (behind.isupper() or behind.endswith("."))
    return "" if short else region.replace("-", " ")


@cache
def _regions() -> dict[str, str]:
    """The name of each country and region by its forms."""
    countries = {line[0]: line[0] for line in groups("nationalities")}
    return countries | {form: line[0] for line in groups("regions") for form in line}


def _term(name: str) -> int:
    """The hash of the term that a name is in a signature; of a longer one, of its last pair."""
    words = name.lower().split(" ")
    pairs = [f"&{one} {other}" for one, other in pairwise(words)]
    return crc32((pairs[-1] if pairs else f"@{words[0]}").encode())
