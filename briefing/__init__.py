"""Briefing: checked briefs of articles, written by a local sequence-to-sequence model."""

import logging

__version__ = "0.1.0"

# Who uses the library says where its log goes; by default nowhere.
logging.getLogger(__name__).addHandler(logging.NullHandler())
