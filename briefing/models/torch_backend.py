"""The torch back end: any Hugging Face encoder-decoder, on every GPU there is, or on the CPU.

Prompts are sorted by length and cut into batches by the memory that they take; each device takes
the next batch when it is free. A device that runs out of memory halves its batches; one that is
lost leaves its batch to the others, and the last one to the CPU.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from briefing.brief import ModelInfo
from briefing.errors import DeviceError
from briefing.models.backend import Decoding, NBest
from briefing.models.checkpoint import load_model
from briefing.models.device import DeviceChoice
from briefing.models.folder import ModelFolder
from briefing.models.inputs import Inputs
from briefing.models.replica import Replica, Row, lost, out_of_memory

_log = logging.getLogger(__name__)
ARTICLES_ON_CPU, ARTICLES_ON_GPU = 32, 256
"""Articles at once, a device: a GPU needs thousands of lines to be busy."""


class TorchBackend:
    """A model under transformers' generate, a copy of it on each device."""

    calls = 1

    def __init__(self, folder: ModelFolder, choice: DeviceChoice) -> None:
        """Load the model onto the chosen devices.

        Raises:
            ModelError: the folder holds no usable encoder-decoder.
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
        """All devices take batches until none is left or they are lost."""
        if len(self._replicas) == 1:
            alive = [self._drain(self._replicas[0], work)]
        else:
            with ThreadPoolExecutor(len(self._replicas)) as pool:
                alive = list(pool.map(self._drain, self._replicas, [work] * len(self._replicas)))
        self._replicas = [r for r, well in zip(self._replicas, alive, strict=True) if well]

    def _drain(self, replica: Replica, work: "_Work") -> bool:
        """Write batches until there are none; False where the device was lost."""
        while indices := work.take(replica):
            rows = [work.rows[i] for i in indices]
            try:
                lines = replica.write(rows, work.decoding)
            except (MemoryError, RuntimeError) as error:
                work.give_back(indices)
                if out_of_memory(error):
                    _log.warning("%s ran out of memory on %d lines", replica.device, len(rows))
                    replica.shrink(len(rows), len(rows[0]), work.decoding)
                    continue
                if replica.device == "cpu" or not lost(error):
                    raise
                _log.error("%s is lost, going on without it", replica.device, exc_info=error)
                return False
            work.done(indices, lines)
        return True

    def _fall_back(self) -> None:
        """The last device was lost: a copy on the CPU goes on.

        Raises:
            DeviceError: that is not possible either.
        """
        device = self.info.device
        try:
            cpu = self._replica("cpu")
        except (MemoryError, RuntimeError) as error:
            raise DeviceError(
                f"{device} failed, and the model cannot be loaded on the CPU: {error}; start again"
            ) from error
        self._replicas = [cpu]
        self.articles = ARTICLES_ON_CPU
        self.info = replace(
            self.info, device="cpu", dtype=cpu.dtype, reason=f"{device} failed; start again for it"
        )


class _Work:
    """The prompts of one call, longest first, for several devices to take from."""

    def __init__(self, rows: Sequence[Row], decoding: Decoding, devices: int) -> None:
        self.rows = rows
        self.decoding = decoding
        self._share = -(-len(rows) // devices) if devices else len(rows)
        self._order = deque(sorted(range(len(rows)), key=lambda i: -len(rows[i])))
        self._found: dict[int, NBest] = {}
        self._lock = threading.Lock()

    @property
    def left(self) -> bool:
        """Whether prompts wait."""
        return bool(self._order)

    def take(self, replica: Replica) -> list[int]:
        """The next batch for ``replica``: what its memory holds, and no more than its share."""
        with self._lock:
            if not self._order:
                return []
            size = replica.fits(len(self.rows[self._order[0]]), self.decoding)
            size = min(size, self._share, len(self._order))
            return [self._order.popleft() for _ in range(size)]

    def give_back(self, indices: Sequence[int]) -> None:
        """Put a batch back to the front."""
        with self._lock:
            self._order.extendleft(reversed(indices))

    def done(self, indices: Sequence[int], lines: Sequence[NBest]) -> None:
        """Keep the lines of a batch."""
        with self._lock:
            self._found.update(zip(indices, lines, strict=True))

    def results(self) -> list[NBest]:
        """The lines of all prompts, in the order given."""
        return [self._found[index] for index in range(len(self.rows))]
