"""POST /v1/check and GET /v1/models."""

import json

import pytest

from briefing import __version__
from briefing.api import create_app
from briefing.config import Settings
from tests.api.articles import BODY, LEAD
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, echo_briefer, problem


def test_a_true_and_an_untrue_claim(client: Client) -> None:
    good = client.post("/v1/check", json={"text": BODY, "claim": LEAD}).json()
    assert good["supported"] is True
    untrue = LEAD.replace("Tuesday", "Friday").replace("sixty", "seventy")
    bad = client.post("/v1/check", json={"text": BODY, "claim": untrue}).json()
    assert bad["supported"] is False
    assert bad["score"] < good["score"]
    (evidence,) = (claim["evidence"] for claim in good["claims"] if claim["kind"] == "sentence")
    assert good["sentences"][evidence[0]] == LEAD


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"text": BODY}, "invalid-request"),
        ({"text": BODY, "claim": 3}, "invalid-request"),
        ({"text": BODY, "claim": "x" * 20_001}, "invalid-request"),
        ({"text": BODY, "claim": LEAD, "title": "x"}, "invalid-request"),
        ({"text": BODY, "claim": " "}, "empty-input"),
        ({"text": "", "claim": LEAD}, "empty-input"),
    ],
)
def test_mistakes(client: Client, asked, code: str) -> None:
    response = client.post("/v1/check", json=asked)
    problem(response, 422, code)


def test_models(client: Client) -> None:
    (model,) = client.get("/v1/models").json()["models"]
    assert (model["name"], model["languages"]) == ("echo", ["en"])


def test_a_list_is_checked_in_its_order(client: Client) -> None:
    one = {"text": BODY, "claim": LEAD}
    asked = [one, {"text": BODY, "claim": ""}, {**one, "claim": "It rained."}]
    answer = client.post("/v1/check", json=asked)
    assert answer.status_code == 200
    first, empty, last = answer.json()
    assert first == {"index": 0, "status": 200, "check": client.post("/v1/check", json=one).json()}
    assert (empty["status"], empty["problem"]["type"]) == (422, "urn:briefing:problem:empty-input")
    assert (last["index"], last["check"]["supported"]) == (2, False)
    found = problem(client.post("/v1/check", json=[one, {"claim": 3}, []]), 422, "invalid-request")
    pointers = [each["pointer"] for each in found["errors"]]
    assert pointers == ["#/1/text", "#/1/claim", "#/2"]


@pytest.mark.parametrize("asked", [[], [{"text": BODY, "claim": LEAD}] * 1_001])
def test_lists_that_are_none(client: Client, asked: list) -> None:
    body = json.dumps([each if n == 0 else {} for n, each in enumerate(asked)])
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/check", content=body, headers=headers)
    assert "1 to 1000" in problem(answer, 422, "invalid-request")["detail"]


def test_info(client: Client) -> None:
    info = client.get("/v1/info").json()
    assert (info["version"], info["model"], info["ready"]) == (__version__, "echo", True)
    assert (info["extractive"], info["urls"], info["languages"]) == (True, False, ["en"])
    assert info["limits"]["max_body"] == MAX_BODY
    assert info["lengths"] == ["short", "standard", "long"]
    assert info["length_forms"] == ["5 sentences", "80 words", "20%"]
    for length in (*info["lengths"], *info["length_forms"]):
        assert client.post(json={"text": BODY, "length": length}).status_code == 200
    assert info["sections"] == ["headline", "key-points", "context"]
    assert {"text/event-stream", "text/markdown"} <= set(info["outputs"])


def test_info_is_there_before_the_model() -> None:
    info = Client(create_app(Settings(), echo_briefer())).get("/v1/info").json()
    assert (info["ready"], info["model"]) == (False, None)
