"""What finished parts of a training leave, so that the same command goes on after a kill.

A part is kept under its name and a digest of what it was made from: with other data or options it
is made again, and what was there is removed.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scripts.train.files import replacing

Arrays = dict[str, np.ndarray[Any, Any]]


def contents(path: Path | None) -> list[tuple[str, int]]:
    """The names and sizes of the files of a folder, or of one file; empty for None."""
    if path is None:
        return []
    if path.is_file():
        return [(path.name, path.stat().st_size)]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return [(file.relative_to(path).as_posix(), file.stat().st_size) for file in files]


class Work:
    """A folder of finished parts, all made from ``made_from`` (anything that JSON can hold)."""

    def __init__(self, folder: Path, *made_from: Any) -> None:
        self._folder, self._made_from = folder, made_from
        self._own: set[Path] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str, suffix: str, *more: Any) -> Path:
        """Where a part is kept that was made from ``more`` too; one made from others is removed."""
        path = self._folder / f"{name}.{self._digest(*more)}{suffix}"
        for other in self._folder.glob(f"{name}.*{suffix}"):
            if other != path:
                told = f"{other} was made from other data or options: removed, made again"
                print(told, file=sys.stderr, flush=True)
                other.unlink()
        self._own.add(path)
        return path

    def arrays(self, name: str, make: Callable[[], Arrays], *more: Any) -> Arrays:
        """The arrays of a part: read where it was finished before, else made and kept."""
        path = self.path(name, ".npz", *more)
        if not path.exists():
            found = make()
            with replacing(path, "wb") as out:
                np.savez_compressed(out, **found)
        print(f"{name}: {path}", file=sys.stderr, flush=True)
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}

    def model(self, name: str, model: Any, train: Callable[[Path], None]) -> None:
        """Load the weights of a torch model that was trained before, else train and keep them.

        ``train`` gets the path of its checkpoint.
        """
        import torch

        path = self.path(name, ".pt")
        if path.exists():
            model.load_state_dict(torch.load(path, weights_only=True))
            return
        train(self.path(f"{name}-part", ".pt"))
        with replacing(path, "wb") as out:
            torch.save(model.state_dict(), out)

    def clear(self) -> None:
        """Remove what this run, and those before it that it went on from, kept: it is finished."""
        for path in {*self._own, *self._folder.glob(f"*.{self._digest()}.*")}:
            path.unlink(missing_ok=True)

    def _digest(self, *more: Any) -> str:
        return hashlib.sha256(json.dumps([self._made_from, more]).encode()).hexdigest()[:10]
