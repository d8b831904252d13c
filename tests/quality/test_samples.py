"""The articles are what the gate takes them for."""

import pytest

from tests.quality.measures import content, holds_phrase
from tests.quality.samples import SAMPLES, Sample

CASES = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def test_there_are_twenty() -> None:
    assert len(SAMPLES) == 20


@CASES
def test_it_is_read_as_written(sample: Sample) -> None:
    article = sample.article
    assert (article.title, article.subtitle) == (sample.title, sample.subtitle)
    assert article.language == "en"
    assert 250 <= article.words <= 600


@CASES
def test_marked_sentences_are_sentences(sample: Sample) -> None:
    sentences = {sentence.text for sentence in sample.article.sentences}
    assert set(sample.background) <= sentences
    assert set(sample.boilerplate) <= sentences
    assert sample.background


@CASES
def test_facts_are_told_and_traps_are_not(sample: Sample) -> None:
    for facts in sample.facts.values():
        assert [fact for fact in facts if not holds_phrase(sample.whole, fact)] == []
    assert [truth for truth in sample.traps if truth not in sample.whole] == []
    assert [lie for lie in sample.traps.values() if holds_phrase(sample.whole, lie)] == []


@CASES
def test_key_points_are_an_editors_own(sample: Sample) -> None:
    sentences = {sentence.text for sentence in sample.article.sentences}
    assert 3 <= len(sample.key_points) <= 5
    assert not sentences & set(sample.key_points)
    for point in sample.key_points:
        assert len(point.split()) <= 30
        assert len(content(point) & content(sample.whole)) >= 0.6 * len(content(point)), point
