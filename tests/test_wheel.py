"""The built wheel, installed into a fresh environment, works from an empty folder."""

import json
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.serving import free_port, wait_ready

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of a new environment that holds the wheel; dependencies are borrowed from ours."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (source,) = folder.glob("*.tar.gz")
    with tarfile.open(source) as files:
        shipped = {name.split("/", 1)[1] for name in files.getnames()}
    # What tests read besides the code.
    assert {"README.md", "docs/api.md", "docs/digest.md", "tests/test_wheel.py"} <= shipped
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"briefing", "briefing_local"}
    fresh = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(fresh)], check=True)
    python = fresh / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    return fresh / "bin"


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    code = (
        "import briefing.api, briefing.prompts\n"
        "print(briefing.__file__, briefing.api.__file__, briefing.prompts.__file__)"
    )
    done = subprocess.run(
        [installed / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(str(installed.parent) in path for path in done.stdout.split())


def test_the_command_briefs_from_an_empty_folder(
    installed: Path, tmp_path: Path, ferry: Path
) -> None:
    done = subprocess.run(
        [installed / "briefing", "brief", ferry, "--format", "json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["headline"]["text"]


def test_the_service_answers_from_an_empty_folder(
    installed: Path, tmp_path: Path, ferry: Path
) -> None:
    port, log = str(free_port()), tmp_path / "log"
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as err:
        server = subprocess.Popen(
            [installed / "briefing", "serve", "--port", port], cwd=tmp_path, stderr=err
        )
    try:
        wait_ready(f"{address}/readyz", server)
        request = urllib.request.Request(
            f"{address}/v1/briefs", ferry.read_bytes(), {"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["schema"] == "briefing.brief/1"
        for name in ("", "static/page.js", "static/page.css", "static/result.css", "docs"):
            urllib.request.urlopen(f"{address}/{name}", timeout=60).close()
    finally:
        server.terminate()
        server.wait(timeout=20)
    assert server.returncode in (0, -15)
