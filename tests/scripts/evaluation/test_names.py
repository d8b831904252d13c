import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.evaluation.names import Source, everyday_words, unknown_names

SOURCE = Source(
    "Mayor Ines Calder told the Port Alder Ferry Company on Tuesday that the U.S. Coast Guard, "
    "which works with Russian crews, would see her in September. The council met."
)
EVERYDAY = frozenset({"the", "council", "officials", "voter", "ferry", "met", "town"})


@pytest.mark.parametrize(
    "line",
    [
        "Ines Calder told the company.",
        "Calder's council met in Sept",
        "Officials met the US Coast Guard",
        "PAFC crews met",
        "Americans and Russia met the Mayor",
        "Council Met the Coast Guard in Town",
        "“The council met.”",
    ],
)
def test_names_of_the_source_are_known(line: str) -> None:
    assert unknown_names(line, SOURCE, EVERYDAY) == []


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("Ines Caldwell told the company", ["Caldwell"]),
        ("The council met Dana Whitlock", ["Dana", "Whitlock"]),
        ("Whitlock met the council", ["Whitlock"]),
        ("The council met. Hughes left", ["Hughes"]),
        ("Calder met the NATO crews", ["NATO"]),
        ("They met on Friday in October", ["Friday", "October"]),
    ],
)
def test_other_names_are_not(line: str, unknown: list[str]) -> None:
    assert unknown_names(line, SOURCE, EVERYDAY) == unknown


def test_everyday_words_are_written_small_by_several() -> None:
    texts = ["The ferry left.", "A ferry and Mark", "My ferry, a mark", "The mark"]
    assert "ferry" in everyday_words(texts, least=3)
    assert "mark" not in everyday_words(texts, least=3)


@given(st.text(max_size=120))
def test_any_text_holds_its_own_names(text: str) -> None:
    assert unknown_names(text, Source(text), frozenset()) == []
