"""Prompt families: the shipped ones are valid, the right one is taken, mistakes are named."""

from pathlib import Path

import pytest

from briefing.sections import Section
from briefing.writing import choose_family, prompt_sources
from briefing.writing.prompt_file import load_family
from tests.writing.families import GOOD, write


def test_every_shipped_family_loads() -> None:
    families = {load_family(source.file).family for source in prompt_sources()}
    assert families == {
        "bundled", "bart-cnn", "chat", "pegasus", "pegasus-cnn", "t5", "flan-t5", "mbart", "mt5",
        "led", "generic",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "kind", "family"),
    [
        ("bundled", "bart", "bundled"),
        ("facebook/bart-large-cnn", "bart", "bart-cnn"),
        ("sshleifer/distilbart-cnn-12-6", "bart", "bart-cnn"),
        ("google/flan-t5-base", "t5", "flan-t5"),
        ("t5-small", "t5", "t5"),
        ("google-t5/t5-small", "t5", "t5"),
        ("google/pegasus-xsum", "pegasus", "pegasus"),
        ("google/pegasus-cnn_dailymail", "pegasus", "pegasus-cnn"),
        ("facebook/mbart-large-cc25", "mbart", "mbart"),
        ("facebook/mbart-large-50", "mbart", "mbart"),
        ("someone/mbart-cnn-de", "mbart", "mbart"),
        ("google/mt5-small", "mt5", "mt5"),
        ("csebuetnlp/mT5_multilingual_XLSum", "mt5", "mt5"),
        ("google/umt5-small", "umt5", "mt5"),
        ("allenai/led-base-16384", "led", "led"),
        ("pszemraj/led-large-book-summary", "led", "led"),
        ("someone/distilled-bart", "bart", "generic"),
        ("facebook/bart-large-xsum", "bart", "generic"),
        ("my-folder", "t5", "t5"),
    ],
)
def test_the_most_specific_family_is_taken(model: str, kind: str, family: str) -> None:
    assert choose_family(model, kind).family == family


def test_a_folder_of_the_users_own_comes_first(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"mine"', '"bundled"'))
    family = choose_family("bundled", "bart", tmp_path)
    assert family.family == "mine"
    assert family.fill(Section.KEY_POINTS, ["A.", "B."], 9) == ["p 9 A. B."]
    assert family.sections[Section.KEY_POINTS].decoding.beam == 2
    assert family.sections[Section.HEADLINE].decoding.max_input == 64


def test_article_text_cannot_speak_as_a_control_token() -> None:
    family = choose_family("bundled", "bart")
    for prompt in family.fill(Section.HEADLINE, ["He wrote <context> on the wall."], 10):
        assert prompt.count("<") == 2
        assert "<context>" not in prompt


def test_quotes_reach_the_model_plain() -> None:
    family = choose_family("bundled", "bart")
    prompt = family.fill(Section.HEADLINE, ["“It’s late,” he said."], 10)[0]
    assert prompt.endswith('"It\'s late," he said.')


def test_length_tokens_grow_with_the_words_asked_for() -> None:
    family = choose_family("bundled", "bart")
    tokens = [family.length(words) for words in (4, 8, 11, 14, 18, 23, 29, 50, 500)]
    assert tokens == [f"<l{i}>" for i in (0, 1, 2, 3, 4, 5, 6, 7, 7)]
