import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.checking import licence
from briefing.language import parses_for
from briefing.writing.compress import compressions

PARSES = parses_for("en")
LONG = [
    "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island, rejecting a plan "
    "by the town council to close the 95-year-old route in May.",
    "Foreman Pavel Horak, 44, died in the fire, and four workers were injured when the roof of the "
    "old mill fell in on Monday evening, police said.",
    "The company will close the plant in Leeds only if the court rejects its appeal in March.",
    "The minister denied that he had taken money from the builder Karl Voss during the campaign.",
    "No way was found to save the bridge, which the town had built in 1901 with sailors' gifts.",
]


def made(text: str, most: int, *, headline: bool = False) -> list[str]:
    parse = PARSES.one(text)
    assert parse is not None
    return [c.text for c in compressions(parse, most, lambda word: 0.5, headline=headline)]


def test_a_headline_is_found_in_a_long_sentence() -> None:
    assert "Residents of Port Alder voted to keep the ferry to Grey Island" in made(
        LONG[0], 14, headline=True
    )


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("most", [14, 30])
def test_every_compression_is_short_enough_and_licensed(text: str, most: int) -> None:
    for line in made(text, most, headline=most == 14):
        assert len(line.split()) <= most
        found = licence(line, [text], PARSES, headline=most == 14)
        assert found is not None
        assert found.granted, (line, found.faults)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        (LONG[1], "Horak, 44, and four workers"),
        (LONG[2], "will close the plant in Leeds."),
        (LONG[3], "He had taken money"),
        (LONG[4], "was found to save the bridge"),
    ],
)
def test_what_would_be_false_is_never_made(text: str, never: str) -> None:
    for line in made(text, 14, headline=True):
        assert never.rstrip(".") not in line or line.startswith("No way")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.integers(4, 30))
def test_any_text_is_compressed_in_bounds(text: str, most: int) -> None:
    parse = PARSES.one(text)
    if parse is None:
        return
    for compression in compressions(parse, most, lambda word: 0.1, headline=False):
        assert 4 <= len(compression.text.split()) <= most
