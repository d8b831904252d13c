"""Headers of every answer, and which other sites' pages may ask."""

import pytest
from pydantic import ValidationError

from briefing.api import create_app
from briefing.api.app import SECURITY
from briefing.config import Settings
from tests.api.articles import BODY
from tests.api.fakes import Client, EchoBackend, echo_briefer, problem

PREFLIGHT = {
    "Origin": "https://news.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


def client_with(*origins: str) -> Client:
    settings = Settings(cors_origins=list(origins))
    return Client(create_app(settings, echo_briefer(EchoBackend())))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/healthz"), ("GET", "/docs"), ("GET", "/nothing"), ("GET", "/v1/briefs")),
        *(("POST", "/v1/briefs"), ("GET", "/openapi.json"), ("GET", "/docs/ui/swagger-ui.css")),
    ],
)
def test_every_answer_is_hardened(client: Client, method: str, path: str) -> None:
    headers = client.send(method, path).headers
    for name in SECURITY:
        assert len(headers.get_list(name)) == 1, name
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_a_page_keeps_its_own_policy_and_it_lets_no_script_in(client: Client) -> None:
    answer = client.post(json={"text": BODY}, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'sha256-" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_other_sites_are_told_nothing(client: Client) -> None:
    for method, headers in (("OPTIONS", PREFLIGHT), ("GET", {"Origin": "https://news.example"})):
        answer = client.send(method, "/v1/models", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_site_that_is_named_is_let_in_and_no_other() -> None:
    client = client_with("https://news.example")
    answer = client.send("OPTIONS", "/v1/briefs", headers=PREFLIGHT)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://news.example"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["x-request-id"]
    named = client.send("OPTIONS", "/v1/briefs", headers={**PREFLIGHT, "X-Request-ID": "mine"})
    assert named.headers["x-request-id"] == "mine"
    other = {**PREFLIGHT, "Origin": "https://news.example.evil.example"}
    answer = client.send("OPTIONS", "/v1/briefs", headers=other)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


def test_what_is_not_allowed_on_files_is_said(client: Client) -> None:
    for path in ("/static/page.js", "/docs/ui/swagger-ui.css"):
        answer = client.post(path)
        detail = problem(answer, 405, "method-not-allowed")["detail"]
        assert detail == "POST is not allowed here; use GET, HEAD."
        assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ranges_of_files_that_are_none_are_problems(client: Client, method: str) -> None:
    for path in ("/static/page.js", "/docs/ui/swagger-ui.css"):
        wrong = client.send(method, path, headers={"Range": "bytes=x-y"})
        beyond = client.send(method, path, headers={"Range": "bytes=99999999-"})
        assert (wrong.status_code, beyond.status_code) == (400, 416)
        for answer in (wrong, beyond):
            assert answer.headers["content-type"] == "application/problem+json"
            assert len(answer.headers.get_list("content-type")) == 1
            assert bool(answer.content) == (method == "GET")
        assert beyond.headers["content-range"].startswith("bytes */")
        part = client.send(method, path, headers={"Range": "bytes=0-9"})
        assert part.status_code == 206
    if method == "GET":
        assert problem(wrong, 400, "bad-header")["detail"].endswith(
            "Correct the headers of the request."
        )
        assert beyond.json()["status"] == 416


def test_a_preflight_that_is_refused_is_a_problem() -> None:
    other = {**PREFLIGHT, "Origin": "https://other.example"}
    answer = client_with("https://news.example").send("OPTIONS", "/v1/briefs", headers=other)
    assert "origin" in problem(answer, 400, "bad-header")["detail"]
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_needs_no_key(tmp_path) -> None:
    client = client_with("*")
    client.app.state.gate.keys.path = tmp_path / "keys.json"
    client.app.state.gate.keys.add("a", [])
    assert client.send("OPTIONS", "/v1/briefs", headers=PREFLIGHT).status_code == 200
    answer = client.post(json={"text": BODY}, headers={"Origin": "https://news.example"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("origin", ["news.example", "https://news.example/", "", "https:// x"])
def test_what_is_no_origin_is_no_setting(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=[origin])


def test_an_unexpected_error_is_hardened_too(client: Client, backend, monkeypatch) -> None:
    monkeypatch.setattr(backend, "error", RuntimeError("x"))
    monkeypatch.setattr(backend, "broken", True)
    answer = client.post(json={"text": BODY})
    assert answer.status_code == 500
    assert answer.headers["x-frame-options"] == "DENY"
