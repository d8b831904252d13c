"""The briefer of this process behind the event loop: threads work, the loop waits."""

import asyncio
import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from api.errors import NotReady
from briefing.article import Article
from briefing.brief import Brief, Section
from briefing.briefer import Briefer
from briefing.errors import BriefingError, ModelError
from briefing.plan import Length

READERS = 2
"""Inputs that are read at once: a slow PDF does not hold back the others."""

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Service:
    """One briefer, used by one thread at a time.

    ``on_failure`` is called in the event loop when the model turns out to be unusable.
    """

    def __init__(self, briefer: Briefer) -> None:
        self._briefer = briefer
        self._warm = False
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="briefer")
        self.failure: BriefingError | None = None
        self.on_failure: Callable[[], None] | None = None

    async def warm(self) -> None:
        """Load the model; afterwards the service is ready, or ``failure`` says why not."""
        try:
            await self._in(self._writer, self._briefer.warm)
        except BriefingError as error:
            self._fail(error)
        except Exception as error:
            _log.exception("the model cannot be warmed")
            self._fail(ModelError(f"the model cannot be used: {type(error).__name__}: {error}"))
        else:
            self._warm = True

    def check_ready(self) -> None:
        """Raise NotReady while the model loads, and the model's own error where it cannot."""
        if self.failure:
            raise self.failure.with_traceback(None)
        if not self._warm:
            raise NotReady("The model is being loaded. Ask again in a few seconds.")

    async def read(self, job: Callable[[], _Result]) -> _Result:
        """Run ``job``, which reads an input, in a thread."""
        return await self._in(self._readers, job)

    async def brief(self, article: Article, sections: Collection[Section], length: Length) -> Brief:
        """Brief one article in the briefer's thread.

        Raises:
            BriefingError: the article cannot be briefed, or the model cannot be used.
        """
        job = partial(self._briefer.brief, article, sections=sections, length=length)
        return await self._in(self._writer, job)

    async def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        for pool in (self._readers, self._writer):
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    @staticmethod
    async def _in(pool: ThreadPoolExecutor, job: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(pool, job)

    def _fail(self, error: BriefingError) -> None:
        _log.error("not ready: %s", error)
        self.failure = error
        if self.on_failure:
            self.on_failure()
