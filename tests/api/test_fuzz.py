"""The whole API against its own description, by schemathesis: every route, boundary values and
generated ones, valid and not.

``FUZZ_EXAMPLES=500 pytest -s tests/api/test_fuzz.py`` tries 500 a route.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.test_lifecycle import slow
from tests.api.test_server import log_of, wait_ready

pytestmark = pytest.mark.slow

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "15")
CONFIG = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    with slow(0, max_body=200_000, request_timeout=20) as (process, client):
        wait_ready(client)
        yield process, client


@pytest.mark.parametrize("route", ["/v1/briefs", "/v1/briefs/batch", "/v1/check", "others"])
def test_the_api_is_as_described(
    route: str, service: tuple[subprocess.Popen[bytes], httpx.Client], tmp_path: Path
) -> None:
    posts = ("/v1/briefs", "/v1/briefs/batch", "/v1/check")
    chosen = (
        [each for post in posts for each in ("--exclude-path", post)]
        if route == "others"
        else ["--include-path", route]
    )
    process, client = service
    done = subprocess.run(
        [
            *(SCHEMATHESIS, "--config-file", CONFIG, "run", f"{client.base_url}/openapi.json"),
            *("--max-examples", EXAMPLES, "--no-color", *chosen),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout[-4_000:])
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr
    assert process.poll() is None
    assert not [line for line in log_of(client) if line["level"] == "error"]
