"""A server over the echo back end, each call of which takes a while: ``seconds settings...``."""

import json
import sys
import time
from functools import partial

from briefing.api.server import run_server
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.writing import choose_family
from tests.api.fakes import EchoBackend


class SlowBackend(EchoBackend):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def generate(self, batches, decoding):
        time.sleep(self.seconds)
        return super().generate(batches, decoding)


def briefer(seconds: float, _: Settings) -> Briefer:
    return Briefer.over(SlowBackend(seconds), choose_family("bundled", ""))


if __name__ == "__main__":
    given = {
        name: json.loads(value) if value.startswith("[") else value
        for name, value in (each.split("=", 1) for each in sys.argv[2:])
    }
    run_server(Settings(port=0, **given), partial(briefer, float(sys.argv[1])))
