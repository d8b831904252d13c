"""The OpenAPI document and its page."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from briefing.api.problems import PROBLEM_KINDS
from briefing.config import Settings
from briefing.reading import ARTICLE_TYPES
from tests.api.articles import BODY, TITLE
from tests.api.fakes import Client


@pytest.fixture(scope="module")
def document(client: Client) -> dict:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


def references(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_setting_is_documented() -> None:
    root = Path(__file__).parents[2]
    told = "".join((root / name).read_text("utf-8") for name in ("README.md", "docs/service.md"))
    for name in Settings.model_fields:
        assert f"`{name}`" in told, name


def test_docs_page(client: Client) -> None:
    """The page and all that it loads come from here, and its policy lets nothing else in."""
    page = client.get("/docs")
    assert page.status_code == 200
    assert "https:" not in page.text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert "docs/ui/swagger-ui-bundle.js" in loaded
    for name in loaded:
        assert client.get(f"/{name}").status_code == 200, name
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_files_are_not_sent_twice(client: Client) -> None:
    first = client.get("/docs/ui/swagger-ui.css")
    again = client.get("/docs/ui/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_reference_leads_somewhere(document) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_bodies_and_answers_are_described(document) -> None:
    operation = document["paths"]["/v1/briefs"]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", *ARTICLE_TYPES}
    assert set(operation["responses"]["200"]["content"]) == {
        *("application/json", "text/markdown", "text/html", "text/plain", "text/event-stream")
    }


def test_no_answer_is_promised_that_is_never_given(document) -> None:
    assert "ValidationError" not in json.dumps(document)
    for path, method in (
        ("/v1/jobs/{job}", "get"),
        ("/v1/jobs/{job}", "delete"),
        ("/v1/digests/{date}", "get"),
    ):
        assert "422" not in document["paths"][path][method]["responses"]


def test_problems_are_described(document) -> None:
    text = json.dumps(document["paths"]["/v1/briefs"]["post"]["responses"])
    off = {"not-found", "method-not-allowed", "client-gone", "head-too-slow"}
    off.add("too-many-connections")
    off |= {"no-edition", "bad-store", "store-busy", "store-too-new"}  # those of the digest
    off |= {"no-brief", "no-job", "webhook-refused"}  # those of the page and of jobs
    for code in PROBLEM_KINDS.keys() - off:
        assert f"urn:briefing:problem:{code}`" in text, code
    assert "application/problem+json" in text


def test_described_schemas_hold(document, client: Client) -> None:
    asked = {"title": TITLE, "text": BODY, "sections": ["headline"], "length": "long"}
    wrong = client.post(json={"text": BODY, "extra": 1}).json()
    brief = client.post(json=asked).json()
    for name, instance in (("BriefRequest", asked), ("Brief", brief), ("Problem", wrong)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(instance)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(
            {"$ref": "#/components/schemas/BriefRequest", "components": document["components"]}
        ).validate({"link": "https://news.example"})
