"""A site whose feeds and pages change from night to night, and a digest of it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from briefing.digest import Edition
from briefing.digest.run import run_digest
from briefing.digest.settings import DigestSettings
from tests.digest.run.worlds import NOW
from tests.quality.samples import SAMPLES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = NOW - 2 * HOUR
"""When everything was published."""
LATER = NOW + 5 * HOUR


class Site:
    """What is served at each path, and how often it was asked for.

    What is below one of the paths ``down`` fails for the moment.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.down: tuple[str, ...] = ()

    def put(self, path: str, body: str, kind: str = "application/rss+xml") -> None:
        self.bodies[path] = kind, body.encode()


@contextmanager
def serving_site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            served.asked.append(self.path)
            kind, body = served.bodies.get(self.path, ("text/plain", b""))
            if self.path.startswith(served.down):
                kind, body = "text/plain", b"overloaded"
                self.send_response(503)
            else:
                self.send_response(200 if body else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    often = {"poll_interval": 0.02}
    thread = threading.Thread(target=server.serve_forever, kwargs=often, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()


class Entry:
    """An entry of a feed; a night later some of it is another."""

    def __init__(self, number: int, **fields: object) -> None:
        sample = SAMPLES[number]
        self.title, self.text = sample.title, sample.text
        self.guid, self.link = f"id-{number}", None
        self.published: datetime | None = FIRST
        self.updated: datetime | None = None
        vars(self).update(fields)

    def but(self, old: str = "", new: str = "", **fields: object) -> "Entry":
        """The same with words replaced in its text, or added at its end."""
        assert old in self.text
        text = self.text.replace(old, new) if old else f"{self.text}\n\n{new}".strip()
        changed = Entry(0, **vars(self))
        vars(changed).update({"text": text, **fields})
        return changed


def markup(text: str) -> str:
    return escape("".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n")))


def rss(*entries: Entry) -> str:
    items = [
        f"<item><guid isPermaLink='false'>{e.guid}</guid><title>{escape(e.title)}</title>"
        + (f"<link>{escape(e.link)}</link>" if e.link else "")
        + (f"<pubDate>{format_datetime(e.published)}</pubDate>" if e.published else "")
        + f"<description>{markup(e.text)}</description></item>"
        for e in entries
    ]
    return f"<rss version='2.0'><channel><title>F</title>{''.join(items)}</channel></rss>"


def atom(*entries: Entry) -> str:
    items = [
        f"<entry><id>urn:{e.guid}</id><title>{escape(e.title)}</title>"
        + (f"<link href='{escape(e.link)}'/>" if e.link else "")
        + f"<published>{e.published.isoformat()}</published>"
        + f"<updated>{(e.updated or e.published).isoformat()}</updated>"
        + f"<content type='html'>{markup(e.text)}</content></entry>"
        for e in entries
    ]
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{''.join(items)}</feed>"


def json_feed(*entries: Entry) -> str:
    items = [
        {
            "id": e.guid,
            "title": e.title,
            "content_text": e.text,
            "date_published": e.published.isoformat(),
            **({"date_modified": e.updated.isoformat()} if e.updated else {}),
        }
        for e in entries
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})


def page(entry: Entry) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in entry.text.split("\n\n"))
    head = f"<title>{escape(entry.title)}</title>"
    return (
        f"<html><head>{head}</head><body><article><h1>{escape(entry.title)}</h1>{paragraphs}"
        "</article></body></html>"
    )


class Digest:
    """A digest of feeds, pages and files at a site, made night after night."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.sources: dict[str, dict[str, object]] = {}

    def feed(self, name: str, body: str) -> None:
        kind = "application/feed+json" if body.startswith("{") else "application/rss+xml"
        self.site.put(f"/{name}", body, kind)
        self.sources[name] = {"feed": f"{self.site.url}/{name}"}

    def page(self, name: str, entry: Entry) -> None:
        self.site.put(f"/{name}", page(entry), "text/html")
        self.sources[name] = {"page": f"{self.site.url}/{name}"}

    def settings_with(self, fetch: dict[str, object]) -> DigestSettings:
        port = int(self.site.url.rpartition(":")[2])
        return DigestSettings.model_validate(
            {
                "store": str(self.folder / "digest.sqlite"),
                "output": self.folder / "editions",
                "sources": [{"name": name, **more} for name, more in self.sources.items()],
                "fetch": {"delay": 0, "retries": 0, "private": True, "ports": [port], **fetch},
                "edition": {"minutes": 240, "stories": 60, "formats": ["json"]},
            }
        )

    @property
    def settings(self) -> DigestSettings:
        return self.settings_with({})

    def night(self, number: int, fetch: dict[str, object] | None = None, **more: object) -> Edition:
        """The edition of a night."""
        settings = self.settings_with(fetch or {})
        return run_digest(settings, now=NOW + number * DAY, extractive=True, **more).edition
