"""Write: prompt and source sentences in, candidate lines out."""

from briefing.write.families import choose_family
from briefing.write.prompts import Prompts
from briefing.write.writer import Job, Writer

__all__ = ["Job", "Prompts", "Writer", "choose_family"]
