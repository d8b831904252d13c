"""Words that a reader follows or mutes, and those of a topic: found in text as whole words."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from briefing.digest.records import Story
from briefing.digest.settings import TopicTable

_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """One expression for all of ``words``, which may be phrases; None where there are none."""
    folded = {_folded(word) for word in words} - {""}
    if not folded:
        return None
    # The longest first, so that "rugby league" is not counted as "rugby".
    either = "|".join(re.escape(word) for word in sorted(folded, key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def occurrences(words: Sequence[str], text: str) -> int:
    """How often any of ``words`` stands in ``text`` as a whole word, whatever its case."""
    pattern = _pattern(tuple(words))
    return sum(1 for _ in pattern.finditer(_folded(text))) if pattern else 0


def text_of(story: Story) -> str:
    """Everything that the story's articles say, titles first."""
    items = [article.item for article in story.articles]
    titles = (part for item in items for part in (item.title, item.subtitle) if part)
    return "\n".join([*titles, *(item.body for item in items)])


def topic_of(story: Story, text: str, topics: Iterable[TopicTable]) -> str | None:
    """The section a story belongs to.

    What its sources say decides where it names one of ``topics``; else the topic most of whose
    words stand in ``text``, the first of equals; else what its sources say.
    """
    tables = list(topics)
    said = _folded(story.topic or "")
    for table in tables:
        if said and _folded(table.name) == said:
            return table.name
    counts = [occurrences(table.words, text) for table in tables]
    most = max(counts, default=0)
    if most:
        return tables[counts.index(most)].name
    return story.topic
