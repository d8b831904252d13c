"""Who may come in: places for articles, bytes of bodies, and when to come again."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.errors import QueueFull
from api.observer import Observer

_REMEMBERED = 128
_LONGEST_RETRY = 120


class Admission:
    """A bound on articles in the works and on the bytes of bodies held for them.

    ``rate`` is in articles a second, measured on the last ones since the service was last idle.
    """

    def __init__(
        self,
        places: int,
        most_bytes: int,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._most_bytes = most_bytes
        self._observer = observer
        self._clock = clock
        self._finished: deque[float] = deque(maxlen=_REMEMBERED)
        self.rate = 1.0
        self.taken = 0
        self.bytes = 0

    def check(self) -> None:
        """Refuse before anything is read.

        Raises:
            QueueFull: no place is free.
        """
        if self.taken >= self._places:
            raise self._full()

    @contextmanager
    def place(self, count: int = 1) -> Iterator[None]:
        """Hold ``count`` places.

        Raises:
            QueueFull: so many are not free.
        """
        if self.taken + count > self._places:
            raise self._full()
        if not self.taken:
            self._finished.clear()
            self._finished.append(self._clock())
        self._taken(count)
        try:
            yield
        finally:
            self._taken(-count)

    @contextmanager
    def body(self) -> Iterator["Held"]:
        """Count a body's bytes until the request is over."""
        held = Held(self)
        try:
            yield held
        finally:
            self.bytes -= held.size

    def hold(self, size: int) -> None:
        """Count ``size`` more bytes. Raises QueueFull where that is beyond the bound."""
        if self.bytes + size > self._most_bytes:
            raise self._full()
        self.bytes += size

    def finished(self) -> None:
        """An article is done: what the rate is measured by."""
        self._finished.append(self._clock())
        if len(self._finished) > 1:
            seconds = self._finished[-1] - self._finished[0]
            self.rate = (len(self._finished) - 1) / max(seconds, 0.001)

    @property
    def retry_after(self) -> int:
        """Seconds until half of the places should be free: come then, and none runs idle."""
        return min(_LONGEST_RETRY, max(1, math.ceil(self._places / 2 / self.rate)))

    def _taken(self, count: int) -> None:
        self.taken += count
        self._observer.places(self.taken)

    def _full(self) -> QueueFull:
        return QueueFull(self.retry_after)


class Held:
    """The bytes of one body."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size = 0

    def add(self, size: int) -> None:
        """Count ``size`` more bytes. Raises QueueFull where that is beyond the bound."""
        self._admission.hold(size)
        self.size += size
