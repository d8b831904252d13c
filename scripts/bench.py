"""Speed and memory on this machine, each figure beside its alternative, in one run.

    python scripts/bench.py [--articles IN.jsonl] [--count 64] [--stream 1000 10000]

Prints the machine, the versions and one table. The default articles are put together from the
sentences of tests/fixtures, about 600 words each. ``--stream`` are numbers of articles whose memory
is compared (of 100 words each, so that thousands take minutes). txtai is measured where it is
installed: ``pip install txtai``.
"""

import argparse
import gc
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.cli import GARBAGE
from briefing.models.backend import cores
from scripts.benchmark import generation, rivals
from scripts.benchmark.articles import made_articles, read_articles
from scripts.benchmark.processes import COMMAND, batch, cold
from scripts.benchmark.stages import batch_seconds, stages

STREAM_WORDS = 100
SLOW = 16
"""Articles for what takes seconds each."""
Row = tuple[str, str, str]


def machine() -> str:
    """What it was measured on and with."""
    names = ("ctranslate2", "torch", "transformers")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{_processor()}, {cores()} cores, Python {platform.python_version()}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
    model = f"family {named.get('cpu family')} model {named.get('model')}"
    return f"{named.get('vendor_id', platform.machine())} {model}"


def command(rows: list[dict[str, str]]) -> Iterator[Row]:
    """The command line, from nothing."""
    yield "briefing --help, cold", f"{cold([COMMAND, '--help']).seconds:.2f} s", ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "article.txt"
        path.write_text(rows[0]["text"], encoding="utf-8")
        words = len(rows[0]["text"].split())
        one = cold([COMMAND, "brief", str(path)])
        under = cold([COMMAND, "brief", str(path), "--backend", "transformers"], runs=2)
    yield (
        f"briefing brief, {words} words, cold",
        f"{one.seconds:.2f} s, {one.megabytes:.0f} MB",
        f"--backend transformers {under.seconds:.2f} s, {under.megabytes:.0f} MB",
    )


def model(briefer: Briefer, rows: list[dict[str, str]]) -> Iterator[Row]:
    """Lines written by the model alone, and what others take for an article."""
    articles = [article_of(row) for row in rows]
    batches = generation.prompts(briefer, articles)
    most = briefer.writer.prompts.max_input if briefer.writer else 0
    count = sum(map(len, batches))
    other = generation.Transformers()
    widths = dict.fromkeys((_beam(briefer), 1))
    mine = {beam: generation.ours(batches, beam, most) for beam in widths}
    ways = [
        generation.Way(_beam(briefer), "float32", 16, sort=False),
        generation.Way(_beam(briefer), "bfloat16", 64, sort=True),
        generation.Way(1, "bfloat16", 64, sort=True),
    ]
    for way in ways:
        taken = other.seconds(batches, way, most)
        ratios = f"{taken / mine[way.beam]:.1f} times as long"
        if way.beam != _beam(briefer):
            ratios += f" as ours so, {taken / mine[_beam(briefer)]:.1f} times as ours as shipped"
        yield (
            f"{count} lines: {_search(way.beam)}",
            f"{mine[way.beam]:.2f} s",
            (f"{way.name}: {taken:.2f} s, {ratios}"),
        )
    yield from _rivals(briefer, rows, other.folder)


def _search(beam: int) -> str:
    return f"beams of {beam}" if beam > 1 else "greedy"


def _beam(briefer: Briefer) -> int:
    """The widest search of the prompts in use."""
    if briefer.writer is None:
        return 1
    return max(
        briefer.writer.prompts.sections[s].decoding.beam for s in briefer.writer.prompts.sections
    )


def _rivals(briefer: Briefer, rows: list[dict[str, str]], folder: str) -> Iterator[Row]:
    articles = [article_of(row) for row in rows[:SLOW]]
    mine = batch_seconds(briefer, [article_of(row) for row in rows]) / len(rows)
    rates = [
        f"{method} {1000 * rivals.sumy(method, articles):.0f} ms"
        for method in ("lexrank", "textrank", "lsa")
    ]
    taken = rivals.txtai(folder, articles)
    rates.append(f"txtai {1000 * taken:.0f} ms" if taken else "txtai not installed")
    yield "a whole brief, in a batch", f"{1000 * mine:.0f} ms an article", ", ".join(rates)


def shares(briefer: Briefer, rows: list[dict[str, str]]) -> Iterator[Row]:
    """Where the time goes."""
    spent = stages(briefer, rows)
    told = ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items())
    ours = spent["planning"] + spent["checking"]
    share = 100 * ours / sum(spent.values())
    yield "processor time an article, ms", told, f"planning and checking {share:.0f} %"


def many(rows: list[dict[str, str]], counts: list[int]) -> Iterator[Row]:
    """``briefing batch``: rate, how busy it keeps the cores, memory."""
    found = batch(4 * len(rows), 600)
    busy = 100 * found.processor / found.seconds / cores()
    rate = 4 * len(rows) / found.seconds
    yield (
        f"briefing batch, {4 * len(rows)} articles, start included",
        f"{rate:.1f} articles a second",
        f"cores {busy:.0f} % busy, {found.megabytes:.0f} MB",
    )
    sizes = [batch(count, STREAM_WORDS).megabytes for count in counts]
    for count, size in zip(counts, sizes, strict=True):
        beside = f"{size / sizes[0]:.2f} of the first" if size is not sizes[0] else ""
        yield f"memory of {count} articles streamed", f"{size:.0f} MB", beside


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=Path, help='JSON Lines with "title" and "text"')
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--stream", type=int, nargs="*", default=[1000, 10000])
    options = parser.parse_args()
    rows = made_articles(options.count)
    if options.articles:
        rows = read_articles(options.articles, options.count)
    gc.set_threshold(*GARBAGE)  # as the command does
    briefer = Briefer(device="cpu")
    print(machine(), flush=True)
    print("\n| what | Briefing | beside |\n|---|---|---|")
    parts = (command(rows), model(briefer, rows), shares(briefer, rows), many(rows, options.stream))
    for part in parts:
        for what, ours, beside in part:
            print(f"| {what} | {ours} | {beside} |", flush=True)


if __name__ == "__main__":
    main()
