"""Batch runs over folders and Parquet files on any fsspec file system, locally or on Ray."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefing.scale.run import BatchOrder, brief_folder

if TYPE_CHECKING:
    from briefing.config import Settings
    from briefing.scale.run import Engine

__all__ = ["BatchOrder", "brief_folder", "open_engine"]


@contextmanager
def open_engine(settings: "Settings") -> "Iterator[Engine]":
    """Open the configured engine; a Ray cluster started for it is shut down at the end.

    Raises:
        MissingExtra: Ray is not installed. ClusterError: the cluster cannot be reached.
    """
    if settings.engine == "local":
        from briefing.scale.run import LocalEngine

        yield LocalEngine()
        return
    from briefing.scale.cluster import RayEngine, told_apart

    with told_apart() as started:
        yield RayEngine(settings, own=started)
