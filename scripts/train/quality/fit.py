"""Fine-tune the encoder of ``start`` to say which lines an editor would sign.

    python -m scripts.train.quality.fit pretrain --start build/quality/start \
        --records build/train/train/records.jsonl --data ../shared/data --to build/quality/alone
    python -m scripts.train.quality.fit folds --start build/quality/alone \
        --labels build/reading/labelled.jsonl --records build/train/train/records.jsonl \
        --data ../shared/data --to build/quality/folds.jsonl
    python -m scripts.train.quality.fit ship --start build/quality/alone \
        --labels build/reading/labelled.jsonl --records build/train/train/records.jsonl \
        --data ../shared/data --beside briefing/checking/encoder --to build/quality/ship

``folds`` cross-validates over articles, prints how well good lines are told from others, and keeps
what it says of each line while it had not seen its article: what `scripts.train.preference` learns
from. ``ship`` trains on all labels and writes int8 weights for CTranslate2. What ships has half of
the layers: trained on labels alone it is worse by 2 to 3 points of AUC, so it learns to say of
sentences without labels what the whole model says of them (Hinton et al. 2015, distillation); in
``folds`` the same is done within each fold. ``--beside`` names a quality model of other labels:
what is taught is then the weighted mean of what both say. A stage that was killed goes on from what
it left in ``--work`` when the same command is given again.
"""

import argparse
import random
import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch.nn import functional

from scripts.train.encoders import Encoded, batched, export, said_of, train
from scripts.train.files import file_of, model_folder, write_rows
from scripts.train.quality.data import (
    FILES,
    LABELS,
    LINES,
    READ,
    SECTIONS,
    Labelled,
    alone,
    labelled,
)
from scripts.train.shipped import start_encoder
from scripts.train.stages import Arrays, Work, contents

_MOST = 80
"""Pieces of a line that are read."""
_EPOCHS = 2
_RATE = 5e-5
_DISTIL = 2e-4
_WORN, _SHORT = 0.16, 8
_BESIDE = 0.35
"""Weight of the model beside. On lines that neither has seen the two together are better than the
new one alone by .5 (key points) and 1 (context) points of AUC."""


class Judge(torch.nn.Module):
    """The encoder, the mean of what it says of the pieces, and a score for each label.

    ``heads`` sections share the encoder; each has its own scores. ``start`` is a folder of
    transformers, or that of a quality model which ships.
    """

    def __init__(self, start: Path, heads: int, labels: int) -> None:
        super().__init__()
        self.encoder, shipped = start_encoder(start)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, heads * labels)
        self.drop = torch.nn.Dropout(0.1)
        self.heads, self.labels = heads, labels
        if shipped:
            with np.load(start / "head.npz") as head:
                self.head.weight.data = torch.from_numpy(head["weight"].reshape(heads * labels, -1))
                self.head.bias.data = torch.from_numpy(head["bias"].reshape(-1))

    def forward(self, ids: torch.Tensor, _: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
    parser.add_argument("--start", type=model_folder, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--records", type=file_of("scripts.train.prepare"), required=True)
    parser.add_argument("--data", type=READ, required=True)
    parser.add_argument("--labels", type=LINES, help="needed by folds and ship")
    parser.add_argument("--beside", type=model_folder)
    parser.add_argument("--work", type=Path, default=Path("build/quality/work"))
    parser.add_argument("--articles", type=int, default=25_000)
    options = parser.parse_args()
    if options.stage != "pretrain" and options.labels is None:
        parser.error(f"{options.stage} needs --labels; scripts.train.quality.labels writes them")
    work = Work(options.work, *_made_from(options))
    torch.manual_seed(1)
    tokenizer = Tokenizer.from_file(str(options.start / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST)
    if options.stage == "pretrain":
        _pretrain(options, tokenizer, work)
        work.clear()
        return
    rows = labelled(options.labels)
    found = alone(options.records, options.data, options.articles)
    plain = _encoded(tokenizer, _worn(text for text, _ in found))
    ids = _encoded(tokenizer, [row.line for row in rows])
    if options.stage == "folds":
        _folds(options, rows, ids, plain, work)
    else:
        judge = _fitted(options.start, rows, ids, list(range(len(rows))), work)
        said = said_of(judge, plain + ids, list(range(len(plain) + len(ids))))
        if options.beside:
            said = _together(said, _said_beside(options.beside, plain + ids))
        _export(_distilled(options.start, said, plain + ids, work), tokenizer, options.to)
    work.clear()


def _made_from(options: argparse.Namespace) -> list[object]:
    """What the parts of a stage depend on."""
    read = [options.data / name for name in FILES]
    given = [options.start, options.records, options.labels, options.beside, *read]
    return [options.stage, options.articles, *map(contents, given)]


def _pretrain(options: argparse.Namespace, tokenizer: Tokenizer, work: Work) -> None:
    found = alone(options.records, options.data, options.articles)
    ids = _encoded(tokenizer, [text for text, _ in found])
    truth = torch.tensor([float(first) for _, first in found])
    judge = Judge(options.start, 1, 1)
    held, chosen = list(range(2000)), list(range(2000, len(found)))

    def loss(rows: list[int], scores: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(scores[:, 0, 0], truth[rows])

    batches = partial(batched, ids, chosen, 32)
    kept = work.path("pretrain", ".pt")
    train(judge, ids, batches, loss, epochs=1, rate=_RATE, checkpoint=kept)
    chance = _scores(judge, ids, held)[:, 0, 0]
    print(len(found), "sentences, AUC", round(roc_auc_score(truth[held], chance), 4))
    judge.encoder.save_pretrained(options.to)
    shutil.copy(options.start / "tokenizer.json", options.to)


def _encoded(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Encoded]:
    return [(one.ids, one.type_ids) for one in tokenizer.encode_batch(list(texts))]


def _scores(judge: Judge, rows: list[Encoded], on: list[int]) -> np.ndarray:
    """What the judge says of lines, in their order: (lines, heads, labels)."""
    found: np.ndarray = said_of(judge, rows, on).numpy()
    return found


def _fitted(
    start: Path,
    rows: Sequence[Labelled],
    ids: list[Encoded],
    on: list[int],
    work: Work,
    name: str = "whole",
) -> Judge:
    judge = Judge(start, len(SECTIONS), len(LABELS))
    section = torch.tensor([row.section for row in rows])
    label = torch.tensor([row.label for row in rows])

    def loss(batch: list[int], scores: torch.Tensor) -> torch.Tensor:
        own = scores[torch.arange(len(batch)), section[batch]]
        good = own[:, 0] - torch.logsumexp(own[:, 1:], 1)
        kinds = functional.cross_entropy(own, label[batch])
        signed = (label[batch] == 0).float()
        return kinds + functional.binary_cross_entropy_with_logits(good, signed)

    batches = partial(batched, ids, on, 16)
    fit = partial(train, judge, ids, batches, loss, epochs=_EPOCHS, rate=_RATE)
    work.model(name, judge, lambda kept: fit(checkpoint=kept))
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


def _said_beside(folder: Path, ids: list[Encoded]) -> torch.Tensor:
    """What the model beside says: it reads the same pieces."""
    judge = Judge(folder, len(SECTIONS), len(LABELS))
    return said_of(judge, ids, list(range(len(ids))))


def _together(said: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
    """The weighted mean of two opinions, as log-probabilities: (lines, sections, labels)."""
    return (1 - _BESIDE) * torch.log_softmax(said, 2) + _BESIDE * torch.log_softmax(beside, 2)


def _distilled(
    start: Path, said: torch.Tensor, ids: list[Encoded], work: Work, name: str = "half"
) -> Judge:
    """Every other layer of the encoder, taught to say what ``said`` holds of each line."""
    judge = Judge(start, len(SECTIONS), len(LABELS))
    layers = judge.encoder.encoder.layer
    judge.encoder.encoder.layer = torch.nn.ModuleList(list(layers)[::2])
    judge.encoder.config.num_hidden_layers = len(judge.encoder.encoder.layer)
    good = said[:, :, 0] - torch.logsumexp(said[:, :, 1:], 2)

    def loss(batch: list[int], scores: torch.Tensor) -> torch.Tensor:
        wanted = torch.softmax(said[batch], 2)
        kinds = -(wanted * torch.log_softmax(scores, 2)).sum(2).mean()
        odds = scores[:, :, 0] - torch.logsumexp(scores[:, :, 1:], 2)
        return kinds + functional.smooth_l1_loss(odds, good[batch])

    batches = partial(batched, ids, range(len(ids)), 32)
    fit = partial(train, judge, ids, batches, loss, epochs=2, rate=_DISTIL)
    work.model(name, judge, lambda kept: fit(checkpoint=kept))
    return judge


def _folds(
    options: argparse.Namespace,
    rows: list[Labelled],
    ids: list[Encoded],
    plain: list[Encoded],
    work: Work,
) -> None:
    scores = np.zeros((len(rows), len(SECTIONS), len(LABELS)), dtype=np.float32)
    for fold in sorted({row.fold for row in rows}):
        held = [at for at, row in enumerate(rows) if row.fold == fold]
        make = partial(_scores_of_fold, options.start, rows, ids, plain, work, fold)
        scores[held] = work.arrays(f"fold{fold}", make)["scores"]
        report(rows, scores, held)
    odds = report(rows, scores, list(range(len(rows))))
    kept = (
        {"line": row.line, "section": tuple(SECTIONS)[row.section], "odds": round(float(value), 4)}
        for row, value in zip(rows, odds, strict=True)
    )
    write_rows(options.to, kept, "there are no labelled lines")


def _scores_of_fold(
    start: Path,
    rows: list[Labelled],
    ids: list[Encoded],
    plain: list[Encoded],
    work: Work,
    fold: int,
) -> Arrays:
    """What is said of the lines of a fold by a model that did not see their articles."""
    seen = [at for at, row in enumerate(rows) if row.fold != fold]
    held = [at for at, row in enumerate(rows) if row.fold == fold]
    whole = _fitted(start, rows, ids, seen, work, f"whole{fold}")
    lines = plain + [ids[at] for at in seen]
    said = said_of(whole, lines, list(range(len(lines))))
    judge = _distilled(start, said, lines, work, f"half{fold}")
    return {"scores": _scores(judge, ids, held)}


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


def _export(judge: Judge, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the encoder in int8, its tokenizer, and the scores' weights."""
    export(judge.encoder, tokenizer, folder)
    shape = (len(SECTIONS), len(LABELS), -1)
    np.savez(
        folder / "head.npz",
        weight=judge.head.weight.detach().numpy().reshape(shape),
        bias=judge.head.bias.detach().numpy().reshape(shape[:2]),
    )


if __name__ == "__main__":
    main()
