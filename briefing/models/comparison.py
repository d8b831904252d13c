"""Does a converted model write what transformers writes? Token by token, on the same lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from briefing.models.backend import Decoding
from briefing.models.checkpoint import load_model
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs

PROBES = (
    "The council approved a plan to build 200 homes beside the river on Monday, its leader said.",
    "A court in Oslo will hear the appeal of the shipping company in March.",
    "Prices rose by 3.1 percent last year, the statistics office reported, after two years of "
    "decline that economists had blamed on weak exports.",
)
EXACT = 0.01
"""Largest difference of a token's log-probability between two forms in 32 bits."""
TOLERANCE = 0.15
"""Mean difference of the tokens' log-probabilities that int8 arithmetic explains."""
_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Line:
    """What transformers writes for a prompt: tokens, and the log-probability of each."""

    source: tuple[str, ...]
    start: tuple[str, ...]
    tokens: tuple[str, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a form compares: greedy lines that are the same, and how far the log-probabilities of
    transformers' own tokens lie apart, on average and at most.
    """

    dtype: str
    lines: int
    same: int
    tokens: int
    mean: float
    largest: float

    @property
    def allowed(self) -> bool:
        """Whether arithmetic explains the difference."""
        return self.largest <= EXACT if self.dtype == "float32" else self.mean <= TOLERANCE

    def __str__(self) -> str:
        return (
            f"{self.same} of {self.lines} greedy lines the same, log-probabilities of "
            f"{self.tokens} tokens {self.mean:.4f} apart, at most {self.largest:.4f}"
        )


def reference_lines(folder: ModelFolder, inputs: Inputs) -> list[Line]:
    """Greedy lines of the model under transformers, in 32 bits on the CPU.

    Raises:
        ModelError: the model cannot be loaded.
    """
    model = load_model(folder).float().eval()
    decoding = inputs.bounded(Decoding(beam=1, n_best=1, max_tokens=_TOKENS))
    return [_line(model, inputs, prompt, decoding) for prompt in PROBES]


def _line(model: Any, inputs: Inputs, prompt: str, decoding: Decoding) -> Line:
    import torch

    source, start = inputs.encode(prompt, decoding), inputs.start(decoding)
    given = inputs.given(decoding, model.generation_config.decoder_start_token_id)
    with torch.inference_mode():
        output = model.generate(
            input_ids=torch.tensor([source.ids]),
            decoder_input_ids=torch.tensor([given]),
            decoder_start_token_id=given[0],
            max_new_tokens=decoding.max_tokens,
            min_new_tokens=decoding.max_tokens,  # no end before that, so that much is compared
            do_sample=False,
            return_dict_in_generate=True,
            output_logits=True,
        )
        chances = torch.stack(output.logits, dim=1)[0].log_softmax(dim=-1)
    written = output.sequences[0, len(given) :]
    scores = chances.gather(1, written[:, None])[:, 0].tolist()
    tokens = tuple(map(inputs.token, written.tolist()))
    return Line(source.tokens, tuple(map(inputs.token, start)), tokens, tuple(scores))


def compare(folder: ModelFolder, lines: Sequence[Line], dtype: str) -> Comparison:
    """The converted model in ``folder``, computing in ``dtype``, on lines of the original."""
    import ctranslate2

    translator = ctranslate2.Translator(str(folder.converted), compute_type=dtype)
    inputs = Inputs(folder)
    forced = inputs.forced(Decoding())
    same, apart = 0, []
    for line in lines:
        written = list(line.tokens)
        most = len(written) + forced
        result = translator.translate_batch(
            [list(line.source)],
            target_prefix=[list(line.start)] if line.start else None,
            beam_size=1,
            min_decoding_length=most,
            max_decoding_length=most,
        )[0]
        same += result.hypotheses[0][forced:] == written
        scored = translator.score_batch([list(line.source)], [[*line.start, *written]])[0]
        theirs = scored.log_probs[forced:most]
        differences = (abs(a - b) for a, b in zip(line.scores, theirs, strict=True))
        # What is no number compares with nothing: as far apart as can be.
        apart += [each if isfinite(each) else inf for each in differences]
    mean = sum(apart) / len(apart)
    return Comparison(dtype, len(lines), same, len(apart), mean, max(apart))
