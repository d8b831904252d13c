"""What every step of a run has at hand."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from briefing.digest.run.tellers import Tellers
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.editions import EditionRow

_log = logging.getLogger("briefing.digest")


class Progress(Protocol):
    """Who shows how far a run is."""

    def step(self, name: str, total: int | None) -> None:
        """A step begins, with so many things to do where that is known."""

    def advance(self, count: int = 1) -> None:
        """So many of them are done."""


class Silent:
    """Shows nothing."""

    def step(self, name: str, total: int | None) -> None:
        """See `Progress`."""

    def advance(self, count: int = 1) -> None:
        """See `Progress`."""


@dataclass(frozen=True, slots=True)
class Work:
    """An edition in the works. ``telling`` gives who tells when the run comes to it."""

    store: Store
    settings: DigestSettings
    edition: EditionRow
    progress: Progress
    telling: Tellers
    stdin: bytes | None = None

    @property
    def keep(self) -> timedelta:
        """How long articles are kept."""
        return timedelta(days=self.settings.keep_days)


def log(event: str, **fields: Any) -> None:
    """One line of the run's log: what happened, and its figures."""
    _log.info(event, extra={"fields": fields})


def warn(event: str, **fields: Any) -> None:
    """One line of the run's log about something that went wrong and was got over."""
    _log.warning(event, extra={"fields": fields})
