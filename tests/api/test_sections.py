"""Section by section: the same lines as all at once, and each section told when it is there."""

import asyncio

import pytest

from briefing.api.scheduler import write_sections
from briefing.briefer import Briefer
from briefing.models import Hypothesis
from briefing.reading import article_from_text
from briefing.sections import Section
from tests.api.articles import BODY
from tests.api.fakes import echo_briefer


@pytest.fixture(scope="module")
def briefer() -> Briefer:
    return echo_briefer()


def test_lines_are_those_of_one_call(briefer) -> None:
    made = briefer.draft(article_from_text(BODY))
    told = []

    async def write(jobs):
        return briefer.writer.write(jobs)

    async def done(written, sections):
        told.append(briefer.finish(made, written, sections=sections))

    written = asyncio.run(write_sections(made, tuple(Section), write, done))
    whole = briefer.finish(made, briefer.writer.write(made.requests))
    assert briefer.finish(made, written) == whole
    first, second = told
    assert first.headline == second.headline == whole.headline
    assert (first.key_points, second.key_points) == ((), whole.key_points)
    assert second.context == ()
    assert second.sections == (Section.HEADLINE, Section.KEY_POINTS)


def test_a_failing_section_ends_the_others(briefer) -> None:
    made = briefer.draft(article_from_text(BODY))
    ended = []

    async def write(jobs):
        if jobs[0].section is Section.HEADLINE:
            raise ValueError
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(jobs[0].section)
        return [(Hypothesis("", 0.0),) for _ in jobs]

    async def done(written, sections):
        raise AssertionError

    async def run():
        with pytest.raises(ValueError):  # noqa: PT011
            await write_sections(made, tuple(Section), write, done)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
    assert set(ended) <= {Section.KEY_POINTS, Section.CONTEXT}
