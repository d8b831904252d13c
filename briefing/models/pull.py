"""Fetch a model of a Hugging Face hub into its cache: what is needed, gone on with if broken off.

huggingface_hub keeps nothing of a file that it did not get whole. A model's files are gigabytes, so
a file's beginning stays here beside its blob, and the next pull asks for the rest of it.
"""

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder, refuse_other_kinds, split_revision
from briefing.models.hub import Missing, append, explained

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_PLAIN = frozenset(
    "config.json generation_config.json tokenizer.json tokenizer_config.json "
    "special_tokens_map.json added_tokens.json vocab.json merges.txt vocab.txt spiece.model "
    "sentencepiece.bpe.model tokenizer.model".split()
)
Progress = Callable[[int, int], None]
_SPARE = 64 << 20
"""Bytes of the disk that are left free."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Where a model lies now, and how many bytes of it came over the network."""

    path: Path
    bytes: int


def pull(name: str, revision: str | None = None, progress: Progress | None = None) -> Pulled:
    """Fetch the model ``name`` at ``revision`` (the main branch) into the local cache.

    Where files of it are there already, wholly or in part, only what is missing is asked for.
    ``progress`` is told of each piece: its bytes, and those of the whole model.

    Raises:
        ModelError: there is no such model, it is no encoder-decoder or has no weights that can be
            used, the hub cannot be reached or refuses it, or the disk has no room.
    """
    _quiet()
    from huggingface_hub import HfApi

    name, given = split_revision(name)
    revision = revision or given
    _refuse_local(name)
    with explained(name, revision):
        info = HfApi().model_info(name, revision=revision, files_metadata=True)
        siblings = info.siblings or []
        if not any(sibling.rfilename == "config.json" for sibling in siblings):
            raise ModelError(f"{name} has no config.json, so it is no model of transformers'")
        repository = _Repository(name, revision or "main", str(info.sha), progress)
        first = repository.fetch(["config.json"])
        folder = ModelFolder(repository.snapshot, name)
        refuse_other_kinds(folder.config, name)
        wanted = _wanted(name, siblings)
        repository.prepare(sum(sibling.size or 0 for sibling in wanted))
        rest = repository.fetch([sibling.rfilename for sibling in wanted])
    folder.check()
    return Pulled(folder.path, first + rest)


def _quiet() -> None:
    """What fails is told once, by us; who asks, and with what, is not reported."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub.utils.tqdm import disable_progress_bars

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    disable_progress_bars()


def _refuse_local(name: str) -> None:
    if name == "bundled":
        raise ModelError("the bundled model comes with Briefing; there is nothing to fetch")
    if Path(name).expanduser().is_dir():
        raise ModelError(f"{name} is a folder; use it as it is: --model {name}")


def _wanted(name: str, siblings: "Sequence[RepoSibling]") -> "list[RepoSibling]":
    """Configuration, tokenizer, and the weights in one form: safetensors before pickles.

    Other forms (TensorFlow, Flax, ONNX) and what lies in folders are left; a repository that holds
    a converted model, laid out as ``briefing models convert`` does, is taken with it.
    """
    names = [sibling.rfilename for sibling in siblings]
    kinds = ("model*.safetensors", "model*.safetensors.index.json"), ("pytorch_model*.bin*",)
    weights = next((found for kind in kinds if (found := _match(names, kind))), set())
    converted = {n for n in names if n.startswith("ctranslate2/")}
    if not (weights or "ctranslate2/model.bin" in converted):
        raise ModelError(
            f"{name} has no weights for torch (model.safetensors or pytorch_model.bin), which are "
            "the ones that can be used; look for another copy of the model"
        )
    chosen = _PLAIN | weights | converted
    return [sibling for sibling in siblings if sibling.rfilename in chosen]


def _match(names: Sequence[str], patterns: Sequence[str]) -> set[str]:
    from fnmatch import fnmatchcase

    return {n for n in names if "/" not in n and any(fnmatchcase(n, p) for p in patterns)}


class _Repository:
    """One revision of a model, at the hub and in the cache."""

    def __init__(
        self, name: str, revision: str, commit: str, progress: Progress | None = None
    ) -> None:
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        self._name, self._revision, self._commit = name, revision, commit
        self._progress, self._total = progress, 0
        self._cache = Path(constants.HF_HUB_CACHE)
        self._storage = self._cache / repo_folder_name(repo_id=name, repo_type="model")
        self.snapshot = self._storage / "snapshots" / commit

    def prepare(self, size: int) -> None:
        """Look whether the disk can hold ``size`` bytes, what is there of them taken off.

        Raises:
            ModelError: says how much is missing and where.
        """
        blobs = self._storage / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        there = sum(file.stat().st_size for file in blobs.iterdir())
        free = shutil.disk_usage(blobs).free
        if size - there + _SPARE > free:
            raise ModelError(
                f"{self._name} takes {size / 1e9:.1f} GB, and the disk of {self._cache} has "
                f"{free / 1e9:.1f} GB free; make room, or name another folder with HF_HOME"
            )
        self._total = size
        self._advance(min(there, size))

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
            # The blob is there: this makes the snapshot's link to it, and notes the revision.
            hf_hub_download(self._name, name, revision=self._revision)
        return came

    def _fetch_blob(self, name: str) -> int:
        from filelock import FileLock
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers

        url = hf_hub_url(self._name, name, revision=self._commit)
        headers = build_hf_headers()
        found = get_hf_file_metadata(url, headers=headers)
        if not found.etag:
            raise Missing(f"it names no version of {name}")
        blob = self._storage / "blobs" / found.etag
        blob.parent.mkdir(parents=True, exist_ok=True)
        if urlparse(found.location).netloc != urlparse(url).netloc:
            headers.pop("authorization", None)  # it is for the hub, not for where it keeps files
        part = blob.with_name(f"{found.etag}.part")
        with FileLock(f"{part}.lock"):
            if blob.exists():
                return 0
            came = append(part, found.location, found.size, headers, self._advance)
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
