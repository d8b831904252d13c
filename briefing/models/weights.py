"""Load a model folder's weights for transformers, from any storage format, and validate them.

The bundled model ships only as int8 for the CPU back end; the transformers back end reads the same
file, dequantised to a BART state dict. The layout is CTranslate2's binary version 6: a string is a
16-bit length (terminator included) and its bytes; a variable is name, rank, dimensions, type, byte
count and data; aliases end the file.

A safetensors file begins with the length of a header and the header, JSON with each tensor's name,
type, shape and offsets: enough to find a truncated or unsupported file before loading it.
"""

import json
import logging
import struct
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder

_VERSION = 6
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
Array = NDArray[Any]


def read_variables(path: Path) -> dict[str, Array]:
    """Read all variables of the file by name, with int8 weights dequantised to float32.

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
    if version != _VERSION:
        raise ModelError(
            f"model.bin has format version {version}, not {_VERSION}; convert it again"
        )
    _string(data)
    _, count = _unpack(data, "I"), _unpack(data, "I")[0]
    stored = _dequantised(dict(_variable(data) for _ in range(count)))
    for _ in range(_unpack(data, "I")[0]):
        alias, name = _string(data), _string(data)
        stored[alias] = stored[name]
    return stored


def _dequantised(stored: dict[str, Array]) -> dict[str, Array]:
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
    """Return the state dict of ``BartForConditionalGeneration`` with these variables."""
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
    positions = variables[f"{side}/position_encodings/encodings"]
    offset = np.zeros((2, positions.shape[1]), np.float32)  # transformers' BART starts at 2
    yield f"model.{side}.embed_positions.weight", np.concatenate([offset, positions])
    yield from _norm(variables, f"{side}/layernorm_embedding", f"model.{side}.layernorm_embedding")


def _layer(variables: dict[str, Array], side: str, index: int) -> Iterator[tuple[str, Array]]:
    source, target = f"{side}/layer_{index}", f"model.{side}.layers.{index}"
    yield from _attention(variables, f"{source}/self_attention", f"{target}.self_attn", "qkv")
    yield from _norm(
        variables, f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm"
    )
    if side == "decoder":
        yield from _attention(variables, f"{source}/attention", f"{target}.encoder_attn", "q,kv")
        yield from _norm(
            variables, f"{source}/attention/layer_norm", f"{target}.encoder_attn_layer_norm"
        )
    for number in (0, 1):
        yield from _linear(variables, f"{source}/ffn/linear_{number}", f"{target}.fc{number + 1}")
    yield from _norm(variables, f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")


def _attention(
    variables: dict[str, Array], source: str, target: str, fused: str
) -> Iterator[tuple[str, Array]]:
    groups = fused.split(",")
    for number, letters in enumerate(groups):
        for kind in ("weight", "bias"):
            parts = np.split(variables[f"{source}/linear_{number}/{kind}"], len(letters))
            for letter, part in zip(letters, parts, strict=True):
                yield f"{target}.{letter}_proj.{kind}", part
    yield from _linear(variables, f"{source}/linear_{len(groups)}", f"{target}.out_proj")


def _linear(variables: dict[str, Array], source: str, target: str) -> Iterator[tuple[str, Array]]:
    for kind in ("weight", "bias"):
        yield f"{target}.{kind}", variables[f"{source}/{kind}"]


def _norm(variables: dict[str, Array], source: str, target: str) -> Iterator[tuple[str, Array]]:
    yield f"{target}.weight", variables[f"{source}/gamma"]
    yield f"{target}.bias", variables[f"{source}/beta"]


_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_LONGEST_HEADER = 100 << 20
_FORMS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""In the order in which transformers looks for them."""


def check_stored(folder: ModelFolder) -> None:
    """Check that the weights are complete and not quantised.

    Raises:
        ModelError: they are not.
    """
    if "quantization_config" in folder.config:
        raise ModelError(
            f"the weights in {folder.path} are quantised; Briefing needs them in 16 or 32 bits "
            "('briefing models convert' quantises for the CPU): download the original model"
        )
    form = next((f for f in _FORMS if (folder.path / f).is_file()), "")
    whole = not form.endswith(".index.json")
    for name in [form] if whole else _shards(folder.path / form):
        if name.endswith(".safetensors"):
            _check_safetensors(folder.path / name)


def _shards(index: Path) -> list[str]:
    """The files that an index of shards names; raise ModelError if one is missing."""
    try:
        shards = sorted(set(map(str, json.loads(index.read_text("utf-8"))["weight_map"].values())))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} is not an index of weights; download it again") from error
    missing = [name for name in shards if not (index.parent / name).is_file()]
    if missing:
        raise ModelError(
            f"{index.parent} lacks {missing[0]}, one of {len(shards)} files of its weights; copy "
            "or download the whole folder"
        )
    return shards


def _check_safetensors(path: Path) -> None:
    tensors, size = _header(path)
    end = 0
    for name, tensor in tensors.items():
        end = max(end, tensor["data_offsets"][1])
        if len(tensor["shape"]) > 1 and tensor["dtype"] not in _FLOATS:
            raise ModelError(
                f"{path} has '{name}' as {tensor['dtype']}; weights must be 16- or 32-bit "
                "floating point numbers: download the original model"
            )
    if end > size:
        raise ModelError(
            f"{path} is truncated: it has {size:,} of {end:,} bytes of weights; download it again"
        )


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The tensors of the header, and the size of the data in bytes."""
    try:
        with path.open("rb") as data:
            (length,) = struct.unpack("<Q", data.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError("the header is too long")
            header = json.loads(data.read(length))
        header.pop("__metadata__", None)
        for tensor in header.values():
            tensor["dtype"], tensor["shape"], tensor["data_offsets"][1]
        return header, path.stat().st_size - 8 - length
    except (OSError, struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is not a safetensors file, or is truncated ({error}); download it again"
        ) from error


_SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
"""The only generation settings kept from a model; the prompt family sets the others."""


def load_model(folder: ModelFolder) -> Any:
    """Load the folder's model with transformers, from its own or the converted weights.

    Raises:
        ModelError: the weights are damaged, incomplete, of another model or not finite, or
            transformers does not support the model.
    """
    if folder.has_torch_weights:
        model = load_checked(folder, "AutoModelForSeq2SeqLM")
    else:
        model = _from_converted(folder)
        _check_finite(model, folder)
    model.generation_config = _generation_config(model)
    return model


def load_checked(folder: ModelFolder, kind: str) -> Any:
    """Load the folder's own weights with the transformers class ``kind``.

    Raises:
        ModelError: the weights are damaged, incomplete, of another model or not finite.
    """
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it writes to standard error even without a terminal
    model = _from_torch_weights(folder, kind)
    _check_finite(model, folder)
    return model


def _from_torch_weights(folder: ModelFolder, kind: str) -> Any:
    import transformers

    check_stored(folder)
    logging.getLogger("transformers").setLevel(logging.ERROR)  # errors are raised below
    try:
        model, report = getattr(transformers, kind).from_pretrained(
            folder.path, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # safetensors, pickle and transformers have errors of their own
        raise ModelError(
            f"{folder.path} cannot be loaded: {shortened(error)}; download the model again"
        ) from error
    if missing := sorted(report["missing_keys"]):
        raise ModelError(
            f"the weights in {folder.path} lack {len(missing)} tensors of a "
            f"{type(model).__name__}, such as {missing[0]}; they are incomplete or of another "
            "model: download the model again"
        )
    return model


def _check_finite(model: Any, folder: ModelFolder) -> None:
    """Raise ModelError for NaN or infinite weights, from a diverged training or a damaged file."""
    import torch

    invalid = chain(
        (name for name, weights in model.named_parameters() if not torch.isfinite(weights).all()),
        (name for name, buffer in model.named_buffers() if torch.isnan(buffer).any()),
    )
    if (name := next(invalid, None)) is not None:
        raise ModelError(
            f"the weights in {folder.path} contain NaN or infinite numbers ({name}); download the "
            "model again, or use another one"
        )


def shortened(error: Exception) -> str:
    """Return an error's message on one line, truncated."""
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "…"


_LONGEST_REASON = 200


def _from_converted(folder: ModelFolder) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if folder.config.get("model_type") != "bart":
        raise ModelError(
            f"{folder.path} has only converted weights, which the transformers back end reads for "
            "BART alone; add the original weights"
        )
    state = bart_state(read_variables(folder.converted / "model.bin"), folder.config)
    model = AutoModelForSeq2SeqLM.from_config(AutoConfig.from_pretrained(folder.path))
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    return model


def _generation_config(model: Any) -> Any:
    """Generation settings with special tokens only: others that a model ships (a minimum length,
    a forced end token) would override the prompt family's decoding parameters.
    """
    from transformers import GenerationConfig

    tokens = {}
    for name in _SPECIAL_TOKENS:
        token = getattr(model.generation_config, name, None)
        tokens[name] = getattr(model.config, name, None) if token is None else token
    if tokens["decoder_start_token_id"] is None:
        tokens["decoder_start_token_id"] = tokens["pad_token_id"]
    if tokens["decoder_start_token_id"] is None:
        raise ModelError(
            "the model's configuration has neither decoder_start_token_id nor pad_token_id, so "
            "no line can be started; add one of them to its config.json"
        )
    return GenerationConfig(**tokens)
