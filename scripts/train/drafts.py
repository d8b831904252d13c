"""What the writer itself writes for training pairs: the faults that the judge of grammar must know.

    python -m scripts.train.drafts --out build/train --model briefing/models/bundled

Writes ``drafts.jsonl`` beside ``pairs.jsonl``: pairs whose target is a line of the model's own, so
that the judge learns from real faults and not from made ones alone (as a discriminator does;
Goodfellow et al. 2014). Lines that are the editor's own are left out.
"""

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

from briefing.models import Decoding, open_backend
from scripts.train.pairs import Pair, length_token, read_pairs, shuffled_sources


def prompt(pair: Pair, rng: random.Random) -> str:
    """What the writer is asked for the pair: in either manner, at about the target's length."""
    size = max(5, len(pair.target.split()) + rng.randint(-2, 2))
    manner = rng.choice(("", "<clean>"))
    sources = "<sep>".join(shuffled_sources(pair, [], rng))
    return f"<{pair.section}>{manner}{length_token(size)}{sources}"


def main() -> None:
    """Write the drafts of a sample of the pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(11)
    folder = options.out / "train"
    pairs = [*read_pairs(folder / "pairs.jsonl"), *read_pairs(folder / "compressions.jsonl")]
    chosen = rng.sample(pairs, options.pairs)
    backend = open_backend(options.model, "cpu", "auto", options.threads)
    written = backend.generate([[prompt(pair, rng)] for pair in chosen], Decoding())
    kept = 0
    with (folder / "drafts.jsonl").open("w", encoding="utf-8") as out:
        for pair, hypotheses in zip(chosen, written, strict=True):
            for hypothesis in hypotheses:
                line = " ".join(hypothesis.text.split())
                if line and line.rstrip(".").casefold() != pair.target.rstrip(".").casefold():
                    draft = Pair(pair.section, pair.sources, line, pair.gain)
                    out.write(json.dumps(asdict(draft), ensure_ascii=False) + "\n")
                    kept += 1
    print(kept, "drafts")


if __name__ == "__main__":
    main()
