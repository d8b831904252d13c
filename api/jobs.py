"""Jobs: lists of articles that are briefed in the background, one line of JSON for each.

A job is stored from its acceptance until its results expire. Each worker process runs a few jobs at
a time, those of each caller in turn; another worker, or the next process, goes on where one was
killed. What is done is not done again. Articles at which workers were killed come last, one at a
time; one that goes on killing them is given up.
"""

import asyncio
import json
import logging
import multiprocessing
import os
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlsplit

from briefing.api.job_store import BLAME, LEASE, Job, JobStore
from briefing.api.problems import INTERNAL, JobMissing, KeyReused, QueueFull, WebhookRefused
from briefing.api.requests import BriefOrder, JobOrder, read_orders
from briefing.api.service import Service
from briefing.config import Settings
from briefing.digest.deliver import webhook_headers
from briefing.errors import BriefingError, ConfigError, InternalError

RUNNING = 4
"""Jobs that one worker runs at a time."""
CALLING = 8
"""Webhooks that one worker calls at a time, beside the jobs that it runs."""
WINDOW = 4
"""Articles of one job in progress at a time, so that jobs leave room for requests."""
POLL = 1.0
"""Seconds between looks for jobs that other processes left."""
SWEEP = 60.0
"""Seconds between looks for results that have expired."""
RETRIES = (1.0, 5.0, 30.0, 300.0, 3_600.0)
"""Seconds until each further try of a webhook that was not answered with 2xx."""
_WEBHOOK_SECONDS = 10.0
"""Seconds that the call of a webhook may take in all."""
_BUSY = frozenset({"queue-full", "not-ready", "draining"})
"""Problems of the service and not of an article, which is tried again until they have passed."""
_UNUSABLE = frozenset({"bad-model", "bad-device", "reader-busy"})
"""Problems that may be of one article, which is tried again after each pause of `PAUSES`."""
PAUSES = (1.0, 5.0, 25.0)
"""Seconds until each further try of an article, and of a job that cannot be run."""
KILLED = 3
"""Workers that are killed on an article, which is given up then."""

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
MakeLine = Callable[[int, BriefOrder | BriefingError, object], Awaitable[tuple[str | None, bytes]]]
"""Returns the code of its problem, or None, and the line of the article at a place, in a flow."""


class Jobs:
    """Accepts jobs and runs them, RUNNING at a time."""

    def __init__(self, service: Service, settings: Settings, make: MakeLine) -> None:
        """Make the jobs of a service. Raises ConfigError if a setting of theirs cannot be used."""
        if settings.webhook_hosts and not settings.webhook_secret:
            raise ConfigError(
                "webhook_hosts is set without webhook_secret, which signs each call; set both, or "
                "neither"
            )
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
        return JobStore(self._path, self._settings.cache_seconds, _parent())

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
        return await self.store.run(self.store.renew, job.id)

    async def _run(self, job: Job) -> None:
        """Brief the articles that are not done; finish if all could be tried.

        A job that cannot be run is tried again after a pause, in which others run. After some
        tries its articles end with the problem.
        """
        until: float | None = 0.0
        try:
            if await self._briefed(job):
                await self._finish(job)
                until = None
        except sqlite3.Error:  # of the file, and not of the job
            raise
        except Exception as error:
            until = time.time() + PAUSES[min(job.failures, len(PAUSES) - 1)]
            if getattr(error, "code", None) in _BUSY:
                return
            _log.exception("job %s could not be run", job.id)
            if job.failures < len(PAUSES):
                await self.store.run(partial(self.store.release, job.id, until, failed=True))
            else:
                await self._give_up(job, error)
            until = None
        finally:
            if until is not None:
                await self.store.run(self.store.release, job.id, until)

    async def _briefed(self, job: Job) -> bool:
        """Brief the articles that are not done; return whether all could be tried.

        Those at which workers were killed are tried last, and one at a time, which tells the
        innocent from the one that kills them.
        """
        blamed = await self.store.run(self.store.blamed, job.id)
        for place, blame in blamed.items():
            if blame >= KILLED * BLAME:
                _log.error("article %d of job %s killed its workers; it is given up", place, job.id)
                await self._fail(job, place, InternalError(INTERNAL))
        body = await self.store.run(self.store.body, job.id)
        if body is None and not await self._renewed(job):
            return False  # it was removed
        body = body or b""
        reader = partial(read_orders, body, job.total, urls=self._settings.urls, counted=True)
        orders = await self._service.read(reader, len(body))
        done = await self.store.run(self.store.lines, job.id)
        clear = [place for place in range(job.total) if place not in done and place not in blamed]
        last = [place for place in blamed if place not in done]
        return await self._flows(job, orders, clear, WINDOW) and await self._flows(
            job, orders, last, 1
        )

    async def _flows(
        self, job: Job, orders: Sequence[BriefOrder | BriefingError], places: list[int], window: int
    ) -> bool:
        """Brief the articles at ``places``, so many at a time; return whether all were tried."""
        left = iter(places)
        flows = [asyncio.create_task(self._flow(job, orders, left, job.id)) for _ in range(window)]
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
                await self._fail(job, place, problem)
        await self._finish(job)

    async def _fail(self, job: Job, place: int, problem: BriefingError) -> None:
        _, line = await self._make(place, problem, job.id)
        await self.store.run(self.store.add_line, job.id, place, True, line)

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
            await self.store.run(self.store.begin, job.id, place)
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


def _parent() -> str:
    """Return what tells the workers of this service, until it ends, from those of others.

    The folder of the workers' metrics is made anew by each parent, whose number may come again.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return secrets.token_hex(8)
    return f"{parent.pid} {os.environ.get('PROMETHEUS_MULTIPROC_DIR', '')}"


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
