"""Lines of many in shared batches: who goes first, together with whom, and what a fault costs."""

import asyncio
import threading
from itertools import count

import pytest

from briefing.api.metrics import Observer
from briefing.api.scheduler import TURN, Scheduler
from briefing.models import Hypothesis
from briefing.sections import Section
from briefing.writing import LineRequest
from tests.api.fakes import until


class Model:
    """Writes each request's source; waits to be let go; fails where a source says so."""

    def __init__(self, open_: bool = True) -> None:
        self.go = threading.Event()
        if open_:
            self.go.set()
        self.batches: list[list[str]] = []

    def write(self, requests):
        sources = [request.sources[0] for request in requests]
        self.batches.append(sources)
        assert self.go.wait(30)
        if "poison" in sources:
            raise RuntimeError("poison")
        return [(Hypothesis(source, 0.0),) for source in sources]


NUMBERS = count()


def requests(*sources: str) -> list[LineRequest]:
    return [LineRequest(Section.KEY_POINTS, (source,), 20, next(NUMBERS)) for source in sources]


def many(name: str, count: int) -> list[LineRequest]:
    return requests(*(f"{name}{i}" for i in range(count)))


def texts(lines) -> list[str]:
    return [line[0].text for line in lines]


def scheduled(model: Model, scenario, **options):
    """Run ``scenario`` with a scheduler over ``model``."""
    options = {"calls": 1, "most": 16, "wait": 0.01, "observer": Observer(), **options}

    async def run():
        scheduler = Scheduler(model.write, **options)
        try:
            return await scenario(scheduler)
        finally:
            model.go.set()
            await scheduler.close()

    return asyncio.run(run())


def test_each_gets_its_own_lines_in_order() -> None:
    async def scenario(scheduler: Scheduler):
        asked = [scheduler.write(many(f"{n}-", n), n) for n in range(1, 20)]
        return await asyncio.gather(*asked)

    for n, lines in enumerate(scheduled(Model(), scenario, calls=3), 1):
        assert texts(lines) == [f"{n}-{i}" for i in range(n)]


def test_no_lines_need_no_model() -> None:
    model = Model()
    assert scheduled(model, lambda scheduler: scheduler.write([], 1)) == []
    assert model.batches == []


def test_an_idle_model_gets_an_article_at_once_and_whole() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler) -> None:
        task = asyncio.create_task(scheduler.write(many("a", 8), 1))
        await until(lambda: model.batches)
        model.go.set()
        assert texts(await task) == [f"a{i}" for i in range(8)]

    scheduled(model, scenario, calls=2, wait=1.0)
    assert list(map(len, model.batches)) == [8]


def test_lines_of_several_requests_share_a_batch_of_bounded_size() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler) -> None:
        first = asyncio.create_task(scheduler.write(requests("first"), 0))
        await until(lambda: model.batches)
        rest = [asyncio.create_task(scheduler.write(many(f"{n}-", 6), n)) for n in range(1, 5)]
        await asyncio.sleep(0)
        assert scheduler.waiting == 24
        model.go.set()
        await asyncio.gather(first, *rest)
        assert scheduler.waiting == 0

    scheduled(model, scenario)
    assert [len(batch) for batch in model.batches] == [1, 16, 8]


def test_while_the_model_is_busy_lines_gather_no_longer_than_the_wait() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler) -> None:
        tasks = [asyncio.create_task(scheduler.write(requests("first"), 0))]
        await until(lambda: model.batches)
        tasks += [asyncio.create_task(scheduler.write(requests(f"late{n}"), n)) for n in (1, 2, 3)]
        await until(lambda: len(model.batches) == 2)  # the first call has not come back
        model.go.set()
        await asyncio.gather(*tasks)

    scheduled(model, scenario, calls=2, wait=0.05)
    assert model.batches[1] == ["late1", "late2", "late3"]


def test_neither_a_long_article_nor_a_large_request_holds_back_a_short_one() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler) -> None:
        tasks = [asyncio.create_task(scheduler.write(requests("first"), 0))]
        await until(lambda: model.batches)
        tasks.append(asyncio.create_task(scheduler.write(many("long", 100), "long")))
        tasks += [asyncio.create_task(scheduler.write(many("large", 8), "large")) for _ in "abcdef"]
        tasks.append(asyncio.create_task(scheduler.write(requests("short"), "short")))
        await asyncio.sleep(0)
        model.go.set()
        await tasks[-1]
        assert sum(task.done() for task in tasks[1:-1]) <= 1
        await asyncio.gather(*tasks)

    scheduled(model, scenario, most=3 * TURN)
    assert "short" in model.batches[1]


def test_cancelled_lines_are_never_written() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler) -> None:
        first = asyncio.create_task(scheduler.write(requests("first"), 0))
        await until(lambda: model.batches)
        dropped = [asyncio.create_task(scheduler.write(many("drop", 5), "a")) for _ in "ab"]
        kept = asyncio.create_task(scheduler.write(requests("kept"), "a"))
        await asyncio.sleep(0)
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
        assert scheduler.waiting == 1
        model.go.set()
        assert texts(await kept) == ["kept"]
        await first

    scheduled(model, scenario)
    assert model.batches == [["first"], ["kept"]]


def test_the_fault_of_one_article_is_not_the_others() -> None:
    model = Model(open_=False)

    async def scenario(scheduler: Scheduler):
        first = asyncio.create_task(scheduler.write(requests("first"), 0))
        await until(lambda: model.batches)
        asked = [
            scheduler.write(requests(*sources), n)
            for n, sources in enumerate((("a", "b"), ("c", "poison"), ("d",)), 1)
        ]
        model.go.set()
        await first
        return await asyncio.gather(*asked, return_exceptions=True)

    good, bad, other = scheduled(model, scenario)
    assert (texts(good), texts(other)) == (["a", "b"], ["d"])
    assert isinstance(bad, RuntimeError)


@pytest.mark.parametrize("calls", [1, 2, 4])
def test_no_more_calls_at_once_than_the_model_takes(calls: int) -> None:
    inside, most = 0, 0
    lock = threading.Lock()
    model = Model()

    class Counting(Model):
        def write(self, requests):
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            try:
                return model.write(requests)
            finally:
                with lock:
                    inside -= 1

    async def scenario(scheduler: Scheduler) -> None:
        await asyncio.gather(*(scheduler.write(many("x", 9), n) for n in range(30)))

    scheduled(Counting(), scenario, calls=calls)
    assert 1 <= most <= calls
