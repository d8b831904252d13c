"""The GPU benchmark where there is no GPU: its bound by hand, its table on a tiny model."""

import re

import pytest

from scripts import bench_gpu
from scripts.benchmark.bound import Peak, Work, measure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    from transformers import BartConfig, BartForConditionalGeneration

    return BartForConditionalGeneration(BartConfig(**bench_gpu.TINY))


def test_weights_are_counted_once_where_they_are_used(model) -> None:
    work = Work.of(model)
    attention, ffn = 4 * 32 * 32, 2 * 32 * 64
    crossed = 2 * 32 * 32
    assert work.once == attention + ffn + crossed
    assert work.step == 2 * attention + ffn - crossed + 16384 * 32
    assert (work.layers, work.width, work.item) == (1, 32, 4)


def test_t5_is_counted_too() -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(vocab_size=99, d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2)
    work = Work.of(T5ForConditionalGeneration(config))
    attention, ffn, crossed = 4 * 32 * 32, 2 * 32 * 64, 2 * 32 * 32
    assert work.once == attention + ffn + crossed
    assert work.step == 2 * attention + ffn - crossed + 32 * 99


def test_a_step_is_bound_by_reading_or_by_multiplying() -> None:
    work = Work(once=0, step=1000, layers=0, width=0, item=2)
    by_reading = Peak(bandwidth=1e6, operations=1e30)
    assert work.seconds(by_reading, [8], beams=1, tokens=5) == pytest.approx(5 * 1000 * 2 / 1e6)
    # More lines read the weights no more often, and multiply them more often.
    assert work.seconds(by_reading, [8] * 9, 4, 5) == work.seconds(by_reading, [8], 1, 5)
    by_multiplying = Peak(bandwidth=1e30, operations=1e6)
    assert work.seconds(by_multiplying, [8] * 3, 4, 5) == pytest.approx(5 * 2 * 1000 * 12 / 1e6)


def test_keys_and_values_are_read_for_each_line() -> None:
    work = Work(once=0, step=0, layers=2, width=16, item=2)
    peak = Peak(bandwidth=1.0, operations=1e30)
    # Two prompts of 10 and 6 tokens, their own once; two beams each, one token so far.
    assert work.seconds(peak, [10, 6], beams=2, tokens=1) == 2 * 2 * 16 * 2 * (16 + 4)


def test_peaks_are_measured() -> None:
    import torch

    peak = measure("cpu", torch.float32, megabytes=4, side=64)
    assert peak.bandwidth > 1e6
    assert peak.operations > 1e6


def test_the_table_has_both_models(capsys: pytest.CaptureFixture[str]) -> None:
    bench_gpu.main(["--device", "cpu", "--tiny", "--batches", "1"])
    printed = capsys.readouterr().out
    rows = re.findall(
        r"^\| (\S+).*?, (1 at once) \| ([\d.]+) \| ([\d.]+) \| (\d+) %", printed, re.M
    )
    assert [row[0] for row in rows] == ["bundled", "bart-large-cnn"]
    assert all(float(row[2]) > 0 and float(row[3]) > 0 for row in rows)


def test_without_a_gpu_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SystemExit, match="2"):
        bench_gpu.main([])
    assert "--device" in capsys.readouterr().err
