"""Convert a Hugging Face model for the CPU back end, and compare the two before keeping it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.backend import Decoding
from briefing.models.ct2 import CTranslate2Backend
from briefing.models.device import DeviceChoice
from briefing.models.folder import ModelFolder, find_model
from briefing.models.torch_backend import TorchBackend

PROBES = (
    "The council approved a plan to build 200 homes beside the river on Monday, its leader said.",
    "A court in Oslo will hear the appeal of the shipping company in March.",
    "Prices rose by 3.1 percent last year, the statistics office reported, after two years of "
    "decline that economists had blamed on weak exports.",
)
TOLERANCE = 0.15
"""Largest difference in mean log-probability that int8 arithmetic explains."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Where the converted model is, and how far its scores lie from transformers'."""

    path: Path
    compared: int
    same_lines: int
    score_difference: float


def convert(name: str, output: Path, force: bool = False) -> Conversion:
    """Write the int8 form of the model ``name`` to ``output`` and compare greedy lines.

    Raises:
        ModelError: not convertible, the output exists, or the two forms disagree.
    """
    folder = find_model(name)
    folder.check()
    if output.exists() and any(output.iterdir()) and not force:
        raise ModelError(f"{output} is not empty; name another folder or add --force")
    if not folder.has_torch_weights:
        raise ModelError(f"{folder.path} holds no Hugging Face weights to convert")
    output.mkdir(parents=True, exist_ok=True)
    _write(folder, output)
    return compare(folder, ModelFolder(output, output.name))


def _write(folder: ModelFolder, output: Path) -> None:
    from ctranslate2.converters import TransformersConverter
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(folder.path, local_files_only=True).save_pretrained(output)
    shutil.copy(folder.path / "config.json", output / "config.json")
    converter: Any = TransformersConverter(str(folder.path))
    try:
        converter.convert(str(output / "ctranslate2"), quantization="int8", force=True)
    except (ValueError, RuntimeError, AttributeError) as error:
        raise ModelError(f"{folder.name} cannot be converted: {error}") from error


def compare(folder: ModelFolder, converted: ModelFolder) -> Conversion:
    """Write greedy lines with both forms and refuse a difference that int8 does not explain.

    Raises:
        ModelError: the scores differ by more than ``TOLERANCE``.
    """
    decoding = Decoding(beam=1, n_best=1, max_tokens=24)
    cpu = DeviceChoice("cpu", "conversion check")
    theirs = TorchBackend(folder, cpu).generate([PROBES], decoding)
    ours = CTranslate2Backend(converted).generate([PROBES], decoding)
    result = _difference(converted.path, theirs, ours)
    if result.score_difference > TOLERANCE:
        raise ModelError(
            f"the converted model disagrees with transformers (mean log-probability off by "
            f"{result.score_difference:.2f}); {converted.path} must not be used"
        )
    return result


def _difference(path: Path, theirs: Sequence[Any], ours: Sequence[Any]) -> Conversion:
    pairs = [(a[0], b[0]) for a, b in zip(theirs, ours, strict=True)]
    return Conversion(
        path,
        len(pairs),
        sum(a.text == b.text for a, b in pairs),
        max(abs(a.score - b.score) for a, b in pairs),
    )


def describe(folder: ModelFolder) -> dict[str, Any]:
    """What a person wants to know about a model folder."""
    config = folder.config
    return {
        "name": folder.name,
        "path": str(folder.path),
        "type": config.get("model_type"),
        "revision": folder.revision,
        "layers": [config.get("encoder_layers"), config.get("decoder_layers")],
        "width": config.get("d_model"),
        "vocabulary": config.get("vocab_size"),
        "converted": folder.has_converted,
        "torch weights": folder.has_torch_weights,
        "bytes": sum(f.stat().st_size for f in folder.path.rglob("*") if f.is_file()),
    }
