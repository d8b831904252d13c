"""What is known of a source between two runs, and what one attempt to read it gave."""

from dataclasses import dataclass, replace
from datetime import datetime

from briefing.digest.records import Item, Source, SourceProblem


@dataclass(frozen=True, slots=True)
class FetchState:
    """What the store keeps of a source; the default is one that was never read.

    ``location`` is what the rest belongs to: a source whose location was changed starts anew.
    ``moved_to`` is where permanent redirects led. ``etag`` and ``last_modified`` are the server's
    validators (RFC 9110), ``digest`` the SHA-256 of the last body (of a folder: of its listing).
    A source is not asked before ``retry_after``. ``failures`` counts attempts since the last
    success, the first of them at ``failing_since``; ``error`` is the last one's message. All
    times are aware and UTC.
    """

    location: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    moved_to: str | None = None
    last_success: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_after: datetime | None = None
    error: str | None = None

    def failed(
        self, error: str, now: datetime, retry_after: datetime | None = None
    ) -> "FetchState":
        """The state after one more failure."""
        return replace(
            self,
            failures=self.failures + 1,
            failing_since=self.failing_since or now,
            retry_after=retry_after,
            error=error,
        )

    def succeeded(self, now: datetime) -> "FetchState":
        """The state after an answer, its validators as they were."""
        return replace(
            self, last_success=now, failures=0, failing_since=None, retry_after=None, error=None
        )


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What one attempt to read a source gave.

    ``state`` is to be stored in the same transaction as ``items``: it says that they were seen.
    ``unchanged`` sources have no items because nothing is new since ``state``. ``error`` says what
    went wrong and what to do; None for success. ``waiting`` sources were not asked, because their
    server wants to be left alone until ``state.retry_after``; their error is the earlier one.
    ``warnings`` are faults of the source that did not keep its items back.
    """

    source: Source
    state: FetchState
    items: tuple[Item, ...] = ()
    unchanged: bool = False
    waiting: bool = False
    error: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def problem(self) -> SourceProblem | None:
        """How an edition names the failure; None for success."""
        if self.error is None or self.state.failing_since is None:
            return None
        return SourceProblem(
            self.source.name, self.error, self.state.failing_since, self.state.failures
        )
