"""What a reader wants: words, topics, and what the settings say of each source.

Words match whole, whatever their case. What would leave an article out is looked for in titles
only, what an article is about in its title, standfirst and lead: a word in passing says neither.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from briefing.digest.records import Item, Story
from briefing.digest.settings import DigestSettings, SourceTable, TopicTable

_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern matching any of ``words`` (or phrases); None if there are none."""
    folded = {_folded(word) for word in words} - {""}
    if not folded:
        return None
    # Longest first, so that "rugby league" does not match as "rugby".
    either = "|".join(re.escape(word) for word in sorted(folded, key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def occurrences(words: Sequence[str], text: str) -> int:
    """Count the whole-word, case-insensitive matches of ``words`` in ``text``."""
    pattern = _pattern(tuple(words))
    return sum(1 for _ in pattern.finditer(_folded(text))) if pattern else 0


_LEAD_WORDS = 60
"""Words of an article's beginning that say what it is about."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def title_and_lead(item: Item) -> str:
    """Title, standfirst and lead of an article."""
    lead = " ".join(item.body.split()[:_LEAD_WORDS])
    return "\n".join((item.title or "", item.subtitle or "", lead))


def wanted_items(items: Iterable[Item], table: SourceTable) -> tuple[Item, ...]:
    """The items of a source that its settings ask for: ``only``, ``skip``, then ``limit``."""
    wanted = [
        item
        for item in items
        if not occurrences(table.skip, item.title or "")
        and (not table.only or occurrences(table.only, title_and_lead(item)))
    ]
    newest = sorted(wanted, key=lambda item: item.published or _NEVER, reverse=True)[: table.limit]
    kept = {item.guid for item in newest}
    return tuple(item for item in wanted if item.guid in kept)


def topic_of(story: Story, text: str, topics: Iterable[TopicTable]) -> str | None:
    """The topic of a story.

    The topic given by its sources, if it is one of ``topics``; else the topic whose words occur
    most often in ``text`` (the first of equals); else the one given by its sources.
    """
    tables = list(topics)
    given = _folded(story.topic or "")
    for table in tables:
        if given and _folded(table.name) == given:
            return table.name
    counts = [occurrences(table.words, text) for table in tables]
    most = max(counts, default=0)
    if most:
        return tables[counts.index(most)].name
    return story.topic


def topic_weight(topic: str | None, topics: Sequence[TopicTable]) -> float:
    """The weight of a topic; 1 if it is not in the settings."""
    return next((table.weight for table in topics if table.name == topic), 1.0)


def source_weight(sources: Iterable[str], settings: DigestSettings) -> float:
    """The greatest weight of some sources, by name."""
    weights = {table.shown_name: table.weight for table in settings.sources if table.weight != 1}
    return max((weights.get(source, 1.0) for source in sources), default=1.0)
