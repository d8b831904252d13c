"""Results by what they are made from: found, joined in the making, or made once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.observer import Observer
from api.store import Store

Make = Callable[[], Awaitable[bytes]]


@dataclass(eq=False, slots=True)
class _Flight:
    """A result in the making, and how many wait for it."""

    task: "asyncio.Task[bytes]"
    waiting: int = 0


class Results:
    """Keeps results in a store and makes each of them once, however many ask."""

    def __init__(self, store: Store, observer: Observer) -> None:
        self.store = store
        self._observer = observer
        self._flights: dict[bytes, _Flight] = {}

    async def get(self, key: bytes, make: Make) -> bytes:
        """The result of ``key``, from ``make`` where it is not there.

        What ``make`` raises is raised to all who wait for it, and not kept. It is cancelled when
        the last of them is.
        """
        flight = self._flights.get(key)
        if flight is None:
            if found := await self.store.get(key):
                self._observer.cache(hit=True)
                return found
            flight = self._flights.get(key)
        self._observer.cache(hit=flight is not None)
        return await self._wait(key, flight or self._start(key, make))

    def _start(self, key: bytes, make: Make) -> _Flight:
        flight = _Flight(asyncio.create_task(self._make(key, make)))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._landed(key, flight))
        return flight

    async def _make(self, key: bytes, make: Make) -> bytes:
        value = await make()
        await self.store.put(key, value)
        return value

    async def _wait(self, key: bytes, flight: _Flight) -> bytes:
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._forget(key, flight)  # at once: whoever asks from now on is not to join it
                flight.task.cancel()

    def _landed(self, key: bytes, flight: _Flight) -> None:
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # nobody may be left to ask for it

    def _forget(self, key: bytes, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
