import pytest

from briefing.language.reference import body

SENTENCE = "The council approved the plan on Monday."


@pytest.mark.parametrize(
    "before",
    [
        "LISBON (AP) - ",
        "LISBON, May 5 (Reuters) - ",
        "PORT ALDER, May 5, 2026 /NewsLine/ -- ",
        "Port Alder, Norland (NNN) — ",
        "(NNN) ",
        "WESTHAM — ",
        "WESTHAM—",
        "• ",
        "11/ ",
        "Why it matters: ",
        "- ",
        "Background: ",
        "[10:04] ",
        "WESTHAM_",
        "UPDATE, 1:30 p.m. PT: ",
        "Updated at 1:30 p.m. PT ",
        "WESTHAM/PORT ALDER, Nor. (NNN) - ",
        "[Westham, N.D.] - ",
        "Westham, ND - ",
        "WESTHAM | ",
        "By Anna Berg WESTHAM (NNN) - ",
        ". ",
        "The numbers: ",
    ],
)
def test_what_stands_before_a_sentence_goes(before: str) -> None:
    assert body(before + SENTENCE) == SENTENCE


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "Norvik - the shipping group - sold its fleet to a rival on Monday.",
        "Anna Berg (35) was cleared by the court on Friday.",
        "(Not) a good day for the council of Port Alder.",
        "Westham, N.D.-based Norvik sold its fleet to a rival on Monday.",
        "Updated rules for the port were approved on Monday.",
        "The Kell University/NNN News/Norland Times poll shows the mayor ahead.",
        "The U.S. - the largest donor - left the fund on Friday.",
        "Sen. Ada Holt (D-Norland) Friday called the sale of the port a mistake.",
    ],
)
def test_what_belongs_to_it_stays(text: str) -> None:
    assert body(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Norvik Lines (NYSE: NVK) sold its ferries.", "Norvik Lines sold its ferries."),
        ("Norvik (Nasdaq: NVK; TSX: NVK.A), a line, grew.", "Norvik, a line, grew."),
        ("Norvik (HKG: 0721) sold its ferries.", "Norvik sold its ferries."),
        ("Norvik (the ferry line) sold its ferries (in Kell: four).", ""),
        ("Norvik won the final (Kell: 2, Lorne: 0).", ""),
        ("The hall (Built: 1911) was sold.", ""),
    ],
)
def test_where_a_share_is_sold_is_no_part_of_the_sentence(text: str, said: str) -> None:
    assert body(text) == (said or text)
