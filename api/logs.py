"""Structured logs on standard error: one JSON object a line, or text for a person at a terminal.

Every line of a request has its id, those of its threads too. Article text is in none, not even by
way of an exception's message, unless `log_text` asks for it.
"""

import json
import logging
import queue
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from typing import Any, TextIO, cast

from api.observer import Observer, Stage
from briefing.article import Article
from briefing.config import Settings

MOST_WAITING = 10_000
"""Lines that may wait for a slow reader of the log; what comes then is lost, not waited for."""
LAST_SECONDS = 5
"""How long the end waits for that reader."""
OWN = ("api", "briefing", "uvicorn")
"""Whose level is set; other libraries, which might quote an article, keep to warnings."""
_access = logging.getLogger("api.access")


@dataclass(slots=True)
class _Account:
    """What is known of a request until its line is written."""

    id: str
    stages: dict[Stage, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


_account: ContextVar[_Account | None] = ContextVar("account", default=None)


class RequestLog(Observer):
    """Writes one line for each request, with its sizes and the times of its stages.

    A brief that several requests wait for is on the line of the first of them.
    """

    def __init__(self, *, texts: bool = False) -> None:
        self._texts = texts

    def began(self, *, id: str, **_: object) -> None:
        """Open the request's account."""
        _account.set(_Account(id))

    def stage(self, name: Stage, seconds: float) -> None:
        """Add to the request's account."""
        if account := _account.get():
            account.stages[name] = account.stages.get(name, 0.0) + seconds

    def cache(self, *, hit: bool) -> None:
        """Add to the request's account."""
        if account := _account.get():
            account.add(**{"cache_hits" if hit else "cache_misses": 1})

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """Add to the request's account."""
        if account := _account.get():
            account.add(briefs=1, generated=generated, extracted=extracted, refused=refused)

    def article(self, article: Article) -> None:
        """Write its text, only where that is asked for; else its size counts."""
        if account := _account.get():
            account.add(words=article.words, sentences=len(article.sentences))
        if self._texts:
            texts = {"title": article.title, "subtitle": article.subtitle, "text": article.body}
            _access.info("article", extra={"fields": texts})

    def request(
        self,
        *,
        route: str,
        method: str,
        status: int,
        seconds: float,
        received: int,
        sent: int,
        **_: object,
    ) -> None:
        """Write the request's line."""
        account = _account.get()
        fields: dict[str, Any] = {
            "route": route or "none",
            "method": method[:16],
            "status": status,
            "seconds": round(seconds, 4),
            "received_bytes": received,
            "sent_bytes": sent,
        }
        if account:
            fields |= account.counts
            if account.stages:
                fields["stages"] = {name: round(s, 4) for name, s in account.stages.items()}
        _access.info("request", extra={"fields": fields})


class Formatter(logging.Formatter):
    """A record as JSON (``form`` is json) or as a line of text.

    An exception is its types and where they were raised; its message, which may quote the input,
    only with ``texts``.
    """

    def __init__(self, form: str, *, texts: bool) -> None:
        super().__init__()
        self._json = form == "json"
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        """One line, ASCII where it is JSON."""
        fields = {**getattr(record, "fields", {})}
        if id_ := getattr(record, "request_id", None):
            fields["request_id"] = id_
        raised = self._raised(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        message = record.getMessage()
        if not self._json:
            return self._line(record.levelno, message, fields) + (f"\n{raised}" if raised else "")
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        document = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **fields,
        }
        if raised:
            document["exception"] = raised
        return json.dumps(document, default=str)

    @staticmethod
    def _line(level: int, message: str, fields: Mapping[str, Any]) -> str:
        said = "" if level <= logging.INFO else f"{logging.getLevelName(level).lower()}: "
        shown = "".join(f" {name}={value}" for name, value in fields.items())
        return f"briefing: {said}{message}{shown}"

    def _raised(self, error: BaseException) -> str:
        if self._texts:
            return "".join(traceback.format_exception(error)).rstrip()
        parts = [
            "".join(traceback.format_tb(each.__traceback__)) + type(each).__qualname__
            for each in _chain(error)
        ]
        return "\n\ncaused\n\n".join(reversed(parts))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


class _Handler(QueueHandler):
    """Hands records to the listener's thread, and never waits for it."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record, with the id of the request that it is of."""
        account = _account.get()
        record.request_id = account.id if account else None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put it into the queue, or lose it where that is full."""
        with suppress(queue.Full):
            self.queue.put_nowait(record)


class _Listener(QueueListener):
    """Writes what is queued; its end waits a bounded time for a stream that takes nothing."""

    def stop(self) -> None:
        """Write what is left, as far as it is taken."""
        with suppress(queue.Full):
            cast("queue.Queue[None]", self.queue).put(None, timeout=LAST_SECONDS)
            if self._thread:
                self._thread.join(LAST_SECONDS)


@contextmanager
def logging_to(stream: TextIO, settings: Settings) -> Iterator[None]:
    """Write the process's logs, uvicorn's among them, to ``stream`` as the settings say.

    They are written by a thread: nobody waits for a reader that is slow. What is queued is written
    before this ends.
    """
    form = settings.log_format
    if form == "auto":
        form = "text" if stream.isatty() else "json"
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(form, texts=settings.log_text))
    records: queue.Queue[logging.LogRecord] = queue.Queue(MOST_WAITING)
    listener = _Listener(records, handler)
    root = logging.getLogger()
    before, root.handlers[:] = root.handlers[:], [_Handler(records)]
    for name in OWN:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    listener.start()
    try:
        yield
    finally:
        root.handlers[:] = before
        for name in OWN:
            logging.getLogger(name).setLevel(logging.NOTSET)
        listener.stop()
