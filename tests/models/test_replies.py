import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.models.replies import (
    LONGEST_REPLY,
    MOST_LINES,
    MOST_WORDS,
    content_text,
    is_thinking,
    lines_of,
)

TWO = ["The council kept the ferry.", "A bridge opened in 2009."]


@pytest.mark.parametrize(
    "reply",
    [
        "The council kept the ferry.\nA bridge opened in 2009.",
        "- The council kept the ferry.\n- A bridge opened in 2009.",
        "* The council kept the ferry.\n\n* A bridge opened in 2009.\n",
        "1. The council kept the ferry.\n2. A bridge opened in 2009.",
        "1) The council kept the ferry.\n2) A bridge opened in 2009.",
        "• The council kept the ferry.\n• A bridge opened in 2009.",
        "Here are two points:\n\n1. **The council kept the ferry.**\n2. A *bridge* opened in 2009.",
        "# Key points\n\nKey points:\n- The council kept the ferry.\n- A bridge opened in 2009."[
            14:
        ],
        '["The council kept the ferry.", "A bridge opened in 2009."]',
        '{"lines": ["The council kept the ferry.", "A bridge opened in 2009."]}',
        '```json\n["The council kept the ferry.", "A bridge opened in 2009."]\n```',
        "```\nThe council kept the ferry.\nA bridge opened in 2009.\n```",
        "<think>Which ones?\nMaybe three.</think>\nThe council kept the ferry.\n"
        "A bridge opened in 2009.",
        '"The council kept the ferry."\n“A bridge opened in 2009.”',
        "Key point 1: The council kept the ferry.\nKey point 2: A bridge opened in 2009.",
        "The council kept the ferry.\nThe council kept the ferry.\nA bridge opened in 2009.",
        'Here is the JSON:\n```json\n["The council kept the ferry.", "A bridge opened in 2009."]\n'
        "```\nTell me if you want more.",
        'Sure.\n\n["The council kept the ferry.",\n "A bridge opened in 2009."]\n\nDone.',
        '{"line": "The council kept the ferry."}\n{"line": "A bridge opened in 2009."}',
        '```\n{"line": "The council kept the ferry."}\n{"line": "A bridge opened in 2009."}\n```',
        "- **The vote:** The council kept the ferry.\n- **The bridge**: A bridge opened in 2009.",
        "1. __Ferry:__ The council kept the ferry.\n\n**Bridge:** A bridge opened in 2009.",
        '["**The vote:** The council kept the ferry.", "A bridge opened in 2009."]',
        "Which ones?\nThree.\n</think>\nThe council kept the ferry.\nA bridge opened in 2009.",
    ],
)
def test_lines_come_out_plain(reply):
    assert lines_of(reply) == TWO


def test_a_headline_loses_its_label_and_marks():
    assert lines_of('**Headline:** "Council keeps ferry"') == ["Council keeps ferry"]
    assert lines_of("## Council keeps ferry") == ["Council keeps ferry"]


def test_what_was_cut_off_goes():
    assert lines_of("The council kept the ferry.\nA bridge op", whole=False) == TWO[:1]
    assert lines_of("The council kept", whole=False) == []
    assert lines_of('["The council kept the ferry.", "A bri', whole=False) == []
    assert lines_of("<think>The article is about", whole=False) == []


def test_a_quotation_inside_a_line_stays():
    line = '"We keep it", said the mayor, "for now".'
    assert lines_of(line) == [line]


@pytest.mark.parametrize("reply", ["", " \n ", "---", "...", "Here it is:", "[]", "{}", "[1, 2]"])
def test_nothing_is_no_line(reply):
    assert lines_of(reply) == []


def test_prose_and_floods_are_bounded():
    assert lines_of("word " * (MOST_WORDS + 1)) == []
    assert len(lines_of("\n".join(f"Line number {n}." for n in range(500)))) == MOST_LINES
    assert lines_of("[" * 100_000) == []


def test_json_lines_that_were_cut_off_keep_those_that_are_whole():
    cut = '{"line": "The council kept the ferry."}\n{"line": "A bri'
    assert lines_of(cut, whole=False) == TWO[:1]


def test_brackets_and_bold_words_of_a_sentence_are_no_json_and_no_label():
    for line in ("[1] The council kept it.", "The council kept **the ferry: it pays** today."):
        assert lines_of(line) == [line.replace("**", "")]


def test_long_replies_are_parsed_in_part():
    began = time.monotonic()
    lines_of("*a_ " * 100_000)
    assert time.monotonic() - began < 2
    lines = lines_of("A ferry.\n" * (LONGEST_REPLY // 9) + "A ferry that is cut off here.")
    assert lines == ["A ferry."]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("One.", "One."),
        ([{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}], "One.\nTwo."),
        ([{"type": "thinking", "thinking": [{"text": "Hm."}]}, {"text": "One."}], "One."),
        (["One.", {"image_url": {}}], "One."),
    ],
)
def test_content_may_have_parts(content, text):
    assert content_text(content) == text


def test_content_of_another_kind_is_none():
    with pytest.raises(TypeError):
        content_text(5)


def test_a_reply_that_ends_in_thought_is_told():
    assert is_thinking("<think>The article is about")
    assert not is_thinking("<think>Hm.</think>A line.")
    assert not is_thinking("A line.")


@given(st.text(max_size=400), st.booleans())
def test_any_reply_gives_plain_lines(reply, whole):
    for line in lines_of(reply, whole=whole):
        assert line == " ".join(line.split())
        assert any(c.isalpha() for c in line)
