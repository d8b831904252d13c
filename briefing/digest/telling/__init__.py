"""Telling: a story briefed from all its articles, with what is disputed and what is new."""

from briefing.digest.telling.reading import read_item
from briefing.digest.telling.teller import Teller

__all__ = ["Teller", "read_item"]
