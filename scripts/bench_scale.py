"""What the Ray engine costs and gives, and what a fleet would: beside the local engine, in one run.

    python -m scripts.bench_scale [--count 200] [--gpu-rate R] [--no-serve] [--tiny]

The same articles through ``briefing batch`` with the local engine and with Ray, on one worker and
on two; the start is taken out by a shorter run. Then the service on Ray Serve with its own batches
beside ``serve.batch``. Last a cost model of fleets from these figures (scripts/benchmark/cost.py).
``--gpu-rate`` is articles a second of a GPU, as scripts/bench_gpu.py measures them.
"""

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.models.ct2 import cores
from scripts.bench import machine
from scripts.benchmark.articles import stream
from scripts.benchmark.cost import Figure, Figures, assumed, report
from scripts.benchmark.processes import COMMAND, run

SHORT = 0.25
"""Part of the articles of the run that the start is told by."""
SHARDS = 128
"""Shards of one article, for the driver's own rate."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Articles a second once it runs, seconds until then, and bytes written an article."""

    rate: float
    start: float
    bytes_out: float


def write(path: Path, count: int, words: int = 600) -> int:
    """Articles to a file; its bytes."""
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(islice(stream(words), count)):
            out.write(json.dumps({"id": number, **row}) + "\n")
    return path.stat().st_size


def timed(folder: Path, count: int, options: Sequence[str], shards: int) -> Timing:
    """``briefing batch`` on ``count`` articles, its start told by a shorter run."""
    few = max(2, int(count * SHORT))
    seconds, size = {}, 0
    for number in (few, count):
        source, output = folder / f"in-{number}.jsonl", folder / "out"
        if not source.exists():
            write(source, number)
        cut = ["--shard-rows", str(-(-number // shards))] if "ray" in options else []
        target = output if cut else output.with_suffix(".jsonl")
        seconds[number] = run(
            [COMMAND, "batch", str(source), "-o", str(target), *options, *cut]
        ).seconds
        size = _remove(target)
    rate = (count - few) / max(1e-6, seconds[count] - seconds[few])
    return Timing(rate, max(0.0, seconds[few] - few / rate), size / count)


def _remove(path: Path) -> int:
    """Remove an output; the bytes of its results."""
    if path.is_file():
        size = path.stat().st_size
        path.unlink()
        return size
    size = sum(part.stat().st_size for part in path.glob("part-*"))
    for each in sorted(path.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() else each.unlink()
    path.rmdir()
    return size


def engines(folder: Path, count: int, found: dict[str, Timing], *, few: bool) -> Iterator[str]:
    """Rows of the engines, with the model and without; ``few``: the first two alone."""
    all_cores = str(cores())
    ways = [
        ("local", ["--threads", all_cores]),
        ("ray, 1 worker", ["--threads", all_cores, "--engine", "ray", "--workers", "1"]),
        ("ray, 1 worker of 1 core", ["--threads", "1", "--engine", "ray", "--workers", "1"]),
        ("ray, 2 workers of 1 core", ["--threads", "1", "--engine", "ray", "--workers", "2"]),
    ]
    if cores() == 1:
        ways.pop()
    kinds: tuple[tuple[str, list[str]], ...] = (("", []), ("extractive, ", ["--extractive"]))
    for kind, more in kinds[:1] if few else kinds:
        base = 0.0
        for name, options in ways[:2] if few else ways:
            made = timed(folder, count, [*options, *more], shards=8)
            found[kind + name] = made
            base = base or made.rate
            share = f"{100 * made.rate / base:.0f} %"
            yield f"| {kind}{name} | {made.rate:.1f} | {share} | {made.start:.1f} s |"


def driver(folder: Path, shards: int = SHARDS) -> float:
    """Shards a second that the driver hands out and hears of, with next to nothing in them.

    It is a lower bound: the workers write each shard's results and its marker meanwhile.
    """
    source = folder / "short.jsonl"
    write(source, shards, words=60)
    options = ["--extractive", "--threads", "1", "--engine", "ray", "--workers", str(cores())]
    seconds = {}
    for rows in (1, shards):
        output = folder / f"out-{rows}"
        call = [COMMAND, "batch", str(source), "-o", str(output), *options]
        seconds[rows] = run([*call, "--shard-rows", str(rows)]).seconds
        _remove(output)
    return (shards - 1) / max(1e-6, seconds[1] - seconds[shards])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--gpu-rate", type=float, default=500)
    parser.add_argument("--no-serve", action="store_true")
    parser.add_argument("--tiny", action="store_true", help="a few articles, for the test")
    options = parser.parse_args(arguments)
    count = 8 if options.tiny else options.count
    print(machine(), flush=True)
    print("\n| engine | articles a second | of local | start |\n|---|---|---|---|", flush=True)
    found: dict[str, Timing] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for row in engines(folder, count, found, few=options.tiny):
            print(row, flush=True)
        rate = driver(folder, 8 if options.tiny else SHARDS)
        size = write(folder / "sized.jsonl", count) / count
    print(f"\ndriver: {rate:.0f} shards a second\n", flush=True)
    if not options.no_serve:
        from scripts.benchmark.serving import compare

        print("| on Ray Serve, one replica | clients | articles a second | median latency |")
        print("|---|---|---|---|", flush=True)
        for row in compare(8 if options.tiny else 128):
            print(row, flush=True)
        print()
    gc.collect()
    for line in report(_figures(found, rate, size, options.gpu_rate)):
        print(line)


def _figures(found: dict[str, Timing], driver_rate: float, size: float, gpu_rate: float) -> Figures:
    local, ray = found["local"], found["ray, 1 worker"]

    def measured(value: float, unit: str, source: str) -> Figure:
        return Figure(value, unit, "measured", f"measured: {source}")

    return assumed(
        core_rate=measured(local.rate / cores(), "articles a second a core", "the local engine"),
        engine=measured(min(1.0, ray.rate / local.rate), "of that under Ray", "one worker on Ray"),
        bytes_in=measured(size, "bytes in an article", "JSON Lines of 600 words"),
        bytes_out=measured(local.bytes_out, "bytes out an article", "briefs as JSON Lines"),
        shards_a_second=measured(
            driver_rate,
            "shards a second",
            "shards of one article, workers' part in it: a lower bound",
        ),
        gpu_rate=gpu_rate,
    )


if __name__ == "__main__":
    main()
