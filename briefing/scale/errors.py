"""What keeps a large run from starting, and what ends one article of it."""

from briefing.errors import BriefingError


class MissingExtra(BriefingError):
    """A package that an extra of Briefing brings is not installed."""

    code = "missing-extra"
    exit_code = 3


class ClusterError(BriefingError):
    """The Ray cluster cannot be reached, or has no place for the workers."""

    code = "bad-cluster"
    exit_code = 3


class WorkerDied(BriefingError):
    """An article that ended the process which worked on it, again and again."""

    code = "worker-died"
