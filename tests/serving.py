"""Wait for a server that a test started."""

import subprocess
import time
import urllib.request

import pytest


def wait_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until ``url`` answers, at most a minute; the test fails if the server ends before."""
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"{url} does not answer; server ended with {server.poll()}")
