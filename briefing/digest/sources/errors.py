"""What can be wrong with sources, beside the errors of `briefing.errors`."""

from briefing.errors import ConfigError, FetchError, InputError


class SourceError(ConfigError):
    """A source or a list of sources that cannot be used as it is given."""

    code = "bad-source"


class NotAFeed(InputError):
    """What came back is no feed that can be read."""

    code = "not-a-feed"


class Transient(FetchError):
    """A failure that another attempt may not meet.

    ``wait`` is how long the server wants to be left alone, in seconds; None where it says nothing.
    """

    code = "fetch-failed"

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait
