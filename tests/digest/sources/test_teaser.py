import pytest

from briefing.digest.sources.entry import is_teaser, is_walled
from briefing.reading.walls import is_cut_off

LONG = "The council of the town voted on the repair of its old ferry today. " * 30


@pytest.mark.parametrize(
    "end",
    [
        "And then […]",
        "And then [...]",
        "And then…",
        "And then ...",
        "Subscribe to continue reading.",
        "Already a subscriber? Log in",
        "This article is for paying subscribers only",
        "To continue reading, create a free account.",
        "Sign in to read the full article.",
        "You have reached your monthly limit of free articles",
    ],
)
def test_what_breaks_off_or_asks_for_money(end: str) -> None:
    assert is_cut_off(LONG + end)
    assert is_teaser(LONG + end)
    assert is_walled(LONG + end, b"")


@pytest.mark.parametrize(
    "end",
    [
        "He said subscribers to the water company would pay more.",
        "Voters must register by Friday.",
        '"We will read the report," she said.',
        "The ellipsis ... is in the middle of it.",
    ],
)
def test_news_about_such_things_is_not_cut_off(end: str) -> None:
    assert not is_cut_off(LONG + end)
    assert not is_teaser(LONG + end)


def test_short_texts_of_feeds_are_teasers_and_short_pages_are_not() -> None:
    short = "The council of the town voted on the repair today. " * 8
    assert is_teaser(short)
    assert not is_walled(short, b"<html>")
    assert is_walled("Too short to be any article.", b"<html>")


def test_pages_say_that_they_are_not_free() -> None:
    page = b'<script type="application/ld+json">{"isAccessibleForFree": "False"}</script>'
    assert is_walled(" ".join(LONG.split()[:100]), page)
    assert not is_walled(LONG, page)
    assert not is_walled(" ".join(LONG.split()[:100]), page.replace(b"False", b"True"))
