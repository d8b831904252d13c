"""Model folders: layout, validation, description, and lookup by name or in the Hugging Face cache.

The bundled model and the output of ``briefing models convert`` have the same layout::

    config.json                 Hugging Face configuration of the architecture
    tokenizer.json              the tokenizer; its post-processor adds the end token
    ctranslate2/model.bin       the weights (int8), with ctranslate2/config.json and vocabulary
    model.safetensors           weights for the transformers back end (or pytorch_model.bin, or
                                shards of either with their index); without them that back end
                                reads ctranslate2/model.bin
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.endpoint import PREFIX

BUNDLED = Path(__file__).parent / "bundled"
_ENDS = ("", ".index.json")
_LAYERS = (("encoder_layers", "num_layers"), ("decoder_layers", "num_decoder_layers", "num_layers"))
"""Configuration fields for the number of encoder and decoder layers: BART's, then T5's."""


@dataclass(frozen=True)
class ModelFolder:
    """A folder on disk that holds a model."""

    path: Path
    name: str

    @property
    def converted(self) -> Path:
        """The folder of the CTranslate2 model, which may not exist."""
        return self.path / "ctranslate2"

    @property
    def tokenizer(self) -> Path:
        """The file of the fast tokenizer, which may not exist."""
        return self.path / "tokenizer.json"

    @property
    def has_converted(self) -> bool:
        """Whether the CTranslate2 back end can load this folder."""
        return (self.converted / "model.bin").is_file() and self.tokenizer.is_file()

    @property
    def has_torch_weights(self) -> bool:
        """Whether there are weights in a Hugging Face format."""
        forms = ("model.safetensors", "pytorch_model.bin")
        return any((self.path / f"{form}{end}").is_file() for form in forms for end in _ENDS)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The Hugging Face configuration.

        Raises:
            ModelError: it is missing or not JSON.
        """
        try:
            config = json.loads((self.path / "config.json").read_text("utf-8"))
        except FileNotFoundError:
            raise ModelError(
                f"{self.path} has no config.json, so it is not a model folder; use a folder "
                "saved by transformers or written by 'briefing models convert'"
            ) from None
        except ValueError as error:
            raise ModelError(f"{self.path / 'config.json'} is not valid JSON: {error}") from error
        if not isinstance(config, dict):
            raise ModelError(
                f"{self.path / 'config.json'} is not a model configuration: expected a JSON object"
            )
        return config

    @cached_property
    def revision(self) -> str:
        """A short digest of the weights file: its size, first and last 64 KiB."""
        for path in (self.converted / "model.bin", *sorted(self.path.glob("*.safetensors"))):
            if path.is_file():
                return _digest(path)
        return "unknown"

    def check(self) -> None:
        """Check that the folder has weights of a sequence-to-sequence model.

        Raises:
            ModelError: it does not.
        """
        if not self.path.is_dir():
            raise ModelError(f"model folder {self.path} does not exist; see 'briefing models list'")
        refuse_other_kinds(self.config, str(self.path))
        if not (self.has_converted or self.has_torch_weights):
            raise ModelError(
                f"{self.path} holds no weights (ctranslate2/model.bin with tokenizer.json, or "
                "model.safetensors); copy the whole folder or convert the model again"
            )


def refuse_other_kinds(config: dict[str, Any], where: str) -> None:
    """Check that a configuration is that of an encoder-decoder with layers of its own.

    Raises:
        ModelError: it is not.
    """
    if not config.get("is_encoder_decoder", False):
        kind = config.get("model_type", "unknown")
        raise ModelError(
            f"{where} is a model of type '{kind}', which is not an encoder-decoder; "
            "Briefing needs a sequence-to-sequence model such as BART, T5 or Pegasus"
        )
    if config.get("model_type") in _COMPOSED:
        raise ModelError(
            f"{where} is composed of an encoder and a decoder of other models, which is not "
            "supported; use a model such as BART, T5 or Pegasus"
        )


_COMPOSED = ("encoder-decoder", "vision-encoder-decoder", "speech-encoder-decoder")
"""Types of transformers that join two models."""


_ENDS_READ = 1 << 16


def _digest(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as data:
        digest.update(data.read(_ENDS_READ))
        data.seek(max(0, size - _ENDS_READ))
        digest.update(data.read(_ENDS_READ))
    return digest.hexdigest()[:12]


def find_model(name: str) -> ModelFolder:
    """Return the folder of ``bundled``, of a path, or of a model in the local Hugging Face cache.

    The name of a cached model may end in ``@REVISION``.

    Raises:
        ModelError: no such model is on this machine.
    """
    refuse_served(name)
    if name == "bundled":
        return ModelFolder(BUNDLED, "bundled")
    path = Path(name).expanduser()
    if path.is_dir():
        return ModelFolder(path, path.resolve().name)
    return ModelFolder(_cached(name), name)


def refuse_served(name: str) -> None:
    """Check that a model is not behind an endpoint. Raises ModelError."""
    if name.startswith(PREFIX):
        raise ModelError(
            f"'{name}' is served by an endpoint (see the setting 'endpoint'), and no files of it "
            f"are known here; 'briefing doctor --model {name}' tries it"
        )


def split_revision(name: str) -> tuple[str, str | None]:
    """Split ``OWNER/MODEL@REVISION`` into the model and its revision, or None without one."""
    model, _, revision = name.partition("@")
    return model, revision or None


def _cached(name: str) -> Path:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    model, revision = split_revision(name)
    try:
        config = try_to_load_from_cache(model, "config.json", revision=revision)
    except (HFValidationError, OSError):
        config = None
    remedy = (
        f"download it with 'briefing models pull {name}' (this needs a network), or use the "
        "bundled model"
    )
    if not isinstance(config, str):
        # Names of models on servers, like llama3.2:3b, have no owner.
        served = "" if "/" in name else f"; if a server of yours runs it: {PREFIX}{name}"
        raise ModelError(
            f"model '{name}' is neither a folder nor in the local Hugging Face cache; {remedy}"
            f"{served}"
        )
    folder = ModelFolder(Path(config).parent, name)
    if not (folder.has_torch_weights or folder.has_converted):
        raise ModelError(
            f"model '{name}' is in the local Hugging Face cache without its weights; {remedy}"
        )
    return folder.path


def cached_models() -> list[str]:
    """Return the names of the encoder-decoder models in the local Hugging Face cache."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, OSError):
        return []
    names = (repo.repo_id for repo in repositories if repo.repo_type == "model")
    return sorted(name for name in names if _is_encoder_decoder(name))


def _is_encoder_decoder(name: str) -> bool:
    try:
        return bool(find_model(name).config.get("is_encoder_decoder", False))
    except ModelError:
        return False


def describe_folder(folder: ModelFolder) -> dict[str, Any]:
    """Return the properties of a model folder, for display."""
    config = folder.config
    return {
        "name": folder.name,
        "path": str(folder.path),
        "type": config.get("model_type"),
        "revision": folder.revision,
        "layers": [_first(config, names) for names in _LAYERS],
        "width": config.get("d_model"),
        "vocabulary": config.get("vocab_size"),
        "converted": folder.has_converted,
        "torch weights": folder.has_torch_weights,
        "bytes": sum(f.stat().st_size for f in folder.path.rglob("*") if f.is_file()),
    }


def _first(config: dict[str, Any], names: Sequence[str]) -> Any:
    return next((config[name] for name in names if config.get(name) is not None), None)
