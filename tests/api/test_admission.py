"""Places, held bytes, and the time to come again."""

import pytest

from briefing.api.metrics import Observer
from briefing.api.problems import QueueFull
from briefing.api.scheduler import Admission


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def admission(places: int = 4, most_bytes: int = 1_000) -> tuple[Admission, Clock]:
    clock = Clock()
    return Admission(places, most_bytes, Observer(), clock), clock


def test_places_are_bounded_and_come_back() -> None:
    found, _ = admission(places=2)
    with found.place(), found.place():
        with pytest.raises(QueueFull):
            found.check()
        with pytest.raises(QueueFull), found.place():
            pass
    found.check()
    with found.place(2):
        assert found.taken == 2
    assert found.taken == 0


def test_a_request_for_more_places_than_are_free_takes_none() -> None:
    found, _ = admission(places=3)
    with found.place():
        with pytest.raises(QueueFull), found.place(3):
            pass
        assert found.taken == 1


def test_held_bytes_are_bounded_and_come_back() -> None:
    found, _ = admission(most_bytes=100)
    with found.body() as body:
        body.add(60)
        with found.body() as other, pytest.raises(QueueFull):
            other.add(41)
        body.add(40)
    assert found.bytes == 0


@pytest.mark.parametrize(("seconds", "retry"), [(0.5, 25), (0.1, 5), (0.001, 1), (30, 120)])
def test_retry_after_is_the_measured_time_for_half_of_the_places(seconds, retry) -> None:
    found, clock = admission(places=100)
    with found.place():
        for _ in range(20):
            clock.now += seconds
            found.finished()
        assert found.retry_after == retry


def test_idle_time_does_not_count_as_slowness() -> None:
    found, clock = admission(places=100)
    for _ in range(2):
        with found.place():
            for _ in range(10):
                clock.now += 0.5
                found.finished()
        clock.now += 1_000
    with found.place():
        assert found.rate == pytest.approx(2.0)
