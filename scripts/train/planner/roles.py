"""The role networks, trained on the labelled news of Choubey et al. 2020."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from briefing.planning.document import Document, WordTable, document, features, find_sorted
from briefing.planning.roles import VECTOR_GAIN, inputs
from briefing.sections import Role
from scripts.train.corpus import read_lines
from scripts.train.planner.data import LABELS, Params, labelled_article

FILTERS, UNITS, INNER = 64, 64, 96
EPOCHS, BATCH, RATE = 12, 8, 2e-3
PRIOR = 0.2  # how far the frequent roles are favoured again after weighted training


class Network(nn.Module):
    """The trainable twin of ``briefing.planning.roles.RoleNetwork``."""

    def __init__(self, width: int, vectors: Tensor) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(vectors, freeze=True)
        self.wide = nn.Conv1d(vectors.shape[1], FILTERS, 3, padding=1)
        self.narrow = nn.Conv1d(vectors.shape[1], FILTERS, 1)
        self.input = nn.Linear(width + 2 * FILTERS, INNER)
        self.recurrent = nn.GRU(INNER, UNITS, bidirectional=True, batch_first=True)
        self.output = nn.Linear(2 * UNITS + INNER, len(Role))
        self.drop, self.drop_input = nn.Dropout(0.4), nn.Dropout(0.25)

    def forward(self, tokens: Tensor, spans: Tensor, given: Tensor, lengths: list[int]) -> Tensor:
        """Logits (sentences, roles) of articles of ``lengths`` sentences, back to back.

        ``tokens`` holds the words of all sentences, each followed by a 0; ``spans`` their numbers.
        """
        vectors = functional.dropout1d(self.words(tokens), 0.15, self.training).T[None]
        found = torch.cat([layer(vectors)[0] for layer in (self.wide, self.narrow)])
        found = functional.relu(found).T * (tokens > 0)[:, None]
        strongest = torch.segment_reduce(found, "max", lengths=spans, axis=0, initial=0)
        x = torch.cat([self.drop_input(given), self.drop(strongest)], 1)
        x = self.drop(functional.relu(self.input(x)))
        padded = nn.utils.rnn.pad_sequence(list(torch.split(x, lengths)), batch_first=True)
        packed = nn.utils.rnn.pack_padded_sequence(
            padded, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)
        hidden = torch.cat([states[i, :n] for i, n in enumerate(lengths)])
        logits: Tensor = self.output(self.drop(torch.cat([hidden, x], 1)))
        return logits


Example = tuple[np.ndarray[Any, Any], list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


def _collate(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor, list[int]]:
    sentences = [np.append(tokens, 0) for _, lines, _ in examples for tokens in lines]
    tokens = torch.tensor(np.concatenate(sentences))
    spans = torch.tensor([len(line) for line in sentences])
    given = np.concatenate([x for x, _, _ in examples])
    target = np.concatenate([y for _, _, y in examples])
    lengths = [len(y) for _, _, y in examples]
    return tokens, spans, torch.tensor(given), torch.tensor(target), lengths


def _lines(found: Document, words: WordTable) -> list[np.ndarray[Any, Any]]:
    positions = find_sorted(words.hashes, found.hashes) + 1
    bounds = np.searchsorted(found.sentence, np.arange(found.size + 1))
    return [positions[a : min(b, a + 60)] for a, b in pairwise(bounds)]


def train_roles(data: Path, words: WordTable, networks: int, seed: int) -> Params:
    """Train ``networks`` role networks of different seeds."""
    records = list(read_lines(data / "discourse_train.jsonl.xz"))
    found = [document(labelled_article(record)) for record in records]
    described = [features(d, words) for d in found]
    dense = np.concatenate([d.dense for d in described])
    mean, deviation = dense.mean(axis=0), dense.std(axis=0) + 1e-3
    targets = [np.array([LABELS[s["role"]] for s in r["sentences"]]) for r in records]
    examples = [
        (inputs(x, mean, deviation), _lines(d, words), y)
        for d, x, y in zip(found, described, targets, strict=True)
    ]
    counts = np.bincount(np.concatenate(targets), minlength=len(Role))
    weights = torch.tensor((counts.sum() / len(Role) / counts) ** 0.4, dtype=torch.float32)
    table = np.vstack([np.zeros_like(words.vectors[:1]), words.vectors * VECTOR_GAIN])
    trained = []
    for number in range(networks):
        trained.append(_fit(examples, torch.tensor(table), weights, seed + number))
        print(f"role network {number + 1} of {networks}", file=sys.stderr, flush=True)
    stacked = {key: np.stack([t[key] for t in trained]) for key in trained[0]}
    for name in ("gates_in", "gates_in_bias", "gates", "gates_bias"):  # networks * directions
        stacked[name] = stacked[name].reshape(-1, *stacked[name].shape[2:])
    stacked["output_bias"] = stacked["output_bias"] + PRIOR * np.log(counts / counts.sum())
    stored = {f"role_{key}": value.astype(np.float16) for key, value in stacked.items()}
    return stored | {"role_mean": mean, "role_deviation": deviation}


def _fit(examples: list[Example], table: Tensor, weights: Tensor, seed: int) -> Params:
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    network = Network(examples[0][0].shape[1], table)
    free = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(free, lr=RATE, weight_decay=0.02)
    steps = EPOCHS * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps + 1, pct_start=0.15
    )
    network.train()
    for _ in range(EPOCHS):
        order = chance.permutation(len(examples))
        for start in range(0, len(order), BATCH):
            batch = [examples[i] for i in order[start : start + BATCH]]
            tokens, spans, given, target, lengths = _collate(batch)
            scores = network(tokens, spans, given, lengths)
            loss = functional.cross_entropy(scores, target, weight=weights, label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(free, 1.0)
            optimiser.step()
            schedule.step()
    return _exported(network)


def _exported(network: Network) -> Params:
    """Weights in the layout that the numpy network multiplies by."""
    state = {key: value.detach().numpy() for key, value in network.state_dict().items()}
    ways = ("", "_reverse")

    def both(kind: str) -> np.ndarray[Any, Any]:
        return np.stack([state[f"recurrent.{kind}_l0{way}"].T for way in ways])

    return {
        "wide": state["wide.weight"].transpose(2, 1, 0),
        "wide_bias": state["wide.bias"],
        "narrow": state["narrow.weight"][:, :, 0].T,
        "narrow_bias": state["narrow.bias"],
        "input": state["input.weight"].T,
        "input_bias": state["input.bias"],
        "gates_in": both("weight_ih"),
        "gates_in_bias": both("bias_ih"),
        "gates": both("weight_hh"),
        "gates_bias": both("bias_hh"),
        "output": state["output.weight"].T,
        "output_bias": state["output.bias"],
    }
