"""Who tells the stories of a run: this process, or the workers of a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Protocol

from briefing.digest.records import Story, StoryBrief
from briefing.errors import BriefingError
from briefing.plan import Length

if TYPE_CHECKING:
    from briefing.briefer import Briefer
    from briefing.config import Settings


class Tells(Protocol):
    """Tells stories; see `briefing.digest.telling.Teller`."""

    def tell(
        self,
        stories: Sequence[Story],
        previous: Mapping[int, StoryBrief],
        since: Mapping[int, date],
    ) -> Iterator[StoryBrief | BriefingError]:
        """One result a story, in order."""


class Tellers:
    """Gives who tells when the run comes to it; the model is loaded then, once."""

    def __init__(self, *, extractive: bool = False, engine: str | None = None) -> None:
        """``engine`` goes before the one that Briefing's settings name."""
        self._extractive = extractive
        self._engine = engine
        self._briefer: Briefer | None = None

    @contextmanager
    def __call__(self, length: Length) -> Iterator[Tells]:
        """Who tells stories at that length, while the block lasts.

        Raises:
            ModelError, DeviceError: the model cannot be used. MissingExtra, ClusterError: Ray is
                not installed, or its cluster cannot be reached.
        """
        from briefing.config import load_settings
        from briefing.digest.telling import Teller

        settings = load_settings(engine=self._engine)
        if settings.engine == "ray":
            from briefing.digest.telling.cluster import cluster_teller

            with cluster_teller(settings, extractive=self._extractive, length=length) as teller:
                yield teller
        else:
            yield Teller(self._local(settings), length=length)

    def _local(self, settings: "Settings") -> "Briefer":
        from briefing.briefer import Briefer

        self._briefer = self._briefer or Briefer.of(settings, extractive=self._extractive)
        return self._briefer
