"""Briefing: checked briefs of articles, written by a local sequence-to-sequence model."""

__version__ = "0.1.0"
