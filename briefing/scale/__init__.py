"""Many articles: folders and Parquet, anywhere that fsspec reaches, on one machine or on Ray."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefing.scale.run import Order, brief_folder

if TYPE_CHECKING:
    from briefing.config import Settings
    from briefing.scale.engine import Engine

__all__ = ["Order", "brief_folder", "open_engine"]


@contextmanager
def open_engine(settings: "Settings") -> "Iterator[Engine]":
    """The engine that the settings name; a cluster that it started ends with it.

    Raises:
        MissingExtra: Ray is not installed. ClusterError: the cluster cannot be reached.
    """
    if settings.engine == "local":
        from briefing.scale.engine import LocalEngine

        yield LocalEngine()
        return
    from briefing.scale.cluster import told_apart
    from briefing.scale.pool import RayEngine

    with told_apart() as started:
        yield RayEngine(settings, own=started)
