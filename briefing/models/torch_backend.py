"""The torch back end: any Hugging Face encoder-decoder, on a GPU when there is one."""

from collections.abc import Sequence
from typing import Any

from briefing.brief import ModelInfo
from briefing.errors import DeviceError, ModelError
from briefing.models.backend import Decoding, Hypothesis, NBest
from briefing.models.ct2 import load_tokenizer
from briefing.models.device import DeviceChoice
from briefing.models.folder import ModelFolder
from briefing.models.weights import bart_state, read_variables

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
        self._tokenizer = _Tokenizer(folder, self._model.config.pad_token_id or 0)
        self._batch = BATCH_TOKENS[choice.device]
        self.info = ModelInfo(
            folder.name,
            folder.revision,
            "transformers",
            choice.device,
            str(self._dtype).removeprefix("torch."),
            choice.reason,
        )

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`."""
        prompts = [prompt for batch in batches for prompt in batch]
        encoded = [self._tokenizer.encode(prompt, decoding.max_input) for prompt in prompts]
        order = sorted(range(len(prompts)), key=lambda i: -len(encoded[i]))
        found: dict[int, NBest] = {}
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

    def _batch_of(self, rows: list[list[int]], decoding: Decoding) -> list[NBest]:
        import torch

        ids, mask = self._tokenizer.pad(rows)
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=torch.tensor(ids, device=self._device),
                attention_mask=torch.tensor(mask, device=self._device),
                num_beams=decoding.beam,
                num_return_sequences=decoding.n_best,
                length_penalty=decoding.length_penalty,
                repetition_penalty=decoding.repetition_penalty,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                max_new_tokens=decoding.max_tokens,
                min_new_tokens=decoding.min_tokens,
                do_sample=False,
                early_stopping=decoding.patience <= 1,
                return_dict_in_generate=True,
                output_scores=True,
            )
        scores = self._scores(output)
        lines = [
            Hypothesis(self._tokenizer.decode(row), score)
            for row, score in zip(output.sequences.tolist(), scores, strict=True)
        ]
        size = decoding.n_best
        return [tuple(lines[i : i + size]) for i in range(0, len(lines), size)]

    def _scores(self, output: Any) -> list[float]:
        """Length-normalised log-probabilities; greedy search reports none of its own."""
        if output.get("sequences_scores") is not None:
            return [float(score) for score in output.sequences_scores.tolist()]
        steps = self._model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        pad = self._tokenizer.pad_id
        counted = output.sequences[:, -steps.shape[1] :].ne(pad)
        total = steps.masked_fill(~counted, 0.0).sum(dim=1) / counted.sum(dim=1).clamp(min=1)
        return [float(score) for score in total.tolist()]


class _Tokenizer:
    """Encode, pad and decode; the fast tokenizer where there is one, else transformers' own."""

    def __init__(self, folder: ModelFolder, pad_id: int) -> None:
        self.pad_id = pad_id
        self._fast = load_tokenizer(folder) if folder.tokenizer.is_file() else None
        if self._fast is None:
            from transformers import AutoTokenizer

            self._slow = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)

    def encode(self, text: str, most: int) -> list[int]:
        ids: list[int]
        ids = self._fast.encode(text).ids if self._fast else self._slow(text)["input_ids"]
        return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]

    def pad(self, rows: list[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
        width = max(map(len, rows))
        ids = [row + [self.pad_id] * (width - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        return ids, mask

    def decode(self, ids: list[int]) -> str:
        owner = self._fast or self._slow
        return str(owner.decode(ids, skip_special_tokens=True)).strip()


def load_model(folder: ModelFolder) -> Any:
    """The folder's model under transformers, from its own weights or from the converted ones.

    Raises:
        ModelError: transformers cannot make a model of it.
    """
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    if folder.has_torch_weights:
        try:
            return AutoModelForSeq2SeqLM.from_pretrained(folder.path, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{folder.path} cannot be loaded: {error}") from error
    if folder.config.get("model_type") != "bart":
        raise ModelError(f"{folder.path} holds only converted weights, which are read for BART")
    import torch

    state = bart_state(read_variables(folder.converted / "model.bin"), folder.config)
    model = AutoModelForSeq2SeqLM.from_config(AutoConfig.from_pretrained(folder.path))
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    model.generation_config.forced_eos_token_id = None
    return model


def _take(order: list[int], encoded: list[list[int]], budget: int) -> list[int]:
    width = len(encoded[order[0]])
    return order[: max(1, budget // max(1, width))]


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
