import pytest

from briefing.planning.selection import refuted

DENIED = [
    [
        "The actor Ben Rye was arrested in Lorne on Friday.",
        "The report that Ben Rye was arrested in Lorne is false, police said.",
    ],
    [
        "Former envoy Mara Lund owns 14 villas on the coast.",
        "There is no evidence for the claim that Lund owns villas on the coast.",
    ],
]
PLAIN = [
    [
        "The actor Ben Rye was arrested in Lorne on Friday.",
        "He is accused of making a false statement to the tax office.",
    ],
    [
        "The council approved the new bridge on Monday.",
        "Mayor Ada Holt said the report on the ferry was wrong.",
    ],
]


@pytest.mark.parametrize("texts", DENIED)
def test_a_claim_that_is_called_false_is_refuted(texts: list[str]) -> None:
    assert refuted(texts) == [True, False]


@pytest.mark.parametrize("texts", PLAIN)
def test_other_sentences_are_not(texts: list[str]) -> None:
    assert refuted(texts) == [False, False]


def test_nothing_is_refuted_in_nothing() -> None:
    assert refuted([]) == []
