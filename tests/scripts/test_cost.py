"""The cost model by hand; tests/scale/test_command.py runs the benchmark that feeds it."""

import os
from pathlib import Path

import pytest

from scripts import bench_scale
from scripts.benchmark.cost import DAY, Figure, Figures, Fleet, assumed, estimate, needed, report


def held(**changes: float) -> Figures:
    values = {
        "core_rate": 10.0, "engine": 0.9, "bytes_in": 4000.0, "bytes_out": 8000.0,
        "shards_a_second": 50.0,
    } | changes  # fmt: skip
    gpu_rate = values.pop("gpu_rate", 500.0)
    measured = {k: Figure(v, k, "measured", "a test") for k, v in values.items()}
    return assumed(**measured, gpu_rate=gpu_rate)


def test_a_node_is_its_cores_less_the_engine() -> None:
    made = estimate(held(), Fleet("one", 1, False))
    assert made.articles == pytest.approx(10 * 16 * 0.9 * DAY)
    assert made.dollars == pytest.approx(0.70 * 24)
    assert made.million == pytest.approx(1e6 * 0.70 * 24 / (144 * DAY))
    assert made.binds == "its processors"


def test_a_hundred_nodes_do_a_hundred_times_as_much() -> None:
    one, many = (estimate(held(), Fleet("n", n, True)) for n in (1, 100))
    assert many.articles == pytest.approx(100 * one.articles)
    assert many.million == pytest.approx(one.million)
    assert many.used["the driver"] == pytest.approx(100 * one.used["the driver"])
    assert many.used["a node's network"] == one.used["a node's network"]


@pytest.mark.parametrize(
    ("changes", "binds"),
    [
        ({"shards_a_second": 0.01}, "the driver"),
        ({"bytes_out": 1e8}, "a node's network"),
        ({"shards_a_second": 1e9, "gpu_rate": 2e5}, "the store's requests"),
        ({}, "its processors"),
    ],
)
def test_what_binds_is_what_is_used_up(changes: dict[str, float], binds: str) -> None:
    assert estimate(held(**changes), Fleet("n", 100, True)).binds == binds


def test_the_nodes_that_are_needed_suffice_and_one_less_does_not() -> None:
    for gpu in (False, True):
        fleet = needed(held(), 1e9, gpu=gpu)
        assert estimate(held(), fleet).articles >= 1e9
        assert estimate(held(), Fleet("less", fleet.nodes - 1, gpu)).articles < 1e9


def test_the_report_says_where_every_number_is_from() -> None:
    lines = list(report(held()))
    figures = [line for line in lines if line.startswith("|")][2:15]
    assert len(figures) == len(list(held()))
    assert all("a test" in line or "assumed: " in line for line in figures)
    gpu = next(line for line in figures if "a GPU |" in line)
    assert "NOT MEASURED" in gpu


def test_the_report_of_a_billion_counts_shards_requests_and_bytes() -> None:
    lines = "\n".join(report(held()))
    assert "244,141 shards a day, 11.3 requests a second to the store, 8.00 TB" in lines


def test_the_rate_is_that_of_the_second_half_of_the_shards(tmp_path: Path) -> None:
    for number, seconds in enumerate((0, 40, 41, 43)):
        os.utime(_touched(tmp_path / f"{number:06}-10-0"), (seconds, seconds))
    assert bench_scale.pace(tmp_path) == (20 / 3, 2 / 3)


def test_shards_that_are_written_at_once_are_no_rate(tmp_path: Path) -> None:
    for number in range(4):
        os.utime(_touched(tmp_path / f"{number:06}-1-0"), (5, 5))
    with pytest.raises(SystemExit, match="--count"):
        bench_scale.pace(tmp_path)


def _touched(path: Path) -> Path:
    path.touch()
    return path
