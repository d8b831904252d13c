"""Many articles: folders and Parquet, anywhere that fsspec reaches, on one machine or on Ray."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
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
    from briefing.scale.cluster import cluster
    from briefing.scale.pool import RayEngine

    # Ray tells on standard output of workers that died; that is for results alone.
    with redirect_stdout(sys.stderr), cluster() as started:
        yield RayEngine(settings, own=started)
