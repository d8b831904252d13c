"""Many articles: folders and Parquet, anywhere that fsspec reaches, on one machine or on Ray."""

from briefing.scale.run import Plan, brief_folder
from briefing.scale.shards import Layout

__all__ = ["Layout", "Plan", "brief_folder"]
