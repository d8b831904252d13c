"""The Accept header."""

import pytest

from briefing.api.bodies import best_type

OFFERED = ("application/json", "text/markdown", "text/html", "text/plain")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/markdown"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/html;level=1;q=0.5, text/plain;q=0.4", "text/html"),
        ("text/plain;charset=utf-8", "text/plain"),
        ("*/*;q=0.1, text/plain;q=0.2", "text/plain"),
        ("text/*, text/markdown;q=0", "text/html"),
        ("application/json;q=0, */*", "text/markdown"),
        ("image/png, */*;q=0.01", "application/json"),
        ("text/html ; q=1.0", "text/html"),
        ("not a media type", "application/json"),
        (", ,;q=1", "application/json"),
        ("image/png", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
    ],
)
def test_choose(accept: str, chosen: str | None) -> None:
    assert best_type(accept, OFFERED) == chosen
