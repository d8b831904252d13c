"""One real Ray cluster for all tests of this folder, and articles."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from briefing.config import Settings
from briefing.scale import BriefersMaker
from briefing.scale.cluster import RayEngine, cluster

TEXT = (
    "The council of Port Alder met on Monday. It voted 5 to 2 for a new bridge over the sound. "
    "The bridge will cost $12 million, Mayor Ines Calder said. A first plan failed in 2015."
)


def article(name: Any, more: str = "") -> dict[str, Any]:
    return {"id": name, "title": f"Vote {name}", "text": f"{TEXT} It was vote {name}. {more}"}


def write_lines(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def read_folder(folder: Path) -> list[dict[str, Any]]:
    """All results of a folder of JSON Lines, in order."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("part-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A real cluster on this machine, of two cores."""
    patch = pytest.MonkeyPatch()
    patch.delenv("RAY_ADDRESS", raising=False)
    try:
        with cluster() as started:
            assert started
            yield
    finally:
        patch.undo()


@pytest.fixture
def shared_cluster(ray_cluster: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use that cluster too: half of their time would be the start of their own."""
    import ray

    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)


@pytest.fixture
def engine(ray_cluster: None) -> Callable[[BriefersMaker], RayEngine]:
    """An engine on the cluster, of two workers of one core."""

    def made(make: BriefersMaker) -> RayEngine:
        return RayEngine(settings(), own=True, make=make)

    return made


def settings(**more: Any) -> Settings:
    return Settings(threads=1, ray_workers="2", device="cpu", **more)
