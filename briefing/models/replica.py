"""One copy of a model on one device: writes a batch of lines under transformers' generate."""

from collections.abc import Sequence
from typing import Any

from briefing.errors import DeviceError
from briefing.models.backend import Decoding, Hypothesis, NBest
from briefing.models.inputs import Inputs
from briefing.models.memory import MOST_ROWS, Shape, free_bytes

Row = Sequence[int]
_OVERFLOW_IN_HALF = frozenset({"t5", "mt5", "umt5", "longt5", "pegasus"})
"""Trained in bfloat16, whose range float16 lacks: their activations overflow in it."""


class Replica:
    """A model that has moved to ``device`` ("cpu", "mps", "cuda:0")."""

    def __init__(self, model: Any, device: str, inputs: Inputs) -> None:
        dtype = dtype_for(device, str(model.config.model_type))
        self.device = device
        self.dtype = str(dtype).removeprefix("torch.")
        self._model = model.to(device=device, dtype=dtype).eval()
        self._inputs = inputs
        self._pad = model.config.pad_token_id or 0
        self._shape = Shape.of(model.config, dtype.itemsize)
        self.budget = free_bytes(device)

    def fits(self, longest: int, decoding: Decoding) -> int:
        """How many prompts of at most ``longest`` tokens go into a batch; at least one."""
        return min(MOST_ROWS, max(1, self.budget // self._shape.row(longest, decoding)))

    def shrink(self, rows: int, longest: int, decoding: Decoding) -> None:
        """After memory ran out on so many rows: half of them from now on.

        It stays so: what ran out of memory once does it again.

        Raises:
            DeviceError: one row is already too much.
        """
        if rows == 1:
            raise DeviceError(f"{self.device} has too little memory for one line; use --device cpu")
        self.budget = rows // 2 * self._shape.row(longest, decoding)
        if self.device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()

    def write(self, rows: Sequence[Row], decoding: Decoding) -> list[NBest]:
        """The lines of a batch, in order."""
        import torch

        width = max(map(len, rows))
        ids = self._there([[*row, *[self._pad] * (width - len(row))] for row in rows])
        mask = self._there([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        beams = decoding.beam > 1
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                **self._marks(len(rows), width, decoding),
                num_beams=decoding.beam,
                num_return_sequences=decoding.n_best,
                length_penalty=decoding.length_penalty,
                repetition_penalty=decoding.repetition_penalty,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                max_new_tokens=decoding.max_tokens,
                min_new_tokens=decoding.min_tokens,
                do_sample=False,
                early_stopping=beams and decoding.patience <= 1,
                return_dict_in_generate=True,
                output_scores=True,
            )
        scores = self._scores(output)
        lines = [
            Hypothesis(self._inputs.decode(line), score)
            for line, score in zip(output.sequences.tolist(), scores, strict=True)
        ]
        size = decoding.n_best
        return [tuple(lines[i : i + size]) for i in range(0, len(lines), size)]

    def _there(self, rows: list[list[int]]) -> Any:
        """A tensor on the device; to a GPU it goes from pinned memory, beside what runs there."""
        import torch

        made = torch.tensor(rows)
        if self.device.startswith("cuda"):
            return made.pin_memory().to(self.device, non_blocking=True)
        return made.to(self.device)

    def _marks(self, rows: int, width: int, decoding: Decoding) -> dict[str, Any]:
        """How the lines start, and for LED what of the input is seen from everywhere."""
        own = self._model.generation_config.decoder_start_token_id
        start = self._inputs.given(decoding, own)
        marks: dict[str, Any] = {
            "decoder_input_ids": self._there([list(start)] * rows),
            # Else transformers puts the configured one before a language that takes its place.
            "decoder_start_token_id": start[0],
        }
        if self._inputs.global_first:
            marks["global_attention_mask"] = self._there([[1] + [0] * (width - 1)] * rows)
        return marks

    def _scores(self, output: Any) -> list[float]:
        """Length-normalised log-probabilities; greedy search reports none of its own."""
        if output.get("sequences_scores") is not None:
            return [float(score) for score in output.sequences_scores.tolist()]
        steps = self._model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        counted = output.sequences[:, -steps.shape[1] :].ne(self._pad)
        total = steps.masked_fill(~counted, 0.0).sum(dim=1) / counted.sum(dim=1).clamp(min=1)
        return [float(score) for score in total.tolist()]


def dtype_for(device: str, kind: str) -> Any:
    """What a model of type ``kind`` computes in on ``device``: 16 bits where that is safe."""
    import torch

    if device == "cpu":
        return torch.float32
    if device == "mps" or torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float32 if kind in _OVERFLOW_IN_HALF else torch.float16


def out_of_memory(error: Exception) -> bool:
    """Whether the device said that its memory is full."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def lost(error: Exception) -> bool:
    """Whether the device is gone for this process.

    After an error of its own (an illegal address, an uncorrectable memory fault, a card that fell
    off the bus) a CUDA context answers everything with that error until the process ends.
    """
    text = str(error).lower()
    names = {kind.__name__ for kind in type(error).__mro__}
    gone = "AcceleratorError" in names or "cuda error" in text or "cudnn error" in text
    return isinstance(error, RuntimeError) and gone and not out_of_memory(error)
