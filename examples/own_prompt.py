"""Say what the model is asked: python own_prompt.py FILE

A folder of your own holds prompt files, one for each family of models; see prompts/README.md. This
one asks the bundled model for shorter headlines.
"""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import tomlkit

from briefing import Briefer

own = tomlkit.parse(files("briefing.prompts").joinpath("bundled.toml").read_text("utf-8"))
own["headline"]["decoding"]["max_tokens"] = 16

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "bundled.toml").write_text(tomlkit.dumps(own), encoding="utf-8")
    with Briefer(prompts=Path(folder)) as briefer:
        print(briefer.brief(Path(sys.argv[1]), sections=["headline"]).headline)
