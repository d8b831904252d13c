from hypothesis import given
from hypothesis import strategies as st

from briefing.check.judgement import BAR, Judgement, judgement
from briefing.check.traits import AGAINST, FOR, TRAITS

VALUES = st.fixed_dictionaries(dict.fromkeys(TRAITS, st.floats(0, 4)))


def test_the_shipped_signs_are_sane():
    for weights in (judgement().mean, judgement().worst):
        assert set(weights) == set(TRAITS)
        assert all(weights[name] >= 0 for name in FOR)
        assert all(weights[name] <= 0 for name in AGAINST)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_a_probability(sentences):
    assert 0 <= judgement().probability(sentences) <= 1


def test_an_empty_text_has_none():
    assert judgement().probability([]) == 0


@given(st.sampled_from(AGAINST), st.lists(VALUES, min_size=1, max_size=3), st.floats(0.1, 3))
def test_what_speaks_against_a_text_never_raises_it(name, sentences, more):
    worse = [{**sentences[0], name: sentences[0][name] + more}, *sentences[1:]]
    assert judgement().probability(worse) <= judgement().probability(sentences)


def test_the_reason_is_what_weighs_most():
    weights = dict.fromkeys(TRAITS, 0.0) | {"repeated": -1.0, "unfinished": -3.0}
    model = Judgement(BAR, weights, dict.fromkeys(TRAITS, 0.0))
    plain = dict.fromkeys(TRAITS, 0.0) | {"coverage": 1.0}
    assert model.reason(plain | {"repeated": 1.0}) == "it repeats itself"
    assert model.reason(plain | {"repeated": 1.0, "unfinished": 1.0}) == "it breaks off"
    little = plain | {"repeated": 1.0, "coverage": 0.2}
    assert model.reason(little) == model.reason(plain) == "too little of it stands in the article"
