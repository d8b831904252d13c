"""The model that ships tells lines that stand alone from lines that do not."""

from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.checking.quality import QualityModel, quality_model
from briefing.errors import ModelError
from briefing.sections import Section

GOOD = [
    "The town council of Port Alder voted on Monday to close its ferry line after 90 years.",
    "Two workers died when a crane fell at the Rosvik shipyard in northern Norway on Friday.",
    "Ines Calder, who founded the bakery chain Oven & Sons in 1987, has died aged 81.",
]
HANGING = [
    "He said it would be done by then.",
    "The two also rejected the second proposal.",
    "The 26-year-old had joined the club two years earlier.",
]


@pytest.fixture(scope="module")
def model() -> QualityModel:
    found = quality_model("en")
    assert found is not None
    return found


@pytest.mark.parametrize("section", list(Section))
def test_what_stands_alone_is_signed_rather_than_what_hangs(model, section: Section) -> None:
    read = [quality.odds(section) for quality in model.of([*GOOD, *HANGING])]
    assert min(read[: len(GOOD)]) > max(read[len(GOOD) :])


def test_a_fragment_is_worse_than_its_sentence(model) -> None:
    whole, part = model.of([GOOD[0], "The town council of Port Alder voted on Monday to."])
    assert whole.key_points > part.key_points + 1


def test_a_line_is_read_alike_alone_and_among_others(model) -> None:
    with resources.as_file(resources.files("briefing.checking") / "encoder") as folder:
        other = QualityModel(folder)
    among = model.of([*GOOD, *HANGING])
    for line, quality in zip((*GOOD, *HANGING), among, strict=True):
        (alone,) = other.of([line])
        assert alone.headline == pytest.approx(quality.headline, abs=0.2)
    assert model.of([]) == []


def test_threads_share_it(model) -> None:
    lines = [f"Councillor {n} resigned on Monday over the harbour deal." for n in range(60)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda line: model.of([line])[0], lines * 2))
    assert found[:60] == found[60:]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_a_finite_value(text: str) -> None:
    model = quality_model("en")
    assert model is not None
    (found,) = model.of([text])
    assert all(abs(found.odds(section)) < 100 for section in Section)


def test_a_folder_without_weights_is_named(tmp_path) -> None:
    with pytest.raises(ModelError, match="encoder"):
        QualityModel(tmp_path)


def test_other_languages_have_none() -> None:
    assert quality_model("de") is None
