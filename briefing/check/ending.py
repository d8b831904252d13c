"""Does a line that copies its source stop where the source lets it?

A small model asked for a short line copies and stops at the length asked for, in the middle of a
phrase: "Minor has granted." of "Minor has granted more than $1.5 million". The source shows it: what
follows the last copied word there must be a boundary.
"""

from collections.abc import Iterator, Sequence

from briefing.check.evidence import Evidence
from briefing.check.facts import read
from briefing.check.words import Token

_OPENS_PHRASE = frozenset(
    "in on at for from with by as after before while because since until when where which "
    "who whose that and but or nor amid during over under against about into despite although if "
    "whether including through between among toward towards within without across along "
    "around behind beyond near outside inside upon via per so yet though unless".split()
)
_TAKES_MORE = frozenset("said says told added noted suggest suggests argued argue warned".split())


def cut_inside(line: str, source: Evidence) -> bool:
    """True where the source goes on, within the phrase, after the line's last copied words."""
    words = read(line).words
    if len(words) < 2:
        return False
    after = list(_followers(words, source))
    if not after:
        return False
    return not any(_boundary(words[-1], token) for token in after)


def _followers(words: Sequence[Token], source: Evidence) -> Iterator[Token | None]:
    """What follows in the source wherever it holds the line's last two words, else the last."""
    last_two = [token.key for token in words[-2:]]
    for pattern in (last_two, last_two[1:]):
        found = False
        for reading in source.readings:
            keys = [token.key for token in reading.words]
            for at in range(len(keys) - len(pattern) + 1):
                if keys[at : at + len(pattern)] == pattern:
                    found = True
                    end = at + len(pattern)
                    yield reading.words[end] if end < len(keys) else None
        if found:
            return


def _boundary(last: Token, following: Token | None) -> bool:
    """Whether a line may stop between these two words of the source."""
    if (
        following is None
        or any(c in following.gap for c in ',;:.!?()[]—–"')
        or (" - " in following.gap)
    ):
        return True
    if last.key in _TAKES_MORE:
        return False
    return following.key in _OPENS_PHRASE
