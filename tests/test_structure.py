"""The architecture: data flows one way, and heavy imports wait for those who need them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import briefing

ROOT = Path(briefing.__file__).parent
STAGES = ("reading", "planning", "writing", "models", "checking", "rendering", "language")
CONTRACTS = {"briefs", "errors", "language", "learned", "options", "sections"}
MAY = {"writing": {"models"}}
OUTSIDE = ("api", "prompts")
"""Folders of the repository that are packages below `briefing`."""
SERVING = {
    "cli/service.py": {
        "briefing.api.server.run_server",
        "briefing.api.keys.KeyFile",
        "briefing.api.keys.expiry",
        "briefing.api.keys.Usage",
    }
}
"""What the command line needs of the service."""


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_the_contracts_and_itself_alone(stage: str) -> None:
    allowed = {stage, *CONTRACTS, *MAY.get(stage, ())}
    for path in (ROOT / stage).rglob("*.py"):
        rooms = {n.split(".")[1] for n in imported(path) if n.startswith("briefing.")}
        assert rooms <= allowed, path


def test_the_library_imports_neither_the_service_nor_the_scripts() -> None:
    outward = ("briefing.api", "api", "scripts", "tests")
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.split("/")[0] not in OUTSIDE:
            found = {n for n in imported(path) if n.startswith(tuple(f"{o}." for o in outward))}
            assert found <= SERVING.get(name, set()), path


@pytest.mark.slow
def test_the_cpu_path_imports_neither_torch_nor_transformers(ferry: Path) -> None:
    code = (
        "import sys; from briefing.briefer import Briefer; from briefing.reading import read_path; "
        f"Briefer().brief(read_path({str(ferry)!r})); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['briefing', '--help']\n"
        "from briefing.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'transformers', 'ctranslate2', 'numpy', 'pydantic', 'httpx')\n"
        "sys.exit(any(m in sys.modules for m in heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0
