"""POST /v1/check and GET /v1/models."""

import pytest

from tests.api.articles import BODY, LEAD
from tests.api.fakes import Client, problem


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
