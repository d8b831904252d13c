"""The store of jobs: a SQLite file that all worker processes share.

A worker holds a lease on each job that it runs, and renews it, so that another worker, or the next
process, takes the job up where one was killed. Which articles were in progress then is noted, since
one of them may be the cause.
"""

import secrets
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from briefing.api.cache import DatabaseThread, open_database
from briefing.api.problems import QueueFull
from briefing.config import private_file
from briefing.errors import ConfigError

LEASE = 5.0
"""Seconds after which the job of a worker that was killed is taken up by another."""
MOST_JOBS = 1_000
"""Jobs that are kept; those that have been finished for longest make way for new ones."""
SHARE = 4
"""One caller's jobs that are not done take one in so many of the places, and of the bytes."""
BLAME = 3
"""How much more the death of a worker tells of its articles than that of the whole service, which
people and machines end for reasons of their own."""

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
CREATE TABLE IF NOT EXISTS job_begun (
    job TEXT NOT NULL, place INTEGER NOT NULL, worker TEXT, parent TEXT,
    blame INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (job, place)
) WITHOUT ROWID;
"""
_ADDED = {
    "failures": "INTEGER NOT NULL DEFAULT 0",
    "request": "BLOB",
}
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
SELECT * FROM jobs WHERE id = ? AND (finished IS NULL OR finished >= ?)
"""
_TAKE = """
UPDATE jobs SET lease = :until WHERE id = (
    SELECT id FROM jobs WHERE lease < :now AND finished IS NULL ORDER BY (
        SELECT count(*) FROM jobs AS other
            WHERE other.caller = jobs.caller AND other.finished IS NULL AND other.lease >= :now
    ), created LIMIT 1
) RETURNING *
"""
_TAKE_FINISHED = """
UPDATE jobs SET lease = :until WHERE id = (
    SELECT id FROM jobs WHERE lease < :now AND due <= :now ORDER BY (
        SELECT count(*) FROM jobs AS other
            WHERE other.caller = jobs.caller AND other.due NOTNULL AND other.lease >= :now
    ), due LIMIT 1
) RETURNING *
"""
_KEPT = """
SELECT id, caller, finished,
    coalesce((SELECT length(job_bodies.body) FROM job_bodies WHERE job = id), 0)
    + (SELECT coalesce(sum(length(line)), 0) FROM job_lines WHERE job = id)
    FROM jobs ORDER BY finished
"""
_BEGIN = """
INSERT INTO job_begun (job, place, worker, parent) SELECT id, :place, :worker, :parent FROM jobs
    WHERE id = :job
ON CONFLICT DO UPDATE SET worker = :worker, parent = :parent
"""
_BLAME = """
UPDATE job_begun SET worker = NULL, blame = blame + CASE
    WHEN worker = :worker THEN 0 WHEN parent = :parent THEN :blame ELSE 1 END
WHERE job = :job AND worker NOTNULL
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


_FIELDS = tuple(field.name for field in fields(Job))


class JobStore(DatabaseThread):
    """Jobs and their lines in a SQLite file, or in memory; its methods run in one thread."""

    def __init__(self, path: Path | None, seconds: float, parent: str = "") -> None:
        """Open the file, or create it; finished jobs are kept for ``seconds``.

        ``parent`` is the same for all workers of a service until that ends.

        Raises:
            ConfigError: the file cannot be used.
        """
        super().__init__("jobs")
        self._seconds = seconds
        self._self = {"worker": secrets.token_hex(8), "parent": parent}
        if path:
            private_file(path)
        try:
            self._db = open_database(path, _SCHEMA)
            self._db.row_factory = sqlite3.Row
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
        return _job(row)

    def body(self, id: str) -> bytes | None:
        """Return the articles of a job that is not done."""
        row = self._db.execute("SELECT body FROM job_bodies WHERE job = ?", (id,)).fetchone()
        return row[0] if row else None

    def take(self, now: float) -> Job | None:
        """Return a job to run, and hold a lease on it: the oldest of whoever has fewest running.

        If the worker that had it is dead, the articles that it had begun are blamed.
        """
        with self._transaction():
            job = self._take(_TAKE, now)
            if job:
                self._db.execute(_BLAME, {"job": job.id, "blame": BLAME, **self._self})
        return job

    def take_finished(self, now: float) -> Job | None:
        """Return a job whose webhook is due, and hold a lease on it, in the same order."""
        return self._take(_TAKE_FINISHED, now)

    def _take(self, query: str, now: float) -> Job | None:
        rows = self._db.execute(query, {"now": now, "until": now + LEASE}).fetchall()
        return _job(rows[0] if rows else None)

    def renew(self, id: str) -> bool:
        """Renew the lease on a job; return whether the job is still there."""
        query = "UPDATE jobs SET lease = ? WHERE id = ?"
        return self._db.execute(query, (time.time() + LEASE, id)).rowcount > 0

    def release(self, id: str, until: float = 0.0, *, failed: bool = False) -> None:
        """End the lease on a job that is not done; it is not taken before ``until``.

        It could not be run if it ``failed``.
        """
        query = "UPDATE jobs SET lease = ?, failures = failures + ? WHERE id = ?"
        with self._transaction():
            self._db.execute(query, (until, failed, id))
            self._db.execute("UPDATE job_begun SET worker = NULL WHERE job = ?", (id,))

    def begin(self, id: str, place: int) -> None:
        """Note that this worker is at the article at a place, until its line is added."""
        self._db.execute(_BEGIN, {"job": id, "place": place, **self._self})

    def blamed(self, id: str) -> dict[int, int]:
        """Return the places at which workers died, and how far these are to blame: `BLAME` for each
        worker, 1 for each time that the whole service ended. The least to blame come first.
        """
        query = "SELECT place, blame FROM job_begun WHERE job = ? AND blame > 0 ORDER BY blame"
        return dict(self._db.execute(query, (id,)).fetchall())

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
        with self._transaction():
            self._db.execute("DELETE FROM job_begun WHERE job = ? AND place = ?", (id, place))
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
            self._db.execute("DELETE FROM job_begun WHERE job = ?", (id,))

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
        self._db.execute("DELETE FROM job_begun WHERE job = ?", (id,))


def _job(row: sqlite3.Row | None) -> Job | None:
    return Job(*(row[name] for name in _FIELDS)) if row else None
