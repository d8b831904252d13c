"""A brief written section by section: what is done can be shown while the rest is written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from api.scheduler import Lines
from briefing.brief import Section
from briefing.draft import Draft
from briefing.write import Job

Write = Callable[[Sequence[Job]], Awaitable[list[Lines]]]
Done = Callable[[Sequence[Lines], Sequence[Section]], Awaitable[None]]


async def write_sections(
    made: Draft, sections: Sequence[Section], write: Write, done: Done
) -> list[Lines]:
    """The n-best lines of each of ``made.jobs``, the same as ``write`` gives for all at once.

    After each of ``sections`` but the last, ``done`` is told what there is so far and which
    sections that is for; jobs of the others have no lines yet.
    """
    written: list[Lines] = [()] * len(made.jobs)
    places = {s: [i for i, job in enumerate(made.jobs) if job.section is s] for s in sections}
    tasks = [_task(write, [made.jobs[i] for i in found]) for found in places.values()]
    try:
        for count, (found, task) in enumerate(zip(places.values(), tasks, strict=True), 1):
            for place, lines in zip(found, await task, strict=True):
                written[place] = lines
            if count < len(tasks):
                await done(tuple(written), sections[:count])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return written


def _task(write: Write, jobs: Sequence[Job]) -> asyncio.Task[list[Lines]]:
    async def run() -> list[Lines]:
        return await write(jobs)

    return asyncio.create_task(run())
