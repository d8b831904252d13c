"""The digest's speed and memory: 1,000 articles from 100 feeds on this machine.

    python -m scripts.bench_digest [--feeds 100] [--articles 10] [--briefs 40]

Prints articles a second without the model (read, stored, grouped, chosen), the largest memory of a
whole run, a second run with nothing new, and the rate of briefs beside that of `briefing batch` on
as many articles, all in one run on one machine.
"""

import argparse
import json
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from briefing.batch import brief_file
from briefing.briefer import Briefer
from briefing.digest.run import run
from briefing.digest.settings import DigestSettings
from scripts.bench import made_articles

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


class Steps:
    """When each step of a run began."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}

    def step(self, name: str, total: int | None) -> None:
        """Note the time."""
        del total
        self.began[name] = time.perf_counter()

    def advance(self, count: int = 1) -> None:
        """Nothing to note."""

    def seconds(self, first: str, last: str) -> float:
        """From the beginning of one step to that of another."""
        return self.began[last] - self.began[first]


def feed_of(number: int, count: int, base: str, rng: random.Random) -> bytes:
    """An RSS feed of articles that each say something of their own."""
    items = []
    for each, row in enumerate(made_articles_of(count, rng)):
        when = format_datetime(NOW - timedelta(minutes=rng.randrange(1, 1400)), usegmt=True)
        text = escape("".join(f"<p>{part}</p>" for part in row["text"].split("\n\n")))
        items.append(
            f"<item><title>{escape(row['title'])}</title><guid>{number}-{each}</guid>"
            f"<link>{base}/{number}/{each}</link><pubDate>{when}</pubDate>"
            f"<description>{text}</description></item>"
        )
    head = f"<title>Feed {number}</title><link>{base}</link><description>-</description>"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def made_articles_of(count: int, rng: random.Random) -> list[dict[str, str]]:
    """Articles of about 400 words: sentences in a mixed order, names of their own."""
    rows = rng.sample(_POOL, count)
    letters = "abdefgiklmnoprstuvz"
    found = []
    for row in rows:
        place = "".join(rng.choices(letters, k=7)).capitalize()
        person = "".join(rng.choices(letters, k=8)).capitalize()
        lead = f"{person}, the mayor of {place}, said on Monday that {place} would not wait."
        found.append(
            {"title": f"{place} will not wait, says {person}", "text": f"{lead}\n\n{row['text']}"}
        )
    return found


_POOL = made_articles(200, words=400)


@contextmanager
def serving(feeds: int, articles: int) -> Iterator[int]:
    """The feeds, each with an ETag; yields the port."""
    rng = random.Random(11)
    port = 0
    bodies: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        """Serves them."""

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            """A feed, or that it has not changed."""
            body = bodies.get(self.path)
            tag = f'"{self.path}"'
            same = self.headers.get("If-None-Match") == tag
            self.send_response(404 if body is None else 304 if same else 200)
            self.send_header("ETag", tag)
            if body and not same:
                self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)) if body and not same else "0")
            self.end_headers()
            if body and not same:
                self.wfile.write(body)

    servers = []
    for host in range(1, feeds + 1):
        server = ThreadingHTTPServer((f"127.0.0.{host}", port), Handler)
        port = server.server_port
        servers.append(server)
        bodies[f"/{host}"] = feed_of(host, articles, f"http://127.0.0.{host}:{port}", rng)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield port
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def settings_of(folder: Path, feeds: int, port: int, briefs: int) -> DigestSettings:
    """A digest of the feeds."""
    return DigestSettings.model_validate(
        {
            "store": str(folder / "digest.sqlite"),
            "output": folder / "editions",
            "sources": [
                {"name": f"Feed {n}", "feed": f"http://127.0.0.{n}:{port}/{n}"}
                for n in range(1, feeds + 1)
            ],
            "fetch": {"private": True, "ports": [port]},
            "edition": {"minutes": 240, "stories": briefs},
        }
    )


def batch_rate(folder: Path, count: int) -> float:
    """Articles a second of `briefing batch`, on as many of the same articles."""
    rows = made_articles_of(count, random.Random(12))
    source = folder / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    briefer = Briefer(device="cpu")
    briefer.warm()
    began = time.perf_counter()
    brief_file(briefer, source, folder / "out.jsonl")
    return count / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--articles", type=int, default=10, help="in each feed")
    parser.add_argument("--briefs", type=int, default=40, help="stories that are told")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, serving(given.feeds, given.articles) as port:
        folder = Path(name)
        settings = settings_of(folder, given.feeds, port, given.briefs)
        steps = Steps()
        began = time.perf_counter()
        first = run(settings, now=NOW, progress=steps)
        whole = time.perf_counter() - began
        count = first.edition.articles
        print(f"{count} articles of {given.feeds} feeds, {len(first.edition.stories)} stories told")
        for label, a, b in (
            ("asking and parsing", "sources", "articles"),
            ("storing", "articles", "pages"),
            ("grouping", "signatures", "choice"),
            ("all without the model", "sources", "briefs"),
        ):
            took = steps.seconds(a, b)
            print(f"{label}: {took:.2f} s, {count / took:.0f} articles a second")
        told = steps.seconds("briefs", "edition")
        print(f"briefs: {given.briefs / told:.1f} stories a second; whole run {whole:.1f} s")
        began = time.perf_counter()
        again = run(settings, now=NOW + timedelta(days=1))
        took = time.perf_counter() - began
        print(f"second run, {again.edition.articles} new articles: {took:.2f} s")
        print(f"briefing batch: {batch_rate(folder, given.briefs):.1f} articles a second")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"largest memory of the process, servers and model included: {own:.0f} MB")


if __name__ == "__main__":
    main()
