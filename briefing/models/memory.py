"""How many lines a device can write at once: what a line holds in memory, and what there is."""

from dataclasses import dataclass
from typing import Any

from briefing.models.backend import Decoding

CPU_BYTES = 192 << 20
"""On a CPU more at once is no faster, and slower where it leaves the caches."""
MOST_ROWS = 2048
_FREE_SHARE = 0.6
"""Of a GPU's free memory; the rest is for the encoder, workspaces and fragmentation."""
_COPIES = 2
"""Keys and values stand twice in memory while beams change places."""
_LOGIT_COPIES = 4
"""Logits, their log-softmax, the sums over beams and the sorted candidates, in 32 bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model decides the memory of a line: decoder layers, width of keys, vocabulary, and
    bytes of a number.
    """

    layers: int
    width: int
    vocabulary: int
    item: int

    @classmethod
    def of(cls, config: Any, item: int) -> "Shape":
        """Read from a transformers configuration, whatever the architecture calls its fields."""
        layers = _first(config, "decoder_layers", "num_decoder_layers", "num_layers")
        width = _first(config, "d_model", "hidden_size")
        heads = getattr(config, "d_kv", 0) * getattr(config, "num_heads", 0)
        return cls(layers, max(width, heads), config.vocab_size, item)

    def row(self, source: int, decoding: Decoding) -> int:
        """Bytes that a prompt of ``source`` tokens takes while its lines are written.

        Keys and values of the source and of each line, for every beam, and the logits of a step;
        a greedy search keeps the logits of all steps, for its scores.
        """
        tokens = source + decoding.max_tokens
        held = 2 * self.layers * self.width * self.item * tokens * _COPIES
        steps = _LOGIT_COPIES + (decoding.max_tokens if decoding.beam == 1 else 0)
        return decoding.beam * (held + self.vocabulary * 4 * steps)


def free_bytes(device: str) -> int:
    """What lines may take on ``device`` now, beside the model."""
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0] * _FREE_SHARE)
    if device == "mps":
        room = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return int(max(0, room) * _FREE_SHARE)
    return CPU_BYTES


def _first(config: Any, *names: str) -> int:
    for name in names:
        if isinstance(found := getattr(config, name, None), int):
            return found
    raise AttributeError(f"a configuration without any of {', '.join(names)}")
