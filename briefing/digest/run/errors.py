"""Why a run does not begin."""

from briefing.errors import BriefingError


class LockedError(BriefingError):
    """Another run is at work on the same store."""

    code = "locked"
    exit_code = 3


class ClockError(BriefingError):
    """The clock is behind the last edition."""

    code = "clock"
    exit_code = 3


class NoEdition(BriefingError):
    """There is no edition of that date."""

    code = "no-edition"
    exit_code = 2
