import asyncio
from contextlib import suppress

from briefing.digest.sources.web import MAX_DELAY, MAX_FAILURES, Hosts, origin
from briefing.errors import FetchError, FetchRefused, Transient


def at_once(urls: list[str], most: int) -> int:
    """The most turns that were taken at the same time."""
    now = peak = 0

    async def ask(hosts: Hosts, url: str) -> None:
        nonlocal now, peak
        async with hosts.turn(url):
            now += 1
            peak = max(peak, now)
            await asyncio.sleep(0.01)
            now -= 1

    async def run() -> None:
        hosts = Hosts(0, most)
        await asyncio.gather(*(ask(hosts, url) for url in urls))

    asyncio.run(run())
    return peak


def test_one_host_is_asked_once_at_a_time() -> None:
    assert at_once(["http://a.example/1", "http://A.example:80/2", "http://a.example/3"], 8) == 1


def test_so_many_hosts_at_a_time_and_no_more() -> None:
    urls = [f"http://{number}.example/" for number in range(20)]
    assert at_once(urls, 6) == 6
    assert at_once(urls, 64) == 20


def test_who_waits_for_a_pause_keeps_nobody_else_waiting() -> None:
    async def run() -> list[str]:
        hosts = Hosts(0.2, 1)
        order: list[str] = []

        async def ask(url: str) -> None:
            async with hosts.turn(url):
                order.append(url)

        await asyncio.gather(*map(ask, ["http://a/1", "http://a/2", "http://b/1"]))
        return order

    assert asyncio.run(run()) == ["http://a/1", "http://b/1", "http://a/2"]


def test_a_host_that_rests_is_waited_for() -> None:
    async def run() -> float:
        hosts = Hosts(0, 1)
        clock = asyncio.get_running_loop()
        begun = clock.time()
        async with hosts.turn("http://a/"):
            hosts.rest("http://a/", 0.3)
        async with hosts.turn("http://a/"):
            return clock.time() - begun

    assert asyncio.run(run()) >= 0.29


def test_a_turn_that_fails_is_given_back() -> None:
    async def run() -> None:
        hosts = Hosts(0, 1)
        for _ in range(3):
            try:
                async with hosts.turn("http://a/"):
                    raise KeyError
            except KeyError:
                continue

    asyncio.run(asyncio.wait_for(run(), 5))


def test_a_host_that_fails_several_times_in_a_row_is_left_alone() -> None:
    async def run() -> list[str]:
        hosts = Hosts(0, 1)
        outcomes: list[str] = []

        async def ask(url: str, error: Exception | None = None) -> None:
            try:
                async with hosts.turn(url):
                    outcomes.append("asked")
                    if error:
                        raise error
            except FetchError as raised:
                if "was not asked" in str(raised):
                    outcomes.append("not asked")

        for _ in range(MAX_FAILURES - 1):
            await ask("http://a/", Transient("down"))
        await ask("http://a/")  # it works again
        for _ in range(MAX_FAILURES):
            await ask("http://a/", Transient("down"))
            await ask("http://c/", FetchError("not found"))
        assert outcomes == ["asked"] * len(outcomes)
        outcomes.clear()
        for url in ("http://a/", "http://b/", "http://c/"):
            await ask(url)
        return outcomes

    assert asyncio.run(run()) == ["not asked", "asked", "asked"]


def test_a_host_that_answers_in_between_is_not_away() -> None:
    def asked(between: Exception) -> int:
        async def run() -> int:
            hosts = Hosts(0, 1)
            times = 0
            row = [Transient("down")] * (MAX_FAILURES - 1)
            for error in (*row, between, *row):
                with suppress(FetchError):
                    async with hosts.turn("http://a/"):
                        times += 1
                        raise error
            return times

        return asyncio.run(run())

    assert asked(FetchError("answered with status 404")) == 2 * MAX_FAILURES - 1
    assert asked(FetchRefused("a private address")) == MAX_FAILURES + 1


def test_a_site_may_ask_for_longer_pauses_within_reason() -> None:
    async def run() -> float:
        hosts = Hosts(0, 1)
        hosts.slow_down("http://a/", 1e9)
        clock = asyncio.get_running_loop()
        async with hosts.turn("http://a/"):
            begun = clock.time()
        return hosts._hosts[origin("http://a/")].free_at - begun

    assert MAX_DELAY <= asyncio.run(run()) < MAX_DELAY + 5


def test_an_origin_is_host_and_port() -> None:
    assert origin("https://A.Example/x") == origin("https://a.example:443/y") == "a.example:443"
    assert origin("http://[::1]:8080/") == "::1:8080"
