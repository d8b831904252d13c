"""Prompt families: the shipped ones are valid, the right one is taken, mistakes are named."""

from pathlib import Path

import pytest

from briefing.brief import Section
from briefing.errors import PromptError
from briefing.write.prompts import choose_family, load_family, shipped

GOOD = """
models = ["mine"]
reads = "plan"
max_input = 64
languages = ["en", "de"]
[headline]
template = "h {sources}"
[key-points]
template = "p {words} {sources}"
[key-points.decoding]
beam = 2
n_best = 1
[context]
template = "c {sources}"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_family_loads() -> None:
    families = {family.family for family in map(load_family, shipped())}
    assert families == {"bundled", "t5", "flan-t5", "bart-cnn", "pegasus", "generic"}


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
        ("allenai/led-base", "led", "generic"),
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
    (prompt,) = family.fill(Section.CONTEXT, ["“It’s late,” he said."], 10)
    assert prompt.endswith('"It\'s late," he said.')


def test_length_tokens_grow_with_the_words_asked_for() -> None:
    family = choose_family("bundled", "bart")
    tokens = [family.length(words) for words in (4, 8, 11, 14, 18, 23, 29, 50, 500)]
    assert tokens == [f"<l{i}>" for i in (0, 1, 2, 3, 4, 5, 6, 7, 7)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{words}", "{wrods}"), "unknown placeholder {wrods}"),
        (("h {sources}", "h"), "{sources} is missing"),
        (('"h {sources}"', '["h {sources}", 5]'), "a list of strings"),
        (('"h {sources}"', "[]"), "section [headline]"),
        (("[context]", "[extra]"), "section [context]"),
        (('reads = "plan"', 'reads = "all"'), "'reads' must be"),
        (("max_input = 64", 'max_input = "64"'), "'max_input' must be of type int"),
        (("max_input = 64", ""), "'max_input' is missing"),
        (("beam = 2", "beams = 2"), "unknown setting 'beams'"),
        (("beam = 2", 'beam = "2"'), "'beam' must be a int"),
        (("beam = 2", "beam = 0"), "'beam' must be at least 1"),
        (("n_best = 1", "n_best = 3"), "'n_best' is larger than 'beam'"),
        (("h {sources}", "h {sources} {"), "double each literal brace"),
        (("[headline]", "[headline"), "not valid TOML"),
        (('models = ["mine"]', 'models = ["mine"]\ncolour = "red"'), "unknown key 'colour'"),
    ],
)
def test_a_mistake_is_named_with_its_file(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(PromptError) as caught:
        load_family(path)
    assert message in str(caught.value)
    assert "mine.toml" in str(caught.value)
