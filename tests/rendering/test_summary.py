import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.rendering import render, summary_text
from tests.rendering.samples import sample


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_a_brief_comes_back_as_its_lines(format):
    options = {"sources": True, "width": 40} if format == "text" else {}
    told = summary_text(render(sample(), format, **options)).split("\n\n")
    assert told == [" ".join(line.text.split()) for line in sample().lines]


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("One line. And another.", "One line. And another."),
        ("- One line.\n- Another line.", "One line.\n\nAnother line."),
        ("• One line.\n• Another line.", "One line.\n\nAnother line."),
        ("# A title\n\n**Bold** words.", "A title\n\nBold words."),
        ("A line that was cited [3]. So was this [0,4].", None),
        ('{"schema": "other/1"}', '{"schema": "other/1"}'),
        ("{not json", "{not json"),
        ("", ""),
    ],
)
def test_other_summaries_lose_their_markup_alone(summary, text):
    if text is None:
        text = "A line that was cited. So was this."
    assert summary_text(summary) == text


@given(st.text(max_size=200))
def test_any_text_is_taken(summary):
    assert isinstance(summary_text(summary), str)
