"""Stage 2 of training: the cased SentencePiece vocabulary, written as ``tokenizer.json``.

    python -m scripts.train.vocabulary --out build/train

Unigram pieces (Kudo 2018) with byte fallback, so that any text round-trips; the control tokens
that ask for a section and a length are symbols of their own.
"""

import argparse
import random
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from scripts.train.corpus import read_records
from scripts.train.files import needed

CONTROL = [
    "<sep>", "<mask>", "<copy>", "<fill>", "<pick>", "<clean>",
    "<headline>", "<point>", "<context>",
    *(f"<l{bucket}>" for bucket in range(8)),
]  # fmt: skip
PAD, EOS, UNK = 1, 2, 3


def sample(records: Path, lines: int, seed: int = 1) -> list[str]:
    """Titles and sentences drawn evenly from the articles."""
    rng = random.Random(seed)
    found: list[str] = []
    for record in read_records(records):
        found.append(record.title)
        found += rng.sample(record.sentences, min(8, len(record.sentences)))
        found += record.highlights
    rng.shuffle(found)
    return [line for line in found if 0 < len(line) < 600][:lines]


def train(lines: list[str], size: int, prefix: Path) -> None:
    """Train the SentencePiece model ``prefix.model``."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(prefix),
        model_type="unigram",
        vocab_size=size,
        character_coverage=0.9998,
        byte_fallback=True,
        normalization_rule_name="identity",
        bos_id=0,
        pad_id=PAD,
        eos_id=EOS,
        unk_id=UNK,
        user_defined_symbols=CONTROL,
        num_threads=2,
        minloglevel=1,
    )


def to_tokenizer(model: Path) -> Tokenizer:
    """The same vocabulary in the form that both back ends read without sentencepiece."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    vocabulary = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(len(pieces))]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=UNK, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    special = ["<s>", "<pad>", "</s>", "<unk>", *CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    return tokenizer


def main() -> None:
    """Train the vocabulary and check the conversion on the sample itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=16384)
    parser.add_argument("--lines", type=int, default=350_000)
    options = parser.parse_args()
    records = needed(options.out / "train" / "records.jsonl", "scripts.train.prepare")
    lines = sample(records, options.lines)
    train(lines, options.size, options.out / "vocabulary")
    tokenizer = to_tokenizer(options.out / "vocabulary.model")
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(options.out / "vocabulary.model"))
    probe = lines[:5000]
    same = sum(pieces.encode(x) == tokenizer.encode(x).ids for x in probe)
    back = sum(tokenizer.decode(tokenizer.encode(x).ids) == x for x in probe)
    length = sum(len(pieces.encode(x)) for x in probe) / sum(len(x.split()) for x in probe)
    print(f"same ids {same}/5000, round trips {back}/5000, {length:.2f} pieces a word", flush=True)


if __name__ == "__main__":
    main()
