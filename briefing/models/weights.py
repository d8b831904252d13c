"""Read the weights of a CTranslate2 ``model.bin`` back as a BART state dict.

The bundled model ships once, as int8 for the CPU back end; the transformers back end gets the same
numbers from the same file, multiplied out. The layout is CTranslate2's binary version 6: a string
is a 16-bit length (terminator included) and its bytes, a variable is name, rank, dimensions, type,
byte count and data, and aliases close the file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError

VERSION = 6
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
Array = NDArray[Any]


def read_variables(path: Path) -> dict[str, Array]:
    """Every variable of the file by name, int8 weights multiplied out to float32.

    Raises:
        ModelError: the file is truncated or of another version.
    """
    try:
        with path.open("rb") as data:
            return _read(data)
    except (struct.error, ValueError, KeyError) as error:
        raise ModelError(f"{path} is damaged or truncated; install the model again") from error


def _read(data: BinaryIO) -> dict[str, Array]:
    (version,) = _unpack(data, "I")
    if version != VERSION:
        raise ModelError(f"model.bin has format version {version}, not {VERSION}; convert it again")
    _string(data)
    _, count = _unpack(data, "I"), _unpack(data, "I")[0]
    stored = _multiplied_out(dict(_variable(data) for _ in range(count)))
    for _ in range(_unpack(data, "I")[0]):
        alias, name = _string(data), _string(data)
        stored[alias] = stored[name]
    return stored


def _multiplied_out(stored: dict[str, Array]) -> dict[str, Array]:
    return {
        name: value.astype(np.float32) / stored[f"{name}_scale"][:, None]
        if value.dtype == np.int8 and f"{name}_scale" in stored
        else value
        for name, value in stored.items()
    }


def _unpack(data: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, data.read(struct.calcsize(form)))


def _string(data: BinaryIO) -> str:
    (length,) = _unpack(data, "H")
    return data.read(length)[:-1].decode()


def _variable(data: BinaryIO) -> tuple[str, Array]:
    name = _string(data)
    (rank,) = _unpack(data, "B")
    shape = [_unpack(data, "I")[0] for _ in range(rank)]
    (kind,) = _unpack(data, "B")
    (size,) = _unpack(data, "I")
    return name, np.frombuffer(data.read(size), dtype=_TYPES[kind]).reshape(shape)


def bart_state(variables: dict[str, Array], config: dict[str, Any]) -> dict[str, Array]:
    """The state dict of ``BartForConditionalGeneration`` with these variables."""
    state: dict[str, Array] = {}
    for side in ("encoder", "decoder"):
        state.update(_frame(variables, side))
        for index in range(config[f"{side}_layers"]):
            state.update(_layer(variables, side, index))
    state["model.shared.weight"] = state["model.encoder.embed_tokens.weight"]
    state["lm_head.weight"] = variables["decoder/projection/weight"]
    state["final_logits_bias"] = np.zeros((1, config["vocab_size"]), np.float32)
    return state


def _frame(variables: dict[str, Array], side: str) -> Iterator[tuple[str, Array]]:
    embeddings = "encoder/embeddings_0" if side == "encoder" else "decoder/embeddings"
    yield f"model.{side}.embed_tokens.weight", variables[f"{embeddings}/weight"]
    places = variables[f"{side}/position_encodings/encodings"]
    offset = np.zeros((2, places.shape[1]), np.float32)  # transformers' BART starts at place 2
    yield f"model.{side}.embed_positions.weight", np.concatenate([offset, places])
    yield from _norm(variables, f"{side}/layernorm_embedding", f"model.{side}.layernorm_embedding")


def _layer(variables: dict[str, Array], side: str, index: int) -> Iterator[tuple[str, Array]]:
    here, there = f"{side}/layer_{index}", f"model.{side}.layers.{index}"
    yield from _attention(variables, f"{here}/self_attention", f"{there}.self_attn", "qkv")
    yield from _norm(
        variables, f"{here}/self_attention/layer_norm", f"{there}.self_attn_layer_norm"
    )
    if side == "decoder":
        yield from _attention(variables, f"{here}/attention", f"{there}.encoder_attn", "q,kv")
        yield from _norm(
            variables, f"{here}/attention/layer_norm", f"{there}.encoder_attn_layer_norm"
        )
    for number in (0, 1):
        yield from _linear(variables, f"{here}/ffn/linear_{number}", f"{there}.fc{number + 1}")
    yield from _norm(variables, f"{here}/ffn/layer_norm", f"{there}.final_layer_norm")


def _attention(
    variables: dict[str, Array], here: str, there: str, fused: str
) -> Iterator[tuple[str, Array]]:
    groups = fused.split(",")
    for number, letters in enumerate(groups):
        for kind in ("weight", "bias"):
            parts = np.split(variables[f"{here}/linear_{number}/{kind}"], len(letters))
            for letter, part in zip(letters, parts, strict=True):
                yield f"{there}.{letter}_proj.{kind}", part
    yield from _linear(variables, f"{here}/linear_{len(groups)}", f"{there}.out_proj")


def _linear(variables: dict[str, Array], here: str, there: str) -> Iterator[tuple[str, Array]]:
    for kind in ("weight", "bias"):
        yield f"{there}.{kind}", variables[f"{here}/{kind}"]


def _norm(variables: dict[str, Array], here: str, there: str) -> Iterator[tuple[str, Array]]:
    yield f"{there}.weight", variables[f"{here}/gamma"]
    yield f"{there}.bias", variables[f"{here}/beta"]
