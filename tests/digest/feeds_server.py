"""A web of feeds on this machine, of which some misbehave in every way that feeds do.

Runs as a process of its own too: ``python -m tests.digest.feeds_server --articles 20`` prints its
address; ``/_counts`` tells how often each path was asked for, ``/_turn`` moves to the next edition
of those feeds that change.
"""

import argparse
import gzip
import http.server
import json
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from html import escape

from tests.digest.feeds import START, body_of, entry_of, markup_of, page_of, rss, title_of
from tests.reading.bombs import deflated
from tests.reading.pages import ARTICLES, WALLS

GOOD = tuple(f"good{number}" for number in range(1, 18))
"""Feeds without a fault."""
ODD = (
    "latin1", "lying", "bom", "utf16", "gzipped", "nodates", "future", "htmltitles", "relative",
    "sameguids", "cdata", "truncated", "moved", "json", "atom", "teasers", "changing", "retry",
)  # fmt: skip
"""Feeds with a fault that give their articles nevertheless."""
BAD = ("missing", "gone", "broken", "hang", "drip", "loop", "huge", "bomb", "page", "busy", "empty")
"""Feeds that give none."""
_CHUNK = b"x" * 65_536
_TWO_GB = 2_000_000_000


class Feeds:
    """What is served, and what was asked for."""

    def __init__(self, articles: int = 10) -> None:
        self.articles = articles
        self.turn = 0
        self.counts: Counter[str] = Counter()
        self.most_at_once = 0
        self.times: list[tuple[float, str]] = []
        self.robots = "User-agent: *\nDisallow: /private/\n"
        self.part_status = 200
        self.stopping = threading.Event()
        self._now = 0
        self._lock = threading.Lock()

    def enter(self, path: str) -> None:
        """A request has come."""
        with self._lock:
            self.counts[path] += 1
            self.times.append((time.monotonic(), path))
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)

    def leave(self) -> None:
        """A request is answered."""
        with self._lock:
            self._now -= 1


class _Handler(http.server.BaseHTTPRequestHandler):
    feeds: Feeds

    def log_message(self, *args):
        pass

    @property
    def base(self) -> str:
        return f"http://{self.headers.get('Host', '127.0.0.1')}"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.startswith("/_"):
            self._control(path)
            return
        self.feeds.enter(path)
        try:
            self._route(path.strip("/").split("/"))
        except OSError:  # the reader had enough
            self.close_connection = True
        finally:
            self.feeds.leave()

    def _control(self, path: str) -> None:
        if path == "/_turn":
            self.feeds.turn += 1
        self.answer(json.dumps(self.feeds.counts).encode(), "application/json")

    def _route(self, parts: list[str]) -> None:
        kind, name = parts[0], parts[1] if len(parts) > 1 else ""
        if kind == "robots.txt":
            self.answer(self.feeds.robots.encode(), "text/plain")
        elif kind in {"article", "private"} and len(parts) == 3:
            self.answer(page_of(name, int(parts[2])).encode())
        elif kind == "cut":
            whole = gzip.compress(page_of(name, int(parts[2])).encode())
            self.answer(whole[: len(whole) * 2 // 3], Content_Encoding="gzip")
        elif kind == "walled":
            self.answer(page_of(name, int(parts[2]), walled=True).encode())
        elif kind == "wall":
            pages = [*WALLS.values(), ARTICLES["about captchas"]]
            self.answer(pages[int(parts[1])].encode())
        elif kind == "feed":
            getattr(self, f"feed_{name}", self.feed_good)(name)
        else:
            self.answer(b"not here", status=404)

    def answer(self, body: bytes, kind="text/html; charset=utf-8", status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def numbers(self) -> range:
        return range(self.feeds.articles)

    def rss(self, feed: str, entry=None) -> str:
        return rss(feed, self.base, self.numbers(), entry and (lambda n: entry(feed, self.base, n)))

    def feed(self, body: str | bytes, kind="application/rss+xml; charset=utf-8", **headers):
        self.answer(body.encode() if isinstance(body, str) else body, kind, **headers)

    # Feeds without a fault

    def feed_good(self, name: str) -> None:
        etag = f'"{name}-{self.feeds.articles}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        self.feed(self.rss(name), ETag=etag)

    def feed_dated(self, name: str) -> None:
        when = format_datetime(START, usegmt=True)
        if self.headers.get("If-Modified-Since") == when:
            self.send_response(304)
            self.end_headers()
            return
        self.feed(self.rss(name), Last_Modified=when)

    # Feeds with a fault that can be read

    def feed_latin1(self, name: str) -> None:
        text = self.rss(name, lambda *a: entry_of(*a, title="Zoë opens a café in Orléans"))
        self.feed(text.replace("utf-8", "iso-8859-1").encode("latin-1"), "text/xml")

    def feed_lying(self, name: str) -> None:
        text = self.rss(name, lambda *a: entry_of(*a, title="Zoë’s café in Orléans"))
        self.feed(text.encode("cp1252"), "application/rss+xml; charset=utf-8")

    def feed_bom(self, name: str) -> None:
        self.feed(b"\xef\xbb\xbf \n" + self.rss(name).encode())

    def feed_utf16(self, name: str) -> None:
        self.feed(self.rss(name).replace("utf-8", "utf-16").encode("utf-16"), "application/xml")

    def feed_gzipped(self, name: str) -> None:
        self.feed(gzip.compress(self.rss(name).encode()), "application/octet-stream")

    def feed_brokenoff(self, name: str) -> None:
        """Breaks off in the middle of its compressed data, the first time."""
        body = gzip.compress(self.rss(name).encode())
        if self.feeds.counts[f"/feed/{name}"] == 1:
            body = body[: len(body) // 2]
        self.feed(body, ETag='"1"', Content_Encoding="gzip")

    def feed_nodates(self, name: str) -> None:
        self.feed(self.rss(name, lambda *a: entry_of(*a, date="")))

    def feed_future(self, name: str) -> None:
        self.feed(self.rss(name, lambda *a: entry_of(*a, date="Fri, 01 Jan 2088 00:00:00 GMT")))

    def feed_htmltitles(self, name: str) -> None:
        title = "&lt;b&gt;Fish &amp;amp; chips&lt;/b&gt; for &lt;i&gt;all&lt;/i&gt;"
        self.feed(self.rss(name, lambda *a: entry_of(*a, title=title)))

    def feed_relative(self, name: str) -> None:
        self.feed(
            self.rss(name, lambda f, b, n: entry_of(f, b, n, link=f"../article/{f}/{n}#comments"))
        )

    def feed_sameguids(self, name: str) -> None:
        self.feed(self.rss(name, lambda *a: entry_of(*a, guid="1")))

    def feed_cdata(self, name: str) -> None:
        def entry(feed, base, number):
            body = "".join(f"<p>{each}</p>" for each in body_of(feed, number))
            title = f"<![CDATA[{title_of(feed, number)} & more]]>"
            return entry_of(feed, base, number, title=title, content=f"<![CDATA[{body}]]>")

        self.feed(self.rss(name, entry))

    def feed_truncated(self, name: str) -> None:
        self.feed(self.rss(name)[: -len("</item></channel></rss>") - 300])

    def feed_moved(self, name: str) -> None:
        self.answer(b"", status=301, Location="/feed/settled")

    def feed_json(self, name: str) -> None:
        items = [
            {
                "id": f"{name}-{n}",
                "url": f"{self.base}/article/{name}/{n}",
                "title": title_of(name, n),
                "content_html": "".join(f"<p>{each}</p>" for each in body_of(name, n)),
                "date_published": (START + timedelta(minutes=n)).isoformat(),
                "authors": [{"name": "Ida Marsh"}],
            }
            for n in self.numbers()
        ]
        version = "https://jsonfeed.org/version/1.1"
        self.feed(
            json.dumps({"version": version, "title": "Json", "items": items}),
            "application/feed+json",
        )

    def feed_atom(self, name: str) -> None:
        entries = "".join(
            f"<entry><id>urn:{name}:{n}</id><title>{escape(title_of(name, n))}</title>"
            f"<link rel='alternate' href='/article/{name}/{n}'/>"
            f"<updated>{(START + timedelta(minutes=n)).isoformat()}</updated>"
            f"<content type='html'>{markup_of(name, n)}</content></entry>"
            for n in self.numbers()
        )
        self.feed(
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>urn:feed</id>'
            f"<title>Atom</title><updated>{START.isoformat()}</updated>{entries}</feed>",
            "application/atom+xml",
        )

    def feed_teasers(self, name: str) -> None:
        short = escape("<p>The council has voted. The repair will begin soon […]</p>")
        self.feed(self.rss(name, lambda *a: entry_of(*a, content=short)))

    def feed_walled(self, name: str) -> None:
        short = escape("<p>The council has voted.</p>")
        link = f"{self.base}/walled/{name}/"
        self.feed(
            self.rss(name, lambda f, b, n: entry_of(f, b, n, link=f"{link}{n}", content=short))
        )

    def feed_walls(self, name: str) -> None:
        """Teasers, whose pages are walls of all kinds, another article, and the right one."""

        def entry(number: int) -> str:
            link = f"{self.base}/wall/{number}"
            if number > len(WALLS):
                link = f"{self.base}/article/{name}/{number}"
            return entry_of(name, self.base, number, link=link, content=body_of(name, number)[0])

        self.feed(rss(name, self.base, range(len(WALLS) + 2), entry))

    # Feeds in parts

    def feed_paged(self, name: str) -> None:
        """Three pages, of which each names the next (RFC 5005)."""
        page = int((self.path.partition("?page=")[2]) or 1)
        if page > 1 and self.feeds.part_status != 200:
            self.answer(b"not now", status=self.feeds.part_status)
            return
        count = self.feeds.articles
        numbers = range((3 - page) * count, (4 - page) * count)
        link = f'<atom:link rel="next" href="/feed/{name}?page={page + 1}"/>' if page < 3 else ""
        body = rss(name, self.base, numbers).replace("<language>", f"{link}<language>")
        self.feed(body.replace("<rss ", '<rss xmlns:atom="http://www.w3.org/2005/Atom" '))

    def feed_jsonpaged(self, name: str) -> None:
        page = int((self.path.partition("?page=")[2]) or 1)
        item = {
            "id": page,
            "content_text": body_of(name, page)[0],
            "date_published": (START + timedelta(minutes=page)).isoformat(),
        }
        following = {"next_url": f"?page={page + 1}"} if page < 3 else {}
        feed = {"title": "J", "authors": [{"name": "Ida"}], "items": [item], **following}
        self.feed(json.dumps(feed), "application/feed+json")

    def feed_sitemaps(self, name: str) -> None:
        maps = "".join(
            f"<sitemap><loc>{self.base}/feed/{part}</loc><lastmod>2026-11-24</lastmod></sitemap>"
            for part in ("urlset", "missing")
        )
        namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.feed(
            f'<sitemapindex xmlns="{namespace}">{maps}</sitemapindex>', "text/xml", ETag='"1"'
        )

    def feed_urlset(self, name: str) -> None:
        """A sitemap of news, gzipped; one of its pages is years old."""
        pages = "".join(
            f"<url><loc>{self.base}/article/{name}/{n}</loc><image:image><image:title>A boat"
            f"</image:title></image:image><lastmod>{(START + timedelta(minutes=n)).isoformat()}"
            f"</lastmod><news:news><news:publication><news:language>en</news:language>"
            f"</news:publication><news:title>{title_of(name, n)}</news:title></news:news></url>"
            for n in self.numbers()
        )
        old = f"<url><loc>{self.base}/article/{name}/99</loc><lastmod>2019-01-01</lastmod></url>"
        base = "http://www.google.com/schemas/sitemap-"
        body = (
            '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            f'xmlns:news="{base}news/0.9" xmlns:image="{base}image/1.1">{old}{pages}</urlset>'
        )
        self.answer(gzip.compress(body.encode()), "application/gzip")

    def feed_changing(self, name: str) -> None:
        first = self.feeds.turn * self.feeds.articles
        self.feed(rss(name, self.base, range(first, first + self.feeds.articles)))

    def feed_retry(self, name: str) -> None:
        """Fails every other time."""
        if self.feeds.counts["/feed/retry"] % 2:
            self.answer(b"overloaded", status=503, Retry_After="0")
        else:
            self.feed(self.rss(name))

    # Feeds that cannot be read

    def feed_missing(self, name: str) -> None:
        self.answer(b"not here", status=404)

    def feed_gone(self, name: str) -> None:
        self.answer(b"gone", status=410)

    def feed_broken(self, name: str) -> None:
        self.answer(b"oops", status=500)

    def feed_busy(self, name: str) -> None:
        self.answer(b"slow down", status=429, Retry_After="7200")

    def feed_hang(self, name: str) -> None:
        self.feeds.stopping.wait(120)

    def feed_drip(self, name: str) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.feeds.stopping.wait(0.1):
            self.wfile.write(b" ")

    def feed_loop(self, name: str) -> None:
        self.answer(b"", status=302, Location="/feed/pool")

    def feed_pool(self, name: str) -> None:
        self.answer(b"", status=302, Location="/feed/loop")

    def feed_endless(self, name: str) -> None:
        self.answer(b"", status=302, Location=f"/feed/endless?{time.monotonic_ns()}")

    def feed_huge(self, name: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(_TWO_GB))
        self.end_headers()
        for _ in range(_TWO_GB // len(_CHUNK)):
            self.wfile.write(_CHUNK)

    def feed_bomb(self, name: str) -> None:
        self.answer(bomb(), "application/rss+xml", Content_Encoding="gzip")

    def feed_page(self, name: str) -> None:
        head = '<link rel="alternate" type="application/rss+xml" href="/feed/good1">'
        self.answer(f"<!DOCTYPE html><html><head>{head}</head><body>Hello</body></html>".encode())

    def feed_blog(self, name: str) -> None:
        """A page that declares a feed which is none, and links to one that is."""
        head = '<link rel="alternate" type="application/rss+xml" href="/feed/missing">'
        self.answer(f"<html><head>{head}</head><a href='/feed/json'>Subscribe</a></html>".encode())

    def feed_empty(self, name: str) -> None:
        self.feed(b"")

    def feed_list(self, name: str) -> None:
        """A list of feeds."""
        feeds = "".join(
            f'<outline text="{name}" xmlUrl="{self.base}/feed/{path}"/>'
            for name, path in (("First", "good1"), ("Second", "good2"))
        )
        self.feed(f'<opml version="2.0"><body>{feeds}</body></opml>', "text/x-opml")

    def feed_quiet(self, name: str) -> None:
        """A feed that is well, and has nothing."""
        self.feed(rss(name, self.base, range(0)))


@cache
def bomb(size: int = 500_000_000) -> bytes:
    """Gzip of ``size`` spaces, half a megabyte of it."""
    block, check = b" " * 1_000_000, 0
    for _ in range(size // len(block)):
        check = zlib.crc32(block, check)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    end = check.to_bytes(4, "little") + size.to_bytes(4, "little")
    return head + deflated(block, size // len(block)) + end


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, *args):
        """A reader that went away is no news."""


@contextmanager
def serving_feeds(articles: int = 10, port: int = 0, hosts: int = 1) -> Iterator[tuple[str, Feeds]]:
    """The server's address, and what it serves, while it is there.

    It listens on as many addresses of this machine as ``hosts``, all on one port; see `address`.
    """
    feeds = Feeds(articles)
    handler = type("Handler", (_Handler,), {"feeds": feeds})
    servers = [_Server(("127.0.0.1", port), handler)]
    port = servers[0].server_port
    servers += [_Server((f"127.0.0.{number}", port), handler) for number in range(2, hosts + 1)]
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        for server in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{port}", feeds
    finally:
        feeds.stopping.set()
        with ThreadPoolExecutor(len(servers)) as pool:  # each takes until it looks up next
            list(pool.map(_Server.shutdown, servers))
        for server, thread in zip(servers, threads, strict=True):
            server.server_close()
            thread.join()


def address(url: str, number: int) -> str:
    """The same server as host ``number``, from 1."""
    return url.replace("//127.0.0.1:", f"//127.0.0.{number}:")


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--articles", type=int, default=10, help="in each feed")
    parser.add_argument("--hosts", type=int, default=1, help="addresses, from 127.0.0.1 on")
    given = parser.parse_args()
    with serving_feeds(given.articles, given.port, given.hosts) as (url, _):
        print(url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
