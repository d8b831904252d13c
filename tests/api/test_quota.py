"""How much a key may ask, and who has guessed enough."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.api.auth import (
    LOCKOUT_SECONDS,
    MOST_GUESSERS,
    TRIES,
    Allowance,
    LockedOut,
    Lockout,
    Quota,
    RateLimited,
    TooManyAtOnce,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ask(quota: Quota, articles: int = 1) -> None:
    with quota.request():
        quota.take(articles - 1)


def test_a_minutes_worth_may_come_at_once_and_then_one_by_one(clock: Clock) -> None:
    quota = Quota(Allowance(rate=30, concurrency=0), clock)
    for _ in range(30):
        ask(quota)
    with pytest.raises(RateLimited) as caught:
        ask(quota)
    assert caught.value.headers["Retry-After"] == "2"
    clock.now = 2
    ask(quota)
    with pytest.raises(RateLimited):
        ask(quota)


def test_a_list_beyond_the_rate_is_taken_and_owed(clock: Clock) -> None:
    quota = Quota(Allowance(rate=60, concurrency=0), clock)
    ask(quota, 120)
    clock.now = 60
    with pytest.raises(RateLimited) as caught:
        ask(quota)
    assert caught.value.headers["Retry-After"] == "1"
    clock.now = 61
    ask(quota)


def test_what_is_left_is_told(clock: Clock) -> None:
    quota = Quota(Allowance(rate=60, concurrency=0), clock)
    ask(quota, 20)
    assert quota.headers() == {
        "RateLimit-Policy": '"key";q=60;w=60',
        "RateLimit": '"key";r=40;t=20',
    }
    assert Quota(Allowance(0, 0), clock).headers() == {}


def test_requests_at_once(clock: Clock) -> None:
    quota = Quota(Allowance(rate=0, concurrency=2), clock)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(quota.request())
        with pytest.raises(TooManyAtOnce):
            ask(quota)
    with pytest.raises(ValueError, match="failed"), quota.request():
        raise ValueError("failed")
    for _ in range(3):
        ask(quota)


@given(
    st.floats(0.5, 600),
    st.lists(st.tuples(st.floats(0, 100), st.integers(1, 50)), max_size=60),
)
def test_no_more_than_the_rate_over_any_time(rate: float, asked) -> None:
    """A bucket and what its time fills, and the last list, which may go beyond."""
    clock = Clock()
    quota = Quota(Allowance(rate, 0), clock)
    taken, last = 0, 0
    for wait, articles in asked:
        clock.now += wait
        with suppress(RateLimited):
            ask(quota, articles)
            taken, last = taken + articles, articles
    assert taken - last <= max(1, rate) + clock.now * rate / 60 + 1e-6


def guess(lockout: Lockout, address: str, times: int = TRIES) -> None:
    for _ in range(times):
        lockout.check(address)
        lockout.wrong(address)


def test_a_client_that_guesses_is_locked_out_for_a_while(clock: Clock) -> None:
    lockout = Lockout(clock)
    guess(lockout, "192.0.2.1")
    with pytest.raises(LockedOut) as caught:
        lockout.check("192.0.2.1")
    assert caught.value.headers["Retry-After"] == str(LOCKOUT_SECONDS)
    lockout.check("192.0.2.2")
    clock.now = LOCKOUT_SECONDS - 0.5
    with pytest.raises(LockedOut) as caught:
        lockout.check("192.0.2.1")
    assert caught.value.headers["Retry-After"] == "1"
    clock.now = LOCKOUT_SECONDS + 1
    guess(lockout, "192.0.2.1")


def test_few_mistakes_lock_nobody_out(clock: Clock) -> None:
    lockout = Lockout(clock)
    guess(lockout, "192.0.2.1", TRIES - 1)
    lockout.check("192.0.2.1")


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("192.0.2.1", "::ffff:192.0.2.1"), ("", "")],
)
def test_addresses_of_one_client(clock: Clock, first: str, second: str) -> None:
    lockout = Lockout(clock)
    guess(lockout, first)
    with pytest.raises(LockedOut):
        lockout.check(second)
    lockout.check("2001:db8:0:1::1")


def test_the_table_is_bounded(clock: Clock) -> None:
    lockout = Lockout(clock)
    for number in range(MOST_GUESSERS + 100):
        lockout.wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(lockout._wrong) == MOST_GUESSERS


def test_a_key_that_rests_saves_up_no_more_than_a_minutes_worth(clock: Clock) -> None:
    quota = Quota(Allowance(rate=3, concurrency=0), clock)
    clock.now = 86_400
    for _ in range(3):
        ask(quota)
    with pytest.raises(RateLimited):
        ask(quota)
