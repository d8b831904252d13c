"""From the head of a request to its order: what the POST routes have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from fastapi import Request

from api.admission import Held
from api.bodies import BodyLimits, read_body
from api.deadline import Deadline, deadline_of
from api.gate import Caller
from api.idempotency import claim, idempotency_key
from api.service import Service
from briefing.config import Settings

_Order = TypeVar("_Order")


class Intake:
    """One POST request on its way in: its deadline, and its body counted while it lasts."""

    def __init__(
        self, request: Request, service: Service, settings: Settings, caller: Caller, held: Held
    ) -> None:
        batch = request.url.path.endswith("/batch")
        most = settings.batch_timeout if batch else settings.request_timeout
        self.deadline: Deadline = deadline_of(request, most)
        self._request = request
        self._service = service
        self._settings = settings
        self._caller = caller
        self._held = held
        self._key = idempotency_key(request)

    async def order(self, parse: Callable[[bytes], _Order]) -> _Order:
        """Read the body and parse it in a thread; then the idempotency key is bound to it.

        Raises:
            RequestError: of the body, its time, its key, or what ``parse`` raises.
        """
        self._service.admission.check()
        limits = BodyLimits(
            self._settings.max_body,
            self._settings.body_timeout,
            self.deadline,
            self._held.add,
        )
        body = await read_body(self._request, limits)
        work = self._service.read(partial(parse, body))
        order = await self._service.work.until(self.deadline, self._request, work)
        if self._key:
            await claim(
                self._service.results.store,
                self._key,
                caller=self._caller.name,
                path=self._request.url.path,
                body=body,
            )
        return order


@contextmanager
def intake(
    request: Request, service: Service, settings: Settings, caller: Caller
) -> Iterator[Intake]:
    """A request's way in, and its body's bytes until it is over.

    Raises:
        BadHeader: its deadline or its idempotency key cannot be read.
    """
    with service.admission.body() as held:
        yield Intake(request, service, settings, caller, held)
