"""Headlines where the model has none: the given title if it is plain, else a shortened sentence."""

import re
from collections.abc import Iterator

from briefing.brief import Section
from briefing.check.compress import compress
from briefing.check.conditions import loses_condition
from briefing.check.evidence import evidence
from briefing.check.form import has_verb, problems
from briefing.check.seams import ill_cut, left_hanging
from briefing.check.words import tokens

MOST_WORDS = 14
_LEAST_WORDS = 5
_BEFORE_PURPOSE = 8
"""So many words before "to" are a sentence of their own: "... to protect the mark"."""
_CUT_BEFORE = frozenset(
    "in on at for from with by as after before while because since until when where which "
    "who and but or amid during over under against about into despite although if".split()
)
_SUBORDINATE = _CUT_BEFORE & frozenset(
    "when if while as after before although because since despite amid".split()
)
_JOINS = frozenset(("and", "but", "or", "whether"))
_CLICKBAIT = re.compile(
    r"\b(?:you (?:won't|will|need|should|have to|can't)|you'll|"
    r"here(?:'s| is| are) (?:why|how|what)|this is (?:why|how|what)|what happened next|"
    r"will blow|shocking|the reason why|"
    r"\d+ (?:things|ways|reasons|facts|signs|photos)|everything (?:you|we) )",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:live(?: updates?)?|opinion|watch|video|exclusive|breaking(?: news)?|analysis|editorial|"
    r"commentary|updated?|fact check|podcast|review|column|letters?)\s*[:|–—-]\s*",
    re.IGNORECASE,
)
_SPARED = re.compile(r"\b(?:today|yesterday|tonight) (?=\w+ed\b)|^U\.S\. (?=Sen)")
"""What a headline can do without."""
_SITE = re.compile(r"\s+[|–—]\s+[\w.&' ]{2,30}$")


def plain_title(title: str) -> str | None:
    """The title without label and site name; None where it is no plain statement.

    A question, a shout, clickbait, a mere label or more than 14 words is no headline.
    """
    title = _SITE.sub("", _LABEL.sub("", " ".join(title.split()))).strip().removesuffix(".")
    letters = [c for c in title if c.isalpha()]
    if not 4 <= len(title.split()) <= MOST_WORDS or title.endswith(("?", "!", ":", "…", "...")):
        return None
    if letters and sum(c.isupper() for c in letters) > 0.6 * len(letters):
        return None
    return None if _CLICKBAIT.search(title) else title[:1].upper() + title[1:]


def shortenings(sentence: str, most_words: int = MOST_WORDS) -> list[str]:
    """The sentence as a headline: compressed, then cut at its end where a phrase begins.

    Only leaves words out. Longest first; none where nothing of at most ``most_words`` words
    stands alone.
    """
    text = _SPARED.sub("", compress(sentence, most_words))
    source = evidence((sentence,))
    lines = (line for line in _headlines(text, most_words) if not _half_said(line, text))
    return [
        line
        for line in lines
        if not ill_cut(line, source)
        and not left_hanging(line, source)
        and not loses_condition(line, source)
    ]


def clip(sentence: str, most_words: int = MOST_WORDS) -> str:
    """The last resort: the longest beginning at a phrase's edge, else the first words and "…"."""
    text = compress(sentence, most_words)
    for part in (text, *_beginnings(text)):
        line = _undressed(part)
        if len(line.split()) <= most_words:
            return line
    return " ".join(text.split()[:most_words]) + "…"


def _headlines(text: str, most_words: int) -> Iterator[str]:
    """The whole text if it fits, then ever shorter beginnings of it that are well formed."""
    for part in (text, *_beginnings(text)):
        line = _undressed(part)
        size = len(line.split())
        fits = size <= most_words and (size >= _LEAST_WORDS or part == text)
        if fits and not problems(line, Section.HEADLINE) and has_verb(tokens(line)):
            yield line


def _undressed(part: str) -> str:
    """Without the marks that no headline ends with."""
    return part.rstrip(" ,;:–—-").removesuffix(".")


def _half_said(line: str, text: str) -> bool:
    """True where the cut left a subordinate clause alone, or a few words after a conjunction."""
    keys = [token.key for token in tokens(line)]
    if (keys[0] in _SUBORDINATE or keys[:2] == ["ever", "since"]) and "," not in line:
        return True
    cut = len(line.split()) < len(text.split())
    return cut and any(key in _JOINS for key in keys[-6:])


def _beginnings(text: str) -> Iterator[str]:
    """Beginnings of the text, longest first, each cut before a comma or a phrase's first word."""
    words = tokens(text)
    for at in range(len(words) - 1, _LEAST_WORDS - 1, -1):
        token = words[at]
        opens = token.key in _CUT_BEFORE
        opens = opens or (token.key == "to" and at >= _BEFORE_PURPOSE)
        if opens or text[: token.start].rstrip().endswith((",", ";", ":")):
            yield text[: token.start]
