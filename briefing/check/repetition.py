"""Does a line say what an earlier one says? And which of its sources does it draw on?"""

from collections.abc import Sequence

from briefing.language.facts import read

_REPEATS = 0.6
_CONTAINED = 0.85
_TOLD = 0.7


def repeats(line: str, earlier: Sequence[str]) -> bool:
    """True where ``line`` says, in the main, what a line of ``earlier`` says.

    Content overlap of at least 0.6 of the two lines' words, or one line contained in the other.
    """
    own = read(line).said
    return any(_same(own, read(other).said) for other in earlier)


def adds_nothing(line: str, headline: str) -> bool:
    """True where ``line`` says little that ``headline`` has not said.

    A whole sentence may hold its own headline: it adds what the headline left out.
    """
    own, told = read(line).said, read(headline).said
    return bool(own) and len(own & told) >= _TOLD * len(own)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return one == other
    shared = len(one & other)
    if shared / len(one | other) >= _REPEATS:
        return True
    least = min(len(one), len(other))
    return shared / least >= (_CONTAINED if least > 3 else 1.0)
