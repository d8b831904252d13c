"""Generate candidate lines: prompt families, the writer, sentence compression."""

from briefing.writing.families import choose_family
from briefing.writing.prompts import Prompts
from briefing.writing.writer import Job, Writer

__all__ = ["Job", "Prompts", "Writer", "choose_family"]
