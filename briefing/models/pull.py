"""Fetch a model of a Hugging Face hub into its cache: what is needed, gone on with if broken off.

huggingface_hub keeps nothing of a file that it did not get whole. A model's files are gigabytes, so
a file's beginning stays here beside its blob, and the next pull asks for the rest of it.
"""

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder, refuse_other_kinds, split_revision
from briefing.models.hub import Missing, append, explained

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_PLAIN = frozenset(
    "config.json generation_config.json tokenizer.json tokenizer_config.json "
    "special_tokens_map.json added_tokens.json vocab.json merges.txt vocab.txt spiece.model "
    "sentencepiece.bpe.model tokenizer.model source.spm target.spm target_vocab.json "
    "vocab-src.json vocab-tgt.json prophetnet.tokenizer".split()
)
_WEIGHTS = (
    (r"model\.safetensors", r"model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)"),
    (r"pytorch_model\.bin", r"pytorch_model(-\d+-of-\d+\.bin|\.bin\.index\.json)"),
)
"""Forms of weights, the better one first: whole, or in shards with their index."""
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

    Where files of it are there already, wholly or in part, only what is missing is asked for. The
    revision's name leads to the new files only once all of them are there.
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
        repository = _Repository(name, str(info.sha), progress)
        came = repository.fetch(["config.json"])
        folder = ModelFolder(repository.snapshot, name)
        refuse_other_kinds(folder.config, name)
        wanted = _wanted(name, siblings)
        if missing := repository.missing(wanted):
            _refuse_what_reads_no_text(folder, name)
            repository.prepare(wanted)
            came += repository.fetch(missing)
        folder.check()
        repository.keep(revision or "main")
    return Pulled(folder.path, came)


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

    Other forms (TensorFlow, Flax, ONNX), other precisions and what lies in folders are left; a
    repository that holds a converted model, laid out as ``briefing models convert`` does, is taken
    with it.
    """
    names = [sibling.rfilename for sibling in siblings]
    forms = (form for forms in _WEIGHTS for form in forms)
    weights = next(
        (w for form in forms if (w := {n for n in names if re.fullmatch(form, n)})), set()
    )
    converted = {n for n in names if n.startswith("ctranslate2/")}
    if not (weights or "ctranslate2/model.bin" in converted):
        raise ModelError(
            f"{name} has no weights for torch (model.safetensors or pytorch_model.bin), which are "
            "the ones that can be used; look for another copy of the model"
        )
    chosen = _PLAIN | weights | converted
    return [sibling for sibling in siblings if sibling.rfilename in chosen]


def _refuse_what_reads_no_text(folder: ModelFolder, name: str) -> None:
    """An encoder-decoder of speech or images is told from its architecture, by transformers."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES

    kind = folder.config.get("model_type", "unknown")
    if kind not in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{name} is a model of type '{kind}', which does not write text from text; Briefing "
            "needs a sequence-to-sequence model such as BART, T5 or Pegasus"
        )


def _blob(sibling: "RepoSibling") -> str:
    """The name of a file in the cache: what the hub gives as its etag."""
    return sibling.lfs.sha256 if sibling.lfs else str(sibling.blob_id)


class _Repository:
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
