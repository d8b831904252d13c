"""A model folder's weights under transformers, whichever form they are stored in."""

import logging
from itertools import chain
from typing import Any

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder
from briefing.models.stored import check_stored
from briefing.models.weights import bart_state, read_variables

_MARKS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
"""What is kept of a model's own generation settings; how lines are searched for is the family's."""


def load_model(folder: ModelFolder) -> Any:
    """The folder's model under transformers, from its own weights or from the converted ones.

    Raises:
        ModelError: they are damaged, incomplete or of another model, hold what is no number, or
            transformers knows no such model.
    """
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it would go to standard error, terminal or not
    model = _from_torch_weights(folder) if folder.has_torch_weights else _from_converted(folder)
    _check_numbers(model, folder)
    model.generation_config = _marks_alone(model)
    return model


def _from_torch_weights(folder: ModelFolder) -> Any:
    from transformers import AutoModelForSeq2SeqLM

    check_stored(folder)
    logging.getLogger("transformers").setLevel(logging.ERROR)  # what is wrong is told here
    try:
        model, report = AutoModelForSeq2SeqLM.from_pretrained(
            folder.path, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # safetensors, pickle and configurations each raise their own
        raise ModelError(
            f"{folder.path} cannot be loaded: {shortened(error)}; fetch the model again"
        ) from error
    if missing := sorted(report["missing_keys"]):
        raise ModelError(
            f"the weights in {folder.path} lack {len(missing)} tensors of a "
            f"{type(model).__name__}, {missing[0]} among them; they are of another model, or not "
            "whole: fetch the model again"
        )
    return model


def _check_numbers(model: Any, folder: ModelFolder) -> None:
    """Weights of a training that went wrong, or of a damaged file, would write nonsense."""
    import torch

    parameters, buffers = model.named_parameters(), model.named_buffers()
    wrong = chain(
        (name for name, weights in parameters if not bool(torch.isfinite(weights).all())),
        (name for name, held in buffers if bool(torch.isnan(held).any())),
    )
    if (name := next(wrong, None)) is not None:
        raise ModelError(
            f"the weights in {folder.path} hold NaN or infinite numbers ({name}); fetch the "
            "model again, or take another one"
        )


def shortened(error: Exception, most: int = 200) -> str:
    """What a library says, on one line of bounded length."""
    text = " ".join(str(error).split())
    return text if len(text) <= most else text[:most] + "…"


def _from_converted(folder: ModelFolder) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if folder.config.get("model_type") != "bart":
        raise ModelError(f"{folder.path} holds only converted weights, which are read for BART")
    state = bart_state(read_variables(folder.converted / "model.bin"), folder.config)
    model = AutoModelForSeq2SeqLM.from_config(AutoConfig.from_pretrained(folder.path))
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    return model


def _marks_alone(model: Any) -> Any:
    """Generation settings of nothing but special tokens: a model's card often ships others, which
    would bind a search that the prompt family describes (a least length, a forced end).
    """
    from transformers import GenerationConfig

    own = model.generation_config
    marks = {name: getattr(own, name, None) for name in _MARKS}
    marks = {
        name: getattr(model.config, name, None) if mark is None else mark
        for name, mark in marks.items()
    }
    if marks["decoder_start_token_id"] is None:
        marks["decoder_start_token_id"] = marks["pad_token_id"]
    if marks["decoder_start_token_id"] is None:
        raise ModelError(
            "the model's configuration names neither decoder_start_token_id nor pad_token_id, so "
            "no line can be started; add one of them to its config.json"
        )
    return GenerationConfig(**marks)
