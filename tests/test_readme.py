"""The README's commands run as printed, and print what it says."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright
import pytest

from tests.serving import free_port, wait_ready

pytestmark = pytest.mark.slow

NODE = shutil.which("node") or Path(playwright.__file__).parent / "driver" / "node"
"""Playwright brings one."""
README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
BLOCKS = [(kind, text) for kind, text in BLOCK.findall(README)]
SHELL = [
    line.removeprefix("$ ").split("  #")[0].strip()
    for kind, text in BLOCKS
    if kind == "console"
    for line in text.splitlines()
]
OFFLINE = [line for line in SHELL if line.startswith("briefing") and "http" not in line]


@pytest.fixture
def folder(tmp_path: Path, ferry: Path) -> Path:
    """A folder with the files that the README names."""
    text = ferry.read_text(encoding="utf-8")
    (tmp_path / "article.txt").write_text(text, encoding="utf-8")
    paragraphs = "".join(f"<p>{line}</p>" for line in text.splitlines()[4:] if line)
    title = text.splitlines()[0]
    page = f"<html><head><title>{title}</title></head><body><article>{paragraphs}</article></body>"
    (tmp_path / "article.html").write_text(page, encoding="utf-8")
    (tmp_path / "summary.txt").write_text("Residents voted to keep the ferry to Grey Island.")
    row = {"id": 1, "text": text}
    (tmp_path / "articles.jsonl").write_text(json.dumps(row) + "\n")
    claim = {"id": 1, "text": text, "claim": "Residents of Port Alder voted to keep the ferry."}
    (tmp_path / "claims.jsonl").write_text(json.dumps(claim) + "\n")
    return tmp_path


def environment(command: str) -> dict[str, str]:
    """Our own environment with the command on the path."""
    return os.environ | {"PATH": f"{Path(command).parent}:{os.environ['PATH']}"}


def test_the_first_command_prints_the_output_shown(command: str, folder: Path) -> None:
    (install, first) = BLOCKS[0][1].strip().splitlines()
    assert install.split("   #")[0] == "python3 -m venv .venv && .venv/bin/pip install ."
    assert first == ".venv/bin/briefing brief article.txt"
    article, output = BLOCKS[1][1], BLOCKS[2][1]
    (folder / "article.txt").write_text(article, encoding="utf-8")
    done = subprocess.run(
        [command, *first.split()[1:]], cwd=folder, capture_output=True, text=True, check=True
    )
    printed, shown = items(done.stdout), items(output)
    assert [item[:1] for item in printed] == [item[:1] for item in shown]
    # Processors round differently: one close call between two wordings may fall otherwise.
    assert sum(a != b for a, b in zip(printed, shown, strict=True)) <= 1


def items(brief: str) -> list[str]:
    """The headline, the names of sections and their lines, each on one line."""
    return [" ".join(item.split()) for item in re.split(r"\n(?=• |\n)", brief.strip())]


def test_the_shown_article_is_the_fixture(ferry: Path) -> None:
    assert BLOCKS[1][1].strip() == ferry.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("line", [line for line in OFFLINE if " serve " not in line])
def test_every_command_line_runs(command: str, folder: Path, line: str) -> None:
    done = subprocess.run(
        line, shell=True, cwd=folder, env=environment(command), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def at(port: str, text: str) -> str:
    """A command or program of the README with another port than the one it names."""
    assert "8000" in text
    return text.replace("8000", port)


@pytest.fixture(scope="module")
def port(command: str) -> Iterator[str]:
    """The port of the service, started as the README says but on a port that is free."""
    (serve,) = [line for line in SHELL if line.startswith("briefing serve")]
    port = str(free_port())
    server = subprocess.Popen(
        at(port, serve).removesuffix(" &").split(),
        env=environment(command),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_ready(f"http://127.0.0.1:{port}/readyz", server)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def test_the_service_answers_curl(port: str, folder: Path) -> None:
    (curl,) = [line for line in SHELL if line.startswith("curl")]
    done = subprocess.run(at(port, curl), shell=True, cwd=folder, capture_output=True, check=True)
    assert json.loads(done.stdout)["headline"]["text"]


def test_the_service_answers_the_command(port: str, command: str, folder: Path) -> None:
    (line,) = [line for line in SHELL if "--server" in line]
    done = subprocess.run(
        at(port, line),
        shell=True, cwd=folder, env=environment(command), capture_output=True, check=True,
    )  # fmt: skip
    here = subprocess.run(
        [command, "brief", "article.txt"], cwd=folder, capture_output=True, check=True
    )
    assert done.stdout == here.stdout


def test_the_service_answers_python(port: str, folder: Path) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python" and "httpx" in text]
    done = subprocess.run(
        [sys.executable, "-c", at(port, code)],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ferry" in done.stdout
    assert re.search(r"\[\d+\]$", done.stdout.strip())


def test_the_service_answers_javascript(port: str, folder: Path) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "js"]
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", at(port, code)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("#")
    assert "ferry" in done.stdout


def test_the_library_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python" and "import briefing" in text]
    monkeypatch.chdir(folder)
    exec(compile(code, "README.md", "exec"), {})
