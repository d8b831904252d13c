"""What stands behind the name of a place."""

from zlib import crc32

import pytest

from briefing.digest.places import places


@pytest.mark.parametrize(
    ("text", "name", "behind"),
    [
        ("Mill burns in Dayton, Ohio", "@dayton", "@ohio"),
        ("Dayton, Ohio, mayor resigns", "@dayton", "@ohio"),
        ("A barn near Dayton, Tex., burned.", "@dayton", "@texas"),
        ("Bus leaves road in San Jose, CA", "&san jose", "@california"),
        ("A bus left the road in San Jose, Costa Rica.", "&san jose", "&costa rica"),
        ("Snow fell in Brook, Norland, on Monday.", "@brook", "@norland"),
    ],
)
def test_a_region_or_what_is_between_commas_tells_places_apart(
    text: str, name: str, behind: str
) -> None:
    assert places(text) == {crc32(name.encode()): crc32(behind.encode())}


@pytest.mark.parametrize(
    "text",
    [
        "In Holm, Mayor Falk said so.",
        "Trains run to Holm, Brook, and Lenz.",
        "Berg, Holt win cup",
        "In Holm, Miss Falk sang.",
        "In Holm, La Roche won.",
        "",
    ],
)
def test_speakers_and_lists_do_not(text: str) -> None:
    assert places(text) == {}
