"""Speed and memory of the command line and of the back ends, each against its alternative.

    python scripts/bench.py [--articles IN.jsonl] [--count 64]

Prints the machine, the versions, and for each figure what it is compared with, in one run. The
default articles are put together from the sentences of tests/fixtures, about 600 words each.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from briefing.article import Article
from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.models.ct2 import cores
from briefing.read import sentence_texts

ROOT = Path(__file__).parents[1]
COMMAND = str(Path(sys.executable).with_name("briefing"))


def made_articles(count: int, words: int = 600) -> list[dict[str, str]]:
    """Articles of about ``words`` words: sentences of the fixtures, each time in another order."""
    paragraphs = [
        sentence
        for path in sorted((ROOT / "tests" / "fixtures").glob("*.txt"))
        for sentence in sentence_texts(path.read_text(encoding="utf-8"))[2:]
    ]
    rng = random.Random(5)
    rows = []
    for _ in range(count):
        chosen: list[str] = []
        while sum(len(s.split()) for s in chosen) < words:
            chosen.append(rng.choice(paragraphs))
        text = "\n\n".join(" ".join(chosen[i : i + 3]) for i in range(0, len(chosen), 3))
        rows.append({"title": "", "text": text})
    return rows


def cold(arguments: list[str], runs: int = 5) -> tuple[float, float]:
    """Median seconds and largest resident megabytes of a whole process."""
    seconds, peak = [], 0.0
    for _ in range(runs):
        began = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{arguments} failed")
        seconds.append(time.perf_counter() - began)
        peak = max(peak, usage.ru_maxrss / 1024)
    return median(seconds), peak


def batch_seconds(briefer: Briefer, articles: list[Article]) -> float:
    """Seconds to brief all articles with a warm model."""
    briefer.warm()
    began = time.perf_counter()
    for result in briefer.brief_many(articles):
        if isinstance(result, Exception):
            raise result
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, help='JSON Lines with "title" and "text"')
    parser.add_argument("--count", type=int, default=64)
    options = parser.parse_args()
    rows = made_articles(options.count)
    if options.articles:
        lines = options.articles.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines[: options.count]]
    names = ("ctranslate2", "torch", "transformers")
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"briefing --help, cold: {cold([COMMAND, '--help'])[0]:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "article.txt"
        path.write_text(rows[0]["text"], encoding="utf-8")
        seconds, peak = cold([COMMAND, "brief", str(path)])
        words = len(rows[0]["text"].split())
        print(f"briefing brief, {words} words, cold: {seconds:.2f} s, {peak:.0f} MB")
    articles = [article_of(row) for row in rows]
    ours = batch_seconds(Briefer(device="cpu"), articles)
    theirs = batch_seconds(Briefer(device="cpu", backend="transformers"), articles)
    rate = len(articles) / ours
    print(f"{len(articles)} articles, ctranslate2 int8: {ours:.1f} s, {rate:.1f} articles a second")
    print(f"{len(articles)} articles, transformers fp32: {theirs:.1f} s, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
