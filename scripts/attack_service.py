"""Ordinary requests to the service while others attack it; prints one table.

    python -m scripts.attack_service [--seconds 30] [--before CHECKOUT] [--attackers 4]

Starts the service with its default settings for each row, sends articles as JSON, text and pages,
one each half second of each kind, and asks for /healthz ten times a second, in silence and under
each attack. ``--before`` does the same with another checkout first. Attackers run in a process of
their own, at a low priority, and share the machine with what is measured.
"""

import argparse
import asyncio
import contextlib
import gzip
import http.client
import itertools
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import psutil

from scripts.benchmark.articles import made_articles

HERE = Path(__file__).parents[1]
Attack = tuple[str, Callable[[], bytes]]
"""A content type, and what makes a body that is only attacked with once compressed."""
_SIZE = 9_500_000
_FITTING = 490_000


def _page(inside: str) -> bytes:
    return f"<html><body><p>The council voted to keep it.</p>{inside}</body></html>".encode()


def _sentences(size: int) -> str:
    words = " ".join(each["text"] for each in made_articles(20)).split()
    rng = random.Random(7)
    made: list[str] = []
    length = 0
    while length < size:
        made.append(" ".join(rng.choices(words, k=18)).replace(".", "").capitalize() + ".")
        length += len(made[-1]) + 1
    return " ".join(made)[:size]


def _json(inside: str) -> bytes:
    return ('{"text": "x", ' + inside + "}").encode()


ATTACKS: dict[str, list[Attack]] = {
    "1 pages": [
        ("text/html", lambda: _page("<p>" + "a" * _SIZE)),
        ("text/html", lambda: _page("&amp;" * (_SIZE // 5))),
        ("text/html", lambda: _page(("<p>" + "b" * 400_000) * (_SIZE // 400_003))),
        ("text/html", lambda: _page("<p>word " * 140_000)),
        ("text/html", lambda: _page("<div>" * 140_000)),
    ],
    "2 text": [
        ("text/plain", ("a\u0301" * (_SIZE // 3)).encode),
        ("text/plain", ("a\u0301 " * (_FITTING // 3)).encode),
        ("text/plain", lambda: _sentences(_SIZE).encode()),
        ("text/plain", lambda: _sentences(_FITTING).encode()),
        ("text/plain", lambda: b"Go on. " * (_FITTING // 7)),
        ("text/plain", lambda: b"[a](/" + b"b" * _FITTING),
    ],
    "3 JSON": [
        ("application/json", lambda: _json('"a": [' + "[]," * (_SIZE // 3) + "[]]")),
        ("application/json", lambda: _json(",".join(f'"k{n}": 1' for n in range(600_000)))),
        ("application/json", lambda: _json('"a": [' + "1," * (_SIZE // 2) + "1]")),
        ("application/json", lambda: b"[" * 100_000 + b"]" * 100_000),
        ("application/json", lambda: _json('"html": "' + "\\u0061" * (_SIZE // 6) + '"')),
    ],
}
READERS = "4 clients that read nothing"
KINDS = [*ATTACKS, READERS]


@dataclass
class Found:
    """What was measured while one row's load lasted: seconds of answers, statuses, bytes."""

    times: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    rss: int = 0
    tree: int = 0


@contextmanager
def service(checkout: Path) -> Iterator[tuple[str, int]]:
    """Run the service of a checkout; gives its base URL and process id."""
    environment = {
        **{name: value for name, value in os.environ.items() if "BRIEFING_" not in name},
        **{"BRIEFING_CONFIG": os.devnull, "BRIEFING_CACHE_BYTES": "0", "PYTHONPATH": str(checkout)},
        **{"BRIEFING_SEND_TIMEOUT": "5", "BRIEFING_LOG_LEVEL": "warning"},
        **{"BRIEFING_KEYS_PATH": "/nonexistent/keys.json"},
    }
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        port = _free_port()
        command = [sys.executable, "-m", "briefing", "serve", "--port", str(port)]
        process = subprocess.Popen(command, stderr=log, env=environment, cwd=checkout)
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                time.sleep(0.2)
                if process.poll() is not None:
                    raise SystemExit(f"the service ended: {Path(log.name).read_text('utf-8')}")
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(base + "/readyz", trust_env=False).status_code == 200:
                        break
            yield base, process.pid
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def _ordinary(base: str, until: float, found: Found) -> None:
    """Send each kind of ordinary request twice a second, and wait for the answers."""
    rows = made_articles(64)
    numbers = itertools.count()

    async def client(make: Callable[[str], tuple[str, bytes]]) -> None:
        async with httpx.AsyncClient(base_url=base, timeout=90, trust_env=False) as web:
            while time.monotonic() < until:
                number = next(numbers)
                text = f"Item {number} of today. {rows[number % len(rows)]['text']}"
                kind, body = make(text)
                began = time.monotonic()
                try:
                    answer = await web.post(
                        "/v1/briefs", content=body, headers={"Content-Type": kind}
                    )
                    found.statuses[str(answer.status_code)] += 1
                except httpx.HTTPError as error:
                    found.statuses[type(error).__name__] += 1
                found.times.append(time.monotonic() - began)
                await asyncio.sleep(max(0.0, began + 0.5 - time.monotonic()))

    def page(text: str) -> tuple[str, bytes]:
        inside = "".join(f"<p>{each}</p>" for each in text.split("\n\n"))
        return "text/html", f"<html><body><article>{inside}</article></body></html>".encode()

    await asyncio.gather(
        client(lambda text: ("application/json", json.dumps({"text": text}).encode())),
        client(lambda text: ("text/plain", text.encode())),
        client(page),
    )


def _health(base: str, until: float, found: Found) -> None:
    """Ask for /healthz on a new connection each time, in a thread of its own."""
    host, port = base.removeprefix("http://").split(":")
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            with contextlib.closing(http.client.HTTPConnection(host, int(port), 30)) as connection:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            found.statuses["no /healthz"] += 1
        found.health.append(time.monotonic() - began)
        time.sleep(0.1)


def _memory(pid: int, until: float, found: Found) -> None:
    while time.monotonic() < until:
        process = psutil.Process(pid)
        found.rss = max(found.rss, process.memory_info().rss)
        tree = 0
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                tree += each.memory_full_info().pss
        found.tree = max(found.tree, tree)
        time.sleep(1)


def attack(base: str, kinds: list[str], clients: int, end: float) -> None:
    """Attack until ``end`` (of the wall clock), in a process of its own."""
    os.nice(10)
    asyncio.run(_attack(base, kinds, clients, end))


async def _attack(base: str, kinds: list[str], clients: int, end: float) -> None:
    tasks = []
    for kind in kinds:
        if kind == READERS:
            tasks += [_read_nothing(base, end) for _ in range(40)]
            continue
        bodies = [(each, gzip.compress(make(), 6)) for each, make in ATTACKS[kind]]
        tasks += [_send(base, bodies, number, end) for number in range(clients)]
    await asyncio.gather(*tasks)


async def _send(base: str, bodies: list[tuple[str, bytes]], number: int, end: float) -> None:
    """Send bodies in turn, each different from the last by a first member of its gzip stream."""
    async with httpx.AsyncClient(base_url=base, timeout=120, trust_env=False) as web:
        for turn in itertools.count(number):
            if time.time() > end:
                return
            kind, body = bodies[turn % len(bodies)]
            first = " " * (turn * 7 % 1000) if kind.endswith("json") else f"Item {turn}.{number}\n"
            headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
            with contextlib.suppress(httpx.HTTPError, asyncio.TimeoutError):
                async with asyncio.timeout(max(1.0, end - time.time())):
                    await web.post(
                        "/v1/briefs", content=gzip.compress(first.encode()) + body, headers=headers
                    )


async def _read_nothing(base: str, end: float) -> None:
    port = int(base.rpartition(":")[2])
    while time.time() < end:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60)
            transport = writer.transport
            assert isinstance(transport, asyncio.Transport)
            transport.pause_reading()
            await asyncio.sleep(max(0.0, end - time.time()))
            del reader
            transport.abort()
        except OSError:
            await asyncio.sleep(0.5)


def measure(base: str, pid: int, kinds: list[str], seconds: float, clients: int) -> Found:
    """Measure for ``seconds`` while ``kinds`` attack."""
    found = Found()
    attackers = []
    if kinds:
        context = multiprocessing.get_context("spawn")
        begin = time.time() + 6  # time to make the bodies
        attackers = [
            context.Process(target=attack, args=(base, [kind], clients, begin + seconds))
            for kind in kinds
        ]
        for each in attackers:
            each.start()
        time.sleep(max(0.0, begin - time.time()))
    until = time.monotonic() + seconds

    async def load() -> None:
        await asyncio.gather(
            _ordinary(base, until, found),
            asyncio.to_thread(_health, base, until, found),
            asyncio.to_thread(_memory, pid, until, found),
        )

    asyncio.run(load())
    for each in attackers:
        each.join(10)
        each.kill()
    return found


def sockets(pid: int) -> int:
    """The open connections of a process."""
    return sum(each.status == "ESTABLISHED" for each in psutil.Process(pid).net_connections())


def report(checkout: Path, name: str, seconds: float, clients: int) -> None:
    """Print the rows of one checkout."""
    quiet = 0.0
    for kinds in ([], *([kind] for kind in KINDS), KINDS):
        with service(checkout) as (base, pid):
            measure(base, pid, [], 4, clients)  # the first requests find nothing warm
            found = measure(base, pid, kinds, seconds, clients)
            held = sockets(pid) if READERS in kinds else 0
        middle = median(found.times)
        quiet = quiet or middle
        failed = sum(count for status, count in found.statuses.items() if status != "200")
        what = "none" if not kinds else "all" if len(kinds) > 1 else kinds[0]
        ranked = sorted(found.health)
        print(
            f"| {name} | {what} | {len(found.times)} | {failed} {_others(found.statuses)}"
            f"| {middle:.2f} | {middle / quiet:.1f} | {max(found.times):.1f} "
            f"| {1000 * ranked[len(ranked) * 95 // 100]:.0f} | {1000 * ranked[-1]:.0f} "
            f"| {found.rss / 1e6:.0f} | {found.tree / 1e6:.0f} | {held} |",
            flush=True,
        )


def _others(statuses: Counter[str]) -> str:
    others = [f"{status}: {count}" for status, count in statuses.items() if status != "200"]
    return f"({', '.join(others)}) " if others else ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--attackers", type=int, default=4, help="clients of each attack")
    parser.add_argument("--before", type=Path, help="another checkout")
    options = parser.parse_args()
    print(
        "| checkout | attack | answers | failed | median s | of quiet | longest s "
        "| /healthz p95 ms | longest ms | RSS MB | PSS with readers MB | sockets held |"
    )
    print("|" + "---|" * 12)
    if options.before:
        report(options.before.resolve(), "before", options.seconds, options.attackers)
    report(HERE, re.sub(r"\W", "", HERE.name), options.seconds, options.attackers)


if __name__ == "__main__":
    main()
