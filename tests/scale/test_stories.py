"""Stories told on a real cluster: the same as here, in order, whatever ends a worker."""

from dataclasses import replace

import pytest

from briefing.briefer import Briefer
from briefing.digest import Story, StoryBrief
from briefing.digest.telling import CHUNK, ClusterStoryBriefer, LocalStoryBriefer
from briefing.errors import ClusterError, ModelError, WorkerDied
from tests.digest.events import FERRY_COURIER, FERRY_GAZETTE, FERRY_LATER, article, story
from tests.scale.conftest import settings
from tests.scale.fakes import POISON, modelless, mortal, stillborn

pytestmark = pytest.mark.slow

GAZETTE = article(1, FERRY_GAZETTE, "Gazette")
COURIER = article(2, FERRY_COURIER, "Courier", hours=1)
LATER = article(3, FERRY_LATER, "Herald", hours=50)


def numbered(number: int, one: Story) -> Story:
    return replace(one, id=number)


def poisoned() -> Story:
    item = replace(GAZETTE.item, body=f"{GAZETTE.item.body} {POISON}")
    return story(replace(GAZETTE, item=item))


def test_the_bundled_model_tells_on_the_cluster_what_it_tells_here(ray_cluster: None) -> None:
    (before,) = LocalStoryBriefer(Briefer(extractive=True)).brief([story(GAZETTE)])
    assert isinstance(before, StoryBrief)
    stories = [numbered(n, story(GAZETTE, COURIER)) for n in range(CHUNK)]
    stories += [numbered(CHUNK, story(GAZETTE, COURIER, LATER)), numbered(9, story(COURIER))]
    known = {CHUNK: before}
    dates = {CHUNK: GAZETTE.time.date()}
    here = list(LocalStoryBriefer(Briefer.of(settings())).brief(stories, known, dates))
    there = list(ClusterStoryBriefer(settings(), own=True).brief(stories, known, dates))
    assert there == here
    assert there[CHUNK].since == dates[CHUNK]


def test_a_story_that_kills_its_worker_is_an_error_and_the_others_are_told(
    ray_cluster: None,
) -> None:
    stories = [numbered(n, story(GAZETTE, COURIER)) for n in range(CHUNK + 3)]
    stories[2] = numbered(2, poisoned())
    told = list(ClusterStoryBriefer(settings(), own=True, make=mortal).brief(stories, {}, {}))
    assert isinstance(told[2], WorkerDied)
    assert [each.story for each in told if isinstance(each, StoryBrief)] == [
        n for n in range(CHUNK + 3) if n != 2
    ]


def test_a_model_that_is_not_there_ends_the_telling_with_its_own_words(ray_cluster: None) -> None:
    briefer = ClusterStoryBriefer(settings(), own=True, make=modelless)
    with pytest.raises(ModelError, match="name another"):
        list(briefer.brief([story(GAZETTE)], {}, {}))


def test_workers_that_die_as_they_start_end_the_telling(ray_cluster: None) -> None:
    briefer = ClusterStoryBriefer(settings(), own=True, make=stillborn)
    with pytest.raises(ClusterError, match="more memory"):
        list(briefer.brief([story(GAZETTE)], {}, {}))
