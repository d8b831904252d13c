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


FACT_CHECKS = [
    [
        "A photo that shows a bear on the town bridge of Lorne went around on Sunday.",
        "The photo is fake.",
        '"The bear is on the bridge," a user of the network wrote.',
        "The bear comes from the cover of a magazine of 2005.",
    ],
    [
        "A user claims that the power firm cut off the villages of Lorne on purpose.",
        "This is false.",
        '"They cut off the villages of Lorne," the user wrote to a friend.',
        "A storm broke two pylons on Sunday.",
    ],
    [
        'Claim: "Crime in Lorne has doubled under Mayor Holt," senator Ames said.',
        "Verdict: False.",
        '"Crime has doubled here," Ames repeated on Monday.',
        "Recorded crime rose by 4 percent in four years.",
    ],
]


@pytest.mark.parametrize("texts", FACT_CHECKS)
def test_a_fact_check_does_not_tell_the_claim_again(texts: list[str]) -> None:
    assert refuted(texts) == [True, False, True, False]


def test_a_claim_that_the_check_confirms_is_none() -> None:
    texts = ['Claim: "Crime in Lorne has doubled," Ames said.', "Verdict: True."]
    assert refuted(texts) == [False, False]


@pytest.mark.parametrize(
    "second", ["They later apologised.", "They were withdrawn on Monday.", "It is not false."]
)
def test_what_is_no_verdict_refutes_nothing(second: str) -> None:
    assert refuted(["Police shot a bear in the park of Lorne on Sunday.", second]) == [False, False]
    quoted = [
        "The bank closed its branch in Kell.",
        second,
        '"The bank closed the branch," he said.',
    ]
    assert not any(refuted(quoted))


def test_nothing_is_refuted_in_nothing() -> None:
    assert refuted([]) == []
