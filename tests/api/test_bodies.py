"""Bodies in gzip: what is read, and what is refused before it has gone off."""

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.api.bodies import _STEP, _Gzip
from briefing.api.problems import BadRequest
from tests.api.articles import BODY, TEXT
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, chunks, post, problem

GZIP = {"Content-Encoding": "gzip"}


def unpacked(chunks_) -> bytes:
    packed, found = _Gzip(), b""
    for chunk in chunks_:
        found += packed.next(chunk)
        while packed.rest:
            part = packed.next(b"")
            assert len(part) <= _STEP
            found += part
    packed.end()
    return found


@given(st.lists(st.binary(max_size=3_000), max_size=4), st.integers(1, 700))
@settings(max_examples=60, deadline=None)
def test_members_are_read_however_they_are_cut(parts: list[bytes], size: int) -> None:
    data = b"".join(gzip.compress(part, mtime=0) for part in parts)
    cut = [data[i : i + size] for i in range(0, len(data), size)]
    assert unpacked(cut) == b"".join(parts)


def test_large_data_comes_in_steps() -> None:
    data = bytes(3 * _STEP + 5)
    assert unpacked([gzip.compress(data, mtime=0)]) == data


@pytest.mark.parametrize("cut", [1, 9, 20, -9, -1])
def test_a_stream_that_is_cut_off_is_no_gzip(cut: int) -> None:
    data = gzip.compress(random.Random(1).randbytes(500))
    with pytest.raises(BadRequest):
        unpacked([data[:cut]])


def test_gzip_bodies_are_read(client: Client) -> None:
    for encoding in ("gzip", "x-gzip", "GZIP"):
        headers = {"Content-Encoding": encoding}
        body = gzip.compress(json.dumps({"text": BODY}).encode())
        assert post(client, body, "application/json", **headers).status_code == 200
    assert post(client, gzip.compress(TEXT.encode()), "text/plain", **GZIP).status_code == 200


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b"abc", mtime=0)[:-3], gzip.compress(b"a", mtime=0) + b"?"]
)
def test_what_is_no_gzip(client: Client, body: bytes) -> None:
    assert "gzip" in problem(post(client, body, "text/plain", **GZIP), 400, "bad-request")["detail"]


def test_a_bomb_is_too_large(client: Client) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < MAX_BODY
    problem(post(client, bomb, "text/plain", **GZIP), 413, "body-too-large")
    twice = gzip.compress(gzip.compress(b" " * 40_000, mtime=0)) + gzip.compress(b" " * 60_000)
    problem(post(client, twice, "text/plain", **GZIP), 413, "body-too-large")


def test_a_chunked_bomb_is_too_large(client: Client) -> None:
    bomb = gzip.compress(bytes(100_000))
    problem(post(client, chunks(bomb, 5), "text/plain", **GZIP), 413, "body-too-large")
