"""Several devices, memory that runs out, devices that are lost: the same code on the CPU.

Devices are copies of a tiny model on the CPU that call themselves cuda:0, cuda:1 and fail as such.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from briefing.briefer import Briefer
from briefing.briefs import Brief
from briefing.errors import DeviceError
from briefing.models import Decoding, DeviceChoice
from briefing.models.backend import Inputs
from briefing.models.folder import find_model
from briefing.models.torch_backend import (
    Replica,
    Shape,
    TorchBackend,
    dtype_for,
    lost,
    out_of_memory,
)
from briefing.models.weights import load_model
from briefing.reading import article_from_text
from briefing.writing import choose_family

PROMPTS = [
    f"The council met {word} and voted on the plan." * (n % 3 + 1)
    for n, word in enumerate("once twice again often never still".split())
]
DECODING = Decoding(beam=2, n_best=2, max_tokens=6)


def full() -> Exception:
    return RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


def gone() -> Exception:
    return RuntimeError("CUDA error: an illegal memory access was encountered")


@pytest.fixture
def backend(tiny_t5: Path) -> Callable[[int], TorchBackend]:
    """Makes a back end of so many pretended GPUs."""

    def make(count: int) -> TorchBackend:
        folder = find_model(str(tiny_t5))
        made: Any = TorchBackend(folder, DeviceChoice("cpu", "a test"))
        made._replicas = [Replica(load_model(folder), "cpu", Inputs(folder)) for _ in range(count)]
        for number, replica in enumerate(made._replicas):
            replica.device = f"cuda:{number}"
            replica._tensor = Replica._tensor.__get__(_Cpu(replica))
        return made

    return make


class _Cpu:
    """Tensors of a pretended GPU stay on the CPU."""

    device = "cpu"

    def __init__(self, replica: Replica) -> None:
        self._replica = replica


def failing(replica: Any, fails: Callable[[list[Any]], Exception | None]) -> list[int]:
    """Have ``replica`` fail where ``fails`` says how; gives the sizes of its batches."""
    whole, sizes = replica.write, []

    def write(rows: list[Any], decoding: Decoding) -> Any:
        sizes.append(len(rows))
        if error := fails(rows):
            raise error
        return whole(rows, decoding)

    replica.write = write
    return sizes


def texts(found: Any) -> list[list[str]]:
    """The lines; their scores differ in the last digits with the batch that they were in."""
    return [[hypothesis.text for hypothesis in lines] for lines in found]


@pytest.fixture(autouse=True)
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)


def test_out_of_memory_halves_the_batch_and_goes_on(backend: Any) -> None:
    expected = backend(1).generate([PROMPTS], DECODING)
    limited = backend(1)
    sizes = failing(limited._replicas[0], lambda rows: full() if len(rows) > 2 else None)
    assert texts(limited.generate([PROMPTS], DECODING)) == texts(expected)
    assert sizes[0] == len(PROMPTS)
    assert sizes.count(len(PROMPTS)) == 1
    sizes.clear()
    assert texts(limited.generate([PROMPTS], DECODING)) == texts(expected)
    assert max(sizes) <= 2, "what ran out of memory once is not tried again"


def test_out_of_memory_on_a_single_line_is_an_error(backend: Any) -> None:
    limited = backend(1)
    failing(limited._replicas[0], lambda rows: MemoryError())
    with pytest.raises(DeviceError, match="--device cpu"):
        limited.generate([PROMPTS], DECODING)


def test_several_devices_share_the_lines_and_give_them_in_order(backend: Any) -> None:
    expected = backend(1).generate([PROMPTS], DECODING)
    several = backend(3)
    barrier = threading.Barrier(3, timeout=30)
    waited = [False] * 3
    sizes = []
    for number, replica in enumerate(several._replicas):

        def wait(rows: list[Any], number: int = number) -> None:
            if not waited[number]:
                waited[number] = True
                barrier.wait()  # all three are at work at once

        sizes.append(failing(replica, wait))
    assert texts(several.generate([PROMPTS[:2], PROMPTS[2:]], DECODING)) == texts(expected)
    assert all(sizes)


def test_a_lost_device_leaves_its_lines_to_the_others(backend: Any) -> None:
    expected = backend(1).generate([PROMPTS], DECODING)
    several = backend(2)
    failing(several._replicas[0], lambda rows: gone())
    assert texts(several.generate([PROMPTS], DECODING)) == texts(expected)
    assert [replica.device for replica in several._replicas] == ["cuda:1"]


def test_the_cpu_goes_on_for_the_last_device(backend: Any) -> None:
    expected = backend(1).generate([PROMPTS], DECODING)
    alone = backend(1)
    failing(alone._replicas[0], lambda rows: gone())
    assert texts(alone.generate([PROMPTS], DECODING)) == texts(expected)
    assert (alone.info.device, alone.info.dtype) == ("cpu", "float32")
    assert "failed" in alone.info.reason


def test_another_fault_is_not_taken_for_a_lost_device(backend: Any) -> None:
    several = backend(2)
    for replica in several._replicas:
        failing(replica, lambda rows: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        several.generate([PROMPTS], DECODING)


@pytest.mark.slow
def test_articles_that_the_device_fails_on_are_errors_and_the_rest_goes_on(backend: Any) -> None:
    broken = backend(1)
    calls = []

    def second(rows: list[Any]) -> Exception | None:
        calls.append(len(rows))
        return MemoryError() if any("poison" in str(row) for row in rows) else None

    failing(broken._replicas[0], second)
    whole = broken.generate

    def generate(batches: Any, decoding: Decoding) -> Any:
        if any("Poison" in prompt for batch in batches for prompt in batch):
            raise DeviceError("cuda has too little memory for one line; use --device cpu")
        return whole(batches, decoding)

    broken.generate = generate
    text = "{} was found in the harbour of Bergen on Monday, the council said in a statement."
    articles = [
        article_from_text(text.format(what), title="") for what in ("Oil", "Poison", "Gold", "Tar")
    ]
    briefer = Briefer.over(broken, choose_family("tiny-t5", "t5"))
    found = list(briefer.brief_many(articles, group=1))
    assert [type(one) for one in found] == [Brief, DeviceError, Brief, Brief]


@pytest.mark.parametrize(
    ("error", "is_full", "is_lost"),
    [
        (full(), True, False),
        (MemoryError(), True, False),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True, False),
        (gone(), False, True),
        (RuntimeError("CUDA error: device-side assert triggered"), False, True),
        (RuntimeError("expected scalar type Float"), False, False),
        (ValueError("CUDA error: not from the device"), False, False),
    ],
)
def test_what_an_error_means(error: Exception, is_full: bool, is_lost: bool) -> None:
    assert (out_of_memory(error), lost(error)) == (is_full, is_lost)


def test_sixteen_bits_only_where_they_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert dtype_for("cuda:0", "t5") is torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert dtype_for("cuda:0", "bart") is torch.float16
    assert dtype_for("cuda:0", "t5") is torch.float32
    assert dtype_for("cpu", "bart") is torch.float32


def test_a_row_counts_keys_values_and_logits() -> None:
    shape = Shape(layers=3, width=384, vocabulary=16384, item=2)
    one = shape.row(36, Decoding(beam=1, max_tokens=48))
    four = shape.row(36, Decoding(beam=4, max_tokens=48))
    assert four < 4 * one, "a greedy search keeps its logits"
    assert shape.row(72, Decoding(beam=4)) > shape.row(36, Decoding(beam=4))
    keys = 4 * 2 * 3 * 384 * 2 * (36 + 48) * 2
    assert shape.row(36, Decoding(beam=4, max_tokens=48)) == keys + 4 * 16384 * 4 * 4


@pytest.mark.skipif("not __import__('torch').cuda.is_available()", reason="needs a CUDA GPU")
def test_a_capped_gpu_halves_and_goes_on(tiny_t5: Path) -> None:
    import torch

    backend: Any = TorchBackend(find_model(str(tiny_t5)), DeviceChoice("cuda", "a test"))
    backend._replicas[0].budget = 1 << 50
    torch.cuda.set_per_process_memory_fraction(0.005)
    try:
        found = backend.generate([PROMPTS * 400], DECODING)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert len(found) == 400 * len(PROMPTS)
    assert backend._replicas[0].budget < 1 << 50
