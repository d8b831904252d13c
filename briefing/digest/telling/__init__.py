"""Multi-document briefs: one brief per story, with disputed numbers and novelty."""

from briefing.digest.telling.changes import read_item
from briefing.digest.telling.teller import Teller

__all__ = ["Teller", "read_item"]
