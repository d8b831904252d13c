"""Digest runs: make an edition, send it, prune old ones."""

from briefing.digest.run.pipeline import (
    NotSent,
    RunOutcome,
    prune_editions,
    run_digest,
    send_edition,
)
from briefing.digest.run.steps import Progress
from briefing.errors import ClockError, LockedError, NoEdition

__all__ = [
    "ClockError",
    "LockedError",
    "NoEdition",
    "NotSent",
    "Progress",
    "RunOutcome",
    "prune_editions",
    "run_digest",
    "send_edition",
]
