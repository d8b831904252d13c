"""The clients of bench_service.py, run by locust: each article is sent once, by whoever is free.

``BENCH_ARTICLES`` names the articles (JSON Lines), ``BENCH_RESULT`` the file for what was measured.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task
from locust.env import Environment

_articles = Path(os.environ["BENCH_ARTICLES"]).read_bytes().splitlines()
_left = iter(_articles)
_times: list[float] = []
_failures: list[str] = []
_span: list[float] = []


class Client(FastHttpUser):
    """Asks, waits for the answer, asks again."""

    network_timeout = 600.0
    connection_timeout = 60.0

    @task
    def brief(self) -> None:
        """Send the next article; the run ends with the answer to the last one."""
        body = next(_left, None)
        if body is None:
            if len(_times) + len(_failures) == len(_articles):
                self.environment.runner.quit()
            time.sleep(0.01)
            return
        _span.append(time.perf_counter())
        self.client.post("/v1/briefs", data=body, headers={"Content-Type": "application/json"})
        _span.append(time.perf_counter())


@events.request.add_listener
def answered(response_time: float, exception: Exception | None, **_: Any) -> None:
    """Keep the exact time (locust's own statistics are rounded), in seconds."""
    if exception:
        _failures.append(str(exception))
    else:
        _times.append(response_time / 1000)


@events.quitting.add_listener
def written(environment: Environment, **_: Any) -> None:
    """Write what was measured."""
    seconds = max(_span) - min(_span) if _span else 0.0
    found = {"seconds": seconds, "times": _times, "failures": _failures}
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(found), encoding="utf-8")
    environment.process_exit_code = 0
