"""How much one key may ask: articles a minute, and requests at once."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.errors import RateLimited, TooManyAtOnce

WINDOW = 60
"""Seconds that a rate is given for; as much as it allows may come at once."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """``rate`` articles a minute and ``concurrency`` requests at once; 0 is no limit."""

    rate: float
    concurrency: int


class Quota:
    """One key's token bucket, a token an article, and its requests in progress.

    A request needs one token to begin; what a list takes beyond is owed, and later requests wait
    until it is made up. So a list larger than the bucket still gets its turn.
    """

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowance = allowance
        self._clock = clock
        self._tokens = self._most
        self._at = clock()
        self._running = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request from its beginning to its end, for one article to begin with.

        Raises:
            RateLimited, TooManyAtOnce: not now.
        """
        if self.allowance.concurrency and self._running >= self.allowance.concurrency:
            raise TooManyAtOnce(self.allowance.concurrency)
        if self.allowance.rate and self._left() < 1:
            raise RateLimited(self._seconds_until(1), self.headers())
        self.take(1)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def take(self, articles: int) -> None:
        """Count ``articles`` more."""
        if self.allowance.rate:
            self._tokens = self._left() - articles

    def headers(self) -> dict[str, str]:
        """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        if not self.allowance.rate:
            return {}
        left = max(0, math.floor(self._left()))
        full = self._seconds_until(self._most)
        return {
            "RateLimit-Policy": f'"key";q={math.floor(self._most)};w={WINDOW}',
            "RateLimit": f'"key";r={left};t={full}',
        }

    @property
    def _most(self) -> float:
        return max(1.0, self.allowance.rate)

    def _left(self) -> float:
        """Tokens now; fewer than none where some are owed."""
        now = self._clock()
        grown = (now - self._at) * self.allowance.rate / WINDOW
        self._tokens, self._at = min(self._most, self._tokens + grown), now
        return self._tokens

    def _seconds_until(self, tokens: float) -> int:
        return max(0, math.ceil((tokens - self._left()) * WINDOW / self.allowance.rate))
