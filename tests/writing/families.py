"""A prompt family for tests."""

from pathlib import Path

GOOD = """
models = ["mine"]
reads = "plan"
max_input = 64
languages = ["en", "de"]
[headline]
template = "h {sources}"
[key-points]
template = "p {words} {sources}"
[key-points.decoding]
beam = 2
n_best = 1
[context]
template = "c {sources}"
"""


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path
