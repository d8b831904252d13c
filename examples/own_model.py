"""A Hugging Face model of your own, by folder or cached name: python own_model.py MODEL FILE"""

import sys
from pathlib import Path

from briefing import Briefer

with Briefer(sys.argv[1], device="auto") as briefer:
    brief = briefer.brief(Path(sys.argv[2]))
    print(brief.to_text())
    print(f"written by {brief.model.name} on {brief.model.device}")
    for warning in brief.warnings:
        print("note:", warning, file=sys.stderr)
