"""Check article titles as headlines, and find lines that repeat others."""

import re
from collections.abc import Sequence

from briefing.checking.facts import states
from briefing.checking.quality import quality_model
from briefing.language.facts import read_line
from briefing.language.tokens import content, fold, ordinary
from briefing.language.word_lists import ends_abbreviated, word_class
from briefing.sections import SECTIONS, Section

_MOST_WORDS = SECTIONS[Section.HEADLINE].words[1]
_MOST_PUBLISHED, _ABOUT = 20, 1 / 3
"""Most words of a publisher's title, and least share of its content words in the article: it is
still a better headline than a first sentence of as many words."""
_CLICKBAIT = re.compile(
    r"\b(?:you (?:won't|will|need|should|have to|can't)|you'll|"
    r"here(?:'s| is| are) (?:why|how|what)|this is (?:why|how|what)|what happened next|"
    r"will blow|shocking|the reason why|what (?:you|we) need to know|what we know|explained$|"
    r"\d+ (?:things|ways|reasons|facts|signs|photos)|everything (?:you|we) |live updates?|"
    r"as it happened|"
    r"^(?:the )?(?:key|main) (?:facts|findings|points|takeaways)"
    r"(?: (?:about|at|from|in|of|on)\b|$))",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:how|why|what|when|where|who|which|\d+ (?:\w+ )?\w+s in)\b", re.IGNORECASE
)
_LABEL = re.compile(
    r"^(?:live(?: updates?)?|opinion|watch|video|exclusive|breaking(?: news)?|analysis|editorial|"
    r"commentary|updated?|fact check|podcast|review|column|letters?)\s*[:|–—-]\s*",
    re.IGNORECASE,
)
_SITE = re.compile(r"\s+([|–—])\s+([\w.&' ]{2,30})$")
_TAIL = re.compile(
    r"\s*(?:[:|–—-]\s*(?:live|latest) updates?|[(\[]\+?\s*(?:video|photos?)[)\]]"
    r"|[.:–—-]\s*here(?:['’]s| is) (?:how|why|what)[^.]{0,20}\.?|for immediate release\b.*)$",
    re.IGNORECASE,
)
_BORNE_OUT = 0.5
"""Least share of a title's content words in the article; titles of dev articles that a reader
rejected for saying something else had fewer."""


def plain_title(title: str, most: int = _MOST_WORDS, *, loud: bool = False) -> str | None:
    """Return the title without label and site name; None if it is not a plain statement.

    Questions, all-capital titles, clickbait, mere labels and titles of more than ``most`` words
    are rejected. A ``loud`` one may be in capitals: its article is (see `in_capitals`).
    """
    title = _TAIL.sub("", _LABEL.sub("", " ".join(title.split())))
    title = _SITE.sub(_kept, title).strip()
    title = title if ends_abbreviated(title) else title.removesuffix(".")
    if not 4 <= len(title.split()) <= most or title.endswith((":", "…", "...", "!")):
        return None
    if "?" in title or "|" in title:
        return None
    if not loud and in_capitals([title]):
        return None
    return None if _CLICKBAIT.search(fold(title)) else title[:1].upper() + title[1:]


def in_capitals(texts: Sequence[str]) -> bool:
    """Whether most letters are capitals."""
    letters = [c for text in texts for c in text if c.isalpha()]
    return sum(c.isupper() for c in letters) > 0.6 * len(letters)


def _kept(match: re.Match[str]) -> str:
    """Return what follows a dash unless it is a name: "- But It's Not Over" belongs to a title."""
    first, *rest = match[2].split() or [""]
    named = first[:1].isupper() and (first == "The" or first.lower() not in word_class("function"))
    small = any(word[0].islower() and word not in ("of", "the", "and", "for") for word in rest)
    return "" if match[1] == "|" or (named and not small) else match[0]


def _told(title: str, sentences: Sequence[str]) -> float:
    """Return the share of the title's content words that the article has."""
    wanted = set(content(title))
    stems = {stem for text in sentences for stem in content(text)}
    return len(wanted & stems) / max(1, len(wanted))


def borne_out(title: str, sentences: Sequence[str]) -> bool:
    """Whether the article has the title's names and numbers and most of its content words."""
    if _told(title, sentences) < _BORNE_OUT:
        return False
    first, _, rest = title.partition(" ")
    if ordinary(first.lower()):
        title = f"{first.lower()} {rest}"  # so that its capital does not make it a name
    return states(title, list(sentences), {"name", "number"})


def published_title(title: str, sentences: Sequence[str]) -> str | None:
    """Return a publisher's title as a headline; None if it is no plain statement on its article.

    It may be long, and have a name or number that the text lacks: the title is a source itself.
    """
    plain = plain_title(title, _MOST_PUBLISHED, loud=in_capitals(sentences))
    return plain if plain and _told(plain, sentences) >= _ABOUT else None


def title_rank(title: str, sentences: Sequence[str]) -> int:
    """Return how good a headline a publisher's title is: 2 plain, short and borne out, 1 usable.

    Explainers, lists and what is no `published_title` tell no news: 1 and 0.
    """
    if not published_title(title, sentences):
        return 0
    plain = plain_title(title)
    return 2 if plain and not _EXPLAINS.match(plain) and borne_out(plain, sentences) else 1


def title_odds(title: str, language: str) -> float:
    """Return the log-odds that an editor accepts a title as a headline; 0 without a model."""
    model = quality_model(language)
    return model.of([title])[0].headline if model and title else 0.0


_REPEATS = 0.6
"""Jaccard similarity of the content of two lines from which they repeat each other."""
_CONTAINED = 0.85
"""Share of the shorter line's content that the other has, from which it is contained."""
_TOLD = 0.7
"""Share of a line's content in the headline from which it adds nothing."""


def repeats(line: str, earlier: Sequence[str]) -> bool:
    """Whether ``line`` says mostly the same as a line of ``earlier``.

    True if the lines share 0.6 of their content words, or if one contains the other.
    """
    own = read_line(line).said
    return any(_same(own, read_line(other).said) for other in earlier)


def adds_nothing(line: str, headline: str) -> bool:
    """Whether ``line`` adds little to ``headline``.

    The reverse is allowed: a whole sentence may contain its own headline.
    """
    own, other = read_line(line).said, read_line(headline).said
    return bool(own) and len(own & other) >= _TOLD * len(own)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return one == other
    shared = len(one & other)
    if shared / len(one | other) >= _REPEATS:
        return True
    least = min(len(one), len(other))
    return shared / least >= (_CONTAINED if least > 3 else 1.0)
