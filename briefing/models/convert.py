"""Convert a Hugging Face model for the CPU back end, verified against transformers.

The converted model must give the same tokens and log-probabilities on the same prompts.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

from briefing.errors import ModelError
from briefing.models.backend import Decoding
from briefing.models.folder import ModelFolder, find_model
from briefing.models.inputs import Inputs
from briefing.models.weights import load_model

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
_LAYERS = (("encoder_layers", "num_layers"), ("decoder_layers", "num_decoder_layers", "num_layers"))
"""Configuration fields for the number of encoder and decoder layers: BART's, then T5's."""


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
        raise ModelError(f"{folder.path} has no Hugging Face weights to convert")
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
    from briefing.models.conversion import write_converted

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


def describe_folder(folder: ModelFolder) -> dict[str, Any]:
    """Return the properties of a model folder, for display."""
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
