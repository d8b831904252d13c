"""Runs of the digest: making an edition, sending it, removing old ones."""

from briefing.digest.run.errors import ClockError, LockedError, NoEdition
from briefing.digest.run.pipeline import Outcome, run
from briefing.digest.run.upkeep import NotSent, prune, send
from briefing.digest.run.work import Progress

__all__ = [
    "ClockError",
    "LockedError",
    "NoEdition",
    "NotSent",
    "Outcome",
    "Progress",
    "prune",
    "run",
    "send",
]
