"""Sentence analysis: tokens, tags, dependencies, names, quantities, dates."""

from briefing.language.parse import Parse
from briefing.language.parser import Parser, Parses, parses_for

__all__ = ["Parse", "Parser", "Parses", "parses_for"]
