"""A run is followed by bars on a terminal, else by JSON lines."""

import io
import json
import logging

import pytest

from briefing.cli.digest import reporting
from briefing.digest.steps import log, warn


def test_json_lines_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    with reporting(out) as progress:
        progress.step("sources", 2)
        progress.advance()
        log("source", source="Alder Herald", items=3)
        warn("source", source="Coast Wire", error="It hangs.\nTwice.")
        logging.getLogger("briefing.digest.steps").error("a fault", exc_info=ValueError("bad"))
    log("source", source="after the end")
    first, second, third = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["level"], first["event"], first["items"]) == ("info", "source", 3)
    assert first["time"].endswith("+00:00")
    assert second["error"] == "It hangs.\nTwice."
    assert "ValueError: bad" in third["exception"]


def test_a_quiet_run_says_only_what_nobody_expects() -> None:
    out = io.StringIO()
    with reporting(out, quiet=True):
        log("source", source="Alder Herald", items=3)
        warn("source", source="Coast Wire", error="It hangs.")
        logging.getLogger("briefing.digest.steps").error("a fault")
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["event"] == "a fault"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with reporting(out) as progress:
        progress.step("sources", 2)
        progress.advance(2)
        progress.step("articles", None)
        progress.advance(40)
    shown = out.getvalue()
    assert "Sources" in shown
    assert "2/2" in shown
    assert "40/40" in shown
