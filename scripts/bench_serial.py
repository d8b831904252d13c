"""What the service is measured against: one request at a time, on transformers' own generate.

It says on standard error where it listens.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.rendering import to_json

briefer = Briefer(device="cpu", backend="transformers")


class Handler(BaseHTTPRequestHandler):
    """Answers ``POST`` with the brief of the article in its JSON body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Brief the article."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = to_json(briefer.brief(article_of(asked))).encode("utf-8", "replace")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")  # one connection must not keep out the others
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    briefer.warm()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket.listen(128)
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()
