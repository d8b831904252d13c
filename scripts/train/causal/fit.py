"""Fine-tune a causal language model to write lines, in one resumable run.

    python -m scripts.train.causal.fit --start FOLDER \
        --examples build/train/train/examples.jsonl --dev build/train/dev/examples.jsonl \
        --out build/causal/teacher --steps 6000

The examples are those of `scripts.train.examples`; the loss is on the line only. The rate is steady
after warm-up and falls over the last ``--tail`` of the steps, so that a run can be stretched before
it cools. Weights and optimiser are kept every ten minutes and the same command goes on from there.
bfloat16 autocast; embeddings frozen (they are tied, and the examples are too few to move 49,000
rows well).
"""

import argparse
import json
import math
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

from scripts.train.files import file_of, folder_with, refuse
from scripts.train.pairs import words

_model = folder_with("config.json", remedy="scripts.train.causal.start makes one")
_examples = file_of("scripts.train.examples")
_SECTIONS = {"headline": "Headline", "key point": "Key point", "context": "Context"}


def prompt(source: str, section: str, manner: str, length: int) -> str:
    """What the model reads: the source, then the section with its two controls."""
    return f"Article: {source}\n\n{_SECTIONS[section]} ({manner}, {length} words):"


class Examples:
    """Encoded examples in an endless, seeded order, as batches of about as many tokens."""

    def __init__(self, path: Path, tokenizer: Any, tokens: int, seed: int) -> None:
        self.rows = [json.loads(line) for line in path.open(encoding="utf-8")]
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.seed = seed

    def encode(self, row: dict[str, str]) -> tuple[list[int], list[int]]:
        """Token ids of the prompt and of the line, its end included."""
        text = prompt(row["source"], row["section"], row["manner"], len(words(row["line"])))
        line = self.tokenizer(" " + row["line"]).input_ids
        return self.tokenizer(text).input_ids[-320:], [*line, self.tokenizer.eos_token_id]

    def grouped(self, rows: list[dict[str, str]]) -> list[list[tuple[list[int], list[int]]]]:
        """Batches of like lengths."""
        pool = sorted(map(self.encode, rows), key=lambda pair: len(pair[0]) + len(pair[1]))
        batches: list[list[tuple[list[int], list[int]]]] = [[]]
        for pair in pool:
            size = len(pair[0]) + len(pair[1])
            if batches[-1] and size * (len(batches[-1]) + 1) > self.tokens:
                batches.append([])
            batches[-1].append(pair)
        return batches

    def __iter__(self) -> Iterator[list[tuple[list[int], list[int]]]]:
        rng = random.Random(self.seed)
        while True:
            order = rng.sample(range(len(self.rows)), len(self.rows))
            for start in range(0, len(order), 2048):
                batches = self.grouped([self.rows[i] for i in order[start : start + 2048]])
                rng.shuffle(batches)
                yield from batches


def padded(batch: list[tuple[list[int], list[int]]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Input ids and targets (-100: no loss), (batch, length).

    Padding stands on the right, where causal attention never looks back at it: no mask is needed.
    """
    longest = max(len(x) + len(y) for x, y in batch)
    ids = torch.full((len(batch), longest), pad)
    targets = torch.full((len(batch), longest), -100)
    for i, (x, y) in enumerate(batch):
        size = len(x) + len(y)
        ids[i, :size] = torch.tensor(x + y)
        targets[i, len(x) - 1 : size - 1] = torch.tensor(y)
    return ids, targets


class Run:
    """A model, its optimiser and its place in the schedule."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = AutoTokenizer.from_pretrained(options.start)
        self.model = AutoModelForCausalLM.from_pretrained(options.start, dtype=torch.float32)
        self.model.to(self.device)
        if not options.embeddings:
            self.model.get_input_embeddings().weight.requires_grad_(False)
        free = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            free, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self.step = 0
        self.start = str(options.start.resolve())
        self.state = options.out / "state.pt"
        if self.state.exists():
            kept = torch.load(self.state, map_location=self.device, weights_only=True)
            if kept.get("start", self.start) != self.start:
                refuse(
                    f"{self.state} is the checkpoint of a training that began with "
                    f"{kept['start']}; remove it or give another --out"
                )
            self.model.load_state_dict(kept["model"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.step = kept["step"]

    def loss(self, batch: list[tuple[list[int], list[int]]]) -> torch.Tensor:
        """Mean cross-entropy of the lines' tokens."""
        ids, targets = (t.to(self.device) for t in padded(batch, self.tokenizer.eos_token_id))
        with torch.autocast(self.device.type, torch.bfloat16):
            hidden = self.model.model(input_ids=ids, use_cache=False).last_hidden_state
            wanted = targets.ne(-100)
            logits = self.model.lm_head(hidden[wanted])
        return functional.cross_entropy(logits.float(), targets[wanted])

    def rate(self) -> float:
        """The learning rate of the current step."""
        o = self.options
        warm = min(1.0, (self.step + 1) / o.warm)
        left = (o.steps - self.step) / max(1, o.steps * o.tail)
        return float(o.rate * warm * max(0.03, min(1.0, left)))

    def advance(self, batch: list[tuple[list[int], list[int]]]) -> float:
        """One step; its loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss = self.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def keep(self) -> None:
        """Write the checkpoint whole or not at all."""
        self.options.out.mkdir(parents=True, exist_ok=True)
        beside = self.state.with_suffix(".new")
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "start": self.start,
            },
            beside,
        )
        os.replace(beside, self.state)

    @torch.no_grad()
    def validate(self, batches: list[list[tuple[list[int], list[int]]]]) -> float:
        """Mean loss a batch on examples that are never trained on."""
        self.model.eval()
        total = sum(self.loss(batch).item() for batch in batches) / len(batches)
        self.model.train()
        return total


def main() -> None:
    """Train, log a line every twenty steps, and save the model at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=_model, required=True, help="folder of the model to begin")
    parser.add_argument("--examples", type=_examples, required=True)
    parser.add_argument("--dev", type=_examples, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=3600, help="tokens of a batch, padding too")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--warm", type=int, default=40)
    parser.add_argument("--tail", type=float, default=0.4)
    parser.add_argument("--embeddings", action="store_true", help="train the embeddings as well")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop and keep after")
    parser.add_argument("--keep", type=float, default=600, help="seconds between checkpoints")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run = Run(options)
    examples = Examples(options.examples, run.tokenizer, options.tokens, options.seed)
    dev = Examples(options.dev, run.tokenizer, options.tokens, 0)
    held = dev.grouped(dev.rows[:400])
    batches = iter(examples)
    for _ in range(run.step):
        next(batches)
    run.model.train()
    began = kept = time.time()
    losses: list[float] = []
    while run.step < options.steps and time.time() - began < 60 * options.minutes:
        losses.append(run.advance(next(batches)))
        if run.step % 20 == 0:
            mean = sum(losses[-20:]) / len(losses[-20:])
            print(f"{run.step} {mean:.3f} {time.time() - began:.0f} s", flush=True)
        if time.time() - kept > options.keep:
            run.keep()
            print(f"{run.step} dev {run.validate(held):.4f}", flush=True)
            kept = time.time()
    run.keep()
    print(f"{run.step} dev {run.validate(held):.4f}", flush=True)
    run.model.save_pretrained(options.out)
    run.tokenizer.save_pretrained(options.out)


if __name__ == "__main__":
    main()
