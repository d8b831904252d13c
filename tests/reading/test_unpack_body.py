import asyncio
import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.errors import FetchError
from briefing.reading.fetch import unpack_body
from tests.digest.feeds_server import bomb

TEXT = b"The council has voted. " * 200


def read(
    data: bytes, encoding: str = "", limit: int = 100_000, step: int = 700, cut=False
) -> bytes:
    return unpacked(data, encoding, limit, step, cut)[0]


def unpacked(data: bytes, encoding: str, limit=100_000, step=700, cut=False) -> tuple[bytes, bool]:
    async def chunks():
        for start in range(0, len(data), step):
            yield data[start : start + step]

    return asyncio.run(unpack_body(chunks(), encoding, limit, cut=cut))


@pytest.mark.parametrize("step", [1, 2, 700])
@pytest.mark.parametrize("encoding", ["", "gzip", "x-gzip", "identity", " GZIP "])
def test_servers_err_both_ways_about_gzip(encoding: str, step: int) -> None:
    assert read(TEXT, encoding, step=step) == TEXT
    assert read(gzip.compress(TEXT), encoding, step=step) == TEXT


@pytest.mark.parametrize("step", [1, 19, 700])
def test_gzip_of_several_members_is_read_whole(step: int) -> None:
    packed = gzip.compress(TEXT[:40]) + gzip.compress(TEXT[40:])
    assert read(packed, "gzip", step=step) == TEXT
    assert unpacked(packed, "gzip")[1]
    assert not unpacked(packed[:-9], "gzip")[1]
    assert unpacked(packed + b"\0" * 20, "gzip") == (TEXT, True)


def test_both_kinds_of_deflate() -> None:
    assert read(zlib.compress(TEXT), "deflate") == TEXT
    assert read(zlib.compress(TEXT)[2:-4], "deflate") == TEXT


def test_what_breaks_off_gives_what_came_before() -> None:
    packed = gzip.compress(bytes(range(256)) * 300, 1)
    found = read(packed[: len(packed) // 2], "gzip")
    assert found
    assert (bytes(range(256)) * 300).startswith(found)
    assert not unpacked(packed[: len(packed) // 2], "gzip")[1]
    assert not unpacked(packed[:-4], "gzip")[1]
    assert unpacked(packed, "gzip")[1]
    assert unpacked(TEXT, "")[1]
    assert unpacked(zlib.compress(TEXT)[2:-4], "deflate")[1]
    damaged = packed[:-8] + b"garbage!" + b"more"
    assert len(read(damaged, "gzip")) > 100


def test_damage_from_the_start_is_an_error() -> None:
    with pytest.raises(FetchError, match="damaged"):
        read(b"\x1f\x8b\x08\x00" + b"\xff" * 40)


def test_what_was_not_asked_for_is_refused() -> None:
    with pytest.raises(FetchError, match="compressed as 'br'"):
        read(TEXT, "br")


@pytest.mark.parametrize("data", [b"x" * 2_000_000, bomb(2_000_000)])
def test_too_much_is_refused_or_cut(data: bytes) -> None:
    with pytest.raises(FetchError, match=r"more than 0\.1 MB"):
        read(data)
    assert len(read(data, cut=True)) == 100_000


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 9), st.sampled_from(["", "gzip", "deflate"]))
def test_any_bytes_end_in_bytes_or_one_error(data: bytes, step: int, encoding: str) -> None:
    try:
        found = read(data, encoding, step=step, limit=1_000)
    except FetchError:
        return
    assert len(found) <= 1_000


@settings(deadline=None)
@given(st.binary(max_size=500), st.integers(1, 50))
def test_gzip_is_undone(data: bytes, step: int) -> None:
    assert read(gzip.compress(data), "gzip", step=step) == data
