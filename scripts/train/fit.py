"""Stage 3 of training: fit the writer, one call a stage, resumable after a kill.

    python -m scripts.train.fit --out build/train --stage recover --steps 3000
    python -m scripts.train.fit --out build/train --stage write --steps 6000

The first stage starts from weights that copy (see initial.py), the second from the end of the
first, or from the model that is bundled (``--start briefing/models/bundled``). bfloat16 autocast,
on a GPU where there is one. The same command goes on from where it was killed, or where
``--minutes`` ended it.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BartConfig, BartForConditionalGeneration

from briefing.models.weights import bart_state, read_variables
from scripts.train.batches import Batch, Corpus
from scripts.train.files import folder_with, needed, refuse
from scripts.train.initial import induce_copying
from scripts.train.vocabulary import EOS, PAD

STAGES = ("recover", "write")


def configuration(vocabulary: int, width: int, encoder: int, decoder: int) -> BartConfig:
    """A post-norm BART of the given width and depths."""
    return BartConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=encoder,
        decoder_layers=decoder,
        encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width,
        encoder_attention_heads=width // 64,
        decoder_attention_heads=width // 64,
        max_position_embeddings=256,
        dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        bos_token_id=0,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
        forced_eos_token_id=None,
        normalize_before=False,
        scale_embedding=False,
    )


class Trainer:
    """A model, its optimiser and its place in the schedule."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = Tokenizer.from_file(str(options.out / "tokenizer.json"))
        config = configuration(
            self.tokenizer.get_vocab_size(), options.width, options.encoder, options.decoder
        )
        self.model = BartForConditionalGeneration(config).to(self.device)
        decay = [p for p in self.model.parameters() if p.dim() > 1]
        rest = [p for p in self.model.parameters() if p.dim() <= 1]
        groups = [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)
        self.step = 0
        self.start = str(options.start.resolve()) if options.start else None
        self.load()

    def path(self, stage: str) -> Path:
        """Where the checkpoint of ``stage`` is."""
        return Path(self.options.out) / f"{self.options.name}-{stage}.pt"

    def load(self) -> None:
        """Go on where this stage stopped, else from the end of the stage before it."""
        stage = self.options.stage
        earlier = () if self.options.start else STAGES[: STAGES.index(stage)][::-1]
        for name in (stage, *earlier):
            if self.path(name).exists():
                state = torch.load(self.path(name), map_location=self.device, weights_only=True)
                own = name == stage
                if own:
                    self._refuse_other_start(state.get("start"))
                self.model.load_state_dict(state["model"])
                self.optimiser.load_state_dict(state["optimiser"])
                if own:
                    self.step, self.start = state["step"], state.get("start")
                print(f"from {self.path(name)} at step {state['step']}", flush=True)
                return
        if self.options.start:
            print(f"from {self.options.start}", flush=True)
            words = Tokenizer.from_file(str(self.options.start / "tokenizer.json")).get_vocab()
            if words != self.tokenizer.get_vocab():
                refuse(
                    f"{self.options.start} has another vocabulary than "
                    f"{self.options.out / 'tokenizer.json'}: copy its tokenizer.json there"
                )
            variables = read_variables(self.options.start / "ctranslate2" / "model.bin")
            state = bart_state(variables, self.model.config.to_dict())
            self.model.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
        else:
            induce_copying(self.model)

    def _refuse_other_start(self, start: str | None) -> None:
        """End where the stage's checkpoint did not begin with the model that ``--start`` names."""
        named = self.options.start
        if named and str(named.resolve()) != start:
            refuse(
                f"{self.path(self.options.stage)} is the checkpoint of a training that began with "
                f"{start or 'the stage before it'}, not with {named}; leave --start out to go on "
                "with it, remove it, or give another --name"
            )

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        path = self.path(self.options.stage)
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "config": self.model.config.to_diff_dict(),
            "start": self.start,
        }
        torch.save(state, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def rate(self) -> float:
        """Warm-up, plateau, linear decay over the last part of the stage."""
        done, steps = self.step / self.options.steps, self.options.steps
        warm = min(1.0, (self.step + 1) / min(self.options.warm, steps))
        tail = min(1.0, (1.0 - done) / self.options.tail) if self.options.tail else 1.0
        return float(self.options.rate * warm * max(tail, 0.02))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean cross entropy over the target tokens."""
        source = torch.from_numpy(batch.source).to(self.device)
        target = torch.from_numpy(batch.target).to(self.device)
        start = torch.full_like(target[:, :1], EOS)
        given = torch.cat([start, target[:, :-1]], dim=1)
        with torch.autocast(self.device.type, torch.bfloat16):
            hidden = self.model.model(
                input_ids=source, attention_mask=source.ne(PAD), decoder_input_ids=given
            ).last_hidden_state
            wanted = target.ne(PAD)
            logits = self.model.lm_head(hidden[wanted])
        return functional.cross_entropy(
            logits.float(), target[wanted], label_smoothing=self.options.smoothing
        )

    @torch.no_grad()
    def validate(self, batches: Sequence[Batch]) -> float:
        """Mean loss of batches that are never trained on."""
        return float(np.mean([self.loss(batch).item() for batch in batches]))

    def update(self, batch: Batch) -> float:
        """One step of the optimiser."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return float(loss.detach())


def run(trainer: Trainer, corpus: Corpus, held: Sequence[Batch]) -> None:
    """Train to the last step; log every 50 steps, checkpoint every few minutes.

    The loss on the batches ``held`` back is printed with each checkpoint.
    """
    options = trainer.options
    log = options.out / f"{options.name}-log.jsonl"
    batches = corpus.batches(options.stage, options.seed + trainer.step, options.tokens)
    losses: list[float] = []
    examples, began, saved = 0, time.monotonic(), time.monotonic()
    while trainer.step < options.steps and time.monotonic() - began < 60 * options.minutes:
        batch = next(batches)
        losses.append(trainer.update(batch))
        examples += len(batch.source)
        if trainer.step % 50 == 0:
            row: dict[str, Any] = {
                "stage": options.stage,
                "step": trainer.step,
                "loss": round(float(np.mean(losses)), 4),
                "examples": examples,
                "seconds": round(time.monotonic() - began),
            }
            with log.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
            print(row, flush=True)
            losses = []
        if time.monotonic() - saved > options.save_every:
            trainer.save()
            print(trainer.step, f"dev {trainer.validate(held):.4f}", flush=True)
            saved = time.monotonic()
    trainer.save()
    print(trainer.step, f"dev {trainer.validate(held):.4f}", flush=True)


def main() -> None:
    """Parse the stage's options and run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="writer")
    bundled = folder_with("ctranslate2/model.bin", remedy="briefing/models/bundled is one")
    parser.add_argument("--start", type=bundled, help="folder of the bundled model, to go on from")
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=4096, help="padded tokens a batch")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--warm", type=int, default=200)
    parser.add_argument("--tail", type=float, default=0.0, help="share of steps that decay")
    parser.add_argument("--smoothing", type=float, default=0.0)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--encoder", type=int, default=4)
    parser.add_argument("--decoder", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=300.0, help="seconds")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop and keep after")
    options = parser.parse_args()
    needed(options.out / "tokenizer.json", "scripts.train.vocabulary")
    for split in ("train", "dev"):
        for name, maker in (("records", "prepare"), ("examples", "examples")):
            needed(options.out / split / f"{name}.jsonl", f"scripts.train.{maker} --split {split}")
    trainer = Trainer(options)
    held = Corpus(options.out, trainer.tokenizer, "dev").written(512)
    run(trainer, Corpus(options.out, trainer.tokenizer), held)


if __name__ == "__main__":
    main()
