"""Lines of JSON that are sent as they are made (newline-delimited JSON)."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

NDJSON = "application/x-ndjson"


class LineStream(StreamingResponse):
    """Lines as they come. A slow reader slows their making; one that goes away ends it.

    ``stack`` holds what is the request's until the last line is sent.
    """

    def __init__(
        self, lines: AsyncGenerator[bytes], stack: AsyncExitStack, headers: Mapping[str, str]
    ) -> None:
        super().__init__(lines, headers=headers, media_type=NDJSON)
        self._lines = lines
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        async with self._stack, aclosing(self._lines):
            await super().__call__(scope, receive, send)
