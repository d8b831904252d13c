"""Headlines without the model: plain titles stay, others go, long leads are shortened."""

import pytest

from briefing.check import clip, plain_title, shortenings


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Council votes to keep the ferry", "Council votes to keep the ferry"),
        ("Live updates: Storm reaches the coast of Norway", "Storm reaches the coast of Norway"),
        ("Storm reaches the coast of Norway | The Alder Post", "Storm reaches the coast of Norway"),
        ("opinion: the ferry must stay for good.", "The ferry must stay for good"),
    ],
)
def test_a_plain_title_is_kept(title: str, plain: str) -> None:
    assert plain_title(title) == plain


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Breaking",
        "Will the ferry survive the winter?",
        "You won't believe what the ferry did next",
        "Here's why the ferry will stay in town",
        "10 reasons to love the ferry to Grey Island",
        "THE FERRY TO GREY ISLAND WILL STAY FOR GOOD",
        "Ferry saved at last!",
        "The ferry " + "very " * 14 + "old",
    ],
)
def test_a_title_that_is_no_statement_is_not(title: str) -> None:
    assert plain_title(title) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Residents of Port Alder voted on Tuesday to keep the ferry to Grey Island, rejecting a "
        "plan by the town council to close the route in May.",
        "The Halden Group said on Monday it would close its pump factory in Oslo next June and "
        "move production to Gdansk, cutting 430 jobs.",
        "Turnout was the highest in two decades.",
    ],
)
def test_a_shortened_sentence_is_a_short_subsequence(sentence: str) -> None:
    lines = shortenings(sentence)
    assert lines
    for line in lines:
        assert 3 <= len(line.split()) <= 14
        source = iter(sentence.replace(",", "").replace(".", "").split())
        assert all(word.strip(",.") in source for word in line.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "word " * 40,
        "When the bridge over the Alder Sound at last opened to all in the town",
        "Alder Shipping has filed for a proposed public offering of ten million of its shares with "
        "the authorities of the port.",
    ],
)
def test_no_shortening_ends_inside_a_phrase(sentence: str) -> None:
    assert not [line for line in shortenings(sentence) if line.endswith(("public", "word", "all"))]


@pytest.mark.parametrize("sentence", ["word " * 40, "The rate is 5 percent, " * 4, "One two."])
def test_the_last_resort_is_short_whatever_comes(sentence: str) -> None:
    assert 0 < len(clip(sentence).split()) <= 14
