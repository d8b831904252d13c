"""Fine-tune the encoder of ``start`` to say which lines an editor would sign.

    python -m scripts.train.quality.fit pretrain --start build/quality/start \
        --records build/train/train/records.jsonl --data ../shared/data --to build/quality/alone
    python -m scripts.train.quality.fit folds --start build/quality/alone \
        --labels build/reading/labelled.jsonl --to build/quality/folds.jsonl
    python -m scripts.train.quality.fit ship --start build/quality/alone \
        --labels build/reading/labelled.jsonl --records build/train/train/records.jsonl \
        --data ../shared/data --to briefing/check/encoder

``folds`` cross-validates over articles, prints how well good lines are told from others, and keeps
what it says of each line while it had not seen its article: what `scripts.train.preference` learns
from. ``ship`` trains on all labels and writes int8 weights for CTranslate2. What ships has half of
the layers: trained on labels alone it is worse by 2 to 3 points of AUC, so it learns to say of
sentences without labels what the whole model says of them (Hinton et al. 2015, distillation); in
``folds`` the same is done within each fold.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from ctranslate2.converters import TransformersConverter
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import AutoModel, BertModel

from scripts.train.quality.data import LABELS, SECTIONS, Labelled, alone, labelled

_MOST = 80
"""Pieces of a line that are read."""
_WARM = 50
_EPOCHS = 2
_RATE = 5e-5
_DISTIL = 2e-4
_WORN, _SHORT = 0.16, 8


class Judge(torch.nn.Module):
    """The encoder, the mean of what it says of the pieces, and a score for each label.

    ``heads`` sections share the encoder; each has its own scores.
    """

    def __init__(self, start: Path, heads: int, labels: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(start, add_pooling_layer=False)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, heads * labels)
        self.drop = torch.nn.Dropout(0.1)
        self.heads, self.labels = heads, labels

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores by line, head and label: (lines, heads, labels)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1)
        pooled = (states * weight).sum(1) / weight.sum(1)
        scores: torch.Tensor = self.head(self.drop(pooled))
        return scores.view(-1, self.heads, self.labels)


def main() -> None:
    """Run one of the three stages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("pretrain", "folds", "ship"))
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--articles", type=int, default=25_000)
    options = parser.parse_args()
    torch.manual_seed(1)
    tokenizer = Tokenizer.from_file(str(options.start / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST)
    if options.stage == "pretrain":
        _pretrain(options, tokenizer)
        return
    rows = labelled(options.labels)
    found = alone(options.records, options.data, options.articles)
    plain = [encoding.ids for encoding in tokenizer.encode_batch(_worn(t for t, _ in found))]
    ids = [encoding.ids for encoding in tokenizer.encode_batch([row.line for row in rows])]
    if options.stage == "folds":
        _folds(options, rows, ids, plain)
    else:
        judge = _fitted(options.start, rows, ids, list(range(len(rows))))
        export(_distilled(options.start, judge, plain + ids), tokenizer, options.to)


def _pretrain(options: argparse.Namespace, tokenizer: Tokenizer) -> None:
    found = alone(options.records, options.data, options.articles)
    ids = [encoding.ids for encoding in tokenizer.encode_batch([text for text, _ in found])]
    truth = torch.tensor([float(first) for _, first in found])
    judge = Judge(options.start, 1, 1)
    held, chosen = list(range(2000)), list(range(2000, len(found)))

    def loss(rows: list[int], scores: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(scores[:, 0, 0], truth[rows])

    _train(judge, ids, chosen, loss, epochs=1, size=32)
    chance = scores_of(judge, ids, held)[:, 0, 0]
    print(len(found), "sentences, AUC", round(roc_auc_score(truth[held], chance), 4))
    judge.encoder.save_pretrained(options.to)
    shutil.copy(options.start / "tokenizer.json", options.to)


def _fitted(start: Path, rows: Sequence[Labelled], ids: list[list[int]], on: list[int]) -> Judge:
    judge = Judge(start, len(SECTIONS), len(LABELS))
    section = torch.tensor([row.section for row in rows])
    label = torch.tensor([row.label for row in rows])

    def loss(batch: list[int], scores: torch.Tensor) -> torch.Tensor:
        own = scores[torch.arange(len(batch)), section[batch]]
        good = own[:, 0] - torch.logsumexp(own[:, 1:], 1)
        kinds = functional.cross_entropy(own, label[batch])
        signed = (label[batch] == 0).float()
        return kinds + functional.binary_cross_entropy_with_logits(good, signed)

    _train(judge, ids, on, loss, epochs=_EPOCHS, size=16)
    return judge


def _worn(texts: Iterable[str]) -> list[str]:
    """Sentences, one in six of them with words gone from the end or the middle."""
    rng = random.Random(3)
    worn = []
    for text in texts:
        words = text.split()
        if rng.random() < _WORN and len(words) > _SHORT:
            start, size = rng.randrange(2, len(words) - 3), rng.randrange(1, len(words) // 2)
            words = words[:start] + (words[start + size :] if rng.random() < 0.5 else [])
        worn.append(" ".join(words))
    return worn


def _distilled(start: Path, whole: Judge, ids: list[list[int]]) -> Judge:
    """Every other layer of the encoder, taught to say what the whole says."""
    judge = Judge(start, whole.heads, whole.labels)
    layers = judge.encoder.encoder.layer
    judge.encoder.encoder.layer = torch.nn.ModuleList(list(layers)[::2])
    judge.encoder.config.num_hidden_layers = len(judge.encoder.encoder.layer)
    with torch.autocast("cpu", torch.bfloat16):
        said = torch.from_numpy(scores_of(whole, ids, list(range(len(ids)))))
    good = said[:, :, 0] - torch.logsumexp(said[:, :, 1:], 2)

    def loss(batch: list[int], scores: torch.Tensor) -> torch.Tensor:
        wanted = torch.softmax(said[batch], 2)
        kinds = -(wanted * torch.log_softmax(scores, 2)).sum(2).mean()
        odds = scores[:, :, 0] - torch.logsumexp(scores[:, :, 1:], 2)
        return kinds + functional.smooth_l1_loss(odds, good[batch])

    _train(judge, ids, list(range(len(ids))), loss, epochs=2, size=32, rate=_DISTIL)
    return judge


def _train(judge, ids, on, loss, *, epochs, size, rate=_RATE) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Batches of like lengths, bfloat16 where it is quick, a rate that rises and falls."""
    rng = random.Random(1)
    rates = (rate, 10 * rate)
    optimiser = torch.optim.AdamW(
        [
            {"params": judge.encoder.parameters(), "lr": rates[0]},
            {"params": judge.head.parameters(), "lr": rates[1]},
        ],
        weight_decay=0.01,
    )
    batches = [batch for _ in range(epochs) for batch in _batches(ids, on, size, rng)]
    judge.train()
    started = time.monotonic()
    for step, batch in enumerate(batches):
        factor = min(1.0, (step + 1) / _WARM) * max(0.05, 1 - step / len(batches))
        for group, highest in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = highest * factor
        with torch.autocast("cpu", torch.bfloat16):
            scores = judge(*_padded(ids, batch))
        cost = loss(batch, scores.float())
        optimiser.zero_grad()
        cost.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 0:
            print(step, "of", len(batches), f"{cost.item():.3f} {time.monotonic() - started:.0f} s")


def _batches(ids: list[list[int]], on: list[int], size: int, rng: random.Random) -> list[list[int]]:
    order = rng.sample(on, len(on))
    found = []
    for start in range(0, len(order), 64 * size):
        part = sorted(order[start : start + 64 * size], key=lambda at: len(ids[at]))
        found += [part[at : at + size] for at in range(0, len(part), size)]
    rng.shuffle(found)
    return found


def _padded(ids: list[list[int]], rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids[at]) for at in rows)
    table = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest)
    for place, at in enumerate(rows):
        table[place, : len(ids[at])] = torch.tensor(ids[at])
        mask[place, : len(ids[at])] = 1
    return table, mask


def scores_of(judge: Judge, ids: list[list[int]], rows: list[int]) -> np.ndarray:
    """What the judge says of lines, in their order: (lines, heads, labels)."""
    judge.eval()
    order = sorted(rows, key=lambda at: len(ids[at]))
    found: dict[int, np.ndarray] = {}
    with torch.no_grad():
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            found.update(zip(part, judge(*_padded(ids, part)).float().numpy(), strict=True))
    return np.stack([found[at] for at in rows])


def _folds(
    options: argparse.Namespace,
    rows: list[Labelled],
    ids: list[list[int]],
    plain: list[list[int]],
) -> None:
    scores = np.zeros((len(rows), len(SECTIONS), len(LABELS)), dtype=np.float32)
    for fold in sorted({row.fold for row in rows}):
        seen = [at for at, row in enumerate(rows) if row.fold != fold]
        held = [at for at, row in enumerate(rows) if row.fold == fold]
        whole = _fitted(options.start, rows, ids, seen)
        judge = _distilled(options.start, whole, plain + [ids[at] for at in seen])
        scores[held] = scores_of(judge, ids, held)
        report(rows, scores, held)
    odds = report(rows, scores, list(range(len(rows))))
    with options.to.open("w", encoding="utf-8") as out:
        for row, value in zip(rows, odds, strict=True):
            section = SECTIONS[row.section]
            kept = {"line": row.line, "section": section, "odds": round(float(value), 4)}
            out.write(json.dumps(kept, ensure_ascii=False) + "\n")


def report(rows: list[Labelled], scores: np.ndarray, held: list[int]) -> np.ndarray:
    """Print how well the good lines among ``held`` are told; return their log-odds."""
    own = scores[held, [rows[at].section for at in held]]
    odds: np.ndarray = own[:, 0] - np.logaddexp.reduce(own[:, 1:], axis=1)
    for section, name in enumerate(SECTIONS):
        chosen = np.array([rows[at].section == section for at in held])
        good = np.array([rows[at].label == 0 for at in held])[chosen]
        best = np.argsort(-odds[chosen])
        shares = [good[best[: len(best) // part]].mean() for part in (10, 4, 1)]
        shown = " ".join(f"{share:.3f}" for share in shares)
        auc = roc_auc_score(good, odds[chosen])
        print(name, f"AUC {auc:.3f}; signed of the best tenth, quarter, all: {shown}")
    return odds


def export(judge: Judge, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the encoder in int8, its tokenizer, and the scores' weights."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as beside:
        model = BertModel(judge.encoder.config, add_pooling_layer=True)
        model.load_state_dict(judge.encoder.state_dict(), strict=False)
        model.save_pretrained(beside)
        tokenizer.save(str(Path(beside) / "tokenizer.json"))
        target = str(folder / "ctranslate2")
        TransformersConverter(beside).convert(target, quantization="int8", force=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    shape = (len(SECTIONS), len(LABELS), -1)
    np.savez(
        folder / "head.npz",
        weight=judge.head.weight.detach().numpy().reshape(shape),
        bias=judge.head.bias.detach().numpy().reshape(shape[:2]),
    )


if __name__ == "__main__":
    main()
