"""Jobs: lists of articles that are briefed in the background, one line of JSON for each.

A job is kept in SQLite from its acceptance until its results expire. Each worker process runs a few
jobs at a time; it holds a lease on them, which it renews, so that another worker, or the next
process, goes on where one was killed. What is done is not done again.
"""

import asyncio
import json
import logging
import secrets
import sqlite3
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from briefing.api.cache import open_database
from briefing.api.problems import INTERNAL, JobMissing, KeyReused, QueueFull, WebhookRefused
from briefing.api.requests import BriefOrder, JobOrder, read_orders
from briefing.api.service import Service
from briefing.config import Settings, private_file
from briefing.digest.deliver import webhook_headers
from briefing.errors import BriefingError, ConfigError, InternalError

RUNNING = 4
"""Jobs that one worker runs at a time."""
CALLING = 8
"""Webhooks that one worker calls at a time, beside the jobs that it runs."""
WINDOW = 4
"""Articles of one job in progress at a time, so that jobs leave room for requests."""
LEASE = 5.0
"""Seconds after which the job of a worker that was killed is taken up by another."""
POLL = 1.0
"""Seconds between looks for jobs that other processes left."""
MOST_JOBS = 1_000
"""Jobs that are kept; those that have been finished for longest make way for new ones."""
SHARE = 4
"""One caller's jobs that are not done take one in so many of the places, and of the bytes."""
SWEEP = 60.0
"""Seconds between looks for results that have expired."""
RETRIES = (1.0, 5.0, 30.0, 300.0, 3_600.0)
"""Seconds until each further try of a webhook that was not answered with 2xx."""
_WEBHOOK_SECONDS = 10.0
"""Seconds that the call of a webhook may take in all."""
_BUSY = frozenset({"queue-full", "not-ready", "draining"})
"""Problems of the service and not of an article, which is tried again until they have passed."""
_UNUSABLE = frozenset({"bad-model", "bad-device"})
"""Problems that may be of one article, which is tried again after each pause of `PAUSES`."""
PAUSES = (1.0, 5.0, 25.0)
"""Seconds until each further try of an article, and of a job that cannot be run."""

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, caller TEXT NOT NULL, total INTEGER NOT NULL, webhook TEXT,
    created REAL NOT NULL, finished REAL, lease REAL NOT NULL, due REAL, tries INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, request BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job_bodies (job TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS job_lines (
    job TEXT NOT NULL, place INTEGER NOT NULL, failed INTEGER NOT NULL, line BLOB NOT NULL,
    PRIMARY KEY (job, place)
) WITHOUT ROWID;
"""
_ADDED = {"failures": "INTEGER NOT NULL DEFAULT 0", "request": "BLOB"}
"""Columns that files of earlier versions lack."""
_MOVE_BODIES = """
INSERT OR IGNORE INTO job_bodies SELECT id, body FROM jobs WHERE body IS NOT NULL
"""
_ADD = """
INSERT OR IGNORE INTO jobs (id, caller, total, webhook, created, request, lease, tries)
    VALUES (?, ?, ?, ?, ?, ?, 0, 0)
"""
_EXPIRED = """
DELETE FROM jobs WHERE finished < ?
"""
_GET = """
SELECT id, caller, total, webhook, created, finished, tries, failures, request FROM jobs
    WHERE id = ? AND (finished IS NULL OR finished >= ?)
"""
_TAKE = """
UPDATE jobs SET lease = ? WHERE id = (
    SELECT id FROM jobs WHERE lease < ? AND finished IS NULL ORDER BY created LIMIT 1
) RETURNING id, caller, total, webhook, created, finished, tries, failures, request
"""
_TAKE_FINISHED = """
UPDATE jobs SET lease = ? WHERE id = (
    SELECT id FROM jobs WHERE lease < ? AND due <= ? ORDER BY due LIMIT 1
) RETURNING id, caller, total, webhook, created, finished, tries, failures, request
"""
_KEPT = """
SELECT id, caller, finished,
    coalesce((SELECT length(job_bodies.body) FROM job_bodies WHERE job = id), 0)
    + (SELECT coalesce(sum(length(line)), 0) FROM job_lines WHERE job = id)
    FROM jobs ORDER BY finished
"""
_ADD_LINE = """
INSERT OR IGNORE INTO job_lines SELECT id, ?, ?, ? FROM jobs WHERE id = ?
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept, but for its body and its lines; times are Unix times.

    ``tries`` are those of its webhook, ``failures`` how often the job itself could not be run.
    ``request`` is the digest of what was asked, None for a job of an earlier version.
    """

    id: str
    caller: str
    total: int
    webhook: str | None
    created: float
    finished: float | None
    tries: int
    failures: int = 0
    request: bytes | None = None


class JobStore:
    """Jobs and their lines in a SQLite file, or in memory; its methods run in one thread."""

    def __init__(self, path: Path | None, seconds: float) -> None:
        """Open the file, or create it; finished jobs are kept for ``seconds``.

        Raises:
            ConfigError: the file cannot be used.
        """
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        if path:
            private_file(path)
        try:
            self._db = open_database(path, _SCHEMA)
            self._update()
            weakref.finalize(self, self._db.close)
        except sqlite3.Error as error:
            raise ConfigError(
                f"cannot use jobs_path {path}: {error}; set it to a file in a writable folder"
            ) from error

    def _update(self) -> None:
        """Add what the file of an earlier version lacks; another process may do so as well."""
        with self._transaction():
            known = {row[1] for row in self._db.execute("PRAGMA table_info(jobs)")}
            for name, kind in _ADDED.items():
                if name not in known:
                    self._db.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
            if "body" in known:
                self._db.execute(_MOVE_BODIES)
                self._db.execute("UPDATE jobs SET body = NULL WHERE body IS NOT NULL")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            yield

    async def run(self, job: Callable[..., _Result], *args: Any) -> _Result:
        """Run a method of this store in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(job, *args))

    async def close(self) -> None:
        """Finish what is being written, and close the file."""
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()

    def add(self, job: Job, body: bytes, most_bytes: int) -> Job:
        """Add a job, and return the one kept under its id; finished ones make way, oldest first.

        Raises:
            QueueFull: too many are not done.
        """
        with self._transaction():
            self._expire()
            if known := self.get(job.id):
                return known
            for id in self._surplus(job.caller, len(body), most_bytes):
                self._remove(id)
            values = (job.id, job.caller, job.total, job.webhook, job.created, job.request)
            self._db.execute(_ADD, values)
            self._db.execute("INSERT INTO job_bodies VALUES (?, ?)", (job.id, body))
        return job

    def _surplus(self, caller: str, size: int, most_bytes: int) -> list[str]:
        """Return the finished jobs that make way for a new one. Raises QueueFull."""
        rows = self._db.execute(_KEPT).fetchall()
        waiting = [(whose, kept) for _, whose, finished, kept in rows if finished is None]
        mine = [kept for whose, kept in waiting if whose == caller]
        share = (max(1, MOST_JOBS // SHARE), most_bytes // SHARE)
        if mine and (len(mine) >= share[0] or sum(mine) + size > share[1]):
            raise QueueFull(
                60,
                "Your jobs that are not done take all the room that the service has for one "
                "caller. Send this one when another is done, or delete one.",
            )
        if len(waiting) >= MOST_JOBS or sum(kept for _, kept in waiting) + size > most_bytes:
            raise QueueFull(
                60, "The service has too many jobs that are not done. Send this one later."
            )
        places = len(rows) + 1 - MOST_JOBS
        over = sum(kept for *_, kept in rows) + size - most_bytes
        surplus = []
        for id, _, finished, kept in rows:
            if finished is not None and (places > 0 or over > 0):
                surplus.append(id)
                places, over = places - 1, over - kept
        return surplus

    def expire(self) -> None:
        """Remove the jobs whose results have expired."""
        with self._transaction():
            self._expire()

    def _expire(self) -> None:
        if self._db.execute(_EXPIRED, (time.time() - self._seconds,)).rowcount:
            self._db.execute("DELETE FROM job_lines WHERE job NOT IN (SELECT id FROM jobs)")

    def get(self, id: str) -> Job | None:
        """Return a job whose results have not expired."""
        row = self._db.execute(_GET, (id, time.time() - self._seconds)).fetchone()
        return Job(*row) if row else None

    def body(self, id: str) -> bytes | None:
        """Return the articles of a job that is not done."""
        row = self._db.execute("SELECT body FROM job_bodies WHERE job = ?", (id,)).fetchone()
        return row[0] if row else None

    def take(self, now: float) -> Job | None:
        """Return a job to run, and hold a lease on it."""
        row = self._db.execute(_TAKE, (now + LEASE, now)).fetchall()
        return Job(*row[0]) if row else None

    def take_finished(self, now: float) -> Job | None:
        """Return a job whose webhook is due, and hold a lease on it."""
        row = self._db.execute(_TAKE_FINISHED, (now + LEASE, now, now)).fetchall()
        return Job(*row[0]) if row else None

    def renew(self, id: str, until: float) -> bool:
        """Renew the lease on a job, or end it; return whether the job is still there."""
        return self._db.execute("UPDATE jobs SET lease = ? WHERE id = ?", (until, id)).rowcount > 0

    def note_failure(self, id: str, until: float) -> None:
        """Note that a job could not be run; it is not taken before ``until``."""
        query = "UPDATE jobs SET failures = failures + 1, lease = ? WHERE id = ?"
        self._db.execute(query, (until, id))

    def lines(self, id: str) -> dict[int, bytes]:
        """Return the lines of a job that are done, by place."""
        rows = self._db.execute(
            "SELECT place, line FROM job_lines WHERE job = ? ORDER BY place", (id,)
        )
        return dict(rows.fetchall())

    def counts(self, id: str) -> tuple[int, int]:
        """Return how many lines of a job are done, and how many of these failed."""
        query = "SELECT count(*), coalesce(sum(failed), 0) FROM job_lines WHERE job = ?"
        done, failed = self._db.execute(query, (id,)).fetchone()
        return done, failed

    def add_line(self, id: str, place: int, failed: bool, line: bytes) -> bool:
        """Add the line of one article; return whether the job is still there."""
        return self._db.execute(_ADD_LINE, (place, failed, line, id)).rowcount > 0

    def finish(self, id: str) -> None:
        """Mark a job as done; its webhook is due."""
        query = (
            "UPDATE jobs SET finished = ?, lease = 0, "
            "due = CASE WHEN webhook IS NULL THEN NULL ELSE ? END WHERE id = ?"
        )
        now = time.time()
        with self._transaction():
            self._db.execute(query, (now, now, id))
            self._db.execute("DELETE FROM job_bodies WHERE job = ?", (id,))

    def note_webhook_try(self, id: str, due: float | None) -> None:
        """Note a try of a job's webhook, and when the next is due."""
        query = "UPDATE jobs SET due = ?, tries = tries + 1, lease = 0 WHERE id = ?"
        self._db.execute(query, (due, id))

    def remove(self, id: str) -> None:
        """Remove a job, its body and its lines."""
        with self._transaction():
            self._remove(id)

    def _remove(self, id: str) -> None:
        self._db.execute("DELETE FROM jobs WHERE id = ?", (id,))
        self._db.execute("DELETE FROM job_bodies WHERE job = ?", (id,))
        self._db.execute("DELETE FROM job_lines WHERE job = ?", (id,))


MakeLine = Callable[[int, BriefOrder | BriefingError, object], Awaitable[tuple[str | None, bytes]]]
"""Returns the code of its problem, or None, and the line of the article at a place, in a flow."""


class Jobs:
    """Accepts jobs and runs them, RUNNING at a time."""

    def __init__(self, service: Service, settings: Settings, make: MakeLine) -> None:
        self._service = service
        self._settings = settings
        self._path = settings.jobs_path or settings.cache_path
        if self._path:
            _ = self.store  # a file that cannot be used is told at the start
        self._make = make
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @cached_property
    def store(self) -> JobStore:
        """The store, opened on first use.

        Raises:
            ConfigError: the file cannot be used.
        """
        return JobStore(self._path, self._settings.cache_seconds)

    def start(self) -> None:
        """Begin to run jobs once the service is ready."""
        loops = [
            self._sweep(),
            *(self._loop(self.store.take, self._run) for _ in range(RUNNING)),
            *(self._loop(self.store.take_finished, self._call_webhook) for _ in range(CALLING)),
        ]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def close(self) -> None:
        """Stop; what is not done is left to the next process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()

    async def submit(self, caller: str, order: JobOrder, key: str | None) -> tuple[Job, bool]:
        """Accept a job, or return the one that was accepted under the idempotency ``key``.

        The second value is whether the job is new.

        Raises:
            WebhookRefused: the service may not call the webhook. QueueFull: there are too many.
            KeyReused: the one that was accepted asked for something else.
        """
        if order.webhook:
            check_webhook(order.webhook, self._settings)
        named = sha256(f"{caller}\0{key}".encode()).hexdigest()[:32]
        job = Job(
            id=named if key else secrets.token_hex(16),
            caller=caller,
            total=order.total,
            webhook=order.webhook,
            created=time.time(),
            finished=None,
            tries=0,
            request=sha256(f"{order.webhook}\0".encode() + order.articles).digest(),
        )
        most = self._settings.max_bodies
        kept = await self.store.run(self.store.add, job, order.articles, most)
        if kept.request not in (None, job.request):
            raise KeyReused
        self._wake.set()
        return kept, kept.created == job.created

    async def find(self, id: str, caller: str) -> Job:
        """Return a job of this caller. Raises JobMissing."""
        job = await self.store.run(self.store.get, id)
        if job is None or job.caller != caller:
            raise JobMissing
        return job

    async def document(self, job: Job) -> dict[str, Any]:
        """Return what clients are told of a job."""
        done, failed = await self.store.run(self.store.counts, job.id)
        running = "running" if done else "queued"
        return {
            "id": job.id,
            "status": "done" if job.finished else running,
            "total": job.total,
            "done": done,
            "failed": failed,
            "created": _iso(job.created),
            "finished": _iso(job.finished) if job.finished else None,
            "webhook": job.webhook,
            "url": f"/v1/jobs/{job.id}",
        }

    async def _loop(
        self, take: Callable[[float], Job | None], handle: Callable[[Job], Awaitable[None]]
    ) -> None:
        """Take one job after the other, and handle it."""
        while True:
            job = None
            if self._service.ready:
                job = await self._quietly(self.store.run(take, time.time()))
            if job:
                await self._quietly(self._leased(job, handle))
                continue
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._wake.wait()

    async def _sweep(self) -> None:
        """Remove what has expired, every now and then."""
        while True:
            await self._quietly(self.store.run(self.store.expire))
            await asyncio.sleep(max(POLL, min(SWEEP, self._settings.cache_seconds)))

    async def _quietly(self, work: Awaitable[_Result]) -> _Result | None:
        """Await ``work``; an error of one job, or of the file, stops no other job."""
        try:
            return await work
        except Exception:
            _log.exception("a job failed; it will be tried again")
            await asyncio.sleep(POLL)
            return None

    async def _leased(self, job: Job, handle: Callable[[Job], Awaitable[None]]) -> None:
        """Handle a job while its lease is renewed."""
        work = asyncio.ensure_future(handle(job))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=LEASE / 3)
                if not work.done() and not await self._renewed(job):
                    return  # it was removed
            work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _renewed(self, job: Job) -> bool:
        return await self.store.run(self.store.renew, job.id, time.time() + LEASE)

    async def _run(self, job: Job) -> None:
        """Brief the articles that are not done; finish if all could be tried.

        A job that cannot be run is tried again after a pause, in which others run. After some
        tries its articles end with the problem.
        """
        lease: float | None = 0.0
        try:
            if await self._briefed(job):
                await self._finish(job)
                lease = None
        except sqlite3.Error:  # of the file, and not of the job
            raise
        except Exception as error:
            lease = time.time() + PAUSES[min(job.failures, len(PAUSES) - 1)]
            if getattr(error, "code", None) in _BUSY:
                return
            _log.exception("job %s could not be run", job.id)
            if job.failures < len(PAUSES):
                await self.store.run(self.store.note_failure, job.id, lease)
            else:
                await self._give_up(job, error)
            lease = None
        finally:
            if lease is not None:
                await self.store.run(self.store.renew, job.id, lease)

    async def _briefed(self, job: Job) -> bool:
        """Brief the articles that are not done; return whether all could be tried."""
        body = await self.store.run(self.store.body, job.id)
        if body is None and not await self._renewed(job):
            return False  # it was removed
        body = body or b""
        reader = partial(read_orders, body, job.total, urls=self._settings.urls, counted=True)
        orders = await self._service.read(reader, len(body))
        done = await self.store.run(self.store.lines, job.id)
        left = iter([place for place in range(job.total) if place not in done])
        flows = [asyncio.create_task(self._flow(job, orders, left, job.id)) for _ in range(WINDOW)]
        try:
            return all(await asyncio.gather(*flows))
        finally:
            for flow in flows:
                flow.cancel()
            await asyncio.gather(*flows, return_exceptions=True)

    async def _give_up(self, job: Job, error: Exception) -> None:
        """Finish a job that cannot be run: the articles that are not done have the problem."""
        problem = error if isinstance(error, BriefingError) else InternalError(INTERNAL)
        done = await self.store.run(self.store.lines, job.id)
        for place in range(job.total):
            if place not in done:
                _, line = await self._make(place, problem, job.id)
                await self.store.run(self.store.add_line, job.id, place, True, line)
        await self._finish(job)

    async def _finish(self, job: Job) -> None:
        await self.store.run(self.store.finish, job.id)
        self._wake.set()

    async def _flow(
        self,
        job: Job,
        orders: Sequence[BriefOrder | BriefingError],
        left: Any,
        flow: object,
    ) -> bool:
        """Brief articles one after the other; return false if the service could not go on."""
        for place in left:
            problem, line = await self._tried(place, orders[place], flow)
            if problem in _BUSY:
                await asyncio.sleep(POLL)
                return False
            failed = problem is not None
            if not await self.store.run(self.store.add_line, job.id, place, failed, line):
                return False  # it was removed
        return True

    async def _tried(
        self, place: int, order: BriefOrder | BriefingError, flow: object
    ) -> tuple[str | None, bytes]:
        """Brief one article, again after a pause if the model could not be used."""
        for pause in (*PAUSES, None):
            try:
                with self._service.admission.place():
                    problem, line = await self._make(place, order, flow)
            except QueueFull as full:
                return full.code, b""
            if problem not in _UNUSABLE or pause is None:
                break
            await asyncio.sleep(pause)
        return problem, line

    async def _call_webhook(self, job: Job) -> None:
        """Call the webhook of a job that is done."""
        document = await self.document(job)
        error = await call_webhook(job, document, self._settings)
        due = None
        if error and job.tries < len(RETRIES):
            due = time.time() + RETRIES[job.tries]
        if error:
            _log.warning("the webhook of job %s failed: %s", job.id, error)
        await self.store.run(self.store.note_webhook_try, job.id, due)


def check_webhook(url: str, settings: Settings) -> None:
    """Check that the service may call ``url``: its operator names the hosts.

    Raises:
        WebhookRefused: it may not, or it could never be called.
    """
    host = _webhook_host(url)
    if not host:
        raise WebhookRefused("The webhook must be a URL like https://news.example/done.")
    allowed = {each.strip("[]").lower() for each in settings.webhook_hosts}
    if not settings.webhook_secret or host not in allowed:
        raise WebhookRefused(
            f"This service does not call {host[:200]}. Poll the job instead, or ask the operator "
            "to name the host in `webhook_hosts`, beside a `webhook_secret`."
        )


def _webhook_host(url: str) -> str | None:
    """Return the host of a URL that can be called, in lower case; None if it cannot."""
    import httpx

    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        callable_port = parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None or not callable_port:
        return None
    return parts.hostname


async def call_webhook(
    job: Job,
    document: dict[str, Any],
    settings: Settings,
) -> str | None:
    """Post a job's document to its webhook, signed; return what went wrong, None if nothing did."""
    import httpx

    sent = int(time.time())
    body = json.dumps({"type": "job.done", "timestamp": _iso(sent), "data": document}).encode()
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    headers = webhook_headers(job.id, sent, body, secret.encode())
    headers["Content-Type"] = "application/json"
    try:
        async with (
            asyncio.timeout(_WEBHOOK_SECONDS),
            httpx.AsyncClient(timeout=_WEBHOOK_SECONDS, trust_env=False) as client,
            client.stream("POST", job.webhook or "", content=body, headers=headers) as answer,
        ):
            pass  # its status says all; the rest of it is not read
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        return type(error).__name__
    return None if answer.is_success else f"status {answer.status_code}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
