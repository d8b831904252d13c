from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.rendering import to_text
from briefing.rendering.text import display_width, wrap
from briefing.sections import Section

from .samples import FUZZ, OVERRIDES, briefs, filled, sample, without_context


def test_reads_like_this():
    assert to_text(sample(), width=60, sources=True) == (
        "Elmsworth harbour bridge closed over cracked piers [0,2]\n"
        "\n"
        "Key points\n"
        "• Inspectors found cracks in two piers of the harbour\n"
        "  bridge. [2]\n"
        "• Repair will take at least five months, Mayor Dana Whitlock\n"
        "  said. [3]\n"
        "\n"
        "Context\n"
        "• The history: The bridge was last repaired in 1998. [4]\n"
        "  (extracted)\n"
        "• About 40,000 vehicles cross it every day. [5] (extracted)\n"
        "\n"
        "Sources\n"
        "[0] Title: Harbour bridge closes after inspectors find\n"
        "    cracks\n"
        "[2] The harbour bridge in Elmsworth was closed on Monday\n"
        "    after inspectors found cracks in two of its piers.\n"
        "[3] Mayor Dana Whitlock said that the repair would take at\n"
        "    least five months.\n"
        "[4] The bridge was last repaired in 1998, after a barge hit\n"
        "    its northern pier.\n"
        "[5] About 40,000 vehicles cross it every day.\n"
        "\n"
        "Warnings\n"
        "• The article is short.\n"
    )


def test_sources_are_left_out_unless_asked_for():
    assert "Sources" not in to_text(sample())


def test_an_empty_context_says_so_once():
    said = "No background was found that stands by itself."
    assert f"Context\n{said}\n" in to_text(without_context())
    assert to_text(replace(without_context(), warnings=(said,))).count(said) == 1


def test_a_section_not_asked_for_is_not_mentioned():
    brief = replace(sample(), headline=None, context=(), sections=(Section.KEY_POINTS,))
    text = to_text(brief)
    assert text.startswith("Key points\n")
    assert "Context" not in text
    assert "headline" not in text


def test_nothing_acts_on_the_terminal():
    text = to_text(filled(OVERRIDES), sources=True)
    assert not set(text) & set("\x1b\x9b\x00\u202e\u202c\u2066\u2067\ud800")
    assert "safe evil isolated more [31mred[0m 2J" in text
    assert text.encode()


def test_text_cannot_begin_a_line_of_its_own():
    text = to_text(filled("one\n\nWarnings\r\n\u2028• two\x85three"))
    assert "one Warnings • two three [2]" in text


@FUZZ
@given(briefs(), st.integers(0, 100))
def test_no_line_is_wider_than_asked(brief, width):
    lines = to_text(brief, width=width, sources=True).splitlines()
    assert max(map(display_width, lines)) <= max(width, 20)


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("", "- "),
        ("one two", "- one two"),
        ("one two three", "- one two\n  three"),
        ("abcdefghijklmnopqrst", "- abcdefgh\n  ijklmnop\n  qrst"),
        ("東京都庁舎前", "- 東京都庁\n  舎前"),
        ("e\u0301" * 8, "- " + "e\u0301" * 8),
    ],
)
def test_wraps_by_columns(text, wrapped):
    assert wrap(text, 10, "- ", "  ") == wrapped
