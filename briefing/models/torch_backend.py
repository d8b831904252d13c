"""The torch back end: any Hugging Face encoder-decoder, on all GPUs or on the CPU.

Prompts are sorted by length and split into batches by memory use; each device takes the next batch
when it is free. A device that runs out of memory halves its batches. The batch of a lost device
goes to the others, or to the CPU if none is left. A replica is one copy of the model on one device
and decodes with transformers' ``generate``.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from briefing.briefs import ModelInfo
from briefing.errors import DeviceError
from briefing.models import DeviceChoice
from briefing.models.backend import Decoding, Hypothesis, Inputs, NBest
from briefing.models.folder import ModelFolder
from briefing.models.weights import load_model

_Row = Sequence[int]
_OVERFLOW_IN_HALF = frozenset({"t5", "mt5", "umt5", "longt5", "pegasus"})
"""Models trained in bfloat16, whose activations overflow the smaller range of float16."""

_CPU_BYTES = 192 << 20
"""Memory budget of a batch on a CPU: larger batches fall out of the caches and are slower."""
_MOST_ROWS = 2048
_FREE_SHARE = 0.6
"""Share of a GPU's free memory; the rest is for the encoder, workspaces and fragmentation."""
_COPIES = 2
"""Keys and values are in memory twice while beams are reordered."""
_LOGIT_COPIES = 4
"""Logits, their log-softmax, the sums over beams and the sorted candidates, in 32 bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions that set a line's memory use: decoder layers, key width, vocabulary size,
    and bytes per number.
    """

    layers: int
    width: int
    vocabulary: int
    item: int

    @classmethod
    def of(cls, config: Any, item: int) -> "Shape":
        """Read a transformers configuration; field names differ between architectures."""
        layers = _first(config, "decoder_layers", "num_decoder_layers", "num_layers")
        width = _first(config, "d_model", "hidden_size")
        heads = getattr(config, "d_kv", 0) * getattr(config, "num_heads", 0)
        return cls(layers, max(width, heads), config.vocab_size, item)

    def row(self, source: int, decoding: Decoding) -> int:
        """The bytes that decoding a prompt of ``source`` tokens takes.

        Counts the keys and values of the source and of each line, for every beam, and the logits
        of a step; greedy search keeps the logits of all steps for its scores.
        """
        tokens = source + decoding.max_tokens
        cache = 2 * self.layers * self.width * self.item * tokens * _COPIES
        steps = _LOGIT_COPIES + (decoding.max_tokens if decoding.beam == 1 else 0)
        return decoding.beam * (cache + self.vocabulary * 4 * steps)


def _free_bytes(device: str) -> int:
    """The memory available for decoding on ``device`` now, the model excluded."""
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0] * _FREE_SHARE)
    if device == "mps":
        room = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return int(max(0, room) * _FREE_SHARE)
    return _CPU_BYTES


def _first(config: Any, *names: str) -> int:
    for name in names:
        if isinstance(value := getattr(config, name, None), int):
            return value
    raise AttributeError(f"the configuration has none of {', '.join(names)}")


class Replica:
    """A copy of the model on ``device`` ("cpu", "mps", "cuda:0")."""

    def __init__(self, model: Any, device: str, inputs: Inputs) -> None:
        dtype = dtype_for(device, str(model.config.model_type))
        self.device = device
        self.dtype = str(dtype).removeprefix("torch.")
        self._model = model.to(device=device, dtype=dtype).eval()
        self._inputs = inputs
        self._pad = model.config.pad_token_id or 0
        self._shape = Shape.of(model.config, dtype.itemsize)
        self.budget = _free_bytes(device)

    def fits(self, longest: int, decoding: Decoding) -> int:
        """Return how many prompts of at most ``longest`` tokens fit in a batch; at least one."""
        return min(_MOST_ROWS, max(1, self.budget // self._shape.row(longest, decoding)))

    def shrink(self, rows: int, longest: int, decoding: Decoding) -> None:
        """Halve the batch size for good, after a batch of ``rows`` ran out of memory.

        Raises:
            DeviceError: even one row does not fit.
        """
        if rows == 1:
            raise DeviceError(f"{self.device} has too little memory for one line; use --device cpu")
        self.budget = rows // 2 * self._shape.row(longest, decoding)
        if self.device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()

    def write(self, rows: Sequence[_Row], decoding: Decoding) -> list[NBest]:
        """Decode a batch; return the n-best lines of each row."""
        import torch

        width = max(map(len, rows))
        ids = self._tensor([[*row, *[self._pad] * (width - len(row))] for row in rows])
        mask = self._tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        beams = decoding.beam > 1
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                **self._start(len(rows), width, decoding),
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

    def _tensor(self, rows: list[list[int]]) -> Any:
        """Copy rows to the device; for a GPU asynchronously, from pinned memory."""
        import torch

        tensor = torch.tensor(rows)
        if self.device.startswith("cuda"):
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def _start(self, rows: int, width: int, decoding: Decoding) -> dict[str, Any]:
        """The arguments for the start of the lines, and LED's global attention mask."""
        own = self._model.generation_config.decoder_start_token_id
        start = self._inputs.given(decoding, own)
        arguments: dict[str, Any] = {
            "decoder_input_ids": self._tensor([list(start)] * rows),
            # Otherwise transformers adds the configured one before a language code that replaces it
            "decoder_start_token_id": start[0],
        }
        if self._inputs.global_first:
            arguments["global_attention_mask"] = self._tensor([[1] + [0] * (width - 1)] * rows)
        return arguments

    def _scores(self, output: Any) -> list[float]:
        """Length-normalised log-probabilities, computed here for greedy search."""
        if output.get("sequences_scores") is not None:
            return [float(score) for score in output.sequences_scores.tolist()]
        steps = self._model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        counted = output.sequences[:, -steps.shape[1] :].ne(self._pad)
        total = steps.masked_fill(~counted, 0.0).sum(dim=1) / counted.sum(dim=1).clamp(min=1)
        return [float(score) for score in total.tolist()]


def dtype_for(device: str, kind: str) -> Any:
    """Return the dtype for a model of type ``kind`` on ``device``: 16 bits where that is safe."""
    import torch

    if device == "cpu":
        return torch.float32
    if device == "mps" or torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float32 if kind in _OVERFLOW_IN_HALF else torch.float16


def out_of_memory(error: Exception) -> bool:
    """Whether the error is an out-of-memory error."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def lost(error: Exception) -> bool:
    """Whether the device is unusable for the rest of this process.

    After a device error (an illegal address, an uncorrectable memory fault, a card that fell off
    the bus) a CUDA context fails every call with that error until the process ends.
    """
    text = str(error).lower()
    names = {kind.__name__ for kind in type(error).__mro__}
    fatal = "AcceleratorError" in names or "cuda error" in text or "cudnn error" in text
    return isinstance(error, RuntimeError) and fatal and not out_of_memory(error)


_log = logging.getLogger(__name__)
ARTICLES_ON_CPU, ARTICLES_ON_GPU = 32, 256
"""Articles decoded together per device: a GPU needs thousands of lines to be busy."""


class TorchBackend:
    """A transformers model with a replica on each device."""

    calls = 1

    def __init__(self, folder: ModelFolder, choice: DeviceChoice) -> None:
        """Load the model onto the chosen devices.

        Raises:
            ModelError: the folder has no usable encoder-decoder.
        """
        self._folder = folder
        self._inputs = Inputs(folder)
        self._replicas = [self._replica(device) for device in choice.devices]
        each = ARTICLES_ON_CPU if choice.device == "cpu" else ARTICLES_ON_GPU
        self.articles = each * len(self._replicas)
        self.info = ModelInfo(
            folder.name,
            folder.revision,
            "transformers",
            choice.device,
            self._replicas[0].dtype,
            choice.reason,
        )

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        """See :class:`briefing.models.backend.Backend`."""
        decoding = self._inputs.bounded(decoding)
        rows = [self._inputs.encode(p, decoding).ids for batch in batches for p in batch]
        work = _Work(rows, decoding, len(self._replicas))
        while work.left:
            if not self._replicas:
                self._fall_back()
            self._run(work)
        return work.results()

    def _replica(self, device: str) -> Replica:
        return Replica(load_model(self._folder), device, self._inputs)

    def _run(self, work: "_Work") -> None:
        """Decode batches on all devices until none is left, and drop lost devices."""
        if len(self._replicas) == 1:
            alive = [self._drain(self._replicas[0], work)]
        else:
            with ThreadPoolExecutor(len(self._replicas)) as pool:
                alive = list(pool.map(self._drain, self._replicas, [work] * len(self._replicas)))
        self._replicas = [r for r, well in zip(self._replicas, alive, strict=True) if well]

    def _drain(self, replica: Replica, work: "_Work") -> bool:
        """Decode batches until none is left; return False if the device was lost."""
        while indices := work.take(replica):
            rows = [work.rows[i] for i in indices]
            try:
                lines = replica.write(rows, work.decoding)
            except (MemoryError, RuntimeError) as error:
                work.give_back(indices)
                if out_of_memory(error):
                    _log.warning(
                        "%s ran out of memory with %d prompts; retrying with smaller batches",
                        replica.device,
                        len(rows),
                    )
                    replica.shrink(len(rows), len(rows[0]), work.decoding)
                    continue
                if replica.device == "cpu" or not lost(error):
                    raise
                _log.error("%s failed; continuing without it", replica.device, exc_info=error)
                return False
            work.done(indices, lines)
        return True

    def _fall_back(self) -> None:
        """Load a replica on the CPU after the last device was lost.

        Raises:
            DeviceError: the model cannot be loaded there.
        """
        device = self.info.device
        try:
            cpu = self._replica("cpu")
        except (MemoryError, RuntimeError) as error:
            raise DeviceError(
                f"{device} failed, and the model cannot be loaded on the CPU: {error}; restart "
                "Briefing"
            ) from error
        self._replicas = [cpu]
        self.articles = ARTICLES_ON_CPU
        self.info = replace(
            self.info, device="cpu", dtype=cpu.dtype, reason=f"{device} failed; restart to use it"
        )


class _Work:
    """A thread-safe queue of the prompts of one call, longest first."""

    def __init__(self, rows: Sequence[_Row], decoding: Decoding, devices: int) -> None:
        self.rows = rows
        self.decoding = decoding
        self._share = -(-len(rows) // devices) if devices else len(rows)
        self._order = deque(sorted(range(len(rows)), key=lambda i: -len(rows[i])))
        self._results: dict[int, NBest] = {}
        self._lock = threading.Lock()

    @property
    def left(self) -> bool:
        """Whether prompts are queued."""
        return bool(self._order)

    def take(self, replica: Replica) -> list[int]:
        """Take the next batch for ``replica``: at most what fits its memory, and its share."""
        with self._lock:
            if not self._order:
                return []
            size = replica.fits(len(self.rows[self._order[0]]), self.decoding)
            size = min(size, self._share, len(self._order))
            return [self._order.popleft() for _ in range(size)]

    def give_back(self, indices: Sequence[int]) -> None:
        """Return a batch to the front of the queue."""
        with self._lock:
            self._order.extendleft(reversed(indices))

    def done(self, indices: Sequence[int], lines: Sequence[NBest]) -> None:
        """Store the lines of a batch."""
        with self._lock:
            self._results.update(zip(indices, lines, strict=True))

    def results(self) -> list[NBest]:
        """Return the lines of all prompts, in their original order."""
        return [self._results[index] for index in range(len(self.rows))]
