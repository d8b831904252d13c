"""The given title: is it a plain statement that the article bears out?"""

import re
from collections.abc import Sequence

from briefing.check.facts import states
from briefing.language.tokens import content, ordinary

MOST_WORDS = 14
_CLICKBAIT = re.compile(
    r"\b(?:you (?:won't|will|need|should|have to|can't)|you'll|"
    r"here(?:'s| is| are) (?:why|how|what)|this is (?:why|how|what)|what happened next|"
    r"will blow|shocking|the reason why|what (?:you|we) need to know|what we know|explained$|"
    r"\d+ (?:things|ways|reasons|facts|signs|photos)|everything (?:you|we) |live updates?|"
    r"as it happened)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:live(?: updates?)?|opinion|watch|video|exclusive|breaking(?: news)?|analysis|editorial|"
    r"commentary|updated?|fact check|podcast|review|column|letters?)\s*[:|–—-]\s*",
    re.IGNORECASE,
)
_SITE = re.compile(r"\s+[|–—]\s+[\w.&' ]{2,30}$")
_BORNE_OUT = 0.5
"""Least share of a title's content words that the article holds; titles of dev articles that a
reader refused for saying something else held fewer (see docs/quality.md)."""


def plain_title(title: str) -> str | None:
    """The title without label and site name; None where it is no plain statement.

    A question, a shout, clickbait, a mere label or more than 14 words is no headline.
    """
    title = _SITE.sub("", _LABEL.sub("", " ".join(title.split()))).strip().removesuffix(".")
    letters = [c for c in title if c.isalpha()]
    if not 4 <= len(title.split()) <= MOST_WORDS or title.endswith((":", "…", "...", "!")):
        return None
    if "?" in title or "|" in title:
        return None
    if letters and sum(c.isupper() for c in letters) > 0.6 * len(letters):
        return None
    return None if _CLICKBAIT.search(title) else title[:1].upper() + title[1:]


def borne_out(title: str, sentences: Sequence[str]) -> bool:
    """Whether the article's sentences hold the title's names and numbers and most of its words."""
    wanted = set(content(title))
    held = {stem for text in sentences for stem in content(text)}
    if len(wanted & held) < _BORNE_OUT * len(wanted):
        return False
    first, _, rest = title.partition(" ")
    if ordinary(first.lower()):
        title = f"{first.lower()} {rest}"  # its capital makes no name of it
    return states(title, list(sentences), {"name", "number"})
