import pytest

from scripts.evaluation.baselines import SUMY, extract, lead

SENTENCES = [
    "Residents of Port Alder voted to keep the ferry to Grey Island.",
    "The weather was fine.",
    "The ferry to Grey Island carries residents of Port Alder each day.",
    "Port Alder council had planned to close the ferry to Grey Island.",
    "A dog barked.",
]


def test_lead_is_the_first_sentences() -> None:
    assert lead(SENTENCES) == SENTENCES[:3]
    assert lead(SENTENCES[:1]) == SENTENCES[:1]


@pytest.mark.parametrize("method", SUMY)
def test_each_method_chooses_sentences_in_reading_order(method: str) -> None:
    found = extract(method, SENTENCES)
    assert len(found) == 3
    assert found == [sentence for sentence in SENTENCES if sentence in found]


@pytest.mark.parametrize("method", SUMY)
def test_a_short_article_is_given_whole(method: str) -> None:
    assert extract(method, SENTENCES[:1]) == SENTENCES[:1]
