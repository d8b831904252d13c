r"""Make the vectors of common words: what the sentence encoder says of each by itself.

python -m scripts.train.language.vectors --start build/quality/start \
        --records build/train/train/records.jsonl --to briefing/language/data/en/vectors.npz
"""

import argparse
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from briefing.language.tokens import tokens
from scripts.train.corpus import read_records
from scripts.train.files import file_of, model_folder, replacing

_WORDS, _DIMENSIONS = 24_000, 64
_ARTICLES, _SENTENCES = 30_000, 25
_FITTED = 12_000
"""The commonest words, to which the axes are fitted."""


def main() -> None:
    """Count, encode, reduce, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=model_folder, required=True)
    parser.add_argument("--records", type=file_of("scripts.train.prepare"), required=True)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for record in islice(read_records(options.records), _ARTICLES):
        for sentence in record.sentences[:_SENTENCES]:
            counts.update(
                t.key
                for t in tokens(sentence)
                if t.key.isalpha() and not t.capital and not t.function
            )
    words = [word for word, _ in counts.most_common(_WORDS)]
    rows = unit(encoded(options.start, words))
    rows = unit(rows - rows.mean(0))
    axes = np.linalg.svd(rows[:_FITTED], full_matrices=False)[2][:_DIMENSIONS]
    packed = np.round(127 * unit(rows @ axes.T)).astype(np.int8)
    named = np.frombuffer("\n".join(words).encode(), dtype=np.uint8)
    with replacing(options.to, "wb") as out:
        np.savez_compressed(out, words=named, rows=packed)
    print(len(words), "words,", options.to.stat().st_size, "bytes")


def encoded(start: Path, words: list[str]) -> np.ndarray:
    """The mean of the encoder's states of each word."""
    encoder = AutoModel.from_pretrained(start, add_pooling_layer=False).eval()
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    tokenizer.enable_padding()
    found = []
    with torch.no_grad():
        for at in range(0, len(words), 512):
            batch = tokenizer.encode_batch(words[at : at + 512])
            ids = torch.tensor([one.ids for one in batch])
            mask = torch.tensor([one.attention_mask for one in batch]).float()
            states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            found.append((states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    return torch.cat(found).numpy()


def unit(rows: np.ndarray) -> np.ndarray:
    """The rows with length one."""
    scaled: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


if __name__ == "__main__":
    main()
