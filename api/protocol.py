"""Uvicorn's HTTP/1.1, which lets no client take forever over a request's head."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import MEDIA_TYPE, ProblemResponse, problem


class Protocol(H11Protocol):
    """One connection. Faults before there is a request are problem documents as well."""

    head_seconds = 10.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head that has begun."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._timer is None and self._has_begun():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse("bad-request", f"{msg} Send HTTP/1.1.")

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.head_seconds, self._late)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _has_begun(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _late(self) -> None:
        """Between two requests a client may send nothing for as long as keep-alive has it."""
        self._timer = None
        in_head = self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_begun())
        if in_head and not self.transport.is_closing():
            seconds = f"{self.head_seconds:g} seconds"
            self._refuse("head-too-slow", f"There was no complete request after {seconds}.")

    def _refuse(self, code: str, detail: str) -> None:
        answer = ProblemResponse(problem(code, detail))
        status = HTTPStatus(answer.status_code)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(answer.body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + bytes(answer.body))
        self.transport.close()


def protocol(head_seconds: float) -> type[Protocol]:
    """The protocol with a patience of ``head_seconds``."""
    attributes: dict[str, Any] = {"head_seconds": head_seconds}
    return type("Protocol", (Protocol,), attributes)
