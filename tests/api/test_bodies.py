"""Bodies in gzip: what is read, and what is refused before it has gone off."""

import asyncio
import gzip
import json
import os
import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.api import create_app
from briefing.api.bodies import _STEP, JSON, ContentType, _Gzip
from briefing.api.problems import BadRequest, InvalidRequest, NotJson
from briefing.api.requests import read_order
from briefing.api.scheduler import SMALL
from briefing.config import Settings
from tests.api.articles import BODY, TEXT
from tests.api.conftest import MAX_BODY
from tests.api.fakes import Client, chunks, echo_briefer, post, problem, running

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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "inside",
    [
        '"a": [' + "[]," * 3_000_000 + "[]]",
        '"a": [' + "1," * 4_000_000 + "1]",
        ",".join(f'"k{n}": 1' for n in range(500_002)),
        '"a": ' + '{"a":' * 600_000 + "1" + "}" * 600_000,
    ],
    ids=["lists", "numbers", "names", "nested"],
)
def test_json_of_too_many_values_is_not_parsed(inside: str, monkeypatch) -> None:
    monkeypatch.setattr(json, "loads", pytest.fail)
    with pytest.raises(NotJson, match="500,000 values"):
        read_order(('{"text": "x", ' + inside + "}").encode(), ContentType(JSON, None))


def test_json_with_many_unknown_names_is_refused_by_some() -> None:
    body = json.dumps({f"k{n}": 1 for n in range(400_000)}).encode()
    with pytest.raises(InvalidRequest) as caught:
        read_order(body, ContentType(JSON, None))
    assert 0 < len(caught.value.mistakes) <= 10


def test_a_large_body_is_parsed_in_another_process() -> None:
    """Its errors too come back as they are."""
    app = create_app(Settings(), echo_briefer())

    async def scenario() -> None:
        async with running(app):
            padding = " " * SMALL
            good = json.dumps({"text": BODY}) + padding
            wrong = json.dumps({"txt": BODY, "title": 3}) + padding
            read = app.state.service.read
            assert await read(os.getpid, SMALL) == os.getpid()
            assert await read(os.getpid, SMALL + 1) != os.getpid()
            order = await read(
                partial(read_order, good.encode(), ContentType(JSON, None)), len(good)
            )
            assert order.source.text == BODY
            with pytest.raises(InvalidRequest) as caught:
                await read(partial(read_order, wrong.encode(), ContentType(JSON, None)), len(wrong))
            assert {each.pointer for each in caught.value.mistakes} == {"#/txt", "#/title"}

    asyncio.run(scenario())
