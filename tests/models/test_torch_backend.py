"""The torch back end on a tiny random model of its own; conversion compared with it."""

from pathlib import Path

from briefing.models import Decoding, open_backend
from briefing.models.convert import convert
from briefing.models.folder import ModelFolder, find_model

PROMPTS = ["One short line.", "A second, rather longer line of text for the model.", "Three."]


def test_any_encoder_decoder_writes_n_best_lines(tiny_t5: Path) -> None:
    backend = open_backend(str(tiny_t5), device="cpu")
    found = backend.generate([PROMPTS], Decoding(beam=3, n_best=2, max_tokens=5))
    assert [len(hypotheses) for hypotheses in found] == [2, 2, 2]
    assert backend.info.backend == "transformers"


def test_greedy_search_has_scores_too(tiny_t5: Path) -> None:
    backend = open_backend(str(tiny_t5), device="cpu")
    found = backend.generate([PROMPTS], Decoding(beam=1, n_best=1, max_tokens=5))
    assert all(hypotheses[0].score < 0 for hypotheses in found)


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
    assert (made.float32.lines, made.float32.same) == (3, 3)
    assert made.float32.largest < 0.001
    assert made.int8.mean < 0.15
    assert ModelFolder(output, "converted").has_converted
    assert open_backend(str(output), device="cpu").info.backend == "ctranslate2"
