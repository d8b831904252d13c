"""Convert a Hugging Face model for the CPU back end, and compare the two before keeping it."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.comparison import Comparison, compare, reference_lines
from briefing.models.folder import ModelFolder, find_model
from briefing.models.inputs import Inputs

_COPIED = ("config.json", "generation_config.json")
_LAYERS = (("encoder_layers", "num_layers"), ("decoder_layers", "num_decoder_layers", "num_layers"))
"""Names of the number of layers in configurations: BART's, then T5's."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Where the converted model is, and how its two forms compare with transformers'."""

    path: Path
    float32: Comparison
    int8: Comparison


def convert(name: str, output: Path, force: bool = False) -> Conversion:
    """Write the int8 form of the model ``name`` to ``output``, once it is found to be the same.

    It is converted in 32 bits first: those must write what transformers writes, token by token,
    which shows faults of the conversion that int8's own noise would hide. Nothing is left of a
    conversion that fails, and what was in ``output`` stays until the new one is whole.

    Raises:
        ModelError: not convertible, the output exists, or the forms disagree.
    """
    folder = find_model(name)
    folder.check()
    output = output.resolve()
    if output.exists() and not output.is_dir():
        raise ModelError(f"{output} is a file; name a folder")
    if output.exists() and any(output.iterdir()) and not force:
        raise ModelError(f"{output} is not empty; name another folder or add --force")
    if not folder.has_torch_weights:
        raise ModelError(f"{folder.path} holds no Hugging Face weights to convert")
    if output == folder.path.resolve():
        raise ModelError(f"{output} is the model itself; name another folder")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as beside:
            made = _converted(folder, Path(beside) / output.name)
            _take_place(Path(beside), output)
    except OSError as error:
        raise ModelError(
            f"{output} cannot be written: {error.strerror or error}; check the path and the disk"
        ) from error
    return Conversion(output, *made)


def _converted(folder: ModelFolder, output: Path) -> tuple[Comparison, Comparison]:
    """Write the model beside its place, compared in both forms."""
    from briefing.models.conversion import write_converted

    inputs = Inputs(folder)
    output.mkdir()
    for name in _COPIED:
        if (folder.path / name).is_file():
            shutil.copy(folder.path / name, output / name)
    inputs.save(output / "tokenizer.json")
    made = ModelFolder(output, output.name)
    lines = reference_lines(folder, inputs)
    write_converted(folder, inputs, made.converted, "float32")
    exact = _allowed(folder, compare(made, lines, "float32"))
    write_converted(folder, inputs, made.converted, "int8")
    return exact, _allowed(folder, compare(made, lines, "int8"))


def _allowed(folder: ModelFolder, found: Comparison) -> Comparison:
    if not found.allowed:
        raise ModelError(
            f"the {found.dtype} form of {folder.name} does not write what transformers writes "
            f"({found}), so it is not kept; use the model as it is: --model {folder.name}"
        )
    return found


def _take_place(beside: Path, output: Path) -> None:
    """Move what was made to ``output``; what was there goes once it is out of the way."""
    before = beside / "before"
    if output.exists():
        output.rename(before)
    try:
        (beside / output.name).rename(output)
    except BaseException:
        if before.exists():
            before.rename(output)
        raise


def describe(folder: ModelFolder) -> dict[str, Any]:
    """What a person wants to know about a model folder."""
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
