"""The nightly script is the command, with its exit codes; its units are well-formed."""

import json
import os
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "scripts" / "deploy"
ARTICLE = (
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island. The council had "
    "proposed to close the route in May. Some 5,214 people backed the ferry."
)


def nightly(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "nightly_digest.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_edition_and_structured_logs(tmp_path: Path) -> None:
    row = {"title": "Harbour town keeps its ferry", "text": ARTICLE}
    (tmp_path / "desk.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "digest.toml").write_text(
        '[[sources]]\nname = "The desk"\njsonl = "desk.jsonl"\n', encoding="utf-8"
    )
    done = nightly(tmp_path, "--extractive")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines()]
    assert files
    assert all(path.is_file() for path in files)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert events == ["open", "source", "articles", "stories", "choice", "edition", "done"]
    assert lines[1]["items"] == 1
    assert {line["level"] for line in lines} == {"info"}


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    done = nightly(tmp_path, "--config", "nowhere.toml")
    assert done.returncode == 2
    assert "briefing digest init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text('store = "no/such/folder/digest.sqlite"\n')
    done = nightly(tmp_path)
    assert done.returncode == 3
    assert "is not a folder; create it" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["briefing-digest.service", "briefing-digest.timer"])
def test_the_units_are_well_formed(name: str) -> None:
    unit = RawConfigParser(strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name, encoding="utf-8")
    assert unit["Unit"]["Description"]
    if name.endswith("service"):
        assert "digest run --config" in unit["Service"]["ExecStart"]
        assert unit["Service"]["SuccessExitStatus"] == "1"
    else:
        assert unit["Timer"]["Persistent"] == "true"
    if analyze := shutil.which("systemd-analyze"):
        checked = subprocess.run(
            [analyze, "verify", DEPLOY / name], capture_output=True, text=True, check=False
        )
        wrong = [line for line in checked.stderr.splitlines() if "Unknown" in line]
        assert wrong == []
