"""Train the planner: word vectors, the sentence-role network, the salience trees.

    python -m scripts.train.planner --data DATA --out briefing/plan/parameters.npz

Reads only training splits. Word vectors: positive pointwise mutual information of the articles'
words, reduced by a truncated SVD. Roles: an ensemble of small networks (see
``briefing/plan/network.py``) on the labelled news of Choubey et al. 2020. Salience: boosted
trees that regress how much of the editors' highlights a sentence holds (ROUGE-1 and -2).
"""

import argparse
import array
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from nltk.stem.porter import PorterStemmer
from rouge_score.tokenize import tokenize as rouge_words
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils.extmath import randomized_svd
from torch import Tensor, nn
from torch.nn import functional

from briefing.article import Article, Sentence
from briefing.brief import Role
from briefing.plan.document import Document, document, hash_word
from briefing.plan.features import Features, features
from briefing.plan.lexicon import normalise, tokenise
from briefing.plan.network import VECTOR_GAIN, RoleNetwork, inputs
from briefing.plan.parameters import word_table
from briefing.plan.salience import salience_inputs
from briefing.plan.words import WordTable, find, unit
from scripts.train.corpus import read_lines, split_sentences

LABELS = dict(
    zip(
        (
            "Main",
            "Main_Consequence",
            "Cause_Specific",
            "Cause_General",
            "Distant_Historical",
            "Distant_Anecdotal",
            "Distant_Evaluation",
            "Distant_Expectations_Consequences",
            "NA",
        ),
        range(len(Role)),
        strict=True,
    )
)
VOCABULARY, CONTEXTS, DIMENSIONS, WINDOW = 20_000, 6_000, 96, 5
FILTERS, UNITS, INNER = 64, 64, 96
EPOCHS, BATCH, RATE = 12, 8, 2e-3
PRIOR = 0.2  # how far the frequent roles are favoured again after weighted training
HIGHLIGHTED = ("cnndm", "abp")
Params = dict[str, np.ndarray[Any, Any]]


# -- data ---------------------------------------------------------------------------------------


def labelled_article(record: dict[str, Any]) -> Article:
    """An Article of a discourse record, whose sentences are given."""
    head = [Sentence("title", 0, 0, record["headline"], -2)] if record["headline"] else []
    body = [Sentence("body", 0, 0, s["text"], s["paragraph"]) for s in record["sentences"]]
    return Article(record["headline"], None, "", (*head, *body), "en")


def plain_article(title: str | None, text: str) -> Article:
    """An Article of a title and a plain body, cut into sentences by paragraph."""
    head = [Sentence("title", 0, len(title), title, -2)] if title else []
    paragraphs = [p for p in text.split("\n") if p.strip()]
    body = [
        Sentence("body", 0, 0, line, number)
        for number, paragraph in enumerate(paragraphs)
        for line in split_sentences(paragraph)
    ]
    return Article(title, None, text, (*head, *body), "en")


def highlighted(data: Path, split: str, sources: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Records with editor-written highlights, from sources that start with ``sources``."""
    for record in read_lines(data / "articles" / "articles-0.jsonl.xz"):
        if not record["source"].startswith(sources) or record["split"] != split:
            continue
        if record["highlights"] and record["text"]:
            yield record


# -- word vectors -------------------------------------------------------------------------------


def word_vectors(data: Path, seed: int) -> Params:
    """Vectors and document frequencies of the commonest words of the training articles."""
    vocabulary: dict[str, int] = {}
    stream = array.array("i")
    frequency: Counter[int] = Counter()
    documents = 0
    for path in sorted((data / "articles").glob("articles-*.jsonl.xz")):
        for record in read_lines(path):
            if record["split"] != "train" or record["source"].startswith("scitldr"):
                continue
            tokens = tokenise(f"{record['title']} \n{record['text'][:6000]}")
            ids = [vocabulary.setdefault(normalise(t), len(vocabulary)) for t in tokens]
            stream.extend(ids)
            stream.extend([-1] * WINDOW)
            frequency.update(set(ids))
            documents += 1
    ids_all = np.frombuffer(stream, dtype=np.int32)
    counts = np.bincount(ids_all[ids_all >= 0], minlength=len(vocabulary))
    kept = np.argsort(-counts, kind="stable")[:VOCABULARY]
    rank = np.full(len(vocabulary) + 1, -1, dtype=np.int32)  # index -1 is the last: a break
    rank[kept] = np.arange(len(kept))
    vectors = unit(_reduced(_cooccurrence(rank[ids_all], len(kept)), seed))
    words = list(vocabulary)
    hashes = np.array([hash_word(words[i]) for i in kept], dtype=np.uint32)
    _, order = np.unique(hashes, return_index=True)
    scale = np.abs(vectors).max(axis=1) / 127
    seen = np.array([frequency[int(i)] for i in kept])
    return {
        "word_hash": hashes[order],
        "word_vector": np.round(vectors / scale[:, None]).astype(np.int8)[order],
        "word_scale": scale.astype(np.float16)[order],
        "word_idf": np.log(documents / (1 + seen)).astype(np.float16)[order],
    }


def _cooccurrence(ids: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    """Counts of words around words, nearer ones weighing more: (words, contexts)."""
    contexts, chunk = min(CONTEXTS, size), 20_000_000
    table = np.zeros(size * contexts, dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        for word, near in ((ids[:-distance], ids[distance:]), (ids[distance:], ids[:-distance])):
            valid = (word >= 0) & (near >= 0) & (near < contexts)
            keys = word[valid].astype(np.int64) * contexts + near[valid]
            for start in range(0, len(keys), chunk):
                found = np.bincount(keys[start : start + chunk], minlength=len(table))
                table += (found / distance).astype(np.float32)
    return table.reshape(size, contexts)


def _reduced(table: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    rows = table.sum(axis=1, keepdims=True)
    columns = table.sum(axis=0, keepdims=True) ** 0.75
    columns *= rows.sum() / columns.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(table * rows.sum() / (rows * columns))
    information = np.maximum(np.nan_to_num(information, neginf=0) - 0.3, 0)
    left, values, _ = randomized_svd(information, DIMENSIONS, n_iter=4, random_state=seed)
    reduced: np.ndarray[Any, Any] = (left * np.sqrt(values)).astype(np.float32)
    return reduced


# -- roles --------------------------------------------------------------------------------------


class Network(nn.Module):
    """The trainable twin of ``briefing.plan.network.RoleNetwork``."""

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
    positions = find(words.hashes, found.hashes) + 1
    bounds = np.searchsorted(found.sentence, np.arange(found.size + 1))
    return [positions[a : min(b, a + 60)] for a, b in pairwise(bounds)]


def train_roles(
    data: Path, words: WordTable, networks: int, seed: int, only: range | None = None
) -> Params:
    """Train ``networks`` role networks; ``only`` restricts to some articles (cross-validation)."""
    records = list(read_lines(data / "discourse_train.jsonl.xz"))
    records = [records[i] for i in only] if only else records
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


# -- salience -----------------------------------------------------------------------------------


class _Stemmer:
    """The Porter stemmer with a memory."""

    def __init__(self) -> None:
        self.stem = lru_cache(maxsize=200_000)(PorterStemmer().stem)


_STEMMER = _Stemmer()


def rouge_tokens(text: str) -> list[str]:
    """Tokens as the ROUGE package counts them, stemmed."""
    return list(rouge_words(text, _STEMMER))


def overlap(line: list[str], reference: list[str]) -> float:
    """Mean of ROUGE-1 and ROUGE-2 F1 of a sentence against all highlights together."""
    total = 0.0
    for size in (1, 2):
        a = Counter(zip(*(line[i:] for i in range(size)), strict=False))
        b = Counter(zip(*(reference[i:] for i in range(size)), strict=False))
        total += 2 * (a & b).total() / max(1, a.total() + b.total())
    return total / 2


def described_articles(
    data: Path, split: str, words: WordTable, roles: RoleNetwork
) -> Iterator[tuple[Article, list[str], Features, np.ndarray[Any, Any]]]:
    """Articles with highlights, their features and role probabilities."""
    for record in highlighted(data, split, HIGHLIGHTED):
        # Every second title is left out: the planner must work without one.
        title = record["title"] if len(record["text"]) % 2 else None
        article = plain_article(title, record["text"])
        found = document(article)
        if found.size < 5:
            continue
        described = features(found, words)
        yield article, record["highlights"], described, roles.probabilities(found, described, words)


def train_salience(data: Path, words: WordTable, roles: RoleNetwork, seed: int) -> Params:
    """Boosted trees from features and role probabilities to overlap with the highlights."""
    rows, targets, weights = [], [], []
    for article, highlights, described, probable in described_articles(data, "train", words, roles):
        reference = rouge_tokens(" ".join(highlights))
        body = [s.text for s in article.sentences if s.part == "body"]
        gains = np.array([overlap(rouge_tokens(text), reference) for text in body])
        rows.append(salience_inputs(described, probable))
        targets.append(gains / max(gains.max(), 0.05))
        weights.append(np.full(len(gains), 1 / np.sqrt(len(gains))))
    x, y = np.concatenate(rows), np.concatenate(targets)
    model = salience_model(seed).fit(x, y, sample_weight=np.concatenate(weights))
    low, high = np.quantile(model.predict(x), [0.02, 0.995])
    return exported_trees(model) | {"salience_range": np.array([low, high], dtype=np.float32)}


def salience_model(seed: int) -> HistGradientBoostingRegressor:
    """The regressor, before it is fitted."""
    return HistGradientBoostingRegressor(
        max_iter=150,
        learning_rate=0.06,
        max_leaf_nodes=12,
        max_depth=5,
        min_samples_leaf=80,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )


def exported_trees(model: HistGradientBoostingRegressor) -> Params:
    """Trees as padded arrays; a leaf's children are itself. The baseline goes into one leaf."""
    trees = [stage[0].nodes for stage in model._predictors]
    width = max(map(len, trees))
    shape = (len(trees), width)
    own = np.broadcast_to(np.arange(width, dtype=np.uint8), shape)
    arrays: Params = {
        "tree_feature": np.zeros(shape, np.uint8),
        "tree_threshold": np.zeros(shape, np.float32),
        "tree_left": own.copy(),
        "tree_right": own.copy(),
        "tree_value": np.zeros(shape, np.float32),
        "tree_depth": np.array(max(int(t["depth"].max()) for t in trees)),
    }
    for row, nodes in enumerate(trees):
        inner = np.flatnonzero(~nodes["is_leaf"].astype(bool))
        arrays["tree_feature"][row, inner] = nodes["feature_idx"][inner]
        arrays["tree_threshold"][row, inner] = nodes["num_threshold"][inner]
        arrays["tree_left"][row, inner] = nodes["left"][inner]
        arrays["tree_right"][row, inner] = nodes["right"][inner]
        arrays["tree_value"][row, : len(nodes)] = nodes["value"]
    arrays["tree_value"][0] += float(np.ravel(model._baseline_prediction)[0])
    return arrays


def main() -> None:
    """Train everything and write one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--networks", type=int, default=2, help="role networks in the ensemble")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = word_vectors(options.data, options.seed)
    words = word_table(found)
    print("word vectors", file=sys.stderr, flush=True)
    found |= train_roles(options.data, words, options.networks, options.seed)
    found |= train_salience(options.data, words, RoleNetwork(found), options.seed)
    np.savez_compressed(options.out, **found)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
