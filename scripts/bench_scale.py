"""What the Ray engine costs and gives, and what a fleet would: beside the local engine, in one run.

    python -m scripts.bench_scale [--count 200] [--gpu-rate R] [--no-serve] [--tiny]

The same articles through ``briefing batch`` with the local engine and with Ray, on one worker and
on two; when each shard was written tells the rate from start and end. Then the service on Ray Serve
with its own batches beside ``serve.batch``. Last a cost model of fleets from these figures
(scripts/benchmark/cost.py).
``--gpu-rate`` is articles a second of a GPU, as scripts/bench_gpu.py measures them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.models.backend import cores
from scripts.bench import machine
from scripts.benchmark.articles import stream
from scripts.benchmark.cost import Figure, Figures, assumed, report
from scripts.benchmark.processes import COMMAND, run

SHARDS = 20
"""Shards of a run; its rate is that of the second half of them, when all workers are there."""
SHORT_SHARDS = 128
"""Shards of one short article, for the driver's own rate."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Articles and shards a second once it runs, seconds of start and end, bytes out an article."""

    rate: float
    shards: float
    start: float
    bytes_out: float


def write(path: Path, count: int, words: int = 600) -> int:
    """Articles to a file; its bytes."""
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(islice(stream(words), count)):
            out.write(json.dumps({"id": number, **row}) + "\n")
    return path.stat().st_size


def timed(
    folder: Path, count: int, options: Sequence[str], shards: int = SHARDS, words: int = 600
) -> Timing:
    """``briefing batch`` on ``count`` articles, cut into shards whatever the engine is.

    The marker of each shard says when it was written. The clock of the whole run would not do:
    a cluster's start takes longer than the articles, and not the same twice.

    Raises:
        SystemExit: the run failed, or was too short to be timed.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source, output = Path(name) / "in.jsonl", Path(name) / "out"
        write(source, count, words)
        rows = -(-count // shards)
        call = [COMMAND, "batch", str(source), "-o", f"{output}/", "--shard-rows", str(rows)]
        seconds = run([*call, *options]).seconds
        rate, shards_a_second = pace(output / "_done")
        size = sum(part.stat().st_size for part in output.glob("part-*"))
    return Timing(rate, shards_a_second, max(0.0, seconds - count / rate), size / count)


def pace(markers: Path) -> tuple[float, float]:
    """Articles and shards a second in the second half of the shards, by when each was written.

    Raises:
        SystemExit: they were written at once.
    """
    done = sorted(
        (each.stat().st_mtime, int(each.name.split("-")[1])) for each in markers.iterdir()
    )
    half = len(done) // 2
    seconds = done[-1][0] - done[half - 1][0]
    if half < 1 or seconds <= 0:
        raise SystemExit("the run was too short to be timed; raise --count")
    return sum(rows for _, rows in done[half:]) / seconds, (len(done) - half) / seconds


def engines(folder: Path, count: int, found: dict[str, Timing], *, few: bool) -> Iterator[str]:
    """Rows of the engines, with the model and without; ``few``: the first two alone."""
    local = ("local", ["--threads", str(cores())])
    one = ("ray, 1 worker", ["--threads", str(cores()), "--engine", "ray", "--workers", "1"])
    single = [
        (f"ray, {n} worker{'s' * (n > 1)} of 1 core",
         ["--threads", "1", "--engine", "ray", "--workers", str(n)])
        for n in range(1, 1 + min(2, cores()))
    ]  # fmt: skip
    kinds = [("", [], [local, one, *single]), ("extractive, ", ["--extractive"], [local, *single])]
    for kind, more, ways in [("", [], [local, one])] if few else kinds:
        base = 0.0
        for name, options in ways:
            made = timed(folder, count, [*options, *more])
            found[kind + name] = made
            base = base or made.rate
            share = f"{100 * made.rate / base:.0f} %"
            yield f"| {kind}{name} | {made.rate:.1f} | {share} | {made.start:.1f} s |"


def driver(folder: Path, shards: int = SHORT_SHARDS) -> float:
    """Shards a second that the driver hands out and hears of, with next to nothing in them.

    It is a lower bound: the workers write each shard's results and its marker meanwhile.
    """
    options = ["--extractive", "--threads", "1", "--engine", "ray", "--workers", str(cores())]
    return timed(folder, shards, options, shards, words=60).shards


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
    print(
        "\n| engine | articles a second | of local | start and end |\n|---|---|---|---|", flush=True
    )
    found: dict[str, Timing] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for row in engines(folder, count, found, few=options.tiny):
            print(row, flush=True)
        rate = driver(folder, 8 if options.tiny else SHORT_SHARDS)
        size = write(folder / "sized.jsonl", count) / count
    print(f"\ndriver: {rate:.0f} shards a second\n", flush=True)
    if not options.no_serve:
        from scripts.benchmark.serving import compare

        print("| on Ray Serve, one replica | clients | articles a second | median latency |")
        print("|---|---|---|---|", flush=True)
        for row in compare(8 if options.tiny else 48):
            print(row, flush=True)
        print()
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
