"""Settings in variables: lists, numbers, and what is said of those that are none."""

import os

import pytest

from briefing.config import load_settings
from briefing.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BRIEFING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRIEFING_CONFIG", os.devnull)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("webhook_hosts", "news.example", ["news.example"]),
        ("webhook_hosts", " news.example, hooks.example ,", ["news.example", "hooks.example"]),
        ("webhook_hosts", '["news.example"]', ["news.example"]),
        ("cors_origins", "https://a.example,http://b.example", None),
        ("cors_origins", "*", ["*"]),
        ("cors_origins", "HTTPS://News.example:8443", ["https://news.example:8443"]),
        ("webhook_hosts", "127.0.0.1, ::1, bücher.example, my_host-1", None),
        ("webhook_hosts", '["[::1]"]', ["[::1]"]),
        ("trusted_proxies", "10.0.0.5, 172.18.0.0/16,unix", None),
        ("url_ports", "443", [443]),
        ("url_ports", "80, 8443", [80, 8443]),
        ("url_ports", " [80, 8443]", [80, 8443]),
    ],
)
def test_a_list_in_a_variable(
    name: str, value: str, meant: list[object] | None, monkeypatch
) -> None:
    monkeypatch.setenv(f"BRIEFING_{name.upper()}", value)
    parts = [part.strip() for part in value.split(",")]
    assert getattr(load_settings(), name) == (parts if meant is None else meant)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WEBHOOK_HOSTS", "[news.example", "use commas"),
        ("URL_PORTS", "80,http", "integer"),
        ("URL_PORTS", "80,70000", "65535"),
        ("CORS_ORIGINS", "https://a.example,b.example", "'b.example' is no origin"),
        ("CORS_ORIGINS", "https://a.example/", "without a path or a slash at the end"),
        ("WEBHOOK_HOSTS", "https://hooks.example/done", "without scheme, port and path"),
        ("WEBHOOK_HOSTS", "a.example, hooks.example:8443", "'hooks.example:8443' is no host"),
        ("WEBHOOK_HOSTS", "[]]", "use commas"),
        ("GRACE", "inf", "finite"),
        ("GRACE", "nan", "finite"),
        ("GRACE", "1e300", "31536000"),
        ("KEY_RATE", "inf", "finite"),
        ("REQUEST_TIMEOUT", "1e300", "31536000"),
    ],
)
def test_a_variable_that_is_wrong_is_named(name: str, value: str, said: str, monkeypatch) -> None:
    monkeypatch.setenv(f"BRIEFING_{name}", value)
    with pytest.raises(ConfigError, match=rf"{said}.*BRIEFING_{name} or ") as caught:
        load_settings()
    assert caught.value.exit_code == 2


def test_a_list_in_the_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text('webhook_hosts = ["news.example"]\nurl_ports = [8443]\n')
    monkeypatch.setenv("BRIEFING_CONFIG", str(path))
    settings = load_settings()
    assert (settings.webhook_hosts, settings.url_ports) == (["news.example"], [8443])
