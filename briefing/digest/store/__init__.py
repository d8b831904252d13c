"""Where a digest keeps its sources, articles, stories, editions and deliveries."""

from briefing.digest.store.errors import StoreBusy, StoreError, StoreFull, StoreTooNew
from briefing.digest.store.store import Store

__all__ = ["Store", "StoreBusy", "StoreError", "StoreFull", "StoreTooNew"]
