"""The bundled model on both back ends: the same weights, the same lines."""

import shutil
from pathlib import Path

import pytest

from briefing.models import Backend, Decoding, open_backend
from briefing.sections import Section
from tests.fakes import every_section

SOURCES = [
    ("Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island.",),
    ("Turnout was 61 percent, the highest in two decades, the returning officer said.",),
    ("Mayor Ines Calder said the result would be respected.", "The route opened in 1931."),
    ("The route lost half of its passengers after a bridge opened in 2009.",),
    ("The Halden Group, a maker of pumps, said it would close its plant in Oslo next year.",),
    ("Police arrested three men in Ostrava on Friday after a raid on a warehouse.",),
]


@pytest.fixture(scope="module")
def ctranslate2() -> Backend:
    return open_backend(backend="ctranslate2")


@pytest.fixture(scope="module")
def transformers() -> Backend:
    return open_backend(device="cpu", backend="transformers")


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    family = every_section()
    return [family.fill(s, sources, 12)[0] for s in Section for sources in SOURCES]


@pytest.mark.slow
def test_both_back_ends_agree(
    transformers: Backend, prompts: list[str], bundled: Path, tmp_path: Path
) -> None:
    """A line that both find has the same score, and neither search misses a far better one, where
    both choose among all words.
    """
    shutil.copytree(bundled, tmp_path / "bundled")
    (tmp_path / "bundled" / "ctranslate2" / "vmap.txt").unlink()
    decoding = Decoding(beam=4, n_best=4, max_tokens=40)
    ours = open_backend(str(tmp_path / "bundled"), backend="ctranslate2").generate(
        [prompts], decoding
    )
    theirs = transformers.generate([prompts], decoding)
    same = 0
    for mine, other in zip(ours, theirs, strict=True):
        scores = {h.text: h.score for h in mine}
        same += mine[0].text == other[0].text
        assert mine[0].score == pytest.approx(other[0].score, abs=0.15)
        for hypothesis in other:
            if hypothesis.text in scores:
                assert scores[hypothesis.text] == pytest.approx(hypothesis.score, abs=0.1)
    assert same >= 0.5 * len(prompts)


def test_n_best_is_sorted_and_deterministic(ctranslate2: Backend, prompts: list[str]) -> None:
    decoding = Decoding(beam=4, n_best=4, max_tokens=40)
    first = ctranslate2.generate([prompts], decoding)
    assert first == ctranslate2.generate([prompts], decoding)
    for hypotheses in first:
        assert len(hypotheses) == 4
        assert [h.score for h in hypotheses] == sorted((h.score for h in hypotheses), reverse=True)


def test_what_is_too_long_for_the_model_is_cut_not_refused(ctranslate2: Backend) -> None:
    decoding = Decoding(beam=2, n_best=1, max_tokens=10, max_input=192)
    (line,) = ctranslate2.generate([["word " * 5000]], decoding)
    assert len(line) == 1


def test_the_model_says_what_it_is(ctranslate2: Backend, transformers: Backend) -> None:
    assert ctranslate2.info.dtype == "int8"
    assert transformers.info.dtype == "float32"
    assert ctranslate2.info.revision == transformers.info.revision
    assert len(ctranslate2.info.revision) == 12


def test_a_batch_is_written_alike_whatever_is_written_beside_it(
    ctranslate2: Backend, prompts: list[str]
) -> None:
    decoding = Decoding(beam=4, n_best=4, max_tokens=40)
    batches = [prompts[:2], prompts[2:5], prompts[5:]]
    together = ctranslate2.generate(batches, decoding)
    alone = [lines for batch in batches for lines in ctranslate2.generate([batch], decoding)]
    assert together == alone


def test_the_shortlist_leaves_the_words_of_a_source_and_ordinary_ones(
    ctranslate2: Backend,
) -> None:
    """A batch cannot write a rare word that another batch of the same call reads."""
    decoding = Decoding(beam=4, n_best=4, max_tokens=40)
    one = "<point><l4>Astronomers in Tartu discovered a comet on Monday."
    other = "<point><l4>The parliament of Vanuatu rejected the pension bill on Monday."
    lines = ctranslate2.generate([[one], [other]], decoding)
    assert all("Vanuatu" not in h.text for h in lines[0])
    assert any("Vanuatu" in h.text for h in lines[1])
