"""What goes into an edition, in which order and under which topic."""

from briefing.digest.edition.choose import choose_stories, rank_stories
from briefing.digest.edition.compose import compose
from briefing.digest.edition.window import Window, edition_date, window

__all__ = ["Window", "choose_stories", "compose", "edition_date", "rank_stories", "window"]
