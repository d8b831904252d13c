"""Pushes over real connections: what each kind sends, and once; the same record as of letters."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import ValidationError

from briefing.digest.deliver import Push
from briefing.digest.rendering import edition_from_document
from briefing.digest.run import run_digest, send_edition
from briefing.digest.settings import DigestSettings
from briefing.errors import DeliveryError, DeliverySettingsError, NotSent
from tests.digest.samples import NOW, full_edition, large_edition
from tests.quality.samples import SAMPLES
from tests.serving import answering


class Receiver:
    """What came in: method, path, headers and body of each request; what is answered."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[int] = []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.got.append((self.command, self.path, headers, body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PUT = answer

        def log_message(self, *_args: object) -> None:
            pass

    with answering(Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        yield made


def table(receiver: Receiver, kind: str, **more: object) -> DigestSettings:
    push = {"kind": kind, "url": receiver.url, "timeout": 5, "patience": 0.3, **more}
    return DigestSettings.model_validate(
        {"push": [push], "edition": {"base_url": "https://news.example/digest/"}}
    )


def pushed(settings: DigestSettings, edition=None) -> None:
    delivery = Push(settings, settings.push[0])
    try:
        (letter,) = delivery.letters(edition or full_edition())
        delivery.send(letter)
    finally:
        delivery.close()


@pytest.mark.parametrize("secret", ["plain words", "whsec_" + base64.b64encode(b"k" * 24).decode()])
def test_a_webhook_is_signed_and_whole(receiver: Receiver, monkeypatch, secret: str) -> None:
    monkeypatch.setenv("HOOK_KEY", secret)
    settings = table(receiver, "webhook", secret_env="HOOK_KEY")
    pushed(settings)
    ((method, path, headers, body),) = receiver.got
    assert (method, path, headers["content-type"]) == ("POST", "/", "application/json")
    key = b"k" * 24 if secret.startswith("whsec_") else secret.encode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mark = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mark}"
    document = json.loads(body)
    assert edition_from_document(document["edition"]) == full_edition()
    assert document["page"] == "https://news.example/digest/2026-03-02.html"
    pushed(settings)
    assert receiver.got[1][2]["webhook-id"] == headers["webhook-id"] == document["id"]


def test_ntfy(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setenv("NTFY", "tk_secret")
    pushed(table(receiver, "ntfy", to="alder", secret_env="NTFY"))
    ((method, path, headers, body),) = receiver.got
    assert (method, path, headers["authorization"]) == ("POST", "/", "Bearer tk_secret")
    document = json.loads(body)
    assert (document["topic"], document["title"]) == ("alder", "The briefing")
    assert document["click"] == "https://news.example/digest/2026-03-02.html"
    assert "• Port Alder votes to keep its ferry" in document["message"]


def test_matrix_has_a_transaction_of_its_own(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setenv("MATRIX", "syt_secret")
    settings = table(receiver, "matrix", to="!room:matrix.example", secret_env="MATRIX")
    pushed(settings)
    pushed(settings)
    (method, path, headers, body), again = receiver.got
    assert (method, headers["authorization"]) == ("PUT", "Bearer syt_secret")
    assert path == again[1]
    assert path.startswith(
        "/_matrix/client/v3/rooms/%21room%3Amatrix.example/send/m.room.message/briefing-2026-03-02-"
    )
    assert json.loads(body)["msgtype"] == "m.text"


def test_telegram(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setenv("BOT", "123:secret")
    pushed(table(receiver, "telegram", to="-100", secret_env="BOT"))
    ((method, path, _, body),) = receiver.got
    assert (method, path) == ("POST", "/bot123:secret/sendMessage")
    assert json.loads(body)["chat_id"] == "-100"


def test_a_message_is_short_enough_and_says_where_to_read_on(receiver: Receiver) -> None:
    pushed(table(receiver, "ntfy", to="alder"), large_edition(400))
    message = json.loads(receiver.got[0][3])["message"]
    assert 3_000 < len(message.encode()) <= 3_500
    assert message.endswith("2026-03-02.html")


@pytest.mark.parametrize(
    ("status", "permanent"), [(404, True), (401, True), (302, True), (429, False), (503, False)]
)
def test_what_is_refused(receiver: Receiver, monkeypatch, status: int, permanent: bool) -> None:
    monkeypatch.setenv("BOT", "123:secret")
    receiver.answers = [status]
    with pytest.raises(DeliveryError, match=str(status)) as found:
        pushed(table(receiver, "telegram", to="-100", secret_env="BOT"))
    assert found.value.permanent is permanent
    assert "secret" not in str(found.value).replace("or secret", "")


def test_a_receiver_that_is_not_there(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setenv("BOT", "123:secret")
    receiver.url = "http://127.0.0.1:1"
    with pytest.raises(DeliveryError, match="cannot be reached") as found:
        pushed(table(receiver, "telegram", to="-100", secret_env="BOT"))
    assert not found.value.permanent
    assert "123" not in str(found.value)


@pytest.mark.parametrize("secret", ["whsec_!!!!", "whsec_", "whsec_a"])
def test_a_secret_without_a_key_signs_nothing(receiver: Receiver, monkeypatch, secret: str) -> None:
    monkeypatch.setenv("HOOK_KEY", secret)
    with pytest.raises(DeliverySettingsError, match="base64"):
        pushed(table(receiver, "webhook", secret_env="HOOK_KEY"))


@pytest.mark.parametrize("kind", ["ntfy", "matrix", "telegram"])
@pytest.mark.parametrize("secret", ["123:se\ncret", "gehäim", "a\0b"])
def test_a_secret_that_cannot_be_sent(
    receiver: Receiver, monkeypatch, kind: str, secret: str
) -> None:
    monkeypatch.setattr("os.environ", {**os.environ, "KEY": secret})
    with pytest.raises(DeliverySettingsError, match="cannot be sent"):
        pushed(table(receiver, kind, to="-100", secret_env="KEY"))


def test_a_secret_may_end_in_a_line_break(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setenv("BOT", "123:secret\n")
    pushed(table(receiver, "telegram", to="-100", secret_env="BOT"))


def test_a_secret_that_is_not_set(receiver: Receiver, monkeypatch) -> None:
    monkeypatch.delenv("BOT", raising=False)
    with pytest.raises(DeliverySettingsError, match="BOT"):
        pushed(table(receiver, "telegram", to="-100", secret_env="BOT"))


@pytest.mark.parametrize(
    ("push", "said"),
    [
        ([{"kind": "webhook"}], "url"),
        ([{"kind": "ntfy", "url": "https://ntfy.sh"}], "topic"),
        ([{"kind": "telegram", "to": "1"}], "secret_env"),
        ([{"kind": "webhook", "url": "file:///etc/passwd"}], "url"),
        ([{"kind": "webhook", "url": "https://h:abc/"}], "https://ntfy.example.org"),
        ([{"kind": "webhook", "url": "https://h:99999/"}], "https://ntfy.example.org"),
        ([{"kind": "webhook", "url": "https://[::1/"}], "https://ntfy.example.org"),
        ([{"kind": "webhook", "url": "https://a..b/"}], "https://ntfy.example.org"),
        ([{"kind": "webhook", "url": "https://a/b c"}], "https://ntfy.example.org"),
        ([{"kind": "webhook", "url": "https://xn--/"}], "https://ntfy.example.org"),
        ([{"kind": "carrier pigeon", "url": "https://x.example"}], "kind"),
        ([{"kind": "webhook", "url": "https://x.example/1"}] * 2, "another `name`"),
    ],
)
def test_settings_that_are_wrong_are_named(push: list[dict[str, str]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DigestSettings.model_validate({"push": push})


@pytest.mark.parametrize("url", ["https://h:abc", "https://xn--/", "http://a..b"])
def test_a_url_that_cannot_be_sent_to_is_told(receiver: Receiver, url: str) -> None:
    settings = table(receiver, "webhook")
    unchecked = settings.push[0].model_copy(update={"url": url})
    delivery = Push(settings, unchecked)
    (letter,) = delivery.letters(full_edition())
    with pytest.raises(DeliverySettingsError, match="nothing can be sent"), closing(delivery):
        delivery.send(letter)


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/a?b=c", "https://[::1]:443/", "https://bücher.example/é",
            "http://ntfy_1", "https://user:password@h.example/"],
)  # fmt: skip
def test_a_url_that_can_be_sent_to_is_taken(url: str) -> None:
    DigestSettings.model_validate({"push": [{"kind": "webhook", "url": url}]})


@pytest.mark.slow
def test_the_record_is_that_of_letters(receiver: Receiver, tmp_path) -> None:
    """Put off, it is tried again within the run; down, by the next night's; never twice."""
    row = {"title": SAMPLES[0].title, "text": SAMPLES[0].text}
    (tmp_path / "desk.jsonl").write_text(json.dumps(row))
    push = [
        {"kind": "webhook", "url": receiver.url, "patience": 0.3},
        {"kind": "ntfy", "url": "http://127.0.0.1:1", "to": "alder", "patience": 0},
    ]
    given = {
        "store": str(tmp_path / "digest.sqlite"),
        "output": tmp_path / "editions",
        "sources": [{"jsonl": tmp_path / "desk.jsonl"}],
        "push": push,
    }
    settings = DigestSettings.model_validate(given)
    receiver.answers = [503, 429, 200]
    outcome = run_digest(settings, now=NOW, extractive=True)
    assert (outcome.sent, outcome.failed_letters, len(receiver.got)) == (1, 1, 3)
    assert len({headers["webhook-id"] for _, _, headers, _ in receiver.got}) == 1
    with pytest.raises(NotSent, match="ntfy alder cannot be reached"):
        send_edition(settings, outcome.edition.date)
    push[1]["url"] = receiver.url
    mended = DigestSettings.model_validate(given)
    second = run_digest(mended, now=NOW + timedelta(days=1), extractive=True)
    assert (second.sent, second.failed_letters, len(receiver.got)) == (3, 0, 6)
    again = run_digest(mended, now=NOW + timedelta(days=1), extractive=True)
    assert (again.sent, len(receiver.got)) == (0, 6)
