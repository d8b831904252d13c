"""The torch back end: any Hugging Face encoder-decoder, on a GPU when there is one."""

from collections.abc import Sequence
from typing import Any

from briefing.brief import ModelInfo
from briefing.errors import DeviceError
from briefing.models.backend import Decoding, Hypothesis
from briefing.models.checkpoint import load_model
from briefing.models.device import DeviceChoice
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs

BATCH_TOKENS = {"cpu": 1024, "mps": 8192, "cuda": 32768}
"""Source tokens a model batch, padding included; halved when memory runs out."""


class TorchBackend:
    """A model under transformers' generate, in length-sorted batches."""

    calls = 1

    def __init__(self, folder: ModelFolder, choice: DeviceChoice) -> None:
        """Load the model onto the chosen device.

        Raises:
            ModelError: the folder holds no usable encoder-decoder.
        """
        import torch

        self._device = choice.device
        self._dtype = torch.float32 if choice.device == "cpu" else torch.bfloat16
        self._model = load_model(folder).to(device=self._device, dtype=self._dtype).eval()
        self._inputs = Inputs(folder)
        self._pad = self._model.config.pad_token_id or 0
        self._batch = BATCH_TOKENS[choice.device]
        self.info = ModelInfo(
            folder.name,
            folder.revision,
            "transformers",
            choice.device,
            str(self._dtype).removeprefix("torch."),
            choice.reason,
        )

    def generate(self, prompts: Sequence[str], decoding: Decoding) -> list[tuple[Hypothesis, ...]]:
        """See :class:`briefing.models.backend.Backend`."""
        encoded = [list(self._inputs.encode(prompt, decoding).ids) for prompt in prompts]
        order = sorted(range(len(prompts)), key=lambda i: -len(encoded[i]))
        found: dict[int, tuple[Hypothesis, ...]] = {}
        while order:
            group = _take(order, encoded, self._batch)
            try:
                lines = self._batch_of([encoded[i] for i in group], decoding)
            except (MemoryError, RuntimeError) as error:
                self._halve(error, len(group), len(encoded[group[0]]))
                continue
            found.update(zip(group, lines, strict=True))
            order = order[len(group) :]
        return [found[index] for index in range(len(prompts))]

    def _halve(self, error: Exception, rows: int, width: int) -> None:
        if not _out_of_memory(error):
            raise error
        if rows == 1:
            raise DeviceError(
                f"{self._device} has too little memory for one line; use --device cpu"
            ) from error
        self._batch = rows // 2 * width

    def _batch_of(self, rows: list[list[int]], decoding: Decoding) -> list[tuple[Hypothesis, ...]]:
        import torch

        ids, mask = self._padded(rows)
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=torch.tensor(ids, device=self._device),
                attention_mask=torch.tensor(mask, device=self._device),
                **self._marks(rows, len(ids[0]), decoding),
                num_beams=decoding.beam,
                num_return_sequences=decoding.n_best,
                length_penalty=decoding.length_penalty,
                repetition_penalty=decoding.repetition_penalty,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                max_new_tokens=decoding.max_tokens,
                min_new_tokens=decoding.min_tokens,
                do_sample=False,
                early_stopping=decoding.beam > 1 and decoding.patience <= 1,
                return_dict_in_generate=True,
                output_scores=True,
            )
        scores = self._scores(output)
        lines = [
            Hypothesis(self._inputs.decode(row), score)
            for row, score in zip(output.sequences.tolist(), scores, strict=True)
        ]
        size = decoding.n_best
        return [tuple(lines[i : i + size]) for i in range(0, len(lines), size)]

    def _padded(self, rows: list[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
        width = max(map(len, rows))
        ids = [row + [self._pad] * (width - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        return ids, mask

    def _marks(self, rows: list[list[int]], width: int, decoding: Decoding) -> dict[str, Any]:
        """How the lines start, and for LED what of the input is seen from everywhere."""
        import torch

        start = self._inputs.start(decoding)
        if not self._inputs.starts_with_language:
            start = (self._model.generation_config.decoder_start_token_id, *start)
        marks = {"decoder_input_ids": torch.tensor([start] * len(rows), device=self._device)}
        if self._inputs.global_first:
            seen = torch.zeros((len(rows), width), dtype=torch.long, device=self._device)
            seen[:, 0] = 1
            marks["global_attention_mask"] = seen
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


def _take(order: list[int], encoded: list[list[int]], budget: int) -> list[int]:
    width = len(encoded[order[0]])
    return order[: max(1, budget // max(1, width))]


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
