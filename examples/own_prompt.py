"""Say what the model is asked: python own_prompt.py FILE

A folder of your own holds prompt files, one for each family of models; see prompts/README.md. This
one asks the bundled model for shorter headlines.
"""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from briefing import Briefer

shipped = files("briefing.prompts").joinpath("bundled.toml").read_text("utf-8")
own = shipped.replace("[headline.decoding]\n", "[headline.decoding]\nmax_tokens = 16\n", 1)

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "bundled.toml").write_text(own, encoding="utf-8")
    with Briefer(prompts=Path(folder)) as briefer:
        print(briefer.brief(Path(sys.argv[1]), sections=["headline"]).headline)
