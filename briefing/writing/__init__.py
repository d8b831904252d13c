"""Generate candidate lines: prompt families, the writer, sentence compression."""

from briefing.writing.families import choose_family
from briefing.writing.writer import LineRequest, Prompts, Writer

__all__ = ["LineRequest", "Prompts", "Writer", "choose_family"]
