"""One revision of a model: its files come from the hub and stay in the cache.

huggingface_hub keeps nothing of a file that it did not get whole. A model's files are gigabytes, so
a file's beginning stays here beside its blob, and the next pull asks for the rest of it.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import ModelError
from briefing.models.hub import Missing, append

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

Progress = Callable[[int, int], None]
"""Told of each piece: its bytes, and those of the whole model."""
_SPARE = 64 << 20
"""Bytes of the disk that are left free."""


class Repository:
    """One revision of a model, at the hub and in the cache."""

    def __init__(self, name: str, commit: str, progress: Progress | None = None) -> None:
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        self._name, self._commit = name, commit
        self._progress, self._total = progress, 0
        self._cache = Path(constants.HF_HUB_CACHE)
        self._storage = self._cache / repo_folder_name(repo_id=name, repo_type="model")
        self.snapshot = self._storage / "snapshots" / commit

    def missing(self, wanted: "Iterable[RepoSibling]") -> list[str]:
        """The files that the snapshot lacks."""
        names = (sibling.rfilename for sibling in wanted)
        return [name for name in names if not (self.snapshot / name).exists()]

    def prepare(self, wanted: "Sequence[RepoSibling]") -> None:
        """Look whether the disk can hold these files, what is there of them taken off.

        Raises:
            ModelError: says how much is missing and where.
        """
        size = sum(sibling.size or 0 for sibling in wanted)
        there = sum(self._there(_blob(sibling)) for sibling in wanted)
        free = shutil.disk_usage(self._storage).free
        if size - there + _SPARE > free:
            raise ModelError(
                f"{self._name} takes {(size - there) / 1e9:.1f} GB more, and the disk of "
                f"{self._cache} has {free / 1e9:.1f} GB free; make room, or name another folder "
                "with HF_HOME"
            )
        self._total = size
        self._advance(there)

    def _there(self, blob: str) -> int:
        """Bytes of a file that came before."""
        files = (self._storage / "blobs" / name for name in (blob, f"{blob}.part"))
        return max((file.stat().st_size for file in files if file.is_file()), default=0)

    def _advance(self, count: int) -> None:
        if self._progress and self._total:
            self._progress(count, self._total)

    def fetch(self, names: Sequence[str]) -> int:
        """Have these files in the snapshot; the bytes that came over the network."""
        from huggingface_hub import hf_hub_download

        came = 0
        for name in names:
            if (self.snapshot / name).exists():
                continue
            came += self._fetch_blob(name)
            # The blob is there: this makes the snapshot's link to it.
            hf_hub_download(self._name, name, revision=self._commit)
        return came

    def keep(self, revision: str) -> None:
        """Let ``revision`` lead to this snapshot, which is whole now."""
        from huggingface_hub.file_download import _cache_commit_hash_for_specific_revision

        _cache_commit_hash_for_specific_revision(str(self._storage), revision, self._commit)

    def _fetch_blob(self, name: str) -> int:
        from filelock import FileLock
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers

        url = hf_hub_url(self._name, name, revision=self._commit)
        headers = build_hf_headers()
        found = get_hf_file_metadata(url, headers=headers)
        if not found.etag or "/" in found.etag:
            raise Missing(f"it names no version of {name}")
        blob = self._storage / "blobs" / found.etag
        blob.parent.mkdir(parents=True, exist_ok=True)
        part = blob.with_name(f"{found.etag}.part")
        with FileLock(f"{part}.lock"):
            if blob.exists():
                return 0
            came = append(part, url, found.size, headers, self._advance)
            _check_digest(part, found.etag, name)
            part.replace(blob)
        Path(f"{part}.lock").unlink(missing_ok=True)
        return came


def _check_digest(part: Path, etag: str, name: str) -> None:
    """A large file's etag is its SHA-256: what was put together of pieces must have it."""
    if len(etag) != 64:
        return
    with part.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != etag:
        part.unlink()
        raise Missing(f"{name} came damaged and was thrown away")


def _blob(sibling: "RepoSibling") -> str:
    """The name of a file in the cache: what the hub gives as its etag."""
    return sibling.lfs.sha256 if sibling.lfs else str(sibling.blob_id)
