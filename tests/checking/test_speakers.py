"""Who says a quotation."""

import pytest

from briefing.checking.speakers import Speakers
from briefing.language import parses_for
from briefing.language.facts import read_line

ARTICLE = [
    "The council voted on Tuesday to fell the elms on Mill Lane.",
    '"These trees have stood for two centuries," said Nora Quist, who runs a bakery there.',
    '"We will chain ourselves to them if we must."',
    'Her neighbour Piet Olsen disagreed: "They drop branches on my roof every winter," he said.',
    '"The roots have broken the sewer.',
    'Something had to be done," the mayor, Ewa Brandt, told reporters.',
    "The harbour council said 'the work starts in March'.",
    '"Nobody told the tenants," one resident said.',
]


def refuted(line: str, article: list[str] = ARTICLE) -> list[str]:
    parses = parses_for("en")
    assert parses is not None
    parse = parses.one(line)
    assert parse is not None
    found = list(Speakers(article, parses).refuted(read_line(line), parse))
    assert all(claim.kind == "quotation" and claim.finding == "refuted" for claim in found)
    return [claim.reason for claim in found]


@pytest.mark.parametrize(
    "line",
    [
        '"These trees have stood for two centuries," said Piet Olsen.',
        'Ewa Brandt said the trees "have stood for two centuries".',
        '"We will chain ourselves to them," Brandt said.',
        '"The roots have broken the sewer," Olsen said.',
        'According to Nora Quist, "something had to be done".',
    ],
)
def test_another_speaker_is_refuted(line: str) -> None:
    assert len(refuted(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        '"These trees have stood for two centuries," said Quist.',
        '"These trees have stood for two centuries," a baker said.',
        '"We will chain ourselves to them if we must," said Nora Quist.',
        '"They drop branches on my roof every winter," Olsen said.',
        '"The roots have broken the sewer," Mayor Ewa Brandt said.',
        '"The work starts in March," Brandt said.',  # an organisation may speak through a person
        '"Nobody told the tenants," said Nora Quist.',  # nobody is named
        'Olsen said "every winter" was bad.',  # two words are anybody's
        "Ewa Brandt said something had to be done.",
    ],
)
def test_the_speaker_and_one_unknown_are_not(line: str) -> None:
    assert refuted(line) == []


def test_who_repeats_a_quotation_may_be_named() -> None:
    article = [
        '"The dam is safe for ten years," said Olaf Berg, an engineer.',
        '"The dam is safe for ten years," Rita Sorensen, the mayor, said too.',
    ]
    assert refuted('"The dam is safe for ten years," Sorensen said.', article) == []
