"""Who gets in: keys, scopes, rates, lockout; and without keys, this machine alone."""

import asyncio
import json
import logging
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from briefing.api import create_app
from briefing.api.auth import TRIES
from briefing.api.connections import listener_of
from briefing.api.keys import KeyFile, Usage
from briefing.config import Settings, load_settings
from briefing.errors import ConfigError
from briefing.options import KeyScope
from tests.api.articles import BODY
from tests.api.fakes import EchoBackend, GatedBackend, echo_briefer, problem, running, until

WRONG = "briefing_00000000_" + "x" * 43


class Service:
    """One application, and requests to it as if they came over the network."""

    def __init__(self, folder: Path, **settings) -> None:
        self.keys = KeyFile(folder / "keys.json")
        self.settings = Settings(keys_path=self.keys.path, cache_bytes=0, **settings)
        self.backend = GatedBackend()
        self.backend.go.set()
        self.app = create_app(self.settings, echo_briefer(self.backend))
        asyncio.run(self.app.state.service.warm())

    def close(self) -> None:
        asyncio.run(self.app.state.service.close())

    def send(
        self,
        method: str = "POST",
        path: str = "/v1/briefs",
        *,
        server: str = "127.0.0.1",
        client: str = "192.0.2.7",
        key: str | None = None,
        json: object = None,
        content: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(
                self.app, client=(client, 1), raise_app_exceptions=False
            )
            base = f"http://[{server}]:8000" if ":" in server else f"http://{server}:8000"
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            if key is not None:
                given["Authorization"] = f"Bearer {key}"
            async with httpx.AsyncClient(transport=transport, base_url=base) as sender:
                body = {"text": BODY} if json is None else json
                if method != "POST" or content is not None:
                    body = None
                return await sender.request(method, path, json=body, content=content, headers=given)

        return asyncio.run(sent())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.close()


ROUTES = [
    ("POST", "/v1/briefs", KeyScope.BRIEF),
    ("POST", "/v1/briefs/batch", KeyScope.BRIEF),
    ("POST", "/v1/check", KeyScope.CHECK),
    ("GET", "/v1/models", None),
]


def test_on_this_machine_without_keys_there_is_nothing_to_ask(service: Service) -> None:
    for server in ("127.0.0.1", "::1", "localhost"):
        assert service.send(server=server).status_code == 200


@pytest.mark.parametrize("server", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "0.0.0.0"])
def test_an_address_that_others_reach_asks_for_a_key(service: Service, server: str) -> None:
    answer = service.send(server=server)
    problem(answer, 401, "key-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="briefing"'
    assert (
        service.send(server=server, key=service.keys.add("a", [KeyScope.BRIEF])).status_code == 200
    )


def test_unless_it_was_told_twice(tmp_path: Path) -> None:
    service = Service(tmp_path, without_keys=True)
    assert service.send(server="192.0.2.1", Origin="https://other.example").status_code == 200
    service.keys.add("a", [KeyScope.BRIEF])
    problem(service.send(server="192.0.2.1"), 401, "key-missing")
    service.close()


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_every_route_asks_for_its_scope(service: Service, method, path, scope) -> None:
    right = service.keys.add("right", [scope or KeyScope.METRICS])
    wrong = service.keys.add("wrong", [each for each in KeyScope if each != scope])
    problem(service.send(method, path), 401, "key-missing")
    problem(service.send(method, path, key=WRONG), 401, "key-wrong")
    bodies = {"/v1/briefs/batch": [{"text": BODY}], "/v1/check": {"text": BODY, "claim": BODY}}
    found = service.send(method, path, key=right, json=bodies.get(path))
    assert found.status_code == 200, found.text
    if scope:
        answer = service.send(method, path, key=wrong)
        assert f"lacks the scope '{scope}'." in problem(answer, 403, "scope-missing")["detail"]
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]


def test_no_scope_opens_the_routes_of_another(service: Service) -> None:
    asked = 0
    for path, operations in service.app.openapi()["paths"].items():
        for method, operation in operations.items():
            named = {
                scope
                for each in operation.get("security", [])
                for scopes in each.values()
                for scope in scopes
            }
            # Without a digest its routes say only that there is none.
            if named and KeyScope.DIGEST not in named:
                others = [scope for scope in KeyScope if scope not in named]
                key = service.keys.add(f"key-{asked}", others)
                problem(service.send(method.upper(), path, key=key), 403, "scope-missing")
                asked += 1
    assert asked >= 6


def test_no_route_of_the_api_is_forgotten(service: Service) -> None:
    service.keys.add("a", [])
    for path, operations in service.app.openapi()["paths"].items():
        if path.startswith("/v1/"):
            for method in operations:
                problem(service.send(method.upper(), path), 401, "key-missing")


def test_what_tells_nothing_is_open(service: Service) -> None:
    service.keys.add("a", [])
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert service.send("GET", path).status_code == 200


def test_both_headers_take_a_key(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF])
    assert service.send(X_API_Key=key).status_code == 200
    assert service.send(Authorization=f"bearer  {key}").status_code == 200
    problem(service.send(Authorization=f"Basic {key}"), 401, "key-missing")
    problem(service.send(path=f"/v1/briefs?key={key}"), 401, "key-missing")
    problem(service.send(Authorization="Bearer "), 401, "key-missing")
    problem(service.send(X_API_Key=key + "x"), 401, "key-wrong")


def test_revoking_the_last_key_lets_nobody_in(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF])
    assert service.send(key=key).status_code == 200
    service.keys.revoke("a")
    problem(service.send(key=key), 401, "key-wrong")
    problem(service.send(), 401, "key-missing")
    service.keys.path.unlink()
    problem(service.send(), 401, "key-missing")


def test_a_lost_file_opens_nothing_before_the_first_request(tmp_path: Path) -> None:
    """Nor later: the next process, which has never seen it, asks for a key too."""
    file = KeyFile(tmp_path / "keys.json")
    file.add("desk", [KeyScope.BRIEF])
    first = Service(tmp_path)
    file.path.rename(tmp_path / "elsewhere.json")
    for service in (first, Service(tmp_path)):
        problem(service.send(), 401, "key-missing")
        service.close()


def test_a_lost_file_is_told_at_the_start(tmp_path: Path, caplog) -> None:
    settings = Settings(keys_path=tmp_path / "keys.json", port=0)
    keys = KeyFile(settings.keys_file, settings.keys_mark)
    with listener_of(settings):
        assert not keys.in_use()  # and none were
    keys.add("desk", [KeyScope.BRIEF])
    with listener_of(settings):
        assert not keys.lost
    keys.path.unlink()
    with pytest.raises(ConfigError, match="briefing keys add NAME"), listener_of(settings):
        pass
    service = Service(tmp_path)
    assert f"delete {settings.keys_mark}" in caplog.text
    secret = service.keys.add("other", [KeyScope.BRIEF])
    assert service.send(key=secret).status_code == 200
    service.close()
    for left in (keys.path, settings.keys_mark):
        left.unlink()
    with listener_of(settings):
        pass


def test_a_damaged_file_is_the_operators_matter(service: Service, caplog) -> None:
    service.keys.add("a", [KeyScope.BRIEF])
    service.keys.path.write_text("{")
    found = problem(service.send(key=WRONG), 500, "internal-error")
    assert str(service.keys.path) not in str(found)
    assert "damaged" in caplog.text


def test_a_key_has_its_rate(service: Service) -> None:
    key = service.keys.add("slow", [KeyScope.BRIEF], rate=2)
    answers = [service.send(key=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit"][:9] for answer in answers] == [
        *('"key";r=1', '"key";r=0', '"key";r=0'),
    ]
    problem(answers[2], 429, "rate-limited")
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert answers[2].headers["ratelimit-policy"] == '"key";q=2;w=60'
    other = service.keys.add("other", [KeyScope.BRIEF])
    assert service.send(key=other).status_code == 200


def test_a_list_costs_as_many_as_it_holds(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF], rate=3)
    sent = service.send(path="/v1/briefs/batch", key=key, json=[{"text": BODY}] * 5)
    assert sent.status_code == 200
    answer = service.send(key=key)
    problem(answer, 429, "rate-limited")
    assert int(answer.headers["retry-after"]) > 50


def test_what_briefs_nothing_costs_nothing(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF, KeyScope.METRICS], rate=1)
    for path in ("/v1/models", "/metrics"):
        for _ in range(3):
            assert service.send("GET", path, key=key).status_code == 200
    assert service.send(key=key).status_code == 200
    problem(service.send(key=key), 429, "rate-limited")
    assert service.send("GET", "/v1/models", key=key).status_code == 200


def test_a_key_has_its_articles_of_a_day(service: Service, monkeypatch) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF], daily=3)
    assert service.send(key=key).status_code == 200
    sent = service.send(path="/v1/briefs/batch", key=key, json=[{"text": BODY}] * 2)
    assert sent.status_code == 200
    answer = service.send(key=key)
    assert "3 articles" in problem(answer, 429, "quota-exceeded")["detail"]
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert service.send("GET", "/v1/models", key=key).status_code == 200
    # Another process knows it, the next day forgets it.
    other = create_app(service.settings, echo_briefer(EchoBackend()))
    assert other.state.gate.usage.articles(service.keys.all()[0].id) == 3
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr("briefing.api.keys.datetime", Clock(tomorrow))
    assert service.send(key=key).status_code == 200


def used(service: Service) -> int:
    """Return how many articles the only key has used today."""
    return service.app.state.gate.usage.articles(service.keys.all()[0].id)


PAIR = {"text": BODY, "claim": BODY}


@pytest.mark.parametrize(
    ("path", "sent", "fitting"),
    [
        ("/v1/briefs/batch", [{"text": BODY}] * 6, [{"text": BODY}] * 4),
        ("/v1/check", [PAIR] * 6, [PAIR] * 4),
        ("/v1/jobs", {"articles": [{"text": BODY}] * 6}, {"articles": [{"text": BODY}] * 4}),
    ],
)
def test_a_list_beyond_what_is_left_of_the_day_is_refused_whole(
    service: Service, path: str, sent: object, fitting: object
) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF, KeyScope.CHECK], daily=5)
    backend = service.backend
    problem(service.send(path=path, key=key, json=sent), 429, "quota-exceeded")
    assert service.send(key=key).status_code == 200
    before = len(backend.sizes)
    answer = service.send(path=path, key=key, json=sent, Idempotency_Key="k")
    detail = problem(answer, 429, "quota-exceeded")["detail"]
    assert "4 of its 5 articles" in detail
    assert "holds 6" in detail
    assert (used(service), len(backend.sizes)) == (1, before)
    assert asyncio.run(kept_jobs(service)) == 0
    assert service.send(path=path, key=key, json=fitting).status_code in (200, 202)
    problem(service.send(key=key), 429, "quota-exceeded")
    assert used(service) == 5


async def kept_jobs(service: Service) -> int:
    """Return how many jobs are kept."""
    store = service.app.state.jobs.store
    ((count,),) = await store.run(store._db.execute, "SELECT count(*) FROM jobs")
    return count


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/v1/briefs", b"x", "application/x-unknown", 415),
        ("/v1/briefs", b"", "application/json", 422),
        ("/v1/briefs", b"{", "application/json", 400),
        ("/v1/briefs", b"\x00" * 40, "text/plain", 415),
        ("/v1/briefs", b"... --- !!!", "text/plain", 422),
        ("/v1/briefs?length=none", b"{}", "application/json", 422),
        ("/v1/briefs/batch", b"[]", "application/json", 422),
        ("/v1/check", b'{"text": "", "claim": ""}', "application/json", 422),
        ("/v1/jobs", b'{"articles": []}', "application/json", 422),
        ("/", b"x", "text/plain", 415),
    ],
)
def test_what_is_refused_is_no_article_of_the_day(
    service: Service, path: str, body: bytes, kind: str, status: int
) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF, KeyScope.CHECK], daily=1)
    for _ in range(2):
        answer = service.send(path=path, key=key, content=body, Content_Type=kind)
        assert answer.status_code == status, answer.text
    assert used(service) == 0
    assert service.send(key=key).status_code == 200
    problem(service.send(key=key), 429, "quota-exceeded")


def test_what_the_service_fails_at_is_no_article_of_the_day(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF], daily=1)
    service.backend.error, service.backend.broken = RuntimeError("x"), True
    assert service.send(key=key).status_code == 500
    service.backend.broken = False
    assert service.send(key=key).status_code == 200
    problem(service.send(key=key), 429, "quota-exceeded")


def test_requests_at_once_share_what_is_left_of_the_day(tmp_path: Path) -> None:
    usages = [Usage(tmp_path / "usage.sqlite") for _ in range(2)]
    assert [usages[turn % 2].add("a", 2, 7) for turn in range(5)] == [True] * 3 + [False] * 2
    assert not usages[0].add("b", 8, 7)
    usages[1].add("a", -2)
    assert usages[0].articles("a") == 4
    usages[1].add("a", -9)
    assert usages[0].articles("a") == 0
    for usage in usages:
        usage.close()


class Clock:
    """Stands for the class `datetime`, at a time of its own."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self, _zone: object) -> datetime:
        return self._at


def test_a_key_expires(service: Service, monkeypatch) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF], expires=datetime.now(UTC) + timedelta(hours=1))
    assert service.send(key=key).status_code == 200
    (entry,) = json.loads(service.keys.path.read_text())["keys"]
    entry["expires"] = "2026-01-01T00:00:00+00:00"
    service.keys.path.write_text(json.dumps({"keys": [entry]}))
    found = problem(service.send(key=key), 401, "key-expired")
    assert "2026-01-01" in found["detail"]
    problem(service.send(key=key[:-1]), 401, "key-wrong")
    fresh = service.keys.add("a", [KeyScope.BRIEF])  # the name is free again
    assert service.send(key=fresh).status_code == 200


def test_the_use_of_a_key_is_noted(service: Service, tmp_path: Path) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF])
    service.send(key=key)
    service.send("GET", "/v1/models", key=key)
    (use,) = Usage(service.settings.usage_file).all().values()
    assert use.articles == 1
    assert abs(datetime.fromisoformat(use.last) - datetime.now(UTC)) < timedelta(minutes=1)
    assert stat.S_IMODE(service.settings.usage_file.stat().st_mode) == 0o600
    assert key not in str(service.settings.usage_file.read_bytes())


def test_where_the_use_cannot_be_noted_requests_go_on(tmp_path: Path, caplog) -> None:
    service = Service(tmp_path, usage_path=tmp_path / "none" / "usage.sqlite")
    key = service.keys.add("a", [KeyScope.BRIEF], daily=1)
    assert service.send(key=key).status_code == 200
    problem(service.send(key=key), 429, "quota-exceeded")
    assert caplog.text.count("usage_path") == 1
    service.close()


def test_a_key_has_so_many_requests_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        keys = KeyFile(tmp_path / "keys.json")
        headers = {"X-API-Key": keys.add("a", [KeyScope.BRIEF], concurrency=2)}
        backend = GatedBackend()
        backend.go.set()
        app = create_app(Settings(keys_path=keys.path, cache_bytes=0), echo_briefer(backend))
        async with running(app) as client:
            stream = {**headers, "Accept": "application/x-ndjson"}
            backend.go.clear()
            places = app.state.service.admission
            held = [
                asyncio.create_task(
                    client.post("/v1/briefs/batch", json=[{"text": BODY}], headers=stream)
                )
                for _ in range(2)
            ]
            await until(lambda: places.taken == 2)
            answer = await client.post("/v1/briefs", json={"text": BODY}, headers=headers)
            problem(answer, 429, "too-many-at-once")
            assert answer.headers["retry-after"] == "1"
            backend.go.set()
            assert [each.status_code for each in await asyncio.gather(*held)] == [200, 200]
            again = await client.post("/v1/briefs", json={"text": BODY}, headers=headers)
            assert again.status_code == 200

    asyncio.run(run())


def test_guessing_ends_in_a_lockout_of_the_guesser_alone(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF])
    for _ in range(TRIES):
        problem(service.send(key=WRONG), 401, "key-wrong")
    answer = service.send(key=WRONG)
    problem(answer, 429, "locked-out")
    assert int(answer.headers["retry-after"]) > 0
    problem(service.send(), 401, "key-missing")
    problem(service.send(key=WRONG, client="192.0.2.8"), 401, "key-wrong")
    # Those who share the guesser's address and have a key are let in.
    assert service.send(key=key).status_code == 200
    problem(service.send(key=WRONG), 429, "locked-out")


PROXY = "198.51.100.9"


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path, trusted_proxies=["198.51.100.0/24", "2001:db8:1::9"])
    yield made
    made.close()


def test_a_trusted_proxy_names_the_client(proxied: Service) -> None:
    proxied.keys.add("a", [KeyScope.BRIEF])
    forwarded = {"client": PROXY, "X_Forwarded_For": "203.0.113.1"}
    for _ in range(TRIES):
        problem(proxied.send(key=WRONG, **forwarded), 401, "key-wrong")
    problem(proxied.send(key=WRONG, **forwarded), 429, "locked-out")
    # What the client put before its own address does not matter; another proxy may be in between.
    chain = {"client": PROXY, "X_Forwarded_For": "192.0.2.66, 203.0.113.1, 198.51.100.77"}
    problem(proxied.send(key=WRONG, **chain), 429, "locked-out")
    other = {"client": "2001:db8:1::9", "X_Forwarded_For": "203.0.113.2"}
    problem(proxied.send(key=WRONG, **other), 401, "key-wrong")


@pytest.mark.parametrize("client", ["127.0.0.1", "198.51.101.9", "2001:db8:1::a"])
def test_nobody_else_names_a_client(proxied: Service, client: str) -> None:
    proxied.keys.add("a", [KeyScope.BRIEF])
    for number in range(TRIES):
        found = proxied.send(key=WRONG, client=client, X_Forwarded_For=f"203.0.113.{number}")
        problem(found, 401, "key-wrong")
    problem(proxied.send(key=WRONG, client=client, X_Forwarded_For="::1"), 429, "locked-out")
    found = proxied.send(key=WRONG, client=PROXY, X_Forwarded_For="203.0.113.1")
    problem(found, 401, "key-wrong")


@pytest.mark.parametrize("proxies", [["proxy"], ["10.0.0.1/8"], ["1.2.3"], [""]])
def test_a_proxy_is_named_by_address(proxies: list[str], monkeypatch) -> None:
    monkeypatch.setenv("BRIEFING_TRUSTED_PROXIES", json.dumps(proxies))
    with pytest.raises(ConfigError, match=r"trusted_proxies.*172\.18\.0\.0/16"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("X-Forwarded-For", "8.8.8.8"), ("x-forwarded-proto", "https"), ("Via", "1.1 squid")),
        *(("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("X-Forwarded-Host", "a")),
    ],
)
def test_without_keys_what_was_forwarded_is_public(tmp_path: Path, name: str, value: str) -> None:
    for settings in ({}, {"trusted_proxies": ["127.0.0.1"]}):
        service = Service(tmp_path, **settings)
        for method, path in (("POST", "/v1/briefs"), ("GET", "/v1/models"), ("GET", "/metrics")):
            answer = service.send(method, path, client="127.0.0.1", **{name: value})
            problem(answer, 401, "key-missing")
        assert 'id="key"' in service.send("GET", "/", client="127.0.0.1", **{name: value}).text
        service.close()
    service = Service(tmp_path, without_keys=True)
    assert service.send(client="127.0.0.1", **{name: value}).status_code == 200
    service.close()


def test_keys_are_in_no_log_and_no_answer(service: Service, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    key = service.keys.add("a", [KeyScope.CHECK])
    answers = [
        service.send(key=WRONG),
        service.send(key=key),
        service.send(X_API_Key=key),
        service.send(path="/v1/check", key=key, json={"text": 3}),
        service.send("GET", "/v1/models", key=key),
    ]
    told = caplog.text + json.dumps(service.app.openapi())
    told += "".join(f"{answer.headers}{answer.text}" for answer in answers)
    for secret in (key, key.split("_", 2)[2], WRONG):
        assert secret not in told


def test_idempotency_keys_are_the_callers_own(service: Service) -> None:
    first = service.keys.add("first", [KeyScope.BRIEF])
    second = service.keys.add("second", [KeyScope.BRIEF])
    assert service.send(key=first, Idempotency_Key="k").status_code == 200
    other = {"text": BODY, "sections": ["headline"]}
    problem(service.send(key=first, Idempotency_Key="k", json=other), 422, "idempotency-key-reused")
    assert service.send(key=second, Idempotency_Key="k", json=other).status_code == 200


def test_a_job_that_is_sent_again_counts_once(service: Service) -> None:
    key = service.keys.add("a", [KeyScope.BRIEF], daily=8)
    order = {"articles": [{"text": BODY}] * 5}
    first = service.send(path="/v1/jobs", key=key, json=order, Idempotency_Key="k")
    assert (first.status_code, used(service)) == (202, 5)
    again = service.send(path="/v1/jobs", key=key, json=order, Idempotency_Key="k")
    assert (again.json()["id"], used(service)) == (first.json()["id"], 5)


@pytest.mark.parametrize("origin", ["https://other.example", "null", "http://127.0.0.1:9000"])
def test_pages_of_other_sites_get_nothing(service: Service, origin: str) -> None:
    problem(service.send(Origin=origin), 403, "cross-site")
    key = service.keys.add("a", [KeyScope.BRIEF])
    assert service.send(Origin=origin, key=key).status_code == 200


def test_a_name_that_was_made_to_lead_here_gets_nothing(service: Service) -> None:
    for host in ("evil.example:8000", "127.0.0.1.evil.example", "[::1].evil.example"):
        problem(service.send(Host=host, Origin=f"http://{host}"), 403, "cross-site")
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
        assert service.send(Host=host, Origin=f"http://{host}").status_code == 200


def test_sites_that_are_named_may_ask(tmp_path: Path) -> None:
    service = Service(tmp_path, cors_origins=["https://news.example"])
    answer = service.send(Origin="https://news.example")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://news.example"
    assert "RateLimit" in answer.headers["access-control-expose-headers"]
    problem(service.send(Origin="https://other.example"), 403, "cross-site")
    service.close()


def test_the_document_says_how_to_send_a_key(service: Service) -> None:
    document = service.app.openapi()
    schemes = document["components"]["securitySchemes"]
    assert {each["type"] for each in schemes.values()} == {"http", "apiKey"}
    operation = document["paths"]["/v1/briefs"]["post"]
    assert operation["security"] == [{"bearer": ["brief"]}, {"header": ["brief"]}, {}]
    assert {"401", "403", "429"} <= set(operation["responses"])
    assert "security" not in document["paths"]["/healthz"]["get"]
