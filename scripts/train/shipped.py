"""Read the encoders that ship back into torch, so that training can go on from them.

They are int8 weights of CTranslate2 (version 6 of its binary format): a list of arrays with their
names, where a matrix has one scale for each row.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, BertConfig, BertModel

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_PARTS = {
    "self_attention/linear_1": "attention.output.dense",
    "self_attention/layer_norm": "attention.output.LayerNorm",
    "ffn/linear_0": "intermediate.dense",
    "ffn/linear_1": "output.dense",
    "ffn/layer_norm": "output.LayerNorm",
}
"""Parts of a layer: there, and in transformers."""


def start_encoder(folder: Path) -> tuple[Any, bool]:
    """The encoder that training starts from, and whether it is one that ships.

    Else ``folder`` is one of transformers.
    """
    if (folder / "ctranslate2").exists():
        return shipped_encoder(folder), True
    return AutoModel.from_pretrained(folder, add_pooling_layer=False), False


def shipped_encoder(folder: Path) -> BertModel:
    """The encoder of a folder that `scripts.train.encoders.export` wrote, as float32.

    Raises:
        ValueError: it is no encoder of BERT's shape.
    """
    arrays = _arrays((folder / "ctranslate2" / "model.bin").read_bytes())
    words = _matrix(arrays, "encoder/embeddings_0")
    layers = 1 + max(
        int(name.split("/")[1].removeprefix("layer_")) for name in arrays if "/layer_" in name
    )
    model = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=words.shape[1],
            num_hidden_layers=layers,
            num_attention_heads=int(arrays["encoder/num_heads"]),
            intermediate_size=len(arrays["encoder/layer_0/ffn/linear_0/bias"]),
            position_embedding_type="absolute",  # asked for by CTranslate2's converter
        ),
        add_pooling_layer=False,
    )
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.token_type_embeddings.weight": _matrix(arrays, "encoder/embeddings_1"),
        "embeddings.position_embeddings.weight": arrays["encoder/position_encodings/encodings"],
        **_part(arrays, "encoder/layernorm_embedding", "embeddings.LayerNorm"),
    }
    for layer in range(layers):
        source, target = f"encoder/layer_{layer}/", f"encoder.layer.{layer}."
        for name, own in _PARTS.items():
            state |= _part(arrays, source + name, target + own)
        joined = _part(arrays, source + "self_attention/linear_0", "")
        for kind in ("weight", "bias"):
            rows = np.split(joined[f".{kind}"], 3)
            for name, part in zip(("query", "key", "value"), rows, strict=True):
                state[f"{target}attention.self.{name}.{kind}"] = part
    missing, unknown = model.load_state_dict(
        {name: torch.from_numpy(np.array(value, np.float32)) for name, value in state.items()},
        strict=False,
    )
    if unknown or any("position_ids" not in name for name in missing):
        raise ValueError(f"{folder} is no encoder of BERT's shape: {missing or unknown}")
    return model


def _part(arrays: dict[str, np.ndarray], name: str, own: str) -> dict[str, np.ndarray]:
    """Weight and bias of a linear layer or a normalisation."""
    if f"{name}/gamma" in arrays:
        return {f"{own}.weight": arrays[f"{name}/gamma"], f"{own}.bias": arrays[f"{name}/beta"]}
    return {f"{own}.weight": _matrix(arrays, name), f"{own}.bias": arrays[f"{name}/bias"]}


def _matrix(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    weight = arrays[f"{name}/weight"].astype(np.float32)
    scale = arrays.get(f"{name}/weight_scale")
    return weight if scale is None else weight / scale[:, None]


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    """All arrays of a file, by name."""
    place = 0

    def number(kind: str) -> int:
        nonlocal place
        (value,) = struct.unpack_from(f"<{kind}", data, place)
        place += struct.calcsize(kind)
        return int(value)

    def text() -> str:
        nonlocal place
        size = number("H")
        value = data[place : place + size - 1].decode()
        place += size
        return value

    if (version := number("I")) != 6:
        raise ValueError(f"version {version} of CTranslate2's format is not known here")
    text(), number("I")  # the model's specification and its revision
    found = {}
    for _ in range(number("I")):
        name, rank = text(), number("B")
        shape = [number("I") for _ in range(rank)]
        kind, size = np.dtype(_TYPES[number("B")]), number("I")
        found[name] = np.frombuffer(data, kind, size // kind.itemsize, place).reshape(shape)
        place += size
    return found
