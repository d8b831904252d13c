"""Reading time: what a brief takes, and what it will take before it is written."""

from briefing.digest.records import Story, StoryBrief
from briefing.digest.settings import EditionTable

WORDS_A_MINUTE = 230
"""Silent reading of English non-fiction: 238 words a minute (Brysbaert 2019), a little less for
lines that are full of facts."""
_LINE = 19
_LINES = {"short": 4, "standard": 7, "long": 10}
_LEAST = 25
_SHARE = 0.5


def estimated_words(story: Story, length: str) -> int:
    """Words that the brief of ``story`` will take: its lines, or half of a short article."""
    told = max((len(article.item.body.split()) for article in story.articles), default=0)
    return min(_LINES[length] * _LINE, max(_LEAST, round(told * _SHARE)))


def minutes(words: int) -> float:
    """Reading time of ``words``."""
    return words / WORDS_A_MINUTE


class Budget:
    """Takes stories, best first, until their number or reading time is used up.

    The first story is taken however long it is: an edition is never empty for want of room.
    """

    def __init__(self, edition: EditionTable, spare: float = 1.0) -> None:
        self._words = edition.minutes * WORDS_A_MINUTE * spare
        self._stories = edition.stories
        self.used = 0
        self.taken = 0

    def take(self, words: int) -> bool:
        """Whether there is room for one more story of so many words; if so, it is counted."""
        full = self.taken >= self._stories or self.used + words > self._words
        if full and self.taken:
            return False
        self.taken += 1
        self.used += words
        return True


def words_of(brief: StoryBrief) -> int:
    """Words that a reader reads of a story: its lines and its disagreements."""
    values = (claim.value for each in brief.disagreements for claim in each.claims)
    about = (each.about for each in brief.disagreements)
    return brief.words + sum(len(text.split()) for text in (*values, *about))
