"""A server over the echo back end, each call of which takes a while: ``seconds settings...``."""

import json
import sys
import time
from functools import partial

from briefing.api.server import run_server
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.reading import article_from_text
from briefing.writing import choose_family
from tests.api.articles import BODY
from tests.api.fakes import EchoBackend


class SlowBackend(EchoBackend):
    seconds = 0.0

    def generate(self, batches, decoding):
        time.sleep(self.seconds)
        return super().generate(batches, decoding)


class SlowBriefer(Briefer):
    """Slow once it is warm. It warms up on what tests send, which spares it the language model."""

    backend: SlowBackend
    seconds: float

    def warm(self) -> None:
        self.brief(article_from_text(BODY, title="Vote"))
        self.backend.seconds = self.seconds


def briefer(seconds: float, _: Settings) -> Briefer:
    backend = SlowBackend()
    made = SlowBriefer.over(backend, choose_family("bundled", ""))
    made.backend, made.seconds = backend, seconds
    return made


if __name__ == "__main__":
    given = {
        name: json.loads(value) if value.startswith("[") else value
        for name, value in (each.split("=", 1) for each in sys.argv[2:])
    }
    run_server(Settings(port=0, **given), partial(briefer, float(sys.argv[1])))
