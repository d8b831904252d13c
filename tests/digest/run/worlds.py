"""A world for whole runs: feeds that misbehave, a mail server that counts, runs to be killed."""

import asyncio
import json
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from unittest.mock import patch

import psutil
from aiosmtpd.smtp import SMTP, Envelope

from briefing.cli.digest import reporting
from briefing.digest.run import run_digest
from briefing.digest.settings import DigestSettings
from briefing.reading import isolated
from tests.digest.feeds_server import Feeds, address, serving_feeds
from tests.quality.samples import SAMPLES

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
READERS = tuple(f"reader{number}@news.example" for number in range(6))
SOUND = ("good1", "good2", "good3", "good4", "good5", "good6", "good7", "good8")
ODD = (
    "latin1", "lying", "bom", "utf16", "gzipped", "nodates", "future", "htmltitles", "relative",
    "sameguids", "cdata", "truncated", "moved", "json", "atom", "teasers", "changing",
)  # fmt: skip
BAD = ("missing", "broken", "hang", "loop", "huge", "page", "busy")
HOSTS = len(SOUND + ODD + BAD)


DIE = "die"
"""The answer of a server whose connection breaks instead."""


def _no_fault(stage: str, recipient: str) -> str | None:
    del stage, recipient
    return None


@dataclass
class Post:
    """An SMTP server: each letter that it accepted, by recipient and Message-ID.

    ``fault`` gives the answer to a command (HELO, MAIL, RCPT, DATA, END of the letter; DONE once it
    is accepted) with the recipient where there is one, or None where all is well.
    """

    port: int = 0
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: bytes = b""
    pause: float = 0.0
    refuse: dict[str, str] = field(default_factory=dict)
    fault: Callable[[str, str], str | None] = _no_fault

    def answer(self, stage: str, server: SMTP, recipient: str = "") -> str | None:
        """The answer of a fault; the connection breaks where it is to."""
        found = self.fault(stage, recipient)
        if found == DIE:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return found

    async def handle_EHLO(self, server, session, envelope, hostname, responses) -> list[str]:
        if found := self.answer("HELO", server):
            return [found]
        session.host_name = hostname
        return responses

    async def handle_HELO(self, server, session, envelope, hostname) -> str:
        if found := self.answer("HELO", server):
            return found
        session.host_name = hostname
        return f"250 {server.hostname}"

    async def handle_MAIL(self, server, session, envelope: Envelope, address, options) -> str:
        found = self.answer("MAIL", server)
        if not found:
            envelope.mail_from = address
        return found or "250 OK"

    async def handle_RCPT(self, server, session, envelope: Envelope, address, options) -> str:
        found = self.answer("RCPT", server, address)
        if not found:
            envelope.rcpt_tos.append(address)
        return found or "250 OK"

    async def handle_DATA(self, server, session, envelope: Envelope) -> str:
        for recipient in envelope.rcpt_tos:
            if recipient in self.refuse:
                return self.refuse[recipient]
            if found := self.answer("END", server, recipient):
                return found
        head = envelope.content.decode("ascii").partition("\r\n\r\n")[0].replace("\r\n ", " ")
        (name,) = [line for line in head.splitlines() if line.startswith("Message-ID:")]
        for recipient in envelope.rcpt_tos:
            self.accepted[recipient, name.partition(":")[2].strip()] += 1
        self.last = envelope.content
        # The instant between acceptance and the run's knowledge of it.
        await asyncio.sleep(self.pause)
        return self.answer("DONE", server, envelope.rcpt_tos[0]) or "250 OK"

    def by_reader(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for (recipient, _), count in self.accepted.items():
            counts[recipient] += count
        return counts


class _Smtp(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        """Die in the middle of a letter, where that is the fault."""
        post = self.event_handler
        if post.fault("DATA", self.envelope.rcpt_tos[0]) != DIE:
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


@contextmanager
def serving_mail(port: int = 0) -> Iterator[Post]:
    """The mail server, while it is there."""
    post, loop = Post(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: _Smtp(post, hostname="test"), "127.0.0.1", port)

    async def end(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class World:
    """Both servers, and the settings of a digest that uses them."""

    url: str
    feeds: Feeds
    post: Post
    own: Path
    timeout: float = 1.2
    """Seconds that a run waits for a feed."""

    def settings(self, store: str, output: Path, *names: str, **more: object) -> DigestSettings:
        sources: list[dict[str, object]] = [
            {"name": name, "feed": f"{address(self.url, number)}/feed/{name}"}
            for number, name in enumerate(names or SOUND + ODD + BAD, 1)
        ]
        if not names:
            sources.append({"name": "Own", "jsonl": self.own})
        fetch = {
            "delay": 0,
            "timeout": self.timeout,
            "retries": 0,
            "private": True,
            "max_feed": 200_000,
            "ports": [int(self.url.rpartition(":")[2])],
        }
        mail = {
            "host": "127.0.0.1",
            "port": self.post.port,
            "security": "none",
            "sender": "The briefing <digest@news.example>",
            "recipients": READERS,
        }
        return DigestSettings.model_validate(
            {
                "store": store,
                "output": output,
                "sources": sources,
                "fetch": fetch,
                "mail": mail,
                "edition": {"formats": ["json", "atom", "text"], "minutes": 60, "stories": 60},
                **more,
            }
        )


@contextmanager
def serving_world(articles: int, stories: int) -> Iterator[World]:
    """A world of so many articles in each feed, and so many more that are a story each."""
    with (
        serving_feeds(articles, hosts=HOSTS) as (url, feeds),
        serving_mail() as post,
        NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as own,
    ):
        for sample in SAMPLES[:stories]:
            row = {"title": sample.title, "subtitle": sample.subtitle, "text": sample.text}
            own.write(json.dumps(row) + "\n")
        own.flush()
        yield World(url, feeds, post, Path(own.name))


_FORK = multiprocessing.get_context("fork")
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.digest.run.warm"])


def started(settings: DigestSettings, log: Path) -> "multiprocessing.process.BaseProcess":
    """A run in a process of its own, forked from one that has everything loaded."""
    process = _forks.Process(target=_work, args=(settings, str(log)))
    process.start()
    return process


def warmed_up() -> None:
    """Have the process that runs are forked from load everything; it takes seconds, once."""
    process = _forks.Process(target=int)
    process.start()
    process.join()


def _work(settings: DigestSettings, log: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    # A run's readers are forked from a process that has to load what they need, for seconds. Here
    # it is loaded already, and which process they come from is not what is tested.
    with patch.object(isolated.multiprocessing, "get_context", _fork), reporting() as progress:
        run_digest(settings, now=NOW, extractive=True, progress=progress)


def _fork(method: str) -> object:
    del method
    return _FORK


def killed(process: "multiprocessing.process.BaseProcess", after: float) -> bool:
    """Kill it then, by SIGKILL; False where it had ended before."""
    process.join(after)
    if process.exitcode is not None:
        return False
    with suppress(psutil.NoSuchProcess):
        readers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.join()
        # Forked here, they hold its connections; those of a real run come from another process.
        for reader in readers:
            with suppress(psutil.NoSuchProcess):
                reader.kill()
    process.join()
    return True
