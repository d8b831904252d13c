"""How long a request may take, and whether anybody still waits for it."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from api.errors import BadHeader, ClientGone, DeadlinePassed, Draining

HEADER = "X-Request-Timeout"
SECONDS = r"[1-9][0-9]{0,5}(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9][0-9]{0,2}"
"""A number of seconds above 0, as a pattern."""
_Result = TypeVar("_Result")


class Deadline:
    """The time of one request, from when it is made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self._end - asyncio.get_running_loop().time())

    def passed(self) -> DeadlinePassed:
        """The error of a request whose time is up."""
        return DeadlinePassed(self.seconds)


def deadline_of(request: Request, most: float) -> Deadline:
    """The time that the client gives its request, at most ``most`` seconds.

    Raises:
        BadHeader: what it gives is no number of seconds above 0.
    """
    said = request.headers.get(HEADER)
    if said is None:
        return Deadline(most)
    if not re.fullmatch(SECONDS, said):
        raise BadHeader(f"{HEADER} must be a number of seconds above 0, such as 2.5.")
    return Deadline(min(float(said), most))


class Work:
    """What requests wait for; each is dropped when its time is up, its client gone, or all end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cut = False

    def cut(self) -> None:
        """End everything now: whoever waits is told that the service shuts down."""
        self._cut = True
        for task in self._tasks:
            task.cancel()

    async def until(
        self, deadline: Deadline, request: Request | None, work: Coroutine[Any, Any, _Result]
    ) -> _Result:
        """The result of ``work``. ``request`` is watched, its body must have been read.

        Raises:
            DeadlinePassed, ClientGone, Draining: it was cancelled, and why.
        """
        task = asyncio.create_task(work)
        gone = asyncio.create_task(_gone(request)) if request else None
        task.add_done_callback(_seen)
        self._tasks.add(task)
        try:
            both: set[asyncio.Task[Any]] = {task, gone} if gone else {task}
            await asyncio.wait(both, timeout=deadline.left, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return self._result(task)
            raise ClientGone("The client went away.") if gone and gone.done() else deadline.passed()
        finally:
            self._tasks.discard(task)
            task.cancel()
            if gone:
                gone.cancel()

    def _result(self, task: "asyncio.Task[_Result]") -> _Result:
        if task.cancelled() and self._cut:
            raise Draining
        return task.result()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _seen(task: "asyncio.Task[Any]") -> None:
    """What a dropped task still raises is nobody's error."""
    if not task.cancelled():
        task.exception()
