"""What can be said of a checkpoint's files before any of it is loaded.

A safetensors file begins with the length of a header and the header, JSON that names each tensor,
its type, shape and place: enough to see that a file is cut off, or holds what cannot be used.
"""

import json
import struct
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder

_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_LONGEST_HEADER = 100 << 20
_FORMS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""In the order in which transformers takes them."""


def check_stored(folder: ModelFolder) -> None:
    """Refuse weights that are quantised, not whole, or of a type that is not computed with.

    Raises:
        ModelError: says what the folder holds and what is wanted.
    """
    if "quantization_config" in folder.config:
        raise ModelError(
            f"the weights in {folder.path} are quantised; Briefing wants them in 16 or 32 bits and "
            "makes its own form for the CPU: fetch the original model"
        )
    form = next((f for f in _FORMS if (folder.path / f).is_file()), "")
    whole = not form.endswith(".index.json")
    for name in [form] if whole else _shards(folder.path / form):
        if name.endswith(".safetensors"):
            _check_safetensors(folder.path / name)


def _shards(index: Path) -> list[str]:
    """The files that an index of shards names, which must be there."""
    try:
        shards = sorted(set(map(str, json.loads(index.read_text("utf-8"))["weight_map"].values())))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} is no index of weights; fetch it again") from error
    missing = [name for name in shards if not (index.parent / name).is_file()]
    if missing:
        raise ModelError(
            f"{index.parent} lacks {missing[0]}, one of {len(shards)} files of its weights; copy "
            "the whole folder"
        )
    return shards


def _check_safetensors(path: Path) -> None:
    tensors, size = _header(path)
    end = 0
    for name, tensor in tensors.items():
        end = max(end, tensor["data_offsets"][1])
        if len(tensor["shape"]) > 1 and tensor["dtype"] not in _FLOATS:
            raise ModelError(
                f"{path} holds '{name}' as {tensor['dtype']}; weights are wanted as 16- or 32-bit "
                "floating point numbers: fetch the original model"
            )
    if end > size:
        raise ModelError(
            f"{path} is cut off: {size:,} of {end:,} bytes of weights are there; fetch it again"
        )


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The tensors that the file describes, and how many bytes of them are there."""
    try:
        with path.open("rb") as data:
            (length,) = struct.unpack("<Q", data.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError("its header is too long")
            header = json.loads(data.read(length))
        header.pop("__metadata__", None)
        for tensor in header.values():
            tensor["dtype"], tensor["shape"], tensor["data_offsets"][1]
        return header, path.stat().st_size - 8 - length
    except (OSError, struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is no file of safetensors, or is cut off ({error}); fetch it again"
        ) from error
