"""Digest store: a database of sources, articles, stories, editions and deliveries."""

from briefing.digest.store.store import Store
from briefing.errors import StoreBusy, StoreError, StoreFull, StoreTooNew

__all__ = ["Store", "StoreBusy", "StoreError", "StoreFull", "StoreTooNew"]
