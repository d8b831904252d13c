"""What can go wrong with the store; in each case it stays as it was before the transaction."""

from briefing.errors import BriefingError


class StoreError(BriefingError):
    """The store cannot be opened, read or written."""

    code = "bad-store"
    exit_code = 3


class StoreTooNew(StoreError):
    """A newer version of Briefing has changed the store's tables."""

    code = "store-too-new"


class StoreBusy(StoreError):
    """Another program holds the database longer than we wait."""

    code = "store-busy"


class StoreFull(StoreError):
    """There is no room left on the disk."""

    code = "disk-full"
