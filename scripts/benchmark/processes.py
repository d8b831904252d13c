"""Whole processes: how long the command takes, how much memory, how busy it keeps the machine."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from scripts.benchmark.articles import stream

_LAUNCHER = """
import json, os, sys, time
began = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - began
print(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
sys.exit(bool(status))
"""
"""A small process starts it: a child's largest memory counts what it was forked from."""
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
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *arguments]
    told = subprocess.run(launch, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return Run(*json.loads(told.stdout))


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
