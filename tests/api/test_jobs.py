"""Jobs: accepted at once, polled, told by webhook, and resumed where they were killed."""

import asyncio
import hmac
import itertools
import json
import os
import signal
import sqlite3
import threading
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from briefing.api import create_app, job_store, jobs
from briefing.api.job_store import Job, JobStore
from briefing.api.jobs import RETRIES
from briefing.api.keys import KeyFile
from briefing.api.problems import QueueFull
from briefing.config import Settings
from briefing.errors import ConfigError, DeviceError
from briefing.options import KeyScope
from tests.api.articles import BODY, PAGE, TITLE
from tests.api.fakes import EchoBackend, GatedBackend, echo_briefer, problem, running, until
from tests.api.test_lifecycle import article, slow
from tests.api.test_server import log_of, wait_ready

ASKED = [{"title": TITLE, "text": BODY}, {"text": "Ja."}, {"html": PAGE}, {"text": "\ud800"}]


async def done(client: httpx.AsyncClient, url: str, **headers: str) -> dict:
    """The document of a job, once it is done."""
    for _ in range(600):
        document = (await client.get(url, headers=headers)).json()
        if document["status"] == "done":
            return document
        await asyncio.sleep(0.02)
    raise AssertionError(document)


async def post(client, body, path: str = "/v1/jobs", **headers: str) -> httpx.Response:
    """Post JSON that may hold lone surrogates, which httpx does not encode."""
    headers = {"Content-Type": "application/json", **headers}
    return await client.post(path, content=json.dumps(body).encode(), headers=headers)


def scenario(tmp_path: Path, run, backend: EchoBackend | None = None, **settings) -> None:
    given = Settings(cache_path=tmp_path / "kept.sqlite", **settings)
    app = create_app(given, echo_briefer(backend or EchoBackend()))

    async def all_of_it() -> None:
        async with running(app) as client:
            await run(client, app)

    asyncio.run(all_of_it())


@pytest.mark.slow
def test_a_job_is_accepted_polled_and_done(tmp_path: Path) -> None:
    async def run(client, _app) -> None:
        answer = await post(client, {"articles": ASKED})
        assert answer.status_code == 202
        assert int(answer.headers["retry-after"]) > 0
        accepted = answer.json()
        assert accepted["total"] == len(ASKED)
        assert "results" not in accepted
        assert answer.headers["location"] == accepted["url"]
        document = await done(client, accepted["url"])
        assert (document["done"], document["failed"]) == (4, 2)
        batch = (await post(client, ASKED, path="/v1/briefs/batch")).json()
        assert document["results"] == batch
        assert document["finished"] >= document["created"]
        assert (await client.delete(accepted["url"])).status_code == 204
        problem(await client.get(accepted["url"]), 404, "no-job")
        problem(await client.delete(accepted["url"]), 404, "no-job")

    scenario(tmp_path, run)


def test_a_job_shows_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    backend = GatedBackend()
    backend.go.set()

    async def run(client, app) -> None:
        backend.go.clear()
        many = [{"title": f"Vote {n}", "text": BODY} for n in range(50)]
        url = (await client.post("/v1/jobs", json={"articles": many})).json()["url"]
        places = app.state.service.admission
        await until(lambda: places.taken)
        assert (await client.get(url)).json()["done"] == 0
        assert places.taken <= 4  # a job leaves room for requests
        assert (await client.delete(url)).status_code == 204
        backend.go.set()
        await until(lambda: not places.taken)
        await asyncio.sleep(0.1)
        assert sum(backend.sizes) < 200

    scenario(tmp_path, run, backend)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"articles": []}, 422, "invalid-request"),
        ({"articles": 3}, 422, "invalid-request"),
        ({}, 422, "invalid-request"),
        ([], 422, "invalid-request"),
        ({"articles": [{"text": BODY}] * 6}, 422, "invalid-request"),
        ({"articles": [{"text": BODY}], "txet": BODY}, 422, "invalid-request"),
        ({"articles": [{"text": BODY}], "webhook": 7}, 422, "invalid-request"),
        ({"articles": ASKED, "webhook": "https://news.example/done"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "ftp://127.0.0.1/"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "http://a@127.0.0.1/"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "http://[::1"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "http://127.0.0.1:0/"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "http://127.0.0.1/a b"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": "http://127.0.\t0.1/"}, 422, "webhook-refused"),
        ({"articles": ASKED, "webhook": " http://127.0.0.1/"}, 422, "webhook-refused"),
    ],
)
def test_what_is_no_job(tmp_path: Path, body, status: int, code: str) -> None:
    async def run(client, _app) -> None:
        found = problem(await post(client, body), status, code)
        if "txet" in str(body):
            assert [each["pointer"] for each in found["errors"]] == ["#/txet"]
            assert "known fields: articles, webhook" in found["detail"]

    settings = {"max_batch": 5, "webhook_hosts": ["127.0.0.1"], "webhook_secret": "s"}
    scenario(tmp_path, run, **settings)


def test_an_item_that_is_no_article_is_its_own_result(tmp_path: Path) -> None:
    """As in a batch, and the others are briefed."""
    mixed = [{"title": TITLE, "text": BODY}, {"headline": "x"}, None, [BODY], {"text": ["a"]}, {}]

    async def run(client, _app) -> None:
        answer = await post(client, {"articles": mixed})
        assert answer.status_code == 202
        document = await done(client, answer.json()["url"])
        assert (document["done"], document["failed"]) == (6, 5)
        assert document["results"] == (await post(client, mixed, path="/v1/briefs/batch")).json()
        found = document["results"][1]["problem"]
        assert [each["pointer"] for each in found["errors"]] == ["#/headline"]
        assert "known fields: title" in found["detail"]

    scenario(tmp_path, run)


def test_finished_jobs_make_way_oldest_first(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(job_store, "MOST_JOBS", 2)

    async def run(client, _app) -> None:
        urls = []
        for _ in range(4):
            urls.append((await post(client, {"articles": ASKED})).json()["url"])
            await done(client, urls[-1])
        found = [(await client.get(url)).status_code for url in urls]
        assert found == [404, 404, 200, 200]

    scenario(tmp_path, run)


def job(id: str, caller: str = "a", *, total: int = 1, webhook: str | None = None) -> Job:
    return Job(id, caller, total, webhook, time.time(), None, 0)


def test_finished_jobs_make_way_for_the_bytes_of_others(tmp_path: Path) -> None:
    store = JobStore(None, 60)
    for id in "abc":
        store.add(job(id), b"x" * 100, 1_000)
        store.add_line(id, 0, False, b"y" * 300)
        store.finish(id)
    store.add(job("d"), b"x" * 100, 1_000)
    assert [bool(store.get(id)) for id in "abcd"] == [True] * 4
    store.add(job("e"), b"x" * 100, 1_000)
    assert [bool(store.get(id)) for id in "abcde"] == [False, True, True, True, True]
    with pytest.raises(QueueFull, match="Your jobs that are not done"):
        store.add(job("f"), b"x" * 100, 1_000)
    store.add(job("f", "b"), b"x" * 100, 1_000)
    assert store.get("f")
    asyncio.run(store.close())


def test_a_caller_has_a_fair_share_of_the_jobs_that_are_not_done(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(job_store, "MOST_JOBS", 8)
    keys = KeyFile(tmp_path / "keys.json")
    mine, other = ({"X-API-Key": keys.add(name, [KeyScope.BRIEF])} for name in ("mine", "other"))
    backend = GatedBackend()
    backend.go.set()

    async def run(client, _app) -> None:
        backend.go.clear()
        try:
            first, _ = [await post(client, {"articles": ASKED}, **mine) for _ in range(2)]
            full = problem(await post(client, {"articles": ASKED}, **mine), 429, "queue-full")
            assert "delete one" in full["detail"]
            assert (await post(client, {"articles": ASKED}, **other)).status_code == 202
            await client.delete(first.json()["url"], headers=mine)
            assert (await post(client, {"articles": ASKED}, **mine)).status_code == 202
        finally:
            backend.go.set()

    scenario(tmp_path, run, backend, keys_path=keys.path)


def test_a_poll_reads_no_body(tmp_path: Path) -> None:
    backend = GatedBackend()
    backend.go.set()
    asked: list[str] = []

    async def run(client, app) -> None:
        backend.go.clear()
        try:
            url = (await post(client, {"articles": ASKED})).json()["url"]
            store = app.state.jobs.store
            await until(lambda: app.state.service.admission.taken)
            await store.run(store._db.set_trace_callback, asked.append)
            assert (await client.get(url)).json()["total"] == 4
            await store.run(store._db.set_trace_callback, None)
        finally:
            backend.go.set()
        assert (await done(client, url))["done"] == 4
        id = url.rpartition("/")[2]
        assert await store.run(store.body, id) is None

    scenario(tmp_path, run, backend)
    assert any("FROM jobs" in each for each in asked)
    assert not any("body" in each or "bodies" in each for each in asked)


def test_results_expire_though_no_job_is_added(tmp_path: Path) -> None:
    async def run(client, app) -> None:
        url = (await post(client, {"articles": ASKED[:1]})).json()["url"]
        await done(client, url)
        store = app.state.jobs.store
        store._seconds = 0
        problem(await client.get(url), 404, "no-job")
        await store.run(store.expire)
        id = url.rpartition("/")[2]
        assert not await store.run(store.lines, id)

    scenario(tmp_path, run)


def test_a_retry_is_the_same_job(tmp_path: Path) -> None:
    async def run(client, _app) -> None:
        headers = {"Idempotency-Key": "k"}
        first, second = [
            (await post(client, {"articles": ASKED}, **headers)).json() for _ in range(2)
        ]
        assert first["id"] == second["id"]
        other = await post(client, {"articles": ASKED[:1]}, **headers)
        problem(other, 422, "idempotency-key-reused")
        fresh = (await post(client, {"articles": ASKED})).json()
        assert fresh["id"] != first["id"]

    scenario(tmp_path, run)


def test_jobs_are_the_callers_own(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    mine, other = (keys.add(name, [KeyScope.BRIEF]) for name in ("mine", "other"))

    async def run(client, _app) -> None:
        headers = {"X-API-Key": mine}
        answer = await post(client, {"articles": ASKED}, **headers)
        url = answer.json()["url"]
        problem(await client.get(url), 401, "key-missing")
        for send in (client.get, client.delete):
            problem(await send(url, headers={"X-API-Key": other}), 404, "no-job")
        assert (await done(client, url, **headers))["done"] == 4

    scenario(tmp_path, run, keys_path=keys.path)


def test_an_idempotency_key_stays_bound_to_its_job(tmp_path: Path) -> None:
    """After a restart or on another worker, which know of the job by its file alone."""
    key = {"Idempotency-Key": "k"}
    ids = []

    async def run(client, _app) -> None:
        if ids:
            other = await post(client, {"articles": ASKED[:1]}, **key)
            problem(other, 422, "idempotency-key-reused")
        answer = await post(client, {"articles": ASKED}, **key)
        assert answer.status_code == 202
        ids.append(answer.json()["id"])

    for _ in range(2):
        given = Settings(jobs_path=tmp_path / "jobs.sqlite")
        app = create_app(given, echo_briefer(EchoBackend()))

        async def all_of_it(app=app) -> None:
            async with running(app) as client:
                await run(client, app)

        asyncio.run(all_of_it())
    assert ids[0] == ids[1]


def test_a_new_key_of_the_same_name_is_another_caller(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    older = keys.add("mine", [KeyScope.BRIEF])

    async def run(client, _app) -> None:
        idempotent = {"Idempotency-Key": "k"}
        asked = {"articles": ASKED}
        job = (await post(client, asked, **idempotent, **{"X-API-Key": older})).json()
        keys.revoke("mine")
        newer = {"X-API-Key": keys.add("mine", [KeyScope.BRIEF])}
        problem(await client.get(job["url"], headers=newer), 404, "no-job")
        other = await post(client, {"articles": ASKED[:1]}, **idempotent, **newer)
        assert other.status_code == 202
        assert other.json()["id"] != job["id"]

    scenario(tmp_path, run, keys_path=keys.path)


class Receiver:
    """Receives webhooks, and answers the first ones with an error."""

    def __init__(self, failures: int) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                self.send_response(500 if len(receiver.calls) <= failures else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing to log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/done"
        often = {"poll_interval": 0.02}
        threading.Thread(target=self.server.serve_forever, kwargs=often, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(failures=1)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.slow
def test_a_webhook_is_called_signed_until_it_is_taken(
    tmp_path: Path, receiver: Receiver, monkeypatch
) -> None:
    monkeypatch.setattr("briefing.api.jobs.RETRIES", (0.05, *RETRIES[1:]))

    async def run(client, _app) -> None:
        asked = {"articles": ASKED, "webhook": receiver.url}
        accepted = (await post(client, asked)).json()
        await until(lambda: len(receiver.calls) == 2)
        headers, body = receiver.calls[-1]
        told = json.loads(body)
        assert told["type"] == "job.done"
        assert (told["data"]["id"], told["data"]["done"]) == (accepted["id"], 4)
        signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        digest = hmac.digest(b"secret", signed, "sha256")
        assert headers["Webhook-Signature"] == f"v1,{b64encode(digest).decode()}"
        assert abs(int(headers["Webhook-Timestamp"]) - time.time()) < 60
        await asyncio.sleep(0.3)
        assert len(receiver.calls) == 2

    scenario(tmp_path, run, webhook_hosts=["127.0.0.1"], webhook_secret="secret")


@pytest.mark.parametrize("host", ["News.Example", "news.example"])
@pytest.mark.parametrize("url", ["https://news.example/done", "https://NEWS.example:8443/"])
def test_the_case_of_a_webhooks_host_does_not_matter(host: str, url: str) -> None:
    jobs.check_webhook(url, Settings(webhook_hosts=[host], webhook_secret="s"))


def test_hosts_without_a_secret_are_told_at_the_start() -> None:
    """No webhook could ever be called."""
    for hosts, secret, fits in (
        (["a.example"], None, False),
        (["a.example"], "s", True),
        ([], "s", 1),
    ):
        settings = Settings(webhook_hosts=hosts, webhook_secret=secret)
        with nullcontext() if fits else pytest.raises(ConfigError, match="webhook_secret"):
            create_app(settings, echo_briefer(EchoBackend()))


class Dripping:
    """Answers webhooks with a body that never ends, or with a head that does not."""

    def __init__(self, head: bytes, often: float) -> None:
        self.calls = 0
        self._head, self._often = head, often
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Yield its URL."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reader, writer) -> None:
        self.calls += 1
        self._tasks.append(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n" + self._head)
            while True:
                writer.write(b"X-A: 1\r\n")
                await writer.drain()
                await asyncio.sleep(self._often)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)


async def called_by(receiver: Dripping) -> str | None:
    """What went wrong in a call of a webhook."""
    async with receiver.serving() as url, asyncio.timeout(5):
        return await jobs.call_webhook(job("id", webhook=url), {}, Settings(webhook_secret="s"))


def test_the_status_of_a_webhook_is_enough() -> None:
    endless = Dripping(b"Content-Length: 1000000000\r\n\r\n", 0.01)
    assert asyncio.run(called_by(endless)) is None


def test_a_webhook_has_so_many_seconds_in_all(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "_WEBHOOK_SECONDS", 0.5)
    assert asyncio.run(called_by(Dripping(b"", 0.05))) == "TimeoutError"


def test_slow_webhooks_leave_room_for_jobs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "CALLING", 2)
    slow_one = Dripping(b"", 0.05)

    async def run(client, _app) -> None:
        async with slow_one.serving() as url:
            for _ in range(jobs.RUNNING):
                asked = {"articles": ASKED[1:2], "webhook": url}
                await done(client, (await post(client, asked)).json()["url"])
            await until(lambda: slow_one.calls == 2)
            begun = time.monotonic()
            await done(client, (await post(client, {"articles": ASKED[1:2]})).json()["url"])
            assert time.monotonic() - begun < 5
            assert slow_one.calls == 2

    scenario(tmp_path, run, webhook_hosts=["127.0.0.1"], webhook_secret="secret")


@pytest.mark.slow
def test_a_killed_service_goes_on_with_its_jobs(tmp_path: Path, receiver: Receiver) -> None:
    settings = {"cache_path": tmp_path / "kept.sqlite", "webhook_secret": "secret"}
    hosts = {"webhook_hosts": '["127.0.0.1"]'}
    many = [article(n) for n in range(30)]
    with slow(0.2, **settings, **hosts) as (process, client):
        wait_ready(client)
        asked = {"articles": many, "webhook": receiver.url}
        url = client.post("/v1/jobs", json=asked).json()["url"]
        while not 3 <= (before := client.get(url).json()["done"]) < 30:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with slow(0, **settings, **hosts) as (process, client):
        wait_ready(client)
        end = time.monotonic() + 60
        while (document := client.get(url).json())["status"] != "done":
            assert document["done"] >= before
            assert time.monotonic() < end
            time.sleep(0.1)
        assert [each["index"] for each in document["results"]] == list(range(30))
        assert {each["status"] for each in document["results"]} == {200}
        while len(receiver.calls) < 2:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert not [line for line in log_of(client) if line["level"] == "error"]


@pytest.mark.parametrize(("failing", "failed"), [(1, 0), (9, 1)])
def test_an_article_on_which_the_model_fails_ends_with_its_problem(
    tmp_path: Path, monkeypatch, failing: int, failed: int
) -> None:
    monkeypatch.setattr(jobs, "PAUSES", (0.0, 0.0))

    class Failing(EchoBackend):
        """Has no memory for the next calls."""

        left = 0

        def generate(self, batches, decoding):
            self.left -= 1
            if self.left >= 0:
                raise DeviceError("out of memory")
            return super().generate(batches, decoding)

    backend = Failing()

    async def run(client, app) -> None:
        backend.left = failing
        url = (await post(client, {"articles": ASKED[:1]})).json()["url"]
        document = await done(client, url)
        assert (document["done"], document["failed"]) == (1, failed)
        if failed:
            assert document["results"][0]["problem"]["type"] == "urn:briefing:problem:bad-device"

    scenario(tmp_path, run, backend)


def test_the_file_is_for_its_owner_alone(tmp_path: Path, caplog) -> None:
    path = tmp_path / "jobs.sqlite"
    before = os.umask(0o022)
    try:
        asyncio.run(JobStore(path, 60).close())
        assert path.stat().st_mode & 0o777 == 0o600
        assert not caplog.records
        path.chmod(0o604)
        asyncio.run(JobStore(path, 60).close())
        assert f"chmod 600 {path}" in caplog.text
    finally:
        os.umask(before)


def test_a_job_that_is_refused_leaves_its_key_to_the_mended_one(tmp_path: Path) -> None:
    async def run(client, _app) -> None:
        key = {"Idempotency-Key": "morning-7"}
        problem(await post(client, {"articles": []}, **key), 422, "invalid-request")
        wrong = {"articles": [{"text": BODY}], "webhooks": []}
        problem(await post(client, wrong, **key), 422, "invalid-request")
        mended = await post(client, {"articles": [{"text": BODY}]}, **key)
        assert mended.status_code == 202
        again = await post(client, {"articles": [{"text": BODY}]}, **key)
        assert again.json()["id"] == mended.json()["id"]
        other = await post(client, {"articles": [{"text": TITLE}]}, **key)
        problem(other, 422, "idempotency-key-reused")

    scenario(tmp_path, run)


def test_what_was_accepted_is_read_however_it_is_written(tmp_path: Path, monkeypatch) -> None:
    """A comma is sent as an escape, and kept as a comma."""
    monkeypatch.setattr("briefing.api.requests.MOST_VALUES", 50)

    async def run(client, _app) -> None:
        body = json.dumps({"articles": [{"title": TITLE, "text": BODY + "\n\nOne, two." * 60}]})
        escaped = body.replace("One, two", "One\\u002c two")
        headers = {"Content-Type": "application/json"}
        problem(await client.post("/v1/jobs", content=body, headers=headers), 400, "not-json")
        answer = await client.post("/v1/jobs", content=escaped, headers=headers)
        document = await done(client, answer.json()["url"])
        assert (document["done"], document["failed"]) == (1, 0)

    scenario(tmp_path, run)


@pytest.mark.parametrize(("failing", "failed"), [(2, 0), (99, 4)])
def test_a_job_that_cannot_be_read_stops_no_other_and_ends(
    tmp_path: Path, monkeypatch, failing: int, failed: int
) -> None:
    monkeypatch.setattr(jobs, "PAUSES", (0.3, 0.3))
    monkeypatch.setattr(jobs, "POLL", 0.02)
    monkeypatch.setattr(jobs, "RUNNING", 1)
    read = jobs.read_orders
    tries = []

    def read_or_fail(body: bytes, *args, **options):
        if b"poison" not in body:
            return read(body, *args, **options)
        tries.append(time.monotonic())
        if len(tries) <= failing:
            raise ValueError("it cannot be read")
        return read(body.replace(b"poison", b"title"), *args, **options)

    monkeypatch.setattr(jobs, "read_orders", read_or_fail)

    async def run(client, _app) -> None:
        poison = (await post(client, {"articles": [{"text": "poison"}] * 4})).json()["url"]
        await until(lambda: tries)
        other = (await post(client, {"articles": ASKED[:1]})).json()["url"]
        assert (await done(client, other))["failed"] == 0
        document = await done(client, poison)
        assert document["done"] == 4
        kinds = {each["problem"]["type"].rpartition(":")[2] for each in document["results"]}
        assert ("internal-error" in kinds) == bool(failed)
        assert len(tries) == 3
        assert all(later - tried > 0.25 for tried, later in itertools.pairwise(tries))

    scenario(tmp_path, run)


def test_the_file_of_an_earlier_version_is_used(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with closing(sqlite3.connect(path)) as older:
        older.execute(
            "CREATE TABLE jobs (id TEXT PRIMARY KEY, caller TEXT NOT NULL, body BLOB, "
            "total INTEGER NOT NULL, webhook TEXT, created REAL NOT NULL, finished REAL, "
            "lease REAL NOT NULL, due REAL, tries INTEGER NOT NULL) WITHOUT ROWID"
        )
        body = json.dumps(ASKED[:1]).encode()
        row = ("abc", "local", body, 1, None, time.time(), None, 0, None, 0)
        older.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        older.commit()
    path.chmod(0o600)

    async def run(client, _app) -> None:
        assert (await done(client, "/v1/jobs/abc"))["done"] == 1
        again = await post(client, {"articles": ASKED[:1]})
        assert (await done(client, again.json()["url"]))["done"] == 1

    scenario(tmp_path, run, jobs_path=path)


@pytest.mark.parametrize("webhook", [None, "https://news.example/done"])
def test_callers_take_turns(webhook: str | None) -> None:
    store = JobStore(None, 60)
    for id, caller in [*((f"a{n}", "a") for n in range(4)), ("b0", "b"), ("b1", "b")]:
        store.add(job(id, caller, webhook=webhook), b"[]", 1_000)
        if webhook:
            store.finish(id)
    take = store.take_finished if webhook else store.take
    now = time.time() + 1
    taken = [take(now) for _ in range(7)]
    assert [each.id if each else None for each in taken] == [
        "a0",
        "b0",
        "a1",
        "b1",
        "a2",
        "a3",
        None,
    ]
    asyncio.run(store.close())


def killed(path: Path, parent: str, places: list[int], at: float, total: int = 4) -> None:
    """A worker takes the job, begins the articles at some places, and is gone."""
    store = JobStore(path, 600, parent)
    if not store.get("abc"):
        body = json.dumps([{"title": f"Vote {n}", "text": BODY} for n in range(total)]).encode()
        store.add(job("abc", "local", total=total), body, 1_000_000)
    assert store.take(at)
    for place in places:
        store.begin("abc", place)
    asyncio.run(store.close())


@pytest.mark.parametrize(
    ("parents", "failed"), [("a", 0), ("aa", 0), ("aaa", 0), ("aaaa", 1), ("abcdabcd", 0)]
)
def test_an_article_that_kills_its_workers_is_given_up(
    tmp_path: Path, parents: str, failed: int
) -> None:
    """Of one service; services that end one after another have other reasons."""
    path = tmp_path / "jobs.sqlite"
    for n, parent in enumerate(parents):
        killed(path, parent, [1], time.time() - 1_000 + 10 * n)
    backend = GatedBackend()
    backend.go.set()

    async def run(client, app) -> None:
        backend.go.clear()
        try:
            places = app.state.service.admission
            await until(lambda: places.taken)
            await asyncio.sleep(0.1)
            assert places.taken == 3  # the one that is to blame waits for the others
        finally:
            backend.go.set()
        document = await done(client, "/v1/jobs/abc")
        assert (document["done"], document["failed"]) == (4, failed)
        if failed:
            broken = document["results"][1]
            assert broken["problem"]["type"] == "urn:briefing:problem:internal-error"

    scenario(tmp_path, run, backend, jobs_path=path)


def test_restarts_lose_no_article(tmp_path: Path) -> None:
    """However often, soon after the start: each time others are in progress, or the last alone."""
    path = tmp_path / "jobs.sqlite"
    began = time.time() - 1_000
    killed(path, "0", [0, 1], began, total=6)
    for n, places in enumerate([[2, 3], [4, 5], [0], [1], [2]], 1):
        store = JobStore(path, 600)
        blamed = store.blamed("abc")
        asyncio.run(store.close())
        assert max(blamed.values(), default=0) <= 2
        killed(path, str(n), places, began + 10 * n)

    async def run(client, app) -> None:
        document = await done(client, "/v1/jobs/abc")
        assert (document["done"], document["failed"]) == (6, 0)
        assert not await app.state.jobs.store.run(app.state.jobs.store.blamed, "abc")

    scenario(tmp_path, run, jobs_path=path)


def test_who_is_blamed_for_the_death_of_a_worker(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    at = time.time() - 1_000
    killed(path, "a", [0, 2], at)
    store = JobStore(path, 600, "a")
    assert store.take(at + 10)
    assert store.blamed("abc") == {0: 3, 2: 3}
    store.begin("abc", 0)
    store.begin("abc", 1)
    store.add_line("abc", 0, False, b"{}")  # it is done
    store.release("abc")  # and the run ended, with nobody killed
    assert store.take(at + 20)
    assert store.blamed("abc") == {2: 3}
    store.begin("abc", 1)
    assert store.take(at + 30)  # a lease that ran out kills nobody
    assert store.blamed("abc") == {2: 3}
    asyncio.run(store.close())
