"""Download a model from a Hugging Face hub into the local cache, with resumable files.

Only the files that are needed are downloaded, and only of models that can be used. huggingface_hub
discards an incomplete file; model files are gigabytes, so a partial file is kept beside its blob
and the next pull requests the rest of it.
"""

import errno
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from briefing.errors import ModelError
from briefing.models.folder import (
    ModelFolder,
    refuse_other_kinds,
    refuse_served,
    split_revision,
)

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

Advance = Callable[[int], None]
_TRIES = 5
"""Consecutive connections without data before a download fails."""
_WAIT = 0.5
"""Seconds before the first retry; doubled for each further one."""
_SILENCE = 30
"""Read timeout in seconds."""


class Missing(Exception):
    """The hub's response is incomplete or inconsistent."""


def append(
    part: Path, url: str, size: int | None, headers: dict[str, str], advance: Advance
) -> int:
    """Download the rest of a partial file of ``size`` bytes; return the bytes received.

    A broken connection is retried for the remaining bytes, until several in a row bring none. Each
    retry starts at the hub, because the redirect URL is signed for a limited time and must not
    get the token.

    Raises:
        Missing: the file has the wrong size. Any error of huggingface_hub.
    """
    received = failures = 0
    with part.open("ab") as file:
        while size is None or file.tell() < size:
            before = received
            try:
                for count in _rest(file, url, headers):
                    received += count
                    advance(count)
            except Exception as error:
                failures = 1 if received > before else failures + 1
                if not _of_network(error) or failures == _TRIES:
                    raise
                time.sleep(_WAIT * 2 ** (failures - 1))
                continue
            if size is None or received == before:
                break
        total = file.tell()
    if size is not None and total != size:
        part.unlink()
        raise Missing(f"expected {size} bytes, received {total}")
    return received


def _rest(file: IO[bytes], url: str, headers: dict[str, str]) -> Iterator[int]:
    """Append the rest of ``url`` to ``file``; yield the size of each chunk once written."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    offset = file.tell()
    headers = {**headers, "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with get_session().stream(
        "GET", url, headers=headers, timeout=_SILENCE, follow_redirects=True
    ) as response:
        hf_raise_for_status(response)
        if offset and response.status_code != 206:
            file.truncate(0)  # range requests are not supported: start over
        for chunk in response.iter_raw():
            file.write(chunk)
            file.flush()
            yield len(chunk)


def _of_network(error: Exception) -> bool:
    """Whether a connection failed: an error of httpx or of the library that the hub client uses.

    HTTP error statuses are errors of huggingface_hub and not retried.
    """
    return type(error).__module__.startswith(("httpx", "httpcore"))


@contextmanager
def explained(name: str, revision: str | None) -> Iterator[None]:
    """Convert errors of huggingface_hub, the network and the disk.

    Raises:
        ModelError: one line that says what to do.
    """
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    again = f"partial files are kept: run 'briefing models pull {name}' again to resume"
    try:
        yield
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{name} is a gated model; accept its terms at {hub}/{name}, then set HF_TOKEN to a "
            "token of your account"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"{name} has no revision '{revision}'; see {hub}/{name}") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise ModelError(
            f"there is no model '{name}' at {hub}, or it is private; check the name (OWNER/MODEL), "
            "or set HF_TOKEN to a token with read access"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise ModelError(
            f"HF_HUB_OFFLINE disables the network; unset it to download {name}"
        ) from error
    except errors.HfHubHTTPError as error:
        raise ModelError(_refused(name, hub, error, again)) from error
    except Missing as error:
        raise ModelError(f"{hub} sent an invalid response for {name}: {error}; {again}") from error
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(_failed(name, error, again)) from error
    except Exception as error:
        if not _of_network(error):
            raise
        raise ModelError(
            f"cannot connect to {hub} ({type(error).__name__}); check the network or HF_ENDPOINT, "
            f"or copy the model folder to this machine and set it with --model; {again}"
        ) from error


def _refused(name: str, hub: str, error: Exception, again: str) -> str:
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        return (
            f"{hub} denied access to {name} (HTTP {status}); set HF_TOKEN to a token with read "
            "access"
        )
    return f"{hub} returned HTTP {status} for {name}; try again later, {again}"


def _failed(name: str, error: OSError, again: str) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk is full, so {name} is incomplete; free some space, {again}"
    if error.errno is not None:
        where = f" ({error.filename})" if error.filename else ""
        return f"cannot write {name}: {error.strerror}{where}; set another folder with HF_HOME"
    return f"the download of {name} failed: {' '.join(str(error).split())[:200]}; {again}"


_Progress = Callable[[int, int], None]
"""Called with the bytes of each chunk and the total bytes of the model."""
_SPARE = 64 << 20
"""Bytes of disk space to leave free."""


class Repository:
    """One revision of a model, on the hub and in the cache.

    ``snapshot`` is its folder in the cache: that of the model, ``snapshots``, the commit.
    """

    def __init__(self, name: str, snapshot: Path, progress: _Progress | None = None) -> None:
        self._name, self._commit = name, snapshot.name
        self._progress, self._total = progress, 0
        self._storage = snapshot.parents[1]
        self.snapshot = snapshot

    def missing(self, wanted: "Iterable[RepoSibling]") -> list[str]:
        """Return the names of the files that the snapshot lacks."""
        names = (sibling.rfilename for sibling in wanted)
        return [name for name in names if not (self.snapshot / name).exists()]

    def prepare(self, wanted: "Sequence[RepoSibling]") -> None:
        """Check that the disk has space for the rest of these files, and report what is cached.

        Raises:
            ModelError: it has not.
        """
        size = sum(sibling.size or 0 for sibling in wanted)
        cached = sum(self._cached(_blob(sibling)) for sibling in wanted)
        free = shutil.disk_usage(self._storage).free
        if size - cached + _SPARE > free:
            raise ModelError(
                f"{self._name} takes {(size - cached) / 1e9:.1f} GB more, and the disk of "
                f"{self._storage.parent} has {free / 1e9:.1f} GB free; free some space, or set "
                "another folder with HF_HOME"
            )
        self._total = size
        self._advance(cached)

    def _cached(self, blob: str) -> int:
        """The bytes of a file, complete or partial, in the cache."""
        files = (self._storage / "blobs" / name for name in (blob, f"{blob}.part"))
        return max((file.stat().st_size for file in files if file.is_file()), default=0)

    def _advance(self, count: int) -> None:
        if self._progress and self._total:
            self._progress(count, self._total)

    def fetch(self, names: Sequence[str]) -> int:
        """Download the files that the snapshot lacks; return the bytes received."""
        from huggingface_hub import hf_hub_download

        received = 0
        for name in names:
            if (self.snapshot / name).exists():
                continue
            received += self._fetch_blob(name)
            # The blob exists now: this only creates the snapshot's link to it.
            hf_hub_download(self._name, name, revision=self._commit)
        return received

    def keep(self, revision: str) -> None:
        """Point ``revision`` to this snapshot, which must be complete.

        Raises:
            Missing: the revision is another one by now, or the cache did not take it.
        """
        from huggingface_hub import hf_hub_download, try_to_load_from_cache

        if snapshot_of(self._name, revision) == self.snapshot:
            # The file is there already: this only stores what the revision stands for.
            hf_hub_download(self._name, "config.json", revision=revision)
            kept = try_to_load_from_cache(self._name, "config.json", revision=revision)
            if kept == str(self.snapshot / "config.json"):
                return
        raise Missing(f"'{revision}' is no longer what it was")

    def _fetch_blob(self, name: str) -> int:
        from filelock import FileLock
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.utils import build_hf_headers

        url = hf_hub_url(self._name, name, revision=self._commit)
        headers = build_hf_headers()
        metadata = get_hf_file_metadata(url, headers=headers)
        if not metadata.etag or "/" in metadata.etag:
            raise Missing(f"no valid ETag for {name}")
        blob = self._storage / "blobs" / metadata.etag
        blob.parent.mkdir(parents=True, exist_ok=True)
        part = blob.with_name(f"{metadata.etag}.part")
        with FileLock(f"{part}.lock"):
            if blob.exists():
                return 0
            received = append(part, url, metadata.size, headers, self._advance)
            _check_digest(part, metadata.etag, name)
            part.replace(blob)
        Path(f"{part}.lock").unlink(missing_ok=True)
        return received


def snapshot_of(name: str, revision: str) -> Path:
    """Return the folder of a revision in the cache, which need not exist."""
    from huggingface_hub import hf_hub_download

    file = hf_hub_download(name, "config.json", revision=revision, dry_run=True)
    return Path(file.local_path).parent


def _check_digest(part: Path, etag: str, name: str) -> None:
    """Check a large file against its etag, which is its SHA-256; small files have another one."""
    if len(etag) != 64:
        return
    with part.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != etag:
        part.unlink()
        raise Missing(f"{name} was damaged and has been deleted")


def _blob(sibling: "RepoSibling") -> str:
    """The name of a file in the cache, which is its etag on the hub."""
    return sibling.lfs.sha256 if sibling.lfs else str(sibling.blob_id)


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
"""Weight formats by preference; of each, one file, or shards with their index."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """The folder of a downloaded model, and the bytes received over the network."""

    path: Path
    bytes: int


def pull(name: str, revision: str | None = None, progress: _Progress | None = None) -> Pulled:
    """Download the model ``name`` at ``revision`` (default: main) into the local cache.

    Only what the cache lacks is requested. The revision points to the new files only once all of
    them are complete. ``progress`` is called with the bytes of each chunk and of the whole model.

    Raises:
        ModelError: there is no such model, it is not an encoder-decoder or has no usable weights,
            the hub cannot be reached or denies access, or the disk is full.
    """
    _quiet()
    from huggingface_hub import HfApi

    name, named = split_revision(name)
    revision = revision or named
    _refuse_local(name)
    with explained(name, revision):
        info = HfApi().model_info(name, revision=revision, files_metadata=True)
        siblings = info.siblings or []
        if not any(sibling.rfilename == "config.json" for sibling in siblings):
            raise ModelError(f"{name} has no config.json, so it is not a transformers model")
        repository = Repository(name, snapshot_of(name, str(info.sha)), progress)
        received = repository.fetch(["config.json"])
        folder = ModelFolder(repository.snapshot, name)
        refuse_other_kinds(folder.config, name)
        wanted = _wanted(name, siblings)
        if missing := repository.missing(wanted):
            _check_text_to_text(folder, name)
            repository.prepare(wanted)
            received += repository.fetch(missing)
        folder.check()
        repository.keep(revision or "main")
    return Pulled(folder.path, received)


def _quiet() -> None:
    """Disable huggingface_hub's telemetry, progress bars and warnings (errors are raised)."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub.utils import disable_progress_bars

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    disable_progress_bars()


def _refuse_local(name: str) -> None:
    refuse_served(name)
    if name == "bundled":
        raise ModelError("the bundled model comes with Briefing; there is nothing to download")
    if Path(name).expanduser().is_dir():
        raise ModelError(f"{name} is a folder; use it directly: --model {name}")


def _wanted(name: str, siblings: "Sequence[RepoSibling]") -> "list[RepoSibling]":
    """Select configuration, tokenizer, and weights in one format: safetensors before pickle.

    Other formats (TensorFlow, Flax, ONNX), other precisions and subfolders are skipped, except
    the ``ctranslate2`` folder of a converted model as ``briefing models convert`` writes it.
    """
    names = [sibling.rfilename for sibling in siblings]
    forms = (form for forms in _WEIGHTS for form in forms)
    weights = next(
        (w for form in forms if (w := {n for n in names if re.fullmatch(form, n)})), set()
    )
    converted = {n for n in names if n.startswith("ctranslate2/")}
    if not (weights or "ctranslate2/model.bin" in converted):
        raise ModelError(
            f"{name} has no weights for torch (model.safetensors or pytorch_model.bin), and no "
            "other format is supported; look for another copy of the model"
        )
    chosen = _PLAIN | weights | converted
    return [sibling for sibling in siblings if sibling.rfilename in chosen]


def _check_text_to_text(folder: ModelFolder, name: str) -> None:
    """Raise ModelError for speech and image encoder-decoders, by transformers' list of types."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES

    kind = folder.config.get("model_type", "unknown")
    if kind not in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{name} is a model of type '{kind}', which is not a text-to-text model; Briefing "
            "needs a sequence-to-sequence model such as BART, T5 or Pegasus"
        )
