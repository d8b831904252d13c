"""Briefing: checked briefs of articles, written by a local sequence-to-sequence model."""

import logging
import os

__version__ = "0.1.0"

# The planner's matrices are small: a second BLAS thread gives nothing and spins on a core that the
# model needs (a fifth of the time of a brief). A wish of the environment goes first.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Who uses the library says where its log goes; by default nowhere.
logging.getLogger(__name__).addHandler(logging.NullHandler())
