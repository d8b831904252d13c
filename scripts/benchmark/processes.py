"""Whole processes: how long the command takes, how much memory, how busy it keeps the machine."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from scripts.benchmark.articles import stream

COMMAND = str(Path(sys.executable).with_name("briefing"))


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds by the clock and of the processor, largest resident megabytes."""

    seconds: float
    processor: float
    megabytes: float


def run(arguments: Sequence[str]) -> Run:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(arguments, stdout=quiet, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed")
    seconds = time.perf_counter() - began
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cold(arguments: Sequence[str], runs: int = 5) -> Run:
    """The median time and the largest memory of several runs."""
    found = [run(arguments) for _ in range(runs)]
    return Run(
        median(one.seconds for one in found),
        median(one.processor for one in found),
        max(one.megabytes for one in found),
    )


def batch(count: int, words: int) -> Run:
    """``briefing batch`` over ``count`` articles of ``words`` words, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
        with source.open("w", encoding="utf-8") as out:
            for number, row in enumerate(islice(stream(words), count)):
                out.write(json.dumps({"id": number, **row}) + "\n")
        found = run([COMMAND, "batch", str(source), "-o", str(output)])
        with output.open(encoding="utf-8") as lines:
            if sum(1 for _ in lines) != count:
                raise SystemExit("briefing batch left articles out")
    return found
