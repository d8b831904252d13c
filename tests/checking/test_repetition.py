import pytest

from briefing.checking import repeats

GOOD = "Dockers in Lisbon walked out on Monday over a plan to close two piers."


@pytest.mark.parametrize(
    ("line", "earlier", "expected"),
    [
        (GOOD, [GOOD], True),
        ("Lisbon dockers walked out on Monday.", [GOOD], True),
        (GOOD, ["Lisbon dockers walked out on Monday."], True),
        (GOOD, ["The harbour board said the piers lose $3m a year."], False),
        (GOOD, [], False),
    ],
)
def test_repeats(line, earlier, expected):
    assert repeats(line, earlier) is expected
