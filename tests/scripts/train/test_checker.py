import json
import lzma

import numpy as np
import pytest

from briefing.check.claims import check_text
from briefing.check.judgement import BAR, judgement
from briefing.check.traits import AGAINST, FOR, TRAITS
from briefing.read.sentences import sentence_texts
from scripts.train.checker import FILE, Examples, fit, judge, read_examples

TEXT = "Dockers in Lisbon walked out on Monday. The board said the piers lose $3m a year."
CLAIMS = ["Lisbon dockers walked out on Monday.", "The piers lose $4m a year. Talks failed."]


@pytest.fixture
def examples() -> Examples:
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    values = rng.normal(size=(200, 2 * len(TRAITS)))
    values[:, TRAITS.index("density")] += 2 * labels
    values[:, TRAITS.index("rare")] += 2 * labels  # the wrong way round: must not be learned
    return Examples(values, labels, np.repeat(["a", "b"], 100), np.arange(200), labels < 0)


def test_signs_hold_whatever_the_data_say(examples):
    model = fit(examples)
    assert model.mean["density"] > 0
    assert model.mean["rare"] == 0
    for weights in (model.mean, model.worst):
        assert all(weights[name] >= 0 for name in FOR)
        assert all(weights[name] <= 0 for name in AGAINST)


def test_the_bar_parts_the_labels_and_the_fit_is_repeatable(examples):
    model = fit(examples)
    assert np.mean((judge(model, examples) >= BAR) == examples.labels) > 0.75
    assert fit(examples) == model


def test_examples_are_judged_as_the_checker_does(tmp_path):
    with lzma.open(tmp_path / FILE, "wt", encoding="utf-8") as out:
        for label, claim in enumerate(CLAIMS):
            row = {"source": "own", "text": TEXT, "claim": claim, "label": 1 - label}
            out.write(json.dumps(row) + "\n")
    scores = judge(judgement(), read_examples(tmp_path))
    sentences = sentence_texts(TEXT)
    expected = [check_text(claim, sentences, sentence_texts).score for claim in CLAIMS]
    assert scores == pytest.approx(expected, abs=1e-4)
