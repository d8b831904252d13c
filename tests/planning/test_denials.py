import pytest

from briefing.planning.denials import refuted

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
TOLD_OTHERWISE = {
    "the report of others": [
        "A cyclist drowned in the canal at Lorne on Sunday, several papers reported.",
        "The fire service pumped water out of 40 cellars.",
        "Police said later that the report was wrong and that he had swum ashore.",
    ],
    "a joke": [
        "Lorne will paint its town hall pink, the mayor's office said in the morning.",
        "It was an April Fool's joke, mayor Ada Holt admitted at noon.",
    ],
    "a forgery": [
        "The works will shut in May, according to an internal letter that went round on Monday.",
        "The letter is a forgery, the firm said.",
    ],
    "what was never said": [
        "A quote has the minister call nurses lazy.",
        "The minister, Ben Rye, never said it.",
    ],
    "what does not exist": [
        "Claim: The ferry to Lorne will be free from June.",
        "No such plan exists.",
    ],
    "a correction below": [
        "12:05 A woman has died under a tree in Lorne, a local station reports.",
        "12:40 CORRECTION: An earlier post said that a woman had died in Lorne.",
        "She is in hospital.",
    ],
    "a correction above": [
        "12:40 CORRECTION: An earlier post said that a woman had died in Lorne.",
        "12:05 A woman has died under a tree in Lorne, a local station reports.",
    ],
}
STANDS = {
    "one party's denial": [
        "Three clerks accused the senator of taking bribes.",
        "The senator said the allegations were false.",
    ],
    "another's contempt": [
        "The council cut the library's budget by half.",
        'It was "a joke", the librarian said.',
    ],
    "a hope": [
        "The team hoped for a late goal.",
        "It did not happen.",
    ],
    "a corrected date": [
        "The fire in Lorne broke out on Tuesday.",
        "An earlier version of this article said the fire in Lorne broke out on Monday.",
    ],
    "a forged painting": [
        "The painting was sold for 2 million crowns in 2010.",
        "The painting is a forgery, the museum said.",
    ],
}
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


@pytest.mark.parametrize("case", TOLD_OTHERWISE)
def test_a_claim_that_turns_out_otherwise_is_refuted(case: str) -> None:
    texts = TOLD_OTHERWISE[case]
    claim = 1 if case == "a correction above" else 0
    assert [at for at, denied in enumerate(refuted(texts)) if denied] == [claim]


@pytest.mark.parametrize("case", STANDS)
def test_what_is_no_verdict_on_the_news_leaves_it(case: str) -> None:
    assert not any(refuted(STANDS[case]))


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
