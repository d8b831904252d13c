"""Stage 4 of training: the last checkpoint -> the bundled model folder, int8.

python -m scripts.train.export --out build/train --to briefing/models/bundled
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters import TransformersConverter
from tokenizers import Tokenizer, processors
from transformers import BartConfig, BartForConditionalGeneration

from scripts.train.files import needed
from scripts.train.vocabulary import EOS


def write_tokenizer(source: Path, folder: Path) -> None:
    """``tokenizer.json`` that closes every input with the end token, as in training."""
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", EOS)]
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_max_length": 256,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def averaged(paths: list[Path]) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The mean of the checkpoints' weights (one path: that one), and the shape's configuration."""
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in paths]
    mean = {
        name: torch.stack([s["model"][name].float() for s in states]).mean(dim=0)
        for name in states[0]["model"]
    }
    return mean, states[-1]["config"]


def main() -> None:
    """Write the folder that both back ends load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--checkpoint", nargs="+", default=["writer-write.pt"])
    options = parser.parse_args()
    needed(options.out / "tokenizer.json", "scripts.train.vocabulary")
    made = "scripts.train.fit --stage write"
    state, config = averaged([needed(options.out / name, made) for name in options.checkpoint])
    model = BartForConditionalGeneration(BartConfig(**config))
    model.load_state_dict(state)
    options.to.mkdir(parents=True, exist_ok=True)
    write_tokenizer(options.out / "tokenizer.json", options.to)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(options.to / name, scratch)
        converter = TransformersConverter(scratch)
        converter.convert(str(options.to / "ctranslate2"), quantization="int8", force=True)
        shutil.copy(Path(scratch) / "config.json", options.to / "config.json")
    size = sum(f.stat().st_size for f in options.to.rglob("*") if f.is_file())
    print(f"{options.to}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
