"""Convert a Hugging Face model for the CPU back end, verified against transformers.

The converted model must give the same tokens and log-probabilities on the same prompts.

CTranslate2's converter is corrected for current transformers models: it reads settings that
transformers no longer keeps in the configuration (whether BART's layers are pre-normalised), takes
T5's output scale from another setting than transformers does, and asks the tokenizer for special
tokens that the model defines.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.backend import Decoding, Inputs
from briefing.models.folder import ModelFolder, find_model
from briefing.models.weights import load_model, shortened

PROBE_PROMPTS = (
    "The council approved a plan to build 200 homes beside the river on Monday, its leader said.",
    "A court in Oslo will hear the appeal of the shipping company in March.",
    "Prices rose by 3.1 percent last year, the statistics office reported, after two years of "
    "decline that economists had blamed on weak exports.",
)
EXACT = 0.01
"""Largest allowed difference of a token's log-probability in float32."""
TOLERANCE = 0.15
"""Largest allowed mean difference of the tokens' log-probabilities in int8."""
_TOKENS = 24


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """The output of transformers for a prompt: tokens, and the log-probability of each."""

    source: tuple[str, ...]
    start: tuple[str, ...]
    tokens: tuple[str, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """A converted model against transformers: equal greedy lines, and the mean and largest
    difference of the log-probabilities of transformers' tokens.
    """

    dtype: str
    lines: int
    same: int
    tokens: int
    mean: float
    largest: float

    @property
    def allowed(self) -> bool:
        """Whether the difference is within numerical precision."""
        return self.largest <= EXACT if self.dtype == "float32" else self.mean <= TOLERANCE

    def __str__(self) -> str:
        return (
            f"{self.same} of {self.lines} greedy lines the same, log-probabilities of "
            f"{self.tokens} tokens {self.mean:.4f} apart, at most {self.largest:.4f}"
        )


def reference_lines(folder: ModelFolder, inputs: Inputs) -> list[ComparedLine]:
    """Decode the probe prompts greedily with transformers, in float32 on the CPU.

    Raises:
        ModelError: the model cannot be loaded.
    """
    model = load_model(folder).float().eval()
    decoding = inputs.bounded(Decoding(beam=1, n_best=1, max_tokens=_TOKENS))
    return [_line(model, inputs, prompt, decoding) for prompt in PROBE_PROMPTS]


def _line(model: Any, inputs: Inputs, prompt: str, decoding: Decoding) -> ComparedLine:
    import torch

    source, start = inputs.encode(prompt, decoding), inputs.start(decoding)
    prefix = inputs.given(decoding, model.generation_config.decoder_start_token_id)
    with torch.inference_mode():
        output = model.generate(
            input_ids=torch.tensor([source.ids]),
            decoder_input_ids=torch.tensor([prefix]),
            decoder_start_token_id=prefix[0],
            max_new_tokens=decoding.max_tokens,
            min_new_tokens=decoding.max_tokens,  # suppresses the end token: more to compare
            do_sample=False,
            return_dict_in_generate=True,
            output_logits=True,
        )
        log_probs = torch.stack(output.logits, dim=1)[0].log_softmax(dim=-1)
    generated = output.sequences[0, len(prefix) :]
    scores = log_probs.gather(1, generated[:, None])[:, 0].tolist()
    tokens = tuple(map(inputs.token, generated.tolist()))
    return ComparedLine(source.tokens, tuple(map(inputs.token, start)), tokens, tuple(scores))


def _compare(folder: ModelFolder, lines: Sequence[ComparedLine], dtype: str) -> Fidelity:
    """Compare the converted model in ``folder``, computing in ``dtype``, with reference lines."""
    import ctranslate2

    translator = ctranslate2.Translator(str(folder.converted), compute_type=dtype)
    inputs = Inputs(folder)
    forced = inputs.forced(Decoding())
    same, differences = 0, []
    for line in lines:
        source, tokens = list(line.source), list(line.tokens)
        length = len(tokens) + forced
        result = translator.translate_batch(
            [source],
            target_prefix=[list(line.start)] if line.start else None,
            beam_size=1,
            min_decoding_length=length,
            max_decoding_length=length,
        )[0]
        same += result.hypotheses[0][forced:] == tokens
        scored = translator.score_batch([source], [[*line.start, *tokens]])[0]
        log_probs = scored.log_probs[forced:length]
        apart = (abs(a - b) for a, b in zip(line.scores, log_probs, strict=True))
        # max() may pass over NaN, so count it as infinite.
        differences += [value if isfinite(value) else inf for value in apart]
    mean = sum(differences) / len(differences)
    return Fidelity(dtype, len(lines), same, len(differences), mean, max(differences))


_COPIED = ("config.json", "generation_config.json")


@dataclass(frozen=True, slots=True)
class Conversion:
    """The folder of a converted model, and its comparisons with transformers."""

    path: Path
    float32: Fidelity
    int8: Fidelity


def convert(name: str, output: Path, force: bool = False) -> Conversion:
    """Convert the model ``name`` to int8 in ``output``, after verifying it.

    A float32 conversion is verified first, because it shows conversion faults that the
    quantisation error would hide. A failed conversion leaves ``output`` unchanged; a successful
    one replaces it at once.

    Raises:
        ModelError: not convertible, the output exists, or the results differ.
    """
    folder = find_model(name)
    folder.check()
    output = output.resolve()
    if output.exists() and not output.is_dir():
        raise ModelError(f"{output} is a file; choose a folder")
    if output.exists() and any(output.iterdir()) and not force:
        raise ModelError(f"{output} is not empty; choose another folder or add --force")
    if not folder.has_torch_weights:
        remedy = (
            "it is in the CPU back end's form already; use it as it is"
            if folder.has_converted
            else "give a folder that transformers saved"
        )
        raise ModelError(f"{folder.path} has no Hugging Face weights to convert: {remedy}")
    if output == folder.path.resolve():
        raise ModelError(f"{output} is the model itself; choose another folder")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as beside:
            comparisons = _converted(folder, Path(beside) / output.name)
            _replace(output, Path(beside))
    except OSError as error:
        raise ModelError(
            f"cannot write {output}: {error.strerror or error}; check the path and the disk"
        ) from error
    return Conversion(output, *comparisons)


def _converted(folder: ModelFolder, output: Path) -> tuple[Fidelity, Fidelity]:
    """Write the converted model to ``output``; return its float32 and int8 comparisons."""
    inputs = Inputs(folder)
    output.mkdir()
    for name in _COPIED:
        if (folder.path / name).is_file():
            shutil.copy(folder.path / name, output / name)
    inputs.save(output / "tokenizer.json")
    converted = ModelFolder(output, output.name)
    lines = reference_lines(folder, inputs)
    write_converted(folder, inputs, converted.converted, "float32")
    exact = _allowed(folder, _compare(converted, lines, "float32"))
    write_converted(folder, inputs, converted.converted, "int8")
    return exact, _allowed(folder, _compare(converted, lines, "int8"))


def _allowed(folder: ModelFolder, comparison: Fidelity) -> Fidelity:
    if not comparison.allowed:
        raise ModelError(
            f"the {comparison.dtype} conversion of {folder.name} differs from transformers "
            f"({comparison}), so it is discarded; use the model unconverted: --model {folder.name}"
        )
    return comparison


def _replace(output: Path, beside: Path) -> None:
    """Move the new folder from ``beside`` to ``output``; restore the old one on failure."""
    before = beside / "before"
    if output.exists():
        output.rename(before)
    try:
        (beside / output.name).rename(output)
    except BaseException:
        if before.exists():
            before.rename(output)
        raise


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
        _converter(folder, inputs).convert(str(output), quantization=dtype, force=True)
    except (ValueError, RuntimeError, AttributeError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"{folder.name} cannot be converted: {shortened(error)}; use the model unconverted: "
            f"--model {folder.name}"
        ) from error


def _converter(folder: ModelFolder, inputs: Inputs) -> Any:
    """Return CTranslate2's converter with our loader and tokenizer, and its result corrected.

    It is imported here, since with it come torch and transformers.
    """
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]
        model: Any = None

        def load_model(self, *_: Any, **__: Any) -> Any:
            self.model = _with_settings(load_model(folder).float())
            return self.model

        def load_tokenizer(self, *_: Any, **__: Any) -> "_Tokens":
            return _Tokens(inputs, self.model)

        def _load(self) -> Any:
            spec = super()._load()
            return None if spec is None else _corrected(spec, self.model, inputs)

    return Converter(str(folder.path))


def _with_settings(model: Any) -> Any:
    """Return a model whose configuration has the settings that the converter reads."""
    config = model.config
    before, embedding = _NORMALIZED.get(config.model_type, (True, True))
    for name, value in (("normalize_before", before), ("normalize_embedding", embedding)):
        if not hasattr(config, name):
            setattr(config, name, value)
    return model


def _corrected(spec: Any, model: Any, inputs: Inputs) -> Any:
    """Return a converted model with the start token and the output scale of the original."""
    from ctranslate2.specs import model_spec

    spec.config.decoder_start_token = None
    if not inputs.starts_with_language:
        start = model.generation_config.decoder_start_token_id
        spec.config.decoder_start_token = _Tokens(inputs, model).convert_ids_to_tokens(start)
    if model.config.model_type in ("t5", "mt5", "umt5"):
        scaled = getattr(model.config, "scale_decoder_outputs", False)  # mT5 never is
        scale = model.config.d_model**-0.5 if scaled else model_spec.OPTIONAL
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
