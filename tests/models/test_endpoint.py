"""Where a chat model is served: what is refused, and that no message has a secret in it."""

import pytest

from briefing.config import load_settings
from briefing.errors import ConfigError
from briefing.models.chat import ChatBackend
from briefing.models.endpoint import Endpoint

HERE = "http://127.0.0.1:5/v1"


def refusal(url, **settings):
    with pytest.raises(ConfigError) as caught:
        ChatBackend("openai:smol", Endpoint(url, **settings))
    return str(caught.value)


def test_a_key_is_stripped_and_an_empty_one_is_none(monkeypatch):
    assert Endpoint(HERE, " sk-secret\r\n").key == "sk-secret"
    assert Endpoint(HERE, "").key is None
    assert Endpoint(HERE, " \n").key is None
    monkeypatch.setenv("BRIEFING_ENDPOINT", f"{HERE}\n")
    monkeypatch.setenv("BRIEFING_ENDPOINT_KEY", "sk-secret\n")
    assert load_settings().model_endpoint == Endpoint(HERE, "sk-secret")


@pytest.mark.parametrize("key", ["sk-sec\nret", "sk-sec\x00ret", "sk-secrét", "sk-sec\x7fret"])
def test_a_key_that_no_header_can_have_is_refused_unseen(key):
    told = refusal(HERE, key=key)
    assert "BRIEFING_ENDPOINT_KEY" in told
    assert "sk-sec" not in told


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hunter2@8.8.8.8/v1",
        "http://user:hunter2@[::1/v1",
        "user:hunter2@localhost:80/v1",
        "ftp://user:hunter2@localhost/v1",
        "http://user:hunter2@a..b/v1",
        "http://user:hunter2/hunter2@localhost/v1",
        "http://user:hunter2@localhost:99999/v1",
        "http://localhost/v1?key=hunter2",
        "http://localhost/v1#hunter2",
        "http://user:hunter2@localhost /v1",
    ],
)
def test_a_refusal_shows_no_password(url):
    told = refusal(url)
    assert "endpoint" in told
    assert "hunter2" not in told
    assert "hunter2" not in repr(Endpoint(url, "hunter2"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://a..b/v1", "no host"),
        (f"http://{'a' * 64}/v1", "no host"),
        ("http://exa\x00mple/v1", "control characters"),
        ("http://exa mple/v1", "spaces"),
        ("http://localhost/v1?api-version=2", "query"),
        ("http://localhost/v1?", "query"),
    ],
)
@pytest.mark.parametrize("remote", [False, True])
def test_odd_addresses_are_refused_in_words(url, why, remote):
    assert why in refusal(url, remote=remote)


def test_a_login_of_the_url_is_sent_apart_from_it():
    endpoint = Endpoint("http://me:hunter%2F2@127.0.0.1:5/v1/")
    assert endpoint.login == ("me", "hunter/2")
    assert endpoint.base == HERE
    assert endpoint.shown == f"{HERE}/"


def test_secrets_are_taken_out_of_texts_in_each_form():
    endpoint = Endpoint("http://me:hunter2@127.0.0.1:5/v1", 'sk-"se/cret')
    told = endpoint.without_secrets(
        'Bearer sk-"se/cret, {"key": "sk-\\"se/cret"}, SK-"SE/CRET, ?key=sk-%22se%2Fcret, '
        "me:hunter2, Basic bWU6aHVudGVyMg=="
    )
    assert told == 'Bearer ***, {"key": "***"}, ***, ?key=***, ***, Basic ***'
    assert Endpoint(HERE).without_secrets("as it is") == "as it is"
