"""Name the author behind the lines of an opinion piece.

In a column, what no one else is said to claim is the author's own claim. A line of it that stood
alone would state an opinion as a fact, so the line says whose it is.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from briefing.briefs import Insertion, Line
from briefing.language import Parses
from briefing.language.parse import DOUBLE_QUOTES, Parse
from briefing.language.structure import SAYING
from briefing.sections import Section

OPINION_PIECE = 0.55
"""Probability from which an article is taken for an opinion piece: of 190 dev articles that were
read, 19 were above it, all columns, features or statements of politicians."""
WARNING = "The article reads as an opinion piece: what its lines claim is its author's view."
_VIEW = 0.1
"""Probability of being an opinion from which a sentence of such a piece is taken for a claim. Of 24
lines of unseen pieces the 7 below it told plain events, the 17 above it claims."""
_AUTHOR = {True: ", author writes", False: ", the author writes"}
"""The insertion in a headline, and in other lines."""
_MENTION = re.compile(r",\s(?:the\s)?author\swrites(?=\.|\s*$)", re.MULTILINE)


def attributed(line: Line, section: Section, views: Sequence[float], parses: Parses | None) -> Line:
    """Return a line that claims something with its author named, unless it names who claims it.

    ``views`` are the probabilities of the article's sentences that they are opinions.
    """
    if max(views[index] for index in line.evidence) < _VIEW:
        return line
    headline = section is Section.HEADLINE
    if parses is None or (not line.text.endswith(".") and not headline):
        return line
    parse = parses.one(line.text)
    if line.text[-1] in "!?" or parse is None or _has_speaker(parse):
        return line
    start = len(line.text) - (not headline)
    told = _AUTHOR[headline]
    inserted = Insertion(start, start + len(told), line.evidence[0])
    text = line.text[:start] + told + line.text[start:]
    return replace(line, text=text, inserted=(*line.inserted, inserted))


def unattributed(text: str) -> str:
    """Return a text of lines without the mentions of their author."""
    return _MENTION.sub("", text)


def _has_speaker(parse: Parse) -> bool:
    """Whether the line quotes someone, or a verb in it reports what someone says."""
    if DOUBLE_QUOTES & set(parse.words) or "according" in parse.lower:
        return True
    return any(
        parse.lemmas[at] in SAYING and parse.is_finite(at) and parse.child(at, "ccomp") is not None
        for at in range(len(parse))
    )
