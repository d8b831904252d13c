"""From a transformers model to CTranslate2's form of it; what its converter gets wrong, set right.

CTranslate2 reads from a configuration what transformers no longer keeps there (whether BART's
layers are normalised before), takes T5's output scale from another setting than transformers does,
and asks the tokenizer for marks that are the model's own.
"""

from pathlib import Path
from typing import Any

from ctranslate2.converters import TransformersConverter
from ctranslate2.specs import model_spec

from briefing.errors import ModelError
from briefing.models.checkpoint import load_model, shortened
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs

FORMS = frozenset({"bart", "mbart", "pegasus", "t5", "mt5", "umt5", "marian", "m2m_100"})
"""Architectures that have such a form, by ``model_type``."""
_NORMALIZED = {"bart": (False, True), "mbart": (True, True), "pegasus": (True, False)}
"""Whether layers are normalised before they work, and embeddings too, where nobody says."""


def write_converted(folder: ModelFolder, inputs: Inputs, output: Path, dtype: str) -> None:
    """Write the folder's model to ``output``, with its weights as ``dtype`` (float32, int8).

    Raises:
        ModelError: the model is damaged, or has no such form.
    """
    kind = str(folder.config.get("model_type", ""))
    if kind not in FORMS:
        raise ModelError(
            f"{folder.name} is of type '{kind}', which has no form for the CPU back end; use it as "
            f"it is: --model {folder.name}"
        )
    try:
        _Converter(folder, inputs).convert(str(output), quantization=dtype, force=True)
    except (ValueError, RuntimeError, AttributeError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"{folder.name} cannot be converted: {shortened(error)}; use it as it is: "
            f"--model {folder.name}"
        ) from error


class _Converter(TransformersConverter):  # type: ignore[misc]
    """Reads our own checkpoint and tokenizer, and mends what comes of it."""

    def __init__(self, folder: ModelFolder, inputs: Inputs) -> None:
        super().__init__(str(folder.path))
        self._folder, self._inputs = folder, inputs
        self._model: Any = None

    def load_model(self, model_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:  # noqa: ARG002
        """The folder's model in 32 bits, with the settings that the converter looks for."""
        self._model = load_model(self._folder).float()
        config = self._model.config
        before, embedding = _NORMALIZED.get(config.model_type, (True, True))
        for name, value in (("normalize_before", before), ("normalize_embedding", embedding)):
            if not hasattr(config, name):
                setattr(config, name, value)
        return self._model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:  # noqa: ARG002
        """The tokens as our back ends number them."""
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
    """What the converter asks of a tokenizer: all tokens by number, and the marks by name."""

    def __init__(self, inputs: Inputs, model: Any) -> None:
        marks = model.generation_config
        self._tokens = [inputs.token(number) for number in range(model.config.vocab_size)]
        self.eos_token = self._named(marks.eos_token_id)
        self.pad_token = self._named(marks.pad_token_id) or self.eos_token
        self.bos_token = self._named(marks.bos_token_id) or self.eos_token
        self.unk_token = "<unk>" if "<unk>" in self._tokens else self.eos_token

    def _named(self, number: Any) -> str | None:
        first = number[0] if isinstance(number, list) else number
        return None if first is None else self._tokens[first]

    def get_vocab(self) -> dict[str, int]:
        """Every token and its number."""
        return {token: number for number, token in enumerate(self._tokens)}

    def convert_ids_to_tokens(self, number: int) -> str:
        """The token of a number."""
        return self._tokens[number]
