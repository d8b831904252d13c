"""Write: prompt and source sentences in, candidate lines out."""

from briefing.write.prompts import Prompts, choose_family
from briefing.write.writer import Job, Writer

__all__ = ["Job", "Prompts", "Writer", "choose_family"]
