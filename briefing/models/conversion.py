"""CTranslate2's converter with corrections for current transformers models.

CTranslate2 reads settings that transformers no longer keeps in the configuration (whether BART's
layers are pre-normalised), takes T5's output scale from another setting than transformers does,
and asks the tokenizer for special tokens that the model defines.
"""

from pathlib import Path
from typing import Any

from ctranslate2.converters import TransformersConverter
from ctranslate2.specs import model_spec

from briefing.errors import ModelError
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs
from briefing.models.weights import load_model, shortened

FORMS = frozenset({"bart", "mbart", "pegasus", "t5", "mt5", "umt5", "marian", "m2m_100"})
"""The architectures that can be converted, by ``model_type``."""
_NORMALIZED = {"bart": (False, True), "mbart": (True, True), "pegasus": (True, False)}
"""Defaults of ``normalize_before`` and ``normalize_embedding``."""


def write_converted(folder: ModelFolder, inputs: Inputs, output: Path, dtype: str) -> None:
    """Convert the folder's model to ``output``, with weights in ``dtype`` (float32, int8).

    Raises:
        ModelError: the model is damaged or cannot be converted.
    """
    kind = str(folder.config.get("model_type", ""))
    if kind not in FORMS:
        raise ModelError(
            f"{folder.name} is of type '{kind}', which the CPU back end does not support; use the "
            f"model unconverted: --model {folder.name}"
        )
    try:
        _Converter(folder, inputs).convert(str(output), quantization=dtype, force=True)
    except (ValueError, RuntimeError, AttributeError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"{folder.name} cannot be converted: {shortened(error)}; use the model unconverted: "
            f"--model {folder.name}"
        ) from error


class _Converter(TransformersConverter):  # type: ignore[misc]
    """A converter that uses our model loader and tokenizer, and corrects the result."""

    def __init__(self, folder: ModelFolder, inputs: Inputs) -> None:
        super().__init__(str(folder.path))
        self._folder, self._inputs = folder, inputs
        self._model: Any = None

    def load_model(self, model_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:  # noqa: ARG002
        """Load the folder's model in float32, with the settings that the converter reads."""
        self._model = load_model(self._folder).float()
        config = self._model.config
        before, embedding = _NORMALIZED.get(config.model_type, (True, True))
        for name, value in (("normalize_before", before), ("normalize_embedding", embedding)):
            if not hasattr(config, name):
                setattr(config, name, value)
        return self._model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:  # noqa: ARG002
        """Return the vocabulary as our back ends number it."""
        return _Tokens(self._inputs, self._model)

    def _load(self) -> Any:
        spec = super()._load()
        if spec is None:
            return spec
        tokens = _Tokens(self._inputs, self._model)
        spec.config.decoder_start_token = None
        if not self._inputs.starts_with_language:
            start = self._model.generation_config.decoder_start_token_id
            spec.config.decoder_start_token = tokens.convert_ids_to_tokens(start)
        config = self._model.config
        if config.model_type in ("t5", "mt5", "umt5"):
            scaled = getattr(config, "scale_decoder_outputs", False)  # mT5 never is
            scale = config.d_model**-0.5 if scaled else model_spec.OPTIONAL
            spec.decoder.scale_outputs = scale
        return spec


class _Tokens:
    """The tokenizer interface that the converter needs: vocabulary and special tokens."""

    def __init__(self, inputs: Inputs, model: Any) -> None:
        config = model.generation_config
        self._tokens = [inputs.token(token_id) for token_id in range(model.config.vocab_size)]
        self.eos_token = self._special(config.eos_token_id)
        self.pad_token = self._special(config.pad_token_id) or self.eos_token
        self.bos_token = self._special(config.bos_token_id) or self.eos_token
        self.unk_token = "<unk>" if "<unk>" in self._tokens else self.eos_token

    def _special(self, ids: Any) -> str | None:
        first = ids[0] if isinstance(ids, list) else ids
        return None if first is None else self._tokens[first]

    def get_vocab(self) -> dict[str, int]:
        """Return all tokens with their ids."""
        return {token: token_id for token_id, token in enumerate(self._tokens)}

    def convert_ids_to_tokens(self, token_id: int) -> str:
        """Return the token of an id."""
        return self._tokens[token_id]
