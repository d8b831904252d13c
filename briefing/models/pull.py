"""Fetch a model of a Hugging Face hub: what is needed of it, and only if it can be used."""

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder, refuse_other_kinds, split_revision
from briefing.models.hub import explained
from briefing.models.repository import Progress, Repository

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
        repository = Repository(name, str(info.sha), progress)
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
