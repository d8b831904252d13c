import pytest

from briefing.digest.settings import FetchTable
from briefing.digest.sources.configured import guard_for
from briefing.reading.guard import is_near


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1",
                                     "8.8.8.8", "2606:4700::1"])  # fmt: skip
def test_what_is_near_may_be_asked_if_the_settings_say_so(address: str) -> None:
    assert is_near(address)
    assert guard_for(FetchTable(private=True)).allows(address)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1",
                                     "ff02::1", "::ffff:169.254.169.254", "::ffff:10.1.2.3",
                                     "fd00:ec2::254", "fd20:ce::254", "255.255.255.255",
                                     "fd00::1%3", "nonsense"])  # fmt: skip
def test_metadata_services_and_the_like_never(address: str) -> None:
    assert not is_near(address)


def test_by_default_only_the_public_internet() -> None:
    guard = guard_for(FetchTable(ports=(8080,)))
    assert guard.allows("8.8.8.8")
    assert not guard.allows("127.0.0.1")
    assert guard.ports == {8080}
