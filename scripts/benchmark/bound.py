"""How fast a model could be written with: the roofline of a device (Williams et al. 2009).

A step of the decoder reads its weights once for all lines of the batch and the keys and values of
each line, and multiplies all weights with each line. It takes at least as long as the reading at
the device's bandwidth, and at least as long as the multiplying at its peak; both are measured, not
taken from a data sheet.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Peak:
    """What the device was measured to do: bytes and operations (two a multiply-add) a second."""

    bandwidth: float
    operations: float


@dataclass(frozen=True, slots=True)
class Work:
    """What writing takes from a model. Weights are numbers; ``item`` is their size in bytes.

    ``once`` are weights used once for each token of the source (the encoder, and the decoder's
    keys and values of the source), ``step`` those used for each token of each line.
    """

    once: int
    step: int
    layers: int
    width: int
    item: int

    @classmethod
    def of(cls, model: Any) -> "Work":
        """Count a transformers encoder-decoder; its embeddings are looked up, not multiplied."""
        encoder = _weights(model.get_encoder())
        decoder = model.get_decoder()
        crossed = sum(
            weights.numel()
            for name, weights in decoder.named_parameters()
            if _is_crossed(name) and weights.dim() > 1
        )
        head = model.get_output_embeddings().weight
        layers = len(decoder.layers if hasattr(decoder, "layers") else decoder.block)
        step = _weights(decoder) - crossed + head.numel()
        return cls(encoder + crossed, step, layers, head.shape[1], head.element_size())

    def seconds(self, peak: Peak, sources: list[int], beams: int, tokens: int) -> float:
        """The least time for one batch: ``sources`` are the prompts' lengths in tokens."""
        read = sum(sources)
        within = 4 * self.layers * self.width * sum(length * length for length in sources)
        once = max(
            self.once * self.item / peak.bandwidth,
            (2 * self.once * read + within) / peak.operations,
        )
        lines = len(sources) * beams
        pair = 2 * self.layers * self.width
        total = once
        for token in range(1, tokens + 1):
            # Keys and values of the source are the same for all beams of a prompt.
            kept = pair * (read + lines * token)
            seen = pair * (read * beams + lines * token)
            total += max(
                (self.step + kept) * self.item / peak.bandwidth,
                (2 * self.step * lines + 2 * seen) / peak.operations,
            )
        return total


def measure(device: str, dtype: Any, *, megabytes: int = 1024, side: int = 8192) -> Peak:
    """Copy so many megabytes and multiply square matrices on ``device``; the best of several."""
    import torch

    pair = torch.empty((2, megabytes << 20), dtype=torch.uint8, device=device)
    copied = _fastest(lambda: pair[0].copy_(pair[1]), device)
    left = torch.randn(side, side, device=device).to(dtype)
    right = torch.randn(side, side, device=device).to(dtype)
    multiplied = _fastest(lambda: left @ right, device)
    return Peak(2 * (megabytes << 20) / copied, 2 * side**3 / multiplied)


def _fastest(work: Callable[[], Any], device: str, runs: int = 8) -> float:
    best = float("inf")
    for _ in range(runs):
        wait(device)
        began = time.perf_counter()
        work()
        wait(device)
        best = min(best, time.perf_counter() - began)
    return best


def wait(device: str) -> None:
    """Until the device has done what it was given."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def _weights(module: Any) -> int:
    """Numbers in a module's matrices, those of its embeddings aside."""
    import torch

    looked_up = {
        id(weights)
        for part in module.modules()
        if isinstance(part, torch.nn.Embedding)
        for weights in part.parameters()
    }
    return sum(w.numel() for w in module.parameters() if id(w) not in looked_up and w.dim() > 1)


def _is_crossed(name: str) -> bool:
    """Whether a decoder's weights make keys or values of the source: BART's names, then T5's."""
    crossed = "encoder_attn" in name or "EncDecAttention" in name
    return crossed and name.split(".")[-2] in ("k_proj", "v_proj", "k", "v")
