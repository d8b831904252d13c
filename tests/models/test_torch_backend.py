"""The torch back end on a tiny random model of its own, and when memory runs out."""

from pathlib import Path
from typing import Any

import pytest

from briefing.errors import DeviceError
from briefing.models import Decoding, open_backend
from briefing.models.convert import convert
from briefing.models.folder import ModelFolder, find_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, bundled: Path) -> Path:
    """A random T5 with the bundled tokenizer, saved as transformers saves it."""
    import torch
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("tiny-t5")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(bundled)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2,
        pad_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


PROMPTS = ["One short line.", "A second, rather longer line of text for the model.", "Three."]


def test_any_encoder_decoder_writes_n_best_lines(tiny: Path) -> None:
    backend = open_backend(str(tiny), device="cpu")
    found = backend.generate([PROMPTS], Decoding(beam=3, n_best=2, max_tokens=5))
    assert [len(hypotheses) for hypotheses in found] == [2, 2, 2]
    assert backend.info.backend == "transformers"


def test_greedy_search_has_scores_too(tiny: Path) -> None:
    backend = open_backend(str(tiny), device="cpu")
    found = backend.generate([PROMPTS], Decoding(beam=1, n_best=1, max_tokens=5))
    assert all(hypotheses[0].score < 0 for hypotheses in found)


def test_out_of_memory_halves_the_batch_and_goes_on(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Any = open_backend(str(tiny), device="cpu")
    whole, sizes = backend._batch_of, []

    def limited(rows: list[list[int]], decoding: Decoding) -> Any:
        sizes.append(len(rows))
        if len(rows) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(rows, decoding)

    decoding = Decoding(beam=2, n_best=1, max_tokens=4)
    expected = backend.generate([PROMPTS * 3], decoding)
    monkeypatch.setattr(backend, "_batch_of", limited)
    found = backend.generate([PROMPTS * 3], decoding)
    assert [h[0].text for h in found] == [h[0].text for h in expected]
    assert max(sizes) == 9
    assert sizes.count(9) == 1


def test_out_of_memory_on_a_single_line_is_an_error(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Any = open_backend(str(tiny), device="cpu")

    def never(rows: list[list[int]], decoding: Decoding) -> Any:
        raise MemoryError

    monkeypatch.setattr(backend, "_batch_of", never)
    with pytest.raises(DeviceError, match="--device cpu"):
        backend.generate([PROMPTS], Decoding())


def test_conversion_is_compared_with_the_original(tmp_path: Path, bundled: Path) -> None:
    """A random BART converts and agrees; its folder then loads on the CPU."""
    from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

    source, output = tmp_path / "source", tmp_path / "converted"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(bundled)
    settings = find_model("bundled").config | {"d_model": 64, "encoder_ffn_dim": 64}
    settings |= {"decoder_ffn_dim": 64, "encoder_attention_heads": 1, "decoder_attention_heads": 1}
    BartForConditionalGeneration(BartConfig(**settings)).save_pretrained(source)
    tokenizer.save_pretrained(source)
    made = convert(str(source), output)
    assert made.compared == 3
    assert made.score_difference < 0.15
    assert ModelFolder(output, "converted").has_converted
    assert open_backend(str(output), device="cpu").info.backend == "ctranslate2"
