"""Politeness: one request at a time to a host, a pause between two, and not too many hosts."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

MAX_DELAY = 10.0
"""Longest pause between two requests that a site may ask for, in seconds."""


class _Host:
    """One host: who is asking it, and when it may be asked again, by the event loop's clock."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.free_at = 0.0
        self.delay = 0.0


class Hosts:
    """Hands out turns. ``delay`` in seconds, ``most`` hosts are asked at the same time."""

    def __init__(self, delay: float, most: int) -> None:
        self._delay = delay
        self._slots = asyncio.Semaphore(most)
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def slow_down(self, url: str, delay: float) -> None:
        """Leave at least ``delay`` seconds between requests to the host of ``url``, if bearable."""
        self._hosts[origin(url)].delay = min(delay, MAX_DELAY)

    def rest(self, url: str, seconds: float) -> None:
        """Ask the host of ``url`` for nothing within the next ``seconds``."""
        host = self._hosts[origin(url)]
        host.free_at = max(host.free_at, asyncio.get_running_loop().time() + seconds)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """The right to make one request to the host of ``url``."""
        host = self._hosts[origin(url)]
        clock = asyncio.get_running_loop()
        async with host.lock:
            # Who only waits for a pause to end takes no slot from hosts that could be asked.
            await asyncio.sleep(max(0.0, host.free_at - clock.time()))
            try:
                async with self._slots:
                    yield
            finally:
                pause = max(self._delay, host.delay)
                host.free_at = max(host.free_at, clock.time() + pause)


def origin(url: str) -> str:
    """Host and port of a URL, which is what politeness and robots.txt are about (RFC 9309)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"
