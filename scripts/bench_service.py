"""The service under 1 to 64 clients, against the library and a simple server, on this machine.

    python -m scripts.bench_service [--articles IN.jsonl] [--count 192] [--clients 1 4 16 64]

Prints one table. The same articles go through ``Briefer.brief_many`` (what ``briefing batch`` runs;
its start is not counted), ``Briefer.brief`` one by one, the service, and a server that takes one
request at a time on transformers (``bench_serial.py``; a part of the articles). The clients are
locust's and share the machine with what they measure. Nothing is kept between requests.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.models.backend import cores
from scripts.benchmark.articles import made_articles
from scripts.benchmark.stages import batch_seconds

SCRIPTS = Path(__file__).parent
SERVE = [str(Path(sys.executable).with_name("briefing")), "serve", "--port", "0"]
SETTINGS = {
    **{"BRIEFING_CACHE_BYTES": "0", "BRIEFING_QUEUE": "256", "BRIEFING_LOG_LEVEL": "info"},
    **{"BRIEFING_REQUEST_TIMEOUT": "600", "BRIEFING_CONFIG": os.devnull},
}


@contextmanager
def serving(command: Sequence[str], ready: str) -> Iterator[str]:
    """A server in a process of its own, once it answers at ``ready``; gives its base URL."""
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(
            command, stderr=log, env={**os.environ, **SETTINGS}, cwd=SCRIPTS.parent
        )
        try:
            yield _ready(process, Path(log.name), ready)
        finally:
            process.terminate()
            process.wait(60)


def _ready(process: "subprocess.Popen[bytes]", log: Path, path: str) -> str:
    while process.poll() is None:
        time.sleep(0.2)
        if not (said := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))):
            continue
        if not path or httpx.get(said[0] + path, trust_env=False).status_code == 200:
            return said[0]
    raise SystemExit(f"{process.args} ended: {log.read_text('utf-8')}")


def load(base: str, clients: int, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Send ``rows`` with so many clients; the seconds it took, and those of each answer."""
    with tempfile.TemporaryDirectory() as folder:
        articles, result = Path(folder) / "articles.jsonl", Path(folder) / "result.json"
        articles.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        named = {"BENCH_ARTICLES": str(articles), "BENCH_RESULT": str(result)}
        users = ["--users", str(clients), "--spawn-rate", str(clients)]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "locust", "-f", SCRIPTS / "bench_users.py", "--headless"),
                *("--host", base, "--only-summary", "--skip-log-setup", *users),
            ],
            env={**os.environ, **named},
            capture_output=True,
            text=True,
            check=False,
        )
        if not result.exists():
            raise SystemExit(f"locust failed: {done.stderr}")
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    if found["failures"]:
        raise SystemExit(f"{len(found['failures'])} requests failed: {found['failures'][0]}")
    return found


def row(name: str, seconds: float, count: int, batch: float, times: Sequence[float]) -> None:
    """Print one line of the table."""
    rate = count / seconds
    latency = f"{median(times) * 1000:.0f} ms" if times else ""
    print(f"| {name} | {rate:.2f} | {rate / batch:.0%} | {latency} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, help='JSON Lines with "title" and "text"')
    parser.add_argument("--count", type=int, default=192)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    options = parser.parse_args()
    rows = made_articles(options.count)
    if options.articles:
        lines = options.articles.read_text(encoding="utf-8").splitlines()
        rows = [
            {"title": each.get("title") or "", "text": each["text"]}
            for each in map(json.loads, lines[: options.count])
        ]
    print(f"{platform.machine()}, {cores()} cores, {len(rows)} articles\n")
    print("| what | articles a second | of batch | median latency |\n|---|---|---|---|")
    batch = library(rows)
    with serving(SERVE, "/readyz") as base:
        load(base, 4, rows[:16])
        for clients in options.clients:
            found = load(base, clients, rows)
            row(f"service, {clients} clients", found["seconds"], len(rows), batch, found["times"])
    part = rows[: max(4, len(rows) // 4)]
    with serving([sys.executable, "-m", "scripts.bench_serial"], "") as base:
        for clients in (options.clients[0], options.clients[-1]):
            found = load(base, clients, part)
            name = f"one at a time on transformers, {clients} clients"
            row(name, found["seconds"], len(part), batch, found["times"])


def library(rows: Sequence[dict[str, str]]) -> float:
    """Measure the library; gives its articles a second in batches."""
    briefer = Briefer()
    articles = [article_of(each) for each in rows]
    seconds = batch_seconds(briefer, articles)
    batch = len(rows) / seconds
    row("briefing batch", seconds, len(rows), batch, [])
    times = []
    for each in rows:
        began = time.perf_counter()
        briefer.brief(article_of(each))
        times.append(time.perf_counter() - began)
    row("library, one by one", sum(times), len(rows), batch, times)
    return batch


if __name__ == "__main__":
    main()
