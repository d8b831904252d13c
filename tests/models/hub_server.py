"""A Hugging Face hub on loopback: its answers to what huggingface_hub asks, and a log of it."""

import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.serving import answering

COMMIT = "a" * 40
LARGE = 1 << 16
"""From so many bytes on a file is stored apart (LFS): its etag is its SHA-256."""


@dataclass
class Hub:
    """What the server holds (``OWNER/MODEL`` to files by name), and what happened.

    ``cut`` ends the connection after so many bytes of the weights, so often as it is long; after
    None it says nothing more, and ``stalled`` is set.
    ``refusals`` are answers for a model: HTTP status and the hub's error code; ``gated`` models are
    listed, but their files are refused. Large files come from another host than the hub,
    ``store``, by an address that is good for one request. ``strays`` is what was asked that no
    model needs.
    """

    models: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    cut: list[int | None] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    tokens: list[str | None] = field(default_factory=list)
    tokens_elsewhere: list[str | None] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    gated: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)
    commit: str = COMMIT
    damaged: bool = False
    ranges: bool = True
    url: str = ""
    store: str = ""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub on a port of its own."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    with answering(handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        hub.store = f"http://localhost:{server.server_port}"
        yield hub


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *arguments: Any) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        path, signature = urlsplit(self.path).path, urlsplit(self.path).query
        if body and path.startswith("/cdn/"):
            self.hub.tokens_elsewhere.append(self.headers.get("Authorization"))
            if signature not in self.hub.signatures:
                self._end(403, {})
                return
            self.hub.signatures.remove(signature)
            self._content(*path.removeprefix("/cdn/").split("/-/"))
            return
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self.hub.tokens.append(self.headers.get("Authorization"))
            if not self._refused(found[1], found[2]):
                self._listing(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            if found[1] in self.hub.gated:
                self._end(403, {"X-Error-Code": "GatedRepo"})
            elif not self._refused(found[1], found[2]):
                self._file(found[1], found[3], body=body)
        else:
            self.hub.strays.append(path)
            self._end(404, {})

    def _refused(self, name: str, revision: str | None) -> bool:
        if name in self.hub.refusals:
            status, code = self.hub.refusals[name]
        elif name not in self.hub.models:
            status, code = 404, "RepoNotFound"
        elif revision not in (None, "main", "v1", self.hub.commit):
            status, code = 404, "RevisionNotFound"
        else:
            return False
        self._end(status, {"X-Error-Code": code})
        return True

    def _listing(self, name: str) -> None:
        siblings = [
            {"rfilename": file, "size": len(data), "blobId": _git_digest(data)}
            | _stored_apart(data)
            for file, data in self.hub.models[name].items()
        ]
        self._json({"id": name, "modelId": name, "sha": self.hub.commit, "siblings": siblings})

    def _file(self, name: str, file: str, *, body: bool) -> None:
        data = self.hub.models[name].get(file)
        if data is None:
            self._end(404, {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"X-Repo-Commit": self.hub.commit, "ETag": f'"{_etag(data)}"'}
        if len(data) >= LARGE:
            linked = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{_etag(data)}"'}
            signature = uuid.uuid4().hex
            self.hub.signatures.add(signature)
            where = f"{self.hub.store}/cdn/{name}/-/{file}?{signature}"
            self._end(302, headers | linked | {"Location": where})
        elif body:
            self._content(name, file)
        else:
            self._end(200, headers | {"Content-Length": str(len(data))})

    def _content(self, name: str, file: str) -> None:
        data = self.hub.models[name][file]
        start = 0
        given = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if given and self.hub.ranges:
            start = int(given[1])
        self.hub.asked.append(f"{file}@{start}" if start else file)
        rest = data[start:]
        if self.hub.damaged and len(data) >= LARGE:
            rest = bytes(len(rest))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if file == "model.safetensors" and self.hub.cut:
            cut = self.hub.cut.pop(0)
            self.close_connection = True
            if cut is None:
                self.hub.stalled.set()
                time.sleep(60)  # longer than the client lives; the thread is a daemon
                return
            rest = rest[:cut]
        self.wfile.write(rest)
        self.hub.sent[file] = self.hub.sent.get(file, 0) + len(rest)

    def _json(self, document: Any) -> None:
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _end(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()


def _etag(data: bytes) -> str:
    if len(data) >= LARGE:
        return hashlib.sha256(data).hexdigest()
    return _git_digest(data)


def _git_digest(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _stored_apart(data: bytes) -> dict[str, Any]:
    if len(data) < LARGE:
        return {}
    return {"lfs": {"sha256": _etag(data), "size": len(data), "pointerSize": 130}}
