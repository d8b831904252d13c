"""Fit what `briefing.language` knows of English beyond the parser."""
