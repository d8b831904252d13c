"""The digest's speed and memory: 1,000 articles from 100 feeds on this machine.

    python -m scripts.bench_digest [--feeds 100] [--articles 10] [--briefs 40]

Prints articles a second without the model (read, stored, grouped, chosen), the largest memory of a
whole run, a second run with nothing new, and the rate of briefs beside that of `briefing batch` on
as many articles, all in one run on one machine.
"""

import argparse
import json
import lzma
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from briefing.batch import brief_file
from briefing.briefer import Briefer
from briefing.digest.run import run_digest
from briefing.digest.settings import DigestSettings

WORDS = (
    Path(__file__).parents[1] / "briefing" / "language" / "data" / "en" / "ordinary_words.txt.xz"
)
LETTERS = "abdefgiklmnoprstuvz"
LINKS = ("and the", "with a", "after the", "for its", "because of the", "which was", "at the")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


class Steps:
    """When each step of a run began."""

    def __init__(self) -> None:
        self.began: dict[str, tuple[float, float]] = {}

    def step(self, name: str, total: int | None) -> None:
        """Note the time."""
        del total
        self.began[name] = time.perf_counter(), time.process_time()

    def advance(self, count: int = 1) -> None:
        """Nothing to note."""

    def seconds(self, first: str, last: str) -> tuple[float, float]:
        """From the beginning of one step to that of another: by the clock, and of the processor."""
        (clock, busy), (later, used) = self.began[first], self.began[last]
        return later - clock, used - busy


class News:
    """Made-up news: each event has names of its own and is told by a few articles.

    The words are English ones at random among those that hold sentences together, so that the
    work is that of real articles: about 400 words each, a vocabulary of thousands.
    """

    def __init__(self, seed: int = 11) -> None:
        self._random = random.Random(seed)
        with lzma.open(WORDS, "rt", encoding="utf-8") as file:
            self._words = self._random.sample(sorted(file.read().replace("*", "").split()), 6000)

    def article(self, event: int, words: int = 400) -> dict[str, str]:
        """One more article on an event."""
        own = random.Random(event)
        names = ["".join(own.choices(LETTERS, k=7)).capitalize() for _ in range(8)]
        topic = own.sample(self._words, 60)
        sentences: list[str] = []
        while sum(len(each.split()) for each in sentences) < words:
            sentences.append(self._sentence(names, topic))
        paragraphs = [" ".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)]
        return {"title": sentences[0].rstrip("."), "text": "\n\n".join(paragraphs)}

    def _sentence(self, names: Sequence[str], topic: Sequence[str]) -> str:
        pick = self._random.choice
        who = f"{pick(names)} of {pick(names)} said the {pick(topic)} of the {pick(topic)}"
        links = self._random.sample(LINKS, self._random.randrange(2, 5))
        more = " ".join(f"{link} {pick(topic)} {pick(self._words)}" for link in links)
        return f"{who} {more} in {self._random.randrange(1990, 2027)}."


def feed_of(number: int, count: int, base: str, news: News, events: int) -> bytes:
    """An RSS feed of ``count`` articles, each on one of the day's events."""
    rng = random.Random(number)
    items = []
    for each in range(count):
        row = news.article(rng.randrange(events))
        when = format_datetime(NOW - timedelta(minutes=rng.randrange(1, 1400)), usegmt=True)
        text = escape("".join(f"<p>{part}</p>" for part in row["text"].split("\n\n")))
        items.append(
            f"<item><title>{escape(row['title'])}</title><guid>{number}-{each}</guid>"
            f"<link>{base}/{number}/{each}</link><pubDate>{when}</pubDate>"
            f"<description>{text}</description></item>"
        )
    head = f"<title>Feed {number}</title><link>{base}</link><description>-</description>"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


@contextmanager
def serving(feeds: int, articles: int) -> Iterator[int]:
    """The feeds, each with an ETag; yields the port."""
    news, events = News(), max(1, feeds * articles // 4)
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
        bodies[f"/{host}"] = feed_of(host, articles, f"http://127.0.0.{host}:{port}", news, events)
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
    news = News()
    rows = [news.article(event) for event in range(count)]
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
        first = run_digest(settings, now=NOW, progress=steps)
        whole = time.perf_counter() - began
        count = first.edition.articles
        print(f"{count} articles of {given.feeds} feeds, {len(first.edition.stories)} stories told")
        for label, a, b in (
            ("asking and parsing", "sources", "articles"),
            ("storing", "articles", "pages"),
            ("grouping", "signatures", "choice"),
            ("all without the model", "sources", "briefs"),
        ):
            took, busy = steps.seconds(a, b)
            rate = f"{count / took:.0f} articles a second"
            print(f"{label}: {took:.2f} s ({busy:.2f} s of this process), {rate}")
        told, _ = steps.seconds("briefs", "edition")
        print(f"briefs: {given.briefs / told:.1f} stories a second; whole run {whole:.1f} s")
        began = time.perf_counter()
        again = run_digest(settings, now=NOW + timedelta(days=1))
        took = time.perf_counter() - began
        print(f"second run, {again.edition.articles} new articles: {took:.2f} s")
        print(f"briefing batch: {batch_rate(folder, given.briefs):.1f} articles a second")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"largest memory of the process, servers and model included: {own:.0f} MB")


if __name__ == "__main__":
    main()
