"""The programs of examples/ run as they stand."""

import csv
import io
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from briefing.models.backend import CTranslate2Backend, Decoding, NBest
from tests.web import serving

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[1] / "examples"
PROGRAMS = {path.name for path in FOLDER.glob("*.py")}
HEADLINE = "Harbour town votes to keep its ferry"


def run(name: str, *arguments: object, code: int = 0) -> str:
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, FOLDER / name, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_readme_names_every_program() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}" in text for name in PROGRAMS)
    tested = Path(__file__).read_text(encoding="utf-8")
    assert all(f'run("{name}"' in tested for name in PROGRAMS)


def test_text() -> None:
    shown = run("from_text.py").splitlines()
    assert shown[0] == "Library lends garden tools"
    assert any(line.startswith("    from: ") for line in shown)


def test_url(ferry: Path) -> None:
    paragraphs = ferry.read_text(encoding="utf-8").split("\n\n")
    body = "".join(f"<p>{text}</p>" for text in paragraphs[1:])
    page = f"<html><head><title>{HEADLINE}</title></head><body><article>{body}</article></body>"
    with serving() as site:
        site.pages["/ferry"] = ("text/html", page.encode())
        assert HEADLINE in run("from_url.py", f"http://127.0.0.1:{site.port}/ferry")
        run("from_url.py", f"http://127.0.0.1:{site.port}/gone", code=1)


def test_folder(ferry: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(ferry.read_bytes())
    (tmp_path / "b.txt").write_text("")
    shown = run("folder.py", tmp_path).splitlines()
    assert shown[0] == f"[1/2] a.txt: {HEADLINE}"
    assert shown[1].startswith("[2/2] b.txt: failed: ")


def test_column(ferry: Path, tmp_path: Path) -> None:
    with (tmp_path / "table.csv").open("w", newline="") as file:
        text = ferry.read_text(encoding="utf-8")
        rows = [["1", text], ["2", ""], ["3", "Ferry"], ["4", "1931"], ["5", text]]
        csv.writer(file).writerows([["id", "text"], *rows])
    done = list(csv.DictReader(io.StringIO(run("column.py", tmp_path / "table.csv"))))
    assert [row["headline"] for row in done] == [HEADLINE, "", "", "", HEADLINE]


def test_concurrent(ferry: Path) -> None:
    pumps = ferry.with_name("pumps.txt")
    shown = run("async_files.py", ferry, pumps).splitlines()
    assert shown[0] == f"{ferry.name}: {HEADLINE}"
    assert shown[1].startswith(f"{pumps.name}: ")


def test_own_model(ferry: Path, bundled: Path) -> None:
    shown = run("own_model.py", bundled, ferry)
    assert shown.startswith(HEADLINE)
    assert "written by" in shown


def test_own_prompt(ferry: Path) -> None:
    assert run("own_prompt.py", ferry).strip() == HEADLINE


def test_the_own_prompt_is_what_the_model_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []
    generate = CTranslate2Backend.generate

    def spy(
        backend: CTranslate2Backend, batches: Sequence[Sequence[str]], decoding: Decoding
    ) -> list[NBest]:
        asked.append(decoding.max_tokens)
        return generate(backend, batches, decoding)

    monkeypatch.setattr(CTranslate2Backend, "generate", spy)
    # Of an article without a title, so that the headline is asked of the model.
    text = "The council of Marren voted on Monday to plant 400 trees along the canal and the road."
    (tmp_path / "trees.txt").write_text(f"{text}\n")
    program = FOLDER / "own_prompt.py"
    monkeypatch.setattr(sys, "argv", [str(program), str(tmp_path / "trees.txt")])
    runpy.run_path(str(program), run_name="__main__")
    assert "trees" in capsys.readouterr().out
    assert asked == [16]


@pytest.mark.parametrize(
    ("claim", "code"),
    [("Residents voted to keep the ferry.", 0), ("Residents voted to close the ferry.", 1)],
)
def test_check_summary(ferry: Path, tmp_path: Path, claim: str, code: int) -> None:
    (tmp_path / "summary.txt").write_text(claim)
    shown = run("check_summary.py", tmp_path / "summary.txt", ferry, code=code)
    assert claim in shown
