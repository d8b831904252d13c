"""A small web site on this machine, whose pages a test sets."""

import http.server
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.serving import answering


@dataclass
class Site:
    """Path -> content type and body, and path -> where it redirects to.

    An answer takes ``delay`` seconds; ``most`` is how many were under way at once.
    """

    port: int
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    busy: int = 0
    most: int = 0


@contextmanager
def serving() -> Iterator[Site]:
    """The site while it is there."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            if target := site.redirects.get(self.path):
                self.send_response(302)
                self.send_header("Location", target)
                self.end_headers()
                return
            site.busy += 1
            site.most = max(site.most, site.busy)
            time.sleep(site.delay)
            site.busy -= 1
            kind, body = site.pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # it has read enough
                self.close_connection = True

    with answering(Handler) as server:
        site = Site(server.server_port)
        yield site
