"""What fine-tuning a small encoder on a CPU needs: batches of like lengths, a loop, the export."""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters import TransformersConverter
from tokenizers import Tokenizer
from transformers import BertModel

_WARM = 50
_KEEP_EVERY = 600
"""Seconds between two checkpoints."""
Encoded = tuple[list[int], list[int]]
"""Ids of the pieces of a text, or of a pair, and which of its two texts each belongs to."""
Batches = Callable[[random.Random], list[list[int]]]
"""The batches of an epoch, as indices of rows, in a random order."""
Loss = Callable[[list[int], torch.Tensor], torch.Tensor]
"""The loss of a batch, given as indices, from what the model says of it."""


def train(
    model: torch.nn.Module,
    rows: Sequence[Encoded],
    batches: Batches,
    loss: Loss,
    *,
    epochs: int,
    rate: float,
    checkpoint: Path | None = None,
) -> None:
    """Fit ``model``, whose pretrained part is ``model.encoder``.

    ``batches`` makes those of one epoch. bfloat16; a rate that rises and falls, ten times higher
    outside of the encoder. Every ten minutes the state goes to ``checkpoint``, if it is given; a
    training whose checkpoint is there goes on from it, and removes it at its end.

    Raises:
        ValueError: the checkpoint is that of another training.
    """
    rng = random.Random(1)
    encoder = list(model.encoder.parameters())  # type: ignore[union-attr,operator]
    held = {id(p) for p in encoder}
    rest = [p for p in model.parameters() if id(p) not in held]
    rates = (rate, 10 * rate)
    groups: list[dict[str, Any]] = [{"params": encoder}, {"params": rest}]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01)
    planned = [batch for _ in range(epochs) for batch in batches(rng)]
    model.train()
    first, own = 0, [len(rows), len(planned), epochs, rate]
    if checkpoint and checkpoint.exists():
        saved = torch.load(checkpoint)
        if saved["training"] != own:
            raise ValueError(f"{checkpoint} is the checkpoint of another training; remove it")
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        first = saved["step"] + 1
    started = kept = time.monotonic()
    for step, batch in enumerate(planned[first:], first):
        factor = min(1.0, (step + 1) / _WARM) * max(0.05, 1 - step / len(planned))
        for group, highest in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = highest * factor
        with torch.autocast("cpu", torch.bfloat16):
            said = model(*padded(rows, batch))
        cost = loss(batch, said.float())
        optimiser.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 0:
            spent = time.monotonic() - started
            print(step, "of", len(planned), f"{cost.item():.3f} {spent:.0f} s", flush=True)
        if checkpoint and time.monotonic() - kept > _KEEP_EVERY:
            state = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
            beside = checkpoint.with_suffix(".new")
            torch.save({**state, "step": step, "training": own}, beside)
            beside.replace(checkpoint)
            kept = time.monotonic()
    if checkpoint:
        checkpoint.unlink(missing_ok=True)


def batched(
    rows: Sequence[Encoded], on: Sequence[int], size: int, rng: random.Random
) -> list[list[int]]:
    """Indices in batches of ``size`` whose lengths are alike, in a random order."""
    order = rng.sample(list(on), len(on))
    found = []
    for start in range(0, len(order), 64 * size):
        part = sorted(order[start : start + 64 * size], key=lambda at: len(rows[at][0]))
        found += [part[at : at + size] for at in range(0, len(part), size)]
    rng.shuffle(found)
    return found


def padded(
    rows: Sequence[Encoded], chosen: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, which of two texts, and mask, (texts, pieces) each."""
    longest = max(len(rows[at][0]) for at in chosen)
    ids = torch.zeros(len(chosen), longest, dtype=torch.long)
    kinds = torch.zeros(len(chosen), longest, dtype=torch.long)
    mask = torch.zeros(len(chosen), longest)
    for place, at in enumerate(chosen):
        size = len(rows[at][0])
        ids[place, :size] = torch.tensor(rows[at][0])
        kinds[place, :size] = torch.tensor(rows[at][1])
        mask[place, :size] = 1
    return ids, kinds, mask


def said_of(model: torch.nn.Module, rows: Sequence[Encoded], on: Sequence[int]) -> torch.Tensor:
    """What the model says of the rows ``on``, in their order."""
    model.eval()
    order = sorted(on, key=lambda at: len(rows[at][0]))
    found: dict[int, torch.Tensor] = {}
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            found.update(zip(part, model(*padded(rows, part)).float(), strict=True))
    return torch.stack([found[at] for at in on])


def export(encoder: Any, tokenizer: Tokenizer, folder: Path) -> None:
    """Write an encoder of BERT's shape in int8 for CTranslate2, and its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as beside:
        model = BertModel(encoder.config, add_pooling_layer=True)
        model.load_state_dict(encoder.state_dict(), strict=False)
        model.save_pretrained(beside)
        tokenizer.save(str(Path(beside) / "tokenizer.json"))
        target = str(folder / "ctranslate2")
        TransformersConverter(beside).convert(target, quantization="int8", force=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
