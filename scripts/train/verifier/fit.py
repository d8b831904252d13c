"""Fine-tune the encoder of ``start`` to say whether a line follows from its evidence.

    python -m scripts.train.verifier.fit measure --start build/quality/start \
        --labels build/reading/labelled.jsonl --data ../shared/data --to build/verifier/measured
    python -m scripts.train.verifier.fit ship ... --to briefing/checking/verifier

``measure`` leaves one item in ten out and prints how well it is told which of its lines follow,
and how well on contrast_dev, which is never trained on; ``--blind`` shows the line alone, which
must leave it at chance. ``ship`` trains on all and writes int8 weights for CTranslate2.
``--start briefing/checking/verifier`` goes on from what ships.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch.nn import functional

from scripts.train.encoders import Encoded, batched, export, said_of, train
from scripts.train.files import data_folder, file_with, model_folder
from scripts.train.quality.data import LINES
from scripts.train.shipped import start_encoder
from scripts.train.verifier.data import (
    PAIRS,
    Pair,
    contrast,
    corrected,
    editors,
    entailed,
    labelled,
    weights,
)

_pairs = file_with(remedy="leave it out for ours")
_MOST = 200
"""Pieces of evidence and line that are read."""
_RATE = 1e-4
_BATCH = 32
_OF_ITEM = 4
"""Lines of an item, true and false each, that come in one batch."""


class Judge(torch.nn.Module):
    """The encoder, and a layer over its first state and the means over evidence and line.

    ``start`` is a folder of transformers, or that of a verifier which ships.
    """

    def __init__(self, start: Path) -> None:
        super().__init__()
        self.encoder, shipped = start_encoder(start)
        width = self.encoder.config.hidden_size
        self.hidden = torch.nn.Linear(3 * width, width)
        self.drop = torch.nn.Dropout(0.1)
        self.out = torch.nn.Linear(width, 1)
        if shipped:
            with np.load(start / "head.npz") as head:
                for layer, name in ((self.hidden, "hidden"), (self.out, "out")):
                    weight = torch.from_numpy(np.atleast_2d(head[name]).astype(np.float32))
                    bias = torch.from_numpy(np.atleast_1d(head[f"{name}_bias"]))
                    layer.load_state_dict({"weight": weight, "bias": bias.float()})

    def forward(self, ids: torch.Tensor, kinds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log-odds that each line follows."""
        states = self.encoder(
            input_ids=ids, token_type_ids=kinds, attention_mask=mask
        ).last_hidden_state
        evidence, line = mask * (1 - kinds), mask * kinds
        means = [
            (states * part.unsqueeze(-1)).sum(1) / part.sum(1, keepdim=True).clamp(min=1)
            for part in (evidence, line)
        ]
        hidden = torch.relu(self.hidden(torch.cat([states[:, 0], *means], 1)))
        odds: torch.Tensor = self.out(self.drop(hidden)).squeeze(1)
        return odds


def add_sources(parser: argparse.ArgumentParser, *more: str) -> None:
    """The options that say what is learned from; see `pairs_of`. The data must hold ``more``."""
    parser.add_argument("--pairs", type=_pairs, default=PAIRS, help="minimal pairs (default: ours)")
    parser.add_argument("--labels", type=LINES)
    data = data_folder("corrections.jsonl.xz", "entailment.jsonl.xz", *more)
    parser.add_argument("--data", type=data, required=True)
    parser.add_argument("--plain", type=int, default=1000, help="true lines from the labels")
    parser.add_argument("--editors", type=int, default=0, help="editors' lines of each source")


def pairs_of(options: argparse.Namespace) -> list[Pair]:
    """All that is learned from."""
    found = chain(
        contrast(options.pairs),
        corrected(options.data),
        entailed(options.data),
        labelled(options.labels, options.plain) if options.labels else (),
        editors(options.data, options.editors) if options.editors else (),
    )
    return list(found)


def encoded(tokenizer: Tokenizer, pairs: Sequence[Pair], blind: bool = False) -> list[Encoded]:
    """The pairs as the encoder reads them; ``blind``: the lines without their evidence."""
    texts = [("", p.line) if blind else (p.evidence, p.line) for p in pairs]
    return [(one.ids, one.type_ids) for one in tokenizer.encode_batch(texts)]


def fitted(
    start: Path,
    rows: Sequence[Encoded],
    pairs: Sequence[Pair],
    epochs: int,
    rate: float = _RATE,
    checkpoint: Path | None = None,
) -> Judge:
    """A judge that learned from all of the pairs.

    The lines of one item come in one batch, and beside the loss of each line stands that of each
    true line against each false one of its item (pairwise ranking: Burges et al. 2005, "Learning to
    rank using gradient descent"): what tells them apart is what the evidence says, and not how
    lines sound. On half of the pairs that gave .77 (AUC, held out) where each line alone gave .69.
    """
    judge = Judge(start)
    truth = torch.tensor([float(pair.follows) for pair in pairs])
    heavy = torch.tensor(weights(pairs))
    numbers: dict[str, int] = {}
    items = torch.tensor([numbers.setdefault(pair.item, len(numbers)) for pair in pairs])

    def loss(batch: list[int], odds: torch.Tensor) -> torch.Tensor:
        wanted, own = truth[batch], items[batch]
        single = functional.binary_cross_entropy_with_logits(odds, wanted, heavy[batch])
        rivals = (own[:, None] == own) & (wanted[:, None] > wanted)
        ahead = (odds[:, None] - odds)[rivals]
        return single + functional.softplus(-ahead).mean() if len(ahead) else single

    batches = partial(_batches, rows, pairs)
    train(judge, rows, batches, loss, epochs=epochs, rate=rate, checkpoint=checkpoint)
    return judge


def mix(judge: Judge, start: Judge, keep: float) -> None:
    """Move the weights of ``judge`` back towards those of ``start``, by the share ``keep``.

    The mean of the weights before and after fine-tuning is better on both kinds of data than
    either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """
    before = start.state_dict()
    mixed = {
        name: torch.lerp(value, before[name], keep) if value.is_floating_point() else value
        for name, value in judge.state_dict().items()
    }
    judge.load_state_dict(mixed)


def _batches(rows: Sequence[Encoded], pairs: Sequence[Pair], rng: random.Random) -> list[list[int]]:
    """The batches of an epoch: up to eight lines of an item together, other pairs among others."""
    others = [at for at, pair in enumerate(pairs) if not pair.minimal]
    items: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at, pair in enumerate(pairs):
        if pair.minimal:
            items[pair.item][pair.follows].append(at)
    groups = []
    for lines in items.values():
        false, true = (rng.sample(side, len(side)) for side in lines)
        count = max(1, max(len(false), len(true)) // _OF_ITEM)
        groups += [true[part::count] + false[part::count] for part in range(count)]
    rng.shuffle(groups)
    found = batched(rows, others, _BATCH, rng) if others else []
    for start in range(0, len(groups), 2 * _BATCH):
        batch: list[int] = []
        for group in sorted(groups[start : start + 2 * _BATCH], key=lambda g: len(rows[g[0]][0])):
            batch += group
            if len(batch) >= _BATCH:
                found.append(batch)
                batch = []
        if batch:
            found.append(batch)
    rng.shuffle(found)
    return found


def report(name: str, pairs: Sequence[Pair], odds: np.ndarray) -> None:
    """Print AUC in all, by manner and inside items, and balanced accuracy at the median."""
    truth = np.array([pair.follows for pair in pairs])
    told = f"{name}: {len(pairs)} lines, AUC {roc_auc_score(truth, odds):.3f}"
    for manner in ("cut", "headline", "reword"):
        own = np.array([pair.kind.endswith(manner) for pair in pairs])
        if own.any() and 0 < truth[own].mean() < 1:
            told += f", {manner} {roc_auc_score(truth[own], odds[own]):.3f}"
    items: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for pair, value in zip(pairs, odds, strict=True):
        items[pair.item][pair.follows].append(value)
    inside = [
        np.mean([[t > f for t in true] for f in false])
        for false, true in items.values()
        if false and true
    ]
    accepted = odds >= np.median(odds)
    balanced = (accepted[truth].mean() + (~accepted[~truth]).mean()) / 2
    print(f"{told}; inside items {np.mean(inside):.3f}; balanced {balanced:.3f}", flush=True)


def report_kinds(name: str, pairs: Sequence[Pair], odds: np.ndarray) -> None:
    """Print a `report` of each kind of pair, the minimal pairs last."""
    kinds = [f"{name}, minimal pairs" if pair.minimal else pair.kind for pair in pairs]
    for kind in sorted(set(kinds), key=lambda kind: (kind.endswith("minimal pairs"), kind)):
        chosen = [at for at, own in enumerate(kinds) if own == kind]
        if 0 < sum(pairs[at].follows for at in chosen) < len(chosen):
            report(kind, [pairs[at] for at in chosen], odds[chosen])


def main() -> None:
    """Measure, or train what ships."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=("measure", "ship"))
    parser.add_argument("--start", type=model_folder, required=True)
    add_sources(parser, "contrast_dev.jsonl")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=_RATE, help="highest learning rate")
    parser.add_argument("--keep", type=float, default=0.0, help="share of the start's weights")
    parser.add_argument("--share", type=float, default=1.0, help="of the pairs that are learned")
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("--checkpoint", type=Path, help="keep the state here, go on from it")
    options = parser.parse_args()
    torch.manual_seed(1)
    tokenizer = Tokenizer.from_file(str(options.start / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST, strategy="longest_first")
    pairs = pairs_of(options)
    seen = [p for p in pairs if options.stage == "ship" or not p.held]
    seen = random.Random(1).sample(seen, int(options.share * len(seen)))
    held = [p for p in pairs if p.held]
    dev = list(contrast(options.data / "contrast_dev.jsonl"))
    if options.blind:
        held, dev = ([p for p in part if p.minimal] for part in (held, dev))
    rows = encoded(tokenizer, seen, options.blind)
    judge = fitted(options.start, rows, seen, options.epochs, options.rate, options.checkpoint)
    mix(judge, Judge(options.start), options.keep)
    for name, part in (("held out", held), ("contrast_dev", dev)):
        rows = encoded(tokenizer, part, options.blind)
        odds = said_of(judge, rows, range(len(part))).numpy()
        report_kinds(name, part, odds)
    export(judge.encoder, tokenizer, options.to)
    np.savez_compressed(
        options.to / "head.npz",
        hidden=judge.hidden.weight.detach().numpy().astype(np.float16),
        hidden_bias=judge.hidden.bias.detach().numpy(),
        out=judge.out.weight.detach().numpy()[0],
        out_bias=judge.out.bias.detach().numpy(),
    )


if __name__ == "__main__":
    main()
