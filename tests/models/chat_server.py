"""A chat server on loopback that behaves as a test tells it to, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from briefing.models import Endpoint
from briefing.models.chat import ChatBackend
from tests.serving import answering

MODEL = "openai:smol"
ARTICLE = (
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island. "
    "The council had planned to close the route in May to save 400,000 dollars a year. "
    "Turnout was 61 percent, the highest in two decades. "
    "A bridge to the island opened in 2009 and took half of the passengers."
)


def backend(url: str, **settings: Any) -> ChatBackend:
    """The back end of a model that a server at this address runs."""
    return ChatBackend(MODEL, Endpoint(url, **settings))


@dataclass(frozen=True)
class Answer:
    """One answer: its status and body, how long each byte of it takes, and how it ends."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: bool = False


Answers = Callable[[dict[str, Any]], Answer]


def completion(text: Any, finish: str = "stop") -> Answer:
    """An answer as the protocol has it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    return Answer(json.dumps({"choices": [{**choice, "finish_reason": finish}]}).encode())


@dataclass
class ChatServer:
    """Where the server is, and what came."""

    answers: Answers
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    busiest: int = 0
    under_way: int = 0


@contextmanager
def chatting(answers: Answers) -> Iterator[ChatServer]:
    """A server on a port of its own whose ``answers`` are made from the request's object."""
    state = ChatServer(answers)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                state.asked.append({"path": self.path, **asked})
                state.keys.append(self.headers.get("Authorization"))
                state.under_way += 1
                state.busiest = max(state.busiest, state.under_way)
            try:
                self._send(state.answers(asked))
            finally:
                with lock:
                    state.under_way -= 1

        def do_GET(self) -> None:
            self._send(Answer(b'{"data": [{"id": "smol"}, {"id": "large"}]}'))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
            try:
                step = 1 if answer.pause else max(len(body), 1)
                for at in range(0, len(body), step):
                    self.wfile.write(body[at : at + step])
                    self.wfile.flush()
                    time.sleep(answer.pause)
            except OSError:
                return  # the client has gone

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with answering(Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield state
