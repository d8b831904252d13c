"""Each problem: its status, its type, its advice."""

import json

import pytest

from briefing import errors
from briefing.api.problems import PROBLEM_KINDS, RequestError, problem_of
from briefing.api.schemas import Problem
from briefing.errors import BriefingError, DeviceError, EndpointError, InputError, StoreFull
from tests.api.articles import BODY, LEAD
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, EchoBackend, chunks, post, problem


def kinds_of_errors(root=BriefingError):
    for kind in root.__subclasses__():
        yield kind
        yield from kinds_of_errors(kind)


def test_every_error_of_an_input_has_a_kind() -> None:
    elsewhere = {errors.NotAFeed, errors.BadLine}  # of the digest, of a file of articles
    for kind in {*kinds_of_errors(InputError), *kinds_of_errors(RequestError)} - elsewhere:
        if kind.__module__ in (errors.__name__, RequestError.__module__):
            assert kind.code in PROBLEM_KINDS, kind


def test_an_unknown_code_is_answered_by_its_class() -> None:
    class Strange(InputError):
        code = "strange"

    class Odd(BriefingError):
        code = "odd"

    assert problem_of(Strange("x")).status_code == 422
    assert problem_of(EndpointError("no answer")).status_code == 503
    assert problem_of(StoreFull("no space")).status_code == 503
    assert problem_of(Odd("/secret/path")).status_code == 500
    assert b"secret" not in problem_of(Odd("/secret/path")).body


@pytest.mark.parametrize(
    "body", [b"{", b"text", b'{"text": }', b'{"text": "a\nb"}', b"[" * 100_000]
)
def test_not_json(client: Client, body: bytes) -> None:
    found = problem(post(client, body[: MAX_BODY - 1], "application/json"), 400, "not-json")
    assert "JSON" in found["detail"]


def test_invalid_utf8_in_json(client: Client) -> None:
    found = problem(post(client, b'{"text": "caf\xe9"}', "application/json"), 400, "not-json")
    assert "UTF-8" in found["detail"]


def test_huge_numbers_in_json(client: Client) -> None:
    body = b'{"text": ' + b"9" * 10_000 + b"}"
    found = problem(post(client, body, "application/json"), 400, "not-json")
    assert "digits" in found["detail"]
    assert "nested" not in found["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"3", b"null", b"NaN"])
def test_json_that_is_no_object(client: Client, body: bytes) -> None:
    found = problem(post(client, body, "application/json"), 422, "invalid-request")
    assert found["errors"] == [{"pointer": "#", "detail": "Input should be an object"}]


@pytest.mark.parametrize(
    ("extra", "pointer", "said"),
    [
        ({"txet": "a"}, "#/txet", "known fields: title"),
        ({"a/b~c d": 1}, "#/a~1b~0c%20d", "unknown field"),
        ({"\ud800": 1}, "#/%EF%BF%BD", "unknown field"),
        ({"text": 3}, "#/text", "valid string"),
        ({"text": ["a"]}, "#/text", "valid string"),
        ({"title": {}}, "#/title", "valid string"),
        ({"text": True}, "#/text", "valid string"),
        ({"sections": "headline"}, "#/sections", "valid list"),
        ({"sections": []}, "#/sections", "at least 1"),
        ({"sections": ["headline", "tail"]}, "#/sections/1", "'key-points'"),
        ({"sections": ["tail\ud800"]}, "#/sections/0", "valid string"),
        ({"length": "huge"}, "#/length", "choose one of short, standard, long, or at most so"),
        ({"length": "101%"}, "#/length", "no length '101%'"),
        ({"length": "5 " * 90}, "#/length", "at most 40 characters"),
        ({"html": "<p>x</p>"}, "#", "not both"),
    ],
)
def test_mistakes_are_named_by_place(client: Client, extra, pointer: str, said: str) -> None:
    body = json.dumps({"text": BODY, **extra}).encode()
    found = problem(post(client, body, "application/json"), 422, "invalid-request")
    (mistake,) = found["errors"]
    assert mistake["pointer"] == pointer
    assert said in mistake["detail"]
    Problem.model_validate(found)


def test_many_mistakes_are_not_all_named(client: Client) -> None:
    body = json.dumps(dict.fromkeys(map(str, range(1_000)), 0)).encode()
    found = problem(post(client, body, "application/json"), 422, "invalid-request")
    assert len(found["errors"]) == 10


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://news.example/a", "file:///a"])
def test_url_input_is_off(client: Client, url) -> None:
    found = problem(client.post(json={"url": url}), 422, "url-input-off")
    assert "'text' or 'html'" in found["detail"]


@pytest.mark.parametrize("document", [{}, {"title": "Only a title"}, {"text": ""}, {"text": " \n"}])
def test_json_without_text(client: Client, document) -> None:
    problem(client.post(json=document), 422, "empty-input")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/plain;charset=x"])
@pytest.mark.parametrize("body", [b"", b" \n "])
def test_empty_body(client: Client, content_type: str, body: bytes) -> None:
    problem(post(client, body, content_type), 422, "empty-input")


@pytest.mark.parametrize("content_type", ["text/html", "application/pdf"])
def test_empty_page_or_pdf(client: Client, content_type: str) -> None:
    response = post(client, b"", content_type)
    assert response.status_code == 422
    problem(response, 422, "no-article" if content_type == "text/html" else "empty-input")


def test_too_short(client: Client) -> None:
    found = problem(client.post(json={"text": "Council votes."}), 422, "too-short")
    assert "whole article" in found["detail"]


def test_page_without_article(client: Client) -> None:
    problem(client.post(json={"html": "<html><body></body></html>"}), 422, "no-article")


def test_unsupported_language(client: Client) -> None:
    text = (
        "Der Gemeinderat von Mühlbach hat am Dienstag beschlossen, das alte Fährhaus zu schließen. "
        "Die Bürgermeisterin sagte, die Reparatur sei zu teuer und dauere mehrere Jahre."
    )
    problem(client.post(json={"text": text}), 422, "unsupported-language")


@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf"])
def test_binary(client: Client, content_type: str) -> None:
    problem(post(client, bytes(range(256)) * 4, content_type), 415, "not-text")
    problem(post(client, b"PK\x03\x04" + bytes(100), content_type), 415, "not-text")


def test_damaged_pdf(client: Client) -> None:
    problem(post(client, b"%PDF-1.7\nnothing", "application/pdf"), 415, "not-text")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "image/png",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "json",
    ],
)
def test_unknown_content_type(client: Client, content_type: str | None) -> None:
    found = problem(post(client, LEAD.encode(), content_type), 415, "unsupported-media-type")
    for accepted in ("application/json", "text/plain", "text/html", "application/pdf"):
        assert accepted in found["detail"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_unknown_content_encoding(client: Client, encoding: str) -> None:
    response = post(client, b"\x1f\x8b", "application/json", **{"Content-Encoding": encoding})
    found = problem(response, 415, "unsupported-media-type")
    assert "gzip" in found["detail"]


@pytest.mark.parametrize(
    "accept", ["image/png", "application/json;q=0, text/*;q=0", "application/xml"]
)
def test_not_acceptable(client: Client, accept: str) -> None:
    response = client.post(json={"text": BODY}, headers={"Accept": accept})
    assert "text/markdown" in problem(response, 406, "not-acceptable")["detail"]


def test_declared_too_large(client: Client) -> None:
    found = problem(post(client, b"x" * (MAX_BODY + 1), "text/plain"), 413, "body-too-large")
    assert f"{MAX_BODY:,} bytes" in found["detail"]


def test_body_of_the_limit_is_read(client: Client) -> None:
    body = BODY.encode().ljust(MAX_BODY)
    assert post(client, body, "text/plain").status_code == 200


def test_chunked_body_is_read(client: Client) -> None:
    assert post(client, chunks(LEAD.encode() + b" ", 3), "text/plain").status_code == 200


def test_unknown_address(client: Client) -> None:
    for path in ("/nothing", "/v1/briefs/", "/v1/briefs/../../etc/passwd", "/%00"):
        assert "/docs" in problem(client.get(path), 404, "not-found")["detail"]


def test_wrong_method(client: Client) -> None:
    response = client.get("/v1/briefs")
    assert "POST" in problem(response, 405, "method-not-allowed")["detail"]
    assert response.headers["allow"] == "POST"


def test_device_error_is_confidential(client: Client, backend: EchoBackend, monkeypatch) -> None:
    monkeypatch.setattr(backend, "error", DeviceError("cuda:7 of /secret ran out of memory"))
    monkeypatch.setattr(backend, "broken", True)
    found = problem(client.post(json={"text": BODY}), 503, "bad-device")
    assert "secret" not in str(found)


def test_unexpected_error_has_no_traceback(client: Client, backend, monkeypatch) -> None:
    monkeypatch.setattr(backend, "error", RuntimeError("/secret"))
    monkeypatch.setattr(backend, "broken", True)
    response = client.post(json={"text": BODY})
    problem(response, 500, "internal-error")
    assert "secret" not in response.text
    monkeypatch.undo()
    assert client.post(json={"text": BODY}).status_code == 200
