"""Advice is in the words of who asks: fields and settings over HTTP, the form on the page."""

from pathlib import Path

import httpx
import pytest

from briefing.api import create_app
from briefing.api.auth import CrossSite, KeyMissing
from briefing.api.keys import KeyFile
from briefing.api.problems import BodyTooLarge
from briefing.config import Settings
from briefing.errors import FRONT_END
from briefing.options import KeyScope
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, echo_briefer, post, problem

FEED = (
    '<rss version="2.0"><channel><title>Harbour</title>'
    + "".join(
        f"<item><title>Vote {n}</title><link>https://a.example/{n}</link></item>" for n in "12"
    )
    + "</channel></rss>"
)
ROWS = '[{"headline": "a", "size": 3}, {"headline": "b", "size": 4}]'


def shown(client: Client, **fields: str) -> httpx.Response:
    """The page's answer to a form, as a problem document."""
    parts = {name: (None, value) for name, value in fields.items()}
    return client.post("/", files=parts, headers={"Accept": "application/x-ndjson"})


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [("application/xml", FEED, "Provide one of them."), ("text/plain", ROWS, '"text".')],
)
def test_no_command_is_advised_over_http(client: Client, kind: str, text: str, said: str) -> None:
    answers = [post(client, text.encode(), kind), shown(client, kind="text", text=text)]
    for answer in answers:
        detail = problem(answer, 422, "no-article")["detail"]
        assert detail.endswith(said)
        assert "briefing" not in detail


def test_what_is_too_large_is_told_to_each_in_his_words(client: Client) -> None:
    text = "word " * MAX_BODY
    by_api = problem(post(client, text.encode(), "text/plain"), 413, "body-too-large")
    assert "`max_body`" in by_api["detail"]
    on_page = problem(shown(client, kind="text", text=text), 413, "body-too-large")
    assert "max_body" not in on_page["detail"].lower()
    assert "Paste" in on_page["detail"]


def test_mistakes_of_the_form_name_its_fields(client: Client) -> None:
    found = problem(shown(client, kind="text", text="Some.", length="vast"), 422, "invalid-request")
    assert found["detail"].startswith("Length: no length 'vast'")
    by_api = problem(client.post(json={"text": "Some.", "length": "vast"}), 422, "invalid-request")
    assert by_api["detail"].startswith("#/length: ")


@pytest.mark.parametrize("error", [KeyMissing(), CrossSite(), BodyTooLarge(1)])
def test_visitors_of_the_page_are_not_told_of_headers_and_settings(error: Exception) -> None:
    told = {}
    for name in ("service", "page"):
        token = FRONT_END.set(name)
        told[name] = str(error)
        FRONT_END.reset(token)
    assert told["service"] != told["page"]
    assert not any(word in told["page"] for word in ("Authorization", "BRIEFING_", "`"))


def test_a_key_is_asked_for_in_the_form(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyFile(path).add("desk", [KeyScope.BRIEF])
    client = Client(create_app(Settings(keys_path=path), echo_briefer()))
    detail = problem(shown(client, kind="text", text="Some."), 401, "key-missing")["detail"]
    assert "form" in detail
    detail = problem(client.post(json={"text": "Some."}), 401, "key-missing")["detail"]
    assert "Authorization" in detail
